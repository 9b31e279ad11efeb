package render

import (
	"context"
	"io"
	"testing"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/layout"
	_ "github.com/hostwire/hostwire/layout/wiring"
	"github.com/hostwire/hostwire/snapshot/synthetic"
	"github.com/hostwire/hostwire/themes"
)

// madeUp lays out a made-up host.
func madeUp(t testing.TB, spec string) (*graph.Graph, *layout.Layout) {
	t.Helper()
	d, err := synthetic.Discover(spec)
	if err != nil {
		t.Fatal(err)
	}
	g, err := graph.Project(d, graph.Options{})
	if err != nil {
		t.Fatal(err)
	}
	wiring, ok := layout.Find("wiring")
	if !ok {
		t.Fatal("no engine wiring")
	}
	l, err := wiring.New().Layout(context.Background(), g, layout.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return g, l
}

func TestThreeHundredNamespacesAreLessThanAMegabyteOfSVG(t *testing.T) {
	for _, spec := range []string{"bridge:4 tenant:299 port:20", "bridge:4 tenant:299 port:20 ipv6"} {
		g, l := madeUp(t, spec)
		doc := writeGraph(t, "svg", "auto", g, l, Options{})
		t.Logf("%s: %d bytes", spec, len(doc))
		if len(g.Clusters) != 300 || len(doc) >= 1_000_000 {
			t.Errorf("%s: %d clusters take %d bytes", spec, len(g.Clusters), len(doc))
		}
		checkSVG(t, []byte(doc))
	}
}

func TestInABrowserMadeUpHostsFit(t *testing.T) {
	g, l := madeUp(t, "bridge:2 tenant:5 vxlan:1 macvlan:2 vlan:2 bond:1 tap:1 router:2 port:4 pod:1 compose:1 lone:1 ipv6")
	m := inBrowser(t, writeGraph(t, "svg", "auto", g, l, Options{}))
	if m.Texts < 100 || len(m.Outside) > 0 || len(m.Overlaps) > 0 {
		t.Errorf("of %d texts %q leave their box, %q overlap", m.Texts, m.Outside, m.Overlaps)
	}
}

func BenchmarkFormats(b *testing.B) {
	for name, spec := range map[string]string{"300": "bridge:4 tenant:299 port:20", "1000": "bridge:8 tenant:999 port:50"} {
		g, l := madeUp(b, spec)
		for _, f := range Formats() {
			if f.Name == "mermaid" {
				continue // which refuses pictures of these sizes.
			}
			theme, err := themes.Load(f.DefaultTheme)
			if err != nil {
				b.Fatal(err)
			}
			b.Run(f.Name+"/"+name, func(b *testing.B) {
				for b.Loop() {
					if err := f.Write(io.Discard, Input{Graph: g, Layout: l, Theme: theme}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
