package wiring

import (
	"sort"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/layout"
)

// side is an edge of a row or a card where wires end.
type side int

const (
	left side = iota
	right
)

func (s side) other() side { return 1 - s }

// sign is the direction in which a wire leaves: -1 to the left, 1 to the right.
func (s side) sign() int { return 2*int(s) - 1 }

// card is a box to place: a cluster with its rows, or a free node, which is its own only row.
type card struct {
	cluster *graph.Cluster // nil for a free node.
	group   *graph.Group   // innermost group around it, nil if none.
	index   int            // place in the order of the graph: stable, decides ties.
	rows    []*row         // in the order of the graph.
	wires   []*wire        // that leave the card, in the order of the graph; of a trunk the first one.

	header float64 // what headerWidth found, 0 before.

	band  int // of the host that it belongs to, where there are several.
	depth int // wires between it and the host, at least.
	fold  int // how often the chain that it is in was folded before it.
	home  int // layer that it has if nothing speaks against it.
	layer int // column of its component; the host's is 0.
	order int // place in its layer.
	shelf *shelf
	slot  int // place in its shelf, from the left.

	was    *layout.Rect // where it was in an earlier picture; nil if that is not known.
	served bool         // ports of other cards are forwarded to it.
	keyed  bool         // roots are in the order of their wires, no longer in that of the graph.
	x, y   float64
	arrangement
}

// row is a node in its card. Its place is relative to the card's top left corner.
type row struct {
	node       *graph.Node
	card       *card
	index      int     // in the card.
	ends       []*end  // of all of its wires, in the order of the graph.
	tree       *wire   // leads to the row that it is placed beside; nil for roots.
	parent     *row    // its bridge, or the interface that it stands on; nil for roots.
	children   []*row  // in the order of the graph.
	home       *row    // the parent that it has if nothing speaks against it.
	homeTree   *wire   // likewise.
	bundle     *bundle // of a forwarded port; else nil.
	minW, minH float64 // what its text needs.

	gap        float64   // between its kids, besides the usual.
	room       float64   // height that a root with its kids should take at least.
	bricks     [2]bool   // kids on a side stand in two columns.
	kids       [2][]*row // children to the left and to the right.
	col        int       // column in the card: 0 for roots, below 0 to the left of them.
	slots      [2][]*slot
	x, y, w, h float64
}

// end is where a wire meets a row.
type end struct {
	wire *wire
	row  *row
	side side
	slot *slot
	key  float64 // where the wire's far end is, from top to bottom, as far as is known.
	lane *level  // along which it leaves the card where rows stand in its way; else nil.
	hop  *hop    // from its slot to its lane, or nil.
}

// slot is a place on a row's edge: of one wire, or of the trunk that several wires share.
type slot struct {
	level
	ends []*end
	aim  float64 // height that its wires go to, to sort by.
}

// level is a height at which a wire runs from side to side.
type level struct {
	y     float64
	card  *card   // that y is relative to; nil for the component.
	slack float64 // by which it may be moved to either side.
	moved float64 // by which it was moved.
}

func (l *level) at() float64 {
	if l.card != nil {
		return l.card.y + l.y
	}
	return l.y
}

// wire is an edge on its way to be routed.
type wire struct {
	edge  *graph.Edge
	ends  [2]*end
	hops  []*hop        // in order, from the first end to the second.
	trunk *trunk        // that it is drawn as, with others; nil for most.
	texts *layout.Texts // in place of its own: of a trunk, or none where its port says the same; else nil.
}

// hop is the stretch of a wire from one height to another along a channel.
type hop struct {
	channel  *channel
	net      *net
	from, to *level
}

// inside tells whether both ends are in one card.
func (w *wire) inside() bool { return w.ends[0].row.card == w.ends[1].row.card }

// far is the other end of the wire.
func (e *end) far() *end {
	if e.wire.ends[0] == e {
		return e.wire.ends[1]
	}
	return e.wire.ends[0]
}

// free tells whether the card is a node of no cluster.
func (c *card) free() bool { return c.cluster == nil }

// host tells whether the card is the one of a host's initial network namespace.
func (c *card) host() bool { return c.cluster != nil && c.cluster.Kind == graph.Host }

// model is the graph as cards, rows and wires.
type model struct {
	cards  []*card
	wires  []*wire // in the order of the graph's edges; nil for those that join nothing known.
	sorted []*wire // in the order of their IDs, without gaps.
	rows   map[*graph.Node]*row
	number map[*row]int // in the order of the graph.
}

// newModel takes the graph's order of cards and rows over. The order of edges does not matter.
func newModel(g *graph.Graph) *model {
	m := &model{rows: map[*graph.Node]*row{}, number: map[*row]int{}}
	add := func(c *card, nodes []*graph.Node) {
		c.index = len(m.cards)
		m.cards = append(m.cards, c)
		for _, n := range nodes {
			if n == nil || m.rows[n] != nil {
				continue
			}
			r := &row{node: n, card: c, index: len(c.rows)}
			r.minW, r.minH = layout.NodeSize(n)
			c.rows = append(c.rows, r)
			m.rows[n] = r
			m.number[r] = len(m.number)
		}
	}
	for _, cl := range g.Clusters {
		add(&card{cluster: cl, group: cl.Group}, cl.Nodes)
	}
	for i := range g.Free {
		add(&card{}, g.Free[i:i+1])
	}
	m.wires = make([]*wire, len(g.Edges))
	for _, i := range byID(g.Edges) {
		e := g.Edges[i]
		from, to := m.rows[e.From], m.rows[e.To]
		if from == nil || to == nil {
			continue
		}
		w := &wire{edge: e}
		for i, r := range []*row{from, to} {
			w.ends[i] = &end{wire: w, row: r}
			r.ends = append(r.ends, w.ends[i])
		}
		m.wires[i] = w
		m.sorted = append(m.sorted, w)
	}
	for _, c := range m.cards {
		c.plant()
	}
	m.bundlePorts()
	for _, w := range m.sorted {
		if !w.inside() && w.leads() {
			for _, e := range w.ends {
				e.row.card.wires = append(e.row.card.wires, w)
			}
		}
	}
	return m
}

// byID lists the places of edges in the order of their IDs.
func byID(edges []*graph.Edge) []int {
	order := make([]int, len(edges))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(i, j int) bool { return edges[order[i]].ID < edges[order[j]].ID })
	return order
}

// rank of the wires that a row may be placed by: a port stands beside its bridge even if it is a
// VLAN on something else.
var treeRank = map[graph.EdgeKind]int{
	graph.Bridge: 1, graph.Ovs: 1, graph.Bond: 1, graph.Team: 1, graph.Vrf: 2,
	graph.Vlan: 3, graph.Macvlan: 3, graph.Ipvlan: 3, graph.Vxlan: 3, graph.Sriov: 4,
}

// plant finds out which row stands beside which.
func (c *card) plant() {
	for rank := 1; rank <= 4; rank++ {
		for _, r := range c.rows {
			for _, e := range r.ends {
				if r.parent != nil {
					break
				}
				to := e.far().row
				if e.wire.edge.From != r.node || treeRank[e.wire.edge.Kind] != rank || to.card != c || above(to, r) {
					continue
				}
				r.tree, r.parent = e.wire, to
				r.homeTree, r.home = e.wire, to
			}
		}
	}
}

// above tells whether r is x or stands before it on the way to its root.
func above(x, r *row) bool {
	for ; x != nil; x = x.parent {
		if x == r {
			return true
		}
	}
	return false
}
