package follow

import (
	"fmt"

	"github.com/google/nftables/expr"
	"github.com/hostwire/hostwire/portfwd/nftget"
	"golang.org/x/sys/unix"
)

// evaluate runs the expressions of a rule from index on. Like the kernel, it stops at the first
// one that does not match.
func (w *walker) evaluate(at place, pk *packet, index int) {
	for ; index < len(at.rule.Exprs); index++ {
		switch e := at.rule.Exprs[index].(type) {
		case *expr.Counter, *expr.Log, *expr.Notrack, *expr.Objref, *expr.Dynset:
		case *expr.Limit, *expr.Quota, *expr.Connlimit:
			pk.limits++
		case *expr.Immediate:
			pk.regs.load(e.Register, known(e.Data))
		case *expr.Meta:
			if !e.SourceRegister {
				pk.regs.load(e.Register, w.meta(e.Key))
			}
		case *expr.Ct:
			if !e.SourceRegister {
				pk.regs.load(e.Register, w.conntrack(e))
			}
		case *expr.Fib:
			pk.regs.load(e.Register, w.fib(e))
		case *expr.Exthdr:
			if e.DestRegister != 0 {
				pk.limits++
				pk.regs.load(e.DestRegister, whole(fieldOther, 16))
			}
		case *expr.Payload:
			if e.OperationType == expr.PayloadWrite {
				if w.rewrites(e) {
					w.doubt(at, pk, "rewrites destinations by writing into packets")
				}
				continue
			}
			pk.regs.load(e.DestRegister, w.payload(e))
		case *expr.Numgen:
			w.draws(pk, e.Register, e.Modulus, e.Offset)
		case *expr.Hash:
			w.draws(pk, e.DestRegister, e.Modulus, e.Offset)
		case *expr.Bitwise:
			bitwise(&pk.regs, e)
		case *nftget.Shift:
			from := pk.regs.get(e.Source, int(min(e.Len, 64)))
			pk.regs.load(e.Dest, blurred(from))
		case *nftget.Byteorder:
			byteorder(&pk.regs, e)
		case *expr.Cmp:
			c := w.compare(e.Op, pk.regs.get(e.Register, len(e.Data)), e.Data)
			if !w.demand(at, pk, c, "compares what is not understood") {
				return
			}
		case *expr.Range:
			c := w.ordered(pk.regs.get(e.Register, len(e.FromData)), e.FromData, e.ToData)
			if e.Op == expr.CmpOpNeq {
				c = w.not(c)
			}
			if !w.demand(at, pk, c, "compares what is not understood") {
				return
			}
		case *expr.Lookup:
			w.lookup(at, pk, e, index)
			return
		case *nftget.Match:
			if !w.match(at, pk, e) {
				return
			}
		case *nftget.Verdict:
			w.verdict(at, pk, e.Kind, e.Chain)
			return
		case *expr.NAT:
			if e.Type == expr.NATTypeDestNAT {
				w.translate(at, pk, e)
			}
			w.stop(at, *pk, 0)
			return
		case *expr.Redir:
			w.redirect(at, pk, e)
			w.stop(at, *pk, 0)
			return
		case *expr.Masq, *expr.Reject, *expr.Queue:
			w.stop(at, *pk, 0)
			return
		case *nftget.Target:
			if !w.target(at, pk, e) {
				return
			}
		case *nftget.Opaque:
			w.doubt(at, pk, fmt.Sprintf("expression %q is not understood", e.Name))
		default:
			w.doubt(at, pk, fmt.Sprintf("expression %T is not understood", e))
		}
	}
}

// rewrites tells whether a payload expression writes to destination address or port.
func (w *walker) rewrites(e *expr.Payload) bool {
	at := func(from, length uint32) bool { return e.Offset < from+length && from < e.Offset+e.Len }
	switch e.Base {
	case expr.PayloadBaseNetworkHeader:
		if w.family == IPv6 {
			return at(24, 16)
		}
		return at(16, 4)
	case expr.PayloadBaseTransportHeader:
		return at(2, 2)
	}
	return false
}

// meta returns what a meta expression loads.
func (w *walker) meta(key expr.MetaKey) []atom {
	output := w.hook == unix.NF_INET_LOCAL_OUT
	switch key {
	case expr.MetaKeyL4PROTO:
		return whole(fieldProto, 1)
	case expr.MetaKeyNFPROTO:
		return known([]byte{byte(w.family)})
	case expr.MetaKeyPROTOCOL:
		if w.family == IPv6 {
			return known([]byte{0x86, 0xdd})
		}
		return known([]byte{0x08, 0x00})
	case expr.MetaKeyIIFNAME:
		if output { // packets of the host itself come from no interface.
			return known(make([]byte, 16))
		}
		return whole(fieldSource, 16)
	case expr.MetaKeyIIF:
		if output {
			return known(make([]byte, 4))
		}
		return whole(fieldSource, 4)
	case expr.MetaKeyOIFNAME:
		if !output { // not known before routing.
			return known(make([]byte, 16))
		}
		return whole(fieldOther, 16)
	case expr.MetaKeyOIF:
		if !output {
			return known(make([]byte, 4))
		}
		return whole(fieldOther, 4)
	case expr.MetaKeyIIFTYPE, expr.MetaKeyIIFGROUP, expr.MetaKeySKUID, expr.MetaKeySKGID, expr.MetaKeyBRIIIFNAME:
		return whole(fieldSource, 16)
	case expr.MetaKeyMARK:
		return whole(fieldMark, 4)
	}
	return whole(fieldOther, 16)
}

// conntrack returns what a ct expression loads. At the hooks where destinations are translated,
// the original direction's destination is the packet's own.
func (w *walker) conntrack(e *expr.Ct) []atom {
	const dstIP, dstIP6 = 20, 22 // NFT_CT_DST_IP, NFT_CT_DST_IP6
	const original = 0
	switch e.Key {
	case expr.CtKeyDST, dstIP, dstIP6:
		if e.Direction == original {
			return whole(fieldAddr, w.addrLen)
		}
		return whole(fieldUnclear, w.addrLen)
	case expr.CtKeyPROTODST:
		if e.Direction == original {
			return whole(fieldPort, 2)
		}
		return whole(fieldUnclear, 2)
	case expr.CtKeyPROTOCOL:
		return whole(fieldProto, 1)
	case expr.CtKeyL3PROTOCOL:
		return known([]byte{byte(w.family)})
	case expr.CtKeyMARK:
		return whole(fieldMark, 4)
	}
	return whole(fieldOther, 16)
}

// fib returns what a fib expression loads.
func (w *walker) fib(e *expr.Fib) []atom {
	switch {
	case e.ResultADDRTYPE && e.FlagDADDR:
		return hostOrder(fieldType, 4)
	case e.FlagSADDR:
		return whole(fieldSource, 16)
	}
	return whole(fieldOther, 16)
}

// payload returns what a payload expression loads.
func (w *walker) payload(e *expr.Payload) []atom {
	if e.Len == 0 || e.Len > 64 {
		return nil
	}
	atoms := whole(fieldOther, int(e.Len))
	mark := func(f field, from, length int) {
		for i := range atoms {
			if at := int(e.Offset) + i - from; at >= 0 && at < length {
				atoms[i] = atom{field: f, index: uint8(at), mask: 0xff}
			}
		}
	}
	switch e.Base {
	case expr.PayloadBaseLLHeader:
		return whole(fieldSource, int(e.Len))
	case expr.PayloadBaseNetworkHeader:
		if w.family == IPv6 {
			mark(fieldProto, 6, 1)
			mark(fieldSource, 8, 16)
			mark(fieldAddr, 24, 16)
		} else {
			mark(fieldProto, 9, 1)
			mark(fieldSource, 12, 4)
			mark(fieldAddr, 16, 4)
		}
	case expr.PayloadBaseTransportHeader:
		mark(fieldSource, 0, 2)
		mark(fieldPort, 2, 2)
	default:
		return blurred(atoms)
	}
	return atoms
}

// draws loads a number that is drawn from modulus ones, the lowest being start.
func (w *walker) draws(pk *packet, reg, modulus, start uint32) {
	if modulus == 0 {
		pk.regs.load(reg, whole(fieldUnclear, 4))
		return
	}
	pk.draw = span{u128{lo: uint64(start)}, u128{lo: uint64(start) + uint64(modulus) - 1}}
	pk.regs.load(reg, hostOrder(fieldDraw, 4))
}

// blurred returns atoms that came out of these in a way that is not understood. What only limits
// packets still does.
func blurred(from []atom) []atom {
	atoms := make([]atom, len(from))
	for i, a := range from {
		atoms[i] = atom{field: fieldUnclear}
		switch a.field {
		case fieldSource, fieldMark, fieldOther:
			atoms[i].field = a.field
		}
	}
	return atoms
}

// bitwise applies a mask and an exclusive or.
func bitwise(regs *registers, e *expr.Bitwise) {
	length := int(min(e.Len, 64))
	from := regs.get(e.SourceRegister, length)
	if from == nil {
		return
	}
	atoms := make([]atom, length)
	copy(atoms, from)
	if len(e.Mask) < length || len(e.Xor) < length {
		atoms = blurred(atoms)
	} else {
		for i := range atoms {
			if atoms[i].field == fieldConst {
				atoms[i].value = atoms[i].value&e.Mask[i] ^ e.Xor[i]
				continue
			}
			atoms[i].mask &= e.Mask[i]
			atoms[i].xor = atoms[i].xor&e.Mask[i] ^ e.Xor[i]
		}
	}
	regs.load(e.DestRegister, atoms)
}

// byteorder turns the bytes of numbers around.
func byteorder(regs *registers, e *nftget.Byteorder) {
	length, size := int(min(e.Len, 64)), int(min(e.Size, 64))
	from := regs.get(e.Source, length)
	if from == nil || size == 0 {
		return
	}
	atoms := make([]atom, length)
	copy(atoms, from)
	if littleEndian {
		for i := 0; i+size <= length; i += size {
			reverse(atoms[i : i+size])
		}
	}
	regs.load(e.Dest, atoms)
}
