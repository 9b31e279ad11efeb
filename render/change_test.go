package render

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/layout"
	"github.com/hostwire/hostwire/themes"
)

// changedExample has something of every sort that came, went and changed.
func changedExample() (*graph.Graph, *layout.Layout) {
	b := newBuilder("edge-01", "7 added, 8 removed, 3 changed", 1190, 470)
	with := func(c graph.Change, n *graph.Node) *graph.Node { n.Change = c; return n }
	host := b.cluster(&graph.Cluster{ID: "host", Netns: "host", Kind: graph.Host, Name: "edge-01", Detail: "host · Debian 12", Change: graph.Changed},
		150, 24, 480, 400, layout.Rect{X: 162, Y: 144, W: 456, H: 98})
	came := b.cluster(&graph.Cluster{ID: "came", Netns: "docker-came", Kind: graph.Container, Name: "came", Detail: "docker · nginx:1.27", Change: graph.Added}, 792, 24, 344, 110)
	gone := b.cluster(&graph.Cluster{ID: "gone", Netns: "docker-gone", Kind: graph.Container, Name: "gone", Detail: "docker · redis:7", Change: graph.Removed}, 792, 160, 344, 110)
	same := b.cluster(&graph.Cluster{ID: "same", Netns: "docker-same", Kind: graph.Container, Name: "same", Detail: "docker · shop/api:3"}, 792, 296, 344, 110)

	lan := b.node(with(graph.Removed, &graph.Node{ID: "outside-eth0", Class: graph.Outside, Kind: "outside", Name: "LAN", Lines: []string{"gw 192.0.2.1"}}), nil, 20, 66, 104)
	eth0 := b.node(with(graph.Changed, nif("host-eth0", "hardware", "eth0", "virtio_net", graph.StateUp, "mtu 1500 → 9000")), host, 170, 80, 200)
	br := b.node(nif("host-br", "bridge", "docker0", "bridge", graph.StateUp), host, 170, 152, 200)
	v1 := b.node(with(graph.Added, nif("host-v1", "veth", "veth-came", "port of docker0", graph.StateUp)), host, 400, 152, 210)
	v2 := b.node(with(graph.Removed, nif("host-v2", "veth", "veth-gone", "port of docker0", graph.StateUp)), host, 400, 184, 210)
	v3 := b.node(nif("host-v3", "veth", "veth-same", "port of docker0", graph.StateUp), host, 400, 216, 210)
	tap := b.node(with(graph.Removed, nif("host-tap9", "tun", "tap9", "tap", graph.StateDown)), host, 170, 262, 200)
	qemu := b.node(with(graph.Removed, &graph.Node{ID: "host-qemu", Class: graph.Proc, Kind: "process", Name: "qemu-system-x86", Tag: "pid 4711"}), host, 400, 262, 210)
	p1 := b.node(with(graph.Added, &graph.Node{ID: "p8081", Class: graph.Port, Kind: "port", Name: "tcp 0.0.0.0:8081", Tag: "→ came:80"}), host, 170, 312, 440)
	p2 := b.node(with(graph.Removed, &graph.Node{ID: "p9000", Class: graph.Port, Kind: "port", Name: "tcp 0.0.0.0:9000", Tag: "→ gone:80"}), host, 170, 346, 440)
	p3 := b.node(&graph.Node{ID: "p80", Class: graph.Port, Kind: "port", Name: "tcp 0.0.0.0:80", Tag: "→ same:80"}, host, 170, 380, 440)

	cameEth := b.node(with(graph.Added, nif("came-eth0", "veth", "eth0", "veth", graph.StateUp, "172.17.0.2/16")), came, 808, 74, 312)
	goneEth := b.node(with(graph.Removed, nif("gone-eth0", "veth", "eth0", "veth", graph.StateUp, "172.17.0.3/16")), gone, 808, 210, 312)
	sameEth := b.node(nif("same-eth0", "veth", "eth0", "veth", graph.StateUp, "172.17.0.4/16"), same, 808, 346, 312)

	b.wire(&graph.Edge{Kind: graph.Uplink, From: eth0, To: lan, Change: graph.Removed}, true, 170, 99, 124, 99)
	b.wire(&graph.Edge{Kind: graph.Bridge, From: v1, To: br, Change: graph.Added}, false, 400, 164, 370, 164)
	b.wire(&graph.Edge{Kind: graph.Bridge, From: v2, To: br, Change: graph.Removed}, false, 400, 196, 385, 196, 385, 164, 370, 164)
	b.wire(&graph.Edge{Kind: graph.Bridge, From: v3, To: br}, false, 400, 228, 385, 228, 385, 164, 370, 164)
	b.wire(&graph.Edge{Kind: graph.Veth, From: v1, To: cameEth, Change: graph.Added}, true, 610, 164, 670, 164, 670, 93, 808, 93)
	b.wire(&graph.Edge{Kind: graph.Veth, From: v2, To: goneEth, Change: graph.Removed}, true, 610, 196, 690, 196, 690, 229, 808, 229)
	b.wire(&graph.Edge{Kind: graph.Veth, From: v3, To: sameEth, Label: "was × 2", Change: graph.Changed}, true, 610, 228, 670, 228, 670, 365, 808, 365)
	b.wire(&graph.Edge{Kind: graph.Tuntap, From: tap, To: qemu, Change: graph.Removed}, false, 370, 274, 400, 274)
	b.wire(&graph.Edge{Kind: graph.Forward, From: p1, To: cameEth, Directed: true, Change: graph.Added}, false, 610, 324, 710, 324, 710, 114, 808, 114)
	b.wire(&graph.Edge{Kind: graph.Forward, From: p2, To: goneEth, Directed: true, Change: graph.Removed}, false, 610, 358, 730, 358, 730, 250, 808, 250)
	b.wire(&graph.Edge{Kind: graph.Forward, From: p3, To: sameEth, Directed: true, Change: graph.Changed}, false, 610, 392, 750, 392, 750, 386, 808, 386)
	return b.g, b.l
}

// uses lists the icons below an element.
func uses(e *element) []string {
	var out []string
	for _, u := range e.all() {
		if u.name == "use" {
			out = append(out, u.attrs["href"])
		}
	}
	return out
}

func loadTheme(t testing.TB, name string) *themes.Theme {
	t.Helper()
	th, err := themes.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return th
}

func has(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

func TestChangesAreToldBySignsInSVG(t *testing.T) {
	g, l := changedExample()
	root := parse(t, writeGraph(t, "svg", "auto", g, l, Options{}))
	want := map[string]graph.Change{}
	for _, c := range g.Clusters {
		want[c.ID] = c.Change
	}
	badges := map[string]bool{}
	for _, n := range g.AllNodes() {
		want[n.ID] = n.Change
		badges[n.ID] = n.Change != graph.Unchanged && !goesWithoutSaying(n)
	}
	seen, links := 0, 0
	for _, e := range root.all() {
		change, known := want[e.attrs["id"]]
		if known {
			seen++
			if got := e.attrs["data-change"]; got != string(change) {
				t.Errorf("%s: data-change is %q, want %q", e.attrs["id"], got, change)
			}
			if change != "" && (!e.class("change-"+string(change)) || !strings.Contains(e.title(), string(change))) {
				t.Errorf("%s does not tell that it is %s", e.attrs["id"], change)
			}
			if should, node := badges[e.attrs["id"]]; node && has(uses(e), "#hw-change-"+string(change)) != should {
				t.Errorf("%s: badge %v, want %v", e.attrs["id"], !should, should)
			}
			struck := 0
			for _, part := range e.all() {
				if part.class("strike") && part.parent == e {
					struck++
				}
			}
			if (struck > 0) != (change == graph.Removed) {
				t.Errorf("%s, %q: %d names struck", e.attrs["id"], change, struck)
			}
		}
		if e.class("link") && e.attrs["data-change"] != "" {
			links++
		}
	}
	if seen != len(want) || links != 10 {
		t.Errorf("%d things and %d wires that differ, want %d and 10", seen, links, len(want))
	}
}

func TestWiresThatCameAreWiderAndThoseThatWentDashed(t *testing.T) {
	svg := write(t, "svg", "light", Options{})
	if strings.Contains(svg, "change-") || strings.Contains(svg, "outline-") {
		t.Error("a picture without changes has marks of changes")
	}
	g, l := changedExample()
	svg = writeGraph(t, "svg", "light", g, l, Options{})
	for _, want := range []string{
		"\n.hostwire .wire-veth-added{", "stroke-width:3.5;stroke-dasharray:none}", "\n.hostwire .wire-veth-removed{", "stroke-width:1.25;stroke-dasharray:3 3.5}",
		"\n.hostwire .outline-added{", ">added</text>", ">removed</text>", ">changed</text>",
	} {
		if !strings.Contains(svg, want) {
			t.Errorf("no %s", want)
		}
	}
	if strings.Index(svg, ".wire-veth{") > strings.Index(svg, ".wire-veth-added{") {
		t.Error("the rule for all wires of a kind comes after those for what differs")
	}
}

func TestBadgesOnWiresKeepApart(t *testing.T) {
	g, l := changedExample()
	scene := Compose(Input{Graph: g, Layout: l, Theme: loadTheme(t, "light")})
	var at []layout.Point
	for _, item := range scene.Items {
		group, ok := item.(*Group)
		if !ok || !strings.HasPrefix(group.Class, "link") {
			continue
		}
		for _, item := range group.Items {
			if icon, ok := item.(*Icon); ok {
				p := layout.Point{X: icon.X + badgeRadius, Y: icon.Y + badgeRadius}
				for _, q := range at {
					if dist(p, q) < 2*badgeRadius {
						t.Errorf("badges at %v and %v overlap", p, q)
					}
				}
				at = append(at, p)
			}
		}
	}
	if len(at) < 8 {
		t.Errorf("%d wires have badges", len(at))
	}
}

func TestChangesAreToldInTextAndDOT(t *testing.T) {
	g, l := changedExample()
	text := writeGraph(t, "text", "mono", g, l, Options{})
	for _, want := range []string{"\n+ came  —", "\n− gone  —", "\n~ edge-01  —", "├─ ~ ▲ eth0", "├─ − ▲ veth-gone", "+ ↔ came:eth0  (veth)", "+ added   − removed   ~ changed"} {
		if !strings.Contains(text, want) {
			t.Errorf("text has no %q:\n%s", want, text)
		}
	}
	dot := writeGraph(t, "dot", "light", g, l, Options{})
	for _, want := range []string{"change-added", "change-removed", "change-changed", "<s>veth-gone</s>", "<s>gone</s>", `label="+"`, `label="−"`, `label="~ was × 2"`, "filled,rounded,dashed"} {
		if !strings.Contains(dot, want) {
			t.Errorf("DOT has no %q", want)
		}
	}
}

func TestChangesLookAsTheyDid(t *testing.T) {
	for file, format := range map[string][2]string{
		"changes.svg": {"svg", "auto"}, "changes.png": {"png", "light"}, "changes-mono.png": {"png", "mono"},
		"changes.dot": {"dot", "light"}, "changes.txt": {"text", "mono"}, "changes.pdf": {"pdf", "light"},
	} {
		t.Run(file, func(t *testing.T) {
			g, l := changedExample()
			got := []byte(writeGraph(t, format[0], format[1], g, l, Options{Scale: 1}))
			path := filepath.Join("testdata", file)
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !alike(t, format[0], got, want) {
				t.Errorf("%s differs; if that is meant, run go test ./render -update and look at it", path)
			}
		})
	}
}
