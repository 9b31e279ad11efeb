package render

import (
	"math"

	"github.com/hostwire/hostwire/layout"
)

// dashed cuts a line into its dashes.
func dashed(line []layout.Point, closed bool, pattern []float64) [][]layout.Point {
	if closed && len(line) > 0 {
		line = append(append([]layout.Point(nil), line...), line[0])
	}
	var out [][]layout.Point
	i, left, on := 0, pattern[0], true
	var cur []layout.Point
	if len(line) > 0 {
		cur = append(cur, line[0])
	}
	for j := 1; j < len(line); j++ {
		a, b := line[j-1], line[j]
		for {
			d := dist(a, b)
			if d < left {
				left -= d
				if on {
					cur = append(cur, b)
				}
				break
			}
			p := toward(a, b, left)
			if on {
				out = append(out, append(cur, p))
				cur = nil
			} else {
				cur = []layout.Point{p}
			}
			a, on = p, !on
			i = (i + 1) % len(pattern)
			left = pattern[i]
		}
	}
	if on && len(cur) > 1 {
		out = append(out, cur)
	}
	return out
}

// stroke appends the outlines of a line of a width. The outlines overlap each other, all wound the
// same way, so that together they are the line. Corners are mitred up to a right angle and cut off
// beyond, or round.
func stroke(out [][]layout.Point, line []layout.Point, closed bool, width float64, round bool) [][]layout.Point {
	line = withoutRepeats(line)
	if closed && len(line) > 1 && line[0] == line[len(line)-1] {
		line = line[:len(line)-1]
	}
	half := width / 2
	if len(line) == 1 {
		if round {
			out = append(out, disc(line[0], half))
		}
		return out
	}
	n := len(line)
	pieces := n - 1
	if closed {
		pieces = n
	}
	for i := 0; i < pieces; i++ {
		a, b := line[i], line[(i+1)%n]
		nx, ny := normal(a, b, half)
		out = append(out, oriented([]layout.Point{
			{X: a.X + nx, Y: a.Y + ny}, {X: b.X + nx, Y: b.Y + ny}, {X: b.X - nx, Y: b.Y - ny}, {X: a.X - nx, Y: a.Y - ny},
		}))
	}
	for i := 0; i < n; i++ {
		if !closed && (i == 0 || i == n-1) {
			if round {
				out = append(out, disc(line[i], half))
			}
			continue
		}
		a, b, c := line[(i+n-1)%n], line[i], line[(i+1)%n]
		if round {
			out = append(out, disc(b, half))
		} else {
			out = join(out, a, b, c, half)
		}
	}
	return out
}

// normal is the vector of a length at a right angle to the way from a to b.
func normal(a, b layout.Point, length float64) (x, y float64) {
	d := dist(a, b)
	return -(b.Y - a.Y) / d * length, (b.X - a.X) / d * length
}

// join fills the wedge at a corner.
func join(out [][]layout.Point, a, b, c layout.Point, half float64) [][]layout.Point {
	x1, y1 := normal(a, b, half)
	x2, y2 := normal(b, c, half)
	cross := x1*y2 - y1*x2
	if math.Abs(cross) < 1e-9 {
		return out
	}
	if cross > 0 { // the wedge is on the outer side of the turn.
		x1, y1, x2, y2 = -x1, -y1, -x2, -y2
	}
	p, q := layout.Point{X: b.X + x1, Y: b.Y + y1}, layout.Point{X: b.X + x2, Y: b.Y + y2}
	wedge := []layout.Point{b, p, q}
	if x1*x2+y1*y2 >= -1e-9 { // up to a right angle: out to where the edges meet.
		k := half * half / (half*half + x1*x2 + y1*y2)
		wedge = []layout.Point{b, p, {X: b.X + (x1+x2)*k, Y: b.Y + (y1+y2)*k}, q}
	}
	return append(out, oriented(wedge))
}

// disc is a full circle.
func disc(c layout.Point, r float64) []layout.Point {
	n := int(math.Max(8, math.Ceil(math.Pi/math.Acos(1-math.Min(0.5, tolerance/math.Max(r, 0.01))))))
	out := make([]layout.Point, n)
	for i := range out {
		a := 2 * math.Pi * float64(i) / float64(n)
		out[i] = layout.Point{X: c.X + r*math.Cos(a), Y: c.Y + r*math.Sin(a)}
	}
	return oriented(out)
}

// oriented winds an outline clockwise, as seen with y downwards.
func oriented(l []layout.Point) []layout.Point {
	area := 0.0
	for i, p := range l {
		q := l[(i+1)%len(l)]
		area += p.X*q.Y - q.X*p.Y
	}
	if area < 0 {
		for i, j := 0, len(l)-1; i < j; i, j = i+1, j-1 {
			l[i], l[j] = l[j], l[i]
		}
	}
	return l
}
