package wiring

import (
	"cmp"
	"math"
	"slices"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/layout"
)

// An earlier picture is remembered as where its cards were. What follows from it are the sides of the
// host, the order of cards and their lines, and, where there is room, their places. Everything else
// is done as without it; where there is too little to go by, or where it would make a bad picture now,
// nothing of it is used.

// recallsUpTo is how much worse than the best shape a remembered one may be.
const recallsUpTo = 1.6

// worstFormat is the format up to which a remembered shape is taken in any case, long by short side.
const worstFormat = 2.4

// spareHeight is how much higher than necessary a layer may stay for the sake of cards that were there.
const spareHeight = 1.2

// spareWidth is how much wider than necessary the room between columns may stay, in pixels.
const spareWidth = 120

// remember takes over where cards were, by their IDs.
func (m *model) remember(boxes map[string]layout.Rect) {
	for _, card := range m.cards {
		if r, ok := boxes[card.id()]; ok {
			card.was = &r
		}
	}
}

// knows tells whether enough of an earlier picture is known: half of the cards, and one of those that
// places are relative to.
func (c *component) knows() bool {
	known, all := 0, 0
	for _, card := range c.cards {
		if card.free() {
			continue
		}
		all++
		if card.was != nil {
			known++
			if card.home == 0 && c.fixed == nil {
				c.fixed = card
			}
		}
	}
	if c.fixed == nil || 2*known < all {
		c.forget()
	}
	return c.fixed != nil
}

// recall shapes the component as it was in an earlier picture. It tells whether that is about as good as the
// shape that it had, which is lost.
func (c *component) recall() bool {
	if c.foldable() || slices.ContainsFunc(c.cards, func(card *card) bool { return card.fold > 0 }) {
		return false
	}
	limit, worst := recallsUpTo*c.cost, math.Max(worstFormat, formatOf(c.about[0], c.about[1]))
	c.restart()
	c.split()
	c.order()
	c.shape()
	if c.takeSides() {
		c.split()
		c.order()
		c.shape()
	}
	if c.loose() { // its shape depends on where it goes (pack.go).
		return true
	}
	columns := make([]int, len(c.layers))
	high := 0.0
	for i, l := range c.layers {
		columns[i] = l.formerColumns()
		high = math.Max(high, l.formerHeight())
	}
	w, h := c.size(columns)
	if h = math.Max(h, high); w*h*misfit(w, h) > limit || formatOf(w, h) > worst {
		return false
	}
	for i, l := range c.layers {
		l.columns = columns[i]
		l.set(l.asBefore(l.units))
	}
	c.arrangeAll()
	return true
}

// restart brings all cards back to the layers that they have by how they are wired.
func (c *component) restart() {
	for _, card := range c.cards {
		card.layer, card.fold = card.home, 0
	}
}

// formatOf is the long by the short side.
func formatOf(w, h float64) float64 { return math.Max(w/h, h/w) }

// loose tells whether nothing in the component hangs together.
func (c *component) loose() bool { return len(c.wires) == 0 && c.nesting == 0 && len(c.layers) == 1 }

// forget lets the component be as if there were no earlier picture.
func (c *component) forget() {
	c.fixed = nil
	for _, card := range c.cards {
		card.was = nil
	}
}

// takeSides moves cards to the left of the host that were there, with all that hangs on them, and tells
// whether there are any. New ones go to the side with more room in lines of cards of the same interface.
func (c *component) takeSides() bool {
	last := c.layers[len(c.layers)-1].number
	if last < 1 || c.bands > 1 {
		return false
	}
	middle := c.fixed.was.X + c.fixed.was.W/2
	var sides [2][]*unit
	var fresh []*unit
	for _, u := range c.layer(1).units {
		lefts, rights := 0, 0
		for _, card := range flatten([]*unit{u}, nil) {
			switch {
			case card.was == nil:
			case card.was.X+card.was.W/2 < middle:
				lefts++
			default:
				rights++
			}
		}
		switch {
		case lefts+rights == 0:
			fresh = append(fresh, u)
		case lefts > rights:
			sides[left] = append(sides[left], u)
		default:
			sides[right] = append(sides[right], u)
		}
	}
	if len(sides[left]) == 0 {
		return false
	}
	var room [2]map[*row]int
	for s := range sides {
		room[s] = roomIn(sides[s])
	}
	for _, u := range fresh {
		s := right
		if room[left][u.root] > room[right][u.root] {
			s = left
		}
		room[s][u.root] -= u.size
		sides[s] = append(sides[s], u)
	}
	flip := map[int]bool{}
	for _, card := range flatten(sides[left], nil) {
		flip[card.index] = true
	}
	c.flip(flip)
	return true
}

// roomIn is the number of places that are free at the ends of lines, by the interface that all cards of the
// line hang on.
func roomIn(units []*unit) map[*row]int {
	lines := formerLines((&layerOf{}).former(units))
	columns := 0
	for _, line := range lines {
		columns = max(columns, len(line))
	}
	room := map[*row]int{}
	for _, line := range lines {
		root := line[0].unit.root
		if !slices.ContainsFunc(line, func(p place) bool { return p.unit.root != root }) {
			room[root] += columns - len(line)
		}
	}
	return room
}

// formerColumns is how many cards of the layer stood side by side; as many as were chosen now if none of
// them is known.
func (l *layerOf) formerColumns() int {
	most := 0
	for _, line := range l.formerShelves() {
		most = max(most, len(line))
	}
	if most == 0 {
		return l.columns
	}
	return min(most, maxColumns)
}

// formerHeight is what the lines take that cards stood in.
func (l *layerOf) formerHeight() float64 {
	sum := 0.0
	for _, line := range l.formerShelves() {
		h := 0.0
		for _, p := range line {
			h = math.Max(h, p.unit.card.h)
		}
		sum += h + cardGap
	}
	return sum
}

// formerShelves are the lines that single cards stood in.
func (l *layerOf) formerShelves() [][]place {
	cards := make([]*unit, 0, len(l.cards))
	for _, card := range l.cards {
		cards = append(cards, &unit{card: card, band: card.band})
	}
	return formerLines(l.former(cards))
}

// formerlyBeside tells whether all cards of the component were to the right of all others.
func (c *component) formerlyBeside(rest []*component) bool {
	edge := math.Inf(-1)
	for _, other := range rest {
		for _, card := range other.cards {
			if card.was != nil {
				edge = math.Max(edge, card.was.X+card.was.W)
			}
		}
	}
	for _, card := range c.cards {
		if card.was != nil && card.was.X < edge {
			return false
		}
	}
	return !math.IsInf(edge, -1)
}

// place is where the first card of a unit was.
type place struct {
	unit *unit
	y, x float64 // x grows away from the host.
}

// former lists the units that were in the earlier picture, in the order that they had there.
func (l *layerOf) former(units []*unit) []place {
	var out []place
	for _, u := range units {
		p := place{u, math.Inf(1), math.Inf(1)}
		for _, card := range flatten([]*unit{u}, nil) {
			if card.was == nil {
				continue
			}
			x, y := card.was.X, card.was.Y
			if l.number < 0 {
				x = -x - card.was.W
			}
			if y < p.y || y == p.y && x < p.x {
				p.y, p.x = y, x
			}
		}
		if !math.IsInf(p.y, 1) {
			out = append(out, p)
		}
	}
	slices.SortStableFunc(out, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.unit.band, b.unit.band), cmp.Compare(a.y, b.y), cmp.Compare(a.x, b.x))
	})
	return out
}

// formerLines divides units that are in order into the lines that they stood in.
func formerLines(places []place) [][]place {
	var lines [][]place
	for i, p := range places {
		if i > 0 && p.y-places[i-1].y < 1 && p.unit.band == places[i-1].unit.band {
			lines[len(lines)-1] = append(lines[len(lines)-1], p)
		} else {
			lines = append(lines, []place{p})
		}
	}
	return lines
}

// asBefore sorts units as they were, and gives them the lines that they were in. New ones go to the
// end of a line with room that has cards of the same interface, or else to a line of their own after
// these.
func (l *layerOf) asBefore(units []*unit) []*unit {
	var lines [][]*unit
	known := map[*unit]bool{}
	for _, former := range formerLines(l.former(units)) {
		size := 0
		for i, p := range former {
			known[p.unit] = true
			if size += p.unit.size; i == 0 || size > l.columns {
				size = p.unit.size
				lines = append(lines, nil)
			}
			lines[len(lines)-1] = append(lines[len(lines)-1], p.unit)
		}
	}
	for _, u := range units {
		if !known[u] {
			lines = l.insert(lines, u)
		}
	}
	out := units[:0]
	for i, line := range lines {
		for _, u := range line {
			u.line = i + 1
			out = append(out, u)
		}
	}
	for _, u := range out {
		if u.card == nil {
			u.units = l.asBefore(u.units)
		}
	}
	return out
}

// insert adds a new unit to lines.
func (l *layerOf) insert(lines [][]*unit, u *unit) [][]*unit {
	alike := func(v *unit) bool { return v.band == u.band && v.hook() == u.hook() }
	after := -1
	for i, line := range lines {
		if line[0].band <= u.band {
			after = i
		}
	}
	for i := len(lines) - 1; i >= 0; i-- {
		if slices.ContainsFunc(lines[i], alike) {
			after = i
			break
		}
	}
	for i := len(lines) - 1; i >= 0; i-- {
		size := u.size
		for _, v := range lines[i] {
			size += v.size
		}
		if size <= l.columns && !slices.ContainsFunc(lines[i], func(v *unit) bool { return !alike(v) }) {
			lines[i] = append(lines[i], u)
			return lines
		}
	}
	return slices.Insert(lines, after+1, []*unit{u})
}

// hook is the interface, or the root that it stands beside, that the first wire of a unit towards the host
// leads to; nil if there is none.
func (u *unit) hook() *row {
	for _, card := range flatten([]*unit{u}, nil) {
		for _, w := range card.wires {
			for _, e := range w.ends {
				if r := e.row; abs(r.card.layer) < abs(card.layer) && w.edge.Kind != graph.Forward {
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

// formerY is the height at which a shelf was, if that is known and if there are few cards. Where there are
// many, their wires must be straight, or else they would need a lot of lanes.
func (c *component) formerY(s *shelf) (float64, bool) {
	if c.fixed == nil || c.bands > 1 || len(s.layer.cards) > manyLanes {
		return 0, false
	}
	y := math.Inf(1)
	for _, card := range s.cards {
		if card.was != nil {
			y = math.Min(y, card.was.Y)
		}
	}
	return c.fixed.y + y - c.fixed.was.Y, !math.IsInf(y, 1)
}

// formerX is the abscissa at which a column of cards was, if that is known.
func (l *layerOf) formerX(column int) (float64, bool) {
	for _, s := range l.shelves {
		i := column - s.offset
		if i < 0 || i >= len(s.cards) || s.cards[i].was == nil {
			continue
		}
		card := s.cards[i]
		if l.number < 0 {
			return card.was.X + card.was.W - l.colW[column], true
		}
		return card.was.X, true
	}
	return 0, false
}

// keeper keeps columns where they were, relative to the first one that is known.
type keeper struct {
	known bool
	moved float64 // from where it was, of the first one.
}

// extra is the room to leave before a column that would be at x.
func (k *keeper) extra(l *layerOf, column int, x float64) float64 {
	was, ok := l.formerX(column)
	if !ok {
		return 0
	}
	if !k.known {
		k.known, k.moved = true, x-was
	}
	if extra := was + k.moved - x; extra > 0 && extra <= spareWidth {
		return extra
	}
	return 0
}

// fit makes the channel before a layer as wide as it was, as far as possible, and tells by how much the
// layer moves by that; it would be at x.
func (k *keeper) fit(l *layerOf, ch *channel, x float64) float64 {
	before := ch.width
	if more := k.extra(l, 0, x); more > 0 {
		ch.width += more
	} else if was, ok := l.formerX(0); ok {
		if less := x - was - k.moved; less > 0 {
			ch.squeeze(ch.width - less)
		}
	}
	return ch.width - before
}
