package wiring

import (
	"hash/fnv"
	"math"
	"sort"

	"github.com/hostwire/hostwire/graph"
)

// unit is what stays together in a layer: a card, or a group of units.
type unit struct {
	card  *card        // nil for a group.
	group *graph.Group // nil for a card.
	units []*unit
	key   float64
	size  int     // cards in it.
	index int     // of its first card: stable.
	band  int     // of its cards.
	hash  float64 // of its name, from 0 to 1.
	line  int     // that it was in, from 1; 0 if lines are to be broken.
	root  *row    // of the host's rows that it hangs on.
}

// units nests cards, given in order, into their groups.
func (c *component) units(cards []*card) []*unit {
	root := &unit{}
	of := map[*graph.Group]*unit{}
	var holder func(g *graph.Group) *unit
	holder = func(g *graph.Group) *unit {
		if g == nil || c.spanning(g) {
			return root
		}
		if u := of[g]; u != nil {
			return u
		}
		u := &unit{group: g, index: math.MaxInt, hash: hash(g.ID)}
		of[g] = u
		outer := holder(g.Parent)
		outer.units = append(outer.units, u)
		return u
	}
	for _, card := range cards {
		in := holder(card.group)
		in.units = append(in.units, &unit{card: card, size: 1, index: card.index, band: card.band, hash: hash(card.id())})
	}
	root.sum()
	for _, u := range root.units {
		u.root = u.anchor()
	}
	sort.SliceStable(root.units, func(i, j int) bool { return root.units[i].band < root.units[j].band })
	return root.units
}

func (u *unit) sum() {
	if u.card != nil {
		return
	}
	u.size, u.index = 0, math.MaxInt
	for _, v := range u.units {
		v.sum()
		u.size += v.size
		u.index = min(u.index, v.index)
	}
	if len(u.units) > 0 {
		u.band = u.units[0].band
	}
}

// hash is a number from 0 to 1 that depends on nothing but a stable ID.
func hash(id string) float64 {
	f := fnv.New32a()
	f.Write([]byte(id))
	h := f.Sum32()
	h ^= h >> 16 // names that differ in the last digit only must be far apart.
	h *= 0x85ebca6b
	h ^= h >> 13
	h *= 0xc2b2ae35
	h ^= h >> 16
	return float64(h) / (1 << 32)
}

// id is the card's stable ID.
func (c *card) id() string {
	if c.cluster != nil {
		return c.cluster.ID
	}
	return c.rows[0].node.ID
}

// flatten lists the cards of units in order.
func flatten(units []*unit, out []*card) []*card {
	for _, u := range units {
		if u.card != nil {
			out = append(out, u.card)
		} else {
			out = flatten(u.units, out)
		}
	}
	return out
}

// sortUnits orders units by the keys of their cards; a group goes by the mean of what has a key.
func sortUnits(units []*unit, key func(*card) (float64, bool)) {
	var rate func(u *unit) (sum, n float64)
	rate = func(u *unit) (sum, n float64) {
		if u.card != nil {
			if k, ok := key(u.card); ok {
				sum, n = k, 1
			}
		}
		for _, v := range u.units {
			s, m := rate(v)
			sum, n = sum+s, n+m
		}
		u.key = math.MaxFloat64
		if n > 0 {
			u.key = sum / n
		}
		sort.SliceStable(u.units, func(i, j int) bool { return u.units[i].before(u.units[j]) })
		return sum, n
	}
	for _, u := range units {
		rate(u)
	}
	sort.SliceStable(units, func(i, j int) bool { return units[i].before(units[j]) })
	for _, u := range units {
		u.sum()
	}
}

func (u *unit) before(v *unit) bool {
	if u.band != v.band {
		return u.band < v.band
	}
	if u.key != v.key {
		return u.key < v.key
	}
	return u.index < v.index
}

// split puts the cards into their layers, in the order of the graph, but with those last that ports are
// forwarded to: there they are near these ports, and their trunks cross the fewest wires of others.
func (c *component) split() {
	lo, hi := 0, 0
	for _, card := range c.cards {
		lo, hi = min(lo, card.layer), max(hi, card.layer)
	}
	c.layers = nil
	for n := lo; n <= hi; n++ {
		c.layers = append(c.layers, &layerOf{number: n, columns: 1})
	}
	for _, card := range c.cards {
		l := c.layer(card.layer)
		l.cards = append(l.cards, card)
	}
	for _, l := range c.layers {
		sort.SliceStable(l.cards, func(i, j int) bool { return !l.cards[i].served && l.cards[j].served })
		l.set(c.units(l.cards))
	}
	for _, w := range c.wires {
		if !w.inside() {
			c.chooseSides(w)
		}
	}
}

func (l *layerOf) set(units []*unit) {
	l.units, l.cards = units, flatten(units, nil)
	for i, card := range l.cards {
		card.order = i
	}
}

// chooseSides decides on which sides of its cards a wire begins and ends: on the sides that face
// each other, or, within a layer, both away from the host.
func (c *component) chooseSides(w *wire) {
	a, b := w.ends[0], w.ends[1]
	la, lb := a.row.card.layer, b.row.card.layer
	switch {
	case la < lb:
		a.side, b.side = right, left
	case la > lb:
		a.side, b.side = left, right
	default:
		a.side, b.side = right, right
		if ca, cb := a.row.card, b.row.card; la < 0 || la == 0 && ca.band != cb.band || ca.fold != cb.fold && min(ca.fold, cb.fold)%2 == 1 {
			a.side, b.side = left, left
		}
	}
}

// position is where an end is in its layer, from top to bottom.
func (e *end) position() float64 {
	y := e.row.y
	if e.slot != nil {
		y = e.slot.y
	}
	if b := e.row.bundle; b != nil && b.spined() && e.lane != nil {
		y = e.lane.y
	}
	return float64(e.row.card.order)*1e6 + y
}

// order sorts layers and rows so that few wires cross: outwards from the host, each layer by where
// its wires come from (their barycentre), and rows by where their wires go.
func (c *component) order() {
	c.arrangeAll()
	const sweeps = 2
	for sweep := 0; sweep < sweeps; sweep++ {
		zero := -c.layers[0].number
		for i := zero + 1; i < len(c.layers); i++ {
			c.orderLayer(c.layers[i], -1)
		}
		for i := zero - 1; i >= 0; i-- {
			c.orderLayer(c.layers[i], 1)
		}
		if sweep > 0 {
			c.orderLayer(c.layers[zero], 0)
		}
		c.arrangeAll()
	}
}

// orderLayer sorts a layer by its wires to the layers on one side; 0 is both sides.
func (c *component) orderLayer(l *layerOf, towards int) {
	units := l.units
	sortUnits(units, func(card *card) (float64, bool) {
		sum, n := 0.0, 0.0
		soft, m := 0.0, 0.0
		for _, w := range card.wires {
			near, far := w.ends[0], w.ends[1]
			if near.row.card != card {
				near, far = far, near
			}
			d := far.row.card.layer - card.layer
			if d == 0 || towards != 0 && card.fold == 0 && d*towards < 0 {
				continue
			}
			if towards != 0 && card.fold > 0 && far.row.card.depth > card.depth {
				continue
			}
			at := far.position() + float64(card.fold)*1e12
			if w.edge.Kind == graph.Forward {
				soft, m = soft+at, m+1
				continue
			}
			sum, n = sum+at, n+1
		}
		if n == 0 {
			sum, n = soft, m
		}
		if n == 0 {
			return float64(card.fold) * 1e12, card.fold > 0
		}
		return sum / n, true
	})
	l.set(units)
}

// arrangeAll arranges the rows of all cards by the present order of layers.
func (c *component) arrangeAll() {
	c.chooseForwardSides()
	for _, w := range c.wires {
		for _, e := range w.ends {
			f := e.far()
			e.key = float64(f.row.card.order)*1e6 + f.row.y
			if w.around() { // from below: the last one is met first.
				e.key = aroundKey - e.key
			}
		}
	}
	for _, card := range c.cards {
		card.arrange()
	}
}
