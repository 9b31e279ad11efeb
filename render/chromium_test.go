package render

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/hostwire/hostwire/themes"
)

// chromium runs a headless browser on a page, without any network.
func chromium(t testing.TB, page string, args ...string) string {
	t.Helper()
	tool := testkit.RequireTool(t, "chromium", "chromium")
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	args = append([]string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--hide-scrollbars", "--user-data-dir=" + t.TempDir(),
	}, args...)
	out, err := exec.CommandContext(ctx, tool, append(args, "file://"+page)...).Output()
	if err != nil {
		t.Fatalf("chromium: %v", err)
	}
	return string(out)
}

// measureScript looks at the picture as the browser has laid it out: whether the fonts were taken,
// and for each text whether it stays within the box that it belongs to.
const measureScript = `
document.fonts.ready.then(() => {
  const svg = document.querySelector('svg'), out = {fonts: [], outside: [], texts: 0, overlaps: [], wires: 0};
  document.fonts.forEach(f => out.fonts.push(f.family + ' ' + f.weight + ' ' + f.status));
  for (const g of svg.querySelectorAll('g.nif, g.port, g.process, g.netns')) {
    const boxes = g.querySelectorAll(':scope > rect.row, :scope > rect.pill, :scope > rect.proc, :scope > rect.card');
    const box = boxes[boxes.length - 1].getBBox();
    const texts = [...g.querySelectorAll(':scope > text')].map(e => ({s: e.textContent, b: e.getBBox()}));
    for (const {s, b} of texts) {
      out.texts++;
      if (b.x < box.x || b.x + b.width > box.x + box.width || b.y < box.y - 1 || b.y + b.height > box.y + box.height + 1)
        out.outside.push(s);
    }
    for (let i = 0; i < texts.length; i++) for (let j = i + 1; j < texts.length; j++) {
      const a = texts[i].b, b = texts[j].b;
      const w = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x), h = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
      if (w > 0.5 && h > 3) out.overlaps.push(texts[i].s + ' / ' + texts[j].s);
    }
  }
  for (const p of svg.querySelectorAll('path.wire')) if (p.getTotalLength() > 5 && getComputedStyle(p).stroke !== 'none') out.wires++;
  out.background = getComputedStyle(svg.querySelector('.bg')).fill;
  out.icon = getComputedStyle(svg.querySelector('use')).display;
  const pre = document.createElement('pre'); pre.id = 'result'; pre.textContent = JSON.stringify(out);
  document.body.append(pre);
});`

type measured struct {
	Fonts, Outside, Overlaps []string
	Texts, Wires             int
	Background               string
}

func inBrowser(t testing.TB, svg string, args ...string) measured {
	t.Helper()
	page := filepath.Join(t.TempDir(), "page.html")
	doc := "<!doctype html><meta charset=utf-8><body style='margin:0'>" + svg + "<script>" + measureScript + "</script></body>"
	if err := os.WriteFile(page, []byte(doc), 0o600); err != nil {
		t.Fatal(err)
	}
	dom := chromium(t, page, append(args, "--virtual-time-budget=5000", "--dump-dom")...)
	_, rest, ok := strings.Cut(dom, `<pre id="result">`)
	if !ok {
		t.Fatalf("no result in %.500s", dom)
	}
	result, _, _ := strings.Cut(rest, "</pre>")
	var m measured
	if err := json.Unmarshal([]byte(html.UnescapeString(result)), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestInABrowserTextFitsAndFontsAreTaken(t *testing.T) {
	for _, fonts := range []string{"embed", "none"} {
		m := inBrowser(t, write(t, "svg", "auto", Options{Fonts: fonts}))
		if m.Texts < 50 || len(m.Outside) > 0 || len(m.Overlaps) > 0 {
			t.Errorf("fonts %s: of %d texts %q leave their box, %q overlap", fonts, m.Texts, m.Outside, m.Overlaps)
		}
		g, _ := example()
		if m.Wires != len(g.Edges) {
			t.Errorf("fonts %s: %d wires are drawn, want %d", fonts, m.Wires, len(g.Edges))
		}
		if fonts == "none" {
			continue
		}
		if len(m.Fonts) != 3 {
			t.Errorf("fonts are %q", m.Fonts)
		}
		for _, f := range m.Fonts {
			if !strings.HasSuffix(f, " loaded") {
				t.Errorf("font is not taken: %s", f)
			}
		}
	}
}

func TestInABrowserTheThemeFollowsTheReader(t *testing.T) {
	auto, _ := themes.Load("auto")
	svg := write(t, "svg", "auto", Options{})
	for args, scheme := range map[string]*themes.Scheme{"--blink-settings=preferredColorScheme=1": &auto.Scheme, "--blink-settings=preferredColorScheme=0": auto.Dark} {
		r, g, b := scheme.Color(themes.Bg).RGB()
		if m, want := inBrowser(t, svg, args), fmt.Sprintf("rgb(%d, %d, %d)", r, g, b); m.Background != want {
			t.Errorf("%s: background is %s, want %s", args, m.Background, want)
		}
	}
}

func TestInABrowserThePictureLooksLikeThePNG(t *testing.T) {
	dir := t.TempDir()
	page, shot := filepath.Join(dir, "x.svg"), filepath.Join(dir, "x.png")
	if err := os.WriteFile(page, []byte(write(t, "svg", "light", Options{})), 0o600); err != nil {
		t.Fatal(err)
	}
	ours := decode(t, write(t, "png", "light", Options{Scale: 1}))
	chromium(t, page, "--screenshot="+shot, fmt.Sprintf("--window-size=%d,%d", ours.Rect.Dx(), ours.Rect.Dy()))
	f, err := os.Open(shot)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	theirs, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	// Letters are hinted differently; anything larger than them must be the same.
	differs, pixels := 0, 0
	for y := 0; y < ours.Rect.Dy(); y++ {
		for x := 0; x < ours.Rect.Dx(); x++ {
			pixels++
			r1, g1, b1, _ := ours.At(x, y).RGBA()
			r2, g2, b2, _ := theirs.At(x, y).RGBA()
			if apart(r1, r2)+apart(g1, g2)+apart(b1, b2) > 3*0x3000 {
				differs++
			}
		}
	}
	if share := float64(differs) / float64(pixels); share > 0.01 {
		t.Errorf("%.2f %% of the pixels differ", 100*share)
	}
}

func apart(a, b uint32) uint32 {
	if a > b {
		return a - b
	}
	return b - a
}
