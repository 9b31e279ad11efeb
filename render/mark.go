package render

import (
	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/themes"
)

// The looks of what is marked: wires run in a tube, whose inside keeps their own colour readable, and rows
// have a thick frame.
var (
	lookMarkedWire = Look{Name: "marked-wire", Stroke: paintOf(themes.Focus), Width: 9, Round: true}
	lookMarkedTube = Look{Name: "marked-tube", Stroke: paintOf(themes.Card), Width: 5, Round: true}
	lookMarkedRow  = Look{Name: "marked-row", Stroke: paintOf(themes.Focus), Width: 3, Crisp: true}
)

// marks draws what leads the eye along marked wires; they themselves are drawn over it.
func (c *composer) marks(paths []Path) {
	g := &Group{Class: "marks"}
	for i, w := range c.in.Layout.Wires {
		if w.Edge.Mark && len(paths[i].ops) > 1 {
			path := paths[i]
			g.add(&Shape{Look: lookMarkedWire, Path: &path})
		}
	}
	for i, w := range c.in.Layout.Wires { // after all bands, so that tubes open into each other.
		if w.Edge.Mark && len(paths[i].ops) > 1 {
			path := paths[i]
			g.add(&Shape{Look: lookMarkedTube, Path: &path})
		}
	}
	for _, n := range c.in.Graph.AllNodes() {
		c.mark(g, n)
	}
	if len(g.Items) > 0 {
		c.add(g)
	}
}

func (c *composer) mark(g *Group, n *graph.Node) {
	if b, ok := c.boxes[n]; ok && n.Mark {
		box := Box{b.X, b.Y, b.W, b.H, rowRadius}
		if n.Class == graph.Port {
			box.R = pillRadius(b.H)
		}
		g.add(&Shape{Look: lookMarkedRow, Box: &box})
	}
}

// markWord is what legends call what is marked, and markSign stands before it where there are only letters.
const (
	markWord = "the way of the packet"
	markSign = "» "
)

// markedIn tells whether anything in a graph is marked.
func markedIn(g *graph.Graph) bool {
	for _, e := range g.Edges {
		if e.Mark {
			return true
		}
	}
	for _, n := range g.AllNodes() {
		if n.Mark {
			return true
		}
	}
	return false
}
