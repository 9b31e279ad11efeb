package wiring

import (
	"math"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/layout"
)

// Radii of wires' corners, in pixels.
const wireRadius = 8

// layout writes down where everything is.
func (m *model) layout(g *graph.Graph, all []*component, w, h float64) *layout.Layout {
	out := &layout.Layout{Graph: g, W: math.Ceil(w), H: math.Ceil(h)}
	groups := map[*graph.Group]layout.Rect{}
	base := make([]layout.Point, len(m.cards))
	for _, c := range all {
		at := layout.Point{X: c.x + drawingMargin, Y: c.y + drawingMargin}
		for _, card := range c.cards {
			base[card.index] = at
		}
		for group, r := range c.groups {
			groups[group] = layout.Rect{X: r.X + at.X, Y: r.Y + at.Y, W: r.W, H: r.H}
		}
	}
	for _, group := range g.Groups {
		out.Groups = append(out.Groups, layout.GroupBox{Group: group, Rect: groups[group]})
	}
	for _, c := range m.cards {
		at := layout.Point{X: base[c.index].X + c.x, Y: base[c.index].Y + c.y}
		shift := func(r layout.Rect) layout.Rect { return layout.Rect{X: r.X + at.X, Y: r.Y + at.Y, W: r.W, H: r.H} }
		if c.cluster != nil {
			box := layout.ClusterBox{Cluster: c.cluster, Rect: shift(layout.Rect{W: c.w, H: c.h}), Header: layout.HeaderHeight}
			for _, f := range c.frames {
				box.Bands = append(box.Bands, shift(c.frameRect(f)))
			}
			for _, s := range c.sections {
				box.Sections = append(box.Sections, layout.SectionBox{Section: s.Section, Rect: shift(s.Rect)})
			}
			out.Clusters = append(out.Clusters, box)
		}
		for _, r := range c.rows {
			out.Nodes = append(out.Nodes, layout.NodeBox{Node: r.node, Rect: shift(layout.Rect{X: r.x, Y: r.y, W: r.w, H: r.h})})
		}
	}
	lines := make([]int, len(m.wires))
	line := map[*trunk]int{}
	for i, w := range m.wires {
		lines[i] = i
		wire := layout.Wire{Edge: g.Edges[i], Radius: wireRadius}
		if w != nil {
			if t := w.trunk; t != nil {
				if first, known := line[t]; known {
					lines[i] = first
				} else {
					line[t] = i
				}
				wire.Bundle = t.bundle.number
			}
			wire.Texts = w.texts
			at := base[w.ends[0].row.card.index]
			for _, p := range w.points() {
				wire.Points = append(wire.Points, layout.Point{X: p.X + at.X, Y: p.Y + at.Y})
			}
			wire.FromPlug, wire.ToPlug = w.ends[0].plug(), w.ends[1].plug()
		}
		out.Wires = append(out.Wires, wire)
	}
	placeLabels(out, lines)
	return out
}

// plug tells whether a plug is drawn at the end: the wire leaves a card there. Arrow heads need the
// place for themselves.
func (e *end) plug() bool {
	return e.leaves() && !e.row.card.free() && e.wire.edge.Kind != graph.Forward
}

// x is the abscissa of the row's edge where the wire ends.
func (e *end) x() float64 {
	x := e.row.card.x + e.row.x
	if e.side == right {
		x += e.row.w
	}
	return x
}

// points are the corners of a wire, relative to its component.
func (w *wire) points() []layout.Point {
	a, b := w.ends[0], w.ends[1]
	points := []layout.Point{{X: a.x(), Y: a.slot.at()}}
	add := func(p layout.Point) {
		n := len(points)
		if points[n-1] == p {
			return
		}
		if n > 1 && (points[n-2].X == points[n-1].X && points[n-1].X == p.X || points[n-2].Y == points[n-1].Y && points[n-1].Y == p.Y) {
			points[n-1] = p
			return
		}
		points = append(points, p)
	}
	for _, h := range w.hops {
		if from, to := h.from.at(), h.to.at(); from != to {
			x := h.channel.laneX(h.net.lane)
			add(layout.Point{X: x, Y: from})
			add(layout.Point{X: x, Y: to})
		}
	}
	add(layout.Point{X: b.x(), Y: b.slot.at()})
	return points
}
