package render

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/internal/typeface"
	"github.com/hostwire/hostwire/layout"
	"github.com/hostwire/hostwire/themes"
)

func write(t testing.TB, format, theme string, o Options) string {
	t.Helper()
	g, l := example()
	return writeGraph(t, format, theme, g, l, o)
}

func writeGraph(t testing.TB, format, theme string, g *graph.Graph, l *layout.Layout, o Options) string {
	t.Helper()
	th, err := themes.Load(theme)
	if err != nil {
		t.Fatal(err)
	}
	f, ok := Find(format)
	if !ok {
		t.Fatalf("no format %s", format)
	}
	var out bytes.Buffer
	if err := f.Write(&out, Input{Graph: g, Layout: l, Theme: th, Options: o}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// element is an element of a parsed document.
type element struct {
	name     string
	attrs    map[string]string
	text     string
	children []*element
	parent   *element
}

func (e *element) class(word string) bool {
	for _, c := range strings.Fields(e.attrs["class"]) {
		if c == word {
			return true
		}
	}
	return false
}

// all lists e and everything in it.
func (e *element) all() []*element {
	out := []*element{e}
	for _, c := range e.children {
		out = append(out, c.all()...)
	}
	return out
}

// title is the text of the title that is a child of e.
func (e *element) title() string {
	for _, c := range e.children {
		if c.name == "title" {
			return c.text
		}
	}
	return ""
}

func parse(t testing.TB, doc string) *element {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(doc))
	root := &element{}
	at := root
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return root.children[0]
		}
		if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			e := &element{name: token.Name.Local, attrs: map[string]string{}, parent: at}
			for _, a := range token.Attr {
				e.attrs[a.Name.Local] = a.Value
			}
			at.children = append(at.children, e)
			at = e
		case xml.EndElement:
			at = at.parent
		case xml.CharData:
			at.text += string(token)
		}
	}
}

func TestSVGIsAddressable(t *testing.T) {
	g, _ := example()
	root := parse(t, write(t, "svg", "auto", Options{}))
	byID := map[string]*element{}
	for _, e := range root.all() {
		if id := e.attrs["id"]; id != "" {
			byID[id] = e
		}
	}
	for _, c := range g.Clusters {
		e := byID[c.ID]
		if e == nil || e.name != "g" || !e.class("netns") || e.attrs["data-netns"] != c.Netns || e.attrs["data-name"] != c.Name {
			t.Fatalf("cluster %s is %+v", c.ID, e)
		}
		if !strings.Contains(e.title(), c.Name) {
			t.Errorf("tooltip of %s is %q", c.ID, e.title())
		}
		for _, n := range c.Nodes {
			e := byID[n.ID]
			if e == nil || e.parent != byID[c.ID] && e.parent.parent != byID[c.ID] {
				t.Fatalf("node %s is not in its cluster", n.ID)
			}
			if n.Class != graph.Nif {
				continue
			}
			if !e.class("nif") || !e.class("kind-"+n.Kind) || !e.class("state-"+string(n.State)) ||
				e.attrs["data-nif"] != n.Name || e.attrs["data-kind"] != n.Kind || e.attrs["data-netns"] != c.Netns {
				t.Errorf("node %s has %v", n.ID, e.attrs)
			}
			for _, f := range n.Facts {
				if !strings.Contains(e.title(), f.Value) {
					t.Errorf("tooltip of %s lacks %s: %q", n.ID, f.Name, e.title())
				}
			}
		}
	}
	wires := 0
	for _, e := range root.all() {
		if !e.class("wire") {
			continue
		}
		wires++
		if e.name != "path" || !e.class("wire-"+e.attrs["data-kind"]) || byID[e.attrs["data-from"]] == nil || byID[e.attrs["data-to"]] == nil {
			t.Errorf("wire %v", e.attrs)
		}
		if e.parent.title() == "" {
			t.Errorf("wire %v has no tooltip", e.attrs)
		}
	}
	if wires != len(g.Edges) {
		t.Errorf("%d wires, want %d", wires, len(g.Edges))
	}
}

func TestSVGStandsAlone(t *testing.T) {
	for _, theme := range themes.Names() {
		doc := write(t, "svg", theme, Options{})
		checkSVG(t, []byte(doc))
		root := parse(t, doc)
		if root.attrs["role"] != "img" || root.attrs["aria-labelledby"] != "hw-title hw-desc" {
			t.Errorf("root has %v", root.attrs)
		}
		if root.title() != "Wiring of edge-01" || !strings.Contains(doc, "network namespaces, ") {
			t.Error("title or description is missing")
		}
		for _, word := range []string{"<script", "@import", "http://", "https://", "url(#"} {
			if strings.Contains(strings.ReplaceAll(doc, "http://www.w3.org/2000/svg", ""), word) {
				t.Errorf("%s: %s in the document", theme, word)
			}
		}
	}
}

func TestIDsOfOursGiveWayToTheGraphs(t *testing.T) {
	b := newBuilder("h", "", 500, 200)
	c := b.cluster(&graph.Cluster{ID: "hw-title", Netns: "c", Kind: graph.Host, Name: "h"}, 20, 20, 400, 150)
	b.node(nif("hw-x-up-veth", "veth", "a", "", graph.StateUp), c, 40, 70, 150)
	checkSVG(t, []byte(writeGraph(t, "svg", "light", b.g, b.l, Options{}))) // looks for IDs that are not unique.
}

func TestSVGFollowsDarkModeOnlyIfTheThemeDoes(t *testing.T) {
	for theme, want := range map[string]bool{"auto": true, "colorblind": true, "light": false, "dark": false, "mono": false} {
		if got := strings.Contains(write(t, "svg", theme, Options{}), "prefers-color-scheme:dark"); got != want {
			t.Errorf("%s: %v, want %v", theme, got, want)
		}
	}
}

func TestSVGHasARuleForEveryClassItDraws(t *testing.T) {
	doc := write(t, "svg", "colorblind", Options{})
	root := parse(t, doc)
	style := ""
	for _, e := range root.all() {
		if e.name == "style" {
			style = e.text
		}
	}
	for _, e := range root.all() {
		if e.name == "rect" || e.name == "path" || e.name == "circle" || e.name == "text" {
			words := strings.Fields(e.attrs["class"])
			if last := words[len(words)-1]; !strings.Contains(style, "."+last+"{") {
				t.Errorf("no rule for %s.%s", e.name, last)
			}
		}
	}
}

func TestClassesOfGroupsShapesAndTextsDiffer(t *testing.T) {
	// A rule for one would change the others: children inherit.
	kinds := map[string]string{}
	note := func(kind, class string) {
		for _, w := range strings.Fields(class) {
			if other, ok := kinds[w]; ok && other != kind {
				t.Errorf("class %s is one of a %s and of a %s", w, other, kind)
			}
			kinds[w] = kind
		}
	}
	for _, e := range parse(t, write(t, "svg", "auto", Options{})).all() {
		switch e.name {
		case "g":
			note("group", e.attrs["class"])
		case "rect", "path", "circle":
			note("shape", e.attrs["class"])
		case "text":
			note("text", e.attrs["class"])
		}
	}
	for role := range usual {
		note("text", role)
	}
}

func TestSVGHighlightsAWireAndItsEndsWithCSSAlone(t *testing.T) {
	doc := write(t, "svg", "auto", Options{})
	for _, rule := range []string{".link:hover .wire{", ".link:hover .ends{", `.hostwire:has([id="host-docker0"]:hover) :is([data-from="host-docker0"],[data-to="host-docker0"]){`} {
		if !strings.Contains(doc, rule) {
			t.Errorf("no rule %s", rule)
		}
	}
	links := 0
	for _, e := range parse(t, doc).all() {
		if !e.class("link") {
			continue
		}
		links++
		parts := map[string]bool{}
		for _, c := range e.children {
			for _, w := range strings.Fields(c.attrs["class"]) {
				parts[w] = true
			}
		}
		if !parts["wire"] || !parts["ends"] || !parts["hit"] {
			t.Errorf("link has %v", parts)
		}
	}
	if links == 0 {
		t.Error("no links")
	}
}

func TestEmbeddedFontsHaveWhatTheTextNeeds(t *testing.T) {
	with, without := write(t, "svg", "light", Options{}), write(t, "svg", "light", Options{Fonts: "none"})
	if got := strings.Count(with, "@font-face"); got != 3 {
		t.Errorf("%d fonts embedded, want sans, bold and mono", got)
	}
	if strings.Contains(without, "@font-face") || strings.Contains(without, "data:") {
		t.Error("fonts none embeds fonts")
	}
	if len(with)-len(without) > 20<<10 {
		t.Errorf("fonts take %d bytes", len(with)-len(without))
	}
	g, l := example()
	theme, _ := themes.Load("light")
	scene := Compose(Input{Graph: g, Layout: l, Theme: theme})
	fonts := map[typeface.Face]sceneFont{}
	for _, f := range usedFonts(scene) {
		fonts[f.face] = f
	}
	scene.walk(func(item Item, _ string) {
		if text, ok := item.(*Text); ok {
			for _, r := range text.S {
				if _, has := fonts[text.Style.Face].font.Glyphs[r]; !has && text.Style.Face.Has(r) {
					t.Errorf("%q of %q is not embedded", r, text.S)
				}
			}
		}
	})
}

func TestLinksLeadWhereTheTemplateSays(t *testing.T) {
	doc := write(t, "svg", "light", Options{LinkTemplate: "/docs/{netns}/{nif}?name={name}&kind={kind}"})
	found := false
	for _, e := range parse(t, doc).all() {
		if e.name == "a" && e.children[0].attrs["id"] == "host-x" {
			found = true
			if want := "/docs/host/a%22%3Cb%3E%26c?name=edge-01&kind=veth"; e.attrs["href"] != want {
				t.Errorf("link to %q, want %q", e.attrs["href"], want)
			}
		}
	}
	if !found {
		t.Error("no link around the interface")
	}
}

func TestLegendShowsJustWhatOccurs(t *testing.T) {
	b := newBuilder("h", "", 500, 200)
	c := b.cluster(&graph.Cluster{ID: "c", Netns: "c", Kind: graph.Host, Name: "h"}, 20, 20, 400, 150)
	n := b.node(nif("a", "veth", "a", "", graph.StateUp), c, 40, 70, 150)
	m := b.node(nif("b", "veth", "b", "", graph.StateUp), c, 240, 70, 150)
	b.wire(&graph.Edge{Kind: graph.Veth, From: n, To: m}, false, 190, 82, 240, 82)
	words := func(o Options) string {
		var out []string
		for _, e := range parse(t, writeGraph(t, "svg", "light", b.g, b.l, o)).all() {
			if strings.HasPrefix(e.attrs["class"], "legend-") {
				out = append(out, e.text)
			}
		}
		return strings.Join(out, ",")
	}
	if got, want := words(Options{}), "legend,veth pair,up"; got != want {
		t.Errorf("legend is %s, want %s", got, want)
	}
	if got := words(Options{NoLegend: true}); got != "" {
		t.Errorf("without a legend there is %s", got)
	}
}

func TestTitleIsTheCallersOrTheGraphs(t *testing.T) {
	if doc := write(t, "svg", "light", Options{Title: "Lab <1>"}); !strings.Contains(doc, ">Lab &lt;1&gt;</text>") || !strings.Contains(doc, "<title id=\"hw-title\">Wiring of Lab &lt;1&gt;</title>") {
		t.Error("the caller's title is not there")
	}
}

func TestNotesAreInEveryPicture(t *testing.T) {
	g, _ := example()
	for _, format := range []string{"svg", "dot", "text"} {
		doc := write(t, format, "light", Options{})
		for _, n := range g.Notes {
			if !strings.Contains(doc, n.Text) {
				t.Errorf("%s lacks %q", format, n.Text)
			}
		}
	}
}

func TestManyNotesAreCounted(t *testing.T) {
	b := newBuilder("h", "", 500, 200)
	for i := 0; i < 30; i++ {
		b.g.Notes = append(b.g.Notes, graph.Note{Text: "note number " + itoa(i)})
	}
	doc := writeGraph(t, "svg", "light", b.g, b.l, Options{})
	if !strings.Contains(doc, "and 23 more remarks") || strings.Contains(doc, "note number 7<") {
		t.Error("what is left out is not counted")
	}
}

func TestSVGZIsTheSVG(t *testing.T) {
	if got := gunzip(t, write(t, "svgz", "auto", Options{})); got != write(t, "svg", "auto", Options{}) {
		t.Error("they differ")
	}
}
