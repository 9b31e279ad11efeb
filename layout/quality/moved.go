package quality

import (
	"maps"
	"math"
	"slices"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/layout"
)

// Moved says how far the cards and the free nodes that both layouts have, told by their IDs, went
// from a to b: Way as a share of a's diagonal.
func Moved(a, b *layout.Layout) float64 {
	diagonal := math.Hypot(a.W, a.H)
	if diagonal == 0 {
		return 0
	}
	return Way(a, b) / diagonal
}

// Way is the mean way in pixels of the top left corners of the cards and the free nodes that both
// layouts have, from a to b. 0 means that nothing moved; it is 0 too where the layouts have nothing
// in common.
func Way(a, b *layout.Layout) float64 {
	before, after := a.Places(), b.Places()
	var ways []float64
	for _, id := range slices.Sorted(maps.Keys(before)) { // so that the sum is the same each time.
		if q, ok := after[id]; ok {
			p := before[id]
			ways = append(ways, math.Hypot(p.X-q.X, p.Y-q.Y))
		}
	}
	if len(ways) == 0 {
		return 0
	}
	sum := 0.0
	for _, w := range ways {
		sum += w
	}
	return sum / float64(len(ways))
}

// Without is the graph as it would be with one namespace gone, told by its cluster's ID: without
// its card, without the far ends of its veth pairs, which vanish with it, and without the wires of
// either. The graph itself stays as it is; the new one shares no cluster, node or edge with it.
func Without(g *graph.Graph, clusterID string) *graph.Graph {
	gone := map[*graph.Node]bool{}
	for _, c := range g.Clusters {
		if c.ID == clusterID {
			for _, n := range c.Nodes {
				gone[n] = true
			}
		}
	}
	for _, e := range g.Edges {
		if e.Kind == graph.Veth && e.From != nil && e.To != nil {
			switch in := func(n *graph.Node) bool { return n.Cluster != nil && n.Cluster.ID == clusterID }; {
			case in(e.From):
				gone[e.To] = true
			case in(e.To):
				gone[e.From] = true
			}
		}
	}
	out := *g
	out.Clusters, out.Free, out.Edges = nil, nil, nil
	now := map[*graph.Node]*graph.Node{}
	keep := func(n *graph.Node, in *graph.Cluster) *graph.Node {
		node := *n
		node.Cluster = in
		now[n] = &node
		return &node
	}
	for _, c := range g.Clusters {
		if c.ID == clusterID {
			continue
		}
		cluster := *c
		cluster.Nodes = nil
		for _, n := range c.Nodes {
			if !gone[n] {
				cluster.Nodes = append(cluster.Nodes, keep(n, &cluster))
			}
		}
		out.Clusters = append(out.Clusters, &cluster)
	}
	for _, n := range g.Free {
		if !gone[n] {
			out.Free = append(out.Free, keep(n, nil))
		}
	}
	for _, e := range g.Edges {
		if now[e.From] != nil && now[e.To] != nil {
			edge := *e
			edge.From, edge.To = now[e.From], now[e.To]
			out.Edges = append(out.Edges, &edge)
		}
	}
	return &out
}
