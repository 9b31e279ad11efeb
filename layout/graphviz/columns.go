package graphviz

import (
	"math"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/layout"
)

// Graphviz puts all that hangs on one card into one column: 100 tenants make a picture a hundred
// times higher than wide. stops spreads such cards over several columns, so that the whole is not
// much higher than the card that they hang on, and gets a format to look at.
func (n *nested) stops() map[*graph.Cluster]int {
	leaves, height, width, trunk := n.leaves()
	total := 0.0
	for _, c := range leaves {
		total += height[c]
	}
	columns := 1
	for columns < 12 && total/float64(columns) > math.Max(trunk, columnHigh) && float64(columns)*width*1.4 < total/float64(columns) {
		columns++
	}
	stop := map[*graph.Cluster]int{}
	filled := make([]float64, columns)
	put := func(unit []*graph.Cluster) {
		least := 0
		for i, h := range filled {
			if h < filled[least] {
				least = i
			}
		}
		for _, c := range unit {
			stop[c] = least
			filled[least] += height[c]
		}
	}
	// A group stays together, unless it is higher than a column should be.
	members := map[*graph.Group][]*graph.Cluster{}
	high := map[*graph.Group]float64{}
	for _, c := range leaves {
		members[c.Group] = append(members[c.Group], c)
		high[c.Group] += height[c]
	}
	done := map[*graph.Group]bool{}
	for _, c := range leaves {
		switch {
		case c.Group == nil || high[c.Group] > total/float64(columns):
			put([]*graph.Cluster{c})
		case !done[c.Group]:
			done[c.Group] = true
			put(members[c.Group])
		}
	}
	return stop
}

// columnHigh is how high a column of cards may be in any case, in pixels.
const columnHigh = 700.0

// leaves are the cards with wires to cards nearer to the host only, how high and wide they are
// about, and the height of the highest of the other cards.
func (n *nested) leaves() (leaves []*graph.Cluster, height map[*graph.Cluster]float64, width, trunk float64) {
	inner, hangs := map[*graph.Cluster]bool{}, map[*graph.Cluster]bool{}
	for _, e := range n.g.Edges {
		a, b := e.From.Cluster, e.To.Cluster
		if a == nil || b == nil || a == b {
			continue
		}
		if !n.order.forwards(e) {
			a, b = b, a
		}
		inner[a], hangs[b] = true, true
	}
	height = map[*graph.Cluster]float64{}
	for _, c := range n.g.Clusters {
		columns := map[float64]float64{} // rows of a column have its width; two of equal width do no harm here.
		w := layout.HeaderWidth(c)
		for _, node := range c.Nodes {
			columns[n.size[node][0]] += n.size[node][1] + rowGap
			w = math.Max(w, n.size[node][0]+2*layout.CardPad)
		}
		h := 0.0
		for _, high := range columns {
			h = math.Max(h, high)
		}
		for _, s := range c.Sections {
			_, high := layout.SectionSize(s)
			h += high + rowGap
		}
		height[c] = h + layout.HeaderHeight + 2*layout.CardPad + rowGap
		if hangs[c] && !inner[c] {
			leaves = append(leaves, c)
			width = math.Max(width, w+columnGap)
		} else {
			trunk = math.Max(trunk, height[c])
		}
	}
	return leaves, height, width, trunk
}

// columnGap is the distance between columns: more wires need more room to part, and labels need
// their width.
func (n *nested) columnGap() float64 {
	gap := columnGap + math.Min(160, 1.5*float64(len(n.g.Edges)))
	for _, e := range n.g.Edges {
		for _, label := range []string{e.FromLabel, e.ToLabel} {
			if label != "" {
				gap = math.Max(gap, labelRoom(label).W+columnGap)
			}
		}
	}
	return gap
}
