package wiring

import (
	"math"
	"sort"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/layout"
)

// Distances inside of a card, in pixels.
const (
	rowGap       = 8
	blockGap     = 12 // between a bridge with its ports and what comes next.
	framePad     = 8
	cardTop      = 12 // below the header.
	cardBottom   = 14
	gutterMin    = 30 // between a bridge and its ports.
	gutterIdle   = 12 // between columns that nothing joins.
	gutterSide   = 11
	slotPitch    = 12
	slotPitchMin = 8
	slotEdge     = 6    // from a row's upper or lower edge to its nearest slot.
	slotFirst    = 12.5 // on the level of a row's name.
	laneBelow    = 10   // between lanes below a block.
)

// arrangement is how a card looks inside. All is relative to the card's top left corner.
type arrangement struct {
	w, h           float64
	minCol, maxCol int
	gutters        []*channel // between columns, from the left.
	colX, colW     []float64
	frames         []layout.Rect
	sections       []layout.SectionBox
	ports          []*row // rows of full width.
}

// arrange places the rows of a card: each bridge with its ports beside it, to the side where their
// wires go, in the order in which they get there; likewise everything else that stands on another
// interface. It needs to know side and key of the ends of all wires that leave the card.
//
// No row stands in the way of a wire: what stands beside a row on one side is its kids only, and
// each root has a stretch of the card's height for itself and all that stands beside it. Wires that
// its kids are in the way of leave the card along lanes at the lower end of that stretch.
func (c *card) arrange() {
	c.arrangement = arrangement{}
	for _, r := range c.rows {
		r.kids, r.slots, r.col = [2][]*row{}, [2][]*slot{}, 0
		for _, e := range r.ends {
			e.slot, e.lane, e.hop = nil, nil, nil
			if e.wire.inside() {
				e.wire.hops = nil
			}
		}
	}
	var roots, idle []*row
	for _, r := range c.rows {
		switch {
		case r.node.Class == graph.Port && r.parent == nil && len(r.children) == 0:
			c.ports = append(c.ports, r)
		case r.parent != nil:
		case len(r.ends) == 0 && !c.free():
			idle = append(idle, r)
		default:
			roots = append(roots, r)
		}
	}
	for _, r := range roots {
		c.spread(r, -1)
	}
	c.widen(idle, len(roots) > 0)
	sort.SliceStable(roots, func(i, j int) bool { return c.before(roots[i], roots[j]) })
	sort.SliceStable(c.ports, func(i, j int) bool { return c.ports[i].firstKey() < c.ports[j].firstKey() })
	for _, r := range c.rows {
		r.openSlots()
	}
	y := 0.0
	if !c.free() {
		y = layout.HeaderHeight + cardTop
	}
	last := rowKind(0)
	for _, r := range roots {
		kind := plainRow
		if len(r.children) > 0 {
			kind = blockRow
			if framed(r) {
				kind = framedRow
			}
		}
		y += gapBetween(last, kind)
		last = kind
		if kind == framedRow {
			y += framePad
		}
		top := y
		y = c.stackLanes(r, r.stack(y))
		if kind == framedRow {
			y += framePad
			c.frames = append(c.frames, layout.Rect{Y: top - framePad, H: y - top + framePad})
		}
	}
	if len(idle) > 0 {
		y += gapBetween(last, plainRow)
		y = c.grid(idle, y)
		last = plainRow
	}
	if len(c.ports) > 0 {
		if last != 0 {
			y += 2 * blockGap
		}
		for i, r := range c.ports {
			if i > 0 {
				y += rowGap - 2
			}
			y = r.stack(y)
		}
		last = blockRow
	}
	for _, r := range c.rows {
		r.sortSlots()
	}
	c.dig()
	c.columns()
	c.h = y
	if !c.free() {
		c.placeSections(last != 0)
		c.h += cardBottom
	}
}

type rowKind int

const (
	plainRow rowKind = iota + 1
	blockRow
	framedRow
)

func gapBetween(a, b rowKind) float64 {
	switch {
	case a == 0:
		return 0
	case a == plainRow && b == plainRow:
		return rowGap
	}
	return blockGap
}

// framed tells whether a frame is drawn around the row and its kids.
func framed(r *row) bool {
	for _, k := range r.children {
		if treeRank[k.tree.edge.Kind] <= 2 {
			return true
		}
	}
	return false
}

// leads sums up where wires that leave the card go from the row and its kids: below 0 to the left,
// above 0 to the right.
func (r *row) leads() (sum int) {
	for _, e := range r.ends {
		if !e.wire.inside() {
			sum += e.side.sign()
		}
	}
	for _, k := range r.children {
		sum += k.leads()
	}
	return sum
}

// spread gives kids their sides and columns: at a root by where their wires go, further out on the
// side where they are. inherit is the side, -1 at a root.
func (c *card) spread(r *row, inherit int) {
	c.minCol, c.maxCol = min(c.minCol, r.col), max(c.maxCol, r.col)
	for _, k := range r.children {
		s := right
		if inherit >= 0 {
			s = side(inherit)
		} else if k.leads() < 0 {
			s = left
		}
		r.kids[s] = append(r.kids[s], k)
		k.col = r.col + s.sign()
		c.spread(k, int(s))
	}
	for s := range r.kids {
		kids := r.kids[s]
		sort.SliceStable(kids, func(i, j int) bool { return kids[i].firstKey() < kids[j].firstKey() })
	}
}

// firstKey is what rows are sorted by: where the wires of the row and its kids go. Rows without
// wires come last.
func (r *row) firstKey() float64 {
	sum, n := r.keys()
	if n == 0 {
		return math.MaxFloat64
	}
	return sum / n
}

func (r *row) keys() (sum, n float64) {
	for _, e := range r.ends {
		if !e.wire.inside() {
			sum, n = sum+e.key, n+1
		}
	}
	for _, k := range r.children {
		s, m := k.keys()
		sum, n = sum+s, n+m
	}
	return sum, n
}

// before is the order of roots: what leads to hardware first, then in the order of the wires.
func (c *card) before(a, b *row) bool {
	if x, y := a.rank(), b.rank(); x != y {
		return x < y
	}
	if c.keyed {
		if x, y := a.firstKey(), b.firstKey(); x != y {
			return x < y
		}
	}
	return a.index < b.index
}

// rank of a root: hardware, what is wired, what is not.
func (r *row) rank() int {
	if r.uplinked() {
		return 0
	}
	if _, n := r.keys(); n > 0 || len(r.children) > 0 {
		return 1
	}
	return 2
}

func (r *row) uplinked() bool {
	for _, e := range r.ends {
		if e.wire.edge.Kind == graph.Uplink {
			return true
		}
	}
	for _, k := range r.children {
		if k.uplinked() {
			return true
		}
	}
	return false
}

// widen gives idle rows columns: those that there are, or more of them where there would be a long
// list otherwise.
func (c *card) widen(idle []*row, others bool) {
	cols := c.maxCol - c.minCol + 1
	if n := len(idle); n > 10 {
		cols = max(cols, int(math.Ceil(math.Sqrt(float64(n)/5))))
	}
	if len(idle) < cols && !others {
		cols = max(1, min(cols, len(idle)))
	}
	c.maxCol = max(c.maxCol, c.minCol+cols-1)
	for i, r := range idle {
		r.col = c.minCol + i%cols
	}
}

// stack places a row at y, its kids beside it, and returns where they all end.
func (r *row) stack(y float64) float64 {
	r.y = y
	bottom := y + r.h
	for s := range r.kids {
		at := y
		for i, k := range r.kids[s] {
			if i > 0 {
				at += rowGap
			}
			at = k.stack(at)
		}
		bottom = math.Max(bottom, at)
	}
	return bottom
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
	n := c.maxCol - c.minCol + 1
	c.colX, c.colW = make([]float64, n), make([]float64, n)
	full := 0.0
	for _, r := range c.rows {
		if c.full(r) {
			full = math.Max(full, r.minW)
			continue
		}
		c.colW[r.col-c.minCol] = math.Max(c.colW[r.col-c.minCol], r.minW)
	}
	if c.cluster != nil {
		full = math.Max(full, layout.HeaderWidth(c.cluster)-2*layout.CardPad)
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
	for _, r := range c.rows {
		if c.full(r) {
			r.x, r.w = c.pad(), c.w-2*c.pad()
			continue
		}
		r.x, r.w = c.colX[r.col-c.minCol], c.colW[r.col-c.minCol]
	}
	for i := range c.frames {
		c.frames[i].X, c.frames[i].W = c.pad()-framePad, c.w-2*c.pad()+2*framePad
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
		w, sh := layout.SectionSize(s)
		w = math.Min(w, c.w-2*c.pad())
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
