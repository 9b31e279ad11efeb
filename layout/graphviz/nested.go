package graphviz

import (
	"fmt"
	"math"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/layout"
)

// Distances that Graphviz is asked to keep, in pixels.
const (
	margin    = 24.0 // around the drawing.
	rowGap    = 12.0 // between rows of a column.
	columnGap = 56.0 // between columns, for the wires; more where there are many.
)

// nested is a picture in which cards are clusters of row nodes: Graphviz places every row. It is
// for dot, which gives clusters room of their own.
type nested struct {
	g     *graph.Graph
	names names
	order order
	inner map[*graph.Cluster][]*graph.Edge // wires within a card.
	size  map[*graph.Node][2]float64
	stop  map[*graph.Cluster]int        // extra columns between a card and what it hangs on.
	last  map[*graph.Node][]*graph.Node // rows of the last column, by the row of the one before that they stand behind.
}

func newNested(g *graph.Graph) *nested {
	n := &nested{
		g: g, names: newNames(g), order: newOrder(g),
		inner: map[*graph.Cluster][]*graph.Edge{}, size: map[*graph.Node][2]float64{}, last: map[*graph.Node][]*graph.Node{},
	}
	for _, e := range g.Edges {
		if c := e.From.Cluster; c != nil && c == e.To.Cluster {
			n.inner[c] = append(n.inner[c], e)
		}
	}
	for _, c := range g.Clusters {
		n.arrange(c)
	}
	for _, node := range g.Free {
		w, h := layout.NodeSize(node)
		n.size[node] = [2]float64{w, h}
	}
	n.stop = n.stops()
	return n
}

// arrange sizes a card's rows. Rows of a column are equally wide: they look tidy, and their wires
// start in line. Forwarded ports go to the last column, from where their wires lead out.
func (n *nested) arrange(c *graph.Cluster) {
	column := n.order.columns(c, n.inner[c])
	last := 0
	for _, at := range column {
		last = max(last, at)
	}
	if last > 0 {
		var before *graph.Node
		for _, node := range c.Nodes {
			if before == nil && column[node] == last-1 {
				before = node
			}
		}
		for _, node := range c.Nodes {
			if node.Class == graph.Port && column[node] == 0 {
				column[node] = last
				n.last[before] = append(n.last[before], node)
			}
		}
	}
	widest := map[int]float64{}
	if last == 0 { // one column fills the card.
		widest[0] = layout.HeaderWidth(c) - 2*layout.CardPad
	}
	for _, node := range c.Nodes {
		w, _ := layout.NodeSize(node)
		widest[column[node]] = math.Max(widest[column[node]], w)
	}
	for _, node := range c.Nodes {
		_, h := layout.NodeSize(node)
		n.size[node] = [2]float64{widest[column[node]], h}
	}
}

// dot is the picture as Graphviz's dot reads it.
func (n *nested) dot() []byte {
	w := &dotWriter{}
	w.open("digraph")
	w.line("graph [rankdir=LR, nodesep=%s, ranksep=%s, splines=spline, margin=0, pad=0]", inches(rowGap), inches(n.columnGap()))
	w.line(`node [shape=box, fixedsize=true, label=""]`)
	w.line("edge [arrowhead=none]")
	n.level(w, nil)
	for _, node := range n.g.Free {
		w.box(n.names.node[node], n.size[node][0], n.size[node][1])
	}
	for _, e := range n.g.Edges {
		n.edge(w, e)
	}
	w.close()
	return w.buf.Bytes()
}

// level writes the groups and cards right below a group.
func (n *nested) level(w *dotWriter, parent *graph.Group) {
	for _, group := range n.g.Groups {
		if group.Parent == parent {
			w.open("subgraph %s", n.names.group[group])
			w.line("margin=%.0f; labeljust=l; label=%s", float64(layout.GroupPad), room(layout.GroupWidth(group), layout.GroupHeader))
			n.level(w, group)
			w.close()
		}
	}
	for _, c := range n.g.Clusters {
		if c.Group == parent {
			n.card(w, c)
		}
	}
}

func (n *nested) card(w *dotWriter, c *graph.Cluster) {
	w.open("subgraph %s", n.names.cluster[c])
	w.line("margin=%.0f; labeljust=l; label=%s", float64(layout.CardPad), room(layout.HeaderWidth(c)-layout.CardPad, layout.HeaderHeight))
	for _, node := range c.Nodes {
		w.box(n.names.node[node], n.size[node][0], n.size[node][1])
	}
	for _, before := range c.Nodes {
		for _, node := range n.last[before] {
			w.line("%s -> %s [style=invis, weight=0]", n.names.node[before], n.names.node[node])
		}
	}
	for i, s := range c.Sections {
		width, height := layout.SectionSize(s)
		w.box(n.section(c, i), width, height)
	}
	if len(c.Nodes)+len(c.Sections) == 0 {
		w.box(n.filler(c), layout.RowWidthMin, 1)
	}
	w.close()
}

// section is the identifier of a section of a card.
func (n *nested) section(c *graph.Cluster, i int) string {
	return fmt.Sprintf("s%d_%s", i, n.names.cluster[c])
}

// filler is the identifier of a box that stands in for the rows of a card without any.
func (n *nested) filler(c *graph.Cluster) string { return "f_" + n.names.cluster[c] }

func (n *nested) edge(w *dotWriter, e *graph.Edge) {
	tail, head := e.From, e.To
	if !n.order.forwards(e) {
		tail, head = head, tail
	}
	more := ""
	if e.Label != "" {
		r := labelRoom(e.Label)
		more = ", label=" + room(r.W, r.H)
	}
	if e.Kind == graph.Forward { // it follows the wires, it doesn't shape the picture.
		more += ", weight=0"
	}
	if c := head.Cluster; c != nil && c != tail.Cluster && n.stop[c] > 0 {
		more += fmt.Sprintf(", minlen=%d", 1+n.stop[c])
	}
	w.line("%s:e -> %s:w [id=%s%s]", n.names.node[tail], n.names.node[head], n.names.edge[e], more)
}

// layout turns Graphviz's answer into places.
func (n *nested) layout(r *reply) (*layout.Layout, error) {
	l := &layout.Layout{Graph: n.g}
	place := func(name string, w, h float64) (layout.Rect, error) {
		at, ok := r.nodes[name]
		if !ok {
			return layout.Rect{}, fmt.Errorf("graphviz gave no place to %s", name)
		}
		return layout.Rect{X: at.X - w/2, Y: at.Y - h/2, W: w, H: h}, nil
	}
	rows := map[*graph.Node]layout.Rect{}
	for _, group := range n.g.Groups {
		bb, ok := r.clusters[n.names.group[group]]
		if !ok {
			bb = layout.Rect{}
		}
		l.Groups = append(l.Groups, layout.GroupBox{Group: group, Rect: bb})
	}
	for _, c := range n.g.Clusters {
		bb, ok := r.clusters[n.names.cluster[c]]
		if !ok {
			return nil, fmt.Errorf("graphviz gave no place to %s", n.names.cluster[c])
		}
		box := layout.ClusterBox{Cluster: c, Header: layout.HeaderHeight}
		content := layout.Rect{}
		add := func(r layout.Rect) {
			if content == (layout.Rect{}) {
				content = r
			}
			content = union(content, r)
		}
		for _, node := range c.Nodes {
			rect, err := place(n.names.node[node], n.size[node][0], n.size[node][1])
			if err != nil {
				return nil, err
			}
			rows[node] = rect
			l.Nodes = append(l.Nodes, layout.NodeBox{Node: node, Rect: rect})
			add(rect)
		}
		for i, s := range c.Sections {
			w, h := layout.SectionSize(s)
			rect, err := place(n.section(c, i), w, h)
			if err != nil {
				return nil, err
			}
			box.Sections = append(box.Sections, layout.SectionBox{Section: s, Rect: rect})
			add(rect)
		}
		if content == (layout.Rect{}) {
			rect, err := place(n.filler(c), layout.RowWidthMin, 1)
			if err != nil {
				return nil, err
			}
			add(rect)
		}
		box.Rect = card(bb, content)
		l.Clusters = append(l.Clusters, box)
	}
	for _, node := range n.g.Free {
		rect, err := place(n.names.node[node], n.size[node][0], n.size[node][1])
		if err != nil {
			return nil, err
		}
		rows[node] = rect
		l.Nodes = append(l.Nodes, layout.NodeBox{Node: node, Rect: rect})
	}
	for _, e := range n.g.Edges {
		wire, err := n.wire(e, r, rows)
		if err != nil {
			return nil, err
		}
		l.Wires = append(l.Wires, wire)
	}
	spreadEnds(l, rows)
	return l, nil
}

// card is a card's box: as wide as Graphviz made it, as high as header and content need. Graphviz
// leaves some more room above a label than that.
func card(bb, content layout.Rect) layout.Rect {
	top, bottom := content.Y-layout.CardPad-layout.HeaderHeight, content.Y+content.H+layout.CardPad
	left := math.Min(bb.X, content.X-layout.CardPad)
	right := math.Max(bb.X+bb.W, content.X+content.W+layout.CardPad)
	return layout.Rect{X: left, Y: top, W: right - left, H: bottom - top}
}

func union(a, b layout.Rect) layout.Rect {
	x, y := math.Min(a.X, b.X), math.Min(a.Y, b.Y)
	return layout.Rect{X: x, Y: y, W: math.Max(a.X+a.W, b.X+b.W) - x, H: math.Max(a.Y+a.H, b.Y+b.H) - y}
}

func (n *nested) wire(e *graph.Edge, r *reply, rows map[*graph.Node]layout.Rect) (layout.Wire, error) {
	points, ok := r.splines[n.names.edge[e]]
	if !ok {
		return layout.Wire{}, fmt.Errorf("graphviz gave no way to %s", n.names.edge[e])
	}
	if !n.order.forwards(e) {
		points = reversed(points)
	}
	wire := newWire(e, snap(points, rows[e.From], rows[e.To]), true)
	if at, ok := r.labels[n.names.edge[e]]; ok && e.Label != "" {
		wire.LabelAt = &at
	}
	return wire, nil
}
