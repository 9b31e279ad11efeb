package wiring

import (
	"math"
	"sort"
	"strings"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/layout"
)

// bundle is all forwarded ports of a card that lead to the same rows. They stand one below the other,
// their wires meet on a spine beside them, and one trunk goes from there to each of the rows. A single
// port with nothing in common with others is a bundle too, without a spine.
type bundle struct {
	number int // from 1: in the order of the IDs of first wires.
	ports  []*row
	trunks []*trunk
}

// trunk is what is drawn once for all wires of a bundle to one row.
type trunk struct {
	level  // at which it leaves the spine.
	bundle *bundle
	wires  []*wire // the first one is routed, the others go along.
}

// leads tells whether the wire is routed itself, and does not only go along with another one.
func (w *wire) leads() bool { return w.trunk == nil || w.trunk.wires[0] == w }

// mates are all wires that are drawn as one with this one, itself included.
func (w *wire) mates() []*wire {
	if w.trunk == nil {
		return []*wire{w}
	}
	return w.trunk.wires
}

// follows tells whether the end is one of a wire that goes along with another one.
func (e *end) follows() bool { return !e.wire.leads() }

// spined tells whether the bundle has a spine: ports to be joined.
func (b *bundle) spined() bool { return len(b.ports) > 1 }

// bundlePorts makes bundles of all forwarded ports that lead to other cards.
func (m *model) bundlePorts() {
	byTargets := map[string]*bundle{}
	var number strings.Builder
	for _, w := range m.sorted {
		r := w.ends[0].row
		if r.bundle != nil || !r.forwardsOnly() {
			continue
		}
		// Cards and the rows to which their ports lead, as numbers: names may hold anything.
		number.Reset()
		var targets []int
		seen := map[*row]bool{}
		for _, e := range r.ends {
			if to := e.far().row; !seen[to] {
				seen[to] = true
				targets = append(targets, m.number[to])
			}
		}
		sort.Ints(targets)
		for _, n := range append([]int{r.card.index}, targets...) {
			number.WriteString(itoa(n))
			number.WriteByte(' ')
		}
		b := byTargets[number.String()]
		if b == nil {
			b = &bundle{number: len(byTargets) + 1}
			byTargets[number.String()] = b
		}
		r.bundle = b
		b.ports = append(b.ports, r)
	}
	to := map[*bundle]map[*row]*trunk{}
	for _, w := range m.sorted {
		b := w.ends[0].row.bundle
		if b == nil {
			continue
		}
		if to[b] == nil {
			to[b] = map[*row]*trunk{}
		}
		t := to[b][w.ends[1].row]
		if t == nil {
			t = &trunk{bundle: b}
			to[b][w.ends[1].row] = t
			b.trunks = append(b.trunks, t)
		}
		t.wires = append(t.wires, w)
		w.trunk = t
	}
	for _, w := range m.sorted {
		switch {
		case w.trunk == nil:
			if e := w.edge; e.Served.Told && e.Label+e.FromLabel == "" {
				w.texts = &layout.Texts{}
			}
		case w.leads():
			w.ends[1].row.card.served = true
			w.trunk.label()
		}
	}
}

// forwardsOnly tells whether the row is a forwarded port of which nothing but forwards to other cards
// is known.
func (r *row) forwardsOnly() bool {
	if r.node.Class != graph.Port || r.card.free() || r.home != nil {
		return false
	}
	for _, e := range r.ends {
		if e != e.wire.ends[0] || e.wire.edge.Kind != graph.Forward || e.wire.inside() {
			return false
		}
	}
	return true
}

// Distances around spines, in pixels.
const (
	spineRoom  = 8  // from ports to their spine.
	trunkPitch = 10 // between trunks at a spine, at least.
	trunkSlack = 3
)

// orderPorts sorts forwarded ports by where they lead to; those of a bundle stay together.
func (c *card) orderPorts() {
	type place struct {
		key    float64
		number int
	}
	places := map[*row]place{}
	for _, r := range c.ports {
		p := place{key: r.firstKey()}
		if b := r.bundle; b != nil {
			sum, n := 0.0, 0.0
			for _, t := range b.trunks {
				sum, n = sum+t.wires[0].ends[0].key, n+1
			}
			p = place{sum / n, b.number}
		}
		places[r] = p
	}
	sort.SliceStable(c.ports, func(i, j int) bool {
		a, b := places[c.ports[i]], places[c.ports[j]]
		if a.key != b.key {
			return a.key < b.key
		}
		return a.number < b.number
	})
}

// roomForTrunks makes the ports of bundles higher where more trunks leave them than there is room for.
func (c *card) roomForTrunks() {
	for i, r := range c.ports {
		if r.bundle == nil || !r.bundle.spined() || i > 0 && c.ports[i-1].bundle == r.bundle {
			continue
		}
		var count [2]int
		for _, t := range r.bundle.trunks {
			count[t.wires[0].ends[0].side]++
		}
		have := -float64(portGap + 2*slotEdge)
		for _, p := range r.bundle.ports {
			have += p.h + portGap
		}
		if lack := trunkPitch*float64(max(count[left], count[right])-1) - have; lack > 0 {
			for _, p := range r.bundle.ports {
				p.h += math.Ceil(lack / float64(len(r.bundle.ports)))
			}
		}
	}
}

// growSpines joins the ports of bundles: from each port's slot to its spine, along that to the trunk.
// Trunks leave where there is a port, if there are enough of them, or else in even distances.
func (c *card) growSpines() {
	for s := left; s <= right; s++ {
		c.spines[s] = &channel{card: c, margin: [2]float64{spineRoom, spineRoom}, lanes: 1, width: 2 * spineRoom}
	}
	for i, r := range c.ports {
		b := r.bundle
		if b == nil || !b.spined() || i > 0 && c.ports[i-1].bundle == b {
			continue
		}
		var trunks [2][]*trunk
		for _, t := range b.trunks {
			s := t.wires[0].ends[0].side
			trunks[s] = append(trunks[s], t)
		}
		ports := c.ports[i : i+len(b.ports)]
		for s := range trunks {
			sort.SliceStable(trunks[s], func(i, j int) bool {
				return trunks[s][i].wires[0].ends[0].key < trunks[s][j].wires[0].ends[0].key
			})
			n := len(trunks[s])
			first, last := ports[0], ports[len(ports)-1]
			from, to := first.y+slotEdge, last.y+last.h-slotEdge
			for k, t := range trunks[s] {
				at := (float64(k) + 0.5) / float64(n)
				t.level = level{y: math.Round(from + (to-from)*at), card: c, slack: trunkSlack}
				if n <= len(ports) {
					t.y = ports[int(at*float64(len(ports)))].slots[s][0].y
				}
				for _, w := range t.wires {
					e := w.ends[0]
					e.lane = &t.level
					e.hop = &hop{channel: c.spines[s], net: &net{}, from: &e.slot.level, to: e.lane}
				}
			}
		}
	}
}

// follow gives a wire the way of the one that it goes along with.
func (w *wire) follow() {
	a, lead := w.ends[0], w.trunk.wires[0]
	hops := lead.hops
	w.hops = nil
	if a.hop != nil {
		w.hops, hops = append(w.hops, a.hop), hops[1:]
	}
	w.hops = append(w.hops, hops...)
}
