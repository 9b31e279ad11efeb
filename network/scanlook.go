package network

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// look enters every namespace once and reads what is in there. Namespaces that are gone are dropped.
func (s *scan) look(ctx context.Context) {
	visits := make([]*visit, len(s.all))
	for i, n := range s.all {
		visits[i] = &visit{netns: n, fds: askingFds{netns: -1, route: -1}}
		s.visits[n] = visits[i]
	}
	keep := newFdAllowance()
	var next atomic.Int64
	var working sync.WaitGroup
	for range workers(len(visits)) {
		working.Go(func() {
			// The thread is never unlocked: having been to other namespaces, it ends.
			offMainThread(func() {
				net := openThreadNet()
				defer unix.Close(net)
				for ctx.Err() == nil {
					i := int(next.Add(1)) - 1
					if i >= len(visits) {
						return
					}
					visits[i].look(&s.context, net)
					if !keep.take(2) {
						visits[i].fds.close()
					}
				}
			})
		})
	}
	working.Wait()
	for _, v := range visits {
		if v.err != nil && errors.Is(v.err, errNamespaceGone) {
			delete(s.netns, v.netns.ID())
		}
	}
}

// fdAllowance is how many file descriptors may be kept open.
type fdAllowance struct{ left atomic.Int64 }

// newFdAllowance allows half of what the process may open.
func newFdAllowance() *fdAllowance {
	var a fdAllowance
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err == nil {
		a.left.Store(int64(min(limit.Cur/2, 16_384)))
	}
	return &a
}

func (a *fdAllowance) take(n int64) bool { return a.left.Add(-n) >= 0 }

// settle looks again at the interfaces whose other end was not found, as that can come of something
// having changed between two looks: interfaces and their namespaces come and go all the time. It
// returns those interfaces that are still there and whose other end is really out of sight.
func (r *relations) settle() (lost Interfaces) {
	// The kernel takes a while to clear away what ended, and some sockets' namespaces end only after a
	// grace period of its own.
	pauses := []time.Duration{0, 0, 5 * time.Millisecond, 20 * time.Millisecond, 50 * time.Millisecond}
	if !ownPrivilege(Options{}.proc()).full() {
		// Most of what is out of sight is so for lack of privilege, and waiting does not help.
		pauses = pauses[:2]
	}
	r.confirm()
	settled := true
	for _, pause := range pauses {
		if len(r.unresolved) == 0 {
			break
		}
		time.Sleep(pause)
		changed := false
		for _, nif := range slices.Clone(r.unresolved) {
			if r.lookAgain(nif) {
				changed = true
			}
		}
		if !changed {
			continue
		}
		settled = false
		r.resolveAnew()
	}
	if !settled {
		r.confirm()
	}
	return r.unresolved
}

func (r *relations) resolveAnew() {
	r.nsids.forget()
	r.index()
	r.resolve()
}

// confirmations bounds how often relations are found anew as something changed under way.
const confirmations = 5

// confirm makes sure of what stands on an interface of another namespace. Other than a peer, that
// does not name what stands on it, and between the looks at the two namespaces it can have made
// place for another interface with its index. Asked once more after both looks, first what stands
// and then what it stands on, the two that are still as they were have been so together.
func (r *relations) confirm() {
	for range confirmations {
		changed := false
		for _, netns := range r.ordered() {
			for _, nif := range netns.sortedNifs() {
				n := nif.Nif()
				if n.Lower != nil && n.Lower.Nif().Netns != n.Netns && r.lookAgain(nif) {
					changed = true
				}
			}
		}
		if !changed {
			return
		}
		r.resolveAnew()
	}
}

// lookAgain asks anew for an interface and for the other end that it names. It tells whether there
// is anything new.
func (r *relations) lookAgain(nif Interface) (changed bool) {
	n := nif.Nif()
	if n.Netns.Nifs[n.Index] != nif {
		return true // found to be gone while looking at another one.
	}
	from := r.nsids.open(n.Netns)
	if from.route < 0 {
		return r.dropIfGone(n.Netns)
	}
	link, err := getLink(from.route, &from.sequence, n.Index)
	switch {
	case errors.Is(err, unix.ENODEV):
		n.Netns.removeNif(nif)
		return true
	case err != nil:
		return false
	}
	old, now := n.Netns.facts[n.Index].message, link.message
	if now.name != old.name || now.kind != old.kind {
		n.Netns.removeNif(nif)
		r.take(n.Netns, from, link)
		return true
	}
	n.Netns.setFacts(n.Index, &linkFacts{message: now})
	if now.master != old.master || now.link != old.link || now.hasLink != old.hasLink || now.nsid != old.nsid || now.hasNSID != old.hasNSID {
		return true
	}
	if n.Unresolved == "controller" {
		return r.fetch(n.Netns, now.master)
	}
	index, elsewhere, ok := n.Netns.facts[n.Index].reference()
	if !ok {
		return true
	}
	if !elsewhere {
		return r.fetch(n.Netns, index)
	}
	// The one place left to look is the namespace with that NSID, whatever interfaces it had.
	if target := r.nsids.find(n.Netns, now.nsid, r.ordered()); target != nil {
		return r.fetch(target, index)
	}
	if namespaceEnds(from, now.nsid, index) {
		now.nsid = NSID_NONE
		n.Netns.setFacts(n.Index, &linkFacts{message: now})
		return true
	}
	return false
}

// dropIfGone forgets a namespace that has ended since it was looked into. It tells whether it had.
func (r *relations) dropIfGone(netns *NetworkNamespace) bool {
	fd, err := netns.open()
	if err == nil {
		_ = unix.Close(fd)
	}
	if !errors.Is(err, errNamespaceGone) || r.allns[netns.ID()] != netns {
		return false
	}
	delete(r.allns, netns.ID())
	return true
}

// namespaceEnds tells whether the namespace that another one calls nsid is one that has ended, and
// that the kernel has yet to clear away with all its interfaces: asked for an interface in there, it
// then says that there is no such namespace.
func namespaceEnds(from *askingFds, nsid NSID, index int) bool {
	request := linkRequest(unix.AF_UNSPEC, index, rtextFilterSkipStats)
	attribute := make([]byte, 8)
	binary.NativeEndian.PutUint16(attribute, 8)
	binary.NativeEndian.PutUint16(attribute[2:], unix.IFLA_TARGET_NETNSID)
	binary.NativeEndian.PutUint32(attribute[4:], uint32(nsid))
	err := from.sequence.request(from.route, unix.RTM_GETLINK, append(request, attribute...), func(uint16, []byte) {})
	return errors.Is(err, unix.EINVAL)
}

// fetch asks for an interface that was not there before, or that was another one. It tells whether
// there is anything new.
func (r *relations) fetch(netns *NetworkNamespace, index int) (changed bool) {
	from := r.nsids.open(netns)
	if from.route < 0 {
		return false
	}
	link, err := getLink(from.route, &from.sequence, index)
	known := netns.Nifs[index]
	switch {
	case errors.Is(err, unix.ENODEV):
		if known != nil {
			netns.removeNif(known)
			return true
		}
		return false
	case err != nil:
		return false
	case known == nil:
		r.take(netns, from, link)
		return true
	}
	old, now := netns.facts[index].message, link.message
	if old.name != now.name || old.kind != now.kind {
		netns.removeNif(known)
		r.take(netns, from, link)
		return true
	}
	netns.setFacts(index, &linkFacts{message: now})
	return old.link != now.link || old.hasLink != now.hasLink || old.nsid != now.nsid || old.hasNSID != now.hasNSID || old.master != now.master
}

// take adds an interface that came into being after the first look.
func (r *relations) take(netns *NetworkNamespace, from *askingFds, link *rawLink) {
	nif := NewInterface(nil, netns, link)
	netns.addNif(nif)
	addresses, err := dumpAddresses(from.route, &from.sequence, maxAddresses)
	if err != nil && !errors.Is(err, errDumpChanged) {
		return
	}
	for _, a := range addresses {
		if a.Index == link.message.index {
			nif.Nif().addAddress(a)
		}
	}
	nif.Nif().Addrsv4.Sort()
	nif.Nif().Addrsv6.Sort()
}
