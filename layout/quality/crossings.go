package quality

import (
	"math"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/layout"
)

// pair is two wires or lines, the lower number first.
type pair struct{ a, b int }

// Bundled tells whether two wires may be drawn as one line for a stretch: the layout made one bundle
// of them, or they are of one kind and share an end, as a bridge's ports do.
func Bundled(a, b *layout.Wire) bool {
	return a.Bundle > 0 && a.Bundle == b.Bundle || related(a.Edge, b.Edge)
}

func related(a, b *graph.Edge) bool {
	return a.Kind == b.Kind && (a.From == b.From || a.To == b.To || a.From == b.To || a.To == b.From)
}

// crossings counts the points where wires cross or touch, and the pairs of wires that look like one
// for a stretch. Wires of one bundle may touch and run together, but not cross. Where several wires of a
// bundle cross something as one line, that is one crossing: an eye sees no more.
func crossings(l *layout.Layout, paths []path) (points, coincident int) {
	var segments []segment
	var owner []int
	for w, p := range paths {
		for _, s := range p.segments {
			segments, owner = append(segments, s), append(owner, w)
		}
	}
	rects := make([]layout.Rect, len(segments))
	for i, s := range segments {
		r := s.bounds()
		rects[i] = layout.Rect{X: r.X - lineWidth/2, Y: r.Y - lineWidth/2, W: r.W + lineWidth, H: r.H + lineWidth}
	}
	grid := newGrid(rects)
	line := func(w int) int { // of a wire: that of its bundle, or one of its own.
		if n := l.Wires[w].Bundle; n > 0 {
			return -n
		}
		return w
	}
	met := map[pair]spots{}      // of two lines: where they cross or touch.
	beside := map[pair]float64{} // of two wires: length of the stretches where they look like one.
	for i := range segments {
		grid.near(rects[i], func(j int) {
			if j <= i || owner[i] == owner[j] || !near(rects[i], rects[j]) {
				return
			}
			v, w := &l.Wires[owner[i]], &l.Wires[owner[j]]
			point, how, shared := meet(segments[i], segments[j])
			if Bundled(v, w) {
				shared = 0
				if how == touch {
					how = apart
				}
			}
			if how == apart && shared == 0 {
				return
			}
			if shared > 0 {
				beside[pair{owner[i], owner[j]}] += shared
			}
			if how == apart || atCommonEnd(v.Edge, w.Edge, paths[owner[i]], paths[owner[j]], point) {
				return
			}
			key := pair{line(owner[i]), line(owner[j])}
			if key.a > key.b {
				key.a, key.b = key.b, key.a
			}
			if !met[key].has(point) {
				met[key] = append(met[key], point)
				points++
			}
		})
	}
	for _, shared := range beside {
		if shared >= together {
			coincident++
		}
	}
	return points, coincident
}

func near(a, b layout.Rect) bool {
	return a.X <= b.X+b.W && b.X <= a.X+a.W && a.Y <= b.Y+b.H && b.Y <= a.Y+a.H
}

// spots are places in the drawing.
type spots []layout.Point

func (s spots) has(p layout.Point) bool {
	for _, q := range s {
		if math.Hypot(p.X-q.X, p.Y-q.Y) < lineWidth {
			return true
		}
	}
	return false
}

// atCommonEnd tells whether two wires meet only because they end at the same spot of one node.
func atCommonEnd(a, b *graph.Edge, pa, pb path, at layout.Point) bool {
	end := func(e *graph.Edge, p path, n *graph.Node) bool {
		first, last := p.segments[0].a, p.segments[len(p.segments)-1].b
		return e.From == n && math.Hypot(first.X-at.X, first.Y-at.Y) <= 2*endReach ||
			e.To == n && math.Hypot(last.X-at.X, last.Y-at.Y) <= 2*endReach
	}
	return end(a, pa, a.From) && end(b, pb, a.From) || end(a, pa, a.To) && end(b, pb, a.To)
}

// how is the way in which two segments meet.
type how int

const (
	apart how = iota
	touch     // at an end of one of them.
	cross     // inside of both.
)

// meet says where two segments cross or touch, and how long they look like one line.
func meet(s, t segment) (at layout.Point, kind how, shared float64) {
	const snap = 0.01 // pixels: rounding of coordinates must not part what touches.
	dx, dy := s.b.X-s.a.X, s.b.Y-s.a.Y
	ex, ey := t.b.X-t.a.X, t.b.Y-t.a.Y
	ls, lt := math.Hypot(dx, dy), math.Hypot(ex, ey)
	sine := (dx*ey - dy*ex) / (ls * lt)
	if math.Abs(sine) < 0.05 { // within three degrees
		shared = stretch(s, t, ls)
	}
	if math.Abs(sine) < 1e-9 {
		return at, apart, shared
	}
	// Along s and t, in pixels, to where their lines meet.
	u := ((t.a.X-s.a.X)*ey - (t.a.Y-s.a.Y)*ex) / lt / sine
	v := ((t.a.X-s.a.X)*dy - (t.a.Y-s.a.Y)*dx) / ls / sine
	if u < -snap || u > ls+snap || v < -snap || v > lt+snap {
		return at, apart, shared
	}
	at = layout.Point{X: s.a.X + dx*u/ls, Y: s.a.Y + dy*u/ls}
	if u < snap || u > ls-snap || v < snap || v > lt-snap {
		return at, touch, shared
	}
	return at, cross, shared
}

// stretch is how long two nearly parallel segments are closer than the width of a line.
func stretch(s, t segment, ls float64) float64 {
	dx, dy := (s.b.X-s.a.X)/ls, (s.b.Y-s.a.Y)/ls
	along := func(p layout.Point) (pos, off float64) {
		return (p.X-s.a.X)*dx + (p.Y-s.a.Y)*dy, (p.Y-s.a.Y)*dx - (p.X-s.a.X)*dy
	}
	p0, d0 := along(t.a)
	p1, d1 := along(t.b)
	if p0 > p1 {
		p0, d0, p1, d1 = p1, d1, p0, d0
	}
	from, to := math.Max(0, p0), math.Min(ls, p1)
	if slope := (d1 - d0) / (p1 - p0); math.Abs(slope) > 1e-12 {
		x0, x1 := p0+(-lineWidth-d0)/slope, p0+(lineWidth-d0)/slope
		from, to = math.Max(from, math.Min(x0, x1)), math.Min(to, math.Max(x0, x1))
	} else if math.Abs(d0) >= lineWidth {
		return 0
	}
	return math.Max(0, to-from)
}
