package render

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/hostwire/hostwire/themes"
)

// pdfContents unpacks the page's operators: the first stream whose text draws anything.
func pdfContents(t testing.TB, doc []byte) string {
	t.Helper()
	for rest := doc; ; {
		i := bytes.Index(rest, []byte("stream\n"))
		if i < 0 {
			t.Fatal("no page contents")
		}
		rest = rest[i+len("stream\n"):]
		z, err := zlib.NewReader(bytes.NewReader(rest))
		if err != nil {
			continue // the end of a stream: "endstream".
		}
		text, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(text, []byte(" Tm<")) {
			return string(text)
		}
	}
}

func pdfFile(t testing.TB, o Options) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.pdf")
	if err := os.WriteFile(path, []byte(write(t, "pdf", "light", o)), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPDFTextCanBeSearched(t *testing.T) {
	tool := testkit.RequireTool(t, "pdftotext", "poppler-utils")
	text := testkit.Run(t, tool, "-layout", pdfFile(t, Options{}), "-")
	for _, want := range []string{"edge-01", "veth1b9363c", "172.18.0.1/16", "compose project · shop", `a"<b>&c`, "tcp 0.0.0.0:8081", "→ web:80", "forwarded port", "run as root"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in the text", want)
		}
	}
}

func TestPDFEmbedsItsFontsAsSubsets(t *testing.T) {
	tool := testkit.RequireTool(t, "pdffonts", "poppler-utils")
	lines := strings.Split(strings.TrimSpace(testkit.Run(t, tool, pdfFile(t, Options{}))), "\n")[2:]
	if len(lines) != 3 {
		t.Errorf("fonts are %q", lines)
	}
	for _, l := range lines {
		if !regexp.MustCompile(`^[A-Z]{6}\+Liberation.* yes yes yes `).MatchString(l) {
			t.Errorf("font is not embedded, a subset, and searchable: %s", l)
		}
	}
}

func TestPDFPages(t *testing.T) {
	tool := testkit.RequireTool(t, "pdfinfo", "poppler-utils")
	g, l := example()
	theme, _ := themes.Load("light")
	scene := Compose(Input{Graph: g, Layout: l, Theme: theme})
	for paper, want := range map[string]string{
		"": fmt.Sprintf("%g x %g pts", scene.W*pointsPerPixel, scene.H*pointsPerPixel), "a4": "841.89 x 595.276 pts (A4)", "a3": "1190.55 x 841.89 pts (A3)", "letter": "792 x 612 pts (letter)",
	} {
		info := testkit.Run(t, tool, pdfFile(t, Options{Paper: paper}))
		if !strings.Contains(info, want) || !strings.Contains(info, "Pages:           1\n") {
			t.Errorf("paper %q: want a page of %s, got %s", paper, want, info)
		}
		if !strings.Contains(info, "Title:           Wiring of edge-01") {
			t.Errorf("paper %q: no title", paper)
		}
	}
}

func TestPicturesFitTheSheetWithTheirMargin(t *testing.T) {
	for name, sheet := range papers {
		for _, size := range [][2]float64{{100, 100}, {1190, 900}, {900, 1190}, {9000, 100}, {100, 9000}, {60000, 60000}} {
			p := placeOn(name, size[0], size[1])
			if !(p.w == sheet.w && p.h == sheet.h || p.w == sheet.h && p.h == sheet.w) {
				t.Errorf("%s: page is %g × %g", name, p.w, p.h)
			}
			right, bottom := p.x+size[0]*p.scale, p.y+size[1]*p.scale
			if p.scale > pointsPerPixel || p.x < paperMargin-0.01 || p.y < paperMargin-0.01 || right > p.w-paperMargin+0.01 || bottom > p.h-paperMargin+0.01 {
				t.Errorf("%s: picture of %v is placed %+v", name, size, p)
			}
		}
	}
	if p := placeOn("", 60000, 100); p.w > maxPage || p.h > maxPage {
		t.Errorf("page is %g × %g", p.w, p.h)
	}
}

func TestPDFHasNoTimeUnlessAskedFor(t *testing.T) {
	if doc := write(t, "pdf", "light", Options{}); strings.Contains(doc, "Date") {
		t.Error("a date is in the file")
	}
	t.Setenv("SOURCE_DATE_EPOCH", "1700000000")
	if doc := write(t, "pdf", "light", Options{}); !strings.Contains(doc, "/CreationDate(D:20231114221320Z)") {
		t.Error("the date asked for is not in the file")
	}
	for _, bad := range []string{"", "x", "-1", "99999999999999"} {
		if got := creationDate(bad); got != "" {
			t.Errorf("%q makes %s", bad, got)
		}
	}
}

func TestPDFLinks(t *testing.T) {
	doc := write(t, "pdf", "light", Options{LinkTemplate: "https://x.example/ü/{nif}"})
	if got := strings.Count(doc, "/S/URI"); got != 16 {
		t.Errorf("%d links, want one for each of 16 interfaces", got)
	}
	if !strings.Contains(doc, pdfURI("https://x.example/%C3%BC/docker0")) {
		t.Error("the link of docker0 is not there")
	}
}
