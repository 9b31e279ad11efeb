package quality

import (
	"fmt"
	"math"

	"github.com/hostwire/hostwire/layout"
)

// Report is what is good and bad about one layout. All lengths are in CSS pixels.
type Report struct {
	Clusters, Nodes, Wires int // how many the layout places.

	Missing   int // parts of the graph without a place, or placed more than once.
	Overlaps  int // pairs of boxes that overlap, other than a box with what it is meant to hold.
	Spilled   int // boxes that stick out of the card, the group or the drawing that they belong in.
	Clipped   int // texts that stick out of their box, or run into another text of it.
	Truncated int // texts shortened to fit their box.
	Loose     int // ends of wires that do not touch the box of what they join.

	Through       int // pairs of a wire and a box that it runs through without belonging to it.
	ThroughOwn    int // wires that run across the box of their own end.
	Crossings     int // points where two wires cross or touch; those of a bundle that are drawn as one count once.
	Coincident    int // pairs of wires that run on one line, other than those of one bundle.
	LabelsCovered int // labels with another wire, another label or a box on top.

	Bends  float64 // quarter turns of all wires together; a curve counts by how far it turns.
	Length float64 // of all wires together; what wires of a bundle draw alike counts once.
	Area   float64 // of the drawing, in square pixels.
	Aspect float64 // width by height of the drawing; 0 if it has no height.
}

// Tolerances, in pixels. Anything smaller cannot be seen.
const (
	touching  = 0.5 // boxes may share this much.
	inside    = 1.0 // a wire may graze this much of a box's edge.
	endReach  = 3.0 // a wire's end may be this far from its box: arrow heads and plugs stand there.
	lineWidth = 1.5 // wires closer than this look like one.
	together  = 8.0 // wires look like one for at least this long before it counts.
)

// Measure looks at a layout. It takes time near-linear in the size of the drawing.
func Measure(l *layout.Layout) Report {
	r := Report{
		Clusters: len(l.Clusters),
		Nodes:    len(l.Nodes),
		Wires:    len(l.Wires),
		Area:     l.W * l.H,
	}
	if l.H > 0 {
		r.Aspect = l.W / l.H
	}
	r.Missing = missing(l)
	b := collectBoxes(l)
	r.Overlaps = b.overlaps()
	r.Spilled = b.spilled(l)
	r.Clipped, r.Truncated = texts(l)
	paths := collectPaths(l)
	length, turned := drawn(l, paths)
	r.Length, r.Bends = length, turned/(math.Pi/2)
	r.Loose = loose(l, paths)
	r.Through, r.ThroughOwn = b.through(l, paths)
	r.Crossings, r.Coincident = crossings(l, paths)
	r.LabelsCovered = coveredLabels(l, b, paths)
	return r
}

// Faults is the number of defects that a good layout has none of.
func (r Report) Faults() int {
	return r.Missing + r.Overlaps + r.Spilled + r.Clipped + r.Loose + r.Through + r.ThroughOwn + r.Coincident + r.LabelsCovered
}

// String is the report in one line.
func (r Report) String() string {
	return fmt.Sprintf("missing %d, overlaps %d, spilled %d, clipped %d, truncated %d, loose %d, through %d, through own %d, crossings %d, coincident %d, labels covered %d, bends %.0f, length %.0f, area %.0f, aspect %.2f",
		r.Missing, r.Overlaps, r.Spilled, r.Clipped, r.Truncated, r.Loose, r.Through, r.ThroughOwn, r.Crossings, r.Coincident, r.LabelsCovered, r.Bends, r.Length, r.Area, r.Aspect)
}

// missing counts the parts of the graph that have no place, too many of them, or none of this graph.
func missing(l *layout.Layout) int {
	places := map[any]int{}
	for i := range l.Groups {
		places[l.Groups[i].Group]++
	}
	for i := range l.Clusters {
		places[l.Clusters[i].Cluster]++
	}
	for i := range l.Nodes {
		places[l.Nodes[i].Node]++
	}
	for i := range l.Wires {
		places[l.Wires[i].Edge]++
	}
	n := 0
	take := func(part any) {
		if places[part] != 1 {
			n++
		}
		delete(places, part)
	}
	for _, g := range l.Graph.Groups {
		take(g)
	}
	for _, c := range l.Graph.Clusters {
		take(c)
		for _, node := range c.Nodes {
			take(node)
		}
	}
	for _, node := range l.Graph.Free {
		take(node)
	}
	for _, e := range l.Graph.Edges {
		take(e)
	}
	return n + len(places)
}
