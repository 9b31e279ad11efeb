package render

import (
	"bytes"
	"compress/flate"
	"image/color"
	"image/png"
	"io"
	"testing"

	"github.com/hostwire/hostwire/themes"
)

func TestPackedRowsAreFilteredWhereFlateDoesNotSeeTheRowAbove(t *testing.T) {
	for _, c := range []struct {
		width int
		want  byte
	}{{10, filterNone}, {10922, filterNone}, {10923, filterUp}} {
		s := &strip{w: c.width, h: 3, pix: make([]byte, 3*c.width*3), packed: &bytes.Buffer{}}
		for i := range s.pix {
			s.pix[i] = byte(i*i + i/c.width)
		}
		newPacker(c.width, 3).pack(s, true)
		rows, err := io.ReadAll(flate.NewReader(s.packed))
		if err != nil || len(rows) != 3*(1+3*c.width) {
			t.Fatalf("width %d: %d bytes, error %v", c.width, len(rows), err)
		}
		for y := range 3 {
			row, want := rows[y*(1+3*c.width):][:1+3*c.width], c.want
			if y == 0 {
				want = filterNone
			}
			if row[0] != want {
				t.Errorf("width %d: row %d has filter %d, want %d", c.width, y, row[0], want)
			}
			for i, v := range row[1:] {
				if want == filterUp {
					v += s.pix[(y-1)*3*c.width+i]
				}
				if v != s.pix[y*3*c.width+i] {
					t.Fatalf("width %d: row %d differs at %d", c.width, y, i)
				}
			}
		}
	}
}

func TestPNGsOfAnyWidthShowTheSame(t *testing.T) {
	theme, err := themes.Load("light")
	if err != nil {
		t.Fatal(err)
	}
	bg := theme.Color(themes.Bg)
	for _, width := range []float64{500, 11000} {
		b := newBuilder("h", "", width, 40)
		f, _ := Find("png")
		var out bytes.Buffer
		if err := f.Write(&out, Input{Graph: b.g, Layout: b.l, Theme: theme, Options: Options{Scale: 1}}); err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(&out)
		if err != nil {
			t.Fatal(err)
		}
		last := img.Bounds().Max
		want := color.RGBA{byte(bg >> 16), byte(bg >> 8), byte(bg), 255}
		if last.X != int(width) || img.At(last.X-1, last.Y-1) != want {
			t.Errorf("width %g: size %v, last pixel %v, want %v", width, last, img.At(last.X-1, last.Y-1), want)
		}
	}
}
