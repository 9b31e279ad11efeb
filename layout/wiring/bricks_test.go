package wiring

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/layout/quality"
)

// Ports of very large hosts stand in two columns, and nothing crosses or runs through anything for it.
func TestPortsOfVeryLargeHostsStandLikeBricks(t *testing.T) {
	for _, spec := range []string{"bridge:17 tenant:1000", "bridge:1 tenant:1000", "bridge:90 tenant:900", "bridge:3 tenant:650 compose:20"} {
		l := lay(t, project(t, spec, graph.Normal))
		q := quality.Measure(l)
		if q.Faults() > 0 || q.Crossings > 0 {
			t.Errorf("%s: %v", spec, q)
		}
		if q.Aspect < 1/1.4 || q.Aspect > 2.2 {
			t.Errorf("%s: %.0f by %.0f is %.2f:1", spec, l.W, l.H, q.Aspect)
		}
		columns := map[float64]int{}
		for _, n := range l.Nodes {
			if n.Node.Cluster != nil && n.Node.Cluster.Kind == graph.Host {
				columns[n.Rect.X]++
			}
		}
		large := 0
		for _, n := range columns {
			if n > 100 {
				large++
			}
		}
		if large != 4 {
			t.Errorf("%s: rows in columns are %v", spec, columns)
		}
	}
}

// Bridges of a very large host may have ports of all sorts.
func TestPortsOfAllSortsOnVeryLargeHosts(t *testing.T) {
	for seed := range uint64(12) {
		r := rand.New(rand.NewPCG(seed, 8))
		g := &graph.Graph{}
		host := &graph.Cluster{ID: "host", Kind: graph.Host, Name: "host", Count: 1}
		g.Clusters = append(g.Clusters, host)
		nif := func(c *graph.Cluster, kind string) *graph.Node {
			n := &graph.Node{ID: fmt.Sprint(c.ID, "--", len(c.Nodes)), Class: graph.Nif, Kind: kind, Name: fmt.Sprint(kind, len(c.Nodes)), Cluster: c}
			c.Nodes = append(c.Nodes, n)
			return n
		}
		wire := func(kind graph.EdgeKind, from, to *graph.Node) {
			g.Edges = append(g.Edges, &graph.Edge{ID: fmt.Sprintf("wire%04d", len(g.Edges)), Kind: kind, From: from, To: to, Count: 1})
		}
		for len(host.Nodes) < 700 {
			bridge := nif(host, "bridge")
			if r.IntN(4) == 0 { // a wire of the bridge itself, above its ports.
				c := &graph.Cluster{ID: fmt.Sprint("netns", len(g.Clusters)), Kind: graph.Container, Name: "c", Count: 1}
				g.Clusters = append(g.Clusters, c)
				wire(graph.Macvlan, nif(c, "macvlan"), bridge)
			}
			sort := r.IntN(6)
			for range 1 + r.IntN(120) {
				port := nif(host, "veth")
				wire(graph.Bridge, port, bridge)
				odd := r.IntN(30) == 0
				wires := min(1, r.IntN(9))
				switch {
				case odd && sort == 0:
					port.Lines = []string{"192.0.2.1/24", "192.0.2.2/24"}
				case odd && sort == 1:
					wires = 2
				case odd && sort == 2:
					wires = 0
					wire(graph.Vlan, nif(host, "vlan"), port)
				}
				for range wires {
					c := &graph.Cluster{ID: fmt.Sprint("netns", len(g.Clusters)), Kind: graph.Container, Name: "c", Count: 1}
					g.Clusters = append(g.Clusters, c)
					wire(graph.Macvlan, nif(c, "macvlan"), port)
				}
			}
		}
		if q := quality.Measure(lay(t, g)); q.Faults() > 0 {
			t.Errorf("seed %d: %v", seed, q)
		}
	}
}
