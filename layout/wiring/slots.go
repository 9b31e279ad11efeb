package wiring

import (
	"math"
	"sort"

	"github.com/hostwire/hostwire/graph"
)

// openSlots makes the places on the row's edges where wires end, and the row as high as they need.
func (r *row) openSlots() {
	var stubs [2]*slot // of the wires to spines.
	shared := map[*trunk]*slot{}
	var trunks []*slot // of the wires to kids: one for each kind and side.
	trunk := func(s side, kind graph.EdgeKind) *slot {
		for _, t := range trunks {
			if t.ends[0].side == s && t.ends[0].wire.edge.Kind == kind {
				return t
			}
		}
		t := r.card.newSlot(r, s)
		trunks = append(trunks, t)
		return t
	}
	for _, e := range r.ends {
		s := e.side
		other := e.far().row
		switch {
		case e.wire == r.tree:
			s = left
			if r.col < other.col {
				s = right
			}
		case e.wire == other.tree && other.parent == r:
			s = right
			if other.col < r.col {
				s = left
			}
			e.slot = trunk(s, e.wire.edge.Kind)
			e.slot.ends = append(e.slot.ends, e)
		case e.wire.inside():
			_, s, _, _ = r.card.inner(r, other)
		}
		e.side = s
		if e.slot != nil {
			continue
		}
		t := e.wire.trunk
		switch {
		case t == nil:
		case t.bundle == r.bundle && t.bundle.spined():
			e.slot = stubs[s]
		default:
			e.slot = shared[t]
		}
		if e.slot == nil {
			e.slot = r.card.newSlot(r, s)
			if t != nil {
				stubs[s], shared[t] = e.slot, e.slot
			}
		}
		e.slot.ends = append(e.slot.ends, e)
	}
	r.h = r.minH
	for s := left; s <= right; s++ {
		n := float64(len(r.slots[s]) - 1)
		if r.labelled(s) {
			r.h = math.Max(r.h, slotFirst+slotPitchLabel*n+slotEdge)
		}
		r.h = math.Max(r.h, 2*slotEdge+slotPitchMin*n)
	}
}

// labelled tells whether several wires with a label end at one side of a row: then each has room for it.
func (r *row) labelled(s side) bool {
	n := 0
	for _, sl := range r.slots[s] {
		if e := sl.ends[0]; e.wire.trunk != nil && e == e.wire.ends[1] && e.label() != "" {
			n++
		}
	}
	return n > 1
}

// trunk tells whether the slot is the one that the kids' wires share.
func (s *slot) trunk() bool {
	e := s.ends[0]
	return e.far().row.tree == e.wire && e.far().row.parent == e.row
}

func (c *card) newSlot(r *row, s side) *slot {
	sl := &slot{level: level{card: c}}
	r.slots[s] = append(r.slots[s], sl)
	return sl
}

// inner finds the gutter for a wire between two rows of the card of which none stands beside the
// other: g is its index, a and b the sides on which the rows face it. It is not ok if there is
// none.
func (c *card) inner(x, y *row) (g int, a, b side, ok bool) {
	switch {
	case c.full(x) || c.full(y):
	case x.col == y.col && x.col < c.cols-1:
		return x.col, right, right, true
	case x.col == y.col && x.col > 0:
		return x.col - 1, left, left, true
	case x.col+1 == y.col || x.col < y.col && x.clear(right):
		return y.col - 1, right, left, true
	case y.col+1 == x.col || y.col < x.col && y.clear(right):
		return x.col - 1, left, right, true
	}
	return 0, right, right, false
}

// clear tells whether nothing stands between a row and the card's edge.
func (r *row) clear(s side) bool {
	return len(r.kids[s]) == 0 && (r.parent == nil || r.kidSide() == s)
}

// kidSide is the side of its root that a row stands on.
func (r *row) kidSide() side {
	root := r
	for root.parent != nil {
		root = root.parent
	}
	if r.col < root.col {
		return left
	}
	return right
}

// gutter is the channel that an end's wire turns in.
func (c *card) gutter(r *row, s side) *channel {
	i := r.col
	if s == left {
		i--
	}
	if kids := r.kids[s]; len(kids) > 0 && s == right {
		i = kids[0].col - 1
		if r.bricks[s] { // the first one is in the outer column.
			i--
		}
	}
	return c.gutters[i]
}

// loops tells whether a wire between two rows of the card leaves it on the way.
func (w *wire) loops() bool {
	a, b := w.ends[0].row, w.ends[1].row
	if a.card != b.card || a.tree == w || b.tree == w {
		return false
	}
	_, _, _, ok := a.card.inner(a, b)
	return !ok
}

// leaves tells whether the end's wire leaves the card.
func (e *end) leaves() bool { return !e.wire.inside() || e.wire.loops() }

// passes tells whether wires leave the card on a side of a row that has kids there. Then the kids stand
// below them.
func (r *row) passes(s side) bool {
	if len(r.kids[s]) == 0 {
		return false
	}
	for _, e := range r.ends {
		if e.side == s && e.leaves() {
			return true
		}
	}
	return false
}

// blocked tells whether rows of its own block stand between the end and the card's edge.
func (e *end) blocked() bool {
	r := e.row
	return e.leaves() && !r.card.full(r) && r.parent != nil && r.kidSide() != e.side
}

// stackLanes makes the lanes for the blocked ends of a block that ends at y, and returns its new end.
func (c *card) stackLanes(root *row, y float64) float64 {
	var walk func(r *row)
	walk = func(r *row) {
		for _, e := range r.ends {
			if e.blocked() && !e.follows() {
				y += laneBelow
				e.lane = &level{y: y, card: c, slack: 3}
			}
		}
		for s := range r.kids {
			for _, k := range r.kids[s] {
				walk(k)
			}
		}
	}
	before := y
	walk(root)
	if y > before {
		y += 2
	}
	return y
}

// sortSlots gives the slots of a row their heights, in the order in which their wires turn away.
func (r *row) sortSlots() {
	for s := range r.slots {
		slots := r.slots[s]
		for _, sl := range slots {
			sl.aim = r.aim(sl.ends[0])
		}
		sort.SliceStable(slots, func(i, j int) bool {
			if slots[i].aim != slots[j].aim {
				return slots[i].aim < slots[j].aim
			}
			return slots[i].ends[0].key < slots[j].ends[0].key
		})
		n := float64(len(slots) - 1)
		pitch, first := float64(slotPitch), float64(slotFirst)
		if r.labelled(side(s)) && !r.card.free() {
			pitch = slotPitchLabel
		} else if n > 0 {
			pitch = math.Min(pitch, math.Floor((r.h-2*slotEdge)/n*2)/2)
		}
		if r.card.free() {
			first = math.Min(math.Min(outsideMiddle(r), r.h/2)-pitch*n/2, r.h-slotEdge-pitch*n)
		} else if first+pitch*n > r.h-slotEdge {
			first = (r.h - pitch*n) / 2
		}
		first = math.Max(slotEdge/2, math.Round(first*2)/2)
		for i, sl := range slots {
			sl.y = r.y + first + pitch*float64(i)
			below, above := first+pitch*float64(i), r.h-first-pitch*float64(i)
			if len(slots) > 1 {
				below, above = math.Min(below, pitch/2+1), math.Min(above, pitch/2+1)
			}
			sl.slack, sl.moved = math.Max(0, math.Min(below, above)-2), 0
			if pitch == slotPitchLabel {
				sl.slack = math.Min(sl.slack, 2)
			}
			if r.parent != nil && r.parent.bricks[r.kidSide()] {
				sl.slack = math.Min(sl.slack, 1)
			}
		}
	}
}

// outsideMiddle is the height at which wires end at a free node, as long as there are few.
func outsideMiddle(r *row) float64 {
	if r.node.Class == graph.Outside || r.node.Class == graph.Remote {
		return 36
	}
	return slotFirst
}

func (r *row) aim(e *end) float64 {
	switch {
	case e.lane != nil:
		return e.lane.y
	case e.leaves():
		return r.y
	case e.far().row.tree != e.wire:
	case r.passes(e.side): // the trunk comes last.
		return r.y + 1
	default: // the trunk comes first: kids begin at the row's own height.
		return r.y - 1
	}
	return e.far().row.y
}

// dig makes the gutters between the columns and routes what runs in them.
func (c *card) dig() {
	for range c.cols - 1 {
		c.gutters = append(c.gutters, &channel{card: c, margin: [2]float64{gutterSide, gutterSide}, minimum: gutterIdle})
	}
	add := func(g *channel) *net {
		n := &net{}
		g.nets = append(g.nets, n)
		g.minimum = gutterMin
		return n
	}
	for _, r := range c.rows {
		for s := left; s <= right; s++ {
			if len(r.kids[s]) == 0 {
				continue
			}
			for _, sl := range r.slots[s] {
				if !sl.trunk() {
					continue
				}
				g := c.gutter(r, s)
				n := add(g)
				n.pins[s.other()] = []*level{&sl.level}
				for _, e := range sl.ends {
					w := e.wire
					g.margin[s] = math.Max(g.margin[s], labelRoom(w.edge.Label)+labelPad)
					n.pins[s] = append(n.pins[s], &e.far().slot.level)
					w.hops = []*hop{{channel: g, net: n, from: &w.ends[0].slot.level, to: &w.ends[1].slot.level}}
				}
			}
		}
		for _, e := range r.ends {
			switch {
			case e.lane != nil:
				g := c.gutter(r, e.side)
				n := add(g)
				n.pins[e.side.other()] = []*level{&e.slot.level}
				n.pins[e.side] = []*level{e.lane}
				e.hop = &hop{channel: g, net: n, from: &e.slot.level, to: e.lane}
			case e == e.wire.ends[0] && e.wire.inside() && !e.leaves() && e.wire != r.tree && e.far().row.tree != e.wire:
				f := e.far()
				i, _, _, _ := c.inner(r, f.row)
				g := c.gutters[i]
				n := add(g)
				n.pins[e.side.other()] = append(n.pins[e.side.other()], &e.slot.level)
				n.pins[f.side.other()] = append(n.pins[f.side.other()], &f.slot.level)
				e.wire.hops = []*hop{{channel: g, net: n, from: &e.slot.level, to: &f.slot.level}}
			}
		}
	}
	for _, g := range c.gutters {
		g.settle()
	}
}
