package wiring

import (
	"math"

	"github.com/hostwire/hostwire/internal/typeface"
	"github.com/hostwire/hostwire/layout"
)

// Room of labels, in pixels.
const (
	labelHeight = 12
	labelPad    = 4  // at both ends of the text.
	labelStep   = 14 // between places that are tried.
	labelFine   = 3  // the same where none of these is free.
	labelGap    = 3  // to what is not its own wire.
	labelFrame  = 70 // how much further away a label goes to stay off the edge of a card or group.
)

// labelRoom is the length of straight wire that a label needs.
func labelRoom(text string) float64 {
	if text == "" {
		return 0
	}
	return math.Ceil(typeface.Label.Width(text)) + 2*labelPad
}

// label is the text that stands near an end of a wire.
func (e *end) label() string {
	switch t := e.wire.texts; {
	case t != nil && e.wire.ends[0] == e:
		return t.From
	case t != nil:
		return t.To
	case e.wire.ends[0] == e:
		return e.wire.edge.FromLabel
	}
	return e.wire.edge.ToLabel
}

// text is what stands in the middle of a wire.
func (w *wire) text() string {
	if w.texts != nil {
		return w.texts.Label
	}
	return w.edge.Label
}

// placeLabels puts labels on their own wires, where neither another wire nor a box nor another label is in
// the way: as close to the end, or to the middle, as there is room.
//
// lines tells of each wire as a part of which line it is drawn: wires of a trunk are one.
func placeLabels(l *layout.Layout, lines []int) {
	any := false
	for i := range l.Wires {
		any = any || len(l.Wires[i].Labels()) > 0
	}
	if !any {
		return
	}
	g := newGrid(l, lines)
	for i := range l.Wires {
		w := &l.Wires[i]
		total := length(w.Points)
		t := w.Texts
		if t == nil {
			t = &layout.Texts{Label: w.Edge.Label, From: w.Edge.FromLabel, To: w.Edge.ToLabel}
		}
		for _, one := range []struct {
			text string
			at   float64
			to   **layout.Point
		}{{t.From, 0, &w.FromAt}, {t.To, total, &w.ToAt}, {t.Label, total / 2, &w.LabelAt}} {
			if one.text != "" {
				*one.to = g.place(lines[i], w.Points, one.text, one.at)
			}
		}
	}
}

func length(points []layout.Point) float64 {
	sum := 0.0
	for i := 1; i < len(points); i++ {
		sum += math.Abs(points[i].X-points[i-1].X) + math.Abs(points[i].Y-points[i-1].Y)
	}
	return sum
}

// place finds the free spot on the wire that is closest to a place, given as the length of wire
// before it.
func (g *grid) place(line int, points []layout.Point, text string, want float64) *layout.Point {
	best := g.search(line, points, text, want, labelStep)
	if best == nil {
		best = g.search(line, points, text, want, labelFine)
	}
	if best != nil {
		w := labelRoom(text)
		g.add(thing{layout.Rect{X: best.X - w/2, Y: best.Y - labelHeight/2, W: w, H: labelHeight}, -1})
	}
	return best
}

func (g *grid) search(line int, points []layout.Point, text string, want, step float64) *layout.Point {
	w := labelRoom(text)
	var best *layout.Point
	bestFar := math.MaxFloat64
	try := func(p layout.Point, at, stray float64) {
		far := math.Abs(at-want) + stray
		if far >= bestFar {
			return
		}
		r := layout.Rect{X: p.X - w/2, Y: p.Y - labelHeight/2, W: w, H: labelHeight}
		if !g.free(r, line) {
			return
		}
		if g.onEdge(r) {
			far += labelFrame
		}
		if far < bestFar {
			q := p
			best, bestFar = &q, far
		}
	}
	before := make([]float64, len(points)) // length of wire.
	for i := 1; i < len(points); i++ {
		before[i] = before[i-1] + length(points[i-1:i+1])
	}
	for n := 1; n < len(points); n++ {
		i := n
		if want > 0 { // from the end to which it is to be close: most is too far away once a spot is found.
			i = len(points) - n
		}
		if math.Max(before[i-1]-want, want-before[i]) >= bestFar {
			continue
		}
		a, b := points[i-1], points[i]
		passed, d := before[i-1], before[i]-before[i-1]
		lo, hi := w/2+labelPad+wireRadius/2, d-w/2-labelPad-wireRadius/2
		if a.X == b.X {
			lo, hi = labelHeight, d-labelHeight
		}
		steps := int(math.Max(0, math.Floor((hi-lo)/step)))
		for k := 0; hi >= lo && k <= steps+1; k++ {
			at := math.Min(lo+float64(k)*step, hi)
			p := layout.Point{X: a.X + (b.X-a.X)*at/d, Y: a.Y + (b.Y-a.Y)*at/d}
			p.X, p.Y = math.Round(p.X*2)/2, math.Round(p.Y*2)/2
			try(p, passed+at, 0)
			if a.Y == b.Y { // beside the wire
				try(layout.Point{X: p.X, Y: p.Y - labelHeight/2 - labelGap}, passed+at, 40)
				try(layout.Point{X: p.X, Y: p.Y + labelHeight/2 + labelGap}, passed+at, 60)
			} else {
				try(layout.Point{X: p.X - w/2 - labelGap, Y: p.Y}, passed+at, 80)
				try(layout.Point{X: p.X + w/2 + labelGap, Y: p.Y}, passed+at, 80)
			}
		}
	}
	return best
}

// grid finds what is at a place of the drawing.
type grid struct {
	w, h  float64
	cells map[[2]int][]thing
}

// thing is something that labels keep away from.
type thing struct {
	rect layout.Rect
	line int // of wires that it is a part of, boxEdge for edges of cards and groups, -1 for others.
}

// boxEdge marks what labels only avoid.
const boxEdge = -2

const cell = 160 // pixels

func newGrid(l *layout.Layout, lines []int) *grid {
	g := &grid{w: l.W, h: l.H, cells: map[[2]int][]thing{}}
	drawn := map[thing]bool{} // of trunks, which are drawn for each of their wires.
	for i, w := range l.Wires {
		for k := 1; k < len(w.Points); k++ {
			a, b := w.Points[k-1], w.Points[k]
			x, y := math.Min(a.X, b.X), math.Min(a.Y, b.Y)
			t := thing{layout.Rect{X: x, Y: y, W: math.Abs(a.X - b.X), H: math.Abs(a.Y - b.Y)}, lines[i]}
			if w.Bundle > 0 {
				if drawn[t] {
					continue
				}
				drawn[t] = true
			}
			g.add(t)
		}
	}
	for _, n := range l.Nodes {
		g.add(thing{n.Rect, -1})
	}
	for _, c := range l.Clusters {
		g.add(thing{layout.Rect{X: c.Rect.X, Y: c.Rect.Y, W: c.Rect.W, H: c.Header}, -1})
		for _, x := range [2]float64{c.Rect.X, c.Rect.X + c.Rect.W} {
			g.add(thing{layout.Rect{X: x, Y: c.Rect.Y, H: c.Rect.H}, boxEdge})
		}
		for _, s := range c.Sections {
			g.add(thing{s.Rect, -1})
		}
	}
	for _, b := range l.Groups {
		for _, x := range [2]float64{b.Rect.X, b.Rect.X + b.Rect.W} {
			g.add(thing{layout.Rect{X: x, Y: b.Rect.Y, H: b.Rect.H}, boxEdge})
		}
		g.add(thing{layout.Rect{X: b.Rect.X, Y: b.Rect.Y, W: math.Min(layout.GroupWidth(b.Group), b.Rect.W), H: layout.GroupHeader}, -1})
	}
	return g
}

func (g *grid) cover(r layout.Rect, do func(key [2]int) bool) bool {
	for x := int(math.Floor(r.X / cell)); x <= int(math.Floor((r.X+r.W)/cell)); x++ {
		for y := int(math.Floor(r.Y / cell)); y <= int(math.Floor((r.Y+r.H)/cell)); y++ {
			if !do([2]int{x, y}) {
				return false
			}
		}
	}
	return true
}

func (g *grid) add(t thing) {
	g.cover(t.rect, func(key [2]int) bool {
		g.cells[key] = append(g.cells[key], t)
		return true
	})
}

// free tells whether nothing but the line itself is in a rectangle or close to it; cards
// themselves do not count.
func (g *grid) free(r layout.Rect, line int) bool {
	if r.X < 2 || r.Y < 2 || r.X+r.W > g.w-2 || r.Y+r.H > g.h-2 {
		return false
	}
	return g.cover(r, func(key [2]int) bool {
		for _, t := range g.cells[key] {
			if t.line != line && t.line != boxEdge &&
				t.rect.X < r.X+r.W+labelGap && r.X < t.rect.X+t.rect.W+labelGap &&
				t.rect.Y < r.Y+r.H+labelGap-1 && r.Y < t.rect.Y+t.rect.H+labelGap-1 {
				return false
			}
		}
		return true
	})
}

// onEdge tells whether a rectangle is on the left or right edge of a card or group.
func (g *grid) onEdge(r layout.Rect) bool {
	return !g.cover(r, func(key [2]int) bool {
		for _, t := range g.cells[key] {
			if t.line == boxEdge && t.rect.X > r.X-1 && t.rect.X < r.X+r.W+1 && t.rect.Y < r.Y+r.H && r.Y < t.rect.Y+t.rect.H {
				return false
			}
		}
		return true
	})
}
