package render

import (
	"math"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/internal/typeface"
	"github.com/hostwire/hostwire/internal/visible"
	"github.com/hostwire/hostwire/layout"
)

// Measures of badges on wires, in CSS pixels.
const (
	badgeRoom  = 2*badgeRadius + 2 // that a badge needs on a piece of wire.
	badgeLeast = 30                // length of a piece on which a badge tells something that the ends don't.
)

// badges finds places for the badges of wires that differ: on the longest piece of the wire that has
// nothing else on it, since a badge where wires of a bundle run as one would tell of all of them.
type badges struct {
	lines  [][]layout.Point // of all wires, in order.
	labels []Box
	placed []layout.Point
	// passes are the wires that pass a cell, for looking near a place only.
	passes map[cellAt][]int
}

func (c *composer) newBadges(paths []Path) *badges {
	b := &badges{lines: make([][]layout.Point, len(paths))}
	if len(changesIn(c.in.Graph)) == 0 {
		return b
	}
	b.passes = map[cellAt][]int{}
	for i, w := range c.in.Layout.Wires {
		if w.Curve {
			if lines, _ := paths[i].flatten(0.5, identity); len(lines) > 0 {
				b.lines[i] = lines[0]
			}
		} else {
			b.lines[i] = c.moved(w)
		}
		for j := 1; j < len(b.lines[i]); j++ {
			eachCell(b.lines[i][j-1], b.lines[i][j], func(k cellAt) {
				if list := b.passes[k]; len(list) == 0 || list[len(list)-1] != i {
					b.passes[k] = append(list, i)
				}
			})
		}
		for _, l := range w.Labels() {
			if l.At != nil {
				width := typeface.Label.Width(visible.String(shorten(l.Text, 200))) + 8
				b.labels = append(b.labels, Box{X: l.At.X + c.dx - width/2, Y: l.At.Y + c.dy - 8, W: width, H: 16})
			}
		}
	}
	return b
}

// place is where the badge of a wire goes; false if the wire is to have none: where its ends tell the
// same and there is hardly room.
func (b *badges) place(i int, e *graph.Edge) (layout.Point, bool) {
	line := b.lines[i]
	if changeWord(e.Change) == "" || len(line) < 2 {
		return layout.Point{}, false
	}
	told := e.From.Change == e.Change || e.To.Change == e.Change
	best, least := layout.Point{}, math.Inf(1)
	longest := 0.0
	for j := 1; j < len(line); j++ {
		length := dist(line[j-1], line[j])
		longest = math.Max(longest, length)
		if length < badgeRoom {
			continue
		}
		for _, share := range []float64{0.5, 0.3, 0.7, 0.15, 0.85} {
			if length*math.Min(share, 1-share) < badgeRadius+1 {
				continue
			}
			at := layout.Point{
				X: math.Round(line[j-1].X + share*(line[j].X-line[j-1].X)),
				Y: math.Round(line[j-1].Y + share*(line[j].Y-line[j-1].Y)),
			}
			if cost := b.cost(i, at) - math.Min(length, 900)/1000 + math.Abs(share-0.5)/10; cost < least {
				best, least = at, cost
			}
		}
	}
	if told && (longest < badgeLeast || least >= 2) {
		return layout.Point{}, false
	}
	if math.IsInf(least, 1) { // no piece has room: in the middle of the curve or line, then.
		best = line[(len(line)-1)/2]
		next := line[(len(line)-1)/2+1]
		best = layout.Point{X: math.Round((best.X + next.X) / 2), Y: math.Round((best.Y + next.Y) / 2)}
	}
	b.placed = append(b.placed, best)
	return best, true
}

// cost counts what is in the way of a badge of wire i: other wires, labels, badges.
func (b *badges) cost(i int, at layout.Point) float64 {
	cost := 0.0
	for _, p := range b.placed {
		if dist(p, at) < badgeRoom+1 {
			cost += 4
		}
	}
	for _, l := range b.labels {
		if at.X > l.X-badgeRadius && at.X < l.X+l.W+badgeRadius && at.Y > l.Y-badgeRadius && at.Y < l.Y+l.H+badgeRadius {
			cost += 4
		}
	}
	near := layout.Point{X: badgeRadius, Y: badgeRadius}
	seen := map[int]bool{i: true}
	eachCell(layout.Point{X: at.X - near.X, Y: at.Y - near.Y}, layout.Point{X: at.X + near.X, Y: at.Y + near.Y}, func(k cellAt) {
		for _, other := range b.passes[k] {
			if seen[other] {
				continue
			}
			seen[other] = true
			switch d := distanceToLine(at, b.lines[other]); {
			case d < 3:
				cost += 2
			case d < badgeRadius:
				cost += 0.5
			}
		}
	})
	return cost
}

// distanceToLine is how far a point is from a line of pieces.
func distanceToLine(p layout.Point, line []layout.Point) float64 {
	least := math.Inf(1)
	for i := 1; i < len(line); i++ {
		least = math.Min(least, distanceTo(p, line[i-1], line[i]))
	}
	return least
}

// distanceTo is how far a point is from a straight piece.
func distanceTo(p, a, b layout.Point) float64 {
	dx, dy := b.X-a.X, b.Y-a.Y
	l := dx*dx + dy*dy
	if l == 0 {
		return dist(p, a)
	}
	t := math.Max(0, math.Min(1, ((p.X-a.X)*dx+(p.Y-a.Y)*dy)/l))
	return dist(p, layout.Point{X: a.X + t*dx, Y: a.Y + t*dy})
}
