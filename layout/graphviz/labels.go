package graphviz

import (
	"math"

	"github.com/hostwire/hostwire/internal/typeface"
	"github.com/hostwire/hostwire/layout"
)

// labelRoom is the room that a label takes, with some air.
func labelRoom(text string) layout.Rect {
	return layout.Rect{W: math.Ceil(typeface.Label.Width(text)) + 4, H: typeface.Label.Size + 2}
}

// labelAt is a label's room around its centre.
func labelAt(text string, p layout.Point) layout.Rect {
	r := labelRoom(text)
	return layout.Rect{X: p.X - r.W/2, Y: p.Y - r.H/2, W: r.W, H: r.H}
}

// eachLabel calls f with the room of each placed label.
func eachLabel(l *layout.Layout, f func(layout.Rect)) {
	for i := range l.Wires {
		w := &l.Wires[i]
		for _, one := range []struct {
			text string
			at   *layout.Point
		}{{w.Edge.Label, w.LabelAt}, {w.Edge.FromLabel, w.FromAt}, {w.Edge.ToLabel, w.ToAt}} {
			if one.text != "" && one.at != nil {
				f(labelAt(one.text, *one.at))
			}
		}
	}
}

// labeller finds places for labels: beside their wire, where nothing else is.
type labeller struct {
	solid []layout.Rect    // boxes that labels must not touch.
	cards []layout.Rect    // boxes whose edges labels must not lie across.
	ways  [][]layout.Point // all wires, as corners of polylines.
}

// placeLabels puts every label that has no place, or a bad one, beside its wire.
func placeLabels(l *layout.Layout) {
	labelled := false
	for i := range l.Wires {
		e := l.Wires[i].Edge
		labelled = labelled || e.Label != "" || e.FromLabel != "" || e.ToLabel != ""
	}
	if !labelled {
		return
	}
	lb := &labeller{ways: make([][]layout.Point, len(l.Wires))}
	for _, c := range l.Clusters {
		lb.cards = append(lb.cards, c.Rect)
		lb.solid = append(lb.solid, layout.Rect{X: c.Rect.X, Y: c.Rect.Y, W: c.Rect.W, H: c.Header})
		for _, s := range c.Sections {
			lb.solid = append(lb.solid, s.Rect)
		}
	}
	for _, n := range l.Nodes {
		lb.solid = append(lb.solid, n.Rect)
	}
	for _, g := range l.Groups {
		lb.solid = append(lb.solid, layout.Rect{X: g.Rect.X, Y: g.Rect.Y, W: layout.GroupWidth(g.Group), H: layout.GroupHeader})
	}
	for i, w := range l.Wires {
		lb.ways[i] = w.Points
		if w.Curve {
			lb.ways[i] = flattened(w.Points)
		}
	}
	for i := range l.Wires {
		w := &l.Wires[i]
		w.FromAt = lb.place(i, w.Edge.FromLabel, w.FromAt, nearFrom)
		w.ToAt = lb.place(i, w.Edge.ToLabel, w.ToAt, nearTo)
		w.LabelAt = lb.place(i, w.Edge.Label, w.LabelAt, inMiddle)
	}
}

// Shares of a wire's length at which its labels are tried, best first.
var (
	nearFrom = []float64{0.12, 0.08, 0.16, 0.2, 0.25, 0.3, 0.04, 0.36, 0.42}
	nearTo   = []float64{0.88, 0.92, 0.84, 0.8, 0.75, 0.7, 0.96, 0.64, 0.58}
	inMiddle = []float64{0.5, 0.45, 0.55, 0.4, 0.6, 0.35, 0.65, 0.3, 0.7, 0.25, 0.75, 0.2, 0.8}
)

// place finds a label's centre, and keeps its room free of later ones. It stays where it is if
// that is good already. Without a good place it takes the one with the fewest things in it.
func (lb *labeller) place(wire int, text string, at *layout.Point, shares []float64) *layout.Point {
	if text == "" {
		return nil
	}
	var best layout.Point
	least := math.MaxInt
	consider := func(p layout.Point) bool {
		if n := lb.inTheWay(wire, labelAt(text, p)); n < least {
			best, least = p, n
		}
		return least == 0
	}
	if at == nil || !consider(*at) {
		r := labelRoom(text)
	search:
		for _, share := range shares {
			p, dx, dy := along(lb.ways[wire], share)
			// Far enough from the wire, across its direction, for the box to clear it.
			off := math.Abs(dx)*r.H/2 + math.Abs(dy)*r.W/2 + 3
			for _, side := range []float64{-1, 1} {
				nx, ny := -dy*side, dx*side
				if dx < 0 { // above first, whichever way the wire runs.
					nx, ny = -nx, -ny
				}
				if consider(layout.Point{X: p.X - nx*-off, Y: p.Y - ny*-off}) {
					break search
				}
			}
		}
	}
	lb.solid = append(lb.solid, labelAt(text, best))
	return &best
}

// inTheWay counts what a label there would lie on.
func (lb *labeller) inTheWay(wire int, r layout.Rect) int {
	n := 0
	for _, s := range lb.solid {
		if overlaps(s, r) {
			n++
		}
	}
	for _, c := range lb.cards {
		if overlaps(c, r) && union(c, r) != c {
			n++
		}
	}
	for i, way := range lb.ways {
		for k := 1; k < len(way); k++ {
			if hits(way[k-1], way[k], r) {
				n++
				if i == wire { // on its own wire it can still be read.
					n--
					continue
				}
				break
			}
		}
	}
	return n
}

func overlaps(a, b layout.Rect) bool {
	return a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H
}

// hits tells whether the segment a–b runs through a box.
func hits(a, b layout.Point, r layout.Rect) bool {
	if math.Max(a.X, b.X) <= r.X || math.Min(a.X, b.X) >= r.X+r.W || math.Max(a.Y, b.Y) <= r.Y || math.Min(a.Y, b.Y) >= r.Y+r.H {
		return false
	}
	side := func(x, y float64) float64 { return (b.X-a.X)*(y-a.Y) - (b.Y-a.Y)*(x-a.X) }
	s1, s2, s3, s4 := side(r.X, r.Y), side(r.X+r.W, r.Y), side(r.X, r.Y+r.H), side(r.X+r.W, r.Y+r.H)
	return !(s1 > 0 && s2 > 0 && s3 > 0 && s4 > 0 || s1 < 0 && s2 < 0 && s3 < 0 && s4 < 0)
}

// along is the point at a share of a way's length, and the way's direction there.
func along(way []layout.Point, share float64) (p layout.Point, dx, dy float64) {
	total := 0.0
	for k := 1; k < len(way); k++ {
		total += math.Hypot(way[k].X-way[k-1].X, way[k].Y-way[k-1].Y)
	}
	left := total * share
	for k := 1; k < len(way); k++ {
		a, b := way[k-1], way[k]
		d := math.Hypot(b.X-a.X, b.Y-a.Y)
		if d > 0 && left <= d {
			return layout.Point{X: a.X + (b.X-a.X)*left/d, Y: a.Y + (b.Y-a.Y)*left/d}, (b.X - a.X) / d, (b.Y - a.Y) / d
		}
		left -= d
	}
	if len(way) == 0 {
		return layout.Point{}, 1, 0
	}
	return way[len(way)-1], 1, 0
}

// flattened is a curve as the corners of a polyline, close enough to see what it runs over.
func flattened(points []layout.Point) []layout.Point {
	const steps = 12
	var out []layout.Point
	for i := 0; i+3 < len(points); i += 3 {
		a, b, c, d := points[i], points[i+1], points[i+2], points[i+3]
		for k := range steps + 1 {
			t := float64(k) / steps
			u := 1 - t
			out = append(out, layout.Point{
				X: u*u*u*a.X + 3*u*u*t*b.X + 3*u*t*t*c.X + t*t*t*d.X,
				Y: u*u*u*a.Y + 3*u*u*t*b.Y + 3*u*t*t*c.Y + t*t*t*d.Y,
			})
		}
	}
	return out
}
