package quality

import (
	"math"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/internal/typeface"
	"github.com/hostwire/hostwire/layout"
)

// Share of a style's size above and below the baseline that its letters take.
const (
	ascent  = 0.74
	descent = 0.22
)

// texts counts the texts that stick out of their boxes or run into one another, and those that
// were shortened.
func texts(l *layout.Layout) (clipped, truncated int) {
	add := func(lines []layout.Text, w, h float64) {
		c, t := textsIn(lines, w, h)
		clipped += c
		truncated += t
	}
	for _, c := range l.Clusters {
		add(layout.HeaderText(c.Cluster, c.Rect.W), c.Rect.W, c.Header)
		for _, s := range c.Sections {
			add(layout.SectionText(s.Section, s.Rect.W), s.Rect.W, s.Rect.H)
		}
	}
	for _, n := range l.Nodes {
		add(layout.NodeText(n.Node, n.Rect.W), n.Rect.W, n.Rect.H)
	}
	for _, g := range l.Groups {
		if layout.GroupWidth(g.Group) > g.Rect.W+touching {
			clipped++
		}
	}
	return clipped, truncated
}

func textsIn(lines []layout.Text, w, h float64) (clipped, truncated int) {
	room := layout.Rect{W: w, H: h}
	var placed []layout.Rect
	for _, t := range lines {
		if t.S != t.Full {
			truncated++
		}
		r := textRect(t)
		fits := contains(room, r)
		for _, other := range placed {
			fits = fits && !overlap(other, r)
		}
		if !fits {
			clipped++
		}
		placed = append(placed, r)
	}
	return clipped, truncated
}

// textRect is the room that a line of text takes, relative to its box.
func textRect(t layout.Text) layout.Rect {
	w := t.Style.Width(t.S)
	x := t.X
	switch t.Anchor {
	case layout.Middle:
		x -= w / 2
	case layout.End:
		x -= w
	}
	return layout.Rect{X: x, Y: t.Y - ascent*t.Style.Size, W: w, H: (ascent + descent) * t.Style.Size}
}

// LabelRect is the room that a wire's label takes around its centre.
func LabelRect(label string, at layout.Point) layout.Rect {
	w, h := typeface.Label.Width(label), typeface.Label.Size*(ascent+descent)
	return layout.Rect{X: at.X - w/2, Y: at.Y - h/2, W: w, H: h}
}

func sameBundle(v, w *layout.Wire) bool { return v.Bundle > 0 && v.Bundle == w.Bundle }

// holds tells whether what of a segment is in a rectangle lies on a straight piece of the path.
func (p path) holds(s segment, r layout.Rect) bool {
	for _, t := range p.segments {
		if shared := stretch(s, t, s.length()); shared > 0 && t.lengthIn(r) > inside && shared >= s.lengthIn(r)-1 {
			return true
		}
	}
	return false
}

// coveredLabels counts labels that another wire, another label or a box runs over, that lie
// outside of the drawing, or that have no place. A wire that the label's own one runs along with in a
// bundle is not in its way. The names of groups are labels too.
func coveredLabels(l *layout.Layout, all boxes, paths []path) int {
	type label struct {
		rect  layout.Rect
		wire  int // the wire that it belongs to, -1 for a group's name.
		owner *graph.Group
	}
	var labels []label
	n := 0
	for w := range l.Wires {
		wire := &l.Wires[w]
		for _, one := range wire.Labels() {
			if one.At == nil {
				n++
				continue
			}
			labels = append(labels, label{rect: LabelRect(one.Text, *one.At), wire: w})
		}
	}
	for _, g := range l.Groups {
		w := math.Min(layout.GroupWidth(g.Group)-2*layout.GroupPad, g.Rect.W)
		labels = append(labels, label{rect: layout.Rect{X: g.Rect.X + layout.GroupPad, Y: g.Rect.Y + 4, W: w, H: layout.GroupHeader - 8}, wire: -1, owner: g.Group})
	}

	var segments []segment
	var owner []int
	var rects []layout.Rect
	for w, p := range paths {
		for _, s := range p.segments {
			segments, owner, rects = append(segments, s), append(owner, w), append(rects, s.bounds())
		}
	}
	wires := newGrid(rects)
	var solid []layout.Rect
	for _, b := range all {
		if b.kind == rowBox || b.kind == freeBox || b.kind == headerBox || b.kind == sectionBox {
			solid = append(solid, b.rect)
		}
	}
	things := newGrid(solid)
	labelRects := make([]layout.Rect, len(labels))
	for i := range labels {
		labelRects[i] = labels[i].rect
	}
	others := newGrid(labelRects)
	drawing := layout.Rect{W: l.W, H: l.H}
	for i, lb := range labels {
		covered := !contains(drawing, lb.rect)
		wires.near(lb.rect, func(k int) {
			if owner[k] == lb.wire || segments[k].lengthIn(lb.rect) <= inside {
				return
			}
			covered = covered || lb.wire < 0 || !sameBundle(&l.Wires[lb.wire], &l.Wires[owner[k]]) || !paths[lb.wire].holds(segments[k], lb.rect)
		})
		things.near(lb.rect, func(k int) { covered = covered || overlap(solid[k], lb.rect) })
		others.near(lb.rect, func(k int) { covered = covered || k != i && overlap(labelRects[k], lb.rect) })
		if covered {
			n++
		}
	}
	return n
}
