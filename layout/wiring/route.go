package wiring

import (
	"math"
	"sort"

	"github.com/hostwire/hostwire/layout"
)

// route finds the way of each wire that leaves its card: from its row to the channel beside its
// card, by a lane below its shelf if there are other cards in between; across layers between their
// shelves; and to the other row in the same manner. It fixes what runs where, not yet at what
// height.
func (c *component) route() {
	for _, w := range c.wires {
		if w.inside() && !w.loops() {
			continue
		}
		if w.leads() {
			c.routeWire(w)
		} else {
			w.follow()
		}
	}
	for _, l := range c.layers {
		for _, s := range l.shelves {
			s.line()
		}
		for _, z := range l.zones {
			sort.SliceStable(z.passes, func(i, j int) bool { return z.passes[i].key < z.passes[j].key })
		}
	}
}

func (c *component) routeWire(w *wire) {
	a, b := w.ends[0], w.ends[1]
	w.hops = nil
	if a.hop != nil {
		w.hops = append(w.hops, a.hop)
	}
	defer func() {
		if b.hop != nil {
			back := *b.hop
			back.from, back.to = back.to, back.from
			w.hops = append(w.hops, &back)
		}
	}()
	from, to := a.leaving(), b.leaving()
	if m, sa, sb := direct(a, b); m != nil {
		w.hops = append(w.hops, m.join(from, sa, to, sb))
		return
	}
	hopA := c.reach(a, from)
	hopB := c.reach(b, to)
	if hopA != nil {
		w.hops = append(w.hops, hopA)
		from = hopA.to
	}
	if hopB != nil {
		to = hopB.to
	}
	first, last := c.channelOf(a), c.channelOf(b)
	for _, e := range w.ends { // labels stand on the straight piece before the first lane.
		if ch, s := c.channels[c.channelOf(e)], e.side.other(); e.row.card.mini(e.side) == nil {
			room := labelRoom(e.label())
			if room > 0 && w.trunk != nil { // with some to spare: its arrow head takes what is in the card.
				room += labelPad + wireRadius
				for g := e.row.card.group; g != nil && !c.spanning(g); g = g.Parent {
					room += layout.GroupPad
				}
			}
			ch.margin[s] = math.Max(ch.margin[s], room)
		}
	}
	if text := w.text(); text != "" && first == last { // so does the wire's own, where it may find no other room.
		at := a
		if a.row.card.free() {
			at = b
		}
		if ch, s := c.channels[first], at.side.other(); at.row.card.mini(at.side) == nil {
			ch.margin[s] = math.Max(ch.margin[s], labelRoom(text)+2*labelPad+wireRadius)
		}
	}
	sa := a.side.other()
	for i := first; i != last; {
		step, layer := 1, i
		if last < i {
			step, layer = -1, i-1
		}
		p := c.passage(c.layers[layer], a, b)
		side := right // of the channel, towards the layer to pass.
		if step < 0 {
			side = left
		}
		w.hops = append(w.hops, c.channels[i].join(from, sa, &p.level, side))
		from, sa = &p.level, side.other()
		i += step
	}
	w.hops = append(w.hops, c.channels[last].join(from, sa, to, b.side.other()))
	if hopB != nil {
		hopB.from, hopB.to = hopB.to, hopB.from
		w.hops = append(w.hops, hopB)
	}
}

// leaving is the height at which the end's wire leaves its card.
func (e *end) leaving() *level {
	if e.lane != nil {
		return e.lane
	}
	return &e.slot.level
}

// channelOf is the index of the channel that an end's side of the layer faces.
func (c *component) channelOf(e *end) int {
	return e.row.card.layer - c.layers[0].number + int(e.side)
}

// direct is the channel between neighbours in a shelf, or beside a card that a wire returns to.
func direct(a, b *end) (m *channel, sa, sb side) {
	ca, cb := a.row.card, b.row.card
	if ca.shelf != cb.shelf {
		return nil, 0, 0
	}
	ma, mb := ca.mini(a.side), cb.mini(b.side)
	if ma == nil || ma != mb {
		return nil, 0, 0
	}
	return ma, a.side.other(), b.side.other()
}

// mini is the channel between a card and its neighbour in the shelf on one side, or nil.
func (c *card) mini(s side) *channel {
	i := c.slot - c.shelf.offset
	if s == left {
		i--
	}
	if i < 0 || i >= len(c.shelf.minis) {
		return nil
	}
	return c.shelf.minis[i]
}

// join adds a net to the channel between two levels that come in at its sides sa and sb.
func (ch *channel) join(a *level, sa side, b *level, sb side) *hop {
	n := &net{}
	n.pins[sa] = append(n.pins[sa], a)
	n.pins[sb] = append(n.pins[sb], b)
	ch.nets = append(ch.nets, n)
	return &hop{channel: ch, net: n, from: a, to: b}
}

// reach leads an end to the channel beside its layer: nil if it is there, else along a lane below
// the shelf.
func (c *component) reach(e *end, from *level) *hop {
	card := e.row.card
	m := card.mini(e.side)
	if m == nil {
		return nil
	}
	a := &access{end: e}
	card.shelf.access[e.side] = append(card.shelf.access[e.side], a)
	return m.join(from, e.side.other(), &a.level, e.side)
}

// line distributes the lanes below a shelf over lines: the nearest card first, so that no wire
// crosses another on its way up. A lane to the left and one to the right share a line where there
// are cards between them.
func (s *shelf) line() {
	l, r := s.access[left], s.access[right]
	sort.SliceStable(l, func(i, j int) bool { return l[i].before(l[j], 1) })
	sort.SliceStable(r, func(i, j int) bool { return r[i].before(r[j], -1) })
	lines := 0
	for _, a := range l {
		a.line = lines
		lines++
	}
	next := 0
	for _, a := range r {
		for next < len(l) && l[next].end.row.card.slot > a.end.row.card.slot {
			next++
		}
		a.line = next
		next++
		lines = max(lines, next)
	}
	s.layer.zones[s.index+1].lines = lines
}

func (a *access) before(b *access, direction int) bool {
	if x, y := a.end.row.card.slot, b.end.row.card.slot; x != y {
		return (y-x)*direction > 0
	}
	return a.end.leaving().y < b.end.leaving().y
}

// passage is a lane for a wire across a layer, between shelves and outside of groups: where the
// wires of the same card that begin above it still end above it.
func (c *component) passage(l *layerOf, a, b *end) *pass {
	near := a // the end that is closer to the host.
	if abs(b.row.card.layer) < abs(a.row.card.layer) {
		near = b
	}
	z := c.guide(l, near)
	for z < len(l.zones)-1 && z > 0 && l.shelves[z-1].inner {
		z++
	}
	p := &pass{key: near.position()}
	l.zones[z].passes = append(l.zones[z].passes, p)
	return p
}

// guide is the zone below the shelf where the last wire goes that begins above the end.
func (c *component) guide(l *layerOf, e *end) int {
	best, at := -1.0, 0
	for _, w := range e.row.card.wires {
		o, f := w.ends[0], w.ends[1]
		if o.row.card != e.row.card {
			o, f = f, o
		}
		if f.row.card.layer != l.number || o.side != e.side || f.side == e.side {
			continue
		}
		switch y, below := o.leaving().y, f.row.card.shelf.index+1; {
		case y >= e.leaving().y:
		case e.wire.around(): // below all of them.
			at = max(at, below)
		case y > best:
			best, at = y, below
		}
	}
	return at
}

func abs(x int) int {
	if x < 0 {
		return -x
	}
	return x
}
