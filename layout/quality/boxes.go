package quality

import (
	"math"
	"sort"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/layout"
)

// boxKind says what a box is, because that decides what it may overlap.
type boxKind int

const (
	groupBox boxKind = iota
	cardBox
	headerBox // of a card: its name stands there.
	sectionBox
	rowBox
	freeBox
)

// box is one rectangle that holds something.
type box struct {
	kind    boxKind
	rect    layout.Rect
	group   *graph.Group   // the group itself, or the innermost one around it.
	cluster *graph.Cluster // the card itself, or the one around it.
	node    *graph.Node    // the node in it.
}

type boxes []box

func collectBoxes(l *layout.Layout) boxes {
	var all boxes
	for _, g := range l.Groups {
		all = append(all, box{kind: groupBox, rect: g.Rect, group: g.Group})
	}
	for _, c := range l.Clusters {
		all = append(all, box{kind: cardBox, rect: c.Rect, group: c.Cluster.Group, cluster: c.Cluster})
		all = append(all, box{kind: headerBox, rect: layout.Rect{X: c.Rect.X, Y: c.Rect.Y, W: c.Rect.W, H: c.Header}, group: c.Cluster.Group, cluster: c.Cluster})
		for _, s := range c.Sections {
			all = append(all, box{kind: sectionBox, rect: s.Rect, group: c.Cluster.Group, cluster: c.Cluster})
		}
	}
	for _, n := range l.Nodes {
		b := box{kind: freeBox, rect: n.Rect, node: n.Node}
		if c := n.Node.Cluster; c != nil {
			b.kind, b.cluster, b.group = rowBox, c, c.Group
		}
		all = append(all, b)
	}
	return all
}

// holds tells whether b is meant to lie in a.
func (a box) holds(b box) bool {
	switch a.kind {
	case groupBox:
		if b.kind == groupBox {
			return b.group != a.group && within(b.group.Parent, a.group)
		}
		return within(b.group, a.group)
	case cardBox:
		return b.kind != cardBox && b.kind != groupBox && b.cluster == a.cluster
	}
	return false
}

// within tells whether g is outer or lies in it.
func within(g, outer *graph.Group) bool {
	for depth := 0; g != nil && depth < 100; g, depth = g.Parent, depth+1 { // a loop of parents must not hang us.
		if g == outer {
			return true
		}
	}
	return false
}

// overlaps counts pairs of boxes that share room without one being meant to hold the other.
func (all boxes) overlaps() int {
	sorted := append(boxes(nil), all...)
	sort.SliceStable(sorted, func(i, j int) bool { return sorted[i].rect.X < sorted[j].rect.X })
	n := 0
	var open boxes // those that the sweep from left to right has entered and not left.
	for _, b := range sorted {
		kept := open[:0]
		for _, a := range open {
			if a.rect.X+a.rect.W-touching <= b.rect.X {
				continue
			}
			kept = append(kept, a)
			if comparable(a, b) && overlap(a.rect, b.rect) && !a.holds(b) && !b.holds(a) {
				n++
			}
		}
		open = append(kept, b)
	}
	return n
}

// comparable leaves what is in a card to its card: two cards that overlap are one fault, whatever is
// in them, and a row that leaves its card is counted as spilled.
func comparable(a, b box) bool {
	content := func(b box) bool { return b.kind == headerBox || b.kind == sectionBox || b.kind == rowBox }
	return !content(a) && !content(b) || a.cluster != nil && a.cluster == b.cluster
}

func overlap(a, b layout.Rect) bool {
	return math.Min(a.X+a.W, b.X+b.W)-math.Max(a.X, b.X) > touching &&
		math.Min(a.Y+a.H, b.Y+b.H)-math.Max(a.Y, b.Y) > touching
}

func contains(outer, inner layout.Rect) bool {
	return inner.X >= outer.X-touching && inner.Y >= outer.Y-touching &&
		inner.X+inner.W <= outer.X+outer.W+touching && inner.Y+inner.H <= outer.Y+outer.H+touching
}

// spilled counts boxes that stick out of what should hold them. A group's cards and inner groups
// must also stay below its header.
func (all boxes) spilled(l *layout.Layout) int {
	cards := map[*graph.Cluster]layout.Rect{}
	groups := map[*graph.Group]layout.Rect{}
	for _, b := range all {
		switch b.kind {
		case cardBox:
			cards[b.cluster] = b.rect
		case groupBox:
			r := b.rect
			r.Y, r.H = r.Y+layout.GroupHeader, r.H-layout.GroupHeader
			groups[b.group] = r
		}
	}
	drawing := layout.Rect{W: l.W, H: l.H}
	n := 0
	for _, b := range all {
		outer, known := drawing, true
		switch b.kind {
		case groupBox:
			if b.group.Parent != nil {
				outer, known = groups[b.group.Parent], true
			}
		case cardBox:
			if b.group != nil {
				outer, known = groups[b.group], true
			}
		case freeBox:
		default:
			outer, known = cards[b.cluster]
		}
		if !known || !contains(outer, b.rect) || !contains(drawing, b.rect) || bad(b.rect) {
			n++
		}
	}
	return n
}

// bad tells rectangles that nothing can be drawn in.
func bad(r layout.Rect) bool {
	for _, v := range []float64{r.X, r.Y, r.W, r.H} {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return true
		}
	}
	return r.W < 0 || r.H < 0
}

// through counts, for each wire, the boxes it runs through: rows, headers and sections that are not
// its own ends, cards that hold neither of its ends. Group frames are no obstacle.
func (all boxes) through(l *layout.Layout, paths []path) (foreign, own int) {
	var rects []layout.Rect
	var index []int
	for i, b := range all {
		if b.kind != groupBox && !bad(b.rect) {
			rects, index = append(rects, b.rect), append(index, i)
		}
	}
	grid := newGrid(rects)
	for w, p := range paths {
		e := l.Wires[w].Edge
		hit := map[int]float64{} // box: how long the wire is in it.
		for _, s := range p.segments {
			grid.near(s.bounds(), func(k int) {
				r := rects[k]
				if d := s.lengthIn(layout.Rect{X: r.X + inside, Y: r.Y + inside, W: r.W - 2*inside, H: r.H - 2*inside}); d > 0 {
					hit[index[k]] += d
				}
			})
		}
		for i, d := range hit {
			b := all[i]
			switch {
			case b.node != nil && (b.node == e.From || b.node == e.To):
				if d > 2*endReach {
					own++
				}
			case d <= inside:
			case b.kind == cardBox && (e.From.Cluster == b.cluster || e.To.Cluster == b.cluster):
			default:
				foreign++
			}
		}
	}
	return foreign, own
}
