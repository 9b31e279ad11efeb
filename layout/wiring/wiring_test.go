package wiring

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/layout"
	"github.com/hostwire/hostwire/layout/quality"
	"github.com/hostwire/hostwire/snapshot/synthetic"
)

func lay(t *testing.T, g *graph.Graph) *layout.Layout {
	t.Helper()
	l, err := engine{}.Layout(context.Background(), g, layout.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func project(t testing.TB, spec string, detail graph.Detail) *graph.Graph {
	t.Helper()
	d, err := synthetic.Discover(spec)
	if err != nil {
		t.Fatal(err)
	}
	g, err := graph.Project(d, graph.Options{Detail: detail})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

var specs = []string{
	"host",
	"tenant:3",
	"tenant:10",
	"lone:20",
	"router:12",
	"router:40 tenant:5",
	"macvlan:40 lone:40",
	"bridge:2 tenant:4 port:2 macvlan:1 vxlan:1 compose:1 lone:2",
	"bridge:4 tenant:90 vxlan:2 port:10",
	"bridge:5 tenant:300",
	"bridge:8 tenant:25 compose:12 port:30 macvlan:6 pod:5 lone:9 vxlan:3 vlan:3 bond:1 tap:2 router:4",
	"compose:60 port:20 ipv6",
}

func TestSyntheticHostsAreDrawnWithoutFaults(t *testing.T) {
	for _, spec := range specs {
		for _, detail := range []graph.Detail{graph.Minimal, graph.Normal, graph.Full} {
			if q := quality.Measure(lay(t, project(t, spec, detail))); q.Faults() > 0 {
				t.Errorf("%s, detail %v: %v", spec, detail, q)
			}
		}
	}
}

func TestRandomGraphsAreDrawnWithoutFaults(t *testing.T) {
	for seed := range uint64(400) {
		l := lay(t, randomGraph(seed))
		q := quality.Measure(l)
		if q.Faults() > 0 {
			t.Errorf("seed %d: %v", seed, q)
		}
		checkWires(t, fmt.Sprint("seed ", seed), l)
	}
}

// checkWires insists on what quality leaves to taste: straight pieces along the axes only, ends on
// the left or right edge of rows, no piece twice.
func checkWires(t *testing.T, what string, l *layout.Layout) {
	t.Helper()
	at := map[*graph.Node]layout.Rect{}
	for _, n := range l.Nodes {
		at[n.Node] = n.Rect
	}
	onEdge := func(p layout.Point, r layout.Rect) bool {
		return (p.X == r.X || p.X == r.X+r.W) && p.Y > r.Y && p.Y < r.Y+r.H
	}
	for _, w := range l.Wires {
		if len(w.Points) < 2 {
			t.Errorf("%s: %s has no way", what, w.Edge.ID)
			continue
		}
		for i := 1; i < len(w.Points); i++ {
			a, b := w.Points[i-1], w.Points[i]
			if (a.X == b.X) == (a.Y == b.Y) {
				t.Errorf("%s: %s goes from %v to %v", what, w.Edge.ID, a, b)
			}
		}
		if first, last := w.Points[0], w.Points[len(w.Points)-1]; !onEdge(first, at[w.Edge.From]) || !onEdge(last, at[w.Edge.To]) {
			t.Errorf("%s: %s does not end at its rows' edges", what, w.Edge.ID)
		}
	}
}

func TestTheSameGraphHasTheSameLayout(t *testing.T) {
	for seed := range uint64(60) {
		a, b := lay(t, randomGraph(seed)), lay(t, randomGraph(seed))
		a.Graph, b.Graph = nil, nil
		if !reflect.DeepEqual(a, b) {
			t.Errorf("seed %d: two layouts", seed)
		}
	}
}

func TestTheOrderOfEdgesDoesNotMatter(t *testing.T) {
	for seed := range uint64(60) {
		g := randomGraph(seed)
		want := map[string][]layout.Point{}
		for _, w := range lay(t, g).Wires {
			want[w.Edge.ID] = w.Points
		}
		rand.New(rand.NewPCG(seed, 1)).Shuffle(len(g.Edges), func(i, j int) { g.Edges[i], g.Edges[j] = g.Edges[j], g.Edges[i] })
		for _, w := range lay(t, g).Wires {
			if !reflect.DeepEqual(w.Points, want[w.Edge.ID]) {
				t.Fatalf("seed %d: %s goes another way", seed, w.Edge.ID)
			}
		}
	}
}

func TestLayoutEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := (engine{}).Layout(ctx, project(t, "tenant:3", graph.Normal), layout.Options{}); err == nil {
		t.Error("no error")
	}
}
