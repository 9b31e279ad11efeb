package render

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/themes"
)

func gunzip(t testing.TB, s string) string {
	t.Helper()
	r, err := gzip.NewReader(strings.NewReader(s))
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestFormatsAreFoundByNameAndFile(t *testing.T) {
	for _, name := range []string{"dot", "pdf", "png", "svg", "svgz", "text"} {
		f, ok := Find(name)
		if !ok || f.About == "" || strings.HasSuffix(f.About, ".") || len(f.Extensions) == 0 {
			t.Errorf("%s is %+v", name, f)
		}
		if _, err := themes.Load(f.DefaultTheme); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for path, want := range map[string]string{
		"a.svg": "svg", "/x/host.SVG": "svg", "a.svgz": "svgz", "a.svg.gz": "svgz", "a.b.png": "png", "x.pdf": "pdf",
		"x.dot": "dot", "x.gv": "dot", "x.txt": "text", "svg": "", ".svg": "", "x.gif": "", "x.svg/y": "",
	} {
		f, ok := ForFile(path)
		if ok != (want != "") || f.Name != want {
			t.Errorf("ForFile(%q) = %q, %v; want %q", path, f.Name, ok, want)
		}
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for name, c := range map[string]struct {
		o    Options
		want string // part of the error; empty for none.
	}{
		"nothing asked for":      {Options{}, ""},
		"everything fine":        {Options{Scale: 3, Fonts: "none", Paper: "a4", LinkTemplate: "https://x.example/{netns}/{nif}"}, ""},
		"relative link":          {Options{LinkTemplate: "../{netns}.html#{nif}"}, ""},
		"scheme in a parameter":  {Options{LinkTemplate: "/go?to=http://x/{nif}"}, ""},
		"protocol-relative":      {Options{LinkTemplate: "//x.example/{nif}"}, ""},
		"scale is nothing":       {Options{Scale: -1}, "expected a number from 0.1 to 16"},
		"scale is huge":          {Options{Scale: 1e9}, "expected a number from 0.1 to 16"},
		"wrong fonts":            {Options{Fonts: "embedd"}, "expected embed or none"},
		"wrong paper":            {Options{Paper: "a5"}, "expected a4, a3 or letter"},
		"script link":            {Options{LinkTemplate: "javascript:alert('{nif}')"}, `scheme "javascript"`},
		"script link in capital": {Options{LinkTemplate: "JaVaScRiPt:x"}, `scheme "javascript"`},
		"data link":              {Options{LinkTemplate: "data:text/html,{nif}"}, `scheme "data"`},
		"hidden by a tab":        {Options{LinkTemplate: "java\tscript:x"}, "does not belong"},
		"hidden by a blank":      {Options{LinkTemplate: " javascript:x"}, "does not belong"},
		"placeholder is scheme":  {Options{LinkTemplate: "{nif}:x"}, "can't be part of the scheme"},
		"unknown placeholder":    {Options{LinkTemplate: "/{nfi}"}, "did you mean {nif}?"},
		"open brace":             {Options{LinkTemplate: "/{nif"}, "expected braces in pairs"},
		"lone brace":             {Options{LinkTemplate: "/nif}"}, "expected braces in pairs"},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.o.Check()
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("error is %v, want %q", err, c.want)
			}
		})
	}
}

func TestValuesStayWithinTheirPlaceInALink(t *testing.T) {
	for value, want := range map[string]string{
		"eth0.100": "eth0.100", "..": "%2E%2E", "a/b": "a%2Fb", "a b&c=d?#": "a%20b%26c%3Dd%3F%23", "javascript:x": "javascript%3Ax", "ü\xff": "%C3%BC%FF",
	} {
		if got := expandTemplate("{nif}", "", value, "", ""); got != want {
			t.Errorf("%q becomes %q, want %q", value, got, want)
		}
	}
}

// failing is a writer that breaks after some bytes.
type failing struct{ left int }

var errDisk = errors.New("disk is full")

func (f *failing) Write(p []byte) (int, error) {
	if len(p) > f.left {
		n := f.left
		f.left = 0
		return n, errDisk
	}
	f.left -= len(p)
	return len(p), nil
}

func TestErrorsOfTheWriterComeBack(t *testing.T) {
	g, l := example()
	theme, _ := themes.Load("light")
	before := runtime.NumGoroutine()
	for _, f := range Formats() {
		var whole bytes.Buffer
		if err := f.Write(&whole, Input{Graph: g, Layout: l, Theme: theme}); err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{0, 1, whole.Len() / 2, whole.Len() - 1} {
			if err := f.Write(&failing{n}, Input{Graph: g, Layout: l, Theme: theme}); !errors.Is(err, errDisk) {
				t.Errorf("%s after %d of %d bytes: error is %v", f.Name, n, whole.Len(), err)
			}
		}
	}
	for i := 0; runtime.NumGoroutine() > before && i < 100; i++ {
		time.Sleep(10 * time.Millisecond) // the last ones are on their way out.
	}
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines before, %d after", before, after)
	}
}

func TestTheSamePictureIsTheSameBytes(t *testing.T) {
	for _, f := range Formats() {
		if a, b := write(t, f.Name, f.DefaultTheme, Options{}), write(t, f.Name, f.DefaultTheme, Options{}); a != b {
			t.Errorf("%s differs from run to run", f.Name)
		}
	}
}

func TestAnEmptyGraphIsAPicture(t *testing.T) {
	b := newBuilder("", "", 0, 0)
	for _, f := range Formats() {
		theme, _ := themes.Load(f.DefaultTheme)
		if err := f.Write(io.Discard, Input{Graph: b.g, Layout: b.l, Theme: theme}); err != nil {
			t.Errorf("%s: %v", f.Name, err)
		}
	}
}

func TestWhatIsMissingIsSaid(t *testing.T) {
	svg, _ := Find("svg")
	theme, _ := themes.Load("light")
	for _, in := range []Input{{}, {Graph: &graph.Graph{}, Theme: theme}} {
		if err := svg.Write(io.Discard, in); err == nil || !strings.Contains(err.Error(), "missing") {
			t.Errorf("error is %v", err)
		}
	}
}
