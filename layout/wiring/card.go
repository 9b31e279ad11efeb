package wiring

import (
	"math"
	"slices"
	"sort"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/layout"
)

// Distances inside of a card, in pixels.
const (
	rowGap       = 8
	kidGapMax    = 18 // the same where what hangs on them is higher.
	kidGap       = 6  // between ports of a bridge.
	portGap      = 6  // between forwarded ports.
	portsGap     = 22 // above forwarded ports.
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
	pairHeight   = 200  // what standing side by side must save at least.
	headerDetail = 270
	laneBelow    = 10 // between lanes below a block.
)

// arrangement is how a card looks inside. All is relative to the card's top left corner.
type arrangement struct {
	w, h       float64
	cols       int
	gutters    []*channel // between columns, from the left.
	colX, colW []float64
	paired     bool // roots may stand side by side.
	frames     []frame
	sections   []layout.SectionBox
	ports      []*row // rows of full width.
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
		r.kids, r.slots, r.col, r.gap = [2][]*row{}, [2][]*slot{}, 0, 0
		for _, e := range r.ends {
			e.slot, e.lane, e.hop = nil, nil, nil
			if e.wire.inside() {
				e.wire.hops = nil
			}
		}
	}
	c.replant()
	var roots, idle []*row
	for _, r := range c.rows {
		switch {
		case c.full(r):
			c.ports = append(c.ports, r)
		case r.parent != nil:
		case len(r.ends) == 0 && !c.free():
			idle = append(idle, r)
		default:
			roots = append(roots, r)
		}
	}
	c.spread(roots, idle)
	sort.SliceStable(roots, func(i, j int) bool { return c.before(roots[i], roots[j]) })
	c.draw(roots)
	sort.SliceStable(c.ports, func(i, j int) bool { return c.ports[i].firstKey() < c.ports[j].firstKey() })
	for _, r := range c.rows {
		r.openSlots()
	}
	y := 0.0
	if !c.free() {
		y = layout.HeaderHeight + cardTop
	}
	y, last := c.stackRoots(roots, y)
	if len(idle) > 0 {
		y += gapBetween(last, plainRow)
		y = c.grid(idle, y)
		last = plainRow
	}
	for i, r := range c.ports {
		switch {
		case i > 0:
			y += portGap
		case last != 0:
			y += portsGap
		}
		y = r.stack(y)
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

// stackRoots places roots and what stands beside them one below the other, from y on.
func (c *card) stackRoots(roots []*row, y float64) (float64, rowKind) {
	last := rowKind(0)
	for i := 0; i < len(roots); {
		if n := c.pairs(roots[i:]); n > 0 {
			kind := plainRow
			for _, r := range roots[i : i+n] {
				if len(r.children) > 0 {
					kind = framedRow
				}
			}
			y, last = c.stackPairs(roots[i:i+n], y+gapBetween(last, kind))
			i += n
			continue
		}
		y, last = c.stackRoot(roots[i], y, last, nil)
		i++
	}
	return y, last
}

// oneWay is the side that all wires of a root and its kids leave the card on; ok is false if there
// is none, or if there are wires to other rows of the card.
func (r *row) oneWay() (s side, ok bool) {
	var seen [2]bool
	if !r.ways(&seen) || seen[left] == seen[right] {
		return 0, false
	}
	if seen[right] {
		s = right
	}
	return s, len(r.kids[s.other()]) == 0
}

func (r *row) ways(seen *[2]bool) bool {
	for _, e := range r.ends {
		switch other := e.far().row; {
		case !e.wire.inside():
			if len(r.children) > 0 {
				return false
			}
			seen[e.side] = true
		case e.wire != r.tree && other.tree != e.wire:
			return false
		}
	}
	for _, k := range r.children {
		if !k.ways(seen) {
			return false
		}
	}
	return true
}

// pairs is the number of roots at the beginning of the list that stand in two stacks side by side,
// since each of them has wires on one side only; 0 if that saves nothing.
func (c *card) pairs(roots []*row) int {
	var count [2]int
	n := 0
	for n < len(roots) && roots[n].rank() == roots[0].rank() {
		s, ok := roots[n].oneWay()
		if !ok {
			break
		}
		count[s]++
		n++
	}
	if !c.paired || min(count[left], count[right]) == 0 {
		return 0
	}
	return n
}

// stackPairs places roots with wires to the left in the left half of the card, and others in its
// right half.
func (c *card) stackPairs(roots []*row, y float64) (float64, rowKind) {
	at := [2]float64{y, y}
	var last [2]rowKind
	for _, r := range roots {
		s, _ := r.oneWay()
		r.setCol(r.depth(left), c.cols)
		if s == right {
			r.setCol(c.cols-1-r.depth(right), c.cols)
		}
		at[s], last[s] = c.stackRoot(r, at[s], last[s], &s)
	}
	return math.Max(at[left], at[right]), max(last[left], last[right])
}

// stackRoot places a root and what stands beside it below y. half is the half of the card that it is
// in, nil if it has all of it.
func (c *card) stackRoot(r *row, y float64, last rowKind, half *side) (float64, rowKind) {
	kind := plainRow
	if len(r.children) > 0 {
		kind = blockRow
		if framed(r) {
			kind = framedRow
		}
	}
	y += gapBetween(last, kind)
	if kind == framedRow {
		y += framePad
	}
	top := y
	y = c.stackLanes(r, r.stack(y))
	if spare := r.room - (y - top); spare > 0 && len(r.children) > 0 {
		r.gap = math.Floor(math.Min(kidGapMax-kidGap, spare/float64(max(1, len(r.kids[left]), len(r.kids[right])))))
		y = c.stackLanes(r, r.stack(top))
	}
	if kind == framedRow {
		y += framePad
		f := frame{root: r, half: half, y: top - framePad, h: y - top + framePad}
		c.frames = append(c.frames, f)
	}
	return y, kind
}

// frame is drawn around a bridge and its ports.
type frame struct {
	root *row
	half *side
	y, h float64
}

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

// spread gives kids their sides, and all rows their columns: at a root by where the wires of the kid
// go, further out on the side where they are. Roots and their left kids stand at the left end of the
// card, right kids at its right end.
func (c *card) spread(roots, idle []*row) {
	c.cols = 1
	var half [2]int // columns that roots with wires to one side only need.
	var oneWay [2]float64
	for _, r := range roots {
		r.sideKids(-1)
		c.cols = max(c.cols, r.depth(left)+1+r.depth(right))
		if s, ok := r.oneWay(); ok {
			half[s] = max(half[s], 1+r.depth(s))
			oneWay[s] += r.span()
		}
	}
	if math.Min(oneWay[left], oneWay[right]) >= pairHeight {
		c.paired = true
		c.cols = max(c.cols, half[left]+half[right])
	}
	if n := len(idle); n > 10 {
		c.cols = max(c.cols, int(math.Ceil(math.Sqrt(float64(n)/5))))
	}
	for _, r := range roots {
		r.setCol(r.depth(left), c.cols)
	}
	for i, r := range idle {
		r.col = i % c.cols
	}
}

// span is about the height that a root and its kids take.
func (r *row) span() float64 {
	h := 0.0
	for _, k := range r.children {
		h += k.span()
	}
	return math.Max(r.minH, h)
}

// replant gives rows back the parents that they had at first, but for rows with wires to the left whose
// parents have such wires too: both want to be at the card's edge.
func (c *card) replant() {
	for _, r := range c.rows {
		r.parent, r.tree, r.children = r.home, r.homeTree, nil
	}
	for _, r := range c.rows {
		if r.parent != nil {
			r.parent.children = append(r.parent.children, r)
		}
	}
	for _, r := range c.rows {
		if !r.leaves(left) {
			continue
		}
		kept := r.children[:0]
		for _, k := range r.children {
			if k.leads() < 0 && r.parent == nil {
				k.parent, k.tree = nil, nil
				continue
			}
			kept = append(kept, k)
		}
		r.children = kept
	}
}

// leaves tells whether wires of the row itself leave the card on a side.
func (r *row) leaves(s side) bool {
	for _, e := range r.ends {
		if e.side == s && !e.wire.inside() {
			return true
		}
	}
	return false
}

// draw moves a row that nothing stands beside next to the block with the row that it is wired to: above
// the block if that one is first in it, else below.
func (c *card) draw(roots []*row) {
	for _, r := range slices.Clone(roots) {
		if len(r.children) > 0 || r.uplinked() {
			continue
		}
		var to *row
		n := 0
		for _, e := range r.ends {
			if e.wire.inside() {
				to = e.far().row
				n++
			}
		}
		if n != 1 || to.parent == nil || to.parent.parent != nil {
			continue
		}
		from, block := slices.Index(roots, r), slices.Index(roots, to.parent)
		kids := to.parent.kids[to.kidSide()]
		at := block
		if kids[0] != to {
			at++
		}
		if block < 0 || from == at || from+1 == at {
			continue
		}
		copy(roots[from:], roots[from+1:])
		if at > from {
			at--
		}
		copy(roots[at+1:], roots[at:len(roots)-1])
		roots[at] = r
	}
}

// depth is how many columns the kids on one side of the row take.
func (r *row) depth(s side) int {
	d := 0
	for _, k := range r.kids[s] {
		d = max(d, 1+k.depth(s))
	}
	return d
}

// sideKids divides the kids between the sides and sorts them; inherit is the side of the row itself,
// -1 at a root.
func (r *row) sideKids(inherit int) {
	leftward, rightward := false, false
	for _, k := range r.children {
		leftward, rightward = leftward || k.leads() < 0, rightward || k.leads() > 0
	}
	for _, k := range r.children {
		s := right
		if inherit >= 0 {
			s = side(inherit)
		} else if n := k.leads(); n < 0 || n == 0 && leftward && !rightward {
			s = left
		}
		r.kids[s] = append(r.kids[s], k)
		k.sideKids(int(s))
	}
	for s := range r.kids {
		kids := r.kids[s]
		sort.SliceStable(kids, func(i, j int) bool { return kids[i].firstKey() < kids[j].firstKey() })
	}
}

// setCol puts a root into its column, and its kids beside it.
func (r *row) setCol(col, cols int) {
	var put func(r *row, s side, col int)
	put = func(r *row, s side, col int) {
		r.col = col
		for _, k := range r.kids[s] {
			put(k, s, col+s.sign())
		}
	}
	r.col = col
	for _, k := range r.kids[left] {
		put(k, left, col-1)
	}
	for _, k := range r.kids[right] {
		put(k, right, cols-r.depth(right))
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

// stack places a row at y, its kids beside it, and returns where they all end.
func (r *row) stack(y float64) float64 {
	r.y = y
	bottom := y + r.h
	for s := range r.kids {
		at := y
		for i, k := range r.kids[s] {
			if i > 0 {
				at += kidGap + r.gap
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
	name := layout.HeaderWidth(&graph.Cluster{Name: c.cluster.Name})
	w := math.Max(name, math.Min(layout.HeaderWidth(c.cluster), headerDetail))
	for g, level := c.group, 0.0; g != nil; g = g.Parent {
		w = math.Max(w, layout.GroupWidth(g)-2*level*layout.GroupPad)
		level++
	}
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
