package render

import (
	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/themes"
)

// The looks of what is marked: a broad band below wires, and a thick frame around rows.
var (
	lookMarkedWire = Look{Name: "marked-wire", Stroke: paintOf(themes.Focus), Width: 9, Round: true}
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
	for _, n := range c.in.Graph.AllNodes() {
		c.mark(g, n)
	}
	if len(g.Items) > 0 {
		c.add(g)
	}
}

func (c *composer) mark(g *Group, n *graph.Node) {
	if b, ok := c.boxes[n]; ok && n.Mark {
		box := Box{b.X, b.Y, b.W, b.H, 4}
		g.add(&Shape{Look: lookMarkedRow, Box: &box})
	}
}
