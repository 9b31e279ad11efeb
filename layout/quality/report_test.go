package quality

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/layout"
)

// scene is a hand-made layout of n cards in a row, 300 pixels apart, each with two rows:
//
//	card i: (20+300i, 20) 200×130; header 42; rows a and b at y 70 and 110, 24 high, 20 from the sides.
type scene struct {
	*layout.Layout
}

func newScene(n int) scene {
	g := &graph.Graph{}
	l := &layout.Layout{Graph: g, W: 300*float64(n) + 40, H: 300}
	for i := range n {
		id := string(rune('a' + i))
		c := &graph.Cluster{ID: "c" + id, Name: id, Count: 1}
		x := 20 + 300*float64(i)
		l.Clusters = append(l.Clusters, layout.ClusterBox{Cluster: c, Rect: layout.Rect{X: x, Y: 20, W: 200, H: 130}, Header: layout.HeaderHeight})
		for k, row := range []string{"0", "1"} {
			node := &graph.Node{ID: "n" + id + row, Class: graph.Nif, Name: row, Cluster: c}
			c.Nodes = append(c.Nodes, node)
			l.Nodes = append(l.Nodes, layout.NodeBox{Node: node, Rect: layout.Rect{X: x + 20, Y: 70 + 40*float64(k), W: 160, H: 25}})
		}
		g.Clusters = append(g.Clusters, c)
	}
	return scene{l}
}

// row finds a row by card and number.
func (s scene) row(card, row int) *graph.Node { return s.Clusters[card].Cluster.Nodes[row] }

// wire adds an edge along a polyline.
func (s scene) wire(kind graph.EdgeKind, from, to *graph.Node, points ...layout.Point) *layout.Wire {
	e := &graph.Edge{ID: "e" + string(rune('a'+len(s.Wires))), Kind: kind, From: from, To: to, Count: 1}
	s.Graph.Edges = append(s.Graph.Edges, e)
	s.Wires = append(s.Wires, layout.Wire{Edge: e, Points: points})
	return &s.Wires[len(s.Wires)-1]
}

func at(x, y float64) layout.Point { return layout.Point{X: x, Y: y} }

func TestACleanLayoutHasNoFaults(t *testing.T) {
	s := newScene(2)
	s.wire(graph.Veth, s.row(0, 0), s.row(1, 0), at(200, 82), at(340, 82))
	s.wire(graph.Veth, s.row(0, 1), s.row(1, 1), at(200, 122), at(270, 122), at(270, 130), at(340, 130))
	r := Measure(s.Layout)
	assert.Zero(t, r.Faults(), "%s", r)
	assert.Zero(t, r.Crossings)
	assert.InDelta(t, 140+148, r.Length, 1e-9)
	assert.InDelta(t, 2, r.Bends, 1e-9)
	assert.Equal(t, 640.0*300, r.Area)
	assert.InDelta(t, 640.0/300, r.Aspect, 1e-9)
	assert.Equal(t, [3]int{2, 4, 2}, [3]int{r.Clusters, r.Nodes, r.Wires})
}

func TestOneFaultIsCountedOnce(t *testing.T) {
	for name, tc := range map[string]struct {
		spoil func(s scene)
		want  Report
	}{
		"a card moved onto another is one fault": {
			spoil: func(s scene) { s.Clusters[1].Rect.X = 219 }, want: Report{Overlaps: 1, Spilled: 2}, // its rows stay behind
		},
		"cards that touch do not overlap": {
			spoil: func(s scene) { s.Clusters[1].Rect.X, s.Clusters[1].Rect.W = 220, 300 }, want: Report{},
		},
		"a row on another": {
			spoil: func(s scene) { s.Nodes[1].Rect.Y = 90 }, want: Report{Overlaps: 1},
		},
		"a row in the header": {
			spoil: func(s scene) { s.Nodes[0].Rect.Y = 40 }, want: Report{Overlaps: 1},
		},
		"a row that sticks out of its card": {
			spoil: func(s scene) { s.Nodes[0].Rect.X = 10 }, want: Report{Spilled: 1},
		},
		"a card that sticks out of the drawing": {
			spoil: func(s scene) { s.H = 149 }, want: Report{Spilled: 3},
		},
		"a row too low for its text": {
			spoil: func(s scene) { s.Nodes[0].Rect.H = 12 }, want: Report{Clipped: 1},
		},
		"text that had to be shortened": {
			spoil: func(s scene) { s.row(0, 0).Name = "a-name-that-is-far-too-long-for-its-row" }, want: Report{Truncated: 1},
		},
		"a card without a place": {
			spoil: func(s scene) { s.Graph.Clusters = append(s.Graph.Clusters, &graph.Cluster{}) }, want: Report{Missing: 1},
		},
		"a wire of no edge of the graph": {
			spoil: func(s scene) {
				s.wire(graph.Veth, s.row(0, 0), s.row(1, 0), at(200, 82), at(340, 82))
				s.Graph.Edges = nil
			}, want: Report{Missing: 1},
		},
		"a wire that ends in the void": {
			spoil: func(s scene) { s.wire(graph.Veth, s.row(0, 0), s.row(1, 0), at(200, 82), at(310, 82)) },
			want:  Report{Loose: 1},
		},
		"a wire through the other row of its own card": {
			spoil: func(s scene) {
				s.wire(graph.Veth, s.row(0, 0), s.row(1, 0), at(100, 95), at(100, 160), at(290, 160), at(290, 82), at(340, 82))
			}, want: Report{Through: 1},
		},
		"a wire through its own card's header": {
			spoil: func(s scene) {
				s.wire(graph.Veth, s.row(0, 0), s.row(1, 0), at(100, 70), at(100, 10), at(290, 10), at(290, 82), at(340, 82))
			}, want: Report{Through: 1},
		},
		"a wire across its own row": {
			spoil: func(s scene) { s.wire(graph.Veth, s.row(0, 0), s.row(1, 0), at(40, 82), at(340, 82)) },
			want:  Report{ThroughOwn: 1},
		},
		"a wire through a foreign card is one fault beside those of its rows": {
			spoil: func(s scene) { s.wire(graph.Veth, s.row(0, 0), s.row(2, 0), at(200, 82), at(640, 82)) },
			want:  Report{Through: 2}, // the card and its row
		},
		"a wire between the rows of a foreign card": {
			spoil: func(s scene) {
				s.wire(graph.Veth, s.row(0, 0), s.row(2, 0), at(200, 82), at(230, 102), at(610, 102), at(640, 82))
			},
			want: Report{Through: 1},
		},
		"a label under another wire": {
			spoil: func(s scene) {
				s.wire(graph.Veth, s.row(0, 0), s.row(1, 0), at(200, 82), at(340, 82))
				w := s.wire(graph.Veth, s.row(0, 1), s.row(1, 1), at(200, 122), at(340, 122))
				w.Edge.Label, w.LabelAt = "label", &layout.Point{X: 270, Y: 84}
			}, want: Report{LabelsCovered: 1},
		},
		"a label beside its own wire": {
			spoil: func(s scene) {
				w := s.wire(graph.Veth, s.row(0, 1), s.row(1, 1), at(200, 122), at(340, 122))
				w.Edge.Label, w.LabelAt = "label", &layout.Point{X: 270, Y: 114}
			}, want: Report{},
		},
		"a label on the line that its wire shares": {
			spoil: func(s scene) {
				s.wire(graph.Forward, s.row(0, 0), s.row(1, 0), at(200, 77), at(210, 77), at(210, 82), at(340, 82)).Bundle = 1
				w := s.wire(graph.Forward, s.row(0, 1), s.row(1, 0), at(200, 122), at(210, 122), at(210, 82), at(340, 82))
				w.Bundle, w.Texts, w.ToAt = 1, &layout.Texts{To: "label"}, &layout.Point{X: 270, Y: 82}
			}, want: Report{},
		},
		"a label under another line of its bundle": {
			spoil: func(s scene) {
				s.wire(graph.Forward, s.row(0, 0), s.row(1, 1), at(200, 82), at(270, 82), at(270, 122), at(340, 122)).Bundle = 1
				w := s.wire(graph.Forward, s.row(0, 0), s.row(1, 0), at(200, 82), at(340, 82))
				w.Bundle, w.Texts, w.ToAt = 1, &layout.Texts{To: "label"}, &layout.Point{X: 270, Y: 82}
			}, want: Report{LabelsCovered: 1},
		},
		"a label without a place": {
			spoil: func(s scene) {
				w := s.wire(graph.Veth, s.row(0, 1), s.row(1, 1), at(200, 122), at(340, 122))
				w.Edge.ToLabel = "to"
			}, want: Report{LabelsCovered: 1},
		},
		"a label on a row": {
			spoil: func(s scene) {
				w := s.wire(graph.Veth, s.row(0, 1), s.row(1, 1), at(200, 122), at(340, 122))
				w.Edge.FromLabel, w.FromAt = "from", &layout.Point{X: 190, Y: 122}
			}, want: Report{LabelsCovered: 1},
		},
		"a number that is none": {
			spoil: func(s scene) { s.Nodes[0].Rect.X = math.NaN() }, want: Report{Spilled: 1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(3)
			tc.spoil(s)
			got := Measure(s.Layout)
			got.Clusters, got.Nodes, got.Wires, got.Bends, got.Length, got.Area, got.Aspect = 0, 0, 0, 0, 0, 0, 0
			assert.Equal(t, tc.want, got)
		})
	}
}

func TestGroupsHoldTheirOwnAndNothingElse(t *testing.T) {
	s := newScene(2)
	outer := &graph.Group{ID: "o", Name: "outer"}
	inner := &graph.Group{ID: "i", Name: "inner", Parent: outer}
	s.Graph.Groups = []*graph.Group{outer, inner}
	s.Clusters[0].Cluster.Group = inner
	for i := range s.Clusters {
		s.Clusters[i].Rect.Y += 100
	}
	for i := range s.Nodes {
		s.Nodes[i].Rect.Y += 100
	}
	s.Groups = []layout.GroupBox{
		{Group: outer, Rect: layout.Rect{X: 2, Y: 30, W: 240, H: 260}},
		{Group: inner, Rect: layout.Rect{X: 10, Y: 70, W: 220, H: 200}},
	}
	assert.Zero(t, Measure(s.Layout).Faults())

	s.Groups[0].Rect.W = 400 // over the stranger
	assert.Equal(t, 1, Measure(s.Layout).Overlaps)
	s.Groups[0].Rect.W = 240
	s.Groups[1].Rect.Y = 50 // into the header of the outer group, on its name
	r := Measure(s.Layout)
	assert.Equal(t, 1, r.Spilled)
	s.Groups[1].Rect.Y = 70
	s.Groups[1].Rect.W = 50 // too narrow for the card
	assert.Equal(t, 1, Measure(s.Layout).Spilled)
}

func TestCrossings(t *testing.T) {
	for name, tc := range map[string]struct {
		build                 func(s scene)
		crossings, coincident int
	}{
		"a plain cross": {func(s scene) {
			s.wire(graph.Veth, s.row(0, 0), s.row(1, 1), at(200, 82), at(340, 122))
			s.wire(graph.Veth, s.row(0, 1), s.row(1, 0), at(200, 122), at(340, 82))
		}, 1, 0},
		"a wire that weaves through another": {func(s scene) {
			s.wire(graph.Veth, s.row(0, 0), s.row(1, 0), at(200, 100), at(340, 100))
			s.wire(graph.Veth, s.row(0, 1), s.row(1, 1), at(200, 122), at(230, 90), at(280, 90), at(340, 122))
		}, 2, 0},
		"a corner on another wire": {func(s scene) {
			s.wire(graph.Veth, s.row(0, 0), s.row(1, 0), at(200, 100), at(340, 100))
			s.wire(graph.Veth, s.row(0, 1), s.row(1, 1), at(200, 122), at(270, 100), at(340, 122))
		}, 1, 0},
		"two wires on one line": {func(s scene) {
			s.wire(graph.Veth, s.row(0, 0), s.row(1, 0), at(200, 82), at(270, 82), at(270, 150), at(340, 150))
			s.wire(graph.Veth, s.row(0, 1), s.row(1, 1), at(200, 122), at(271, 122), at(271, 160), at(340, 160))
		}, 2, 1},
		"lanes beside each other": {func(s scene) {
			s.wire(graph.Veth, s.row(0, 0), s.row(1, 0), at(200, 82), at(270, 82), at(270, 160), at(340, 160))
			s.wire(graph.Veth, s.row(0, 1), s.row(1, 1), at(200, 92), at(264, 92), at(264, 166), at(340, 166))
		}, 0, 0},
		"a bundle": {func(s scene) {
			s.wire(graph.Bridge, s.row(0, 0), s.row(1, 0), at(200, 82), at(270, 82), at(270, 160), at(340, 160))
			s.wire(graph.Bridge, s.row(0, 0), s.row(1, 1), at(200, 82), at(270, 82), at(270, 180), at(340, 180))
		}, 0, 0},
		"a line of several wires crosses once": {func(s scene) {
			for i, y := range []float64{72, 82, 92} {
				s.wire(graph.Forward, s.row(0, 0), s.row(1, i%2), at(200, y), at(210, y), at(210, 82), at(340, 82)).Bundle = 1
			}
			s.wire(graph.Veth, s.row(0, 1), s.row(1, 1), at(200, 122), at(270, 122), at(270, 60), at(340, 60))
		}, 1, 0},
		"lines of one bundle that cross": {func(s scene) {
			s.wire(graph.Forward, s.row(0, 0), s.row(1, 1), at(200, 82), at(270, 82), at(270, 122), at(340, 122)).Bundle = 1
			s.wire(graph.Forward, s.row(0, 1), s.row(1, 0), at(200, 102), at(340, 102)).Bundle = 1
		}, 1, 0},
		"wires of different bundles on one line": {func(s scene) {
			s.wire(graph.Forward, s.row(0, 0), s.row(1, 0), at(200, 82), at(340, 82)).Bundle = 1
			s.wire(graph.Forward, s.row(0, 1), s.row(1, 1), at(200, 82.5), at(340, 82.5)).Bundle = 2
		}, 0, 1},
		"two kinds of wire from the same spot": {func(s scene) {
			s.wire(graph.Vlan, s.row(0, 0), s.row(1, 0), at(200, 82), at(340, 50))
			s.wire(graph.Macvlan, s.row(0, 0), s.row(1, 1), at(200, 82), at(340, 122))
		}, 0, 0},
		"curves": {func(s scene) {
			s.wire(graph.Veth, s.row(0, 0), s.row(1, 1), at(200, 82), at(270, 82), at(270, 122), at(340, 122)).Curve = true
			s.wire(graph.Veth, s.row(0, 1), s.row(1, 0), at(200, 122), at(270, 122), at(270, 82), at(340, 82)).Curve = true
		}, 1, 0},
		"curves that slide along each other": {func(s scene) {
			s.wire(graph.Veth, s.row(0, 0), s.row(1, 1), at(200, 82), at(270, 82), at(270, 122), at(340, 122)).Curve = true
			s.wire(graph.Veth, s.row(0, 1), s.row(1, 0), at(200, 83), at(270, 83), at(270, 123), at(340, 123)).Curve = true
		}, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(2)
			tc.build(s)
			r := Measure(s.Layout)
			assert.Equal(t, tc.crossings, r.Crossings, "crossings")
			assert.Equal(t, tc.coincident, r.Coincident, "coincident")
		})
	}
}

func TestWhatABundleDrawsAlikeIsMeasuredOnce(t *testing.T) {
	s := newScene(2)
	for _, y := range []float64{72, 82} {
		s.wire(graph.Forward, s.row(0, 0), s.row(1, 0), at(200, y), at(210, y), at(210, 92), at(340, 92)).Bundle = 1
	}
	r := Measure(s.Layout)
	assert.InDelta(t, 10+20+10+10+130, r.Length, 1e-9)
	assert.InDelta(t, 3, r.Bends, 1e-9) // of both onto the spine, of one off it
	for i := range s.Wires {
		s.Wires[i].Bundle = i + 1
	}
	r = Measure(s.Layout)
	assert.InDelta(t, 10+20+130+10+10+130, r.Length, 1e-9)
	assert.InDelta(t, 4, r.Bends, 1e-9)
}

func TestACurveCountsByHowFarItTurns(t *testing.T) {
	s := newScene(2)
	s.wire(graph.Veth, s.row(0, 0), s.row(1, 1), at(0, 0), at(100, 0), at(100, 100), at(200, 100)).Curve = true
	r := Measure(s.Layout)
	assert.InDelta(t, 1, r.Bends, 0.1) // half a quarter down and back
	assert.InDelta(t, 232, r.Length, 2)
}

func TestMoved(t *testing.T) {
	a, b := newScene(2), newScene(3)
	assert.Zero(t, Moved(a.Layout, b.Layout))
	b.Clusters[1].Rect.X += 30
	b.Clusters[1].Rect.Y += 40
	want := 50.0 / 2 / math.Hypot(a.W, a.H)
	assert.InDelta(t, want, Moved(a.Layout, b.Layout), 1e-12)
	assert.Zero(t, Moved(&layout.Layout{}, b.Layout))
}

func TestWithoutTakesTheFarEndsAlong(t *testing.T) {
	s := newScene(3)
	s.wire(graph.Veth, s.row(0, 0), s.row(2, 0))
	s.wire(graph.Bridge, s.row(0, 0), s.row(0, 1))
	s.wire(graph.Macvlan, s.row(1, 0), s.row(0, 1))
	g := Without(s.Graph, "cc")
	require.Len(t, g.Clusters, 2)
	require.Len(t, g.Clusters[0].Nodes, 1)
	assert.Equal(t, "na1", g.Clusters[0].Nodes[0].ID)
	assert.Len(t, g.Clusters[1].Nodes, 2)
	require.Len(t, g.Edges, 1)
	assert.Equal(t, graph.Macvlan, g.Edges[0].Kind)
	assert.Same(t, g.Clusters[0].Nodes[0], g.Edges[0].To)
	assert.Same(t, g.Clusters[0], g.Edges[0].To.Cluster)
	assert.Len(t, s.Graph.Clusters[0].Nodes, 2, "the original stays")
	assert.Len(t, s.Graph.Edges, 3)
}

// comb is one host whose n-1 wires run in lanes below all cards, six pixels apart. Nested, the
// lane of a nearer card is higher and no wires cross; otherwise each crosses every other.
func comb(n int, nested bool) scene {
	s := newScene(n)
	s.H = 300 + 6*float64(n)
	for i := 1; i < n; i++ {
		x, lane := 300*float64(i), 160+6*float64(i)
		if !nested {
			lane = 160 + 6*float64(n-i)
		}
		s.wire(graph.Veth, s.row(0, 0), s.row(i, 0), at(200, 82), at(210, 82), at(210, lane), at(x+10, lane), at(x+10, 82), at(x+40, 82))
	}
	return s
}

func TestAThousandNamespacesAreMeasured(t *testing.T) {
	r := Measure(comb(1000, true).Layout)
	assert.Equal(t, 999, r.Wires)
	assert.Equal(t, 0, r.Overlaps+r.Through+r.Coincident)
	assert.Equal(t, 0, r.Crossings)
	assert.Equal(t, 199*198/2, Measure(comb(200, false).Layout).Crossings)
}

func BenchmarkMeasure(b *testing.B) {
	s := comb(1000, true)
	for b.Loop() {
		Measure(s.Layout)
	}
}
