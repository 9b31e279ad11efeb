package wiring

import (
	"math"
	"sort"

	"github.com/hostwire/hostwire/layout"
)

// Distances inside of a card, in pixels.
const (
	rowGap         = 8
	kidGapMax      = 18 // the same where what hangs on them is higher.
	kidGap         = 6  // between ports of a bridge.
	portGap        = 6  // between forwarded ports.
	portsGap       = 22 // above forwarded ports.
	blockGap       = 12 // between a bridge with its ports and what comes next.
	framePad       = 8
	cardTop        = 12 // below the header.
	cardBottom     = 12
	gutterMin      = 30 // between a bridge and its ports.
	gutterIdle     = 12 // between columns that nothing joins.
	gutterSide     = 11
	slotPitch      = 12
	slotPitchMin   = 8
	slotPitchLabel = 16   // where labels stand one above the other.
	slotEdge       = 6    // from a row's upper or lower edge to its nearest slot.
	slotFirst      = 12.5 // on the level of a row's name.
	pairHeight     = 200  // what standing side by side must save at least.
	headerDetail   = 270
	laneBelow      = 10 // between lanes below a block.
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
	ports      []*row      // rows of full width.
	spines     [2]*channel // beside the ports.
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
		r.kids, r.slots, r.col, r.gap, r.bricks = [2][]*row{}, [2][]*slot{}, 0, 0, [2]bool{}
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
	c.orderPorts()
	for _, r := range c.rows {
		r.openSlots()
	}
	c.roomForTrunks()
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
	c.growSpines()
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

// pairs is the number of roots at the beginning of the list that stand in two stacks side by side,
// since each of them has wires on one side only; 0 if that saves nothing.
func (c *card) pairs(roots []*row) int {
	if !c.paired {
		return 0
	}
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
	if min(count[left], count[right]) == 0 {
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
		if r.bricks[left] || r.bricks[right] {
			r.gap = math.Min(brickGapMax, 2*spare/float64(max(len(r.kids[left]), len(r.kids[right]))))
		}
		y = math.Max(c.stackLanes(r, r.stack(top)), top+r.room)
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

// stack places a row at y, its kids beside it, and returns where they all end.
func (r *row) stack(y float64) float64 {
	r.y = y
	bottom := y + r.h
	for s := range r.kids {
		first := y
		if r.passes(side(s)) {
			first = y + r.h + kidGap
		}
		at := first
		for i, k := range r.kids[s] {
			if r.bricks[s] {
				at = first + math.Round(float64(i)*(brickPitch+r.gap/2))
			} else if i > 0 {
				at += kidGap + r.gap
			}
			at = k.stack(at)
		}
		bottom = math.Max(bottom, at)
	}
	return bottom
}
