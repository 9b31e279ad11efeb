package graphviz

import (
	"github.com/hostwire/hostwire/graph"
)

// order says which way the picture runs, from the outside through the host to its tenants.
type order struct {
	depth map[*graph.Cluster]int // steps over wires from the first card, the host's.
	index map[*graph.Node]int
	outer map[*graph.Node]bool // on the side of the outside: uplinks and what is stacked on them.
}

func newOrder(g *graph.Graph) order {
	o := order{depth: map[*graph.Cluster]int{}, index: map[*graph.Node]int{}, outer: map[*graph.Node]bool{}}
	for _, c := range g.Clusters {
		for _, n := range c.Nodes {
			o.index[n] = len(o.index)
		}
	}
	for _, n := range g.Free {
		o.index[n] = len(o.index)
	}
	o.measureDepth(g)
	o.findOuter(g)
	return o
}

func (o *order) measureDepth(g *graph.Graph) {
	neighbours := map[*graph.Cluster][]*graph.Cluster{}
	for _, e := range g.Edges {
		a, b := e.From.Cluster, e.To.Cluster
		if a != nil && b != nil && a != b {
			neighbours[a] = append(neighbours[a], b)
			neighbours[b] = append(neighbours[b], a)
		}
	}
	for _, start := range g.Clusters { // each part that hangs together has its own start.
		if _, ok := o.depth[start]; ok {
			continue
		}
		o.depth[start] = 0
		for queue := []*graph.Cluster{start}; len(queue) > 0; queue = queue[1:] {
			for _, next := range neighbours[queue[0]] {
				if _, ok := o.depth[next]; !ok {
					o.depth[next] = o.depth[queue[0]] + 1
					queue = append(queue, next)
				}
			}
		}
	}
}

// findOuter marks interfaces with an uplink, and bonds, teams and VLANs over these.
func (o *order) findOuter(g *graph.Graph) {
	for _, e := range g.Edges {
		switch {
		case e.From.Class == graph.Outside:
			o.outer[e.To] = true
		case e.To.Class == graph.Outside:
			o.outer[e.From] = true
		}
	}
	for changed := true; changed; {
		changed = false
		for _, e := range g.Edges {
			var from, to *graph.Node
			switch e.Kind {
			case graph.Bond, graph.Team: // the member is outer, then so is the bond.
				from, to = e.From, e.To
			case graph.Vlan: // the lower interface is outer, then so is the VLAN.
				from, to = e.To, e.From
			default:
				continue
			}
			if o.outer[from] && !o.outer[to] && from.Cluster == to.Cluster {
				o.outer[to], changed = true, true
			}
		}
	}
}

// forwards tells whether the wire runs from its From to its To in the direction of the picture.
func (o *order) forwards(e *graph.Edge) bool {
	a, b := e.From, e.To
	if a.Cluster != nil && a.Cluster == b.Cluster {
		switch {
		case e.Kind == graph.Veth || e.Kind == graph.Forward || e.Kind == graph.Tuntap:
			return e.Kind != graph.Veth || o.index[a] < o.index[b]
		case o.outer[a] != o.outer[b]:
			return o.outer[a]
		case o.outer[a] && (e.Kind == graph.Bond || e.Kind == graph.Team):
			return true
		}
		return false // what depends stands behind what it depends on.
	}
	if ra, rb := o.side(a), o.side(b); ra != rb {
		return ra < rb
	}
	if a.Cluster != nil && b.Cluster != nil && o.depth[a.Cluster] != o.depth[b.Cluster] {
		return o.depth[a.Cluster] < o.depth[b.Cluster]
	}
	return o.index[a] < o.index[b]
}

// side puts the outside before all cards, and processes and far ends of tunnels behind.
func (o *order) side(n *graph.Node) int {
	switch {
	case n.Class == graph.Outside:
		return -1
	case n.Cluster == nil:
		return 1
	}
	return 0
}

// columns are the rows of a card by how many wires within the card lead up to them.
func (o *order) columns(c *graph.Cluster, edges []*graph.Edge) map[*graph.Node]int {
	before := map[*graph.Node][]*graph.Node{}
	for _, e := range edges {
		if o.forwards(e) {
			before[e.To] = append(before[e.To], e.From)
		} else {
			before[e.From] = append(before[e.From], e.To)
		}
	}
	column := map[*graph.Node]int{}
	var measure func(n *graph.Node, busy map[*graph.Node]bool) int
	measure = func(n *graph.Node, busy map[*graph.Node]bool) int {
		if at, ok := column[n]; ok {
			return at
		}
		if busy[n] { // a loop of wires: cut here.
			return 0
		}
		busy[n] = true
		at := 0
		for _, b := range before[n] {
			at = max(at, measure(b, busy)+1)
		}
		column[n] = at
		return at
	}
	for _, n := range c.Nodes {
		measure(n, map[*graph.Node]bool{})
	}
	return column
}
