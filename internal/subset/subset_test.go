package subset

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"io"
	"reflect"
	"testing"

	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"

	"github.com/hostwire/hostwire/internal/typeface"
)

const sample = "eth0: größe ŘÀ→172.17.0.2/16 世🦊"

func TestSubsetDrawsWhatTheWholeFontDraws(t *testing.T) {
	for _, face := range typeface.Faces() {
		f, err := New(face, []rune(sample))
		if err != nil {
			t.Fatal(err)
		}
		cut, err := sfnt.Parse(f.TTF)
		if err != nil {
			t.Fatalf("%s: %v", face.Family(), err)
		}
		if len(f.TTF) > 20<<10 {
			t.Errorf("%d bytes for %d runes", len(f.TTF), len(f.Runes))
		}
		ppem := fixed.I(int(face.Font().UnitsPerEm()))
		for _, r := range sample {
			var whole, part sfnt.Buffer
			old, _ := face.Font().GlyphIndex(&whole, r)
			got, err := cut.GlyphIndex(&part, r)
			if err != nil {
				t.Fatal(err)
			}
			if old == 0 {
				if got != 0 {
					t.Errorf("%q has a glyph that the whole font does not have", r)
				}
				continue
			}
			if got == 0 || got != sfnt.GlyphIndex(f.Glyphs[r]) {
				t.Fatalf("%s: %q is glyph %d, Glyphs says %d", face.Family(), r, got, f.Glyphs[r])
			}
			want, err1 := face.Font().LoadGlyph(&whole, old, ppem, nil)
			have, err2 := cut.LoadGlyph(&part, got, ppem, nil)
			if err1 != nil || err2 != nil || !reflect.DeepEqual(want, have) {
				t.Errorf("%s: %q has another outline (%v, %v)", face.Family(), r, err1, err2)
			}
			wide, _ := face.Font().GlyphAdvance(&whole, old, ppem, font.HintingNone)
			if narrow, _ := cut.GlyphAdvance(&part, got, ppem, font.HintingNone); wide != narrow || int(wide>>6) != int(f.Widths[got]) {
				t.Errorf("%s: %q advances %v, want %v", face.Family(), r, narrow, wide)
			}
		}
	}
}

func TestSubsetIsAFunctionOfTheSetOfRunes(t *testing.T) {
	a, err := New(typeface.Sans, []rune("cab"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := New(typeface.Sans, []rune("abcabc"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.TTF, b.TTF) || !bytes.Equal(a.WOFF(), b.WOFF()) {
		t.Error("order or repetition of runes changes the bytes")
	}
}

func TestNoRunesStillMakeAFont(t *testing.T) {
	f, err := New(typeface.Mono, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sfnt.Parse(f.TTF); err != nil {
		t.Error(err)
	}
}

func TestWOFFHoldsTheTablesOfTheFontFile(t *testing.T) {
	f, err := New(typeface.SansBold, []rune(sample))
	if err != nil {
		t.Fatal(err)
	}
	w := f.WOFF()
	if string(w[:4]) != "wOFF" || int(binary.BigEndian.Uint32(w[8:])) != len(w) || int(binary.BigEndian.Uint32(w[16:])) != len(f.TTF) {
		t.Fatal("header is wrong")
	}
	ttf, err := open(f.TTF)
	if err != nil {
		t.Fatal(err)
	}
	if checksum(f.TTF) != 0xB1B0AFBA {
		t.Error("the checksum of the whole file is wrong")
	}
	for i := 0; i < int(binary.BigEndian.Uint16(w[12:])); i++ {
		e := w[44+20*i:]
		offset, packed, length := binary.BigEndian.Uint32(e[4:]), binary.BigEndian.Uint32(e[8:]), binary.BigEndian.Uint32(e[12:])
		data := w[offset : offset+packed]
		if packed < length {
			r, err := zlib.NewReader(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			if data, err = io.ReadAll(r); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(data, ttf.tables[string(e[:4])]) {
			t.Errorf("table %s differs", e[:4])
		}
	}
	if len(w) > 12<<10 {
		t.Errorf("%d bytes", len(w))
	}
}

func FuzzOpen(f *testing.F) {
	cut, err := New(typeface.Mono, []rune("ü"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(cut.TTF)
	f.Fuzz(func(t *testing.T, ttf []byte) {
		src, err := open(ttf)
		if err != nil {
			return
		}
		for g := 0; g < src.glyphs && g < 100; g++ {
			src.metric(g)
			_, _ = src.outline(g, func(int) uint16 { return 0 })
		}
	})
}
