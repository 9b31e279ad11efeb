package wiring

import (
	"math"
	"sort"
)

// channel is a strip between columns of boxes, in which wires run up and down.
type channel struct {
	x       float64 // left edge; relative to card where that is set.
	card    *card
	margin  [2]float64 // kept free of lanes at its left and its right edge.
	minimum float64    // width without any lanes.
	nets    []*net
	lanes   int
	width   float64

	squeezed float64 // distance of lanes, where they have less room than usual; 0 elsewhere.
}

// net is what shares a lane in a channel: a wire, or the trunk and the branches of a bundle.
type net struct {
	pins   [2][]*level // where it comes in at the left and the right edge of the channel.
	lane   int
	ys     [2][]float64
	lo, hi float64
}

// Lanes keep this distance, in pixels; less where very many run side by side.
const (
	lanePitch      = 10
	lanePitchTight = 7
	manyLanes      = 24
	nearest        = 2.0 // levels that are closer than this are one.
	near           = 4.0 // levels at the two edges of a channel that are closer than this look like one.
)

// reserve is the number of lanes that there is room for: a little more than there are, so that the
// channel's width does not change with each wire.
func (c *channel) reserve() int {
	if c.card != nil {
		return c.lanes
	}
	step := 1
	for 8*step <= c.lanes {
		step *= 2
	}
	return (c.lanes + step - 1) / step * step
}

func (c *channel) pitch() float64 {
	if c.squeezed > 0 {
		return c.squeezed
	}
	if c.reserve() > manyLanes {
		return lanePitchTight
	}
	return lanePitch
}

// squeeze makes the channel narrower than its lanes usually need, if they can stand closer.
func (c *channel) squeeze(width float64) {
	if c.lanes < 2 {
		return
	}
	if pitch := math.Floor(2*(width-c.margin[left]-c.margin[right])/float64(c.lanes-1)) / 2; pitch >= lanePitchTight && pitch < c.pitch() {
		c.squeezed, c.width = pitch, width
	}
}

// laneX is the abscissa of a lane.
func (c *channel) laneX(lane int) float64 {
	x := c.x + c.margin[left] + float64(lane)*c.pitch()
	if c.lanes > 0 { // centre the lanes in what room there is.
		spare := c.width - c.margin[left] - c.margin[right] - float64(c.lanes-1)*c.pitch()
		x += math.Floor(math.Max(0, spare) / 2)
	}
	if c.card != nil {
		x += c.card.x
	}
	return x
}

// straight tells whether the net needs no lane.
func (n *net) straight() bool { return n.hi-n.lo < 0.25 }

func (n *net) measure() {
	n.lo, n.hi = math.Inf(1), math.Inf(-1)
	for s := range n.pins {
		n.ys[s] = n.ys[s][:0]
		for _, p := range n.pins[s] {
			y := p.at()
			n.ys[s] = append(n.ys[s], y)
			n.lo, n.hi = math.Min(n.lo, y), math.Max(n.hi, y)
		}
		sort.Float64s(n.ys[s])
	}
}

// between counts the heights that are truly inside of the interval.
func between(ys []float64, lo, hi float64) int {
	if len(ys) == 1 {
		if ys[0] >= lo+0.25 && ys[0] < hi-0.25 {
			return 1
		}
		return 0
	}
	from := sort.SearchFloat64s(ys, lo+0.25)
	to := sort.SearchFloat64s(ys, hi-0.25)
	return max(0, to-from)
}

// crossingsIf counts how often a and b cross where a's lane is to the left of b's.
func crossingsIf(a, b *net) int {
	return between(a.ys[right], b.lo, b.hi) + between(b.ys[left], a.lo, a.hi)
}

// collideIf tells whether a and b would run along one line where a's lane is to the left of b's:
// then a's way to the right edge and b's from the left edge overlap.
func collideIf(a, b *net) bool {
	i, j := 0, 0
	for i < len(a.ys[right]) && j < len(b.ys[left]) {
		switch d := a.ys[right][i] - b.ys[left][j]; {
		case math.Abs(d) < near:
			return true
		case d < 0:
			i++
		default:
			j++
		}
	}
	return false
}

// collision is the price of two wires on one line, in crossings.
const collision = 10000

// assign gives each net a lane: first an order from left to right with few crossings, then the
// leftmost lane that keeps it (the left-edge rule). It returns the nets that still share a line.
func (c *channel) assign() (clashes [][2]*net) {
	var nets []*net
	for _, n := range c.nets {
		n.measure()
		n.lane = 0
		if !n.straight() {
			nets = append(nets, n)
		}
	}
	if len(nets) > manyNets {
		return c.assignMany(nets)
	}
	sort.SliceStable(nets, func(i, j int) bool {
		if nets[i].lo != nets[j].lo {
			return nets[i].lo < nets[j].lo
		}
		return nets[i].hi < nets[j].hi
	})
	meets := make([][]int, len(nets)) // of each net, those whose stretch overlaps its own, sorted.
	for i := range nets {
		for j := i + 1; j < len(nets) && nets[j].lo < nets[i].hi+near; j++ {
			meets[i] = append(meets[i], j)
			meets[j] = append(meets[j], i)
		}
	}
	order := arrangeLanes(nets, meets)
	place := make([]int, len(nets))
	for at, i := range order {
		place[i] = at
	}
	c.lanes = 0
	for _, i := range order {
		lane := 0
		for _, j := range meets[i] {
			if place[j] < place[i] {
				lane = max(lane, nets[j].lane+1)
				if collideIf(nets[j], nets[i]) {
					clashes = append(clashes, [2]*net{nets[j], nets[i]})
				}
			}
		}
		nets[i].lane = lane
		c.lanes = max(c.lanes, lane+1)
	}
	c.compact(nets, meets, place)
	c.width = math.Max(c.minimum, c.margin[left]+c.margin[right]+math.Max(0, float64(c.reserve()-1))*c.pitch())
	return clashes
}

// compact moves nets that come from the right edge and go back to it as far to the right as the
// lanes allow.
func (c *channel) compact(nets []*net, meets [][]int, place []int) {
	byPlace := make([]int, len(nets))
	for i, p := range place {
		byPlace[p] = i
	}
	for p := len(nets) - 1; p >= 0; p-- {
		i := byPlace[p]
		if len(nets[i].ys[left]) > 0 {
			continue
		}
		lane := c.lanes - 1
		for _, j := range meets[i] {
			if place[j] > p {
				lane = min(lane, nets[j].lane-1)
			}
		}
		nets[i].lane = max(nets[i].lane, lane)
	}
}

// arrangeLanes orders nets from left to right. For each pair that overlaps it is known which of the
// two orders has fewer crossings; the order that contradicts as little of that as possible is looked
// for greedily (Eades, Lin and Smyth): nets that nobody wants to their left go first, nets that
// nobody wants to their right go last, and where there are neither, the most wanted net goes first.
func arrangeLanes(nets []*net, meets [][]int) []int {
	type wish struct{ to, weight int }
	n := len(nets)
	out, in := make([][]wish, n), make([][]wish, n)
	outSum, inSum := make([]int, n), make([]int, n)
	for i := range nets {
		for _, j := range meets[i] {
			if j < i {
				continue
			}
			a, b := crossingsIf(nets[i], nets[j]), crossingsIf(nets[j], nets[i])
			if collideIf(nets[i], nets[j]) {
				a += collision
			}
			if collideIf(nets[j], nets[i]) {
				b += collision
			}
			from, to, weight := i, j, b-a
			if weight < 0 {
				from, to, weight = j, i, a-b
			}
			if weight == 0 {
				continue
			}
			out[from] = append(out[from], wish{to, weight})
			in[to] = append(in[to], wish{from, weight})
			outSum[from] += weight
			inSum[to] += weight
		}
	}
	var head, tail []int
	gone := make([]bool, n)
	var sources, sinks []int
	note := func(i int) {
		switch {
		case gone[i]:
		case inSum[i] == 0:
			sources = append(sources, i)
		case outSum[i] == 0:
			sinks = append(sinks, i)
		}
	}
	remove := func(i int) {
		gone[i] = true
		for _, w := range out[i] {
			inSum[w.to] -= w.weight
			if inSum[w.to] == 0 {
				note(w.to)
			}
		}
		for _, w := range in[i] {
			outSum[w.to] -= w.weight
			if outSum[w.to] == 0 {
				note(w.to)
			}
		}
	}
	for i := range nets {
		note(i)
	}
	for len(head)+len(tail) < n {
		switch {
		case len(sources) > 0:
			i := sources[0]
			sources = sources[1:]
			if !gone[i] {
				head = append(head, i)
				remove(i)
			}
		case len(sinks) > 0:
			i := sinks[0]
			sinks = sinks[1:]
			if !gone[i] {
				tail = append(tail, i)
				remove(i)
			}
		default:
			best := -1
			for i := range nets {
				if !gone[i] && (best < 0 || outSum[i]-inSum[i] > outSum[best]-inSum[best]) {
					best = i
				}
			}
			head = append(head, best)
			remove(best)
		}
	}
	for i := len(tail) - 1; i >= 0; i-- {
		head = append(head, tail[i])
	}
	return head
}

// settle assigns lanes, and moves levels a little where two wires would share a line otherwise.
// It tells whether it moved any.
func (c *channel) settle() (moved bool) {
	const tries = 8
	for range tries {
		clashes := c.assign()
		if len(clashes) == 0 {
			return moved
		}
		moved = true
		for _, pair := range clashes {
			for _, p := range pair[0].pins[right] {
				for _, q := range pair[1].pins[left] {
					if math.Abs(p.at()-q.at()) < near && !c.nudge(p) {
						c.nudge(q)
					}
				}
			}
		}
	}
	return moved
}

// nudge moves a level by as little as parts it from all other levels in the channel, if there is room:
// as far as it looks well, or at least so far that it can be told from the others.
func (c *channel) nudge(l *level) bool {
	return c.part(l, near) || c.part(l, nearest)
}

func (c *channel) part(l *level, distance float64) bool {
	const step, furthest = 0.5, 12.0
	old := l.y
	for d := step; d <= furthest; d += step {
		for _, by := range [2]float64{d, -d} {
			if math.Abs(l.moved+by) > l.slack {
				continue
			}
			l.y = old + by
			if c.apart(l, distance) {
				l.moved += by
				return true
			}
		}
	}
	l.y = old
	return false
}

// apart tells whether all other levels in the channel keep a distance.
func (c *channel) apart(l *level, distance float64) bool {
	y := l.at()
	for _, n := range c.nets {
		for _, pins := range n.pins {
			for _, p := range pins {
				if p != l && math.Abs(p.at()-y) < distance {
					return false
				}
			}
		}
	}
	return true
}

// straighten takes small steps out of wires between two rows: one of the two ends moves along its row
// if there is room, or both go half of the way.
func (c *channel) straighten() {
	for _, n := range c.nets {
		if len(n.pins[left])+len(n.pins[right]) != 2 {
			continue
		}
		pins := append(append([]*level(nil), n.pins[left]...), n.pins[right]...)
		step := pins[1].at() - pins[0].at()
		if step == 0 || math.Abs(step) > smallStep {
			continue
		}
		half := math.Round(step) / 2
		if c.shift(pins[0], pins[1], step) || c.shift(pins[1], pins[0], -step) {
			continue
		}
		y, moved := pins[0].y, pins[0].moved
		if c.shift(pins[0], pins[1], half) && !c.shift(pins[1], pins[0], half-step) {
			pins[0].y, pins[0].moved = y, moved
		}
	}
}

// straightSlack is how far a level may go to make a wire straight: not as far as the round corner of
// its row's edge.
func (l *level) straightSlack() float64 { return math.Max(math.Min(l.slack, 3), l.slack-4) }

// smallStep is the largest step that is taken out of a wire, in pixels.
const smallStep = 12

// shift moves a level to the height of another one if it may go there, and tells whether it did.
func (c *channel) shift(l, to *level, by float64) bool {
	if math.Abs(l.moved+by) > l.straightSlack() {
		return false
	}
	l.y += by
	for _, n := range c.nets {
		for _, pins := range n.pins {
			for _, p := range pins {
				if p != l && p != to && math.Abs(p.at()-l.at()) < near+1 {
					l.y -= by
					return false
				}
			}
		}
	}
	l.moved += by
	return true
}
