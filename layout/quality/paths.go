package quality

import (
	"math"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/layout"
)

// segment is a straight piece of a wire.
type segment struct{ a, b layout.Point }

// path is a wire as straight pieces.
type path struct {
	segments []segment
	length   float64
	turned   float64   // sum of all changes of direction, in radians.
	turns    []float64 // of each piece: the change of direction before it.
}

// flatness is how far a chord may be from its curve, in pixels.
const flatness = 0.25

func collectPaths(l *layout.Layout) []path {
	paths := make([]path, len(l.Wires))
	for i := range l.Wires {
		paths[i] = newPath(&l.Wires[i])
	}
	return paths
}

func newPath(w *layout.Wire) path {
	points := w.Points
	if w.Curve {
		points = flatten(points)
	}
	var p path
	var last float64
	for i := 1; i < len(points); i++ {
		a, b := points[i-1], points[i]
		d := math.Hypot(b.X-a.X, b.Y-a.Y)
		if !(d > 1e-9) || math.IsInf(d, 0) { // also when not a number.
			continue
		}
		direction := math.Atan2(b.Y-a.Y, b.X-a.X)
		turn := 0.0
		if len(p.segments) > 0 {
			turn = math.Abs(math.Remainder(direction-last, 2*math.Pi))
		}
		last = direction
		p.turns = append(p.turns, turn)
		p.turned += turn
		p.segments = append(p.segments, segment{a, b})
		p.length += d
	}
	return p
}

// drawn is the length of all wires and the sum of all their changes of direction. What the wires of a
// bundle draw alike, piece by piece, counts once.
func drawn(l *layout.Layout, paths []path) (length, turned float64) {
	type piece struct {
		bundle int
		segment
	}
	seen := map[piece]bool{}
	for i, p := range paths {
		n := l.Wires[i].Bundle
		if n == 0 {
			length, turned = length+p.length, turned+p.turned
			continue
		}
		for k, s := range p.segments {
			if at := (piece{n, s}); !seen[at] {
				seen[at] = true
				length, turned = length+s.length(), turned+p.turns[k]
			}
		}
	}
	return length, turned
}

// flatten turns 1+3n control points into the corners of a polyline.
func flatten(points []layout.Point) []layout.Point {
	if len(points) == 0 {
		return nil
	}
	out := []layout.Point{points[0]}
	for i := 0; i+3 < len(points); i += 3 {
		out = flattenCubic(out, points[i], points[i+1], points[i+2], points[i+3], 0)
	}
	return out
}

func flattenCubic(out []layout.Point, a, b, c, d layout.Point, depth int) []layout.Point {
	if depth >= 10 || distance(b, a, d) <= flatness && distance(c, a, d) <= flatness {
		return append(out, d)
	}
	ab, bc, cd := middle(a, b), middle(b, c), middle(c, d)
	abc, bcd := middle(ab, bc), middle(bc, cd)
	m := middle(abc, bcd)
	out = flattenCubic(out, a, ab, abc, m, depth+1)
	return flattenCubic(out, m, bcd, cd, d, depth+1)
}

func middle(a, b layout.Point) layout.Point {
	return layout.Point{X: (a.X + b.X) / 2, Y: (a.Y + b.Y) / 2}
}

// distance is how far p is from the segment a–b.
func distance(p, a, b layout.Point) float64 {
	dx, dy := b.X-a.X, b.Y-a.Y
	t := 0.0
	if sq := dx*dx + dy*dy; sq > 0 {
		t = math.Max(0, math.Min(1, ((p.X-a.X)*dx+(p.Y-a.Y)*dy)/sq))
	}
	return math.Hypot(p.X-a.X-t*dx, p.Y-a.Y-t*dy)
}

func (s segment) length() float64 { return math.Hypot(s.b.X-s.a.X, s.b.Y-s.a.Y) }

func (s segment) bounds() layout.Rect {
	x, y := math.Min(s.a.X, s.b.X), math.Min(s.a.Y, s.b.Y)
	return layout.Rect{X: x, Y: y, W: math.Max(s.a.X, s.b.X) - x, H: math.Max(s.a.Y, s.b.Y) - y}
}

// lengthIn is how much of the segment is inside of a rectangle (Liang-Barsky clipping).
func (s segment) lengthIn(r layout.Rect) float64 {
	if r.W <= 0 || r.H <= 0 {
		return 0
	}
	dx, dy := s.b.X-s.a.X, s.b.Y-s.a.Y
	enter, leave := 0.0, 1.0
	for _, side := range [4][2]float64{
		{-dx, s.a.X - r.X}, {dx, r.X + r.W - s.a.X},
		{-dy, s.a.Y - r.Y}, {dy, r.Y + r.H - s.a.Y},
	} {
		p, q := side[0], side[1]
		switch {
		case p == 0:
			if q <= 0 {
				return 0
			}
		case p < 0:
			enter = math.Max(enter, q/p)
		default:
			leave = math.Min(leave, q/p)
		}
	}
	return math.Max(0, leave-enter) * s.length()
}

// loose counts wires' ends that are away from the box they should touch.
func loose(l *layout.Layout, paths []path) int {
	at := map[*graph.Node]layout.Rect{}
	for _, n := range l.Nodes {
		at[n.Node] = n.Rect
	}
	n := 0
	reaches := func(node *graph.Node, p layout.Point) bool {
		r, ok := at[node]
		return ok && p.X >= r.X-endReach && p.X <= r.X+r.W+endReach && p.Y >= r.Y-endReach && p.Y <= r.Y+r.H+endReach
	}
	for i, p := range paths {
		e := l.Wires[i].Edge
		if len(p.segments) == 0 {
			n += 2
			continue
		}
		if !reaches(e.From, p.segments[0].a) {
			n++
		}
		if !reaches(e.To, p.segments[len(p.segments)-1].b) {
			n++
		}
	}
	return n
}
