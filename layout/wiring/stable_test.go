package wiring

import (
	"fmt"
	"testing"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/layout"
	"github.com/hostwire/hostwire/layout/quality"
)

// A tenant that goes leaves the others about where they were: on average, cards move by less than a
// thirtieth of the drawing's diagonal.
func TestCardsStayWhereTheyWere(t *testing.T) {
	for _, spec := range []string{"tenant:10", "bridge:3 tenant:50", "bridge:4 tenant:90 vxlan:2 port:10", "compose:100", "bridge:5 tenant:300"} {
		g := project(t, spec, graph.Normal)
		before := lay(t, g)
		sum, n := 0.0, 0
		for i, c := range g.Clusters {
			if c.Kind == graph.Host || i%(1+len(g.Clusters)/20) != 0 {
				continue
			}
			sum += quality.Moved(before, lay(t, quality.Without(g, c.ID)))
			n++
		}
		if mean := sum / float64(n); mean > 1.0/30 {
			t.Errorf("%s: cards move by %.3f of the diagonal", spec, mean)
		}
	}
}

// Small and large hosts alike are drawn in a format between 1:1.4 and 2.2:1.
func TestDrawingsHaveAPleasantFormat(t *testing.T) {
	for _, spec := range []string{
		"tenant:3", "tenant:10", "bridge:3 tenant:30 port:5", "tenant:100", "bridge:5 tenant:300",
		"compose:30", "compose:100", "macvlan:40 lone:40", "lone:100", "router:12", "router:100",
	} {
		l := lay(t, project(t, spec, graph.Normal))
		if format := l.W / l.H; format < 1/1.4 || format > 2.25 {
			t.Errorf("%s: %.0f by %.0f is %.2f:1", spec, l.W, l.H, format)
		}
	}
}

// Tenants on one or several bridges can be drawn without any crossing.
func TestTenantsOnBridgesDoNotCross(t *testing.T) {
	for _, n := range []int{1, 2, 5, 10, 33, 100, 300} {
		spec := fmt.Sprintf("bridge:%d tenant:%d", 1+n/30, n)
		if q := quality.Measure(lay(t, project(t, spec, graph.Normal))); q.Crossings > 0 {
			t.Errorf("%s: %d crossings", spec, q.Crossings)
		}
	}
}

// row 500 of a card is as good as any other.
func TestCardsWithManyRows(t *testing.T) {
	for _, wired := range []bool{false, true} {
		g := &graph.Graph{}
		host := &graph.Cluster{ID: "host", Kind: graph.Host, Name: "host", Count: 1}
		g.Clusters = append(g.Clusters, host)
		for i := range 500 {
			n := &graph.Node{ID: fmt.Sprint("host--nif", i), Class: graph.Nif, Kind: "veth", Name: fmt.Sprint("nif", i), Cluster: host}
			host.Nodes = append(host.Nodes, n)
			if !wired {
				continue
			}
			c := &graph.Cluster{ID: fmt.Sprint("netns", i), Kind: graph.Container, Name: fmt.Sprint("c", i), Count: 1}
			far := &graph.Node{ID: c.ID + "--eth0", Class: graph.Nif, Kind: "veth", Name: "eth0", Cluster: c}
			c.Nodes = append(c.Nodes, far)
			g.Clusters = append(g.Clusters, c)
			g.Edges = append(g.Edges, &graph.Edge{ID: fmt.Sprintf("wire%03d", i), Kind: graph.Veth, From: n, To: far, Count: 1})
		}
		var l *layout.Layout = lay(t, g)
		if q := quality.Measure(l); q.Faults() > 0 || q.Crossings > 0 {
			t.Errorf("wired %v: %v", wired, q)
		}
	}
}
