package network

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/thediveo/lxkns/model"
	"golang.org/x/sys/unix"
)

// maxSockets bounds the sockets that are read of each namespace at a time.
const maxSockets = 50_000

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
	r := socketReader{netns: n, proc: proc, fd: -1}
	r.sequence.within(maxVisitTime)
	r.enterErr = n.OpenInNetworkNamespace(func() (err error) {
		r.stat, r.counted = readSockStat("/proc/thread-self/net")
		if r.counted && r.stat == (sockStat{}) {
			return nil
		}
		r.fd, err = rawNetlinkSocket(unix.NETLINK_SOCK_DIAG)
		return err
	})
	if r.counted && r.stat == (sockStat{}) {
		return nil, nil
	}
	if r.fd >= 0 {
		defer func() { _ = unix.Close(r.fd) }()
	}
	r.readAll(unix.IPPROTO_TCP, r.tcp)
	r.readAll(unix.IPPROTO_UDP, r.udp)
	return r.raws, r.problems
}

// socketReader reads the sockets of a network namespace.
type socketReader struct {
	netns    *NetworkNamespace
	proc     string
	fd       int   // NETLINK_SOCK_DIAG socket in the namespace; -1 if there is none,
	enterErr error // and why.
	sequence dumpSequence
	stat     sockStat
	counted  bool // stat is known.
	raws     []rawSocket
	problems []socketProblem
}

// readAll reads the sockets of a protocol with the function, or where that fails, from procfs.
func (r *socketReader) readAll(protocol uint8, read func() error) {
	err := r.enterErr
	if r.fd >= 0 {
		before := len(r.raws)
		if err = read(); err == nil {
			return
		}
		r.raws = r.raws[:before]
	}
	for _, family := range []uint8{unix.AF_INET, unix.AF_INET6} {
		sockets, truncated, tableErr := r.netns.readSocketTable(r.proc, family, protocol)
		r.raws = append(r.raws, sockets...)
		r.truncated(protocol, truncated)
		if tableErr != nil && !isGone(tableErr) {
			r.problems = append(r.problems, socketProblem{FindingNetns,
				fmt.Sprintf("%s sockets of %s could not be read: %v", Protocol(protocol), AddressFamily(family), err)})
		}
	}
}

// tcp reads the TCP sockets. Going through the connections takes long, so this is left out where
// the listening sockets are all that there are.
func (r *socketReader) tcp() error {
	before := len(r.raws)
	for _, family := range r.families(r.stat.tcp, r.stat.tcp6) {
		if err := r.query(querySockets(unix.IPPROTO_TCP, family, listening)); err != nil {
			return err
		}
	}
	if r.counted && r.stat.timeWait == 0 && len(r.raws)-before >= r.stat.tcp+r.stat.tcp6 {
		return nil
	}
	if r.query(queryConnections()) == nil {
		return nil
	}
	for _, family := range []uint8{unix.AF_INET, unix.AF_INET6} {
		if err := r.query(querySockets(unix.IPPROTO_TCP, family, allSocketStates&^listening)); err != nil {
			return err
		}
	}
	return nil
}

// udp reads the UDP sockets.
func (r *socketReader) udp() error {
	for _, family := range r.families(r.stat.udp, r.stat.udp6) {
		if err := r.query(querySockets(unix.IPPROTO_UDP, family, allSocketStates)); err != nil {
			return err
		}
	}
	return nil
}

// families returns the families that there are sockets of, given the counts for each.
func (r *socketReader) families(ipv4, ipv6 int) (families []uint8) {
	if ipv4 > 0 || !r.counted {
		families = append(families, unix.AF_INET)
	}
	if ipv6 > 0 || !r.counted {
		families = append(families, unix.AF_INET6)
	}
	return families
}

// query adds the sockets that a query asks for.
func (r *socketReader) query(query sockDiagQuery) error {
	sockets, truncated, err := dumpSockets(r.fd, &r.sequence, query, maxSockets)
	if err != nil {
		return err
	}
	r.raws = append(r.raws, sockets...)
	r.truncated(query.protocol, truncated)
	return nil
}

// truncated notes that there are more sockets than were read.
func (r *socketReader) truncated(protocol uint8, truncated bool) {
	problem := socketProblem{FindingLimit, fmt.Sprintf("has more than %d %s sockets of a kind: the rest is left out", maxSockets, Protocol(protocol))}
	if truncated && !slices.Contains(r.problems, problem) {
		r.problems = append(r.problems, problem)
	}
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
