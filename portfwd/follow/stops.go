package follow

// stop is a set of packets that go no further.
type stop struct {
	box   box     // packets that go no further, as far as that is certain.
	may   box     // packets that may go no further; at least those of the box.
	hull  hull    // around the latter.
	share float64 // how many of the packets in the box it stops; 0 if that is not known.
	frame int     // the chain in which they go no further; 0 for everywhere.
}

// stops are the stops so far, in their order. Most are for one address, and are found by it: rule
// sets with thousands of services have thousands of those.
type stops struct {
	all    []stop
	byAddr map[u128][]int // those for one address, by their places in all.
	others []int          // the other ones.
}

func (s *stops) len() int { return len(s.all) }

// add adds one at the end.
func (s *stops) add(one stop) {
	at := len(s.all)
	s.all = append(s.all, one)
	if addr, ok := one.hull.addr(); ok {
		if s.byAddr == nil {
			s.byAddr = map[u128][]int{}
		}
		s.byAddr[addr] = append(s.byAddr[addr], at)
		return
	}
	s.others = append(s.others, at)
}

// cut takes all from a place on away, and returns them.
func (s *stops) cut(from int) []stop {
	cut := s.all[from:]
	for i := len(s.all) - 1; i >= from; i-- {
		if addr, ok := s.all[i].hull.addr(); ok {
			s.byAddr[addr] = s.byAddr[addr][:len(s.byAddr[addr])-1]
		} else {
			s.others = s.others[:len(s.others)-1]
		}
	}
	s.all = s.all[:from]
	return cut
}

// leave takes those away from a place on that are only for the frame: what went no further in a
// chain goes on after it.
func (s *stops) leave(from, frame int) {
	for _, one := range append([]stop(nil), s.cut(from)...) {
		if one.frame != frame {
			s.add(one)
		}
	}
}

// soften takes the certainty from all from a place on: they are for some packets only, by something
// that is not known of them. Those that may have left a chain go on after it.
func (s *stops) soften(from int) {
	for _, one := range append([]stop(nil), s.cut(from)...) {
		if one.frame != 0 {
			one.share = 0
			s.add(one)
		}
	}
}

// meeting calls fn for the stops that may have packets in common with the box.
func (s *stops) meeting(b *box, fn func(at int, one *stop)) {
	around := hullOf(b)
	try := func(at int) {
		if one := &s.all[at]; one.hull.meets(&around) {
			fn(at, one)
		}
	}
	addr, ok := around.addr()
	if !ok {
		for at := range s.all {
			try(at)
		}
		return
	}
	for _, at := range s.byAddr[addr] {
		try(at)
	}
	for _, at := range s.others {
		try(at)
	}
}

// covers tells whether the stop is for all of the packets in the box.
func (s *stop) covers(b *box) bool {
	for f := range b {
		if !s.box[f].covers(b[f]) {
			return false
		}
	}
	return true
}

// hull is the range from the first to the last port and address of a box. Most rules are for one
// port or address each, and hulls that don't meet are the quickest way to see that two rules have
// nothing to do with each other.
type hull struct {
	ports, addrs span
}

func hullOf(b *box) hull {
	all := span{u128{}, u128{^uint64(0), ^uint64(0)}}
	h := hull{all, all}
	if s := b[fieldPort]; len(s) > 0 {
		h.ports = span{s[0].lo, s[len(s)-1].hi}
	}
	if s := b[fieldAddr]; len(s) > 0 {
		h.addrs = span{s[0].lo, s[len(s)-1].hi}
	}
	return h
}

// addr returns the address if there is just one.
func (h *hull) addr() (u128, bool) { return h.addrs.lo, h.addrs.lo == h.addrs.hi }

// meets tells whether boxes in the two hulls can have packets in common.
func (h *hull) meets(g *hull) bool {
	return h.ports.lo.lo <= g.ports.hi.lo && g.ports.lo.lo <= h.ports.hi.lo &&
		h.addrs.lo.cmp(g.addrs.hi) <= 0 && g.addrs.lo.cmp(h.addrs.hi) <= 0
}
