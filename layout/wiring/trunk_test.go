package wiring

import (
	"fmt"
	"slices"
	"testing"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/layout"
	"github.com/hostwire/hostwire/layout/quality"
)

// forwarding is a host with a veth pair to each of some containers, and with forwarded ports: each is
// the numbers of the containers that it leads to.
func forwarding(containers int, ports ...[]int) *graph.Graph {
	g := &graph.Graph{}
	host := &graph.Cluster{ID: "host", Kind: graph.Host, Name: "host", Count: 1}
	g.Clusters = append(g.Clusters, host)
	nif := func(c *graph.Cluster, name string) *graph.Node {
		n := &graph.Node{ID: c.ID + "--" + name, Class: graph.Nif, Kind: "veth", Name: name, Lines: []string{"10.0.0.1/24"}, Cluster: c}
		c.Nodes = append(c.Nodes, n)
		return n
	}
	var targets []*graph.Node
	for i := range containers {
		c := &graph.Cluster{ID: fmt.Sprintf("c%03d", i), Kind: graph.Container, Name: fmt.Sprint("c", i), Count: 1}
		g.Clusters = append(g.Clusters, c)
		targets = append(targets, nif(c, "eth0"))
		g.Edges = append(g.Edges, &graph.Edge{ID: fmt.Sprintf("veth%03d", i), Kind: graph.Veth, From: nif(host, fmt.Sprint("veth", i)), To: targets[i], Count: 1})
	}
	for i, leads := range ports {
		p := &graph.Node{ID: fmt.Sprint("host--port", i), Class: graph.Port, Name: fmt.Sprint("tcp 0.0.0.0:", 8000+i), Cluster: host}
		host.Nodes = append(host.Nodes, p)
		for _, to := range leads {
			g.Edges = append(g.Edges, &graph.Edge{
				ID: fmt.Sprintf("forward%03d-%03d", i, to), Kind: graph.Forward, From: p, To: targets[to], Directed: true, Count: 1,
				ToLabel: fmt.Sprint("tcp 10.0.0.1:", 80+i), Served: graph.Served{Protocol: "tcp", Ports: fmt.Sprint(80 + i)},
			})
		}
	}
	return g
}

func TestPortsAreBundledByWhereTheyLead(t *testing.T) {
	for name, tc := range map[string]struct {
		ports  [][]int
		groups [][]int // of ports.
		trunks int
	}{
		"a single port":                       {[][]int{{0}}, [][]int{{0}}, 1},
		"ports of one container":              {[][]int{{0}, {0}, {0}}, [][]int{{0, 1, 2}}, 1},
		"ports of different containers":       {[][]int{{0}, {1}, {0}}, [][]int{{0, 2}, {1}}, 2},
		"a set of containers, whatever order": {[][]int{{0, 1}, {1, 0}}, [][]int{{0, 1}}, 2},
		"a part of a set is another set":      {[][]int{{0, 1}, {0}, {1, 0}}, [][]int{{0, 2}, {1}}, 3},
		"the same container twice":            {[][]int{{0, 0}, {0}}, [][]int{{0, 1}}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			m := newModel(forwarding(3, tc.ports...))
			var groups [][]int
			trunks := 0
			seen := map[*bundle]bool{}
			for _, r := range m.cards[0].rows {
				b := r.bundle
				if b == nil || seen[b] {
					continue
				}
				seen[b] = true
				var group []int
				for _, p := range b.ports {
					group = append(group, p.index-3)
				}
				groups = append(groups, group)
				trunks += len(b.trunks)
			}
			if !slices.EqualFunc(groups, tc.groups, slices.Equal[[]int]) || trunks != tc.trunks {
				t.Errorf("bundles %v with %d trunks", groups, trunks)
			}
		})
	}
}

func TestOnlyForwardedPortsAreBundled(t *testing.T) {
	g := forwarding(2, []int{0}, []int{0})
	host := g.Clusters[0]
	g.Edges = append(g.Edges, &graph.Edge{ID: "odd", Kind: graph.Veth, From: host.Nodes[0], To: host.Nodes[2], Count: 1})
	for _, r := range newModel(g).cards[0].rows {
		if (r.bundle != nil) != (r.node == host.Nodes[3]) {
			t.Errorf("%s: bundled %v", r.node.ID, r.bundle != nil)
		}
	}
}

// The wires of a trunk end at the same spot, and all but the first pieces of their ways are the same.
func TestWiresOfATrunkRunTogether(t *testing.T) {
	for _, ports := range [][][]int{
		{{2}, {2}, {2}, {0}, {0}},
		{{0, 1, 2, 3, 4, 5, 6, 7}, {7, 6, 5, 4, 3, 2, 1, 0}}, // more trunks than ports.
		{{0, 1}, {0, 1}, {1}, {3, 4}, {4, 3}, {4, 3}, {5}},
	} {
		l := lay(t, forwarding(8, ports...))
		if q := quality.Measure(l); q.Faults() > 0 {
			t.Errorf("%v: %v", ports, q)
		}
		checkWires(t, fmt.Sprint(ports), l)
		type course struct {
			bundle int
			to     *graph.Node
		}
		last := map[course]*layout.Wire{}
		labels := map[course]int{}
		for i := range l.Wires {
			w := &l.Wires[i]
			if w.Edge.Kind != graph.Forward {
				if w.Bundle != 0 {
					t.Errorf("%s is in bundle %d", w.Edge.ID, w.Bundle)
				}
				continue
			}
			at := course{w.Bundle, w.Edge.To}
			labels[at] += len(w.Labels())
			if v := last[at]; v != nil {
				a, b := v.Points, w.Points
				if a[len(a)-1] != b[len(b)-1] || len(a) > 2 && len(b) > 2 && a[len(a)-2] != b[len(b)-2] {
					t.Errorf("%s and %s end apart", v.Edge.ID, w.Edge.ID)
				}
			}
			last[at] = w
		}
		for at, n := range labels {
			if n != 1 {
				t.Errorf("%d labels at a trunk to %s", n, at.to.ID)
			}
		}
	}
}

// Ports of a bundle stand one below the other, whatever their order in the graph.
func TestPortsOfABundleStandTogether(t *testing.T) {
	g := forwarding(4, []int{0}, []int{3}, []int{0}, []int{1}, []int{3}, []int{0})
	l := lay(t, g)
	at := map[*graph.Node]float64{}
	for _, n := range l.Nodes {
		at[n.Node] = n.Rect.Y
	}
	ports := slices.DeleteFunc(slices.Clone(g.Clusters[0].Nodes), func(n *graph.Node) bool { return n.Class != graph.Port })
	slices.SortFunc(ports, func(a, b *graph.Node) int { return int(at[a] - at[b]) })
	to := map[*graph.Node]*graph.Node{}
	for _, e := range g.Edges {
		to[e.From] = e.To
	}
	seen := map[*graph.Node]bool{}
	for i, p := range ports {
		if seen[to[p]] && to[ports[i-1]] != to[p] {
			t.Errorf("%s stands apart", p.Name)
		}
		seen[to[p]] = true
	}
}

// A port that leads to its own card has no trunk. Nor does its wire say again what the port says.
func TestWiresInsideACardDoNotRepeatTheirPort(t *testing.T) {
	for _, told := range []bool{true, false} {
		c := &graph.Cluster{ID: "web", Kind: graph.Container, Name: "web", Count: 1}
		lo := &graph.Node{ID: "web--lo", Class: graph.Nif, Kind: "loopback", Name: "lo", Cluster: c}
		port := &graph.Node{ID: "web--port", Class: graph.Port, Name: "udp 127.0.0.11:53", Tag: "→ 127.0.0.11:4000", Cluster: c}
		c.Nodes = []*graph.Node{lo, port}
		l := lay(t, &graph.Graph{Clusters: []*graph.Cluster{c}, Edges: []*graph.Edge{{
			ID: "forward", Kind: graph.Forward, From: port, To: lo, Directed: true, Count: 1,
			ToLabel: "udp 127.0.0.11:4000", Served: graph.Served{Protocol: "udp", Ports: "4000", Told: told},
		}}})
		if labels := l.Wires[0].Labels(); (len(labels) == 0) != told {
			t.Errorf("told %v: labels are %v", told, labels)
		}
	}
}
