package main

import (
	"fmt"
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// withoutCalls makes the test binary start hostwire under a seccomp filter; its value names the
// filter.
const withoutCalls = "HOSTWIRE_TEST_WITHOUT_CALLS"

// Offsets of struct seccomp_data (linux/seccomp.h): the number of the call, and the low halves of its
// first and third argument on a little-endian machine.
const (
	seccompCall  = 0
	seccompArg0  = 16
	seccompArg2  = 32
	seccompAllow = 0x7fff0000 // SECCOMP_RET_ALLOW
	seccompErrno = 0x00050000 // SECCOMP_RET_ERRNO
)

// loadWord, equal and returnWord are the statements that filters are made of.
func loadWord(offset uint32) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offset}
}

func equal(value uint32, ifNotSkip uint8) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: ifNotSkip, K: value}
}

func returnWord(value uint32) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: value}
}

// forbidding are systems that forbid something, by name.
var forbidding = map[string][]unix.SockFilter{
	"setns is forbidden": {
		loadWord(seccompCall), equal(unix.SYS_SETNS, 1), returnWord(seccompErrno | uint32(unix.EPERM)),
		returnWord(seccompAllow),
	},
	"the kernel has no netfilter netlink": {
		loadWord(seccompCall), equal(unix.SYS_SOCKET, 5),
		loadWord(seccompArg0), equal(unix.AF_NETLINK, 3),
		loadWord(seccompArg2), equal(unix.NETLINK_NETFILTER, 1), returnWord(seccompErrno | uint32(unix.EPROTONOSUPPORT)),
		returnWord(seccompAllow),
	},
	"openat2 and pidfd_getfd do not exist": {
		loadWord(seccompCall), equal(unix.SYS_OPENAT2, 1), returnWord(seccompErrno | uint32(unix.ENOSYS)),
		equal(unix.SYS_PIDFD_GETFD, 1), returnWord(seccompErrno | uint32(unix.ENOSYS)),
		returnWord(seccompAllow),
	},
	"Landlock does not exist": {
		loadWord(seccompCall), equal(unix.SYS_LANDLOCK_CREATE_RULESET, 1), returnWord(seccompErrno | uint32(unix.ENOSYS)),
		returnWord(seccompAllow),
	},
}

// runWithoutCalls becomes hostwire under a filter.
func runWithoutCalls(name string) {
	runtime.LockOSThread()
	filter := forbidding[name]
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
	if err == nil {
		err = unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&program)), 0, 0)
	}
	if err == nil {
		_ = os.Unsetenv(withoutCalls)
		err = unix.Exec("/proc/self/exe", os.Args, os.Environ())
	}
	fmt.Fprintln(os.Stderr, "seccomp:", err)
	os.Exit(99)
}
