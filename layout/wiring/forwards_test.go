package wiring

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/layout"
	"github.com/hostwire/hostwire/layout/quality"
)

// boxesOf are the places of the nodes of a layout.
func boxesOf(l *layout.Layout) map[*graph.Node]layout.Rect {
	at := map[*graph.Node]layout.Rect{}
	for _, n := range l.Nodes {
		at[n.Node] = n.Rect
	}
	return at
}

// A trunk ends on the near side of its card where it crosses nothing there, and goes around where that
// saves more than it costs. Containers that nothing is forwarded to are out of the way, at the top.
func TestTrunksTakeTheNearSideWhereItIsFree(t *testing.T) {
	for name, tc := range map[string]struct {
		containers int
		ports      [][]int
		order      []int // of containers from the top.
		around     []int // containers that are entered from the far side.
	}{
		"one container":                        {1, [][]int{{0}}, []int{0}, nil},
		"the last one":                         {3, [][]int{{2}, {2}}, []int{0, 1, 2}, nil},
		"the first one becomes the last":       {3, [][]int{{0}}, []int{1, 2, 0}, nil},
		"one in the middle becomes the last":   {3, [][]int{{1}, {1}}, []int{0, 2, 1}, nil},
		"of two, the upper one from around":    {3, [][]int{{0}, {1}}, []int{2, 0, 1}, []int{0}},
		"of two of one port the same":          {3, [][]int{{1, 2}, {2, 1}}, []int{0, 1, 2}, []int{1}},
		"all but the last one, if all of them": {3, [][]int{{0}, {1}, {2}}, []int{0, 1, 2}, []int{0, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			g := forwarding(tc.containers, tc.ports...)
			l := lay(t, g)
			if q := quality.Measure(l); q.Faults() > 0 || q.Crossings > 0 {
				t.Errorf("%v", q)
			}
			order := make([]int, tc.containers)
			for i := range order {
				order[i] = i
			}
			slices.SortFunc(order, func(a, b int) int { return int(l.Clusters[a+1].Rect.Y - l.Clusters[b+1].Rect.Y) })
			if !slices.Equal(order, tc.order) {
				t.Errorf("containers from the top: %v", order)
			}
			at := boxesOf(l)
			for _, w := range l.Wires {
				if w.Edge.Kind != graph.Forward {
					continue
				}
				target := slices.Index(g.Clusters, w.Edge.To.Cluster) - 1
				far := w.Points[len(w.Points)-1].X > at[w.Edge.To].X
				if far != slices.Contains(tc.around, target) {
					t.Errorf("container %d is entered from the far side: %v", target, far)
				}
			}
		})
	}
}

// An arrow ends below the plug of the container's own wire.
func TestTrunksEndBelowThePlug(t *testing.T) {
	plug, arrow := 0.0, 0.0
	for _, w := range lay(t, forwarding(1, []int{0}, []int{0})).Wires {
		last := w.Points[len(w.Points)-1]
		if w.Edge.Kind == graph.Forward {
			arrow = last.Y
		} else {
			plug = last.Y
		}
	}
	if arrow < plug+8 {
		t.Errorf("plug at %v, arrow at %v", plug, arrow)
	}
}

// Labels of trunks are off the edges of cards, and nearer to the arrow head than to the port.
func TestLabelsOfTrunksAreBesideTheCard(t *testing.T) {
	l := lay(t, forwarding(4, []int{0}, []int{1}, []int{1}, []int{2}, []int{3}, []int{3}))
	for _, w := range l.Wires {
		for _, label := range w.Labels() {
			if label.At == nil {
				t.Fatalf("%s has no place", label.Text)
			}
			r := quality.LabelRect(label.Text, *label.At)
			for _, c := range l.Clusters {
				for _, x := range []float64{c.Rect.X, c.Rect.X + c.Rect.W} {
					if x > r.X && x < r.X+r.W && r.Y < c.Rect.Y+c.Rect.H && r.Y+r.H > c.Rect.Y {
						t.Errorf("%s is on the edge of %s", label.Text, c.Cluster.Name)
					}
				}
			}
			first, last := w.Points[0], w.Points[len(w.Points)-1]
			if d := func(p layout.Point) float64 { return abs1(p.X-label.At.X) + abs1(p.Y-label.At.Y) }; d(last) > d(first) {
				t.Errorf("%s is nearer to %s", label.Text, w.Edge.From.Name)
			}
		}
	}
}

func abs1(x float64) float64 { return max(x, -x) }

// Many ports to many containers, two each, in many different sets.
func TestManyForwardedPorts(t *testing.T) {
	for _, n := range []int{5, 20, 60} {
		var ports [][]int
		for i := range 3 * n {
			ports = append(ports, []int{i % n, (i + i/n) % n})
		}
		q := quality.Measure(lay(t, forwarding(n, ports...)))
		if q.Faults() > 0 {
			t.Error(fmt.Sprint(n, " containers: ", q))
		}
	}
}

// Whatever ports lead wherever, on hosts large enough to have containers on both sides too.
func TestRandomForwardsAreDrawnWithoutFaults(t *testing.T) {
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 3))
		containers := 1 + r.IntN(12)
		if r.IntN(4) == 0 {
			containers = 1 + r.IntN(90)
		}
		var ports [][]int
		for range r.IntN(40) {
			var leads []int
			for range 1 + r.IntN(4)*r.IntN(3) {
				leads = append(leads, r.IntN(min(containers, 1+r.IntN(containers))))
			}
			ports = append(ports, leads)
			if r.IntN(2) == 0 {
				ports = append(ports, leads)
			}
		}
		g := forwarding(containers, ports...)
		for i := range r.IntN(3) {
			group := &graph.Group{ID: fmt.Sprint("group", i), Kind: "compose", Name: fmt.Sprint("group", i)}
			for _, c := range g.Clusters[1:] {
				if c.Group == nil && r.IntN(3) == 0 {
					c.Group = group
				}
			}
			if slices.ContainsFunc(g.Clusters, func(c *graph.Cluster) bool { return c.Group == group }) {
				g.Groups = append(g.Groups, group)
			}
		}
		l := lay(t, g)
		if q := quality.Measure(l); q.Faults() > 0 {
			t.Errorf("seed %d: %v", seed, q)
		}
		checkWires(t, fmt.Sprint("seed ", seed), l)
	}
}
