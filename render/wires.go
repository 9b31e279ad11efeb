package render

import (
	"cmp"
	"math"
	"slices"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/internal/typeface"
	"github.com/hostwire/hostwire/internal/visible"
	"github.com/hostwire/hostwire/layout"
	"github.com/hostwire/hostwire/themes"
)

// Measures of wires, in CSS pixels.
const (
	plugRadius  = 4
	arrowLength = 9
	arrowWidth  = 8
)

// manyWires is from how many wires on they get no wider area for the pointer and no frames around
// what they join: each costs a third of the wire's size in SVG again.
const manyWires = 400

// wires draws all wires. Where two cross, the ground shows on both sides of the upper one, so that
// the eye does not take the crossing for a joint.
func (c *composer) wires() {
	paths := make([]Path, len(c.in.Layout.Wires))
	for i, b := range c.bundles() {
		paths[i] = c.wirePath(c.in.Layout.Wires[i], b.hub)
	}
	order := c.wireOrder()
	gaps := c.gaps(paths, order)
	c.marks(paths)
	badges := c.newBadges(paths)
	for _, i := range order {
		if w := c.in.Layout.Wires[i]; len(paths[i].ops) > 1 {
			g := c.wire(w, paths[i], gaps[i])
			if at, ok := badges.place(i, w.Edge); ok {
				g.add(badge(w.Edge.Change, at.X, at.Y))
			}
			c.add(g)
		}
	}
	labels := &Group{Class: "labels"} // over all wires.
	for _, w := range c.in.Layout.Wires {
		for _, l := range w.Labels() {
			c.label(labels, l.Text, l.At)
		}
	}
	if len(labels.Items) > 0 {
		c.add(labels)
	}
}

// wireOrder is the order in which wires are drawn: as they come, but those of one bundle together, so
// that nothing is drawn between lines that lie on each other.
func (c *composer) wireOrder() []int {
	wires := c.in.Layout.Wires
	order, first := make([]int, len(wires)), make([]int, len(wires))
	of := map[int]int{} // of bundles.
	for i, w := range wires {
		order[i], first[i] = i, i
		if w.Bundle > 0 {
			if j, known := of[w.Bundle]; known {
				first[i] = j
			} else {
				of[w.Bundle] = i
			}
		}
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(first[i], first[j]) })
	return order
}

// moved brings the points of a wire into the scene. Corners of polylines go onto whole pixels, as
// boxes do, so that they still meet.
func (c *composer) moved(w layout.Wire) []layout.Point {
	out := make([]layout.Point, len(w.Points))
	for i, p := range w.Points {
		out[i] = layout.Point{X: p.X + c.dx, Y: p.Y + c.dy}
		if !w.Curve {
			out[i].X, out[i].Y = math.Round(out[i].X), math.Round(out[i].Y)
		}
	}
	return out
}

// wirePath is the visible line: it ends at the foot of the arrow head, if there is one. A line without
// begins at the hub, where it may lie on others: then their dashes do, too, and do not fill each other's
// gaps.
func (c *composer) wirePath(w layout.Wire, hub *graph.Node) Path {
	points := c.moved(w)
	if !w.Edge.Directed && hub == w.Edge.To {
		slices.Reverse(points)
	}
	if n := len(points); w.Edge.Directed && n > 1 {
		short := toward(points[n-1], points[n-2], math.Min(arrowLength-2, dist(points[n-1], points[n-2])))
		points[n-1] = short
	}
	if w.Curve {
		return bezier(points)
	}
	return polyline(points, w.Radius)
}

func (c *composer) wire(w layout.Wire, path Path, gaps []gap) *Group {
	e := w.Edge
	kind := string(e.Kind)
	points := c.moved(w)
	first, last := points[0], points[len(points)-1]
	g := &Group{Class: "link", Title: wireTooltip(e)}
	g.markChange(e.Change)
	if len(c.in.Layout.Wires) <= manyWires {
		if ends := c.ends(e); len(ends.ops) > 0 {
			g.add(&Shape{Look: lookEnds, Path: &ends, Live: true})
		}
		g.add(&Shape{Look: lookHit, Path: &path, Live: true})
	}
	for _, ground := range []themes.Role{themes.Bg, themes.Group, themes.Card, themes.Band} {
		var p Path
		for _, gp := range gaps {
			if gp.ground == ground {
				p.add(moveTo, gp.a)
				p.add(lineTo, gp.b)
			}
		}
		if len(p.ops) > 0 {
			g.add(&Shape{Look: lookGap(ground), Path: &p})
		}
	}
	g.add(&Shape{
		Look: lookWire(kind).changed(e.Change), Path: &path,
		Data: [][2]string{{"kind", plain(kind)}, {"from", xmlID(e.From.ID)}, {"to", xmlID(e.To.ID)}},
	})
	if w.FromPlug {
		g.add(&Shape{Look: lookPlug(kind), Circle: &Circle{first.X, first.Y, plugRadius}})
	}
	if e.Directed {
		p := arrowHead(points[len(points)-2], last)
		g.add(&Shape{Look: lookArrow(kind), Path: &p})
	} else if w.ToPlug {
		g.add(&Shape{Look: lookPlug(kind), Circle: &Circle{last.X, last.Y, plugRadius}})
	}
	return g
}

// ends frames what the wire joins, for when the pointer is on the wire.
func (c *composer) ends(e *graph.Edge) Path {
	var p Path
	for _, n := range []*graph.Node{e.From, e.To} {
		if b, ok := c.boxes[n]; ok {
			p.move(b.X-1, b.Y-1)
			p.line(b.X+b.W+1, b.Y-1)
			p.line(b.X+b.W+1, b.Y+b.H+1)
			p.line(b.X-1, b.Y+b.H+1)
			p.close()
		}
	}
	return p
}

// arrowHead is a triangle whose tip is at to.
func arrowHead(from, to layout.Point) Path {
	var p Path
	l := dist(from, to)
	if l == 0 {
		return p
	}
	ux, uy := (to.X-from.X)/l, (to.Y-from.Y)/l
	bx, by := to.X-arrowLength*ux, to.Y-arrowLength*uy
	p.move(to.X, to.Y)
	p.line(bx-uy*arrowWidth/2, by+ux*arrowWidth/2)
	p.line(bx+uy*arrowWidth/2, by-ux*arrowWidth/2)
	p.close()
	return p
}

// label writes a wire's label around its place, on a ground that keeps wires away from it.
func (c *composer) label(g *Group, text string, at *layout.Point) {
	text = visible.String(shorten(text, 200))
	if text == "" || at == nil {
		return
	}
	x, y := at.X+c.dx, at.Y+c.dy
	w := math.Ceil(typeface.Label.Width(text)) + 6
	h := float64(14)
	b := Box{math.Round(x - w/2), math.Round(y - h/2), w, h, 3}
	g.add(&Shape{Look: lookLabel(c.groundAt(layout.Point{X: x, Y: y})), Box: &b})
	g.add(&Text{Role: "label", X: b.X + w/2, Y: b.Y + 10.5, Anchor: layout.Middle, Style: typeface.Label, Ink: paintOf(themes.Mute), S: text})
}

// groundAt is what is behind a point: the innermost box with a ground of its own.
func (c *composer) groundAt(p layout.Point) themes.Role {
	for i := len(c.grounds) - 1; i >= 0; i-- {
		b := c.grounds[i].box
		if p.X > b.X && p.X < b.X+b.W && p.Y > b.Y && p.Y < b.Y+b.H {
			return c.grounds[i].role
		}
	}
	return themes.Bg
}

// gap is a piece of a wire that is freed from what is drawn below it.
type gap struct {
	a, b   layout.Point
	ground themes.Role
}

// piece is a straight piece of a wire.
type piece struct {
	wire  int
	order int // of all pieces.
	a, b  layout.Point
}

// bundled is a straight piece of a wire of a bundle.
type bundled struct {
	bundle int // the layout's number of it.
	a, b   layout.Point
}

// cell is the edge of the squares into which crossing finds pieces, in CSS pixels.
const cell = 128

// cellAt is a cell's column and row in one number, which maps find faster than two.
type cellAt uint64

func newCellAt(column, row int) cellAt { return cellAt(uint32(column))<<32 | cellAt(uint32(row)) }

// bundle is what many wires have in common that may touch each other: their kind, and the one end
// that most of them share.
type bundle struct {
	kind graph.EdgeKind
	hub  *graph.Node
}

// bundles returns the bundle of each wire: of its two ends, the one with more wires of its kind.
func (c *composer) bundles() []bundle {
	count := map[bundle]int{}
	for _, w := range c.in.Layout.Wires {
		count[bundle{w.Edge.Kind, w.Edge.From}]++
		count[bundle{w.Edge.Kind, w.Edge.To}]++
	}
	out := make([]bundle, len(c.in.Layout.Wires))
	for i, w := range c.in.Layout.Wires {
		from, to := bundle{w.Edge.Kind, w.Edge.From}, bundle{w.Edge.Kind, w.Edge.To}
		if out[i] = from; count[to] > count[from] {
			out[i] = to
		}
	}
	return out
}

// square is one cell's pieces, by bundle: of a bundle with a thousand wires, most lie in the same
// cells and none needs to be compared with another.
type square []strand

type strand struct {
	of     bundle
	pieces []piece
}

func (s square) add(of bundle, p piece) square {
	for i := range s {
		if s[i].of == of {
			s[i].pieces = append(s[i].pieces, p)
			return s
		}
	}
	return append(s, strand{of, []piece{p}})
}

// gaps finds, for every wire, where it crosses wires that are drawn before it. What a bundle draws
// several times in the same place counts once.
func (c *composer) gaps(paths []Path, drawing []int) [][]gap {
	out := make([][]gap, len(paths))
	grid := map[cellAt]square{}
	bundles := c.bundles()
	drawn := map[bundled]bool{}
	order := 0
	for _, i := range drawing {
		edge, number := c.in.Layout.Wires[i].Edge, c.in.Layout.Wires[i].Bundle
		lines, _ := paths[i].flatten(0.5, identity)
		for _, l := range lines {
			for j := 1; j < len(l); j++ {
				if drawn[bundled{number, l[j-1], l[j]}] {
					continue
				}
				p := piece{i, 0, l[j-1], l[j]}
				for _, at := range crossings(grid, p, edge) {
					if c.joined(at.other.wire, i) {
						continue
					}
					out[i] = appendGap(out[i], p, at.point, l, c.groundAt(at.point))
				}
			}
		}
		for _, l := range lines {
			for j := 1; j < len(l); j++ {
				if number > 0 {
					same := bundled{number, l[j-1], l[j]}
					if drawn[same] {
						continue
					}
					drawn[same] = true
				}
				order++
				p := piece{i, order, l[j-1], l[j]}
				eachCell(p.a, p.b, func(k cellAt) { grid[k] = grid[k].add(bundles[i], p) })
			}
		}
	}
	return out
}

// joined tells whether two wires are one bundle: the layout says so, or they are of the same kind and
// have an end in common. Such wires may well touch.
func (c *composer) joined(i, j int) bool {
	if n := c.in.Layout.Wires[i].Bundle; n > 0 && n == c.in.Layout.Wires[j].Bundle {
		return true
	}
	a, b := c.in.Layout.Wires[i].Edge, c.in.Layout.Wires[j].Edge
	return a.Kind == b.Kind && (a.From == b.From || a.To == b.To || a.From == b.To || a.To == b.From)
}

// appendGap adds a gap around a crossing, unless it is so near an end of the wire that it would cut
// into what the wire ends at.
func appendGap(gaps []gap, p piece, at layout.Point, line []layout.Point, ground themes.Role) []gap {
	const reach = 5
	if dist(at, line[0]) < reach || dist(at, line[len(line)-1]) < reach {
		return gaps
	}
	return append(gaps, gap{
		toward(at, p.a, math.Min(reach, dist(at, p.a))),
		toward(at, p.b, math.Min(reach, dist(at, p.b))), ground,
	})
}

type crossing struct {
	other piece
	point layout.Point
}

// crossings finds where p, a piece of a wire of the edge, crosses pieces in the grid, each crossing
// once: cell by cell, and in each in the order of pieces. Bundles that the wire belongs to are left out.
func crossings(grid map[cellAt]square, p piece, edge *graph.Edge) []crossing {
	var out []crossing
	eachCell(p.a, p.b, func(k cellAt) {
		start := len(out)
		for _, strand := range grid[k] {
			if strand.of.kind == edge.Kind && (strand.of.hub == edge.From || strand.of.hub == edge.To) {
				continue
			}
			for _, q := range strand.pieces {
				at, ok := intersect(p, q)
				if !ok || newCellAt(int(math.Floor(at.X/cell)), int(math.Floor(at.Y/cell))) != k {
					continue
				}
				out = append(out, crossing{q, at})
			}
		}
		slices.SortFunc(out[start:], func(a, b crossing) int { return cmp.Compare(a.other.order, b.other.order) })
	})
	return out
}

// eachCell calls f for every cell that the box around a piece touches.
func eachCell(a, b layout.Point, f func(cellAt)) {
	x0, x1 := int(math.Floor(math.Min(a.X, b.X)/cell)), int(math.Floor(math.Max(a.X, b.X)/cell))
	y0, y1 := int(math.Floor(math.Min(a.Y, b.Y)/cell)), int(math.Floor(math.Max(a.Y, b.Y)/cell))
	for x := x0; x <= x1; x++ {
		for y := y0; y <= y1; y++ {
			f(newCellAt(x, y))
		}
	}
}

// intersect is where two pieces cross; pieces that are parallel or only touch do not.
func intersect(p, q piece) (layout.Point, bool) {
	dx, dy := p.b.X-p.a.X, p.b.Y-p.a.Y
	ex, ey := q.b.X-q.a.X, q.b.Y-q.a.Y
	det := dx*ey - dy*ex
	if math.Abs(det) < 1e-9 {
		return layout.Point{}, false
	}
	fx, fy := q.a.X-p.a.X, q.a.Y-p.a.Y
	t, u := (fx*ey-fy*ex)/det, (fx*dy-fy*dx)/det
	const e = 1e-6
	if t < e || t > 1-e || u < e || u > 1-e {
		return layout.Point{}, false
	}
	return layout.Point{X: p.a.X + t*dx, Y: p.a.Y + t*dy}, true
}
