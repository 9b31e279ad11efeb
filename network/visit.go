package network

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/thediveo/lxkns/model"
	"github.com/thediveo/lxkns/species"
	"golang.org/x/sys/unix"
)

// visit is a look at one network namespace from within: everything that can only be asked for there
// is, so that each namespace is entered once.
type visit struct {
	netns    *NetworkNamespace
	fds      askingFds // open until relations are resolved; -1 where not.
	findings []Finding
	err      error // why there was no look at all.
}

// visitContext is what visits need to know.
type visitContext struct {
	rules     context.Context // until when packet filter rules are read; nil for not at all.
	opts      Options
	owners    socketOwners
	processes model.ProcessTable
	sockets   map[species.NamespaceID]bool // namespaces that processes have sockets in; nil if not known.
	privilege privilege
}

// portlessKinds are the kinds of interfaces for which the kernel has no sockets of its own.
var portlessKinds = map[string]bool{
	"": true, "veth": true, "netkit": true, "bridge": true, "vlan": true, "dummy": true, "ifb": true,
	"macvlan": true, "macvtap": true, "ipvlan": true, "ipvtap": true, "bond": true, "team": true,
	"vrf": true, "tun": true,
}

// mayHaveSockets tells whether there can be sockets in a namespace: where there is no process, no
// process elsewhere has a socket of it, and no interface needs one, there are none. Without
// privilege, and so without a look at all processes, there always can be.
func (c *visitContext) mayHaveSockets(n *NetworkNamespace) bool {
	if c.sockets == nil || c.sockets[n.ID()] || len(n.Leaders()) > 0 || len(n.LooseThreads()) > 0 || !c.privilege.full() {
		return true
	}
	for _, nif := range n.Nifs {
		if !portlessKinds[nif.Nif().Kind] {
			return true
		}
	}
	return false
}

// look enters the namespace on the calling thread, which it does not leave again, and reads all.
// threadNet is the thread's directory of openThreadNet.
func (v *visit) look(c *visitContext, threadNet int) {
	fd, err := v.netns.open()
	if err != nil {
		v.err = err
		return
	}
	v.fds.netns = fd
	if err := enterNamespace(fd); err != nil {
		v.err = err
		return
	}
	v.fds.route, err = rawNetlinkSocket(unix.NETLINK_ROUTE)
	if err != nil {
		v.fds.route, v.err = -1, err
		return
	}
	v.netns.visitor.Store(int32(unix.Gettid()))
	defer v.netns.visitor.Store(0)
	v.readInTime(c, threadNet, maxVisitTime)
}

// readInTime reads all that the namespace tells within the limit.
func (v *visit) readInTime(c *visitContext, threadNet int, limit time.Duration) {
	v.fds.sequence.within(limit)
	v.read(c, threadNet)
	if v.fds.sequence.late {
		v.exceed("took too long to answer: what did not come in time is left out")
	}
	v.fds.sequence.until = time.Time{} // later questions, if any, are not of the look.
}

// read reads all, until the time for it is over.
func (v *visit) read(c *visitContext, threadNet int) {
	v.readInterfaces(c.opts.NoLinks)
	if v.err != nil || v.fds.sequence.expired() {
		return
	}
	v.findings = append(v.findings, v.netns.discoverRoutes(v.fds.route, &v.fds.sequence)...)
	if v.fds.sequence.expired() {
		return
	}
	v.findings = append(v.findings, v.netns.discoverHardware()...)
	if v.fds.sequence.expired() {
		return
	}
	if !c.opts.NoSockets && c.mayHaveSockets(v.netns) {
		v.findings = append(v.findings, v.netns.discoverSockets(c.opts.proc(), c.owners, c.processes)...)
	}
	if c.rules != nil {
		v.netns.rules = v.netns.readOwnRules(c.rules, threadNet)
	}
}

// readInterfaces reads the interfaces and their addresses, and what belongs to some kinds only.
func (v *visit) readInterfaces(bare bool) {
	fd, sequence := v.fds.route, &v.fds.sequence
	decode := newRawLink
	if bare {
		decode = newBareLink
	}
	links, err := dumpLinks(fd, sequence, maxNifs, decode)
	switch {
	case errors.Is(err, errDumpChanged):
		v.find("interfaces kept changing while they were read: some may be missing")
	case errors.Is(err, errTooSlow): // which is said once for all.
	case errors.Is(err, errTooMany):
		v.exceed(fmt.Sprintf("has more than %d interfaces: the rest is left out", maxNifs))
	case err != nil:
		v.err = fmt.Errorf("read interfaces: %w", err)
		return
	}
	v.netns.Nifs = make(map[int]Interface, len(links))
	v.netns.NamedNifs = make(map[string]Interface, len(links))
	v.netns.facts = make(map[int]*linkFacts, len(links))
	for _, link := range links {
		v.netns.addNif(NewInterface(nil, v.netns, link))
	}
	addresses, err := dumpAddresses(fd, sequence, maxAddresses)
	switch {
	case errors.Is(err, errDumpChanged):
		v.find("addresses kept changing while they were read: some may be missing")
	case errors.Is(err, errTooSlow):
	case errors.Is(err, errTooMany):
		v.exceed(fmt.Sprintf("has more than %d addresses: the rest is left out", maxAddresses))
	case err != nil:
		v.find(fmt.Sprintf("addresses could not be read: %v", err))
	}
	v.netns.assignAddresses(addresses)
	v.readKinds()
}

// assignAddresses gives the addresses to their interfaces. Those of interfaces that came into being
// only after the interfaces were read are left out.
func (n *NetworkNamespace) assignAddresses(addresses []Address) {
	for _, a := range addresses {
		if nif := n.Nifs[a.Index]; nif != nil {
			nif.Nif().addAddress(a)
		}
	}
	for _, nif := range n.Nifs {
		nif.Nif().Addrsv4.Sort()
		nif.Nif().Addrsv6.Sort()
	}
}

// readKinds reads what only some kinds of interfaces have and the dump of links does not tell.
func (v *visit) readKinds() {
	readers := map[string]kindReader{}
	for _, nif := range v.netns.Nifs {
		if reader, ok := nif.(kindReader); ok && reader.wantsReading() {
			readers[nif.Nif().Kind] = reader
		}
	}
	for _, kind := range sortedKeys(readers) {
		if err := readers[kind].readKind(v.netns, v.fds.route, &v.fds.sequence); err != nil {
			v.find(fmt.Sprintf("%s interfaces could not be read completely: %v", kind, err))
		}
	}
}

// kindReader is a kind of interface that there is more to read about. Reading is for all interfaces
// of the kind in a namespace at once, through a route netlink socket and on a thread in there.
type kindReader interface {
	wantsReading() bool
	readKind(netns *NetworkNamespace, fd int, sequence *dumpSequence) error
}

func (v *visit) find(message string) {
	v.findings = append(v.findings, Finding{
		Kind: FindingNetns, Subject: subjectOf(v.netns), Message: message, Netns: v.netns,
	})
}

// exceed notes that something is larger than is read.
func (v *visit) exceed(message string) {
	v.findings = append(v.findings, Finding{
		Kind: FindingLimit, Subject: subjectOf(v.netns), Message: message, Netns: v.netns,
	})
}

// enterNamespace takes the calling thread into a network namespace. The system demands a privilege
// even of a thread that is there already, which is then as good.
func enterNamespace(fd int) error {
	err := unix.Setns(fd, unix.CLONE_NEWNET)
	if err == nil || sameNamespace(fd, threadNetns) {
		return nil
	}
	return fmt.Errorf("enter network namespace: %w", err)
}

// sameNamespace tells whether a path leads to the namespace that the file descriptor refers to.
func sameNamespace(fd int, path string) bool {
	var a, b unix.Stat_t
	return unix.Fstat(fd, &a) == nil && unix.Stat(path, &b) == nil && a.Dev == b.Dev && a.Ino == b.Ino
}
