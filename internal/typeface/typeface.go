package typeface

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"codeberg.org/go-fonts/liberation/liberationmonobold"
	"codeberg.org/go-fonts/liberation/liberationmonoregular"
	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// Face is one font file.
type Face int

// The faces in use.
const (
	Sans Face = iota
	SansBold
	Mono
	MonoBold
	faces
)

// Faces lists every face, in order.
func Faces() []Face { return []Face{Sans, SansBold, Mono, MonoBold} }

// Family is the CSS and PDF family name of the face.
func (f Face) Family() string {
	if f == Mono || f == MonoBold {
		return "Liberation Mono"
	}
	return "Liberation Sans"
}

// Bold tells whether the face is the bold cut of its family.
func (f Face) Bold() bool { return f == SansBold || f == MonoBold }

// TTF returns the font file, which must not be changed.
func (f Face) TTF() []byte {
	switch f {
	case SansBold:
		return liberationsansbold.TTF
	case Mono:
		return liberationmonoregular.TTF
	case MonoBold:
		return liberationmonobold.TTF
	default:
		return liberationsansregular.TTF
	}
}

// Style is a face at a size.
type Style struct {
	Face Face
	Size float64 // em size, in CSS pixels.
}

// The styles that pictures are set in.
var (
	Heading = Style{SansBold, 20} // title of the picture.
	Title   = Style{SansBold, 14} // name of a card.
	Strong  = Style{SansBold, 11} // name in a group's header, titles of sections.
	Text    = Style{Sans, 11}     // remarks.
	Name    = Style{Mono, 12}     // name of an interface.
	Fact    = Style{Mono, 11}     // addresses and other facts.
	Label   = Style{Sans, 10}     // labels of wires.
)

type loaded struct {
	once  sync.Once
	font  *sfnt.Font
	units float64
	ascii [utf8.RuneSelf]float64 // advance per em; the common case without a lock.
	mu    sync.Mutex
	wide  map[rune]float64
}

var table [faces]loaded

func (f Face) load() *loaded {
	l := &table[f]
	l.once.Do(func() {
		parsed, err := sfnt.Parse(f.TTF())
		if err != nil {
			panic("typeface: damaged built-in font: " + err.Error()) // can't be: the bytes are compiled in.
		}
		l.font, l.units = parsed, float64(parsed.UnitsPerEm())
		l.wide = map[rune]float64{}
		var buf sfnt.Buffer
		for r := range l.ascii {
			l.ascii[r] = l.measure(&buf, rune(r))
		}
	})
	return l
}

func (l *loaded) measure(buf *sfnt.Buffer, r rune) float64 {
	glyph, err := l.font.GlyphIndex(buf, r)
	if err != nil || glyph == 0 {
		return missingAdvance(r)
	}
	adv, err := l.font.GlyphAdvance(buf, glyph, fixed.Int26_6(l.font.UnitsPerEm()), font.HintingNone)
	if err != nil {
		return missingAdvance(r)
	}
	return float64(adv) / l.units
}

// missingAdvance is the room left for what another font must draw: nothing for marks that sit on
// their neighbour, a full em for everything else (East Asian letters and emoji are that wide).
func missingAdvance(r rune) float64 {
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
		return 0
	}
	return 1
}

// Font returns the parsed font of a face, to be shared and not changed.
func (f Face) Font() *sfnt.Font { return f.load().font }

// Has tells whether the face has a glyph for r.
func (f Face) Has(r rune) bool {
	glyph, err := f.load().font.GlyphIndex(nil, r)
	return err == nil && glyph != 0
}

// Advance is how far a rune moves the pen, in ems.
func (f Face) Advance(r rune) float64 {
	l := f.load()
	if r >= 0 && int(r) < len(l.ascii) {
		return l.ascii[r]
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	adv, ok := l.wide[r]
	if !ok {
		adv = l.measure(nil, r)
		l.wide[r] = adv
	}
	return adv
}

// Width is the width of text set in one line, in CSS pixels.
func (s Style) Width(text string) float64 {
	w := 0.0
	for _, r := range text {
		w += s.Face.Advance(r)
	}
	return w * s.Size
}

// Fit returns text if it is at most width wide, else its beginning and end around an ellipsis.
// Both ends are kept because names differ at either. The result may be just the ellipsis.
func (s Style) Fit(text string, width float64) string {
	if s.Width(text) <= width {
		return text
	}
	const ellipsis = "…"
	room := width - s.Width(ellipsis)
	runes := []rune(text)
	head, tail, used := 0, len(runes), 0.0
	for head < tail {
		next, fromHead := runes[head], true
		if head > len(runes)-tail { // the head is longer: it's the tail's turn.
			next, fromHead = runes[tail-1], false
		}
		adv := s.Face.Advance(next) * s.Size
		if used+adv > room {
			break
		}
		used += adv
		if fromHead {
			head++
		} else {
			tail--
		}
	}
	return strings.TrimRight(string(runes[:head]), " ") + ellipsis + strings.TrimLeft(string(runes[tail:]), " ")
}
