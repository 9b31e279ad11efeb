package follow

import (
	"bytes"

	"github.com/google/nftables/expr"
)

// condition is what one comparison demands of a packet.
type condition struct {
	box      box
	draw     spans // of the number drawn, nil for any.
	drawn    bool
	never    bool // can't be.
	limited  bool // demands more than the fields tell.
	source   bool // … of where the packet comes from.
	marked   bool // … of a mark.
	unclear  bool // not understood.
	compound bool // demands something of several fields, so that its contrary can't be told.
}

// unsure is the condition that is not understood.
var unsure = condition{unclear: true}

// between returns the condition that the bytes in the register lie between lo and hi, field by
// field as in concatenations, each including the ends.
func (w *walker) between(atoms []atom, lo, hi []byte) condition {
	var c condition
	if len(atoms) == 0 || len(lo) != len(atoms) || len(hi) != len(atoms) {
		return unsure
	}
	equal := bytes.Equal(lo, hi)
	for i := 0; i < len(atoms); {
		f := atoms[i].field
		j := i + 1
		for j < len(atoms) && atoms[j].field == f {
			j++
		}
		switch f {
		case fieldConst:
			c.constBetween(atoms[i:j], lo[i:j], hi[i:j])
		case fieldSource:
			c.limited, c.source = true, true
		case fieldMark:
			c.limited, c.marked = true, true
		case fieldOther:
			c.limited = true
		case fieldUnclear:
			c.unclear = true
		default:
			s, ok := w.fieldBetween(f, atoms[i:j], lo[i:j], hi[i:j], equal)
			if !ok {
				c.unclear = true
			} else if f == fieldDraw {
				c.draw, c.drawn = s, true
			} else {
				if c.box[f] != nil {
					s = s.intersect(c.box[f])
				}
				c.box[f] = s
			}
			c.never = c.never || ok && s.empty()
		}
		i = j
	}
	demands := 0
	for _, s := range c.box {
		if s != nil {
			demands++
		}
	}
	if c.drawn {
		demands++
	}
	if c.limited {
		demands++
	}
	c.compound = demands > 1
	return c
}

// constBetween checks bytes that are known.
func (c *condition) constBetween(atoms []atom, lo, hi []byte) {
	value := make([]byte, len(atoms))
	for i, a := range atoms {
		value[i] = a.value
	}
	if bytes.Compare(value, lo) < 0 || bytes.Compare(value, hi) > 0 {
		c.never = true
	}
}

// fieldBetween returns what a field may be if its bytes lie between lo and hi; false if that can't
// be told.
func (w *walker) fieldBetween(f field, atoms []atom, lo, hi []byte, equal bool) (spans, bool) {
	length := 4
	if f < fields {
		length = w.width(f)
	}
	plain := len(atoms) == length // all of the field, in network byte order, as it is.
	for i, a := range atoms {
		plain = plain && int(a.index) == i && a.mask == 0xff && a.xor == 0
	}
	if plain {
		return normal([]span{{number(lo), number(hi)}}), true
	}
	if !equal {
		return nil, false
	}
	// Some bits must have a value: understood if those are the leading bits.
	value, mask := make([]byte, length), make([]byte, length)
	for i, a := range atoms {
		if int(a.index) >= length {
			return nil, false
		}
		want := lo[i] ^ a.xor
		if want&^a.mask != 0 {
			return spans{}, true // the mask clears bits that are demanded.
		}
		value[a.index], mask[a.index] = want, a.mask
	}
	last := bytes.Clone(value)
	open := false
	for i, m := range mask {
		if open && m != 0 || !leading(m) {
			return nil, false
		}
		open = open || m != 0xff
		last[i] |= ^m
	}
	return normal([]span{{number(value), number(last)}}), true
}

// leading tells whether all bits that are set come before those that are not.
func leading(m byte) bool {
	rest := ^m
	return rest&(rest+1) == 0
}

// compare returns the condition of a cmp expression.
func (w *walker) compare(op expr.CmpOp, atoms []atom, data []byte) condition {
	if len(data) != len(atoms) {
		return unsure
	}
	zero, full := make([]byte, len(data)), bytes.Repeat([]byte{0xff}, len(data))
	switch op {
	case expr.CmpOpEq:
		return w.between(atoms, data, data)
	case expr.CmpOpNeq:
		return w.not(w.between(atoms, data, data))
	case expr.CmpOpLte:
		return w.ordered(atoms, zero, data)
	case expr.CmpOpGt:
		return w.not(w.ordered(atoms, zero, data))
	case expr.CmpOpGte:
		return w.ordered(atoms, data, full)
	case expr.CmpOpLt:
		return w.not(w.ordered(atoms, data, full))
	}
	return unsure
}

// ordered is between for comparisons that go by the bytes as one number, which says something only
// if they are one field.
func (w *walker) ordered(atoms []atom, lo, hi []byte) condition {
	for _, a := range atoms {
		if a.field != atoms[0].field {
			c := condition{limited: true}
			for _, a := range atoms {
				if a.field < fields || a.field == fieldDraw || a.field == fieldUnclear {
					return unsure
				}
			}
			return c
		}
	}
	return w.between(atoms, lo, hi)
}

// not returns the contrary of a condition. What is only limited stays so; the contrary of demands
// on several fields is (nearly) everything.
func (w *walker) not(c condition) condition {
	switch {
	case c.unclear:
		return c
	case c.never:
		return condition{}
	case c.compound:
		return condition{limited: true, source: c.source}
	case c.limited:
		return condition{limited: true, source: c.source, marked: c.marked}
	case c.drawn:
		return condition{drawn: true, draw: c.draw.complement(u128{lo: 0xffffffff})}
	}
	for f, s := range c.box {
		if s != nil {
			var inverse condition
			inverse.box[f] = s.complement(w.most(field(f)))
			inverse.never = inverse.box[f].empty()
			return inverse
		}
	}
	return condition{never: true} // what is always so.
}
