package render

import (
	"bytes"
	"compress/flate"
	"hash/adler32"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"math/rand"
	"strings"
	"testing"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/layout"
	"github.com/hostwire/hostwire/themes"
)

func decode(t testing.TB, doc string) *image.RGBA {
	t.Helper()
	img, err := png.Decode(strings.NewReader(doc))
	if err != nil {
		t.Fatal(err)
	}
	rgba, ok := img.(*image.RGBA)
	if !ok {
		t.Fatalf("picture is %T", img)
	}
	return rgba
}

// covered is what coverage says of a picture of w by h pixels.
func covered(w, h int, outlines ...[]layout.Point) [][]uint8 {
	c := &coverage{}
	c.reset(0, h)
	for _, o := range outlines {
		c.outline(o)
	}
	out := make([][]uint8, h)
	for y := range out {
		out[y] = make([]uint8, w)
		c.spans(y, func(x0, x1 int, a uint8) {
			for x := max(0, x0); x < min(w, x1); x++ {
				out[y][x] = a
			}
		})
	}
	return out
}

func TestCoverageOfBoxes(t *testing.T) {
	for name, c := range map[string]struct {
		x0, y0, x1, y1 float64
		want           [][]uint8
	}{
		"whole pixels":       {1, 1, 3, 2, [][]uint8{{0, 0, 0, 0}, {0, 255, 255, 0}, {0, 0, 0, 0}}},
		"half of a pixel":    {1.5, 0, 2, 1, [][]uint8{{0, 128, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}}},
		"a quarter of four":  {0.5, 0.5, 1.5, 1.5, [][]uint8{{64, 64, 0, 0}, {64, 64, 0, 0}, {0, 0, 0, 0}}},
		"beyond all sides":   {-9, -9, 99, 99, [][]uint8{{255, 255, 255, 255}, {255, 255, 255, 255}, {255, 255, 255, 255}}},
		"left of everything": {-9, 0, -3, 3, [][]uint8{{0, 0, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}}},
	} {
		t.Run(name, func(t *testing.T) {
			got := covered(4, 3, []layout.Point{{X: c.x0, Y: c.y0}, {X: c.x1, Y: c.y0}, {X: c.x1, Y: c.y1}, {X: c.x0, Y: c.y1}})
			for y := range got {
				if !bytes.Equal(got[y], c.want[y]) {
					t.Errorf("row %d is %v, want %v", y, got[y], c.want[y])
				}
			}
		})
	}
}

func TestCoverageAddsUpToTheArea(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for i := 0; i < 300; i++ {
		tri := make([]layout.Point, 3)
		for j := range tri {
			tri[j] = layout.Point{X: 1 + r.Float64()*38, Y: 1 + r.Float64()*38}
		}
		area := math.Abs((tri[1].X-tri[0].X)*(tri[2].Y-tri[0].Y)-(tri[2].X-tri[0].X)*(tri[1].Y-tri[0].Y)) / 2
		sum := 0.0
		for _, row := range covered(40, 40, tri) {
			for _, a := range row {
				sum += float64(a) / 255
			}
		}
		if math.Abs(sum-area) > 0.5+area*0.01 {
			t.Fatalf("triangle %v covers %.2f pixels, its area is %.2f", tri, sum, area)
		}
	}
}

func TestOverlappingOutlinesAreOneShape(t *testing.T) {
	box := []layout.Point{{X: 0, Y: 0}, {X: 2, Y: 0}, {X: 2, Y: 1}, {X: 0, Y: 1}}
	if got := covered(3, 1, box, box)[0]; got[0] != 255 || got[1] != 255 || got[2] != 0 {
		t.Errorf("twice the same box covers %v", got)
	}
}

func TestLinesAreSharpAtAnyScale(t *testing.T) {
	b := newBuilder("", "", 480, 300)
	b.cluster(&graph.Cluster{ID: "c", Netns: "c", Kind: graph.Host, Name: "h"}, 24, 24, 400, 200)
	theme, _ := themes.Load("light")
	edge := theme.Color(themes.Edge)
	for _, scale := range []float64{1, 1.25, 1.5, 2, 2.7, 3} {
		img := decode(t, writeGraph(t, "png", "light", b.g, b.l, Options{Scale: scale, NoLegend: true}))
		// Down the middle of the left side of the card: the line must be pure, its neighbours must not
		// have any of it.
		y := img.Rect.Max.Y - int(140*scale)
		line := 0
		for x := 0; x < int(30*scale); x++ {
			c := img.RGBAAt(x, y)
			got := themes.Color(uint32(c.R)<<16 | uint32(c.G)<<8 | uint32(c.B))
			switch got {
			case edge:
				line++
			case theme.Color(themes.Bg), theme.Color(themes.Card), theme.Color(themes.Shadow):
			default:
				t.Errorf("scale %g: pixel %d is %s, a blend", scale, x, got.Hex())
			}
		}
		if want := int(math.Max(1, math.Round(scale))); line != want {
			t.Errorf("scale %g: line is %d pixels wide, want %d", scale, line, want)
		}
	}
}

func TestColoursAreMixedAsLight(t *testing.T) {
	prepareLight()
	if got := mix(0, toLight[255], 128); got != 188 { // half of white's light is 188, not 128.
		t.Errorf("half white on black is %d", got)
	}
	for v := 0; v < 256; v++ {
		if got := fromLight[toLight[v]]; int(got) != v {
			t.Errorf("%d comes back as %d", v, got)
		}
		if got := mix(byte(v), toLight[77], 255); got != 77 {
			t.Errorf("opaque over %d is %d", v, got)
		}
	}
}

func TestPNGCoversItsWholeAreaAtAnyScale(t *testing.T) {
	theme, _ := themes.Load("light")
	r, g, b := theme.Color(themes.Bg).RGB()
	for _, scale := range []float64{0.1, 0.33, 1, 1.37, 2} {
		img := decode(t, write(t, "png", "light", Options{Scale: scale}))
		for _, p := range []image.Point{{0, 0}, {img.Rect.Max.X - 1, 0}, {0, img.Rect.Max.Y - 1}, {img.Rect.Max.X - 1, img.Rect.Max.Y - 1}} {
			if got := img.RGBAAt(p.X, p.Y); got != (color.RGBA{r, g, b, 255}) {
				t.Errorf("scale %g: corner %v is %v", scale, p, got)
			}
		}
	}
}

func TestPNGSaysItsSizeAndColourSpace(t *testing.T) {
	doc := write(t, "png", "light", Options{Scale: 2})
	if !strings.Contains(doc, "sRGB\x00") || !strings.Contains(doc, "pHYs\x00\x00\x1d\x87\x00\x00\x1d\x87\x01") { // 7559 pixels a metre: 192 an inch.
		t.Error("chunks are missing")
	}
}

func TestTooLargeAPNGIsRefusedWithAWayOut(t *testing.T) {
	b := newBuilder("h", "", 60000, 60000)
	b.cluster(&graph.Cluster{ID: "host", Kind: graph.Host, Name: "h"}, 0, 0, 60000, 60000)
	png, _ := Find("png")
	theme, _ := themes.Load("light")
	err := png.Write(io.Discard, Input{Graph: b.g, Layout: b.l, Theme: theme, Options: Options{Scale: 1}})
	if err == nil || !strings.Contains(err.Error(), "choose a scale of at most 0.4") {
		t.Errorf("error is %v", err)
	}
}

func TestTheUsualScaleGivesWayToSize(t *testing.T) {
	for _, c := range []struct{ w, h, want float64 }{{1000, 1000, 2}, {9600, 18400, 1}, {60000, 60000, 0.25}, {40000, 1000, 1.5}} {
		if got := easyScale(c.w, c.h); got != c.want {
			t.Errorf("%g × %g: scale %g, want %g", c.w, c.h, got, c.want)
		}
	}
}

func TestChecksumsOfPiecesJoin(t *testing.T) {
	r := rand.New(rand.NewSource(2))
	for i := 0; i < 100; i++ {
		a, b := make([]byte, r.Intn(200000)), make([]byte, r.Intn(200000))
		r.Read(a)
		r.Read(b)
		want := adler32.Checksum(append(append([]byte(nil), a...), b...))
		if got := adlerJoin(adler32.Checksum(a), adler32.Checksum(b), len(b)); got != want {
			t.Fatalf("%08x, want %08x", got, want)
		}
	}
}

func TestDashesAreAsLongAsThePattern(t *testing.T) {
	line := []layout.Point{{X: 0, Y: 0}, {X: 10, Y: 0}, {X: 10, Y: 10}}
	got := dashed(line, false, []float64{7, 4})
	if len(got) != 2 || got[0][len(got[0])-1] != (layout.Point{X: 7, Y: 0}) || got[1][0] != (layout.Point{X: 10, Y: 1}) || got[1][len(got[1])-1] != (layout.Point{X: 10, Y: 8}) {
		t.Errorf("dashes are %v", got)
	}
}

func TestStrokesAreAsWideAsAsked(t *testing.T) {
	line := []layout.Point{{X: 2, Y: 2}, {X: 8, Y: 2}, {X: 8, Y: 8}}
	got := covered(12, 12, stroke(nil, line, false, 2, false)...)
	area := 0.0
	for _, row := range got {
		for _, a := range row {
			area += float64(a) / 255
		}
	}
	if math.Abs(area-24) > 0.1 { // 6 × 2 along either leg, the mitre makes up for the overlap.
		t.Errorf("area is %.2f, want 24", area)
	}
	if got[1][8] != 255 {
		t.Error("the corner is not filled")
	}
}

func TestFlateStripsAreOneStream(t *testing.T) {
	g, l := example()
	theme, _ := themes.Load("light")
	r := &rasterizer{scale: 1, scheme: &theme.Scheme, glyphs: newGlyphs()}
	r.scene(Compose(Input{Graph: g, Layout: l, Theme: theme}))
	work := startStrips(r.marks, 300, 300)
	defer work.stop()
	var all bytes.Buffer
	for s := range work.done {
		all.Write(s.packed.Bytes())
	}
	raw, err := io.ReadAll(flate.NewReader(&all))
	if err != nil || len(raw) != 300*(1+3*300) {
		t.Errorf("%d bytes, %v", len(raw), err)
	}
}
