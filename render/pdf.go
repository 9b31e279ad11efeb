package render

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/hostwire/hostwire/internal/typeface"
	"github.com/hostwire/hostwire/layout"
	"github.com/hostwire/hostwire/themes"
)

func init() {
	Register(Format{
		Name: "pdf", About: "vector picture on one page, for print; text can be searched and copied",
		Extensions: []string{".pdf"}, NeedsLayout: true, Binary: true, DefaultTheme: "light", Write: writePDF,
	})
}

const (
	pointsPerPixel = 0.75  // 96 CSS pixels and 72 points are an inch.
	maxPage        = 14400 // largest side of a page that readers must take, in points.
	paperMargin    = 28    // least margin on a sheet, in points.
)

// page is where the picture goes on its page, all in points.
type page struct{ w, h, x, y, scale float64 }

// placeOn fits a picture on a sheet, on whichever way round it gets larger, but never beyond its
// natural size. Without a sheet the page is as large as the picture.
func placeOn(name string, w, h float64) page {
	sheet, ok := papers[name]
	if !ok {
		s := math.Min(pointsPerPixel, maxPage/math.Max(w, h))
		return page{w: w * s, h: h * s, scale: s}
	}
	fit := func(pw, ph float64) page {
		s := math.Min(pointsPerPixel, math.Min((pw-2*paperMargin)/w, (ph-2*paperMargin)/h))
		return page{w: pw, h: ph, x: (pw - w*s) / 2, y: math.Min((ph-h*s)/2, 2*paperMargin), scale: s}
	}
	upright, across := fit(sheet.w, sheet.h), fit(sheet.h, sheet.w)
	if across.scale > upright.scale || across.scale == upright.scale && w > h {
		return across
	}
	return upright
}

// pdfWriter writes objects and remembers where they start.
type pdfWriter struct {
	w       *bufio.Writer
	at      int64
	offsets []int64 // of objects 1, 2, …; 0 for those not written yet.
	err     error
}

func (p *pdfWriter) Write(b []byte) (int, error) {
	n, err := p.w.Write(b)
	p.at += int64(n)
	if err != nil && p.err == nil {
		p.err = err
	}
	return n, err
}

func (p *pdfWriter) str(parts ...string) {
	for _, s := range parts {
		_, _ = io.WriteString(p, s)
	}
}

// reserve gives out the number of an object to be written later.
func (p *pdfWriter) reserve() int {
	p.offsets = append(p.offsets, 0)
	return len(p.offsets)
}

func (p *pdfWriter) object(number int, body ...string) {
	p.offsets[number-1] = p.at
	p.str(itoa(number), " 0 obj\n")
	p.str(body...)
	p.str("\nendobj\n")
}

func ref(number int) string { return itoa(number) + " 0 R" }

// stream writes a packed stream whose length follows in an object of its own, so that it need not be
// held until it ends.
func (p *pdfWriter) stream(number int, extra string, write func(w io.Writer) error) error {
	length := p.reserve()
	p.offsets[number-1] = p.at
	p.str(itoa(number), " 0 obj\n<</Length ", ref(length), "/Filter/FlateDecode", extra, ">>\nstream\n")
	start := p.at
	z := newDeflater(p)
	if err := write(z); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	end := p.at
	p.str("\nendstream\nendobj\n")
	p.object(length, strconv.FormatInt(end-start, 10))
	return p.err
}

func writePDF(w io.Writer, in Input) error {
	scene := Compose(in)
	p := &pdfWriter{w: bufio.NewWriterSize(w, 1<<16)}
	p.str("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	catalog, pages, pageNo, contents, info := p.reserve(), p.reserve(), p.reserve(), p.reserve(), p.reserve()
	fonts := usedFonts(scene)
	fontRefs, err := p.fonts(fonts)
	if err != nil {
		return err
	}
	pg := placeOn(in.Options.Paper, scene.W, scene.H)
	c := &pdfContent{scheme: &in.Theme.Scheme, fonts: fonts, page: pg, patch: in.Options.Paper != ""}
	err = p.stream(contents, "", func(w io.Writer) error {
		c.w = bufio.NewWriter(w)
		c.scene(scene)
		return c.w.Flush()
	})
	if err != nil {
		return err
	}
	var annots []string
	for _, l := range c.links {
		n := p.reserve()
		p.object(n, "<</Type/Annot/Subtype/Link/Border[0 0 0]/Rect[", numbers(l.x0, l.y0, l.x1, l.y1), "]/A<</S/URI/URI ", pdfURI(l.address), ">>>>")
		annots = append(annots, ref(n))
	}
	box := numbers(0, 0, pg.w, pg.h)
	p.object(pageNo, "<</Type/Page/Parent ", ref(pages), "/MediaBox[", box, "]/Contents ", ref(contents),
		"/Resources<</Font<<", fontRefs, ">>>>/Annots[", strings.Join(annots, " "), "]>>")
	p.object(pages, "<</Type/Pages/Count 1/Kids[", ref(pageNo), "]>>")
	p.object(catalog, "<</Type/Catalog/Pages ", ref(pages), "/Lang(en)/ViewerPreferences<</DisplayDocTitle true>>>>")
	p.object(info, "<</Title ", pdfHex(scene.Title), "/Subject ", pdfHex(scene.Desc), "/Creator(hostwire)", creationDate(os.Getenv("SOURCE_DATE_EPOCH")), ">>")
	start := p.at
	p.str("xref\n0 ", itoa(len(p.offsets)+1), "\n0000000000 65535 f \n")
	for _, o := range p.offsets {
		p.str(fmt.Sprintf("%010d 00000 n \n", o))
	}
	p.str("trailer\n<</Size ", itoa(len(p.offsets)+1), "/Root ", ref(catalog), "/Info ", ref(info), ">>\nstartxref\n", strconv.FormatInt(start, 10), "\n%%EOF\n")
	return p.w.Flush()
}

// creationDate is the date of the file, only if the environment asks for one
// (https://reproducible-builds.org/specs/source-date-epoch/).
func creationDate(epoch string) string {
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil || seconds < 0 || seconds > 253402300799 {
		return ""
	}
	return "/CreationDate(D:" + time.Unix(seconds, 0).UTC().Format("20060102150405") + "Z)"
}

// numbers writes numbers for PDF, separated by blanks.
func numbers(v ...float64) string {
	var b []byte
	for i, x := range v {
		if i > 0 {
			b = append(b, ' ')
		}
		b = strconv.AppendFloat(b, math.Round(x*1000)/1000+0, 'f', -1, 64)
	}
	return string(b)
}

// pdfContent writes the operators that draw the page.
type pdfContent struct {
	w      *bufio.Writer
	buf    []byte
	scheme *themes.Scheme
	fonts  []sceneFont
	page   page
	patch  bool // the ground is a patch on a sheet of paper, which has its own: leave it away if white.
	links  []pdfLink
}

type pdfLink struct {
	x0, y0, x1, y1 float64
	address        string
}

// ops writes numbers followed by an operator.
func (c *pdfContent) ops(operator string, v ...float64) {
	c.buf = c.buf[:0]
	for _, x := range v {
		c.buf = append(num(c.buf, x), ' ')
	}
	c.buf = append(append(c.buf, operator...), '\n')
	_, _ = c.w.Write(c.buf)
}

func (c *pdfContent) color(operator string, p Paint) {
	r, g, b := p.color(c.scheme).RGB()
	c.buf = c.buf[:0]
	for _, v := range [3]uint8{r, g, b} {
		c.buf = append(strconv.AppendFloat(c.buf, math.Round(float64(v)/255*10000)/10000, 'f', -1, 64), ' ')
	}
	c.buf = append(append(c.buf, operator...), '\n')
	_, _ = c.w.Write(c.buf)
}

func (c *pdfContent) scene(s *Scene) {
	pg := c.page
	// From here on coordinates are the scene's, y downwards.
	_, _ = c.w.WriteString(numbers(pg.scale, 0, 0, -pg.scale, pg.x, pg.h-pg.y) + " cm\n")
	s.walk(func(item Item, link string) {
		switch item := item.(type) {
		case *Shape:
			if item.Look.Name == lookBg.Name && c.patch {
				return
			}
			c.shape(item)
			if link != "" && item.Box != nil {
				b := item.Box
				c.links = append(c.links, pdfLink{
					pg.x + b.X*pg.scale, pg.h - pg.y - (b.Y+b.H)*pg.scale,
					pg.x + (b.X+b.W)*pg.scale, pg.h - pg.y - b.Y*pg.scale, link,
				})
			}
		case *Text:
			c.text(item)
		}
	})
}

func (c *pdfContent) shape(s *Shape) {
	path := s.path()
	if s.Look.Fill != "" {
		c.color("rg", s.Look.Fill)
	}
	if s.Look.Stroke != "" {
		c.color("RG", s.Look.Stroke)
		c.ops("w", s.Look.width(c.scheme))
		c.buf = append(c.buf[:0], '[')
		for _, d := range s.Look.dash(c.scheme) {
			c.buf = append(num(c.buf, d), ' ')
		}
		c.buf = append(c.buf, "] 0 d "...)
		if s.Look.Round {
			c.buf = append(c.buf, "1 J 1 j\n"...)
		} else {
			c.buf = append(c.buf, "0 J 0 j\n"...)
		}
		_, _ = c.w.Write(c.buf)
	}
	c.path(&path)
	switch {
	case s.Look.Fill != "" && s.Look.Stroke != "":
		c.ops("B")
	case s.Look.Fill != "":
		c.ops("f")
	default:
		c.ops("S")
	}
}

func (c *pdfContent) path(p *Path) {
	var at layout.Point
	p.each(func(o op, pts []layout.Point) {
		switch o {
		case moveTo:
			c.ops("m", pts[0].X, pts[0].Y)
		case lineTo:
			c.ops("l", pts[0].X, pts[0].Y)
		case quadTo: // PDF has cubic curves only.
			a, b, z := at, pts[0], pts[1]
			c.ops("c", a.X+(b.X-a.X)*2/3, a.Y+(b.Y-a.Y)*2/3, z.X+(b.X-z.X)*2/3, z.Y+(b.Y-z.Y)*2/3, z.X, z.Y)
		case cubicTo:
			c.ops("c", pts[0].X, pts[0].Y, pts[1].X, pts[1].Y, pts[2].X, pts[2].Y)
		case closing:
			c.ops("h")
		}
		if len(pts) > 0 {
			at = pts[len(pts)-1]
		}
	})
}

// text writes a line of text. Where the letters on the page are not those of the text (a box stands
// for one that the font does not have, or the order is another), the text itself is attached for
// searching and copying.
func (c *pdfContent) text(t *Text) {
	x := t.X
	switch t.Anchor {
	case layout.Middle:
		x -= t.Style.Width(t.S) / 2
	case layout.End:
		x -= t.Style.Width(t.S)
	}
	differs := missingIn(t.Style.Face, t.S) || rightToLeft(t.S)
	if differs {
		_, _ = c.w.WriteString("/Span<</ActualText" + pdfHex(t.S) + ">>BDC\n")
	}
	c.color("rg", t.Ink)
	number, font := c.font(t.Style.Face)
	var run []uint16
	start := x
	flush := func() {
		c.glyphs(number, t.Style.Size, start, t.Y, run)
		run = run[:0]
	}
	for _, r := range displayOrder(t.S) {
		glyph, ok := font.font.Glyphs[r]
		adv := t.Style.Face.Advance(r) * t.Style.Size
		if ok {
			if len(run) == 0 {
				start = x
			}
			run = append(run, glyph)
		} else {
			flush()
			c.missing(t, r, x, number, font)
		}
		x += adv
	}
	flush()
	if differs {
		_, _ = c.w.WriteString("EMC\n")
	}
}

// missing draws the box with a letter's number that stands for it.
func (c *pdfContent) missing(t *Text, r rune, x float64, number int, font sceneFont) {
	if t.Style.Face.Advance(r) == 0 {
		return
	}
	box, digits := missingBox(t.Style, r)
	c.color("RG", t.Ink)
	c.ops("w", 0.06*t.Style.Size)
	_, _ = c.w.WriteString("[] 0 d 0 J 0 j\n")
	p := roundRect(x+box.X, t.Y+box.Y, box.W, box.H, 0)
	c.path(&p)
	c.ops("S")
	for _, d := range digits {
		c.glyphs(number, d.style.Size, x+d.x, t.Y+d.y, []uint16{font.font.Glyphs[d.r]})
	}
}

func (c *pdfContent) font(face typeface.Face) (int, sceneFont) {
	for i, f := range c.fonts {
		if f.face == face {
			return i, f
		}
	}
	panic("render: text in a face that usedFonts did not see") // both read the same scene.
}

func (c *pdfContent) glyphs(font int, size, x, y float64, glyphs []uint16) {
	if len(glyphs) == 0 {
		return
	}
	const digits = "0123456789ABCDEF"
	c.buf = append(strconv.AppendInt(append(c.buf[:0], "BT/F"...), int64(font), 10), ' ')
	c.buf = append(num(c.buf, size), " Tf 1 0 0 -1 "...)
	c.buf = append(num(append(num(c.buf, x), ' '), y), " Tm<"...)
	for _, g := range glyphs {
		c.buf = append(c.buf, digits[g>>12], digits[g>>8&15], digits[g>>4&15], digits[g&15])
	}
	c.buf = append(c.buf, ">Tj ET\n"...)
	_, _ = c.w.Write(c.buf)
}
