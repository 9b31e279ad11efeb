package render

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/hostwire/hostwire/internal/visible"
	"github.com/hostwire/hostwire/layout"
	"github.com/hostwire/hostwire/themes"
)

// hostileNames are what strangers may call things.
var hostileNames = map[string]string{
	"markup":                   `a"<b>&c`,
	"record syntax":            `x|{y}`,
	"end of text and a script": `</text></g></svg><script>alert(1)</script>`,
	"CDATA end":                `]]>`,
	"comment":                  `--><!-- /* */ // #`,
	"entities":                 `&lt;&#60;&amp;amp;&nbsp;`,
	"quotes":                   `'"` + "`" + `\`,
	"backslashes":              `\N\G\E\T\L\n\r\l\\`,
	"ends in a backslash":      `abc\`,
	"DOT syntax":               `"]; a -> b [label="x`,
	"HTML-like label":          `<table><tr><td>x</td></tr></table>`,
	"braces":                   `{netns}${jndi:ldap://x}`,
	"PDF syntax":               `) Tj ET (\(<>>> endstream`,
	"control characters":       "a\x00b\x01\x07\x08\x0b\x0c\x1f\x7fc",
	"line breaks":              "one\ntwo\r\nthree\tfour",
	"terminal escapes":         "\x1b[31mred\x1b[0m\x1b]0;title\x07\u009b2J",
	"bytes that are no UTF-8":  "a\xff\xfe\xc3\x28\xed\xa0\x80z",
	"right to left":            "safe\u202egnp.exe\u202c\u2066x\u2069\u200f",
	"Hebrew and Arabic":        "שלום-1 سلام",
	"East Asian and emoji":     "世界 🦊",
	"combining":                "e\u0301\u0301\u0301\u0301",
	"invisible":                "\u200b\ufeff\u00ad\u2028\u2029\ufffe",
	"blanks":                   "  two  blanks  ",
	"empty":                    "",
	"javascript":               `javascript:alert(1)`,
	"a style":                  `}</style><style>*{display:none}`,
	"many ampersands":          strings.Repeat("&\"", 50000),
	"a megabyte":               strings.Repeat("<long>", 1<<20/6),
}

// hostile is a small graph that has s wherever a graph holds text.
func hostile(s string) (*graph.Graph, *layout.Layout) {
	b := newBuilder(s, s, 700, 400)
	facts := []graph.Fact{{Name: s, Value: s}, {Name: "kind", Value: s}}
	b.g.Notes = []graph.Note{{Text: s}}
	gr := b.group(&graph.Group{ID: "g1", Kind: s, Name: s, Engine: s}, 380, 20, 300, 300)
	one := b.cluster(&graph.Cluster{ID: "c1", Netns: s, Kind: graph.Host, Name: s, Detail: s, Facts: facts}, 20, 20, 300, 300)
	two := b.cluster(&graph.Cluster{ID: "c2", Netns: s, Kind: graph.ClusterKind(s), Name: s, Detail: s, Facts: facts, Group: gr,
		Sections: []graph.Section{{Title: s, Lines: []string{s, s}}}}, 400, 60, 260, 200)
	b.l.Clusters[1].Sections = []layout.SectionBox{{Section: two.Sections[0], Rect: layout.Rect{X: 416, Y: 200, W: 200, H: 60}}}
	a := b.node(&graph.Node{ID: "n1", Class: graph.Nif, Kind: s, Name: s, Alias: s, Tag: s, State: graph.StateUp, Lines: []string{s}, Facts: facts}, one, 40, 70, 200)
	c := b.node(&graph.Node{ID: "n2", Class: graph.Nif, Kind: "veth", Name: s, Tag: s, State: graph.State(s), Lines: []string{s}}, two, 416, 110, 200)
	p := b.node(&graph.Node{ID: "n3", Class: graph.Port, Kind: "port", Name: s, Tag: s}, one, 40, 140, 200)
	o := b.node(&graph.Node{ID: "n4", Class: graph.Outside, Kind: s, Name: s, Lines: []string{s}}, nil, 40, 240, 104)
	b.wire(&graph.Edge{Kind: graph.Veth, From: a, To: c, Label: s, FromLabel: s, ToLabel: s, Facts: facts}, true, 240, 90, 416, 120)
	b.wire(&graph.Edge{Kind: graph.Forward, From: p, To: c, Directed: true, Label: s, Facts: facts}, true, 240, 150, 300, 150, 300, 130, 416, 130)
	b.wire(&graph.Edge{Kind: graph.EdgeKind(s), From: a, To: o, Facts: facts}, true, 60, 110, 60, 240)
	return b.g, b.l
}

func writeHostile(t testing.TB, format, s string) []byte {
	t.Helper()
	g, l := hostile(s)
	f, ok := Find(format)
	if !ok {
		t.Fatalf("no format %s", format)
	}
	theme, err := themes.Load(f.DefaultTheme)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := f.Write(&out, Input{Graph: g, Layout: l, Theme: theme, Options: Options{Title: s, Scale: 1, LinkTemplate: "https://x/{netns}/{nif}?n={name}&k={kind}"}}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// svgElements are all elements that our SVG has.
var svgElements = map[string]bool{
	"svg": true, "title": true, "desc": true, "style": true, "defs": true, "g": true, "rect": true, "path": true,
	"circle": true, "tspan": true, "use": true, "text": true, "a": true,
}

// checkSVG parses strictly and returns all text; anything active or foreign is an error.
func checkSVG(t testing.TB, doc []byte) (text string) {
	t.Helper()
	var b strings.Builder
	d := xml.NewDecoder(bytes.NewReader(doc))
	ids := map[string]bool{}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return b.String()
		}
		if err != nil {
			t.Fatalf("not XML: %v", err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			if !svgElements[token.Name.Local] || token.Name.Space != "http://www.w3.org/2000/svg" {
				t.Fatalf("element %v", token.Name)
			}
			for _, a := range token.Attr {
				switch name := a.Name.Local; {
				case strings.HasPrefix(name, "on"), name == "style", name == "src":
					t.Fatalf("attribute %s=%q", name, a.Value)
				case name == "href" && !strings.HasPrefix(a.Value, "#") && !strings.HasPrefix(a.Value, "https://x/"):
					t.Fatalf("link to %q", a.Value)
				case name == "id" && ids[a.Value]:
					t.Fatalf("id %q is not unique", a.Value)
				case name == "id":
					ids[a.Value] = true
				}
				if strings.HasPrefix(a.Name.Local, "data-") {
					b.WriteString(a.Value + "\n")
				}
			}
		case xml.CharData:
			b.Write(token)
			b.WriteByte('\n')
		case xml.Comment, xml.ProcInst, xml.Directive:
			t.Fatalf("%T in the document", token)
		}
	}
}

// checkHarmless refuses what controls a terminal or turns text around, line breaks aside.
func checkHarmless(t testing.TB, text string) {
	t.Helper()
	for _, r := range text {
		if r != '\n' && (unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)) {
			t.Fatalf("%U in the output", r)
		}
	}
}

// beginning is the visible start of a name, which every output has to show.
func beginning(s string) string {
	s = strings.TrimSpace(visible.String(s))
	return string([]rune(s)[:min(4, len([]rune(s)))])
}

func TestHostileNamesAreHarmlessAndReadableInSVG(t *testing.T) {
	for name, s := range hostileNames {
		t.Run(name, func(t *testing.T) {
			doc := writeHostile(t, "svg", s)
			text := checkSVG(t, doc)
			checkHarmless(t, text)
			if !strings.Contains(text, beginning(s)) {
				t.Errorf("%q is not in the text", beginning(s))
			}
			if len(doc) > 1<<20 {
				t.Errorf("%d bytes for four nodes", len(doc))
			}
			if strings.Count(string(doc), "</style>") != 1 {
				t.Error("a name got into the style sheet")
			}
		})
	}
}

func TestHostileNamesAreHarmlessAndReadableInText(t *testing.T) {
	plainLines := strings.Count(string(writeHostile(t, "text", "plain")), "\n")
	for name, s := range hostileNames {
		t.Run(name, func(t *testing.T) {
			text := string(writeHostile(t, "text", s))
			checkHarmless(t, text)
			if !strings.Contains(text, beginning(s)) {
				t.Errorf("%q is not in the text", beginning(s))
			}
			if lines := strings.Count(text, "\n"); lines > plainLines {
				t.Errorf("%d lines, %d for a plain name", lines, plainLines)
			}
		})
	}
}

func TestHostileNamesAreHarmlessAndReadableInDOT(t *testing.T) {
	dot := testkit.RequireTool(t, "dot", "graphviz")
	for name, s := range hostileNames {
		t.Run(name, func(t *testing.T) {
			doc := writeHostile(t, "dot", s)
			checkHarmless(t, strings.ReplaceAll(string(doc), "\t", ""))
			run := func(args ...string) []byte {
				cmd := exec.Command(dot, args...)
				cmd.Stdin = bytes.NewReader(doc)
				var stdout, stderr bytes.Buffer
				cmd.Stdout, cmd.Stderr = &stdout, &stderr
				if err := cmd.Run(); err != nil || stderr.Len() > 0 {
					t.Fatalf("dot %v: %v: %s", args, err, stderr.String()[:min(400, stderr.Len())])
				}
				return stdout.Bytes()
			}
			canonical := string(run("-Tcanon"))
			if got := strings.Count(canonical, " -> "); got != 3 && !strings.Contains(s, "->") {
				t.Errorf("%d edges, want 3", got)
			}
			if len(s) > 1<<16 {
				return // Graphviz takes its time to lay out the longest.
			}
			// What Graphviz draws of it is checked as well: it has escapes of its own.
			var text strings.Builder
			nodes, edges := 0, 0
			d := xml.NewDecoder(bytes.NewReader(run("-Tsvg")))
			for {
				token, err := d.Token()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatalf("not XML: %v", err)
				}
				switch token := token.(type) {
				case xml.StartElement:
					if token.Name.Local == "script" || token.Name.Local == "style" {
						t.Fatalf("element %s", token.Name.Local)
					}
					for _, a := range token.Attr {
						if a.Name.Local == "class" && strings.HasPrefix(a.Value, "node") {
							nodes++
						}
						if a.Name.Local == "class" && strings.HasPrefix(a.Value, "edge") {
							edges++
						}
					}
				case xml.CharData:
					text.Write(token)
				}
			}
			if nodes != 5 || edges != 3 { // the fifth is the note.
				t.Errorf("%d nodes and %d edges, want 5 and 3", nodes, edges)
			}
			if got := strings.ReplaceAll(text.String(), "\u00a0", " "); !strings.Contains(got, beginning(s)) {
				t.Errorf("%q is not in what Graphviz draws", beginning(s))
			}
		})
	}
}

func TestHostileNamesAreHarmlessAndReadableInPDF(t *testing.T) {
	pdftotext := testkit.RequireTool(t, "pdftotext", "poppler-utils")
	for name, s := range hostileNames {
		t.Run(name, func(t *testing.T) {
			doc := writeHostile(t, "pdf", s)
			for _, word := range []string{"/JavaScript", "/JS", "/OpenAction", "/Launch"} {
				if bytes.Contains(doc, []byte(word)) {
					t.Errorf("%s in the file", word)
				}
			}
			path := filepath.Join(t.TempDir(), "x.pdf")
			if err := os.WriteFile(path, doc, 0o600); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(pdftotext, "-enc", "UTF-8", path, "-")
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			text, err := cmd.Output()
			if err != nil || stderr.Len() > 0 {
				t.Fatalf("pdftotext: %v: %s", err, stderr.String())
			}
			if rightToLeft(s) || name == "combining" {
				return // pdftotext adds marks of direction, and breaks lines after accents.
			}
			if want := beginning(s); !strings.Contains(string(text), want) {
				t.Errorf("%q is not in %.300q", want, text)
			}
		})
	}
}

func TestHostileNamesMakeAPNG(t *testing.T) {
	for name, s := range hostileNames {
		t.Run(name, func(t *testing.T) {
			if _, err := png.Decode(bytes.NewReader(writeHostile(t, "png", s))); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func FuzzSVG(f *testing.F) {
	for _, s := range hostileNames {
		if len(s) < 1000 {
			f.Add(s)
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		checkHarmless(t, checkSVG(t, writeHostile(t, "svg", s)))
	})
}

func FuzzText(f *testing.F) {
	for _, s := range hostileNames {
		if len(s) < 1000 {
			f.Add(s)
		}
	}
	f.Fuzz(func(t *testing.T, s string) { checkHarmless(t, string(writeHostile(t, "text", s))) })
}
