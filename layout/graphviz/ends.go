package graphviz

import (
	"math"
	"sort"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/layout"
)

// wireEnd is an end of a curve, by the indices of its points.
type wireEnd struct {
	wire         *layout.Wire
	end, control int
	far          float64 // height of the other end.
}

// spreadEnds parts wires of different kinds that Graphviz led to one spot of a row: they end above
// each other, in the order of their other ends. Wires of one kind stay together, as a bundle.
func spreadEnds(l *layout.Layout, rows map[*graph.Node]layout.Rect) {
	type spot struct {
		node *graph.Node
		left bool
	}
	type strand struct {
		kind graph.EdgeKind
		ends []wireEnd
		far  float64 // of its ends on average.
	}
	strands := map[spot][]*strand{}
	var spots []spot
	add := func(n *graph.Node, e wireEnd) {
		at := spot{n, e.wire.Points[e.end].X <= rows[n].X}
		if strands[at] == nil {
			spots = append(spots, at)
		}
		for _, s := range strands[at] {
			if s.kind == e.wire.Edge.Kind {
				s.ends = append(s.ends, e)
				return
			}
		}
		strands[at] = append(strands[at], &strand{kind: e.wire.Edge.Kind, ends: []wireEnd{e}})
	}
	for i := range l.Wires {
		w := &l.Wires[i]
		n := len(w.Points) - 1
		add(w.Edge.From, wireEnd{w, 0, 1, w.Points[n].Y})
		add(w.Edge.To, wireEnd{w, n, n - 1, w.Points[0].Y})
	}
	for _, at := range spots {
		all := strands[at]
		if len(all) < 2 {
			continue
		}
		for _, s := range all {
			for _, e := range s.ends {
				s.far += e.far / float64(len(s.ends))
			}
		}
		sort.SliceStable(all, func(i, j int) bool { return all[i].far < all[j].far })
		apart := math.Min(2*fan, (rows[at.node].H-8)/float64(len(all)))
		for k, s := range all {
			shift := apart * (float64(k) - float64(len(all)-1)/2)
			for _, e := range s.ends {
				e.wire.Points[e.end].Y += shift
				e.wire.Points[e.control].Y += shift
			}
		}
	}
}
