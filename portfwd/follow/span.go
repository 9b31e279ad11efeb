package follow

import (
	"cmp"
	"slices"
)

// u128 is an unsigned number of 128 bits, large enough for every field of a packet.
type u128 struct{ hi, lo uint64 }

func (a u128) cmp(b u128) int {
	if c := cmp.Compare(a.hi, b.hi); c != 0 {
		return c
	}
	return cmp.Compare(a.lo, b.lo)
}

// next returns a+1; the largest number is followed by 0.
func (a u128) next() u128 {
	a.lo++
	if a.lo == 0 {
		a.hi++
	}
	return a
}

// prev returns a-1; 0 is preceded by the largest number.
func (a u128) prev() u128 {
	if a.lo == 0 {
		a.hi--
	}
	a.lo--
	return a
}

// number reads a number in network byte order, of up to 16 bytes.
func number(b []byte) (n u128) {
	for _, c := range b {
		n.hi = n.hi<<8 | n.lo>>56
		n.lo = n.lo<<8 | uint64(c)
	}
	return n
}

// bytes is the reverse of number.
func (a u128) bytes(length int) []byte {
	b := make([]byte, length)
	hi, lo := a.hi, a.lo
	for i := length - 1; i >= 0; i-- {
		b[i] = byte(lo)
		hi, lo = hi>>8, lo>>8|hi<<56
	}
	return b
}

// span is a range of numbers, both ends included.
type span struct{ lo, hi u128 }

func single(n uint64) span { return span{u128{lo: n}, u128{lo: n}} }

// spans is a set of numbers: sorted, disjoint ranges. Nil stands for all numbers, and an empty
// set that is not nil for none.
type spans []span

// normal sorts ranges and joins those that overlap or touch.
func normal(s []span) spans {
	slices.SortFunc(s, func(a, b span) int { return a.lo.cmp(b.lo) })
	joined := spans{}
	for _, r := range s {
		if r.lo.cmp(r.hi) > 0 {
			continue
		}
		if n := len(joined); n > 0 && (r.lo.cmp(joined[n-1].hi) <= 0 || r.lo == joined[n-1].hi.next()) {
			if r.hi.cmp(joined[n-1].hi) > 0 {
				joined[n-1].hi = r.hi
			}
			continue
		}
		joined = append(joined, r)
	}
	return joined
}

func (s spans) empty() bool { return s != nil && len(s) == 0 }

// intersect returns the numbers that are in both.
func (s spans) intersect(t spans) spans {
	if s == nil {
		return t
	}
	if t == nil {
		return s
	}
	both := spans{}
	for i, j := 0, 0; i < len(s) && j < len(t); {
		lo, hi := s[i].lo, s[i].hi
		if t[j].lo.cmp(lo) > 0 {
			lo = t[j].lo
		}
		if t[j].hi.cmp(hi) < 0 {
			hi = t[j].hi
		}
		if lo.cmp(hi) <= 0 {
			both = append(both, span{lo, hi})
		}
		if s[i].hi.cmp(t[j].hi) < 0 {
			i++
		} else {
			j++
		}
	}
	return both
}

// overlaps tells whether any number is in both.
func (s spans) overlaps(t spans) bool {
	if s == nil || t == nil {
		return !s.empty() && !t.empty()
	}
	for i, j := 0, 0; i < len(s) && j < len(t); {
		switch {
		case s[i].hi.cmp(t[j].lo) < 0:
			i++
		case t[j].hi.cmp(s[i].lo) < 0:
			j++
		default:
			return true
		}
	}
	return false
}

// covers tells whether all numbers in t are in s. For this, all numbers are more than any ranges.
func (s spans) covers(t spans) bool {
	if s == nil {
		return true
	}
	if t == nil {
		return false
	}
	i := 0
	for _, r := range t {
		for i < len(s) && s[i].hi.cmp(r.lo) < 0 {
			i++
		}
		if i == len(s) || s[i].lo.cmp(r.lo) > 0 || s[i].hi.cmp(r.hi) < 0 {
			return false
		}
	}
	return true
}

// complement returns the numbers up to most that are not in s.
func (s spans) complement(most u128) spans {
	if s == nil {
		return spans{}
	}
	rest := spans{}
	from := u128{}
	for _, r := range s {
		if from.cmp(r.lo) < 0 {
			rest = append(rest, span{from, r.lo.prev()})
		}
		if r.hi.cmp(most) >= 0 {
			return rest
		}
		from = r.hi.next()
	}
	return append(rest, span{from, most})
}

// count returns how many numbers there are, as a float since nothing else holds them all.
func (r span) count() float64 {
	const two64 = 1 << 32 * float64(1<<32)
	return (float64(r.hi.hi)-float64(r.lo.hi))*two64 + float64(r.hi.lo) - float64(r.lo.lo) + 1
}
