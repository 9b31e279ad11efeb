package graphviz

import (
	"math"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/layout"
)

// newWire is a wire along points from e.From to e.To. It has a plug where it leaves a card.
func newWire(e *graph.Edge, points []layout.Point, curve bool) layout.Wire {
	leaves := e.From.Cluster != e.To.Cluster
	return layout.Wire{
		Edge: e, Points: points, Curve: curve, Radius: cornerRadius,
		FromPlug: leaves && e.From.Cluster != nil,
		ToPlug:   leaves && e.To.Cluster != nil,
	}
}

// cornerRadius is for wires that we route ourselves, in pixels.
const cornerRadius = 6

func reversed(points []layout.Point) []layout.Point {
	out := make([]layout.Point, len(points))
	for i, p := range points {
		out[len(points)-1-i] = p
	}
	return out
}

// snap moves the ends of a curve onto the edges of their boxes, along with the control points next
// to them. Graphviz writes five digits, which in a large drawing is not quite where the boxes are.
func snap(points []layout.Point, from, to layout.Rect) []layout.Point {
	out := append([]layout.Point(nil), points...)
	n := len(out)
	move := func(end, control int, r layout.Rect) {
		p := nearest(r, out[end])
		out[control].X += p.X - out[end].X
		out[control].Y += p.Y - out[end].Y
		out[end] = p
	}
	move(0, 1, from)
	move(n-1, n-2, to)
	return out
}

// nearest is the point on a box's edge that is nearest to p.
func nearest(r layout.Rect, p layout.Point) layout.Point {
	x := math.Max(r.X, math.Min(r.X+r.W, p.X))
	y := math.Max(r.Y, math.Min(r.Y+r.H, p.Y))
	if x != p.X || y != p.Y {
		return layout.Point{X: x, Y: y}
	}
	left, right, up, down := x-r.X, r.X+r.W-x, y-r.Y, r.Y+r.H-y
	switch math.Min(math.Min(left, right), math.Min(up, down)) {
	case left:
		x = r.X
	case right:
		x = r.X + r.W
	case up:
		y = r.Y
	default:
		y = r.Y + r.H
	}
	return layout.Point{X: x, Y: y}
}

// finish moves the drawing to its margins and measures it.
func finish(l *layout.Layout) {
	minX, minY, maxX, maxY := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	point := func(x, y float64) {
		minX, minY, maxX, maxY = math.Min(minX, x), math.Min(minY, y), math.Max(maxX, x), math.Max(maxY, y)
	}
	rect := func(r layout.Rect) { point(r.X, r.Y); point(r.X+r.W, r.Y+r.H) }
	for _, b := range l.Groups {
		rect(b.Rect)
	}
	for _, b := range l.Clusters {
		rect(b.Rect)
	}
	for _, b := range l.Nodes {
		rect(b.Rect)
	}
	eachLabel(l, func(r layout.Rect) { rect(r) })
	for _, w := range l.Wires {
		for _, p := range w.Points {
			point(p.X, p.Y) // a control point may be outside of the curve: a little more margin, then.
		}
	}
	if minX > maxX { // an empty graph.
		l.W, l.H = 2*margin, 2*margin
		return
	}
	dx, dy := margin-minX, margin-minY
	shift(l, dx, dy)
	l.W, l.H = math.Ceil(maxX+dx+margin), math.Ceil(maxY+dy+margin)
}

// shift moves everything.
func shift(l *layout.Layout, dx, dy float64) {
	rect := func(r *layout.Rect) { r.X += dx; r.Y += dy }
	for i := range l.Groups {
		rect(&l.Groups[i].Rect)
	}
	for i := range l.Clusters {
		c := &l.Clusters[i]
		rect(&c.Rect)
		for k := range c.Bands {
			rect(&c.Bands[k])
		}
		for k := range c.Sections {
			rect(&c.Sections[k].Rect)
		}
	}
	for i := range l.Nodes {
		rect(&l.Nodes[i].Rect)
	}
	for i := range l.Wires {
		w := &l.Wires[i]
		for k := range w.Points {
			w.Points[k].X += dx
			w.Points[k].Y += dy
		}
		for _, p := range []*layout.Point{w.LabelAt, w.FromAt, w.ToAt} {
			if p != nil {
				p.X += dx
				p.Y += dy
			}
		}
	}
}
