package render

import (
	"context"
	"encoding/xml"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/layout"
	"github.com/hostwire/hostwire/snapshot"
	"github.com/hostwire/hostwire/themes"
)

// svgAttributes are the attributes that each element of ours may have, data-… aside on g and path.
var svgAttributes = map[string][]string{
	"svg":   {"xmlns", "width", "height", "viewBox", "class", "role", "aria-labelledby"},
	"title": {"id"}, "desc": {"id"}, "style": {}, "defs": {},
	"a": {"href"}, "g": {"class", "id"}, "use": {"href", "x", "y"},
	"rect":   {"class", "x", "y", "width", "height", "rx"},
	"circle": {"class", "cx", "cy", "r"},
	"path":   {"class", "d"},
	"text":   {"class", "x", "y", "space"}, "tspan": {"class"},
}

// svgData are the data attributes that there may be.
var svgData = []string{
	"data-netns", "data-name", "data-nif", "data-kind", "data-from", "data-to", "data-count", "data-change", "data-box",
}

// svgProblems lists what is wrong with the structure of a picture whose wires are of kinds of ours.
func svgProblems(root *element) []string {
	var out []string
	report := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	ids := map[string]string{} // class by ID.
	elements := append([]*element{root}, root.all()...)
	for _, e := range elements {
		allowed, known := svgAttributes[e.name]
		if !known {
			report("element %s", e.name)
		}
		for name := range e.attrs {
			data := strings.HasPrefix(name, "data-") && (e.name == "g" || e.name == "path") && slices.Contains(svgData, name)
			if !data && !slices.Contains(allowed, name) {
				report("attribute %s of %s", name, e.name)
			}
		}
		if id, ok := e.attrs["id"]; ok {
			if _, twice := ids[id]; twice || id == "" {
				report("id %q is not unique", id)
			}
			ids[id] = e.attrs["class"]
		}
	}
	for _, e := range elements {
		if to, ok := strings.CutPrefix(e.attrs["href"], "#"); ok {
			if _, ok := ids[to]; !ok {
				report("nothing is #%s", to)
			}
		}
		for _, id := range strings.Fields(e.attrs["aria-labelledby"]) {
			if _, ok := ids[id]; !ok {
				report("nothing labels by %s", id)
			}
		}
		if !e.class("wire") {
			continue
		}
		if kind := e.attrs["data-kind"]; !slices.Contains(themes.Kinds(), kind) || !e.class("wire-"+kind) {
			report("wire of kind %q with class %q", kind, e.attrs["class"])
		}
		for _, end := range []string{"data-from", "data-to"} {
			class := ids[e.attrs[end]]
			if first, _, _ := strings.Cut(class, " "); !slices.Contains([]string{"nif", "port", "outside", "remote", "process"}, first) {
				report("%s is %q, which is no end of wires", end, e.attrs[end])
			}
		}
	}
	return out
}

func TestTheCheckerOfSVGSeesWhatIsWrong(t *testing.T) {
	for doc, want := range map[string]string{
		`<svg><script/></svg>`:                                 "element script",
		`<svg><g onclick="x"/></svg>`:                          "attribute onclick of g",
		`<svg><g data-x="x"/></svg>`:                           "attribute data-x of g",
		`<svg><g id="a"/><g id="a"/></svg>`:                    `id "a" is not unique`,
		`<svg><use href="#a"/></svg>`:                          "nothing is #a",
		`<svg aria-labelledby="a"/>`:                           "nothing labels by a",
		`<svg><path class="wire wire-veth"/></svg>`:            `wire of kind ""`,
		`<svg><path class="wire wire-x" data-kind="x"/></svg>`: `wire of kind "x"`,
		`<svg><g class="netns" id="a"/><path class="wire wire-veth" data-kind="veth" data-from="a" data-to="b"/></svg>`:   `data-from is "a"`,
		`<svg><g class="nif up" id="a"/><path class="wire wire-veth" data-kind="veth" data-from="a" data-to="b"/></svg>`:  `data-to is "b"`,
		`<svg><g class="nif up" id="a"/><path class="wire wire-bond" data-kind="veth" data-from="a" data-to="a"/></svg>`:  `with class "wire wire-bond"`,
		`<svg><g class="nif" id="a"/><path class="wire wire-veth" data-kind="veth" data-from="a" data-to="a"/><x/></svg>`: "element x",
	} {
		if got := strings.Join(svgProblems(parse(t, doc)), "\n"); !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want %q", doc, got, want)
		}
	}
}

func TestSVGOfEverySnapshotIsSound(t *testing.T) {
	specs, err := filepath.Glob("../examples/gallery/*.json")
	if err != nil || len(specs) < 5 {
		t.Fatal(len(specs), err)
	}
	specs = append(specs, "../network/testdata/manykinds.json",
		"synthetic:host bridge:3 tenant:60 vxlan:4 macvlan:11 vlan:9 bond:3 tap:5 router:4 port:20 pod:41 compose:3 lone:2 ipv6")
	engine, ok := layout.Find("wiring")
	if !ok {
		t.Fatal("no engine wiring")
	}
	for _, spec := range specs {
		d, err := snapshot.Open(spec, nil)
		if err != nil {
			t.Fatal(err)
		}
		var whole *graph.Graph
		for _, o := range []graph.Options{{Detail: graph.Minimal}, {Detail: graph.Full, Stable: true}, {Fold: 3}} {
			g, err := graph.Project(d, o)
			if err != nil {
				t.Fatal(err)
			}
			if o.Stable {
				whole = g
			}
			checkDrawn(t, spec, engine, g)
		}
		few, err := graph.Project(d, graph.Options{Detail: graph.Full, Stable: true, Hide: []graph.Filter{filter(t, "kind=veth")}})
		if err != nil {
			t.Fatal(err)
		}
		checkDrawn(t, spec+" without veth", engine, graph.Compare(whole, few, nil).Graph)
	}
}

func filter(t *testing.T, text string) graph.Filter {
	t.Helper()
	f, err := graph.ParseFilter(text)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func checkDrawn(t *testing.T, name string, engine layout.Info, g *graph.Graph) {
	t.Helper()
	l, err := engine.New().Layout(context.Background(), g, layout.Options{})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	doc := writeGraph(t, "svg", "auto", g, l, Options{Fonts: "none"})
	if !strings.HasPrefix(doc, "<svg ") || xml.Unmarshal([]byte(doc), new(struct{})) != nil {
		t.Errorf("%s: not XML", name)
	}
	root := parse(t, doc)
	for i, p := range svgProblems(root) {
		if i == 5 {
			break
		}
		t.Errorf("%s: %s", name, p)
	}
	wires := 0
	for _, e := range root.all() {
		if e.class("wire") {
			wires++
		}
	}
	if wires != len(g.Edges) {
		t.Errorf("%s: %d wires drawn of %d", name, wires, len(g.Edges))
	}
}
