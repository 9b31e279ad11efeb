package wiring

import (
	"math"
	"slices"
	"sort"

	"github.com/hostwire/hostwire/graph"
)

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
	if r.bricks[s] {
		d++
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
		r.bricks[s] = r.bricked(side(s))
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
	outer := func(s side, i int) int { // columns further out.
		if r.bricks[s] && i%2 == 0 {
			return 1
		}
		return 0
	}
	for i, k := range r.kids[left] {
		put(k, left, col-1-outer(left, i))
	}
	first := cols - r.depth(right)
	for i, k := range r.kids[right] {
		put(k, right, first+outer(right, i))
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

// before is the order of roots: what leads to hardware first, what leads to where ports are forwarded
// to last, and so next to these ports; else in the order of the wires.
func (c *card) before(a, b *row) bool {
	if x, y := a.rank(), b.rank(); x != y {
		return x < y
	}
	if len(c.ports) > 0 {
		if x, y := a.serves(), b.serves(); x != y {
			return y
		}
	}
	if c.keyed {
		if x, y := a.firstKey(), b.firstKey(); x != y {
			return x < y
		}
	}
	return a.index < b.index
}

// serves tells whether a wire from the row, or from its kids, leads to a card that ports are forwarded
// to.
func (r *row) serves() bool {
	for _, e := range r.ends {
		if !e.wire.inside() && e.far().row.card.served {
			return true
		}
	}
	return slices.ContainsFunc(r.children, (*row).serves)
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
