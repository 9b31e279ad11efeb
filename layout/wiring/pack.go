package wiring

import "math"

// Distances of the drawing, in pixels.
const (
	drawingMargin = 28
	packGap       = 40 // between components.
)

// pack places components side by side and one below the other so that the whole gets a pleasant
// format, and returns its size. Components stay in order: lines from the top, in each line columns
// from the left, in each column from the top as far as the line's height allows.
func pack(all []*component) (w, h float64) {
	widest, sum := 0.0, 0.0
	for _, c := range all {
		c.rim()
		widest = math.Max(widest, c.w)
		sum += c.w + packGap
	}
	best, bestLimit := math.MaxFloat64, widest
	for limit := widest; ; limit *= 1.1 {
		w, h := shelve(all, limit, false)
		if cost := w * h * misfit(w, h); cost < best*0.999 {
			best, bestLimit = cost, limit
		}
		if limit > sum || len(all) == 0 {
			break
		}
	}
	w, h = shelve(all, bestLimit, true)
	return w + 2*drawingMargin, h + 2*drawingMargin
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

func shelve(all []*component, limit float64, place bool) (w, h float64) {
	x, y := 0.0, 0.0                  // of the line.
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
			x, y = 0, y+lineH+packGap
			colX, colY, colW, lineH = x, y, 0, c.h
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
