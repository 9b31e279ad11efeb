package network

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// powers are the capabilities that a look at all of a host takes, and what is missing without each.
// CAP_DAC_OVERRIDE does whatever CAP_DAC_READ_SEARCH does (capabilities(7)).
var powers = []struct {
	name    string
	any     []int // one of these is enough.
	missing string
}{
	{"CAP_SYS_ADMIN", []int{unix.CAP_SYS_ADMIN}, "what is in other network namespaces"},
	{"CAP_SYS_PTRACE", []int{unix.CAP_SYS_PTRACE}, "other users' processes and the namespaces they are in"},
	{"CAP_DAC_READ_SEARCH", []int{unix.CAP_DAC_READ_SEARCH, unix.CAP_DAC_OVERRIDE}, "other users' open sockets and files"},
	{"CAP_NET_ADMIN", []int{unix.CAP_NET_ADMIN}, "packet filter rules, and so forwarded ports"},
}

// privilege is what this process may see of the host.
type privilege struct {
	lacks    []string // capabilities that it lacks, each with what is missing for it.
	nothing  bool     // it has none of them, as is usual for users.
	confined bool     // it is in a user namespace: its capabilities are good for what belongs to that only.
}

// full tells whether there is nothing that it may not see.
func (p privilege) full() bool { return len(p.lacks) == 0 && !p.confined }

// ownPrivilege looks at the calling thread's capabilities.
func ownPrivilege(proc string) privilege {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var sets [2]unix.CapUserData
	if err := unix.Capget(&header, &sets[0]); err != nil {
		return privilege{nothing: os.Geteuid() != 0}
	}
	uidMap, err := os.ReadFile(proc + "/self/uid_map")
	return privilegeOf(uint64(sets[0].Effective)|uint64(sets[1].Effective)<<32, string(uidMap), err == nil)
}

// privilegeOf decides by a set of effective capabilities and, if known, the user namespace's map:
// only the initial one has all users (user_namespaces(7)).
func privilegeOf(effective uint64, uidMap string, known bool) privilege {
	var p privilege
next:
	for _, power := range powers {
		for _, capability := range power.any {
			if effective&(1<<capability) != 0 {
				continue next
			}
		}
		p.lacks = append(p.lacks, power.name+" ("+power.missing+")")
	}
	p.nothing = len(p.lacks) == len(powers)
	p.confined = known && strings.Join(strings.Fields(uidMap), " ") != "0 0 4294967295"
	return p
}

// finding says in one finding what all is missing for lack of privilege, with the number of
// namespaces that could not be looked into. It must not be asked of full privilege, unless there
// are such namespaces: then something other than capabilities is in the way.
func (p privilege) finding(denied int) Finding {
	f := Finding{Kind: FindingPrivilege, Subject: "this host", Remedy: "run as root to see all of it"}
	switch {
	case p.nothing:
		f.Message = "is shown only as far as an ordinary user may see it"
	case len(p.lacks) > 0:
		f.Message = "is not shown completely, without " + strings.Join(p.lacks, ", ")
		f.Remedy = "run with these capabilities to see all of it"
	case p.confined:
		f.Message = "is shown only as far as may be seen from within a user namespace"
		f.Remedy = "run as root outside of it to see all of it"
	default:
		f.Message = "is not shown completely, though root asks"
		f.Remedy = "see whether a seccomp filter or a security module forbids it"
	}
	switch {
	case denied == 1:
		f.Message += ": 1 network namespace could not be looked into"
	case denied > 1:
		f.Message += fmt.Sprintf(": %d network namespaces could not be looked into", denied)
	}
	return f
}
