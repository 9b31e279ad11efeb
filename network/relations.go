package network

import (
	"slices"
)

// relations finds out which interfaces are related, in one or in different namespaces.
//
// What the kernel says about another namespace is an NSID that only means something to the
// namespace that said it. Which namespace it is can be asked (RTM_GETNSID), but only in the form
// "what do you call this one?". So only those namespaces are asked about that have an interface
// fitting what is known, and nothing is concluded from fitting alone.
type relations struct {
	allns      NetworkNamespaces
	nsids      *nsidDirectory
	haveIndex  map[int][]*NetworkNamespace     // namespaces with an interface of the index, the initial one first.
	havePeer   map[wireEnd][]*NetworkNamespace // namespaces with such an end of a wire that leads elsewhere.
	unresolved []Interface                     // whose other end was not found, in order.
}

// wireEnd is what is known of one end of a wire: its kind, its index, and the other end's index.
type wireEnd struct {
	kind        string
	index, peer int
}

func newRelations(allns NetworkNamespaces, nsids *nsidDirectory) *relations {
	r := &relations{allns: allns, nsids: nsids}
	r.index()
	return r
}

// index notes which namespaces have an interface of each index that another one refers to from
// elsewhere.
func (r *relations) index() {
	wanted := map[int]bool{}
	r.havePeer = map[wireEnd][]*NetworkNamespace{}
	ordered := r.ordered()
	for _, netns := range ordered {
		for own, facts := range netns.facts {
			index, elsewhere, ok := facts.reference()
			if !ok || !elsewhere {
				continue
			}
			if kind := facts.message.kind; peerKinds[kind] {
				end := wireEnd{kind, own, index}
				r.havePeer[end] = append(r.havePeer[end], netns)
			} else {
				wanted[index] = true
			}
		}
	}
	r.haveIndex = make(map[int][]*NetworkNamespace, len(wanted))
	for _, netns := range ordered {
		for index := range netns.Nifs {
			if wanted[index] {
				r.haveIndex[index] = append(r.haveIndex[index], netns)
			}
		}
	}
}

// ordered returns the namespaces in an order that only depends on them, the initial one first, as
// it is the one that most others are related to.
func (r *relations) ordered() []*NetworkNamespace {
	list := make([]*NetworkNamespace, 0, len(r.allns))
	for _, netns := range r.allns {
		list = append(list, netns)
	}
	slices.SortFunc(list, func(a, b *NetworkNamespace) int {
		if a.Initial != b.Initial {
			if a.Initial {
				return -1
			}
			return 1
		}
		return compareNamespaceIDs(a, b)
	})
	return list
}

// resolve finds all relations. It may be called again after interfaces came or went.
func (r *relations) resolve() {
	r.unresolved = nil
	var nifs Interfaces
	for _, netns := range r.ordered() {
		nifs = append(nifs, netns.sortedNifs()...)
	}
	for _, nif := range nifs {
		forgetRelations(nif)
	}
	r.nsids.askAhead(r.questions(nifs))
	for _, nif := range nifs {
		r.relateCommon(nif)
	}
	for _, nif := range nifs {
		r.relateKind(nif)
	}
	for _, nif := range nifs {
		nif.Nif().Slaves.Sort()
	}
}

// forgetRelations brings an interface back to where nothing is known of its relations, except for
// those of hardware, which are found elsewhere.
func forgetRelations(nif Interface) {
	n := nif.Nif()
	n.Bridge, n.Controller, n.Lower, n.Unresolved = nil, nil, nil, ""
	n.Slaves = slices.DeleteFunc(n.Slaves, func(slave Interface) bool { return slave.Nif().PF == nil })
	if len(n.Slaves) == 0 {
		n.Slaves = nil
	}
	switch kind := nif.(type) {
	case Bridge:
		kind.Bridge().Ports = nil
	case Bond:
		kind.Bond().Members = nil
	case Team:
		kind.Team().Members = nil
	case Vrf:
		kind.Vrf().Members = nil
	case Ovs:
		kind.Ovs().Members = nil
	}
}

// relateCommon finds the relations that interfaces of all kinds can have: to their controller and
// to what they stand on.
func (r *relations) relateCommon(nif Interface) {
	n := nif.Nif()
	facts := n.Netns.facts[n.Index]
	if facts == nil {
		return
	}
	if master := facts.message.master; master != 0 {
		if n.Controller = n.Netns.Nifs[master]; n.Controller == nil {
			r.miss(nif, "controller")
		} else if c, ok := n.Controller.(controller); ok {
			c.addMember(nif)
		}
	}
	if peerKinds[n.Kind] {
		return
	}
	index, elsewhere, ok := facts.reference()
	if !ok {
		return
	}
	switch {
	case elsewhere:
		n.Lower = r.lowerElsewhere(nif, facts.message.nsid, index)
	case n.Netns.Initial || !facts.namespaceUnsure():
		n.Lower = n.Netns.Nifs[index]
	}
	if n.Lower == nil {
		r.miss(nif, "lower")
		return
	}
	lower := n.Lower.Nif()
	lower.Slaves = appendNew(lower.Slaves, nif)
}

func (r *relations) relateKind(nif Interface) {
	if kind, ok := nif.(relater); ok && nif.Nif().Netns.facts[nif.Nif().Index] != nil {
		kind.relate(r)
	}
}

// miss notes that the kernel names another interface that could not be found.
func (r *relations) miss(nif Interface, what string) {
	nif.Nif().Unresolved = what
	r.unresolved = append(r.unresolved, nif)
}

// sibling returns the interface with the index in the same namespace, or nil.
func (r *relations) sibling(nif Interface, index int) Interface {
	if index == 0 {
		return nil
	}
	return nif.Nif().Netns.Nifs[index]
}

// lowerElsewhere returns the interface with the index in the namespace that the interface's
// namespace calls nsid; nil if it cannot be told.
func (r *relations) lowerElsewhere(nif Interface, nsid NSID, index int) Interface {
	target := r.nsids.find(nif.Nif().Netns, nsid, r.haveIndex[index])
	if target == nil {
		return nil
	}
	return target.Nifs[index]
}

// peer returns the other end of a virtual wire; nil if it is gone or cannot be told. Both ends must
// name each other.
func (r *relations) peer(nif Interface) Interface {
	n := nif.Nif()
	facts := n.Netns.facts[n.Index]
	index, elsewhere, ok := facts.reference()
	if !ok {
		return nil
	}
	if !elsewhere {
		peer := n.Netns.Nifs[index]
		if peer == nil || !namesBack(peer, nif, false) {
			r.miss(nif, "peer")
			return nil
		}
		return peer
	}
	target := r.nsids.find(n.Netns, facts.message.nsid, r.havePeer[wireEnd{n.Kind, index, n.Index}])
	if target == nil {
		r.miss(nif, "peer")
		return nil
	}
	peer := target.Nifs[index]
	if peer == nil || !namesBack(peer, nif, true) {
		r.miss(nif, "peer")
		return nil
	}
	// The same question the other way round, as the two looks were not at the same time.
	back := target.facts[index].message.nsid
	if r.nsids.find(target, back, []*NetworkNamespace{n.Netns}) != n.Netns {
		r.miss(nif, "peer")
		return nil
	}
	return peer
}

// namesBack tells whether an interface is of the same kind and refers to the other's index, in the
// same namespace or elsewhere.
func namesBack(peer, nif Interface, elsewhere bool) bool {
	p, n := peer.Nif(), nif.Nif()
	facts := p.Netns.facts[p.Index]
	if facts == nil || p.Kind != n.Kind {
		return false
	}
	index, far, ok := facts.reference()
	return ok && far == elsewhere && index == n.Index
}

// resolveRelationsOf finds the relations of one interface and of those that refer to it.
func resolveRelationsOf(nif Interface, allns NetworkNamespaces) {
	n := nif.Nif()
	if n.Netns == nil || n.Netns.facts[n.Index] == nil {
		return
	}
	nsids := newNSIDDirectory()
	defer nsids.close()
	r := newRelations(allns, nsids)
	if c, ok := nif.(controller); ok {
		for _, other := range n.Netns.sortedNifs() {
			if facts := n.Netns.facts[other.Nif().Index]; facts != nil && facts.message.master == n.Index {
				other.Nif().Controller = nif
				c.addMember(other)
			}
		}
	}
	n.Unresolved = ""
	r.relateCommon(nif)
	r.relateKind(nif)
}
