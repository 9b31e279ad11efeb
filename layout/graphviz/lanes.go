package graphviz

import (
	"math"
	"sort"

	"github.com/hostwire/hostwire/layout"
)

// Distances that wires keep from each other around boxes.
const (
	cornerStep = 5.0 // between two wires around one corner, where they are few.
	cornerRoom = 7.0 // for all of them: the boxes next to it have wires too.
	sideStep   = 4.0 // between wires that run along the side of the box that they come from.
)

// sideRoom is the room around a box for wires that run along its sides, given how many leave it
// on one side.
func sideRoom(wires int) float64 {
	return math.Min(120, sideStep*float64(max(0, wires-2)))
}

// drawing turns ways into corners of polylines that keep apart where they bend around one corner.
type drawing struct {
	router *router
	ways   []way
	points [][]layout.Point // by way: start, corners, end.
	room   []float64        // by box: room around it, see sideRoom.
	taken  []float64        // by corner: how far out the wires of its own box reach there.
	placed map[[2]int]bool  // corners of ways (way, index in points) that have their place.
}

func (r *router) draw(ways []way, room []float64) [][]layout.Point {
	d := &drawing{router: r, ways: ways, room: room, taken: make([]float64, len(r.corners)), placed: map[[2]int]bool{}}
	for _, w := range ways {
		points := []layout.Point{w.from}
		for _, c := range w.around {
			points = append(points, r.corners[c])
		}
		d.points = append(d.points, append(points, w.to))
	}
	d.ownSides()
	d.otherCorners()
	for i := range d.points {
		d.ease(i)
	}
	return d.points
}

// ease takes a wire back towards the way that was found for it, as far as it needs to be clear of
// all boxes.
func (d *drawing) ease(i int) {
	w, points := d.ways[i], d.points[i]
	found := []layout.Point{w.from}
	for _, c := range w.around {
		found = append(found, d.router.corners[c])
	}
	found = append(found, w.to)
	for _, share := range []float64{1, 0.6, 0.3, 0} {
		at := make([]layout.Point, len(points))
		clear := true
		for k, p := range points {
			at[k] = layout.Point{X: found[k].X + (p.X-found[k].X)*share, Y: found[k].Y + (p.Y-found[k].Y)*share}
			clear = clear && (k == 0 || d.router.tight.clear(at[k-1], at[k]))
		}
		if clear || share == 0 {
			copy(points, at)
			return
		}
	}
}

// outwards is the direction away from the box at a corner. Corners are numbered clockwise from the
// top left.
func outwards(corner int) (dx, dy float64) {
	dx, dy = 1, 1
	if corner%4 == 0 || corner%4 == 3 {
		dx = -1
	}
	if corner%4 == 0 || corner%4 == 1 {
		dy = -1
	}
	return dx, dy
}

// ownSides gives the wires that run along a side of the box that they come from a lane each. The
// one that starts nearest to the corner is innermost, so these wires don't cross each other.
func (d *drawing) ownSides() {
	type start struct {
		way int
		to  bool // it is the far end of the way.
		y   float64
	}
	starts := make([][]start, len(d.router.corners))
	for i, w := range d.ways {
		if n := len(w.around); n > 0 {
			if c := w.around[0]; c/4 == w.fromBox {
				starts[c] = append(starts[c], start{i, false, w.from.Y})
			}
			if c := w.around[n-1]; c/4 == w.toBox {
				starts[c] = append(starts[c], start{i, true, w.to.Y})
			}
		}
	}
	for c, at := range starts {
		if len(at) == 0 {
			continue
		}
		dx, dy := outwards(c)
		sort.SliceStable(at, func(i, j int) bool { return dy*at[i].y > dy*at[j].y })
		// Lanes up and lanes down alternate: where both run along one side, none covers another.
		step := math.Min(sideStep, (d.room[c/4]+cornerRoom)/float64(len(at)))
		first := 0.0
		if dy > 0 {
			first = step / 2
		}
		for k, s := range at {
			off := first + step*float64(k)
			points, around := d.points[s.way], d.ways[s.way].around
			n := len(points)
			end, next := 0, 1
			if s.to {
				end, next = n-1, n-2
			}
			points[end].X += dx * off
			for next > 0 && next < n-1 && around[next-1]/4 == c/4 && !d.placed[[2]int{s.way, next}] { // once or more around its own box.
				cx, cy := outwards(around[next-1])
				points[next].X += cx * off
				points[next].Y += cy * off
				d.placed[[2]int{s.way, next}] = true
				d.taken[around[next-1]] = math.Max(d.taken[around[next-1]], off)
				if s.to {
					next--
				} else {
					next++
				}
			}
			if !s.to { // straight up or down from where it leaves the row.
				points[end].X = points[1].X
			} else {
				points[end].X = points[n-2].X
			}
		}
	}
}

// otherCorners keeps the wires apart that bend around one corner of a box that is not theirs:
// those that turn most on the inside.
func (d *drawing) otherCorners() {
	type turn struct {
		way, index int
		sharp      float64
	}
	turns := make([][]turn, len(d.router.corners))
	for i, w := range d.ways {
		for k, c := range w.around {
			if !d.placed[[2]int{i, k + 1}] {
				a, b, e := d.points[i][k], d.points[i][k+1], d.points[i][k+2]
				angle := math.Atan2(b.Y-a.Y, b.X-a.X) - math.Atan2(e.Y-b.Y, e.X-b.X)
				turns[c] = append(turns[c], turn{i, k + 1, math.Abs(math.Remainder(angle, 2*math.Pi))})
			}
		}
	}
	for c, at := range turns {
		sort.SliceStable(at, func(i, j int) bool { return at[i].sharp > at[j].sharp })
		dx, dy := outwards(c)
		room := math.Max(2, cornerRoom+d.room[c/4]-d.taken[c])
		step := math.Min(cornerStep, room/math.Max(1, float64(len(at)-1)))
		first := 0.0
		if d.taken[c] > 0 {
			first = d.taken[c] + step
		}
		for k, t := range at {
			d.points[t.way][t.index].X += dx * (first + step*float64(k))
			d.points[t.way][t.index].Y += dy * (first + step*float64(k))
		}
	}
}
