package wiring

import (
	"math"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/layout"
)

// lay lays a component out: everything but its place in the drawing.
func (c *component) lay() {
	c.survey()
	c.stratify()
	c.reshape()
	if c.knows() && !c.recall() {
		c.forget()
		c.restart()
		c.reshape()
	}
	c.build()
	c.orderForwards()
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

// reshape orders the cards, and chooses the layers and the numbers of their columns.
func (c *component) reshape() {
	c.split()
	c.order()
	c.shape()
	if c.mirrorable() {
		c.mirror()
	}
	if c.foldable() {
		c.foldLayers()
	}
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

// heights places shelves, band by band, in each band from the host outwards: each shelf on the level of
// what it is wired to, as far as the room down to the end of the highest layer allows, and in order in
// any case.
func (c *component) heights() {
	zero := -c.layers[0].number
	start := 0.0
	c.spread = make([]span, c.bands)
	for band := range c.bands {
		total, room := 0.0, 0.0
		for _, l := range c.layers {
			first, last := l.band(band)
			total = math.Max(total, l.content(first, last))
			if band > 0 && first < len(l.shelves) {
				room = math.Max(room, l.before(first)+cardGap)
			}
		}
		depth := 0.0
		for _, card := range c.cards {
			if card.band == band {
				depth = math.Max(depth, float64(c.spanDepth(card)))
			}
		}
		start += room + depth*layout.GroupHeader
		c.spread[band].from = start
		total += start
		end := c.placeBand(c.layers[zero], band, 0, start, total)
		for i := zero + 1; i < len(c.layers); i++ {
			end = math.Max(end, c.placeBand(c.layers[i], band, -1, start, total))
		}
		for i := zero - 1; i >= 0; i-- {
			end = math.Max(end, c.placeBand(c.layers[i], band, 1, start, total))
		}
		c.spread[band].to = end
		start = end + depth*layout.GroupPad
	}
	c.h = start
	for _, l := range c.layers {
		if len(l.shelves) == 0 { // nothing but lanes.
			l.level(0, 0, start)
		}
	}
}

// band is the range of shelves of a layer that belong to a band.
func (l *layerOf) band(number int) (first, last int) {
	for first < len(l.shelves) && l.shelves[first].cards[0].band < number {
		first++
	}
	last = first
	for last < len(l.shelves) && l.shelves[last].cards[0].band == number {
		last++
	}
	return first, last
}

// content is the height that a range of shelves takes with its lanes.
func (l *layerOf) content(first, last int) float64 {
	if first == last {
		return 0
	}
	h := l.after(last)
	if first == 0 {
		h += l.before(first)
	}
	for i := first; i < last; i++ {
		if i > first {
			h += l.gap(i)
		}
		h += l.shelves[i].above + l.shelves[i].h + l.shelves[i].below
	}
	return h
}

// alignStep is how finely shelves of several cards are drawn to the height of their bridge, in pixels.
const alignStep = 48

// gap is the height of a zone between two shelves of a band.
func (l *layerOf) gap(i int) float64 {
	lanes := l.lines() + len(l.zones[i].passes)
	if lanes == 0 {
		return cardGap
	}
	return math.Max(2*zonePad+float64(lanes-1)*zonePitch, cardGap)
}

// before is the height of the part of a zone that is above the first shelf of a band.
func (l *layerOf) before(i int) float64 {
	return lanesHeight(len(l.zones[i].passes))
}

// after is the height of the part of a zone that is below the last shelf of a band.
func (l *layerOf) after(i int) float64 {
	lanes := l.lines()
	if i == len(l.shelves) {
		lanes += len(l.zones[i].passes)
	}
	return lanesHeight(lanes)
}

func lanesHeight(lanes int) float64 {
	if lanes == 0 {
		return 0
	}
	return zonePad + float64(lanes-1)*zonePitch
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

// placeBand gives the shelves of a layer in a band and their lanes heights, from start on, and
// returns where they end. total is where the highest layer ends at least.
func (c *component) placeBand(l *layerOf, band, towards int, start, total float64) float64 {
	first, last := l.band(band)
	if first == last {
		return start
	}
	rest := l.content(first, last)
	y := start
	for i := first; i < last; i++ {
		gap := l.gap(i)
		switch {
		case i == 0:
			gap = l.before(i)
			rest -= gap
		case i == first: // there is room for the lanes above, between the bands.
			gap = 0
		default:
			rest -= gap
		}
		top := y
		y += gap
		s := l.shelves[i]
		if want, ok := c.formerY(s); ok && towards != 0 {
			if want -= s.above; want <= start+spareHeight*(total-start)-rest {
				y = math.Max(y, want)
			}
		} else if want, ok := s.wanted(towards); ok {
			want = math.Min(want-s.above, total-rest)
			if l.columns > 1 { // in steps, so that small changes at the host move nothing here.
				want = math.Floor(want/alignStep) * alignStep
			}
			y = math.Max(y, want)
		}
		if i == first && i > 0 {
			p := l.shelves[i-1]
			top = p.y + p.h + p.below
		}
		l.level(i, top, y)
		s.y = y + s.above
		for _, card := range s.cards {
			card.y = s.y
		}
		y += s.above + s.h + s.below
		rest -= s.above + s.h + s.below
	}
	end := y + l.after(last)
	if last == len(l.shelves) {
		l.level(last, y, end)
	}
	l.height = end
	return end
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
	for _, ch := range all {
		ch.straighten()
	}
	// Lanes across a layer are in two channels: what was moved for one may clash in the other.
	moved := true
	for round := 0; moved && round < 3; round++ {
		moved = false
		for _, ch := range all {
			if ch.settle() {
				moved = true
			}
		}
	}
}

// abscissas places channels, layers and cards from left to right.
func (c *component) abscissas() {
	x := 0.0
	var keep keeper
	for i, l := range c.layers {
		c.channels[i].x = x
		if i == 0 { // the rim is on its left.
			c.channels[0].margin[left] -= channelPlain
		}
		x += c.channels[i].used(i == 0)
		x += keep.fit(l, c.channels[i], x)
		l.x = x
		l.minis = make([]float64, l.columns)
		for _, s := range l.shelves {
			for k, m := range s.minis {
				l.minis[k+s.offset] = math.Max(l.minis[k+s.offset], m.width)
			}
		}
		for k := range l.colW {
			if k+1 < len(l.colW) {
				l.minis[k] += keep.extra(l, k+1, x+l.colW[k]+l.minis[k])
			}
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

// span is a stretch of height.
type span struct{ from, to float64 }

// frames finds the rectangles of groups. Those around hosts hold all lanes of their band too.
func (c *component) frames() {
	c.groups = map[*graph.Group]layout.Rect{}
	for _, card := range c.cards {
		level, outer := 0.0, 0.0
		for g := card.group; g != nil; g = g.Parent {
			level++
			top, bottom := card.y-level*layout.GroupHeader, card.y+card.h+level*layout.GroupPad
			if c.spans[g] {
				outer++
				band := c.spread[card.band]
				top, bottom = band.from-outer*layout.GroupHeader, band.to+outer*layout.GroupPad
			}
			r := layout.Rect{X: card.x - level*layout.GroupPad, Y: top, W: card.w + 2*level*layout.GroupPad, H: bottom - top}
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
