package network

import (
	"encoding/binary"
	"slices"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// threadNet is the directory of the calling thread's network namespace in procfs. Opened once, it
// still shows the namespace that the thread is in when something is looked up in it
// (proc_tgid_net_lookup of fs/proc/proc_net.c in Linux).
const threadNet = "/proc/thread-self/net"

// openThreadNet opens threadNet for lookups; -1 where it cannot be had. The caller closes it.
func openThreadNet() int {
	fd, err := unix.Open(threadNet, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1
	}
	return fd
}

// legacyRules returns the families for which the namespace, which the calling thread is in, has NAT
// rules of the kernel's older packet filter; dir is the thread's directory of openThreadNet. The
// tables' names come first: asking for a table that is not there would make it.
func (n *NetworkNamespace) legacyRules(dir int) (families []string) {
	const (
		soGetInfo  = 64 // IPT_SO_GET_INFO, IP6T_SO_GET_INFO
		emptyTable = 5  // entries: the policies of four hooks, and the end.
	)
	for _, family := range []struct {
		name, file    string
		domain, level int
		routes        []Route
	}{
		{"IPv4", "ip_tables_names", unix.AF_INET, unix.IPPROTO_IP, n.Routesv4},
		{"IPv6", "ip6_tables_names", unix.AF_INET6, unix.IPPROTO_IPV6, n.Routesv6},
	} {
		if family.routes != nil && len(family.routes) == 0 {
			continue // known to have none: whatever a rule translates, nothing gets anywhere.
		}
		var names [512]byte
		fd, err := unix.Openat(dir, family.file, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			continue
		}
		read, err := unix.Read(fd, names[:])
		_ = unix.Close(fd)
		if err != nil || read <= 0 || !slices.Contains(strings.Split(string(names[:read]), "\n"), "nat") {
			continue
		}
		socket, err := unix.Socket(family.domain, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.IPPROTO_RAW)
		if err != nil {
			continue
		}
		entries, err := tableEntries(socket, family.level, soGetInfo)
		_ = unix.Close(socket)
		if err == nil && entries > emptyTable {
			families = append(families, family.name)
		}
	}
	return families
}

// tableEntries asks for the number of entries in the table "nat" of the kernel's older packet
// filter, through a raw socket.
func tableEntries(socket, level, option int) (uint32, error) {
	// struct ipt_getinfo: name[32], valid_hooks, hook_entry[5], underflow[5], num_entries, size
	const entriesAt = 32 + 4 + 5*4 + 5*4
	info := [84]byte{'n', 'a', 't'}
	length := uint32(len(info))
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(socket), uintptr(level), uintptr(option),
		uintptr(unsafe.Pointer(&info[0])), uintptr(unsafe.Pointer(&length)), 0)
	if errno != 0 {
		return 0, errno
	}
	return binary.NativeEndian.Uint32(info[entriesAt:]), nil
}
