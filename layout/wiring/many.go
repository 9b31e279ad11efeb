package wiring

import (
	"math"
	"sort"
)

// manyNets is the number of wires in a channel from which on comparing each with each takes too long,
// and too much memory.
const manyNets = 1200

// assignMany gives each net a lane of its own, in an order that is good if wires that begin above one
// another also end above one another: wires that go back to the left, the shortest first; wires that go
// down, the lowest first; wires that go up, the highest first; wires that go back to the right, the
// longest first. It returns the nets that share a line.
func (c *channel) assignMany(nets []*net) (clashes [][2]*net) {
	type rank struct {
		class int
		key   float64
	}
	rankOf := func(n *net) rank {
		switch l, r := n.ys[left], n.ys[right]; {
		case len(r) == 0:
			return rank{0, n.hi - n.lo}
		case len(l) == 0:
			return rank{3, n.lo - n.hi}
		case l[0] < r[0]:
			return rank{1, -l[0]}
		default:
			return rank{2, l[0]}
		}
	}
	sort.SliceStable(nets, func(i, j int) bool {
		a, b := rankOf(nets[i]), rankOf(nets[j])
		if a.class != b.class {
			return a.class < b.class
		}
		return a.key < b.key
	})
	type pin struct {
		y   float64
		net *net
	}
	var pins [2][]pin
	for i, n := range nets {
		n.lane = i
		for s := range n.ys {
			for _, y := range n.ys[s] {
				pins[s] = append(pins[s], pin{y, n})
			}
		}
	}
	for s := range pins {
		sort.SliceStable(pins[s], func(i, j int) bool { return pins[s][i].y < pins[s][j].y })
	}
	first := 0
	for _, p := range pins[right] {
		for first < len(pins[left]) && pins[left][first].y <= p.y-near {
			first++
		}
		for i := first; i < len(pins[left]) && pins[left][i].y < p.y+near; i++ {
			if q := pins[left][i]; q.net != p.net && p.net.lane < q.net.lane {
				clashes = append(clashes, [2]*net{p.net, q.net})
			}
		}
	}
	c.lanes = len(nets)
	c.width = math.Max(c.minimum, c.margin[left]+c.margin[right]+float64(c.reserve()-1)*c.pitch())
	return clashes
}
