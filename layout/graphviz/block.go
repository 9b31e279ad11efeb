package graphviz

import (
	"context"
	"math"
	"sort"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/layout"
)

// block is a box that is placed as a whole: a card, a free node, or a group with blocks in it.
type block struct {
	w, h     float64
	x, y     float64 // top left corner, relative to the block around it.
	margin   float64 // of a card: room for wires along its sides, part of w and h.
	card     *stacked
	node     *graph.Node
	group    *graph.Group
	children []*block
	parent   *block
}

// Distances between blocks, in pixels; wires run there.
const (
	blockGap = 48.0
	packGap  = 32.0 // between the cards of a group that are not wired to each other.
)

// blocks is a picture of blocks: Graphviz's engines place them, whatever they are.
type blocks struct {
	g     *graph.Graph
	order order
	top   *block
	of    map[*graph.Node]*block // the card or free node that an end of a wire belongs to.
	cards map[*graph.Cluster]*block
}

func newBlocks(g *graph.Graph) *blocks {
	b := &blocks{g: g, order: newOrder(g), of: map[*graph.Node]*block{}, top: &block{}, cards: map[*graph.Cluster]*block{}}
	leaving := map[*graph.Node]int{} // wires to elsewhere.
	inner := map[*graph.Cluster][]*graph.Edge{}
	for _, e := range g.Edges {
		if c := e.From.Cluster; c != nil && c == e.To.Cluster {
			inner[c] = append(inner[c], e)
		} else {
			leaving[e.From]++
			leaving[e.To]++
		}
	}
	in := map[*graph.Group]*block{nil: b.top}
	for _, group := range g.Groups { // parents come before their children.
		around := in[group.Parent]
		if around == nil {
			around = b.top
		}
		in[group] = &block{group: group, parent: around}
		around.children = append(around.children, in[group])
	}
	for _, c := range g.Clusters {
		around := in[c.Group]
		if around == nil {
			around = b.top
		}
		s := stack(c, inner[c], &b.order)
		left, right := 0, 0
		for _, n := range c.Nodes {
			if s.right[n] {
				right += leaving[n]
			} else {
				left += leaving[n]
			}
		}
		margin := sideRoom(max(left, right))
		child := &block{w: s.w + 2*margin, h: s.h + 2*margin, margin: margin, card: s, parent: around}
		b.cards[c] = child
		around.children = append(around.children, child)
		for _, n := range c.Nodes {
			b.of[n] = child
		}
	}
	for _, n := range g.Free {
		w, h := layout.NodeSize(n)
		child := &block{w: w, h: h, node: n, parent: b.top}
		b.top.children = append(b.top.children, child)
		b.of[n] = child
	}
	return b
}

// link is how many wires there are between two blocks of one level.
type link struct {
	a, b  *block
	wires int
}

// links are the wires between the children of a block, in the order of the graph.
func (b *blocks) links(around *block) []link {
	child := func(n *graph.Node) *block {
		at := b.of[n]
		for at != nil && at.parent != around {
			at = at.parent
		}
		return at
	}
	var out []link
	index := map[[2]*block]int{}
	for _, e := range b.g.Edges {
		x, y := child(e.From), child(e.To)
		if x == nil || y == nil || x == y {
			continue
		}
		i, ok := index[[2]*block{x, y}]
		if !ok {
			i, ok = index[[2]*block{y, x}]
		}
		if !ok {
			i = len(out)
			index[[2]*block{x, y}] = i
			out = append(out, link{a: x, b: y})
		}
		out[i].wires++
	}
	return out
}

// arrange places what is in a block and measures it, from the inside out.
func (b *blocks) arrange(ctx context.Context, r *runner, engine string, around *block) error {
	for _, c := range around.children {
		if c.group != nil {
			if err := b.arrange(ctx, r, engine, c); err != nil {
				return err
			}
		}
	}
	links := b.links(around)
	switch {
	case around.group != nil && len(links) == 0 || len(around.children) < 2:
		pack(around.children)
	default:
		if err := scatter(ctx, r, engine, around.children, links); err != nil {
			return err
		}
		if err := separate(ctx, around.children, blockGap); err != nil {
			return err
		}
	}
	around.enclose()
	return nil
}

// enclose moves the children to the block's corner, below the header of a group, and takes on the
// size that they need.
func (b *block) enclose() {
	minX, minY, maxX, maxY := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, c := range b.children {
		minX, minY = math.Min(minX, c.x), math.Min(minY, c.y)
		maxX, maxY = math.Max(maxX, c.x+c.w), math.Max(maxY, c.y+c.h)
	}
	if len(b.children) == 0 {
		minX, minY, maxX, maxY = 0, 0, 0, 0
	}
	left, top := 0.0, 0.0
	if b.group != nil {
		left, top = layout.GroupPad, layout.GroupHeader+layout.GroupPad
	}
	for _, c := range b.children {
		// Whole pixels: lines are sharp, and digits that Graphviz computed differently elsewhere don't show.
		c.x, c.y = math.Round(c.x-minX+left), math.Round(c.y-minY+top)
	}
	b.w, b.h = math.Ceil(maxX-minX)+2*left, math.Ceil(maxY-minY)+top+left
	if b.group != nil {
		b.w = math.Max(b.w, layout.GroupWidth(b.group))
	}
}

// pack places blocks without wires between them in columns of about equal height.
func pack(all []*block) {
	area, widest := 0.0, 0.0
	for _, b := range all {
		area += (b.w + packGap) * (b.h + packGap)
		widest = math.Max(widest, b.w+packGap)
	}
	columns := int(math.Max(1, math.Round(math.Sqrt(area)/math.Max(1, widest))))
	total := 0.0
	for _, b := range all {
		total += b.h + packGap
	}
	x, y, used := 0.0, 0.0, 0.0
	for _, b := range all {
		if y > 0 && y+b.h/2 > total/float64(columns) {
			x, y, used = x+used+packGap, 0, 0
		}
		b.x, b.y = x, y
		y += b.h + packGap
		used = math.Max(used, b.w)
	}
}

// separate moves blocks apart until no two are nearer than gap: each pair that is goes apart the
// short way, half each. Where that leads nowhere, everything is spread from the middle.
func separate(ctx context.Context, all []*block, gap float64) error {
	const rounds = 60
	for try := 0; ; try++ {
		for range rounds {
			if err := ctx.Err(); err != nil {
				return err
			}
			if !pushApart(all, gap) {
				return nil
			}
		}
		spread := 1.05 + 0.05*float64(try)
		for i, b := range all {
			// Blocks at one and the same place would stay there: a little apart, each its own way.
			b.x = (b.x+b.w/2)*spread - b.w/2 + float64(i%7)
			b.y = (b.y+b.h/2)*spread - b.h/2 + float64(i%5)
		}
	}
}

// pushApart is one round of separate; it tells whether anything had to move.
func pushApart(all []*block, gap float64) bool {
	sorted := append([]*block(nil), all...)
	sort.SliceStable(sorted, func(i, j int) bool { return sorted[i].x < sorted[j].x })
	const enough = 0.01
	moved := false
	widest := 0.0
	for _, b := range all {
		widest = math.Max(widest, b.w)
	}
	for i, a := range sorted {
		for _, b := range sorted[i+1:] {
			if b.x > a.x+2*widest+gap { // blocks move while we go: with some reserve.
				break
			}
			dx := math.Min(a.x+a.w, b.x+b.w) - math.Max(a.x, b.x) + gap
			dy := math.Min(a.y+a.h, b.y+b.h) - math.Max(a.y, b.y) + gap
			if dx <= enough || dy <= enough {
				continue
			}
			moved = true
			// By size, so that a small card gives way to the host's.
			share := b.w * b.h / math.Max(1, a.w*a.h+b.w*b.h)
			if dx < dy {
				if a.x+a.w/2 > b.x+b.w/2 {
					dx = -dx
				}
				a.x -= dx * share
				b.x += dx * (1 - share)
			} else {
				if a.y+a.h/2 > b.y+b.h/2 {
					dy = -dy
				}
				a.y -= dy * share
				b.y += dy * (1 - share)
			}
		}
	}
	return moved
}
