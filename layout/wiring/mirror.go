package wiring

import "math"

// mirrorable tells whether it may be worth to have cards on both sides of the host: it is much
// higher than a pleasant format wants it to be.
func (c *component) mirrorable() bool {
	if len(c.cards) < 12 || c.bands > 1 || c.layers[len(c.layers)-1].number < 1 {
		return false
	}
	zero := c.layer(0)
	h := 0.0
	for _, card := range zero.cards {
		h += card.h
	}
	return h > mirrorHeight
}

const mirrorHeight = 900 // pixels

// mirror moves half of what hangs on each of the host's interfaces to its left, with all that hangs
// on that. It goes back to one side if that is worse: not if it is about as good, because half of the
// wires at each side need less than half of the lanes, which are not in the estimate.
func (c *component) mirror() {
	cost := c.cost
	before := make([]int, len(c.cards))
	for i, card := range c.cards {
		before[i] = card.layer
	}
	c.halve()
	c.split()
	c.order()
	c.shape()
	if c.cost < 1.08*cost {
		return
	}
	for i, card := range c.cards {
		card.layer = before[i]
	}
	c.split()
	c.order()
	c.shape()
}

// halve divides the layer next to the host between both sides: of the units at each of the host's
// interfaces, the first ones stay on the right. Each interface is divided for itself, so that a
// card more or less at one of them moves no cards of the others; interfaces with one unit only are
// divided as a whole.
func (c *component) halve() {
	var shares [][]*unit
	var singles []*unit
	at := map[*row]int{}
	for _, u := range c.layer(1).units {
		i, ok := at[u.root]
		if !ok {
			i = len(shares)
			at[u.root] = i
			shares = append(shares, nil)
		}
		shares[i] = append(shares[i], u)
	}
	flip := map[int]bool{} // by index: cards to go to the left.
	divide := func(units []*unit) {
		for _, u := range units[cut(units):] {
			for _, card := range flatten([]*unit{u}, nil) {
				flip[card.index] = true
			}
		}
	}
	for _, units := range shares {
		if len(units) == 1 {
			singles = append(singles, units...)
		} else {
			divide(units)
		}
	}
	divide(singles)
	c.flip(flip)
}

// flip moves cards next to the host to its left, given by their index, with all that hangs on them.
func (c *component) flip(flip map[int]bool) {
	for _, l := range c.layers {
		for _, card := range l.cards {
			if l.number > 1 {
				flip[card.index] = card.innerFlipped(flip)
			}
		}
	}
	for _, card := range c.cards {
		if flip[card.index] {
			card.layer = -card.layer
		}
	}
}

// cut is the number of units that stay on the right: those with about half of the wires. The second half
// begins with a unit whose name happens to have a small hash, as lines do.
func cut(units []*unit) int {
	total := 0.0
	for _, u := range units {
		total += float64(u.wires())
	}
	best, at := math.MaxFloat64, 0
	kept := 0.0
	for i, u := range units {
		off := (2*kept - total) / skewPrice
		if cost := u.hash + off*off; cost < best {
			best, at = cost, i
		}
		kept += float64(u.wires())
	}
	return at
}

// skewPrice is how many wires one side may have more than the other for a hash that is smaller by 1.
const skewPrice = 2.5

// anchor is the root of the host's row that the first wire of a unit leads to; nil if none does.
func (u *unit) anchor() *row {
	for _, card := range flatten([]*unit{u}, nil) {
		for _, w := range card.wires {
			for _, e := range w.ends {
				if e.row.card.layer == 0 && e.row.card != card {
					r := e.row
					for r.parent != nil {
						r = r.parent
					}
					return r
				}
			}
		}
	}
	return nil
}

// wires is the number of wires that end at the unit.
func (u *unit) wires() int {
	n := 0
	for _, card := range flatten([]*unit{u}, nil) {
		n += max(1, len(card.wires))
	}
	return n
}

// innerFlipped tells whether what the card hangs on goes to the left.
func (c *card) innerFlipped(flip map[int]bool) bool {
	for _, n := range c.neighbours() {
		if n.layer < c.layer {
			return flip[n.index]
		}
	}
	return false
}
