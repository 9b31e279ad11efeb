package confine

import (
	"fmt"
	"os"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
	"kernel.org/pub/linux/libs/security/libcap/psx"
)

// capset makes keep, as far as it is held now, the effective and permitted capabilities of every
// thread, and empties the inheritable set and with it the ambient one, which never has more than
// that: capabilities(7).
func capset(keep uint64) error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var held, data [2]unix.CapUserData
	if err := unix.Capget(&header, &held[0]); err != nil {
		return err
	}
	for i := range data {
		bits := uint32(keep>>(32*i)) & held[i].Permitted
		data[i] = unix.CapUserData{Effective: bits, Permitted: bits}
	}
	header = unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	_, _, errno := psx.Syscall3(syscall.SYS_CAPSET, uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&data[0])), 0)
	runtime.KeepAlive(&header)
	runtime.KeepAlive(&data)
	if errno != 0 {
		return errno
	}
	return nil
}

// Has tells whether the calling thread has a capability, such as unix.CAP_SETUID, in effect.
func Has(capability int) bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if unix.Capget(&header, &data[0]) != nil {
		return false
	}
	return data[capability/32].Effective&(1<<(capability%32)) != 0
}

// AsCaller calls a function on a thread without effective capabilities, unless the user is root: so
// that a program with capabilities of its own opens what its caller named only where the caller
// could. The function must not switch threads or start goroutines that matter.
func AsCaller(call func() error) error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var held [2]unix.CapUserData
	if os.Geteuid() == 0 || unix.Capget(&header, &held[0]) != nil || held[0].Effective|held[1].Effective == 0 {
		return call()
	}
	runtime.LockOSThread()
	weak := held
	weak[0].Effective, weak[1].Effective = 0, 0
	if err := unix.Capset(&header, &weak[0]); err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("lay capabilities down: %w", err)
	}
	result := call()
	if err := unix.Capset(&header, &held[0]); err != nil {
		return fmt.Errorf("take capabilities up: %w", err) // the thread stays locked, for nobody to get.
	}
	runtime.UnlockOSThread()
	return result
}
