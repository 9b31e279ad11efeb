package follow

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/google/nftables/expr"
	"github.com/hostwire/hostwire/portfwd/nftget"
)

// entry is a range of keys in a set, with what it maps to.
type entry struct {
	lo, hi  []byte
	rest    bool // all keys that the others don't name.
	element *nftget.Element
}

// entries returns the ranges of keys in a set.
func entries(set *nftget.Set) []entry {
	var all []entry
	if !set.Interval() {
		for i := range set.Elements {
			e := &set.Elements[i]
			all = append(all, entry{lo: e.Key, hi: e.Key, rest: e.Key == nil, element: e})
		}
		return all
	}
	sorted := make([]*nftget.Element, 0, len(set.Elements))
	for i := range set.Elements {
		e := &set.Elements[i]
		switch {
		case e.Key == nil:
			all = append(all, entry{rest: true, element: e})
		case e.KeyEnd != nil:
			all = append(all, entry{lo: e.Key, hi: e.KeyEnd, element: e})
		default:
			sorted = append(sorted, e)
		}
	}
	// An element opens a range, the next one or one that says so ends it; without any, it goes on
	// to the last key.
	slices.SortStableFunc(sorted, func(a, b *nftget.Element) int {
		if c := bytes.Compare(a.Key, b.Key); c != 0 {
			return c
		}
		switch {
		case a.RangeEnd && !b.RangeEnd:
			return -1
		case b.RangeEnd && !a.RangeEnd:
			return 1
		}
		return 0
	})
	for i, e := range sorted {
		if e.RangeEnd {
			continue
		}
		hi := bytes.Repeat([]byte{0xff}, len(e.Key))
		if i+1 < len(sorted) && len(sorted[i+1].Key) == len(e.Key) {
			hi = number(sorted[i+1].Key).prev().bytes(len(e.Key))
			if bytes.Equal(sorted[i+1].Key, e.Key) {
				hi = e.Key
			}
		}
		all = append(all, entry{lo: e.Key, hi: hi, element: e})
	}
	return all
}

// lookup evaluates a lookup expression: a set's elements are so many branches.
func (w *walker) lookup(at place, pk *packet, e *expr.Lookup, index int) {
	set := at.table.Sets[e.SetName]
	var key []atom
	if set != nil {
		key = pk.regs.get(e.SourceRegister, int(min(set.KeyLen, 64)))
	}
	if set == nil || key == nil || set.Partial || e.IsDestRegSet && !set.Map() {
		w.doubt(at, pk, fmt.Sprintf("set %q could not be read", e.SetName))
		w.evaluate(at, pk, index+1)
		return
	}
	all := entries(set)
	if len(all) > 64 && !decides(key) && !e.IsDestRegSet {
		all = all[:1] // it only matters that there are some.
	}
	if !e.IsDestRegSet {
		w.membership(at, pk, e, set, key, all, index)
		return
	}
	from := w.stops.len()
	for i := range all {
		if w.exhausted(at) {
			return
		}
		next := *pk
		if all[i].rest {
			next.limits++
		} else if !w.chosen(at, &next, w.between(key, all[i].lo, all[i].hi), from) {
			continue
		}
		next.hint = all[i].element.Comment
		w.within(*pk, &next, func() { w.mapped(at, &next, e, set, all[i].element, index) })
	}
}

// mapped goes on with what the key was mapped to.
func (w *walker) mapped(at place, pk *packet, e *expr.Lookup, set *nftget.Set, element *nftget.Element, index int) {
	switch {
	case !set.Verdicts:
		pk.regs.load(e.DestRegister, known(element.Data))
		w.evaluate(at, pk, index+1)
	case element.Verdict != nil:
		w.verdict(at, pk, element.Verdict.Kind, element.Verdict.Chain)
	default:
		w.doubt(at, pk, fmt.Sprintf("map %q has a verdict that is not understood", set.Name))
		w.evaluate(at, pk, index+1)
	}
}

// chosen is demand for one of several branches that part at the same point.
func (w *walker) chosen(at place, pk *packet, c condition, from int) bool {
	if c.drawn && !c.never {
		if !w.drawn(pk, c.draw, from) {
			return false
		}
		c.drawn = false
	}
	return w.demand(at, pk, c, "looks up what is not understood")
}

// membership evaluates a lookup that only asks whether the key is in the set.
func (w *walker) membership(at place, pk *packet, e *expr.Lookup, set *nftget.Set, key []atom, all []entry, index int) {
	if len(all) == 0 && !decides(key) && set.Changing() {
		pk.limits++
		w.evaluate(at, pk, index+1)
		return
	}
	conditions := make([]condition, 0, len(all))
	union := spans{} // of what the elements demand, while that is one field.
	only := field(fields)
	simple := true
	for i := range all {
		c := w.between(key, all[i].lo, all[i].hi)
		if all[i].rest {
			c = condition{limited: true}
		}
		if c.never {
			continue
		}
		conditions = append(conditions, c)
		f, s := c.sole()
		if f == fields || only != fields && f != only {
			simple = false
			continue
		}
		only = f
		union = append(union, s...)
	}
	switch {
	case simple && only != fields:
		var c condition
		c.box[only] = normal(union)
		if e.Invert {
			c = w.not(c)
		}
		if w.demand(at, pk, c, "") {
			w.evaluate(at, pk, index+1)
		}
	case e.Invert:
		for _, c := range conditions {
			if c.unclear {
				w.doubt(at, pk, "looks up what is not understood")
			}
			if !c.compound {
				pk.limits++
			}
			pk.source = pk.source || c.source
		}
		w.evaluate(at, pk, index+1)
	default:
		from := w.stops.len()
		for i, c := range conditions {
			if w.exhausted(at) {
				return
			}
			if i > 0 && !decides(key) {
				break // all of them are the same.
			}
			next := *pk
			if w.chosen(at, &next, c, from) {
				w.within(*pk, &next, func() { w.evaluate(at, &next, index+1) })
			}
		}
	}
}

// decides tells whether the key has anything in it that decides where packets are accepted.
func decides(key []atom) bool {
	return slices.ContainsFunc(key, func(a atom) bool {
		return a.field < fields || a.field == fieldDraw || a.field == fieldUnclear
	})
}

// sole returns the one field that the condition is about; fields if it is not that simple.
func (c *condition) sole() (field, spans) {
	if c.limited || c.unclear || c.drawn || c.compound {
		return fields, nil
	}
	for f, s := range c.box {
		if s != nil {
			return field(f), s
		}
	}
	return fields, nil
}
