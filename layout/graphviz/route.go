package graphviz

import (
	"context"
	"math"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/layout"
)

// plugOut is how far a wire runs straight out of a card.
const plugOut = clearance + 4

// layout places all parts of the picture and routes the wires between the blocks.
func (b *blocks) layout(ctx context.Context) (*layout.Layout, error) {
	l := &layout.Layout{Graph: b.g}
	rows := map[*graph.Node]layout.Rect{}
	groups := map[*graph.Group]layout.Rect{}
	cards := map[*graph.Cluster]layout.ClusterBox{}
	inner := map[*graph.Edge][]layout.Point{}
	var walk func(at *block, x, y float64)
	walk = func(at *block, x, y float64) {
		x, y = x+at.x, y+at.y
		rect := layout.Rect{X: x, Y: y, W: at.w, H: at.h}
		moved := func(r layout.Rect) layout.Rect { r.X += x; r.Y += y; return r }
		switch {
		case at.group != nil:
			groups[at.group] = rect
		case at.node != nil:
			rows[at.node] = rect
		case at.card != nil:
			x, y = x+at.margin, y+at.margin
			rect = layout.Rect{X: x, Y: y, W: at.card.w, H: at.card.h}
			box := layout.ClusterBox{Cluster: at.card.cluster, Rect: rect, Header: layout.HeaderHeight}
			for _, s := range at.card.sections {
				s.Rect = moved(s.Rect)
				box.Sections = append(box.Sections, s)
			}
			cards[at.card.cluster] = box
			for n, r := range at.card.rows {
				rows[n] = moved(r)
			}
			for e, points := range at.card.wires {
				way := make([]layout.Point, len(points))
				for i, p := range points {
					way[i] = layout.Point{X: p.X + x, Y: p.Y + y}
				}
				inner[e] = way
			}
		}
		for _, c := range at.children {
			walk(c, x, y)
		}
	}
	walk(b.top, 0, 0)
	for _, g := range b.g.Groups {
		l.Groups = append(l.Groups, layout.GroupBox{Group: g, Rect: groups[g]})
	}
	for _, c := range b.g.Clusters {
		l.Clusters = append(l.Clusters, cards[c])
		for _, n := range c.Nodes {
			l.Nodes = append(l.Nodes, layout.NodeBox{Node: n, Rect: rows[n]})
		}
	}
	for _, n := range b.g.Free {
		l.Nodes = append(l.Nodes, layout.NodeBox{Node: n, Rect: rows[n]})
	}
	outer, err := b.route(ctx, l, rows)
	if err != nil {
		return nil, err
	}
	for _, e := range b.g.Edges {
		if points, ok := inner[e]; ok {
			l.Wires = append(l.Wires, newWire(e, points, false))
			continue
		}
		l.Wires = append(l.Wires, newWire(e, outer[e], false))
	}
	return l, nil
}

// plug is where a wire leaves a card or a free node: the place of the row's edge, and the place
// outside of the card where it may turn.
type plug struct{ edge, out layout.Point }

// plugs chooses the side of each wire's ends and gathers equal ones.
type plugs struct {
	b     *blocks
	rows  map[*graph.Node]layout.Rect
	cards map[*graph.Cluster]layout.Rect
	used  map[plugKey]int // wires that are there already.
}

type plugKey struct {
	node  *graph.Node
	right bool
}

func (p *plugs) at(n, other *graph.Node) plug {
	around := p.around(n)
	far := p.around(other)
	right := far.X+far.W/2 > around.X+around.W/2
	if at := p.b.of[n]; at.card != nil {
		switch {
		case !at.card.left[n]:
			right = true
		case !at.card.right[n]:
			right = false
		}
	}
	row := p.rows[n]
	// The first wire in the middle, the next ones above and below it.
	key := plugKey{n, right}
	p.used[key]++
	k := p.used[key]
	shift := math.Min(float64(k/2)*fan, row.H/2-4)
	if k%2 == 1 {
		shift = -shift
	}
	y := row.Y + row.H/2 + shift
	if right {
		return plug{edge: layout.Point{X: row.X + row.W, Y: y}, out: layout.Point{X: around.X + around.W + plugOut, Y: y}}
	}
	return plug{edge: layout.Point{X: row.X, Y: y}, out: layout.Point{X: around.X - plugOut, Y: y}}
}

// around is the box that a wire has to leave: the card, or the free node itself.
func (p *plugs) around(n *graph.Node) layout.Rect {
	if n.Cluster != nil {
		return p.cards[n.Cluster]
	}
	return p.rows[n]
}

// route draws the wires between cards around everything that is in their way.
func (b *blocks) route(ctx context.Context, l *layout.Layout, rows map[*graph.Node]layout.Rect) (map[*graph.Edge][]layout.Point, error) {
	ps := &plugs{b: b, rows: rows, cards: map[*graph.Cluster]layout.Rect{}, used: map[plugKey]int{}}
	var obstacles []layout.Rect
	for _, c := range l.Clusters {
		ps.cards[c.Cluster] = c.Rect
		obstacles = append(obstacles, c.Rect)
	}
	for _, n := range b.g.Free {
		obstacles = append(obstacles, rows[n])
	}
	for _, g := range l.Groups { // wires keep off a group's name.
		width := math.Min(layout.GroupWidth(g.Group), g.Rect.W) - 2*layout.GroupPad
		obstacles = append(obstacles, layout.Rect{X: g.Rect.X + layout.GroupPad, Y: g.Rect.Y + clearance, W: width, H: layout.GroupHeader - 2*clearance})
	}
	box := map[*block]int{} // index of its obstacle.
	room := make([]float64, len(obstacles))
	for i, c := range l.Clusters {
		at := b.cards[c.Cluster]
		box[at], room[i] = i, at.margin
	}
	for i, n := range b.g.Free {
		box[b.of[n]] = len(l.Clusters) + i
	}
	r := newRouter(obstacles)
	var edges []*graph.Edge
	var ends [][2]plug
	var ways []way
	for _, e := range b.g.Edges {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if e.From.Cluster == nil || e.From.Cluster != e.To.Cluster {
			from, to := ps.at(e.From, e.To), ps.at(e.To, e.From)
			edges, ends = append(edges, e), append(ends, [2]plug{from, to})
			ways = append(ways, way{from: from.out, to: to.out, fromBox: box[b.of[e.From]], toBox: box[b.of[e.To]], around: r.find(from.out, to.out)})
		}
	}
	routed := map[*graph.Edge][]layout.Point{}
	for i, points := range r.draw(ways, room) {
		points = append([]layout.Point{ends[i][0].edge}, points...)
		routed[edges[i]] = append(points, ends[i][1].edge)
	}
	return routed, nil
}
