package wiring

import (
	"math"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/layout"
)

// lay lays a component out: everything but its place in the drawing.
func (c *component) lay() {
	c.stratify()
	c.split()
	c.order()
	c.shape()
	if c.mirrorable() {
		c.mirror()
	}
	if c.foldable() {
		c.foldLayers()
	}
	c.build()
	c.widths()
	c.route()
	c.heights()
	if c.roomy() {
		c.build()
		c.widths()
		c.route()
		c.heights()
	}
	c.settle()
	c.abscissas()
	c.frames()
}

// widths makes the cards of a column equally wide, as far as they are alike.
func (c *component) widths() {
	for _, l := range c.layers {
		l.colW = make([]float64, l.columns)
		for _, s := range l.shelves {
			for _, card := range s.cards {
				l.colW[card.slot] = math.Max(l.colW[card.slot], card.w)
			}
		}
		widest := 0.0
		for _, w := range l.colW {
			widest = math.Max(widest, w)
		}
		for i, w := range l.colW { // a regular grid, where that costs little.
			if w > 0.88*widest {
				l.colW[i] = widest
			}
		}
		for _, s := range l.shelves {
			for _, card := range s.cards {
				if w := l.colW[card.slot]; card.w > 0.5*w {
					card.stretch(w)
				}
			}
		}
	}
}

// heights places shelves, from the host outwards: each one on the level of what it is wired to, as
// far as the room down to the end of the highest layer allows, and in order in any case.
func (c *component) heights() {
	total := 0.0
	for _, l := range c.layers {
		l.height = 0
		for i, s := range l.shelves {
			l.height += l.gap(i) + s.above + s.h + s.below
		}
		l.height += l.gap(len(l.shelves))
		total = math.Max(total, l.height)
	}
	zero := -c.layers[0].number
	c.placeLayer(c.layers[zero], 0, total)
	for i := zero + 1; i < len(c.layers); i++ {
		c.placeLayer(c.layers[i], -1, total)
	}
	for i := zero - 1; i >= 0; i-- {
		c.placeLayer(c.layers[i], 1, total)
	}
	c.h = 0
	for _, l := range c.layers {
		c.h = math.Max(c.h, l.height)
	}
}

// alignStep is how finely shelves of several cards are drawn to the height of their bridge, in pixels.
const alignStep = 48

// gap is the height of a zone.
func (l *layerOf) gap(i int) float64 {
	z := l.zones[i]
	lanes := len(z.passes)
	if i > 0 {
		lanes += l.lines()
	}
	outer := i == 0 || i == len(l.shelves)
	if lanes == 0 {
		if outer {
			return 0
		}
		return cardGap
	}
	h := float64(lanes-1)*zonePitch + zonePad
	if i > 0 && i < len(l.shelves) {
		h += zonePad
	}
	return math.Max(h, cardGap)
}

// lines is the number of lanes to leave room for below each shelf: the same for all, so that a card
// more or less in one shelf does not move others.
func (l *layerOf) lines() int {
	most := 0
	for _, z := range l.zones {
		most = max(most, z.lines)
	}
	return most
}

// placeLayer gives shelves and lanes of a layer their heights.
func (c *component) placeLayer(l *layerOf, towards int, total float64) {
	rest := l.height
	y := 0.0
	for i := 0; ; i++ {
		gap := l.gap(i)
		rest -= gap
		top := y
		y += gap
		if i < len(l.shelves) {
			s := l.shelves[i]
			if want, ok := s.wanted(towards); ok {
				want = math.Min(want-s.above, total-rest)
				if l.columns > 1 { // in steps, so that small changes at the host move nothing here.
					want = math.Floor(want/alignStep) * alignStep
				}
				y = math.Max(y, want)
			}
			l.level(i, top, y)
			s.y = y + s.above
			for _, card := range s.cards {
				card.y = s.y
			}
			y += s.above + s.h + s.below
			rest -= s.above + s.h + s.below
			continue
		}
		l.level(i, top, y)
		l.height = y
		return
	}
}

// level gives the lanes of a zone their heights: those of the shelf above it close below that, those
// that pass close above the next shelf.
func (l *layerOf) level(i int, top, bottom float64) {
	z := l.zones[i]
	if i > 0 {
		for _, side := range l.shelves[i-1].access {
			for _, a := range side {
				a.y = top + zonePad + float64(a.line)*zonePitch
				a.slack, a.moved = 3, 0
			}
		}
	}
	n := len(z.passes)
	for k, p := range z.passes {
		p.slack, p.moved = 3, 0
		if i == len(l.shelves) {
			p.y = bottom - float64(n-1-k)*zonePitch
		} else {
			p.y = bottom - zonePad - float64(n-1-k)*zonePitch
		}
	}
}

// wanted is the height of the shelf at which its wires towards the host are as straight as can be:
// the first one quite where there are few, all of them on average where there are many.
func (s *shelf) wanted(towards int) (float64, bool) {
	if towards == 0 {
		return 0, false
	}
	first, sum, n := math.MaxFloat64, 0.0, 0.0
	for _, card := range s.cards {
		for _, w := range card.wires {
			near, far := w.ends[0], w.ends[1]
			if near.row.card != card {
				near, far = far, near
			}
			if d := far.row.card.layer - card.layer; d*towards <= 0 || near.side == far.side {
				continue
			}
			y := near.leaving().y
			if card.mini(near.side) != nil {
				y = s.h + s.below + zonePad
			}
			y = far.leaving().at() - y
			first = math.Min(first, y)
			sum, n = sum+y, n+1
		}
	}
	switch {
	case n == 0:
		return 0, false
	case n <= 3:
		return first, true
	}
	return math.Floor(sum / n), true
}

// settle gives the wires in all channels their lanes.
func (c *component) settle() {
	var all []*channel
	all = append(all, c.channels...)
	for _, l := range c.layers {
		for _, s := range l.shelves {
			all = append(all, s.minis...)
		}
	}
	// Lanes across a layer are in two channels: what was moved for one may clash in the other.
	for range 2 {
		for _, ch := range all {
			ch.settle()
		}
	}
}

// abscissas places channels, layers and cards from left to right.
func (c *component) abscissas() {
	x := 0.0
	for i, l := range c.layers {
		c.channels[i].x = x
		x += c.channels[i].used(i == 0)
		l.x = x
		l.minis = make([]float64, l.columns)
		for _, s := range l.shelves {
			for k, m := range s.minis {
				l.minis[k+s.offset] = math.Max(l.minis[k+s.offset], m.width)
			}
		}
		for k := range l.colW {
			for _, s := range l.shelves {
				i := k - s.offset
				if i >= 0 && i < len(s.cards) {
					s.cards[i].x = x
					if l.number < 0 { // towards the host.
						s.cards[i].x += l.colW[k] - s.cards[i].w
					}
				}
				if i >= 0 && i < len(s.minis) {
					s.minis[i].x = x + l.colW[k]
					s.minis[i].width = l.minis[k]
				}
			}
			x += l.colW[k]
			if k+1 < len(l.colW) {
				x += l.minis[k]
			}
		}
		l.w = x - l.x
	}
	last := c.channels[len(c.channels)-1]
	last.x = x
	c.w = x + last.used(true)
}

// used is the width that a channel takes; at the rim of a component it needs none if it is empty.
func (ch *channel) used(rim bool) float64 {
	if rim {
		if ch.lanes == 0 {
			ch.width = 0
		} else {
			ch.width -= channelPlain
		}
	}
	return ch.width
}

// frames finds the rectangles of groups.
func (c *component) frames() {
	c.groups = map[*graph.Group]layout.Rect{}
	for _, card := range c.cards {
		level := 0.0
		for g := card.group; g != nil; g = g.Parent {
			level++
			r := layout.Rect{
				X: card.x - level*layout.GroupPad, Y: card.y - level*layout.GroupHeader,
				W: card.w + 2*level*layout.GroupPad, H: card.h + level*(layout.GroupHeader+layout.GroupPad),
			}
			if old, ok := c.groups[g]; ok {
				r = unite(old, r)
			}
			c.groups[g] = r
		}
	}
}

func unite(a, b layout.Rect) layout.Rect {
	x, y := math.Min(a.X, b.X), math.Min(a.Y, b.Y)
	return layout.Rect{
		X: x, Y: y,
		W: math.Max(a.X+a.W, b.X+b.W) - x,
		H: math.Max(a.Y+a.H, b.Y+b.H) - y,
	}
}
