package typeface

import (
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
)

// measured is the width of text as the font package itself lays it out, without kerning.
func measured(t *testing.T, s Style, text string) float64 {
	t.Helper()
	parsed, err := opentype.Parse(s.Face.TTF())
	require.NoError(t, err)
	const scale = 100 // the package rounds to 1/64 pixel.
	face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: s.Size * scale, DPI: 72, Hinting: font.HintingNone})
	require.NoError(t, err)
	w := 0.0
	for _, r := range text {
		adv, ok := face.GlyphAdvance(r)
		require.True(t, ok, "%q", r)
		w += float64(adv) / 64
	}
	return w / scale
}

func TestWidthsAreThoseOfTheFont(t *testing.T) {
	for _, s := range []Style{Heading, Title, Strong, Text, Name, Fact, Label, {MonoBold, 30}} {
		for _, text := range []string{"", "eth0", "WAVE To.", "172.17.0.1/16", "naïve · Straße → Ω …"} {
			assert.InDelta(t, measured(t, s, text), s.Width(text), 0.01, "%s %v %q", s.Face.Family(), s.Size, text)
		}
	}
}

func TestMonospacedIsMonospaced(t *testing.T) {
	for _, f := range []Face{Mono, MonoBold} {
		for _, r := range "il.MW@é→" {
			assert.Equal(t, f.Advance('0'), f.Advance(r), "%q", r)
		}
	}
}

func TestFaces(t *testing.T) {
	families := map[string]int{}
	for _, f := range Faces() {
		families[f.Family()]++
		assert.True(t, f.Has('a') && f.Has('→') && f.Has('…') && f.Has('·'), "%v draws what pictures need", f)
		assert.False(t, f.Has('網'))
		name, err := f.Font().Name(nil, 1)
		require.NoError(t, err)
		assert.Equal(t, f.Family(), name)
		style, err := f.Font().Name(nil, 2)
		require.NoError(t, err)
		assert.Equal(t, f.Bold(), strings.Contains(style, "Bold"))
	}
	assert.Equal(t, map[string]int{"Liberation Sans": 2, "Liberation Mono": 2}, families)
}

func TestWhatTheFontLacksGetsRoomAllTheSame(t *testing.T) {
	assert.Equal(t, 2*Text.Size, Text.Width("網路"))
	assert.Equal(t, Text.Size, Text.Width("🙂"))
	assert.Equal(t, Text.Width("e"), Text.Width("e\u0489"), "a mark that sits on its letter takes none")
}

func TestFitKeepsBothEnds(t *testing.T) {
	const text = "br-959a226ec3a3.4094"
	assert.Equal(t, text, Name.Fit(text, Name.Width(text)))
	for width := 0.0; width < Name.Width(text); width += 3.7 {
		got := Name.Fit(text, width)
		head, tail, cut := strings.Cut(got, "…")
		require.True(t, cut, "%q", got)
		assert.True(t, strings.HasPrefix(text, head) && strings.HasSuffix(text, tail), "%q", got)
		assert.InDelta(t, len(head), len(tail), 1)
		if got != "…" {
			assert.LessOrEqual(t, Name.Width(got), width)
		}
	}
	assert.Equal(t, "a…b", Text.Fit("a             b", Text.Width("a…b")+1), "no spaces at the ellipsis")
	assert.Equal(t, "…", Text.Fit("text", 0))
	assert.Empty(t, Text.Fit("", 0))
}

func FuzzFit(f *testing.F) {
	f.Add("eth0", 20.0)
	f.Add("\xff\xfe網\u0301", 5.0)
	f.Fuzz(func(t *testing.T, text string, width float64) {
		got := Fact.Fit(text, width)
		if got != text && got != "…" && Fact.Width(got) > width {
			t.Errorf("%q is wider than %g", got, width)
		}
	})
}

func TestMeasuringIsSafeFromManyGoroutines(t *testing.T) {
	var wg sync.WaitGroup
	for range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for r := rune(0x400); r < 0x500; r++ {
				Text.Width(string(r))
			}
		}()
	}
	wg.Wait()
}

func BenchmarkWidth(b *testing.B) {
	for b.Loop() {
		Fact.Width("172.17.0.5/16 fe80::42:acff:fe11:2/64")
	}
}
