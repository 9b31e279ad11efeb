package render

import (
	"unicode/utf8"

	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/text/unicode/bidi"

	"github.com/hostwire/hostwire/internal/typeface"
	"github.com/hostwire/hostwire/layout"
)

// glyphs keeps the outlines of letters, in ems, y downwards.
type glyphs struct {
	buf   sfnt.Buffer
	known map[glyphKey]Path
}

type glyphKey struct {
	face typeface.Face
	r    rune
}

func newGlyphs() *glyphs { return &glyphs{known: map[glyphKey]Path{}} }

// outline is a letter's outline; false if the face does not have the letter.
func (g *glyphs) outline(face typeface.Face, r rune) (*Path, bool) {
	key := glyphKey{face, r}
	p, ok := g.known[key]
	if !ok {
		p, ok = g.load(face, r)
		if !ok {
			return nil, false
		}
		g.known[key] = p
	}
	return &p, true
}

func (g *glyphs) load(face typeface.Face, r rune) (Path, bool) {
	font := face.Font()
	index, err := font.GlyphIndex(&g.buf, r)
	if err != nil || index == 0 {
		return Path{}, false
	}
	units := font.UnitsPerEm()
	segments, err := font.LoadGlyph(&g.buf, index, fixed.I(int(units)), nil)
	if err != nil {
		return Path{}, false
	}
	pt := func(p fixed.Point26_6) layout.Point {
		return layout.Point{X: float64(p.X) / 64 / float64(units), Y: float64(p.Y) / 64 / float64(units)}
	}
	var out Path
	for _, s := range segments {
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			out.add(moveTo, pt(s.Args[0]))
		case sfnt.SegmentOpLineTo:
			out.add(lineTo, pt(s.Args[0]))
		case sfnt.SegmentOpQuadTo:
			out.add(quadTo, pt(s.Args[0]), pt(s.Args[1]))
		case sfnt.SegmentOpCubeTo:
			out.add(cubicTo, pt(s.Args[0]), pt(s.Args[1]), pt(s.Args[2]))
		}
	}
	return out, true
}

// displayOrder lists the letters of a line from left to right. Names in Hebrew or Arabic are stored
// in reading order, which browsers turn around and we must, too. (Arabic letters are not joined.)
func displayOrder(s string) []rune {
	if !rightToLeft(s) {
		return []rune(s)
	}
	var p bidi.Paragraph
	if _, err := p.SetString(s, bidi.DefaultDirection(bidi.LeftToRight)); err != nil {
		return []rune(s)
	}
	order, err := p.Order()
	if err != nil {
		return []rune(s)
	}
	var out []rune
	for i := 0; i < order.NumRuns(); i++ {
		run := order.Run(i)
		text := run.String()
		if run.Direction() == bidi.RightToLeft {
			text = bidi.ReverseString(text)
		}
		out = append(out, []rune(text)...)
	}
	return out
}

// rightToLeft tells whether any letter of s is of a script that is written from right to left.
func rightToLeft(s string) bool {
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r >= 0x590 {
			switch p, _ := bidi.LookupRune(r); p.Class() {
			case bidi.R, bidi.AL:
				return true
			}
		}
		i += size
	}
	return false
}
