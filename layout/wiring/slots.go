package wiring

import (
	"math"
	"sort"

	"github.com/hostwire/hostwire/graph"
)

// openSlots makes the places on the row's edges where wires end, and the row as high as they need.
func (r *row) openSlots() {
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
			s = r.card.innerSide(e)
		}
		e.side = s
		if e.slot == nil {
			e.slot = r.card.newSlot(r, s)
			e.slot.ends = append(e.slot.ends, e)
		}
	}
	n := max(len(r.slots[left]), len(r.slots[right]))
	r.h = math.Max(r.minH, 2*slotEdge+slotPitchMin*float64(n-1))
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

// innerSide is the side of a row on which a wire to another row of the card leaves it: towards the
// gutter that both rows stand at, or else out of the card and back.
func (c *card) innerSide(e *end) side {
	a, b := e.row.col, e.far().row.col
	switch {
	case a+1 == b:
		return right
	case a-1 == b:
		return left
	case a == b && a < c.maxCol:
		return right
	case a == b && a > c.minCol:
		return left
	}
	return right
}

// gutter is the channel on one side of a column, nil where the card ends.
func (c *card) gutter(col int, s side) *channel {
	i := col - c.minCol
	if s == left {
		i--
	}
	if i < 0 || i >= len(c.gutters) {
		return nil
	}
	return c.gutters[i]
}

// loops tells whether a wire between two rows of the card leaves it on the way.
func (w *wire) loops() bool {
	a, b := w.ends[0].row, w.ends[1].row
	if a.card != b.card || a.tree == w || b.tree == w {
		return false
	}
	c := a.card
	return c.full(a) || c.full(b) || a.col-b.col > 1 || b.col-a.col > 1 || a.col == b.col && c.minCol == c.maxCol
}

// leaves tells whether the end's wire leaves the card.
func (e *end) leaves() bool { return !e.wire.inside() || e.wire.loops() }

// blocked tells whether rows of its own block stand between the end and the card's edge.
func (e *end) blocked() bool {
	r := e.row
	return e.leaves() && !r.card.full(r) && (len(r.kids[e.side]) > 0 || r.col*e.side.sign() < 0)
}

// stackLanes makes the lanes for the blocked ends of a block that ends at y, and returns its new end.
func (c *card) stackLanes(root *row, y float64) float64 {
	var walk func(r *row)
	walk = func(r *row) {
		for _, e := range r.ends {
			if e.blocked() {
				y += laneBelow
				e.lane = &level{y: y, card: c}
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
		if n > 0 {
			pitch = math.Min(pitch, math.Floor((r.h-2*slotEdge)/n*2)/2)
		}
		if r.card.free() {
			first = math.Min(outsideMiddle(r), r.h/2) - pitch*n/2
		} else if first+pitch*n > r.h-slotEdge {
			first = (r.h - pitch*n) / 2
		}
		first = math.Max(slotEdge/2, math.Round(first*2)/2)
		for i, sl := range slots {
			sl.y = r.y + first + pitch*float64(i)
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
	case e.far().row.tree == e.wire: // the trunk comes first: kids begin at the row's own height.
		return r.y - 1
	}
	return e.far().row.y
}

// dig makes the gutters between the columns and routes what runs in them.
func (c *card) dig() {
	for col := c.minCol; col < c.maxCol; col++ {
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
				g := c.gutter(r.col, s)
				n := add(g)
				n.pins[s.other()] = []*level{&sl.level}
				for _, e := range sl.ends {
					w := e.wire
					n.pins[s] = append(n.pins[s], &e.far().slot.level)
					w.hops = []*hop{{channel: g, net: n, from: &w.ends[0].slot.level, to: &w.ends[1].slot.level}}
				}
			}
		}
		for _, e := range r.ends {
			switch {
			case e.lane != nil:
				g := c.gutter(r.col, e.side)
				n := add(g)
				n.pins[e.side.other()] = []*level{&e.slot.level}
				n.pins[e.side] = []*level{e.lane}
				e.hop = &hop{channel: g, net: n, from: &e.slot.level, to: e.lane}
			case e == e.wire.ends[0] && e.wire.inside() && !e.leaves() && e.wire != r.tree && e.far().row.tree != e.wire:
				f := e.far()
				g := c.gutter(r.col, e.side)
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
