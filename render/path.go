package render

import (
	"math"
	"strconv"

	"github.com/hostwire/hostwire/layout"
)

// op is a step of a path.
type op byte

const (
	moveTo  op = 'M' // one point
	lineTo  op = 'L' // one point
	quadTo  op = 'Q' // control point and end
	cubicTo op = 'C' // two control points and end
	closing op = 'Z' // none
)

// Path is an outline or a line of straight and curved pieces, in CSS pixels.
type Path struct {
	ops    []op
	points []layout.Point
}

func (p *Path) move(x, y float64) { p.add(moveTo, layout.Point{X: x, Y: y}) }
func (p *Path) line(x, y float64) { p.add(lineTo, layout.Point{X: x, Y: y}) }
func (p *Path) close()            { p.add(closing) }

func (p *Path) add(o op, points ...layout.Point) {
	p.ops = append(p.ops, o)
	p.points = append(p.points, points...)
}

// each calls f for every step with its points.
func (p *Path) each(f func(o op, pts []layout.Point)) {
	i := 0
	for _, o := range p.ops {
		n := o.points()
		f(o, p.points[i:i+n])
		i += n
	}
}

func (o op) points() int {
	switch o {
	case moveTo, lineTo:
		return 1
	case quadTo:
		return 2
	case cubicTo:
		return 3
	}
	return 0
}

// circleBend is how far the control points of a cubic stand from its ends, for a quarter circle of
// radius 1.
const circleBend = 0.5522847498307936

// roundRect is a box with rounded corners.
func roundRect(x, y, w, h, r float64) Path {
	var p Path
	r = math.Max(0, math.Min(r, math.Min(w, h)/2))
	if r == 0 {
		p.move(x, y)
		p.line(x+w, y)
		p.line(x+w, y+h)
		p.line(x, y+h)
		p.close()
		return p
	}
	k := r * (1 - circleBend)
	pt := func(x, y float64) layout.Point { return layout.Point{X: x, Y: y} }
	p.move(x+r, y)
	p.line(x+w-r, y)
	p.add(cubicTo, pt(x+w-k, y), pt(x+w, y+k), pt(x+w, y+r))
	p.line(x+w, y+h-r)
	p.add(cubicTo, pt(x+w, y+h-k), pt(x+w-k, y+h), pt(x+w-r, y+h))
	p.line(x+r, y+h)
	p.add(cubicTo, pt(x+k, y+h), pt(x, y+h-k), pt(x, y+h-r))
	p.line(x, y+r)
	p.add(cubicTo, pt(x, y+k), pt(x+k, y), pt(x+r, y))
	p.close()
	return p
}

// polyline is a line through corners that are rounded by at most radius, and never by more than
// half of a neighbouring piece.
func polyline(points []layout.Point, radius float64) Path {
	var p Path
	points = withoutRepeats(points)
	if len(points) == 0 {
		return p
	}
	p.add(moveTo, points[0])
	for i := 1; i < len(points)-1; i++ {
		a, b, c := points[i-1], points[i], points[i+1]
		ab, bc := dist(a, b), dist(b, c)
		r := math.Min(radius, math.Min(ab, bc)/2)
		if straight(a, b, c) {
			continue
		}
		if r < 0.5 {
			p.add(lineTo, b)
			continue
		}
		if from := toward(b, a, r); dist(from, p.points[len(p.points)-1]) > 0.001 {
			p.add(lineTo, from)
		}
		p.add(quadTo, b, toward(b, c, r))
	}
	if last := points[len(points)-1]; len(points) > 1 && dist(last, p.points[len(p.points)-1]) > 0.001 {
		p.add(lineTo, last)
	}
	return p
}

func withoutRepeats(points []layout.Point) []layout.Point {
	var out []layout.Point
	for _, p := range points {
		if len(out) == 0 || out[len(out)-1] != p {
			out = append(out, p)
		}
	}
	return out
}

// bezier is a line of cubic curves through 1+3n control points.
func bezier(points []layout.Point) Path {
	var p Path
	if len(points) == 0 {
		return p
	}
	p.add(moveTo, points[0])
	for i := 1; i+2 < len(points); i += 3 {
		p.add(cubicTo, points[i], points[i+1], points[i+2])
	}
	return p
}

func dist(a, b layout.Point) float64 { return math.Hypot(b.X-a.X, b.Y-a.Y) }

// toward is the point at a distance from a on the way to b.
func toward(a, b layout.Point, d float64) layout.Point {
	l := dist(a, b)
	if l == 0 {
		return a
	}
	return layout.Point{X: a.X + (b.X-a.X)*d/l, Y: a.Y + (b.Y-a.Y)*d/l}
}

// straight tells whether b lies on the way from a to c.
func straight(a, b, c layout.Point) bool {
	cross := (b.X-a.X)*(c.Y-b.Y) - (b.Y-a.Y)*(c.X-b.X)
	dot := (b.X-a.X)*(c.X-b.X) + (b.Y-a.Y)*(c.Y-b.Y)
	return math.Abs(cross) < 1e-6 && dot > 0
}

// flatten turns the path, transformed by t, into polylines that differ from it by at most tolerance.
func (p *Path) flatten(tolerance float64, t func(layout.Point) layout.Point) (lines [][]layout.Point, closed []bool) {
	var cur []layout.Point
	var start layout.Point
	end := func(isClosed bool) {
		if len(cur) > 0 {
			lines, closed = append(lines, cur), append(closed, isClosed)
		}
		cur = nil
	}
	p.each(func(o op, pts []layout.Point) {
		if len(cur) == 0 && o != moveTo && o != closing { // after a close: go on from the start.
			cur = append(cur, start)
		}
		switch o {
		case moveTo:
			end(false)
			start = t(pts[0])
			cur = append(cur, start)
		case lineTo:
			cur = append(cur, t(pts[0]))
		case quadTo:
			a, b, c := cur[len(cur)-1], t(pts[0]), t(pts[1])
			n := steps(math.Hypot(a.X-2*b.X+c.X, a.Y-2*b.Y+c.Y)/4, tolerance)
			for i := 1; i <= n; i++ {
				u := float64(i) / float64(n)
				v := 1 - u
				cur = append(cur, layout.Point{X: v*v*a.X + 2*u*v*b.X + u*u*c.X, Y: v*v*a.Y + 2*u*v*b.Y + u*u*c.Y})
			}
		case cubicTo:
			a, b, c, d := cur[len(cur)-1], t(pts[0]), t(pts[1]), t(pts[2])
			bend := math.Max(math.Hypot(a.X-2*b.X+c.X, a.Y-2*b.Y+c.Y), math.Hypot(b.X-2*c.X+d.X, b.Y-2*c.Y+d.Y))
			n := steps(bend*0.75, tolerance)
			for i := 1; i <= n; i++ {
				u := float64(i) / float64(n)
				v := 1 - u
				k0, k1, k2, k3 := v*v*v, 3*u*v*v, 3*u*u*v, u*u*u
				cur = append(cur, layout.Point{X: k0*a.X + k1*b.X + k2*c.X + k3*d.X, Y: k0*a.Y + k1*b.Y + k2*c.Y + k3*d.Y})
			}
		case closing:
			end(true)
		}
	})
	end(false)
	return lines, closed
}

// steps is into how many lines a curve is cut whose greatest distance from one line is error.
func steps(err, tolerance float64) int {
	return int(math.Min(200, math.Max(1, math.Ceil(math.Sqrt(err/tolerance)))))
}

func identity(p layout.Point) layout.Point { return p }

// num appends a number with at most two decimals, as short as it gets.
func num(b []byte, v float64) []byte {
	v = math.Round(v*100) / 100
	if v == 0 {
		return append(b, '0')
	}
	return strconv.AppendFloat(b, v, 'f', -1, 64)
}

// svgData appends the path as SVG path data: places relative to the one before, which is shorter.
// Places are rounded first, so that nothing adds up.
func (p *Path) svgData(b []byte) []byte {
	var at, start layout.Point
	p.each(func(o op, pts []layout.Point) {
		if o == closing {
			b = append(b, 'z')
			at = start
			return
		}
		end := rounded(pts[len(pts)-1])
		switch {
		case o == moveTo && len(b) > 0 && (b[len(b)-1] == '"'): // the first.
			b = pair(append(b, 'M'), end)
			start = end
		case o == lineTo && same(end.Y, at.Y):
			b = num(append(b, 'h'), end.X-at.X)
		case o == lineTo && same(end.X, at.X):
			b = num(append(b, 'v'), end.Y-at.Y)
		default:
			b = append(b, byte(o)+'a'-'A')
			for i, pt := range pts {
				pt = rounded(pt)
				if pt = (layout.Point{X: pt.X - at.X, Y: pt.Y - at.Y}); i > 0 && !(pt.X < -0.004) {
					b = append(b, ' ')
				}
				b = pair(b, pt)
			}
			if o == moveTo {
				start = end
			}
		}
		at = end
	})
	return b
}

// pair appends two numbers, apart from each other.
func pair(b []byte, p layout.Point) []byte {
	b = num(b, p.X)
	if !(p.Y < -0.004) {
		b = append(b, ' ')
	}
	return num(b, p.Y)
}

func rounded(p layout.Point) layout.Point {
	return layout.Point{X: math.Round(p.X*100) / 100, Y: math.Round(p.Y*100) / 100}
}

func same(a, b float64) bool { return math.Abs(a-b) < 0.005 }
