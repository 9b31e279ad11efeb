package render

import (
	"bytes"
	"math"
	"sync"

	"github.com/hostwire/hostwire/internal/typeface"
	"github.com/hostwire/hostwire/layout"
	"github.com/hostwire/hostwire/themes"
)

// mark is one shape of one colour, ready to be filled: outlines in pixels of the raster.
type mark struct {
	color  themes.Color
	lines  [][]layout.Point // closed outlines; what is enclosed by a winding number other than 0 is inside.
	y0, y1 int              // the rows that it is in, y1 excluded.
	text   bool             // letters: fine lines, see boost.
}

// rasterizer turns a scene into marks.
type rasterizer struct {
	scale  float64
	scheme *themes.Scheme
	marks  []mark
	glyphs *glyphs
}

// tolerance is how far a flattened curve may be from the true one, in pixels.
const tolerance = 0.08

// fill adds outlines as a mark.
func (r *rasterizer) fill(c themes.Color, lines [][]layout.Point) {
	y0, y1 := math.Inf(1), math.Inf(-1)
	for _, l := range lines {
		for _, p := range l {
			y0, y1 = math.Min(y0, p.Y), math.Max(y1, p.Y)
		}
	}
	if y0 < y1 {
		r.marks = append(r.marks, mark{color: c, lines: lines, y0: int(math.Floor(y0)), y1: int(math.Ceil(y1))})
	}
}

func (r *rasterizer) scene(s *Scene) {
	s.walk(func(item Item, _ string) {
		switch item := item.(type) {
		case *Shape:
			r.shape(item)
		case *Text:
			r.text(item)
		}
	})
}

func (r *rasterizer) shape(s *Shape) {
	path := s.path()
	width := s.Look.width(r.scheme) * r.scale
	scaled := func(p layout.Point) layout.Point { return layout.Point{X: p.X * r.scale, Y: p.Y * r.scale} }
	if s.Look.Crisp {
		// Lines are a whole number of pixels wide and lie on whole pixels.
		if s.Look.Stroke != "" {
			width = math.Max(1, math.Round(width))
		}
		half := width / 2
		snap := func(v float64) float64 { return math.Round(v*r.scale-half) + half }
		if s.Look.Stroke == "" {
			snap = func(v float64) float64 { return math.Round(v * r.scale) }
		}
		scaled = func(p layout.Point) layout.Point { return layout.Point{X: snap(p.X), Y: snap(p.Y)} }
	}
	if s.Look.Name == lookBg.Name { // nothing may be left out at the edges.
		scaled = func(p layout.Point) layout.Point {
			return layout.Point{X: math.Ceil(p.X * r.scale), Y: math.Ceil(p.Y * r.scale)}
		}
	}
	lines, closed := path.flatten(tolerance, scaled)
	if s.Look.Fill != "" {
		r.fill(s.Look.Fill.color(r.scheme), lines)
	}
	if s.Look.Stroke == "" {
		return
	}
	var dash []float64
	for _, d := range s.Look.dash(r.scheme) {
		dash = append(dash, d*r.scale)
	}
	var outlines [][]layout.Point
	for i, l := range lines {
		if len(dash) > 0 {
			for _, piece := range dashed(l, closed[i], dash) {
				outlines = stroke(outlines, piece, false, width, s.Look.Round)
			}
		} else {
			outlines = stroke(outlines, l, closed[i], width, s.Look.Round)
		}
	}
	r.fill(s.Look.Stroke.color(r.scheme), outlines)
}

// text adds a line of text as one mark.
func (r *rasterizer) text(t *Text) {
	x := t.X
	switch t.Anchor {
	case layout.Middle:
		x -= t.Style.Width(t.S) / 2
	case layout.End:
		x -= t.Style.Width(t.S)
	}
	var lines [][]layout.Point
	baseline := math.Round(t.Y * r.scale) // the feet of letters stand on a pixel's edge.
	for _, ch := range displayOrder(t.S) {
		lines = r.glyph(lines, t.Style, ch, x*r.scale, baseline)
		x += t.Style.Face.Advance(ch) * t.Style.Size
	}
	if n := len(r.marks); len(lines) > 0 {
		r.fill(t.Ink.color(r.scheme), lines)
		for i := n; i < len(r.marks); i++ {
			r.marks[i].text = true
		}
	}
}

// glyph appends the outline of a letter. One that the face does not have becomes a box with its
// number.
func (r *rasterizer) glyph(lines [][]layout.Point, st typeface.Style, ch rune, x, y float64) [][]layout.Point {
	outline, ok := r.glyphs.outline(st.Face, ch)
	if !ok {
		return r.missing(lines, st, ch, x, y)
	}
	size := st.Size * r.scale
	flat, _ := outline.flatten(tolerance, func(p layout.Point) layout.Point {
		return layout.Point{X: x + p.X*size, Y: y + p.Y*size}
	})
	return append(lines, flat...)
}

// missing draws what stands for a letter that the face does not have.
func (r *rasterizer) missing(lines [][]layout.Point, st typeface.Style, ch rune, x, y float64) [][]layout.Point {
	adv := st.Face.Advance(ch)
	if adv == 0 {
		return lines
	}
	box, digits := missingBox(st, ch)
	line := math.Max(1, math.Round(0.06*st.Size*r.scale))
	p := roundRect(box.X, box.Y, box.W, box.H, 0)
	flat, _ := p.flatten(tolerance, func(p layout.Point) layout.Point {
		return layout.Point{X: math.Round(x+p.X*r.scale-line/2) + line/2, Y: math.Round(y+p.Y*r.scale-line/2) + line/2}
	})
	for _, l := range flat {
		lines = stroke(lines, l, true, line, false)
	}
	for _, d := range digits {
		lines = r.glyph(lines, d.style, d.r, x+d.x*r.scale, y+d.y*r.scale)
	}
	return lines
}

// digit is one of the digits in the box that stands for a missing letter, relative to the letter's
// place on the baseline.
type digit struct {
	style typeface.Style
	r     rune
	x, y  float64
}

// missingBox is the box for a missing letter and the digits of its number in it, in two rows.
func missingBox(st typeface.Style, ch rune) (Box, []digit) {
	size := st.Size
	box := Box{X: 0.08 * size, Y: -0.76 * size, W: 0.84 * size, H: 0.9 * size}
	text := []rune{}
	for shift := 20; shift >= 0; shift -= 4 {
		if v := ch >> shift & 15; len(text) > 0 || shift < 16 || v != 0 {
			text = append(text, rune(hexDigits[v]))
		}
	}
	if len(text)%2 == 1 {
		text = append([]rune{'0'}, text...)
	}
	columns := len(text) / 2
	small := typeface.Style{Face: st.Face, Size: size * 0.42}
	step := box.W * 0.9 / float64(columns)
	if columns == 3 {
		small.Size = size * 0.36
	}
	var out []digit
	for i, d := range text {
		row, column := i/columns, i%columns
		x := box.X + box.W*0.05 + step*(float64(column)+0.5) - small.Face.Advance(d)*small.Size/2
		out = append(out, digit{small, d, x, box.Y + box.H*(0.44+0.45*float64(row))})
	}
	return box, out
}

// strip is a horizontal piece of the picture, three bytes a pixel, drawn on its own.
type strip struct {
	y, w, h int
	pix     []byte
	packed  *bytes.Buffer // what pack made of it.
	sum     uint32        // Adler-32 of what was packed.
}

// draw draws the marks that reach into the strip, in their order. Colours are mixed as light, not as
// numbers: the edge of a dark line on light ground is as heavy as that of a light line on dark.
func (s *strip) draw(marks []mark, c *coverage) {
	prepareLight()
	for i := range marks {
		m := &marks[i]
		y0, y1 := max(s.y, m.y0), min(s.y+s.h, m.y1)
		if y0 >= y1 {
			continue
		}
		c.reset(y0, y1-y0)
		for _, l := range m.lines {
			c.outline(l)
		}
		red, green, blue := m.color.RGB()
		p := pen{[3]byte{red, green, blue}, [3]uint32{toLight[red], toLight[green], toLight[blue]}, &even}
		if m.text && m.color.Luminance() < 0.3 {
			p.weight = &boost
		}
		for y := y0; y < y1; y++ {
			row := s.pix[3*(y-s.y)*s.w:][:3*s.w]
			c.spans(y, func(x0, x1 int, alpha uint8) {
				if x0, x1 = max(x0, 0), min(x1, s.w); x0 < x1 {
					p.span(row[3*x0:3*x1], alpha)
				}
			})
		}
	}
}

// pen is a colour, as numbers and as light.
type pen struct {
	rgb   [3]byte
	light [3]uint32
	// weight is how opaque the pen is, by how much of a pixel it covers.
	weight *[256]uint8
}

// even is a pen as heavy as it is broad. boost is for dark letters: their stems are thinner than a
// pixel, and light that is mixed right makes them look thinner than they do on paper.
var even, boost = func() (e, b [256]uint8) {
	for i := range e {
		e[i] = uint8(i)
		b[i] = uint8(math.Round(255 * math.Pow(float64(i)/255, 0.68)))
	}
	return e, b
}()

// span paints pixels.
func (p *pen) span(pix []byte, alpha uint8) {
	if alpha == 255 {
		copy(pix, p.rgb[:])
		for done := 3; done < len(pix); done *= 2 {
			copy(pix[done:], pix[:done])
		}
		return
	}
	alpha = p.weight[alpha]
	for i := 0; i < len(pix); i += 3 {
		px := pix[i:][:3]
		px[0], px[1], px[2] = mix(px[0], p.light[0], alpha), mix(px[1], p.light[1], alpha), mix(px[2], p.light[2], alpha)
	}
}

// lightSteps is how finely light is counted; sRGB's darkest steps are 1/3300 apart.
const lightSteps = 1 << 14

// toLight and fromLight translate between sRGB's numbers and amounts of light.
// prepareLight fills them in.
var (
	toLight      [256]uint32
	fromLight    [lightSteps + 1]byte
	prepareLight = sync.OnceFunc(func() {
		for i := range toLight {
			toLight[i] = uint32(math.Round(themes.Linear(uint8(i)) * lightSteps))
		}
		v := 0
		for i := range fromLight {
			for v < 255 && float64(i) > (float64(toLight[v])+float64(toLight[v+1]))/2 {
				v++
			}
			fromLight[i] = byte(v)
		}
	})
)

func mix(under byte, light uint32, alpha byte) byte {
	a := uint32(alpha)
	return fromLight[(toLight[under]*(255-a)+light*a+127)/255]
}
