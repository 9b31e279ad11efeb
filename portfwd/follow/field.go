package follow

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// field names a piece of knowledge about a packet that decides where it is accepted.
type field uint8

const (
	fieldAddr  field = iota // destination address.
	fieldPort               // destination port.
	fieldProto              // transport protocol.
	fieldType               // type of the destination address: unix.RTN_LOCAL, ….
	fields                  // how many of the above there are.

	fieldDraw    // a number that the kernel draws, by chance, in turn, or by a hash.
	fieldConst   // a number that is known.
	fieldSource  // something about where the packet comes from.
	fieldMark    // packet or connection mark, set elsewhere.
	fieldOther   // anything else that limits which packets a rule is for, but not where to.
	fieldUnclear // made from the above in a way that is not understood.
)

// box is a set of packets, by what each field may be.
type box [fields]spans

// intersect returns the packets that are in both, and false if there are none.
func (b box) intersect(c box) (box, bool) {
	for f := range b {
		b[f] = b[f].intersect(c[f])
		if b[f].empty() {
			return b, false
		}
	}
	return b, true
}

// empty tells whether there are no packets in it.
func (b *box) empty() bool {
	for f := range b {
		if b[f].empty() {
			return true
		}
	}
	return false
}

// unset tells whether nothing is said about any field.
func (b *box) unset() bool {
	for f := range b {
		if b[f] != nil {
			return false
		}
	}
	return true
}

// overlaps tells whether there are packets in both.
func (b *box) overlaps(c *box) bool {
	for f := range b {
		if !b[f].overlaps(c[f]) {
			return false
		}
	}
	return true
}

// atom is one byte of a register.
type atom struct {
	field field
	index uint8 // which byte of the field, 0 for the most significant one.
	value byte  // if constant.
	mask  byte  // bits that were kept, if not constant.
	xor   byte  // bits that were turned around after that.
}

// registers are the data registers of the virtual machine that runs rules.
type registers [64]atom

// offset returns the place of a register: 1 to 4 are of 16 bytes each, 8 to 23 are the same bytes
// as registers of 4 bytes. False if there is no such register, or not that many bytes after it.
func offset(reg uint32, length int) (int, bool) {
	at := 0
	switch {
	case reg >= unix.NFT_REG_1 && reg <= unix.NFT_REG_4:
		at = int(reg-unix.NFT_REG_1) * 16
	case reg >= unix.NFT_REG32_00 && reg <= unix.NFT_REG32_15:
		at = int(reg-unix.NFT_REG32_00) * 4
	default:
		return 0, false
	}
	return at, length >= 0 && at+length <= 64
}

// load puts atoms into a register; the rest of the last four bytes becomes zero, as in the kernel.
func (r *registers) load(reg uint32, atoms []atom) bool {
	at, ok := offset(reg, len(atoms))
	if !ok {
		return false
	}
	copy(r[at:], atoms)
	for i := at + len(atoms); i%4 != 0; i++ {
		r[i] = atom{field: fieldConst}
	}
	return true
}

// get returns the atoms of a register, nil if there are not as many.
func (r *registers) get(reg uint32, length int) []atom {
	at, ok := offset(reg, length)
	if !ok {
		return nil
	}
	return r[at : at+length]
}

// constant returns the bytes of a register if all of them are known.
func (r *registers) constant(reg uint32, length int) ([]byte, bool) {
	atoms := r.get(reg, length)
	if atoms == nil {
		return nil, false
	}
	b := make([]byte, length)
	for i, a := range atoms {
		if a.field != fieldConst {
			return nil, false
		}
		b[i] = a.value
	}
	return b, true
}

// whole returns all bytes of a field in network byte order.
func whole(f field, length int) []atom { return part(f, 0, length) }

// part returns bytes of a field in network byte order.
func part(f field, from, length int) []atom {
	atoms := make([]atom, length)
	for i := range atoms {
		atoms[i] = atom{field: f, index: uint8(from + i), mask: 0xff}
	}
	return atoms
}

// hostOrder returns all bytes of a field in the byte order of the host.
func hostOrder(f field, length int) []atom {
	atoms := whole(f, length)
	if littleEndian {
		reverse(atoms)
	}
	return atoms
}

var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

func reverse(atoms []atom) {
	for i, j := 0, len(atoms)-1; i < j; i, j = i+1, j-1 {
		atoms[i], atoms[j] = atoms[j], atoms[i]
	}
}

// known returns bytes that are known.
func known(b []byte) []atom {
	atoms := make([]atom, len(b))
	for i, c := range b {
		atoms[i] = atom{field: fieldConst, value: c}
	}
	return atoms
}

// width returns the number of bytes of a field.
func (w *walker) width(f field) int {
	switch f {
	case fieldAddr:
		return w.addrLen
	case fieldPort:
		return 2
	case fieldProto:
		return 1
	}
	return 4
}

// most returns the largest value of a field.
func (w *walker) most(f field) u128 {
	full := make([]byte, w.width(f))
	for i := range full {
		full[i] = 0xff
	}
	return number(full)
}
