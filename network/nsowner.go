package network

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// namespaceOwner returns the user who made the user namespace that the file descriptor refers to;
// see ioctl_ns(2).
func namespaceOwner(fd int) (uid uint32, err error) {
	const nsGetOwnerUID = 0xb704 // NS_GET_OWNER_UID
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), nsGetOwnerUID, uintptr(unsafe.Pointer(&uid))); errno != 0 {
		return 0, errno
	}
	return uid, nil
}
