package wiring

import (
	"math"
	"slices"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/layout"
)

// Distances between cards, in pixels.
const (
	cardGap      = 20 // between cards, up and down, without wires in between.
	channelPlain = 14 // from a card's edge to the nearest lane.
	channelMin   = 40 // between layers.
	miniMin      = 26 // between columns of a layer.
	zonePad      = 14 // from a card or group to the nearest lane above or below it.
	zonePitch    = 10
)

// shelf is a line of cards in a layer.
type shelf struct {
	layer  *layerOf
	index  int
	cards  []*card // from the left.
	offset int     // slot of the first card.
	above  float64 // room for the headers of groups that begin here.
	below  float64 // room for the frames of groups that end here.
	inner  bool    // the zone below it is inside of a group.
	y, h   float64 // of its cards.
	minis  []*channel
	access [2][]*access // lanes below, by the side that they lead to.
}

// access is a lane in the zone below a shelf that leads to a card which has other cards between it
// and the channel where its wire comes from.
type access struct {
	level
	end  *end
	line int
}

// zone is the strip between two shelves, with the lanes of the shelf above it and of wires that
// pass the layer.
type zone struct {
	lines  int // lanes of the shelf above.
	passes []*pass
}

// pass is a wire's lane across a layer.
type pass struct {
	level
	key float64
}

// fill puts the cards of a layer into shelves of so many columns. A group that fits stays in one
// shelf; a larger one has shelves of its own.
func (c *component) fill(l *layerOf, columns int) []*shelf {
	var shelves []*shelf
	open := func(units []*unit, depth int) *shelf {
		s := &shelf{layer: l, index: len(shelves)}
		for _, u := range units {
			s.cards = flatten([]*unit{u}, s.cards)
			if d := float64(depth + u.depth()); d > 0 && u.group != nil {
				s.above = math.Max(s.above, d*layout.GroupHeader)
				s.below = math.Max(s.below, d*layout.GroupPad)
			}
		}
		for _, card := range s.cards {
			s.h = math.Max(s.h, card.h)
		}
		shelves = append(shelves, s)
		return s
	}
	var put func(units []*unit, depth int)
	put = func(units []*unit, depth int) {
		for len(units) > 0 {
			n := 0
			for n < len(units) && units[n].size <= columns && units[n].band == units[0].band {
				n++
			}
			for _, line := range intoLines(units[:n], columns) {
				open(line, depth)
			}
			if units = units[n:]; n > 0 {
				continue
			}
			first := len(shelves)
			put(units[0].units, depth+1)
			shelves[first].above = math.Max(shelves[first].above, float64(depth+1)*layout.GroupHeader)
			last := len(shelves) - 1
			shelves[last].below = math.Max(shelves[last].below, float64(depth+1)*layout.GroupPad)
			for i := first; i < last; i++ {
				shelves[i].inner = true
			}
			units = units[1:]
		}
	}
	put(l.units, 0)
	if l.number < 0 { // the first card is the one that is nearest to the host.
		for _, s := range shelves {
			s.offset = columns - len(s.cards)
			slices.Reverse(s.cards)
		}
	}
	return shelves
}

// depth is how many groups are nested in a unit.
func (u *unit) depth() int {
	d := 0
	for _, v := range u.units {
		d = max(d, v.depth())
	}
	if u.group != nil {
		d++
	}
	return d
}

// estimate is the size that a layer would have with its cards in so many columns, before routing. For
// many cards it is a smooth function of their number and mean size, so that the choice that follows
// from it does not change with every card more or less.
func (c *component) estimate(l *layerOf, columns int) (w, h float64) {
	const many = 3
	if len(l.cards) > many {
		n := float64(len(l.cards))
		sum, tallest, widest, wires := 0.0, 0.0, 0.0, 0
		for _, card := range l.cards {
			sum += card.h
			tallest, widest = math.Max(tallest, card.h), math.Max(widest, card.w)
			wires += len(card.wires)
		}
		if c.nesting > 0 {
			sum += n * (layout.GroupHeader + layout.GroupPad)
		}
		full := float64(columns)
		lines := 0.0
		for _, u := range l.units {
			switch size := float64(u.size); {
			case u.size > columns:
				lines += math.Ceil(size / full)
			case u.size > 1:
				lines += 1 / math.Floor(full/size)
			default:
				lines += 1 / (1 + (full-1)*0.84)
			}
		}
		for i, run := 0, 0; i < len(l.units); i++ { // the last line of each bridge is half empty.
			if run++; i+1 == len(l.units) || l.units[i+1].root != l.units[i].root {
				lines += 0.4 * (1 - 1/full) * math.Max(0, math.Min(1, float64(run)/full-0.5))
				run = 0
			}
		}
		pitch := sum/n + cardGap
		if columns > 1 {
			pitch += (tallest-sum/n)*0.3 + math.Max(0, (full-1)*float64(wires)/n-1)*zonePitch
		}
		return full * (widest + c.mini()), lines * pitch
	}
	colW := make([]float64, columns)
	lines := 0
	for _, s := range c.fill(l, columns) {
		lanes := 0
		for i, card := range s.cards {
			i += s.offset
			colW[i] = math.Max(colW[i], card.w)
			if l.number >= 0 && i > 0 || l.number < 0 && i < columns-1 {
				lanes += len(card.wires)
			}
		}
		h += s.above + s.h + s.below + cardGap
		lines = max(lines, lanes)
	}
	h += float64(len(l.shelves)*max(0, lines-1)) * zonePitch
	for _, x := range colW {
		if x > 0 {
			w += x + c.mini()
		}
	}
	return w, h
}

// mini is the least width of a channel between two columns of a layer, with a lane in it.
func (c *component) mini() float64 { return math.Max(miniMin, 2*c.margin()) + 4 }

// margin is what channels keep free at their edges: frames of groups stand there.
func (c *component) margin() float64 {
	if c.nesting == 0 {
		return channelPlain
	}
	return float64(c.nesting)*layout.GroupPad + 10
}

// inDoubt is the share of the cost with fewer columns that more of them must stay below: what is about as
// good is not worth the risk that every change tips the balance.
const inDoubt = 0.94

// shape chooses the number of columns of each layer so that the whole gets a pleasant format.
func (c *component) shape() {
	type size struct{ w, h float64 }
	table := make([][]size, len(c.layers)) // of a layer, by number of columns.
	scale := c.growth()
	widest := 1
	for i, l := range c.layers {
		n := min(len(l.cards), maxColumns)
		if l.number == 0 && len(c.layers) > 1 && !c.wide(l) {
			n = 1
		}
		for columns := 1; columns <= max(1, n); columns++ {
			w, h := c.estimate(l, columns)
			table[i] = append(table[i], size{w, h * scale})
		}
		widest = max(widest, len(table[i]))
	}
	rows := c.hostRows() * scale
	c.cost = math.MaxFloat64
	for most := 1; most <= widest; most = coarser(most) {
		limit := 0.0 // height that all layers have to stay below: the one of the highest.
		for i := range table {
			limit = math.Max(limit, table[i][min(most, len(table[i]))-1].h)
		}
		w := 0.0
		columns := make([]int, len(c.layers))
		for i := range table {
			k := 0
			for k+1 < min(most, len(table[i])) && table[i][k].h > limit {
				k++
			}
			columns[i] = k + 1
			w += table[i][k].w + channelMin + c.steps(c.layers[i], table[i][k].h-rows)
		}
		doubt := inDoubt
		if c.about[0] < narrower*c.about[1] { // then more columns are welcome.
			doubt = 1
		}
		if cost := w * limit * misfit(w, limit); cost < c.cost*doubt {
			c.cost, c.about = cost, [2]float64{w, limit}
			for i, l := range c.layers {
				l.columns = columns[i]
			}
		}
	}
}

// growth is how much higher layers would be with as many cards as there are in this class at most.
func (c *component) growth() float64 {
	n := 0
	for _, card := range c.cards {
		if card.layer != 0 && !card.free() {
			n++
		}
	}
	if n == 0 {
		return 1
	}
	return float64(mostOf(n)) / float64(n)
}

// size is about what the component takes with so many columns in its layers.
func (c *component) size(columns []int) (w, h float64) {
	scale := c.growth()
	rows := c.hostRows() * scale
	for i, l := range c.layers {
		lw, lh := c.estimate(l, columns[i])
		w += lw + channelMin + c.steps(l, lh*scale-rows)
		h = math.Max(h, lh*scale)
	}
	return w, h
}

// hostRows is the height of a host's interfaces, 0 where there is no single host.
func (c *component) hostRows() float64 {
	zero := c.layer(0)
	if len(zero.cards) != 1 {
		return 0
	}
	h := 0.0
	for _, r := range zero.cards[0].rows {
		if !zero.cards[0].full(r) {
			h = math.Max(h, r.y+r.h)
		}
	}
	return h
}

// steps is about the width that wires take beside the host, where they lead to a layer that is higher
// than its interfaces by so much: wire after wire has to get down a little, and each one needs a lane
// of its own beside the one before. Bridges with many ports can be spread instead.
func (c *component) steps(l *layerOf, excess float64) float64 {
	if excess <= 0 || l.number != 1 && l.number != -1 || c.hostRows() == 0 {
		return 0
	}
	wires := 0.0
	for _, card := range l.cards {
		for _, w := range card.wires {
			for _, e := range w.ends {
				if r := e.row; r.card.layer == 0 && (r.parent == nil || len(r.parent.children) < roomKids) && w.edge.Kind != graph.Forward {
					wires++
				}
			}
		}
	}
	return math.Min(0.8*excess, wires*lanePitchTight)
}

// wide tells whether no card of the layer is high enough to be better off alone.
func (c *component) wide(l *layerOf) bool {
	for _, card := range l.cards {
		if card.h > 400 {
			return false
		}
	}
	return true
}

// maxColumns is the largest number of cards side by side in a layer.
const maxColumns = 24

// narrower is the format, width by height, below which drawings are too narrow.
const narrower = 0.75

// misfit is the price of a format: 1 where it is pleasant, more the further away it is. It grows
// slowly where a drawing is too narrow, because empty room is no remedy for a bad format, and faster where
// it is too wide: pages and screens have no room for that.
func misfit(w, h float64) float64 {
	const widest, narrowest = 1.8, 1.35
	cost, r := 1.0, w/h
	if r > widest {
		cost *= math.Pow(r/widest, 1.6)
	}
	if r < narrowest {
		cost *= math.Pow(narrowest/r, 0.3)
	}
	if r < narrower {
		cost *= math.Pow(narrower/r, 0.4)
	}
	return cost
}

// build makes the shelves of all layers.
func (c *component) build() {
	for _, l := range c.layers {
		l.shelves = c.fill(l, l.columns)
		l.zones = []*zone{{}}
		for _, s := range l.shelves {
			l.zones = append(l.zones, &zone{})
			for slot, card := range s.cards {
				card.shelf, card.slot = s, slot+s.offset
				if slot > 0 {
					s.minis = append(s.minis, c.newChannel(miniMin))
				}
			}
		}
	}
	c.channels = nil
	for range len(c.layers) + 1 {
		c.channels = append(c.channels, c.newChannel(0))
	}
	for i := 1; i < len(c.layers); i++ {
		c.channels[i].minimum = channelMin
	}
}

func (c *component) newChannel(minimum float64) *channel {
	m := c.margin()
	return &channel{margin: [2]float64{m, m}, minimum: minimum}
}
