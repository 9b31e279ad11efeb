package nftget

import (
	"encoding/binary"

	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// decodeExpr takes one expression apart. The types of google/nftables serve where they keep all
// that matters; where they would drop something silently (the operation of a bitwise expression,
// an expression that they don't know) or trust lengths that they have not checked, this package
// has types of its own.
func decodeExpr(family byte, name string, data []byte) any {
	var e expr.Any
	switch name {
	case "meta":
		e = &expr.Meta{}
	case "cmp":
		e = &expr.Cmp{}
	case "payload":
		e = &expr.Payload{}
	case "lookup":
		e = &expr.Lookup{}
	case "range":
		e = &expr.Range{}
	case "nat":
		e = &expr.NAT{}
	case "redir":
		e = &expr.Redir{}
	case "masq":
		e = &expr.Masq{}
	case "numgen":
		e = &expr.Numgen{}
	case "hash":
		e = &expr.Hash{}
	case "fib":
		e = &expr.Fib{}
	case "counter":
		return &expr.Counter{} // its values change nothing.
	case "log":
		return &expr.Log{}
	case "limit":
		return &expr.Limit{}
	case "quota":
		return &expr.Quota{}
	case "connlimit":
		return &expr.Connlimit{}
	case "notrack":
		return &expr.Notrack{}
	case "reject":
		return &expr.Reject{}
	case "queue":
		return &expr.Queue{}
	case "dynset":
		return &expr.Dynset{}
	case "objref":
		return &expr.Objref{}
	case "exthdr":
		return &expr.Exthdr{DestRegister: be32(attribute(data, unix.NFTA_EXTHDR_DREG))}
	case "ct":
		ct := &expr.Ct{
			Key:       expr.CtKey(be32(attribute(data, unix.NFTA_CT_KEY))),
			Register:  be32(attribute(data, unix.NFTA_CT_DREG)),
			Direction: 2, // none named; IP_CT_DIR_MAX
		}
		if dir := attribute(data, unix.NFTA_CT_DIRECTION); len(dir) == 1 {
			ct.Direction = uint32(dir[0])
		}
		if sreg := attribute(data, unix.NFTA_CT_SREG); sreg != nil {
			ct.Register, ct.SourceRegister = be32(sreg), true
		}
		return ct
	case "immediate":
		return decodeImmediate(data)
	case "bitwise":
		// NFTA_BITWISE_OP: absent or 0 for mask and xor, 1 and 2 for shifts, more since Linux 6.13.
		if op := attribute(data, 6); op != nil && be32(op) != 0 {
			return &Shift{
				Source: be32(attribute(data, unix.NFTA_BITWISE_SREG)),
				Dest:   be32(attribute(data, unix.NFTA_BITWISE_DREG)),
				Len:    be32(attribute(data, unix.NFTA_BITWISE_LEN)),
			}
		}
		e = &expr.Bitwise{}
	case "byteorder":
		return &Byteorder{
			Source: be32(attribute(data, unix.NFTA_BYTEORDER_SREG)),
			Dest:   be32(attribute(data, unix.NFTA_BYTEORDER_DREG)),
			Len:    be32(attribute(data, unix.NFTA_BYTEORDER_LEN)),
			Size:   be32(attribute(data, unix.NFTA_BYTEORDER_SIZE)),
		}
	case "match":
		return &Match{
			Name: text(attribute(data, unix.NFTA_MATCH_NAME)),
			Rev:  be32(attribute(data, unix.NFTA_MATCH_REV)),
			Info: attribute(data, unix.NFTA_MATCH_INFO),
		}
	case "target":
		return &Target{
			Name: text(attribute(data, unix.NFTA_TARGET_NAME)),
			Rev:  be32(attribute(data, unix.NFTA_TARGET_REV)),
			Info: attribute(data, unix.NFTA_TARGET_INFO),
		}
	default:
		return &Opaque{Name: name}
	}
	if err := expr.Unmarshal(family, data, e); err != nil {
		return &Opaque{Name: name}
	}
	return e
}

// decodeImmediate decodes an immediate expression, which is a verdict where its register is the
// verdict register.
func decodeImmediate(data []byte) any {
	reg := be32(attribute(data, unix.NFTA_IMMEDIATE_DREG))
	value := attribute(data, unix.NFTA_IMMEDIATE_DATA)
	if reg == unix.NFT_REG_VERDICT {
		if v := decodeVerdict(value); v != nil {
			return v
		}
		return &Opaque{Name: "immediate"}
	}
	return &expr.Immediate{Register: reg, Data: attribute(value, unix.NFTA_DATA_VALUE)}
}

// decodeVerdict decodes what is inside an NFTA_IMMEDIATE_DATA or NFTA_SET_ELEM_DATA attribute; nil
// if that is no verdict.
func decodeVerdict(data []byte) *Verdict {
	v := attribute(data, unix.NFTA_DATA_VERDICT)
	code := attribute(v, unix.NFTA_VERDICT_CODE)
	if len(code) != 4 {
		return nil
	}
	return &Verdict{
		Kind:  expr.VerdictKind(int32(binary.BigEndian.Uint32(code))),
		Chain: text(attribute(v, unix.NFTA_VERDICT_CHAIN)),
	}
}
