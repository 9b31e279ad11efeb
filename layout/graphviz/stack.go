package graphviz

import (
	"math"
	"sort"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/layout"
)

// stacked is a card with its rows stacked by us, and the wires within it in lanes between two
// columns of rows. Graphviz places it as one box. All places are relative to its top left corner.
type stacked struct {
	cluster  *graph.Cluster
	w, h     float64
	rows     map[*graph.Node]layout.Rect
	left     map[*graph.Node]bool // wires may leave the row to the left.
	right    map[*graph.Node]bool // wires may leave the row to the right.
	sections []layout.SectionBox
	wires    map[*graph.Edge][]layout.Point // corners of the wires within the card.
}

const (
	laneGap  = 8.0  // between lanes.
	laneEdge = 14.0 // from a column to the nearest lane.
	fan      = 5.0  // between wires of different kinds at one row's edge.
)

// stack arranges a card. Rows that others are built on stand in the left column, what is built on
// them in the right one; a card without wires of its own has one column only.
func stack(c *graph.Cluster, inner []*graph.Edge, o *order) *stacked {
	s := &stacked{
		cluster: c, rows: map[*graph.Node]layout.Rect{}, wires: map[*graph.Edge][]layout.Point{},
		left: map[*graph.Node]bool{}, right: map[*graph.Node]bool{},
	}
	depth := o.columns(c, inner)
	two := false
	for _, d := range depth {
		two = two || d > 0
	}
	var columns [2][]*graph.Node
	for _, n := range c.Nodes {
		at := 0
		if two && (depth[n] > 0 || n.Class == graph.Port) {
			at = 1
		}
		columns[at] = append(columns[at], n)
		s.left[n], s.right[n] = at == 0, at == 1 || !two
	}
	bundles := bundle(inner)
	lanes := newLanes(bundles, columns)
	channel := 0.0
	if two {
		channel = 2*laneEdge + laneGap*math.Max(0, float64(lanes.count-1))
	}
	x, bottom := float64(layout.CardPad), 0.0
	for k, column := range columns {
		w := 0.0
		for _, n := range column {
			nw, _ := layout.NodeSize(n)
			w = math.Max(w, nw)
		}
		y := float64(layout.HeaderHeight + layout.CardPad)
		for _, n := range column {
			_, h := layout.NodeSize(n)
			s.rows[n] = layout.Rect{X: x, Y: y, W: w, H: h}
			y += h + rowGap
			bottom = math.Max(bottom, y-rowGap)
		}
		x += w
		if k == 0 {
			x += channel
		}
	}
	s.w = math.Max(x+layout.CardPad, layout.HeaderWidth(c))
	if len(c.Nodes) == 0 {
		bottom = layout.HeaderHeight
	}
	s.addSections(bottom)
	if extra := s.w - (x + layout.CardPad); extra > 0 { // the header needs more: rows become wider, so that wires still end at the card's sides.
		for n, r := range s.rows {
			if s.right[n] {
				r.W += extra
				s.rows[n] = r
			}
		}
	}
	s.route(bundles, lanes, columns)
	return s
}

func (s *stacked) addSections(bottom float64) {
	for _, section := range s.cluster.Sections {
		w, h := layout.SectionSize(section)
		bottom += rowGap
		s.sections = append(s.sections, layout.SectionBox{Section: section, Rect: layout.Rect{X: layout.CardPad, Y: bottom, W: w, H: h}})
		bottom += h
		s.w = math.Max(s.w, w+2*layout.CardPad)
	}
	s.h = bottom + layout.CardPad
}

// wireBundle is wires within a card that are drawn as one where they run together: those of one
// kind that lead to one row.
type wireBundle struct {
	to    *graph.Node
	edges []*graph.Edge
}

func bundle(inner []*graph.Edge) []*wireBundle {
	type key struct {
		kind graph.EdgeKind
		to   *graph.Node
	}
	var bundles []*wireBundle
	known := map[key]*wireBundle{}
	for _, e := range inner {
		k := key{e.Kind, e.To}
		if known[k] == nil {
			known[k] = &wireBundle{to: e.To}
			bundles = append(bundles, known[k])
		}
		known[k].edges = append(known[k].edges, e)
	}
	return bundles
}

// lanes are the vertical tracks between the columns of a card, by the left-edge rule: a bundle
// takes the first track that is free over its whole height.
type lanes struct {
	of    map[*wireBundle]int
	count int
}

func newLanes(bundles []*wireBundle, columns [2][]*graph.Node) lanes {
	rank := map[*graph.Node]int{} // height in the card, in rows: enough to tell which bundles pass each other.
	for _, column := range columns {
		for i, n := range column {
			rank[n] = i
		}
	}
	span := func(b *wireBundle) (from, to int) {
		from, to = rank[b.to], rank[b.to]
		for _, e := range b.edges {
			from, to = min(from, rank[e.From]), max(to, rank[e.From])
		}
		return from, to
	}
	sorted := append([]*wireBundle(nil), bundles...)
	sort.SliceStable(sorted, func(i, j int) bool {
		a, _ := span(sorted[i])
		b, _ := span(sorted[j])
		return a < b
	})
	l := lanes{of: map[*wireBundle]int{}}
	var free []int // by lane: the first row below what is in it.
	for _, b := range sorted {
		from, to := span(b)
		lane := 0
		for lane < len(free) && free[lane] > from-1 { // rows of both columns differ in height: one row of air.
			lane++
		}
		if lane == len(free) {
			free = append(free, 0)
		}
		free[lane] = to + 2
		l.of[b] = lane
	}
	l.count = len(free)
	return l
}

// route draws the wires within the card.
func (s *stacked) route(bundles []*wireBundle, l lanes, columns [2][]*graph.Node) {
	inRight := map[*graph.Node]bool{}
	start := 0.0 // where the channel begins.
	for _, n := range columns[0] {
		start = math.Max(start, s.rows[n].X+s.rows[n].W)
	}
	for _, n := range columns[1] {
		inRight[n] = true
	}
	// Bundles at one row's edge keep apart.
	used := map[*graph.Node]int{}
	count := map[*graph.Node]int{}
	for _, b := range bundles {
		count[b.to]++
		for _, e := range b.edges {
			count[e.From]++
		}
	}
	attach := func(n *graph.Node) layout.Point {
		r := s.rows[n]
		gap := math.Min(fan, (r.H-8)/math.Max(1, float64(count[n])))
		y := r.Y + r.H/2 + gap*(float64(used[n])-float64(count[n]-1)/2)
		used[n]++
		if inRight[n] {
			return layout.Point{X: r.X, Y: y}
		}
		return layout.Point{X: r.X + r.W, Y: y}
	}
	for _, b := range bundles {
		x := start + laneEdge + laneGap*float64(l.of[b])
		to := attach(b.to)
		for _, e := range b.edges {
			from := attach(e.From)
			s.wires[e] = []layout.Point{from, {X: x, Y: from.Y}, {X: x, Y: to.Y}, to}
		}
	}
}
