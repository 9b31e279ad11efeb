package wiring

import (
	"sort"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/layout"
)

// component is what hangs together by wires or groups; it is laid out for itself.
type component struct {
	cards    []*card // in the order of the graph.
	wires    []*wire // between its cards, and those within a card.
	layers   []*layerOf
	channels []*channel // channels[i] is to the left of layers[i]; one more at the end.
	nesting  int        // groups around a card, at most.
	spans    map[*graph.Group]bool
	bands    int    // stretches of height that hold a host each.
	spread   []span // where the bands are.
	w, h     float64
	fixed    *card      // what places in an earlier picture are relative to; nil without one.
	cost     float64    // of the chosen shape, to compare with others.
	about    [2]float64 // width and height that the shape was chosen by.
	offX     float64    // of its origin from the corner of its rectangle.
	offY     float64
	x, y     float64
	groups   map[*graph.Group]layout.Rect
}

// layerOf is a column of a component: cards in shelves, one below the other.
type layerOf struct {
	number  int
	cards   []*card // in order.
	units   []*unit // the same in their groups.
	columns int     // cards side by side in a shelf.
	shelves []*shelf
	zones   []*zone // zones[i] is above shelves[i]; one more at the end.
	x, w    float64
	colW    []float64
	minis   []float64 // width of the channels between the columns.
	height  float64
}

func (c *component) layer(number int) *layerOf {
	return c.layers[number-c.layers[0].number]
}

// components splits the cards. The first ones hold hosts, then come the others by their first card.
// Cards without any wire and group are left for last, as one component without wires.
func components(m *model) []*component {
	parent := make([]int, len(m.cards))
	for i := range parent {
		parent[i] = i
	}
	find := func(i int) int {
		for parent[i] != i {
			parent[i] = parent[parent[i]]
			i = parent[i]
		}
		return i
	}
	union := func(a, b int) {
		if a, b = find(a), find(b); a != b {
			parent[max(a, b)] = min(a, b)
		}
	}
	byGroup := map[*graph.Group]int{}
	for _, c := range m.cards {
		for g := c.group; g != nil; g = g.Parent {
			if first, ok := byGroup[g]; ok {
				union(first, c.index)
			} else {
				byGroup[g] = c.index
			}
		}
	}
	for _, w := range m.sorted {
		union(w.ends[0].row.card.index, w.ends[1].row.card.index)
	}
	size := make([]int, len(m.cards))
	for i := range m.cards {
		size[find(i)]++
	}
	at := map[int]*component{}
	loose := &component{}
	var all []*component
	for i, c := range m.cards {
		root := find(i)
		if size[root] == 1 && c.group == nil && !c.host() {
			loose.cards = append(loose.cards, c)
			at[root] = loose
			continue
		}
		if at[root] == nil {
			at[root] = &component{}
			all = append(all, at[root])
		}
		comp := at[root]
		comp.cards = append(comp.cards, c)
		depth := 0
		for g := c.group; g != nil; g = g.Parent {
			depth++
		}
		comp.nesting = max(comp.nesting, depth)
	}
	for _, w := range m.sorted {
		comp := at[find(w.ends[0].row.card.index)]
		comp.wires = append(comp.wires, w)
	}
	hasHost := func(c *component) bool {
		for _, card := range c.cards {
			if card.host() {
				return true
			}
		}
		return false
	}
	sort.SliceStable(all, func(i, j int) bool { return hasHost(all[i]) && !hasHost(all[j]) })
	if len(loose.cards) > 0 {
		all = append(all, loose)
	}
	return all
}

// neighbours are the cards at the far ends of a card's wires, in the order of its rows.
func (c *card) neighbours() []*card {
	var out []*card
	for _, r := range c.rows {
		for _, e := range r.ends {
			if !e.wire.inside() {
				out = append(out, e.far().row.card)
			}
		}
	}
	return out
}

// outermost is the outermost group around a card that is laid out as a whole: frames around a host
// with all that hangs on it are not.
func (c *component) outermost(card *card) *graph.Group {
	var top *graph.Group
	for g := card.group; g != nil && !c.spanning(g); g = g.Parent {
		top = g
	}
	return top
}

// spanning tells whether a group is around a host with all that hangs on it, and so reaches over
// several layers.
func (c *component) spanning(g *graph.Group) bool { return c.spans[g] }

// survey finds out which groups are around hosts, and gives the outermost of them a band each: a
// stretch of the component's height, in all layers, with nothing of others in it.
func (c *component) survey() {
	c.spans = map[*graph.Group]bool{}
	for _, card := range c.cards {
		for g := card.group; g != nil; g = g.Parent {
			if card.host() || g.Kind == "host" {
				c.spans[g] = true
			}
		}
	}
	bands := map[*graph.Group]int{}
	c.bands = 0
	for _, card := range c.cards {
		card.band = 0
		var top *graph.Group
		for g := card.group; g != nil; g = g.Parent {
			if c.spans[g] {
				top = g
			}
		}
		if card.free() {
			continue
		}
		if _, known := bands[top]; !known {
			bands[top] = c.bands
			c.bands++
		}
		card.band = bands[top]
	}
	c.bands = max(1, c.bands)
	for _, card := range c.cards { // what is free stands beside the first card that leads to it.
		if !card.free() {
			continue
		}
		card.band = c.bands - 1
		for _, n := range card.neighbours() {
			if !n.free() {
				card.band = min(card.band, n.band)
			}
		}
	}
}

// spanDepth is the number of groups around hosts that a card is in.
func (c *component) spanDepth(card *card) int {
	n := 0
	for g := card.group; g != nil; g = g.Parent {
		if c.spans[g] {
			n++
		}
	}
	return n
}

// stratify gives each card its layer by its distance to the nearest host, or, where there is none,
// to the best place to begin. What leads out of a host is to its left.
func (c *component) stratify() {
	const unseen = 1 << 30
	for _, card := range c.cards {
		card.layer = unseen
	}
	var queue []*card
	start := func(card *card) {
		card.layer = 0
		queue = append(queue, card)
	}
	for _, card := range c.cards {
		if card.host() {
			start(card)
		}
	}
	if len(queue) == 0 {
		start(c.root())
	}
	run := func() {
		for len(queue) > 0 {
			card := queue[0]
			queue = queue[1:]
			for _, n := range card.neighbours() {
				if n.layer != unseen {
					continue
				}
				switch {
				case n.free() && card.layer <= 0 && n.rows[0].node.Class != graph.Proc:
					n.layer = card.layer - 1
				case card.free() && card.layer < 0:
					n.layer = card.layer + 1
				default:
					n.layer = card.layer + 1
				}
				queue = append(queue, n)
			}
		}
	}
	run()
	for _, card := range c.cards { // what only a group ties to the rest.
		if card.layer == unseen {
			card.layer = 1
			if len(c.wires) == 0 {
				card.layer = 0
			}
			queue = append(queue, card)
			run()
		}
	}
	if len(c.spans) > 0 { // nothing free may stand in the frame around a host.
		last := 0
		for _, card := range c.cards {
			if !card.free() {
				last = max(last, card.layer)
			}
		}
		for _, card := range c.cards {
			if card.free() && card.layer > 0 {
				card.layer = last + 1
			}
		}
	}
	lowest := map[*graph.Group]int{}
	for _, card := range c.cards {
		if g := c.outermost(card); g != nil {
			if l, ok := lowest[g]; !ok || card.layer < l {
				lowest[g] = card.layer
			}
		}
	}
	for _, card := range c.cards {
		if g := c.outermost(card); g != nil {
			card.layer = lowest[g]
		}
	}
	for _, card := range c.cards {
		card.home, card.depth, card.fold = card.layer, abs(card.layer), 0
	}
}

// root is the card to begin with where there is no host: the one that most hangs on, or the end of
// a chain.
func (c *component) root() *card {
	best := c.cards[0]
	for _, card := range c.cards {
		if len(card.wires) > len(best.wires) && !card.free() {
			best = card
		}
	}
	if len(best.wires) > 2 {
		return best
	}
	chain := furthest(furthest(c.cards[0])[0])
	one, other := chain[0], chain[len(chain)-1]
	ascents := 0 // from one to the other.
	for i, card := range chain[1:] {
		if card.index > chain[i].index {
			ascents++
		} else {
			ascents--
		}
	}
	if ascents < 0 || ascents == 0 && other.index < one.index {
		return other
	}
	return one
}

// furthest is the shortest way to a card from the one that is the most wires away.
func furthest(to *card) []*card {
	last := to
	next := map[*card]*card{to: nil}
	for queue := []*card{to}; len(queue) > 0; queue = queue[1:] {
		if !queue[0].free() {
			last = queue[0]
		}
		for _, n := range queue[0].neighbours() {
			if _, seen := next[n]; !seen {
				next[n] = queue[0]
				queue = append(queue, n)
			}
		}
	}
	var way []*card
	for card := last; card != nil; card = next[card] {
		way = append(way, card)
	}
	return way
}
