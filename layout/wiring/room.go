package wiring

import "math"

// roomy spreads the bridges of a host over the height of what hangs on them, if that is higher than
// the host: then wires run straight that would have to get down one beside the other. It tells
// whether anything changed; then cards have to be placed anew.
func (c *component) roomy() bool {
	zero := c.layer(0)
	if len(zero.cards) != 1 {
		return false
	}
	host := zero.cards[0]
	highest := 0.0
	for _, l := range c.layers {
		if l.number == 1 || l.number == -1 {
			highest = math.Max(highest, l.height)
		}
	}
	if highest <= 0.93*host.h || len(host.rows) < roomRows {
		return false
	}
	for _, l := range c.layers {
		if l.number != 1 && l.number != -1 {
			continue
		}
		need := map[*row]float64{}
		for i, s := range l.shelves {
			pitch := (l.gap(i+1) + s.above + s.h + s.below) / float64(len(s.cards))
			for _, card := range s.cards {
				if r := (&unit{card: card}).anchor(); r != nil {
					need[r] += pitch
				}
			}
		}
		for _, r := range host.rows {
			if len(r.children) >= roomKids {
				r.room = math.Max(r.room, math.Floor(need[r]/roomStep)*roomStep)
			}
		}
	}
	host.arrange()
	return true
}

const (
	roomRows = 24 // rows that make a host worth spreading.
	roomKids = 8  // ports that make a bridge worth spreading.
	roomStep = 40 // pixels: small changes elsewhere move nothing.
)
