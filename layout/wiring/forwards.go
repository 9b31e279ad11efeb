package wiring

import (
	"math"
	"sort"

	"github.com/hostwire/hostwire/graph"
)

// crossingPrice is how long a way around may be that saves one crossing, in pixels: a little more than
// around a column of cards.
const crossingPrice = 440

// aroundKey is what sorts wires that go around a layer below all others.
const aroundKey = 1e12

// around tells whether the wire of a forwarded port goes around a layer, to the far side of a card.
func (w *wire) around() bool {
	return w.edge.Kind == graph.Forward && !w.inside() && w.ends[0].side == w.ends[1].side && w.ends[0].row.card.layer != w.ends[1].row.card.layer
}

// chooseForwardSides decides on which side wires of forwarded ports end. Their rows are below all
// others, so on the near side of a card they cross the wires of all cards below it. Where that are so
// many that it is worth the way, they go around the layer and end at the far side.
func (c *component) chooseForwardSides() {
	type course struct {
		from  *card
		layer int
	}
	others := map[course][]int{} // places in the layer that other wires go to.
	outward := map[int]int{}     // wires between a layer and the next one outwards.
	var forwards []*wire
	for _, w := range c.wires {
		a, b := w.ends[0].row.card, w.ends[1].row.card
		switch {
		case a.layer == b.layer:
		case w.edge.Kind != graph.Forward:
			others[course{a, b.layer}] = append(others[course{a, b.layer}], b.order)
			others[course{b, a.layer}] = append(others[course{b, a.layer}], a.order)
			inner := a.layer
			if abs(b.layer) < abs(a.layer) {
				inner = b.layer
			}
			outward[inner]++
		case w.leads():
			forwards = append(forwards, w)
		}
	}
	for _, places := range others {
		sort.Ints(places)
	}
	for _, w := range forwards {
		from, to := w.ends[0].row.card, w.ends[1].row.card
		places := others[course{from, to.layer}]
		near := len(places) - sort.SearchInts(places, to.order+1)
		far := outward[to.layer]/2 + to.behind()
		side := left
		if to.layer < from.layer {
			side = right
		}
		outside := to.layer > from.layer && to.layer > 0 || to.layer < from.layer && to.layer < 0
		if outside && float64(near-far)*crossingPrice > c.detour(to) {
			side = side.other()
		}
		for _, v := range w.mates() {
			v.ends[1].side = side
		}
	}
}

// nearer tells whether the card stands between another one of its shelf and the host.
func (c *card) nearer(other *card) bool {
	return c.layer > 0 && c.slot < other.slot || c.layer < 0 && c.slot > other.slot
}

// behind is the number of wires that get to a card's shelf past the card, if shelves are known: a wire
// to its far side meets them.
func (c *card) behind() int {
	if c.shelf == nil {
		return 0
	}
	n := 0
	for _, other := range c.shelf.cards {
		if !c.nearer(other) {
			continue
		}
		for _, w := range other.wires {
			if w.edge.Kind != graph.Forward {
				n++
			}
		}
	}
	return n
}

// detour is about how much longer the way is to the far side of a card than to its near side: past the
// whole layer, and back.
func (c *component) detour(to *card) float64 {
	l := c.layer(to.layer)
	widths := make([]float64, max(1, l.columns))
	for _, card := range l.cards {
		slot := 0
		if card.shelf != nil {
			slot = card.slot
		}
		widths[slot] = math.Max(widths[slot], card.w)
	}
	slot := 0
	if to.shelf != nil {
		slot = to.slot
	}
	way := widths[slot] + 2*channelPlain
	for i, w := range widths {
		if to.layer > 0 && i > slot || to.layer < 0 && i < slot {
			way += 2 * (w + c.mini())
		}
	}
	return way
}

// orderForwards chooses sides anew, now that it is known which cards stand side by side, and sorts
// forwarded ports, and where their trunks end, by the ways that these take: upwards to the near side
// of cards, the highest first; then those around a layer, where the cards of a shelf are met from the
// outermost to the innermost one.
func (c *component) orderForwards() {
	c.chooseForwardSides()
	var sources, targets []*card
	seen := map[*card]int{} // as a source 1, as a target 2.
	for _, w := range c.wires {
		if w.edge.Kind != graph.Forward || w.inside() {
			continue
		}
		near, far := w.ends[0], w.ends[1]
		from, to := near.row.card, far.row.card
		if seen[from]&1 == 0 {
			seen[from] |= 1
			sources = append(sources, from)
		}
		if seen[to]&2 == 0 {
			seen[to] |= 2
			targets = append(targets, to)
		}
		near.key = float64(to.order)*1e6 + far.row.y
		if w.around() {
			place := float64(to.slot)
			if to.layer > 0 {
				place = -place
			}
			near.key = aroundKey - (float64(to.shelf.index)*1e9 + place*1e6 + far.row.y)
		}
	}
	for _, card := range sources {
		card.arrange()
	}
	for _, w := range c.wires {
		if w.edge.Kind != graph.Forward || w.inside() {
			continue
		}
		far := w.ends[1]
		far.key = float64(w.ends[0].row.card.order)*1e6 + w.ends[0].leaving().y
		if w.around() {
			far.key = aroundKey - far.key
		}
	}
	for _, card := range targets {
		card.arrange()
	}
	for _, card := range append(sources, targets...) { // rows with more ends on one side are higher.
		card.shelf.h = 0
		for _, c := range card.shelf.cards {
			card.shelf.h = math.Max(card.shelf.h, c.h)
		}
	}
}
