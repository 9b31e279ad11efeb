package graphviz

import (
	"container/heap"
	"math"
	"sort"

	"github.com/hostwire/hostwire/layout"
)

// router finds the shortest ways around boxes: straight from corner to corner of those in between.
// Graphviz could do that too, but takes half a minute for what takes us a moment.
type router struct {
	wide    *sight // for ways with a clearance around the boxes.
	tight   *sight // for what must not run through them.
	corners []layout.Point
}

const (
	clearance = 8.0  // between wires and boxes.
	hair      = 0.5  // a wire along a box's clearance is not in it.
	graze     = 2.0  // the least that is left between a wire and a box.
	sightCell = 160  // side of the cells that boxes are looked up by.
	bendCost  = 12.0 // of a corner, in pixels of way.
)

func newRouter(obstacles []layout.Rect) *router {
	r := &router{wide: newSight(obstacles, clearance-hair), tight: newSight(obstacles, graze)}
	for _, o := range obstacles {
		wide := grown(o, clearance)
		r.corners = append(r.corners,
			layout.Point{X: wide.X, Y: wide.Y}, layout.Point{X: wide.X + wide.W, Y: wide.Y},
			layout.Point{X: wide.X + wide.W, Y: wide.Y + wide.H}, layout.Point{X: wide.X, Y: wide.Y + wide.H})
	}
	return r
}

// sight answers what stands between two points.
type sight struct {
	solid []layout.Rect
	cells map[[2]int][]int
	seen  []int // by box: the last line of sight that was tested against it.
	looks int
}

func newSight(boxes []layout.Rect, around float64) *sight {
	r := &sight{cells: map[[2]int][]int{}, seen: make([]int, len(boxes))}
	for i, o := range boxes {
		s := grown(o, around)
		r.solid = append(r.solid, s)
		for x := cellOf(s.X); x <= cellOf(s.X+s.W); x++ {
			for y := cellOf(s.Y); y <= cellOf(s.Y+s.H); y++ {
				r.cells[[2]int{x, y}] = append(r.cells[[2]int{x, y}], i)
			}
		}
	}
	return r
}

func grown(r layout.Rect, by float64) layout.Rect {
	return layout.Rect{X: r.X - by, Y: r.Y - by, W: r.W + 2*by, H: r.H + 2*by}
}

func cellOf(v float64) int { return int(math.Floor(v / sightCell)) }

// clear tells whether nothing stands between two points.
func (r *sight) clear(a, b layout.Point) bool {
	return r.between(a, b, func(int) bool { return false })
}

// between calls f for the boxes between two points until it returns false; it tells whether it
// never did.
func (r *sight) between(a, b layout.Point, f func(box int) bool) bool {
	r.looks++
	// Walk the cells along the line: in columns of cells, those that the line passes in each.
	if a.X > b.X {
		a, b = b, a
	}
	for x := cellOf(a.X); x <= cellOf(b.X); x++ {
		y0, y1 := a.Y, b.Y
		if b.X > a.X {
			at := func(px float64) float64 {
				px = math.Max(a.X, math.Min(b.X, px))
				return a.Y + (b.Y-a.Y)*(px-a.X)/(b.X-a.X)
			}
			y0, y1 = at(float64(x)*sightCell), at(float64(x+1)*sightCell)
		}
		if y0 > y1 {
			y0, y1 = y1, y0
		}
		for y := cellOf(y0); y <= cellOf(y1); y++ {
			for _, i := range r.cells[[2]int{x, y}] {
				if r.seen[i] == r.looks {
					continue
				}
				r.seen[i] = r.looks
				if hits(a, b, r.solid[i]) && !f(i) {
					return false
				}
			}
		}
	}
	return true
}

// way is a route: where it starts, the corners that it bends around, where it ends.
type way struct {
	from, to       layout.Point
	fromBox, toBox int   // the boxes that it joins, by index.
	around         []int // corners, by index.
}

// find is a short way between two points, with few bends. At first it looks at nothing; then at the
// boxes that stand in the way found so far, until there are none. Where there is no way, because a
// point stands inside of a box, it is the straight line.
func (r *router) find(from, to layout.Point) (around []int) {
	var near []int // boxes that are looked at.
	known := map[int]bool{}
	for len(near) <= nearMax {
		points := []layout.Point{from}
		for _, c := range around {
			points = append(points, r.corners[c])
		}
		points = append(points, to)
		before := len(near)
		for i := 1; i < len(points); i++ {
			r.wide.between(points[i-1], points[i], func(box int) bool {
				if !known[box] {
					known[box] = true
					near = append(near, box)
				}
				return true
			})
		}
		if len(near) == before {
			return around
		}
		sort.Ints(near) // the order must not depend on how we came to know them.
		var ok bool
		if around, ok = r.shortest(from, to, near); !ok {
			return nil
		}
	}
	return around
}

// nearMax bounds how many boxes are looked at for one wire. Beyond it the way found so far is
// taken: in such a crowd it can't be followed by eye anyway.
const nearMax = 80

// shortest is the shortest way between two points around some of the boxes.
func (r *router) shortest(from, to layout.Point, near []int) (around []int, ok bool) {
	// Points by index: the corners of the boxes, four each, then from and to.
	points := make([]layout.Point, 0, 4*len(near)+2)
	for _, box := range near {
		points = append(points, r.corners[4*box:4*box+4]...)
	}
	start, goal := len(points), len(points)+1
	points = append(points, from, to)
	clear := func(a, b layout.Point) bool {
		for _, box := range near {
			if hits(a, b, r.wide.solid[box]) {
				return false
			}
		}
		return true
	}
	best := make([]float64, len(points))
	before := make([]int, len(points))
	done := make([]bool, len(points))
	for i := range best {
		best[i] = math.Inf(1)
	}
	best[start] = 0
	queue := &queue{{at: start}}
	for queue.Len() > 0 {
		at := heap.Pop(queue).(queued).at
		if at == goal {
			for c := before[goal]; c != start; c = before[c] {
				around = append([]int{4*near[c/4] + c%4}, around...)
			}
			return around, true
		}
		if done[at] {
			continue
		}
		done[at] = true
		for next := range points {
			if done[next] || next == start {
				continue
			}
			a, b := points[at], points[next]
			cost := best[at] + math.Hypot(b.X-a.X, b.Y-a.Y) + bendCost
			if cost < best[next] && clear(a, b) {
				best[next], before[next] = cost, at
				heap.Push(queue, queued{at: next, estimate: cost + math.Hypot(to.X-b.X, to.Y-b.Y)})
			}
		}
	}
	return nil, false
}

// queued is a corner to go on from, and how long a way over it is at least.
type queued struct {
	at       int
	estimate float64
}

type queue []queued

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	return q[i].estimate < q[j].estimate || q[i].estimate == q[j].estimate && q[i].at < q[j].at
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)   { *q = append(*q, x.(queued)) }
func (q *queue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}
