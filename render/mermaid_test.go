package render

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/layout"
	"github.com/hostwire/hostwire/themes"
)

// mermaidScript has Mermaid draw, as strictly as GitHub does, and tells what is in the picture.
const mermaidScript = `
mermaid.initialize({startOnLoad: false, securityLevel: 'strict'});
let serial = 0;
async function read(doc) {
  const {diagramType} = await mermaid.parse(doc);
  const {svg} = await mermaid.render('m' + ++serial, doc);
  const scratch = document.getElementById('scratch');
  scratch.innerHTML = svg;
  const text = s => [...scratch.querySelectorAll(s)].map(e => e.textContent.replace(/\u00a0/g, ' '));
  const out = {
    type: diagramType, nodes: text('g.node'), clusters: text('g.cluster'), labels: text('g.edgeLabel').filter(s => s.trim()),
    title: text('text.flowchartTitleText').join(''),
    edges: scratch.querySelectorAll('path.flowchart-link').length,
    strokes: [...scratch.querySelectorAll('path.flowchart-link')].map(e => e.style.stroke + ' ' + e.style.strokeDasharray),
    active: scratch.querySelectorAll('script, iframe, img, a[href], [onerror], [onload]').length,
    elements: [...new Set([...scratch.querySelectorAll('foreignObject *')].map(e => e.localName))].sort().join(' '),
    covered: [],
  };
  for (const title of scratch.querySelectorAll('g.cluster .cluster-label')) {
    const a = title.getBoundingClientRect();
    for (const node of scratch.querySelectorAll('g.node')) {
      const b = node.getBoundingClientRect();
      if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1) out.covered.push(title.textContent);
    }
  }
  return out;
}`

type mermaidPicture struct {
	Error, Type, Title, Elements     string
	Nodes, Clusters, Labels, Strokes []string
	Covered                          []string
	Edges, Active                    int
}

func TestMermaidDrawsTheExample(t *testing.T) {
	program := reader(t, "mermaid/dist/mermaid.min.js")
	g, _ := example()
	var got map[string]mermaidPicture
	inPage(t, &got, map[string]string{"example": write(t, "mermaid", "light", Options{})}, mermaidScript, program)
	p := got["example"]
	if p.Error != "" || !strings.HasPrefix(p.Type, "flowchart") || p.Title != "edge-01" || p.Active != 0 {
		t.Fatalf("%+v", p)
	}
	if len(p.Clusters) != len(g.Clusters)+len(g.Groups) || p.Edges != len(g.Edges) {
		t.Errorf("%d subgraphs and %d edges, want %d and %d", len(p.Clusters), p.Edges, len(g.Clusters)+len(g.Groups), len(g.Edges))
	}
	all := strings.Join(p.Nodes, "\n")
	for _, c := range g.Clusters {
		for _, n := range append(c.Nodes, g.Free...) {
			if !strings.Contains(all, plain(n.Name)) {
				t.Errorf("%q is in no box of %q", n.Name, all)
			}
		}
	}
	if len(p.Covered) > 0 {
		t.Errorf("titles are covered: %q", p.Covered)
	}
	theme, _ := themes.Load("light")
	for _, s := range p.Strokes { // every wire has the colour of its kind.
		found := false
		for _, e := range g.Edges {
			r, gr, b := theme.Wire(string(e.Kind)).Color.RGB()
			found = found || strings.HasPrefix(s, "rgb("+itoa(int(r))+", "+itoa(int(gr))+", "+itoa(int(b))+")")
		}
		if !found {
			t.Errorf("a wire has the style %q", s)
		}
	}
}

func TestHostileNamesAreHarmlessAndReadableInMermaid(t *testing.T) {
	program := reader(t, "mermaid/dist/mermaid.min.js")
	docs := map[string]string{}
	names := map[string]string{
		"math": "$$x^2$$", "icon": "fa:fa-car", "list": "1. one", "another list": "- one", "link": "https://example.org/x www.example.org a@b.example",
		"emphasis": "**a** __b__ _c_ *d*", "Markdown": "`x` # head", "a style rule": "style a:b#35;;", "classDef": "classDef x fill:#fff;", "directive": "%%{init: {'theme':'dark'}}%%",
		"keyword": "end", "Mermaid's own": "ﬂ°°60¶ßimg src=x onerror=alert(1)ﬂ°°62¶ß", "code": "#60;b#62;&#60;", "line": "a<br/>b", "front matter": "---", "click": `click a call x()`, "Markdown link": "[a](https://x.example) ![b](c) [d][e]", "autolink": "<https://x.example>",
		"strikethrough": "~~a~~", "underscores": "_a_ a_b_c __init__ _x",
	}
	for name, s := range hostileNames {
		names[name] = s
	}
	for name, s := range names {
		docs[name] = string(writeHostile(t, "mermaid", s))
		checkHarmless(t, docs[name])
	}
	var got map[string]mermaidPicture
	inPage(t, &got, docs, mermaidScript, program)
	for name, s := range names {
		p := got[name]
		if p.Error != "" {
			t.Errorf("%s: %s", name, p.Error)
			continue
		}
		if p.Edges != 3 || p.Active != 0 || len(p.Clusters) != 3 {
			t.Errorf("%s: %d edges, %d active elements, %d subgraphs", name, p.Edges, p.Active, len(p.Clusters))
		}
		if p.Elements != "b br div p span" && p.Elements != "b br div p span strong" {
			t.Errorf("%s: elements %s", name, p.Elements)
		}
		for _, where := range []struct {
			shown []string
			most  int
		}{{p.Nodes, mermaidLabel}, {p.Clusters, mermaidTitle}} {
			want := strings.TrimSpace(strings.ReplaceAll(mermaidShown(middleCut(s, where.most)), "\u00a0", " "))
			if text := strings.Join(where.shown, "\n"); !strings.Contains(text, want) {
				t.Errorf("%s: %q is not in %.300q", name, want, text)
			}
		}
	}
}

func TestMermaidsLimitsAreKeptOrSaid(t *testing.T) {
	format, _ := Find("mermaid")
	theme, _ := themes.Load("light")
	build := func(nodes, wires int, line string) (*graph.Graph, *layout.Layout) {
		b := newBuilder("many", "", 100, 100)
		c := b.cluster(&graph.Cluster{ID: "c", Kind: graph.Host, Name: "c"}, 0, 0, 100, 100)
		var all []*graph.Node
		for i := range nodes {
			all = append(all, b.node(&graph.Node{ID: "n" + itoa(i), Class: graph.Nif, Kind: "veth", Name: "n" + itoa(i), Lines: []string{line}}, c, 0, 0, 100))
		}
		for i := range wires {
			b.wire(&graph.Edge{Kind: graph.Veth, From: all[i%nodes], To: all[(i+1)%nodes]}, false)
		}
		return b.g, b.l
	}
	for name, c := range map[string]struct {
		nodes, wires int
		line, want   string
	}{
		"as many wires as it draws": {20, 500, "", ""},
		"one more":                  {20, 501, "", "501 wires, and Mermaid draws 500 at most; show less with --detail minimal"},
		"too much text":             {800, 10, "192.0.2.1/24 fe80::42:acff:fe11:2/64", "characters, and Mermaid reads 50000 at most; show less with --detail minimal"},
	} {
		t.Run(name, func(t *testing.T) {
			g, l := build(c.nodes, c.wires, c.line)
			var out bytes.Buffer
			err := format.Write(&out, Input{Graph: g, Layout: l, Theme: theme})
			if c.want == "" {
				if err != nil || out.Len() > mermaidChars {
					t.Fatalf("%v, %d bytes", err, out.Len())
				}
				var got map[string]mermaidPicture
				inPage(t, &got, map[string]string{"x": out.String()}, mermaidScript, reader(t, "mermaid/dist/mermaid.min.js"))
				if got["x"].Error != "" || got["x"].Edges != c.wires {
					t.Errorf("%+v", got["x"])
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) || out.Len() > 0 {
				t.Errorf("error is %v after %d bytes", err, out.Len())
			}
		})
	}
}

// differing is a graph of a difference: something added, something removed, something changed.
func differing() (*graph.Graph, *layout.Layout) {
	b := newBuilder("edge-01", "1 added, 1 removed, 1 changed", 800, 420)
	host := b.cluster(&graph.Cluster{ID: "host", Netns: "host", Kind: graph.Host, Name: "edge-01", Change: graph.Changed}, 20, 20, 300, 300)
	come := b.cluster(&graph.Cluster{ID: "come", Netns: "come", Kind: graph.Container, Name: "newcomer", Change: graph.Added}, 420, 20, 300, 120)
	gone := b.cluster(&graph.Cluster{ID: "gone", Netns: "gone", Kind: graph.Container, Name: "leaver", Change: graph.Removed}, 420, 200, 300, 120)
	mark := func(n *graph.Node, c graph.Change) *graph.Node { n.Change = c; return n }
	eth0 := b.node(mark(nif("host-eth0", "hardware", "eth0", "", graph.StateUp, "mtu 1500 → 9000"), graph.Changed), host, 40, 80, 240)
	v1 := b.node(mark(nif("host-v1", "veth", "v1", "veth", graph.StateUp), graph.Added), host, 40, 140, 240)
	v2 := b.node(mark(nif("host-v2", "veth", "v2", "veth", graph.StateUp), graph.Removed), host, 40, 200, 240)
	a := b.node(mark(nif("come-eth0", "veth", "eth0", "veth", graph.StateUp), graph.Added), come, 440, 80, 240)
	r := b.node(mark(nif("gone-eth0", "veth", "eth0", "veth", graph.StateUp), graph.Removed), gone, 440, 260, 240)
	b.wire(&graph.Edge{Kind: graph.Veth, From: v1, To: a, Change: graph.Added}, true, 280, 150, 440, 90)
	b.wire(&graph.Edge{Kind: graph.Veth, From: v2, To: r, Change: graph.Removed}, true, 280, 210, 440, 270)
	b.wire(&graph.Edge{Kind: graph.Vlan, From: v1, To: eth0, Change: graph.Changed}, false, 40, 150, 30, 150, 30, 90, 40, 90)
	return b.g, b.l
}

func TestMermaidTellsDifferencesByMoreThanColour(t *testing.T) {
	g, l := differing()
	doc := writeGraph(t, "mermaid", "light", g, l, Options{})
	for _, want := range []string{
		`c_come["<b>#43; newcomer</b>"]`, `c_gone["<b>#8722; leaver</b>"]`, `n_host_v1["#43;#160;<b>`, `n_host_eth0["#126;#160;<b>`, `o--o|"#43;"| `, "classDef removed fill:#ffffff,stroke:#b02a23",
		",stroke-dasharray:6 4", "linkStyle 0 stroke:",
	} {
		if !strings.Contains(doc, want) {
			t.Errorf("%s is not in\n%s", want, doc)
		}
	}
}

func FuzzMermaidText(f *testing.F) {
	for _, s := range hostileNames {
		if len(s) < 1000 {
			f.Add(s)
		}
	}
	format, _ := Find("mermaid")
	theme, _ := themes.Load("light")
	f.Fuzz(func(t *testing.T, s string) {
		out := mermaidText(plain(s))
		if strings.ContainsAny(out, "\"<>&`\\{}[]|%$@*_~=!?'^\n") {
			t.Fatalf("%q becomes %q", s, out)
		}
		g, l := hostile(s)
		if err := format.Write(io.Discard, Input{Graph: g, Layout: l, Theme: theme}); err != nil {
			t.Fatal(err)
		}
	})
}
