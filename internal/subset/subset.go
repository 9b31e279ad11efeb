package subset

import (
	"encoding/binary"
	"fmt"
	"sort"

	"github.com/hostwire/hostwire/internal/typeface"
)

// Font is a cut-down font.
type Font struct {
	TTF    []byte          // the font file.
	Units  int             // units to the em.
	Runes  []rune          // that the font has glyphs for, sorted.
	Glyphs map[rune]uint16 // the glyph of each of Runes in TTF.
	Widths []uint16        // advance of each glyph, in units.

	tables []table
}

// table is one part of a font file.
type table struct {
	tag  string
	data []byte
}

// Flags of a component of a composite glyph (OpenType specification, table glyf).
const (
	argsAreWords   = 0x0001
	haveScale      = 0x0008
	moreComponents = 0x0020
	haveXYScale    = 0x0040
	haveTwoByTwo   = 0x0080
	haveCode       = 0x0100
)

// source is the font to cut from.
type source struct {
	tables   map[string][]byte
	longLoca bool
	glyphs   int
	metrics  int // how many glyphs have an advance of their own.
}

// New cuts a face down to the given runes. Runes that the face has no glyph for, and those beyond the
// basic plane, are left out.
func New(face typeface.Face, runes []rune) (*Font, error) {
	src, err := open(face.TTF())
	if err != nil {
		return nil, fmt.Errorf("subset of %s: %w", face.Family(), err)
	}
	f := &Font{Glyphs: map[rune]uint16{}, Units: int(binary.BigEndian.Uint16(src.tables["head"][18:]))}
	order := []int{0} // old glyph of each new one; the first is what stands for missing ones.
	index := map[int]uint16{0: 0}
	keep := func(old int) {
		if _, ok := index[old]; !ok {
			index[old] = uint16(len(order))
			order = append(order, old)
		}
	}
	sorted := append([]rune(nil), runes...)
	sort.Slice(sorted, func(i, j int) bool { return sorted[i] < sorted[j] })
	for i, r := range sorted {
		if i > 0 && r == sorted[i-1] || r >= 0xFFFF || r < 0 {
			continue
		}
		old, err := face.Font().GlyphIndex(nil, r)
		if err != nil || old == 0 {
			continue
		}
		keep(int(old))
		f.Runes = append(f.Runes, r)
		f.Glyphs[r] = index[int(old)]
	}
	var outlines [][]byte
	for i := 0; i < len(order); i++ { // components of composite glyphs join at the end.
		outline, err := src.outline(order[i], func(old int) uint16 { keep(old); return index[old] })
		if err != nil {
			return nil, fmt.Errorf("subset of %s: glyph %d: %w", face.Family(), order[i], err)
		}
		outlines = append(outlines, outline)
	}
	f.assemble(src, order, outlines)
	return f, nil
}

// open finds the tables of a font file.
func open(ttf []byte) (*source, error) {
	s := &source{tables: map[string][]byte{}}
	if len(ttf) < 12 {
		return nil, fmt.Errorf("font file is cut off")
	}
	n := int(binary.BigEndian.Uint16(ttf[4:]))
	for i := 0; i < n; i++ {
		at := 12 + 16*i
		if at+16 > len(ttf) {
			return nil, fmt.Errorf("font file is cut off")
		}
		offset, length := binary.BigEndian.Uint32(ttf[at+8:]), binary.BigEndian.Uint32(ttf[at+12:])
		if uint64(offset)+uint64(length) > uint64(len(ttf)) {
			return nil, fmt.Errorf("font file is cut off")
		}
		s.tables[string(ttf[at:at+4])] = ttf[offset : offset+length]
	}
	for tag, least := range map[string]int{"head": 54, "hhea": 36, "maxp": 32, "hmtx": 4, "loca": 4, "glyf": 1, "OS/2": 78} {
		if len(s.tables[tag]) < least {
			return nil, fmt.Errorf("table %s is missing or cut off", tag)
		}
	}
	s.longLoca = binary.BigEndian.Uint16(s.tables["head"][50:]) == 1
	s.glyphs = int(binary.BigEndian.Uint16(s.tables["maxp"][4:]))
	s.metrics = int(binary.BigEndian.Uint16(s.tables["hhea"][34:]))
	size := 2
	if s.longLoca {
		size = 4
	}
	if len(s.tables["loca"]) < size*(s.glyphs+1) || s.metrics == 0 || len(s.tables["hmtx"]) < 4*s.metrics+2*(s.glyphs-s.metrics) {
		return nil, fmt.Errorf("tables are cut off")
	}
	return s, nil
}

// metric is a glyph's advance and left side bearing.
func (s *source) metric(glyph int) (advance, bearing uint16) {
	hmtx := s.tables["hmtx"]
	if glyph < s.metrics {
		return binary.BigEndian.Uint16(hmtx[4*glyph:]), binary.BigEndian.Uint16(hmtx[4*glyph+2:])
	}
	return binary.BigEndian.Uint16(hmtx[4*(s.metrics-1):]), binary.BigEndian.Uint16(hmtx[4*s.metrics+2*(glyph-s.metrics):])
}

// outline is a glyph's outline without its hinting program, components renumbered by number.
func (s *source) outline(glyph int, number func(old int) uint16) ([]byte, error) {
	var start, end int
	loca, glyf := s.tables["loca"], s.tables["glyf"]
	if s.longLoca {
		start, end = int(binary.BigEndian.Uint32(loca[4*glyph:])), int(binary.BigEndian.Uint32(loca[4*glyph+4:]))
	} else {
		start, end = 2*int(binary.BigEndian.Uint16(loca[2*glyph:])), 2*int(binary.BigEndian.Uint16(loca[2*glyph+2:]))
	}
	if start > end || end > len(glyf) {
		return nil, fmt.Errorf("outline is out of bounds")
	}
	data := glyf[start:end]
	if len(data) == 0 {
		return nil, nil
	}
	if len(data) < 10 {
		return nil, fmt.Errorf("outline is cut off")
	}
	if contours := int(int16(binary.BigEndian.Uint16(data))); contours >= 0 {
		return simple(data, contours)
	}
	return composite(data, number)
}

// simple drops the instructions of an outline of its own.
func simple(data []byte, contours int) ([]byte, error) {
	at := 10 + 2*contours
	if at+2 > len(data) {
		return nil, fmt.Errorf("outline is cut off")
	}
	code := int(binary.BigEndian.Uint16(data[at:]))
	if at+2+code > len(data) {
		return nil, fmt.Errorf("outline is cut off")
	}
	out := append([]byte(nil), data[:at]...)
	return append(append(out, 0, 0), data[at+2+code:]...), nil
}

// composite renumbers the components of an outline made from others, and drops its instructions.
func composite(data []byte, number func(old int) uint16) ([]byte, error) {
	out := append([]byte(nil), data[:10]...)
	for at := 10; ; {
		if at+4 > len(data) {
			return nil, fmt.Errorf("outline is cut off")
		}
		flags := binary.BigEndian.Uint16(data[at:])
		length := 6
		if flags&argsAreWords != 0 {
			length += 2
		}
		switch {
		case flags&haveScale != 0:
			length += 2
		case flags&haveXYScale != 0:
			length += 4
		case flags&haveTwoByTwo != 0:
			length += 8
		}
		if at+length > len(data) {
			return nil, fmt.Errorf("outline is cut off")
		}
		out = binary.BigEndian.AppendUint16(out, flags&^haveCode)
		out = binary.BigEndian.AppendUint16(out, number(int(binary.BigEndian.Uint16(data[at+2:]))))
		out = append(out, data[at+4:at+length]...)
		at += length
		if flags&moreComponents == 0 {
			return out, nil
		}
	}
}

// assemble makes the new font file.
func (f *Font) assemble(src *source, order []int, outlines [][]byte) {
	var glyf, loca, hmtx []byte
	for i, o := range outlines {
		loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
		glyf = append(glyf, o...)
		for len(glyf)%4 != 0 {
			glyf = append(glyf, 0)
		}
		advance, bearing := src.metric(order[i])
		f.Widths = append(f.Widths, advance)
		hmtx = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(hmtx, advance), bearing)
	}
	loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
	if len(glyf) == 0 {
		glyf = []byte{0, 0, 0, 0}
	}
	head := append([]byte(nil), src.tables["head"][:54]...)
	binary.BigEndian.PutUint32(head[8:], 0)
	binary.BigEndian.PutUint16(head[50:], 1) // long offsets.
	hhea := append([]byte(nil), src.tables["hhea"][:36]...)
	binary.BigEndian.PutUint16(hhea[34:], uint16(len(order)))
	maxp := append([]byte(nil), src.tables["maxp"][:32]...)
	binary.BigEndian.PutUint16(maxp[4:], uint16(len(order)))
	for at := 14; at < 28; at += 2 { // all about hinting programs, which are gone.
		binary.BigEndian.PutUint16(maxp[at:], 0)
	}
	binary.BigEndian.PutUint16(maxp[14:], 1)                // zones: at least one.
	post := append([]byte{0, 3, 0, 0}, make([]byte, 28)...) // version 3: no names of glyphs.
	f.tables = []table{                                     // sorted by tag, as the format wants it.
		{"OS/2", f.os2(src)}, {"cmap", f.cmap()}, {"glyf", glyf}, {"head", head}, {"hhea", hhea},
		{"hmtx", hmtx}, {"loca", loca}, {"maxp", maxp}, {"name", nameTable()}, {"post", post},
	}
	f.TTF = f.write()
}

// os2 is the table of metrics that systems lay lines out with; its range of characters is ours.
func (f *Font) os2(src *source) []byte {
	os2 := append([]byte(nil), src.tables["OS/2"]...)
	if len(f.Runes) > 0 {
		binary.BigEndian.PutUint16(os2[64:], uint16(f.Runes[0]))
		binary.BigEndian.PutUint16(os2[66:], uint16(f.Runes[len(f.Runes)-1]))
	}
	return os2
}

// cmap maps runes to glyphs, in the format (4) that everything reads.
func (f *Font) cmap() []byte {
	type segment struct{ start, end, glyph int }
	var segments []segment
	for _, r := range f.Runes {
		g := int(f.Glyphs[r])
		if n := len(segments); n > 0 && segments[n-1].end == int(r)-1 && segments[n-1].glyph+int(r)-segments[n-1].start == g {
			segments[n-1].end = int(r)
			continue
		}
		segments = append(segments, segment{int(r), int(r), g})
	}
	segments = append(segments, segment{0xFFFF, 0xFFFF, 0})
	n := len(segments)
	power, log := 1, 0
	for power*2 <= n {
		power, log = power*2, log+1
	}
	b := []byte{0, 0, 0, 1, 0, 3, 0, 1, 0, 0, 0, 12}
	for _, v := range []int{4, 16 + 8*n, 0, 2 * n, 2 * power, log, 2*n - 2*power} {
		b = binary.BigEndian.AppendUint16(b, uint16(v))
	}
	for _, s := range segments {
		b = binary.BigEndian.AppendUint16(b, uint16(s.end))
	}
	b = append(b, 0, 0)
	for _, s := range segments {
		b = binary.BigEndian.AppendUint16(b, uint16(s.start))
	}
	for _, s := range segments {
		b = binary.BigEndian.AppendUint16(b, uint16(s.glyph-s.start))
	}
	return append(b, make([]byte, 2*n)...)
}

// nameTable names the font as little as readers demand.
func nameTable() []byte {
	names := []struct {
		id   uint16
		text string
	}{{1, "hostwire"}, {2, "Regular"}, {4, "hostwire"}, {6, "hostwire"}}
	b := binary.BigEndian.AppendUint16([]byte{0, 0, 0, byte(len(names))}, uint16(6+12*len(names)))
	var text []byte
	for _, n := range names {
		start := len(text)
		for _, c := range []byte(n.text) {
			text = append(text, 0, c)
		}
		for _, v := range []uint16{3, 1, 0x409, n.id, uint16(len(text) - start), uint16(start)} {
			b = binary.BigEndian.AppendUint16(b, v)
		}
	}
	return append(b, text...)
}
