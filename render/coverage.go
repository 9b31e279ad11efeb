package render

import (
	"slices"

	"github.com/hostwire/hostwire/layout"
)

// unit is how finely places are counted within a pixel.
const unit = 256

// touch is what the edges of an outline do to one pixel: how much of its height they cross, going
// down counting as positive, and twice the area between them and the pixel's left side.
type touch struct {
	x           int
	cover, area int
}

// coverage finds how much of each pixel is inside of outlines. It keeps only the pixels that edges
// touch, so that large shapes cost their outline and not their area; and it counts in whole numbers,
// so that every machine gets the same.
type coverage struct {
	rows   [][]touch // for rows y0, y0+1, …
	y0, h  int
	origin int // y0 in units.
}

// reset starts anew, for h rows from y0.
func (c *coverage) reset(y0, h int) {
	c.y0, c.h, c.origin = y0, h, y0*unit
	for len(c.rows) < h {
		c.rows = append(c.rows, nil)
	}
	for i := range c.rows[:h] {
		c.rows[i] = c.rows[i][:0]
	}
}

func toUnits(v float64) int {
	if v < 0 {
		return -int(-v*unit + 0.5)
	}
	return int(v*unit + 0.5)
}

// outline adds a closed outline.
func (c *coverage) outline(l []layout.Point) {
	if len(l) < 2 {
		return
	}
	last := l[len(l)-1]
	x, y := toUnits(last.X), toUnits(last.Y)
	for _, p := range l {
		nx, ny := toUnits(p.X), toUnits(p.Y)
		c.edge(x, y, nx, ny)
		x, y = nx, ny
	}
}

// edge adds an edge, row by row.
func (c *coverage) edge(x0, y0, x1, y1 int) {
	if y0 == y1 {
		return
	}
	sign := 1
	if y0 > y1 {
		x0, y0, x1, y1, sign = x1, y1, x0, y0, -1
	}
	top, bottom := c.origin, c.origin+c.h*unit
	if y1 <= top || y0 >= bottom {
		return
	}
	dx, dy := x1-x0, y1-y0
	at := func(y int) int { return x0 + divide((y-y0)*dx, dy) }
	y, x := y0, x0
	if y < top {
		y, x = top, at(top)
	}
	end := min(y1, bottom)
	for y < end {
		next := min((y/unit+1)*unit, end)
		nx := x1
		if next != y1 {
			nx = at(next)
		}
		c.inRow((y-c.origin)/unit, x, nx, next-y, sign)
		x, y = nx, next
	}
}

// inRow adds a piece of an edge within one row: from x to nx while going down by height.
func (c *coverage) inRow(row, x, nx, height, sign int) {
	cell, last := floorUnit(x), floorUnit(nx)
	r := c.rows[row]
	if cell == last {
		r = append(r, touch{cell, sign * height, sign * height * (x + nx - 2*cell*unit)})
		c.rows[row] = r
		return
	}
	done, start := 0, x // done: of height.
	step, side := 1, unit
	if nx < x {
		step, side = -1, 0
	}
	for ; cell != last; cell += step {
		edge := cell*unit + side // where the piece leaves the pixel.
		until := divide((edge-start)*height, nx-start)
		if h := until - done; h != 0 {
			r = append(r, touch{cell, sign * h, sign * h * (x + edge - 2*cell*unit)})
		}
		done, x = until, edge
	}
	if h := height - done; h != 0 {
		r = append(r, touch{cell, sign * h, sign * h * (x + nx - 2*cell*unit)})
	}
	c.rows[row] = r
}

// divide rounds to the nearest whole number.
func divide(a, b int) int {
	if b < 0 {
		a, b = -a, -b
	}
	if a < 0 {
		return -((-a + b/2) / b)
	}
	return (a + b/2) / b
}

func floorUnit(v int) int {
	if v < 0 {
		return -((-v + unit - 1) / unit)
	}
	return v / unit
}

// spans calls f for all runs of pixels in a row that are covered alike, left to right, alpha from 1
// to 255.
func (c *coverage) spans(y int, f func(x0, x1 int, alpha uint8)) {
	r := c.rows[y-c.y0]
	if len(r) == 0 {
		return
	}
	if len(r) < 16 { // most rows: a few touches, nearly in order.
		for i := 1; i < len(r); i++ {
			for j := i; j > 0 && r[j].x < r[j-1].x; j-- {
				r[j], r[j-1] = r[j-1], r[j]
			}
		}
	} else {
		slices.SortFunc(r, func(a, b touch) int { return a.x - b.x })
	}
	cover := 0
	for i := 0; i < len(r); {
		x, area := r[i].x, 0
		for ; i < len(r) && r[i].x == x; i++ {
			cover += r[i].cover
			area += r[i].area
		}
		if a := alphaOf(cover*2*unit - area); a > 0 {
			f(x, x+1, a)
		}
		if i < len(r) && r[i].x > x+1 {
			if a := alphaOf(cover * 2 * unit); a > 0 {
				f(x+1, r[i].x, a)
			}
		}
	}
}

// alphaOf turns twice the covered area, in units, into opacity. What is wound around more than once
// is as opaque as what is wound around once.
func alphaOf(area int) uint8 {
	if area < 0 {
		area = -area
	}
	const full = 2 * unit * unit
	if area >= full {
		return 255
	}
	return uint8((area*255 + full/2) / full)
}
