package graphviz

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/layout"
)

func TestBlocksAreMovedApart(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for name, place := range map[string]func(i int) (x, y float64){
		"all in one place":    func(int) (float64, float64) { return 0, 0 },
		"on one line":         func(i int) (float64, float64) { return float64(i), 0 },
		"anywhere":            func(int) (float64, float64) { return random.Float64() * 500, random.Float64() * 500 },
		"apart already":       func(i int) (float64, float64) { return 1000 * float64(i), 0 },
		"on a very thin line": func(i int) (float64, float64) { return 1e-9 * float64(i), 1e-9 * float64(i) },
	} {
		t.Run(name, func(t *testing.T) {
			var all []*block
			for i := range 60 {
				x, y := place(i)
				all = append(all, &block{x: x, y: y, w: 100 + float64(i), h: 50})
			}
			all[0].h = 3000 // the host
			require.NoError(t, separate(context.Background(), all, 40))
			for i, a := range all {
				for _, b := range all[:i] {
					grown := layout.Rect{X: a.x - 39, Y: a.y - 39, W: a.w + 78, H: a.h + 78}
					assert.False(t, overlaps(grown, layout.Rect{X: b.x, Y: b.y, W: b.w, H: b.h}))
				}
			}
		})
	}
}

func TestPackFillsColumns(t *testing.T) {
	var all []*block
	for range 9 {
		all = append(all, &block{w: 200, h: 200})
	}
	pack(all)
	xs, ys := map[float64]int{}, map[float64]int{}
	for _, b := range all {
		xs[b.x]++
		ys[b.y]++
	}
	assert.Equal(t, map[float64]int{0: 3, 232: 3, 464: 3}, xs)
	assert.Len(t, ys, 3)
	pack(nil)
}

func TestAStackedCardKeepsItsRowsInOrder(t *testing.T) {
	g := dockerHost(3, 2)
	host := g.Clusters[0]
	var inner []*graph.Edge
	for _, e := range g.Edges {
		if e.From.Cluster == host && e.To.Cluster == host {
			inner = append(inner, e)
		}
	}
	o := newOrder(g)
	s := stack(host, inner, &o)
	assert.Len(t, s.rows, len(host.Nodes))
	assert.Len(t, s.wires, len(inner))
	for i, n := range host.Nodes {
		r := s.rows[n]
		w, h := layout.NodeSize(n)
		assert.GreaterOrEqual(t, r.W, w, n.Name)
		assert.Equal(t, h, r.H, n.Name)
		assert.True(t, r.X >= layout.CardPad && r.X+r.W <= s.w-layout.CardPad && r.Y >= layout.HeaderHeight && r.Y+r.H <= s.h-layout.CardPad, n.Name)
		for _, other := range host.Nodes[:i] {
			assert.False(t, overlaps(r, s.rows[other]), "%s on %s", n.Name, other.Name)
			if s.rows[other].X == r.X {
				assert.Less(t, s.rows[other].Y, r.Y, "%s before %s", other.Name, n.Name)
			}
		}
		assert.True(t, s.left[n] != s.right[n], "%s is in one of two columns", n.Name)
	}
	for e, way := range s.wires {
		require.Len(t, way, 4)
		for k, n := range []*graph.Node{e.From, e.To} {
			p, r := way[3*k], s.rows[n]
			assert.True(t, p.Y > r.Y && p.Y < r.Y+r.H && (p.X == r.X || p.X == r.X+r.W), "%s ends at %s", e.ID, n.Name)
		}
	}
}

func TestACardWithoutInnerWiresHasOneColumn(t *testing.T) {
	g := chain(2)
	o := newOrder(g)
	s := stack(g.Clusters[1], nil, &o)
	for _, n := range g.Clusters[1].Nodes {
		assert.True(t, s.left[n] && s.right[n])
		assert.Equal(t, float64(layout.CardPad), s.rows[n].X)
	}
	empty := stack(&graph.Cluster{Name: "empty"}, nil, &o)
	assert.Equal(t, float64(layout.HeaderHeight+layout.CardPad), empty.h)
}

func TestLanesAreSharedByBundlesThatDoNotPass(t *testing.T) {
	b := builder{&graph.Graph{}}
	c := b.card("c", nil)
	var columns [2][]*graph.Node
	for range 8 {
		columns[1] = append(columns[1], b.row(c, "veth", "v"))
	}
	for range 3 {
		columns[0] = append(columns[0], b.row(c, "bridge", "b"))
	}
	first := &wireBundle{to: columns[0][0], edges: []*graph.Edge{{From: columns[1][0]}, {From: columns[1][1]}}}
	across := &wireBundle{to: columns[0][1], edges: []*graph.Edge{{From: columns[1][4]}}}
	last := &wireBundle{to: columns[0][2], edges: []*graph.Edge{{From: columns[1][7]}}}
	far := &wireBundle{to: columns[1][6], edges: []*graph.Edge{{From: columns[1][7]}}}
	l := newLanes([]*wireBundle{first, across, last, far}, columns)
	assert.Equal(t, 0, l.of[first])
	assert.NotEqual(t, l.of[first], l.of[across])
	assert.NotEqual(t, l.of[across], l.of[last])
	assert.NotEqual(t, l.of[far], l.of[last])
	assert.Equal(t, 3, l.count)
}
