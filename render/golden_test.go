package render

import (
	"bytes"
	"flag"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the pictures in testdata anew; look at them then")

// goldens are the pictures in testdata: the example in each theme and format.
var goldens = []struct{ file, format, theme string }{
	{"example.svg", "svg", "auto"},
	{"example-light.svg", "svg", "light"},
	{"example-dark.svg", "svg", "dark"},
	{"example-mono.svg", "svg", "mono"},
	{"example-colorblind.svg", "svg", "colorblind"},
	{"example.dot", "dot", "light"},
	{"example.txt", "text", "mono"},
	{"example.png", "png", "light"},
	{"example-dark.png", "png", "dark"},
	{"example-mono.png", "png", "mono"},
	{"example-colorblind.png", "png", "colorblind"},
	{"example.pdf", "pdf", "light"},
}

func TestGoldens(t *testing.T) {
	for _, g := range goldens {
		t.Run(g.file, func(t *testing.T) {
			path := filepath.Join("testdata", g.file)
			got := []byte(write(t, g.format, g.theme, Options{Scale: 1}))
			if *update {
				if err := os.MkdirAll("testdata", 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !alike(t, g.format, got, want) {
				t.Errorf("%s differs; if that is meant, run go test ./render -update and look at it", path)
			}
		})
	}
}

// alike compares pictures: PNG by pixels and PDF not at all beyond its text, as what zlib makes of
// the same bytes may change with Go; the rest by bytes.
func alike(t *testing.T, format string, a, b []byte) bool {
	switch format {
	case "png":
		x, err1 := png.Decode(bytes.NewReader(a))
		y, err2 := png.Decode(bytes.NewReader(b))
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		if x.Bounds() != y.Bounds() {
			return false
		}
		for py := 0; py < x.Bounds().Max.Y; py++ {
			for px := 0; px < x.Bounds().Max.X; px++ {
				if x.At(px, py) != y.At(px, py) {
					t.Logf("first difference at %d,%d", px, py)
					return false
				}
			}
		}
		return true
	case "pdf":
		return pdfContents(t, a) == pdfContents(t, b)
	case "svg": // fonts are packed by zlib.
		return withoutFonts(string(a)) == withoutFonts(string(b))
	}
	return bytes.Equal(a, b)
}

func withoutFonts(svg string) string {
	var out []string
	for _, l := range strings.Split(svg, "\n") {
		if !strings.HasPrefix(l, "@font-face") {
			out = append(out, l)
		}
	}
	return strings.Join(out, "\n")
}
