package graphviz

import (
	"container/heap"
	"math"

	"github.com/hostwire/hostwire/layout"
)

// router finds the shortest ways around boxes: straight from corner to corner of those in between.
// Graphviz could do that too, but takes half a minute for what takes us a moment.
type router struct {
	wide    *sight // for ways with a clearance around the boxes.
	tight   *sight // for what must not run through them.
	corners []layout.Point
	ahead   [][]step // by corner: the corners seen from there; nil until asked for.
}

// step is a straight way to a corner.
type step struct {
	to     int
	length float64
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
	r.ahead = make([][]step, len(r.corners))
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
				if hits(a, b, r.solid[i]) {
					return false
				}
			}
		}
	}
	return true
}

// seenFrom are the corners that can be seen from a point.
func (r *router) seenFrom(p layout.Point) []step {
	steps := []step{}
	for i, c := range r.corners {
		if d := math.Hypot(c.X-p.X, c.Y-p.Y); d > 0 && r.wide.clear(p, c) {
			steps = append(steps, step{i, d})
		}
	}
	return steps
}

// way is a route: where it starts, the corners that it bends around, where it ends.
type way struct {
	from, to       layout.Point
	fromBox, toBox int   // the boxes that it joins, by index.
	around         []int // corners, by index.
}

// find is the shortest way between two points, with few bends. Where there is none, because a
// point stands inside of a box, it is the straight line.
func (r *router) find(from, to layout.Point) (around []int) {
	if r.wide.clear(from, to) {
		return nil
	}
	const start = -1
	goal := len(r.corners)
	best := map[int]float64{start: 0}
	before := map[int]int{}
	done := map[int]bool{}
	queue := &queue{{at: start, estimate: math.Hypot(to.X-from.X, to.Y-from.Y)}}
	reach := func(at, next int, cost float64) {
		if old, ok := best[next]; ok && old <= cost {
			return
		}
		best[next], before[next] = cost, at
		left := 0.0
		if next != goal {
			left = math.Hypot(to.X-r.corners[next].X, to.Y-r.corners[next].Y)
		}
		heap.Push(queue, queued{at: next, estimate: cost + left})
	}
	for queue.Len() > 0 {
		at := heap.Pop(queue).(queued).at
		if at == goal {
			break
		}
		if done[at] {
			continue
		}
		done[at] = true
		cost := best[at] + bendCost
		if at == start {
			for _, s := range r.seenFrom(from) {
				reach(at, s.to, cost+s.length)
			}
			continue
		}
		if r.ahead[at] == nil {
			r.ahead[at] = r.seenFrom(r.corners[at])
		}
		for _, s := range r.ahead[at] {
			if !done[s.to] {
				reach(at, s.to, cost+s.length)
			}
		}
		if p := r.corners[at]; r.wide.clear(p, to) {
			reach(at, goal, cost+math.Hypot(to.X-p.X, to.Y-p.Y))
		}
	}
	if _, ok := before[goal]; ok {
		for at := before[goal]; at != start; at = before[at] {
			around = append([]int{at}, around...)
		}
	}
	return around
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
