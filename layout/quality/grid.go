package quality

import (
	"math"

	"github.com/hostwire/hostwire/layout"
)

// grid finds rectangles near others, by the square cells that they lie in.
type grid struct {
	x, y, cell float64
	cols, rows int
	cells      [][]int
	seen       []int // by item: the query that last reported it.
	query      int
}

const (
	cellSize = 96.0
	cellsMax = 1 << 18
)

func newGrid(items []layout.Rect) *grid {
	g := &grid{cell: cellSize, seen: make([]int, len(items))}
	if len(items) == 0 {
		return g
	}
	minX, minY, maxX, maxY := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, r := range items {
		if bad(r) {
			continue
		}
		minX, minY = math.Min(minX, r.X), math.Min(minY, r.Y)
		maxX, maxY = math.Max(maxX, r.X+r.W), math.Max(maxY, r.Y+r.H)
	}
	if minX > maxX { // nothing that could be found.
		return g
	}
	g.x, g.y = minX, minY
	if need := math.Sqrt((maxX - minX) * (maxY - minY) / cellsMax); need > g.cell {
		g.cell = need
	}
	if need := math.Max(maxX-minX, maxY-minY) / cellsMax; need > g.cell { // a very long, very flat drawing.
		g.cell = need
	}
	g.cols = int((maxX-minX)/g.cell) + 1
	g.rows = int((maxY-minY)/g.cell) + 1
	g.cells = make([][]int, g.cols*g.rows)
	for i, r := range items {
		if bad(r) {
			continue
		}
		g.each(r, func(cell int) { g.cells[cell] = append(g.cells[cell], i) })
	}
	return g
}

// each calls f for the cells that a rectangle lies in.
func (g *grid) each(r layout.Rect, f func(cell int)) {
	if g.cols == 0 || g.rows == 0 || bad(r) {
		return
	}
	at := func(v, origin float64, n int) int { // clamped before it becomes an integer: v may be anything.
		return int(math.Max(0, math.Min(float64(n-1), math.Floor((v-origin)/g.cell))))
	}
	for row := at(r.Y, g.y, g.rows); row <= at(r.Y+r.H, g.y, g.rows); row++ {
		for col := at(r.X, g.x, g.cols); col <= at(r.X+r.W, g.x, g.cols); col++ {
			f(row*g.cols + col)
		}
	}
}

// near calls f once for each item that may touch r.
func (g *grid) near(r layout.Rect, f func(item int)) {
	g.query++
	g.each(r, func(cell int) {
		for _, i := range g.cells[cell] {
			if g.seen[i] != g.query {
				g.seen[i] = g.query
				f(i)
			}
		}
	})
}
