package wiring

import "math"

// Prices of lines of cards, in units of the largest hash.
const (
	linePrice   = 0.2
	raggedPrice = 0.4 // of an empty line, were there any.
	fewCards    = 12
)

// intoLines divides units into the lines that they are in already, or else by breakLines.
func intoLines(units []*unit, columns int) [][]*unit {
	var lines [][]*unit
	for len(units) > 0 {
		n := 1
		for n < len(units) && units[n].line == units[0].line {
			n++
		}
		if units[0].line == 0 {
			lines = append(lines, breakLines(units[:n], columns)...)
		} else {
			lines = append(lines, units[:n])
		}
		units = units[n:]
	}
	return lines
}

// breakLines divides units, none of which is larger than columns, into lines of at most that many
// cards. Among all ways to do so it takes one with few lines that begin with units whose names
// happen to have small hashes: then a unit more or less changes the line that it is in, and not all
// that come after it. Lines that begin with the cards of another bridge are cheaper.
//
// A handful of cards takes as many lines as the rounded number of them would.
func breakLines(units []*unit, columns int) [][]*unit {
	cards := 0
	for _, u := range units {
		cards += u.size
	}
	if cards > 4 && cards <= fewCards {
		n := (mostOf(cards) + columns - 1) / columns
		if lines := cheapest(units, columns, n); lines != nil {
			return lines
		}
	}
	return cheapest(units, columns, 0)
}

// cheapest is the cheapest way to divide units into n lines, or into any number of them if n is 0. It
// is nil if there is none.
func cheapest(units []*unit, columns, n int) [][]*unit {
	type choice struct {
		cost float64
		next int
	}
	layers := max(1, n+1) // by the number of lines still to come.
	best := make([][]choice, layers)
	for r := range best {
		best[r] = make([]choice, len(units)+1)
		for i := len(units); i >= 0; i-- {
			here := &best[r][i]
			if i == len(units) && (n == 0 || r == 0) {
				continue
			}
			here.cost = math.Inf(1)
			if n > 0 && r == 0 || i == len(units) {
				continue
			}
			rest := best[max(0, r-1)]
			for j, size := i, 0; j < len(units); j++ {
				if size += units[j].size; size > columns {
					break
				}
				waste := float64(columns-size) / float64(columns)
				total := price(units, i) + raggedPrice*waste*waste + rest[j+1].cost
				if total < here.cost || total == here.cost && j+1 > here.next {
					*here = choice{total, j + 1}
				}
			}
		}
	}
	if math.IsInf(best[layers-1][0].cost, 1) {
		return nil
	}
	var out [][]*unit
	for i, r := 0, layers-1; i < len(units); r-- {
		next := best[max(0, r)][i].next
		out = append(out, units[i:next])
		i = next
	}
	return out
}

// price of a line that begins with a unit.
func price(units []*unit, i int) float64 {
	switch {
	case i == 0:
		return linePrice
	case units[i].root != units[i-1].root:
		return linePrice / 2
	}
	return linePrice + units[i].hash
}
