package wiring

import "math"

// Distances of the drawing, in pixels.
const (
	drawingMargin = 26
	packGap       = 40 // between components.
)

// pack places components side by side and one below the other so that the whole gets a pleasant
// format, in doubt the narrower way, and returns its size. Components stay in order: lines from the
// top, in each line columns from the left, in each column from the top as far as the line's height
// allows. Cards without wires come last, below all others or to their right.
func pack(all []*component) (w, h float64) {
	rest := all
	var loose *component
	if n := len(all); n > 1 && len(all[n-1].wires) == 0 && all[n-1].nesting == 0 {
		rest, loose = all[:n-1], all[n-1]
	}
	widest, sum := 0.0, 0.0
	for _, c := range rest {
		c.rim()
		widest = math.Max(widest, c.w)
		sum += c.w + packGap
	}
	best, bestLimit := math.MaxFloat64, widest
	for limit := widest; ; limit *= 1.1 {
		w, h := shelve(rest, limit, false)
		if cost := w * h * misfit(w, h); cost < best*inDoubt {
			best, bestLimit = cost, limit
		}
		if limit > sum || len(rest) == 0 {
			break
		}
	}
	w, h = shelve(rest, bestLimit, true)
	if loose != nil {
		w, h = loose.append(rest, w, h)
	}
	return w + 2*drawingMargin, h + 2*drawingMargin
}

// append places the component below or to the right of the rest, which takes w by h, and returns
// the size of both together.
func (c *component) append(rest []*component, w, h float64) (float64, float64) {
	l := c.layers[0]
	best, columns, below := math.MaxFloat64, 1, true
	aw, ah := w, h
	if len(rest) == 1 && rest[0].about != [2]float64{} { // does not change with every card.
		aw, ah = rest[0].about[0], rest[0].about[1]
	}
	costs := func(k int, high float64) (under, beside float64) {
		lw, lh := c.estimate(l, k)
		lw, lh = lw-miniMin, math.Max(lh, high)-cardGap
		uw, uh := math.Max(aw, lw), ah+packGap+lh
		bw, bh := aw+packGap+lw, math.Max(ah, lh)
		return uw * uh * misfit(uw, uh), bw * bh * misfit(bw, bh)
	}
	for k := 1; k <= min(len(l.cards), maxColumns); k++ {
		under, beside := costs(k, 0)
		if under < best*0.99 {
			best, columns, below = under, k, true
		}
		if beside < best*0.9 {
			best, columns, below = beside, k, false
		}
	}
	if c.fixed != nil {
		k, aside := l.formerColumns(), c.formerlyBeside(rest)
		under, beside := costs(k, l.formerHeight())
		if !aside && under <= recallsUpTo*best || aside && beside <= recallsUpTo*best {
			columns, below = k, !aside
			l.columns = k
			l.set(l.asBefore(l.units))
		}
	}
	c.place(columns)
	c.rim()
	if below {
		c.x, c.y = c.offX, h+packGap+c.offY
		return math.Max(w, c.w), h + packGap + c.h
	}
	c.x, c.y = w+packGap+c.offX, c.offY
	return w + packGap + c.w, math.Max(h, c.h)
}

// place lays a component of one layer out anew, with so many columns.
func (c *component) place(columns int) {
	c.layers[0].columns = columns
	c.build()
	c.widths()
	c.route()
	c.heights()
	c.settle()
	c.abscissas()
	c.frames()
}

// rim makes the component's rectangle hold the frames of its groups.
func (c *component) rim() {
	x0, y0, x1, y1 := 0.0, 0.0, c.w, c.h
	for _, r := range c.groups {
		x0, y0 = math.Min(x0, r.X), math.Min(y0, r.Y)
		x1, y1 = math.Max(x1, r.X+r.W), math.Max(y1, r.Y+r.H)
	}
	c.w, c.h = x1-x0, y1-y0
	c.offX, c.offY = -x0, -y0
}

// shelve places components in lines that are no wider than limit, as far as they fit at all.
func shelve(all []*component, limit float64, place bool) (w, h float64) {
	y := 0.0                          // of the line.
	colX, colY, colW := 0.0, 0.0, 0.0 // of the column.
	lineH := 0.0
	for i, c := range all {
		switch {
		case i == 0:
			lineH = c.h
		case colY+c.h <= y+lineH && colX+c.w <= limit: // below the last one.
		case colX+colW+packGap+c.w <= limit: // a new column.
			colX, colY, colW = colX+colW+packGap, y, 0
			lineH = math.Max(lineH, c.h)
		default:
			y += lineH + packGap
			colX, colY, colW, lineH = 0, y, 0, c.h
		}
		if place {
			c.x, c.y = colX+c.offX, colY+c.offY
		}
		colW = math.Max(colW, c.w)
		w, h = math.Max(w, colX+c.w), math.Max(h, colY+c.h)
		colY += c.h + packGap
	}
	return w, h
}
