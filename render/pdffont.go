package render

import (
	"compress/zlib"
	"crypto/sha256"
	"fmt"
	"io"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/math/fixed"
)

// newDeflater packs into w.
func newDeflater(w io.Writer) io.WriteCloser {
	z, err := zlib.NewWriterLevel(w, zlib.BestCompression)
	if err != nil {
		panic("render: " + err.Error()) // the level is a constant that zlib knows.
	}
	return z
}

// fonts writes the fonts and returns them as entries of a resource dictionary. Text is written as
// numbers of glyphs; a table leads back from those to letters.
func (p *pdfWriter) fonts(fonts []sceneFont) (string, error) {
	var entries strings.Builder
	for i, f := range fonts {
		top, descendant, descriptor, file, unicode := p.reserve(), p.reserve(), p.reserve(), p.reserve(), p.reserve()
		name := pdfFontName(f)
		m, err := f.face.Font().Metrics(nil, fixed.I(1000), font.HintingNone)
		if err != nil {
			return "", fmt.Errorf("write pdf: metrics of %s: %w", name, err)
		}
		p.object(top, "<</Type/Font/Subtype/Type0/BaseFont/", name, "/Encoding/Identity-H/DescendantFonts[", ref(descendant), "]/ToUnicode ", ref(unicode), ">>")
		var widths []string
		for _, w := range f.font.Widths {
			widths = append(widths, numbers(float64(w)*1000/float64(f.font.Units)))
		}
		p.object(descendant, "<</Type/Font/Subtype/CIDFontType2/BaseFont/", name,
			"/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/CIDToGIDMap/Identity/FontDescriptor ", ref(descriptor),
			"/W[0[", strings.Join(widths, " "), "]]>>")
		stem := "80"
		if f.face.Bold() {
			stem = "140"
		}
		p.object(descriptor, "<</Type/FontDescriptor/FontName/", name, "/Flags 4/FontBBox[-500 -300 1300 1000]/ItalicAngle 0/Ascent ",
			itoa(m.Ascent.Round()), "/Descent ", itoa(-m.Descent.Round()), "/CapHeight ", itoa(m.CapHeight.Round()), "/StemV ", stem, "/FontFile2 ", ref(file), ">>")
		err = p.stream(file, "/Length1 "+itoa(len(f.font.TTF)), func(w io.Writer) error {
			_, err := w.Write(f.font.TTF)
			return err
		})
		if err != nil {
			return "", err
		}
		err = p.stream(unicode, "", func(w io.Writer) error { return writeToUnicode(w, f) })
		if err != nil {
			return "", err
		}
		entries.WriteString("/F" + itoa(i) + " " + ref(top))
	}
	return entries.String(), nil
}

// pdfFontName is a font's name with the tag of six letters that marks a subset.
func pdfFontName(f sceneFont) string {
	sum := sha256.Sum256(f.font.TTF)
	tag := make([]byte, 6)
	for i := range tag {
		tag[i] = 'A' + sum[i]%26
	}
	name := strings.ReplaceAll(f.face.Family(), " ", "")
	if f.face.Bold() {
		name += "-Bold"
	}
	return string(tag) + "+" + name
}

// writeToUnicode writes the table from glyphs to letters.
func writeToUnicode(w io.Writer, f sceneFont) error {
	var b strings.Builder
	b.WriteString("/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n" +
		"/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n" +
		"1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n")
	const block = 100 // most that the format takes at a time.
	for i := 0; i < len(f.font.Runes); i += block {
		part := f.font.Runes[i:min(i+block, len(f.font.Runes))]
		b.WriteString(itoa(len(part)) + " beginbfchar\n")
		for _, r := range part {
			fmt.Fprintf(&b, "<%04X> <%04X>\n", f.font.Glyphs[r], r)
		}
		b.WriteString("endbfchar\n")
	}
	b.WriteString("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// pdfURI writes an address as a PDF string: in hexadecimal, bytes beyond ASCII percent-encoded as
// the format demands.
func pdfURI(address string) string {
	var b strings.Builder
	b.WriteByte('<')
	for _, c := range []byte(address) {
		if c > ' ' && c < 0x7f {
			fmt.Fprintf(&b, "%02X", c)
		} else {
			for _, d := range []byte(fmt.Sprintf("%%%02X", c)) {
				fmt.Fprintf(&b, "%02X", d)
			}
		}
	}
	b.WriteByte('>')
	return b.String()
}
