package wiring

import (
	"math"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/layout"
)

// frameRect is where a frame is.
func (c *card) frameRect(f frame) layout.Rect {
	x0, x1 := c.pad(), c.w-c.pad()
	if f.half != nil && *f.half == left {
		x1 = f.root.x + f.root.w
	}
	if f.half != nil && *f.half == right {
		x0 = f.root.x
	}
	return layout.Rect{X: x0 - framePad, Y: f.y, W: x1 - x0 + 2*framePad, H: f.h}
}

// grid places idle rows line by line.
func (c *card) grid(idle []*row, y float64) float64 {
	for i := 0; i < len(idle); {
		h := 0.0
		first := idle[i].col
		for n := 0; i < len(idle) && (n == 0 || idle[i].col > first); n, i = n+1, i+1 {
			idle[i].y = y
			h = math.Max(h, idle[i].h)
		}
		y += h
		if i < len(idle) {
			y += rowGap
		}
	}
	return y
}

// columns gives columns and gutters their width and place, and rows their width.
func (c *card) columns() {
	n := c.cols
	c.colX, c.colW = make([]float64, n), make([]float64, n)
	full := 0.0
	for _, r := range c.rows {
		if c.full(r) {
			full = math.Max(full, r.minW)
			continue
		}
		c.colW[r.col] = math.Max(c.colW[r.col], r.minW)
	}
	if c.cluster != nil {
		full = math.Max(full, c.headerWidth()-2*layout.CardPad)
		for _, s := range c.cluster.Sections {
			w, _ := layout.SectionSize(s)
			full = math.Max(full, w)
		}
	}
	c.setColumns()
	if inner := c.w - 2*c.pad(); inner < full {
		c.stretch(full + 2*c.pad())
	}
}

// headerWidth is what the header may widen the card to: for its name all it needs, for its details
// so much that most fit.
func (c *card) headerWidth() float64 {
	if c.header > 0 {
		return c.header
	}
	name := layout.HeaderWidth(&graph.Cluster{Name: c.cluster.Name})
	w := math.Max(name, math.Min(layout.HeaderWidth(c.cluster), headerDetail))
	for g, level := c.group, 0.0; g != nil; g = g.Parent {
		w = math.Max(w, layout.GroupWidth(g)-2*level*layout.GroupPad)
		level++
	}
	c.header = w
	return w
}

// full tells whether a row takes the whole width of the card, and so must be a root without kids.
func (c *card) full(r *row) bool {
	return r.node.Class == graph.Port && r.parent == nil && len(r.children) == 0
}

func (c *card) pad() float64 {
	if c.free() {
		return 0
	}
	return layout.CardPad
}

func (c *card) setColumns() {
	x := c.pad()
	for i := range c.colW {
		if i > 0 {
			c.gutters[i-1].x = x
			x += c.gutters[i-1].width
		}
		c.colX[i] = x
		x += c.colW[i]
	}
	c.w = x + c.pad()
	c.spines[right].x = c.w - 2*spineRoom
	for _, r := range c.rows {
		if c.full(r) {
			r.x, r.w = c.pad(), c.w-2*c.pad()
			continue
		}
		r.x, r.w = c.colX[r.col], c.colW[r.col]
	}
}

// stretch makes the card as wide as w, if that is more than its width.
func (c *card) stretch(w float64) {
	if w <= c.w || c.free() {
		return
	}
	c.colW[len(c.colW)-1] += w - c.w
	c.setColumns()
}

// placeSections fills lines with sections, from c.h on.
func (c *card) placeSections(below bool) {
	x, y, h := c.pad(), c.h, 0.0
	for i, s := range c.cluster.Sections {
		_, sh := layout.SectionSize(s)
		w := math.Min(layout.SectionWidth(s), c.w-2*c.pad())
		if i == 0 && below {
			y += blockGap
		}
		if i > 0 && x+w > c.w-c.pad() {
			x, y, h = c.pad(), y+h+rowGap, 0
		}
		c.sections = append(c.sections, layout.SectionBox{Section: s, Rect: layout.Rect{X: x, Y: y, W: w, H: sh}})
		x += w + 2*layout.CardPad
		h = math.Max(h, sh)
	}
	c.h = y + h
}
