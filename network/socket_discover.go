package network

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/thediveo/lxkns/model"
	"golang.org/x/sys/unix"
)

// maxSockets bounds the sockets that are read of each namespace, protocol, and family.
const maxSockets = 50_000

// socketProtocols and socketFamilies are what is asked for, in this order.
var (
	socketProtocols = []uint8{unix.IPPROTO_TCP, unix.IPPROTO_UDP}
	socketFamilies  = []uint8{unix.AF_INET, unix.AF_INET6}
)

// discoverSockets reads the sockets of a namespace whose interfaces and routes are known. proc is
// where procfs is mounted.
func (n *NetworkNamespace) discoverSockets(proc string, owners socketOwners, processes model.ProcessTable) (findings []Finding) {
	raws, problems := n.readSockets(proc)
	if len(raws) > 0 {
		serving := newServingNifs(n)
		v4, v6, ambiguous := assemblePorts(raws, owners, processes, serving.of)
		n.Portsv4, n.Portsv6 = v4, v6
		if ambiguous > 0 {
			problems = append(problems, socketProblem{FindingSystem,
				fmt.Sprintf("%d IPv6 sockets may serve IPv4, too: the kernel does not tell", ambiguous)})
		}
	}
	for _, problem := range problems {
		findings = append(findings, Finding{Kind: problem.kind, Subject: subjectOf(n), Message: problem.message, Netns: n})
	}
	return findings
}

// socketProblem is why sockets could not be read, or not all of them.
type socketProblem struct {
	kind    FindingKind
	message string
}

// readSockets reads the sockets of a namespace from SOCK_DIAG, and what that does not have from the
// tables in procfs.
func (n *NetworkNamespace) readSockets(proc string) (raws []rawSocket, problems []socketProblem) {
	const ownNet = "/proc/thread-self/net" // of the visiting thread, thus of the namespace.
	fd := -1
	var stat sockStat
	var counted bool
	enterErr := n.OpenInNetworkNamespace(func() (err error) {
		stat, counted = readSockStat(ownNet)
		if counted && stat == (sockStat{}) {
			return nil
		}
		fd, err = rawNetlinkSocket(unix.NETLINK_SOCK_DIAG)
		return err
	})
	if fd >= 0 {
		defer func() { _ = unix.Close(fd) }()
	}
	var sequence dumpSequence
	for _, protocol := range socketProtocols {
		if counted && stat.of(protocol) == 0 {
			continue
		}
		for _, family := range socketFamilies {
			sockets, truncated, err := []rawSocket(nil), false, enterErr
			if fd >= 0 {
				sockets, truncated, err = dumpSockets(fd, &sequence, family, protocol, maxSockets)
			}
			if err != nil {
				var fallbackErr error
				sockets, truncated, fallbackErr = n.readSocketTable(proc, family, protocol)
				if fallbackErr != nil && !isGone(err) {
					problems = append(problems, socketProblem{FindingNetns,
						fmt.Sprintf("%s sockets of %s could not be read: %v", Protocol(protocol), AddressFamily(family), err)})
				}
			}
			if truncated {
				problems = append(problems, socketProblem{FindingLimit,
					fmt.Sprintf("has more than %d %s sockets of %s: the rest is left out", maxSockets, Protocol(protocol), AddressFamily(family))})
			}
			raws = append(raws, sockets...)
		}
	}
	return raws, problems
}

// readSocketTable reads a table of sockets from procfs: through a process in the namespace, which
// needs no privilege, or else by going there.
func (n *NetworkNamespace) readSocketTable(proc string, family, protocol uint8) (sockets []rawSocket, truncated bool, err error) {
	if n.Namespace != nil {
		pids := slices.Clone(n.LeaderPIDs())
		slices.Sort(pids)
		for _, pid := range pids {
			sockets, truncated, err = procNetSockets(proc+"/"+strconv.Itoa(int(pid))+"/net", family, protocol, maxSockets)
			if err == nil {
				return sockets, truncated, nil
			}
		}
	}
	err = n.OpenInNetworkNamespace(func() (err error) {
		sockets, truncated, err = procNetSockets("/proc/thread-self/net", family, protocol, maxSockets)
		return err
	})
	return sockets, truncated, err
}

// of returns the count of a protocol.
func (s sockStat) of(protocol uint8) int {
	if protocol == unix.IPPROTO_TCP {
		return s.tcp
	}
	return s.udp
}
