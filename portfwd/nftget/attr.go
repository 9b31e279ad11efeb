package nftget

import (
	"encoding/binary"
	"iter"
)

// attributes yields type and payload of netlink attributes, without the flag bits in the type. It
// stops at the first one that does not fit; whole tells whether all bytes were used up.
func attributes(b []byte) iter.Seq2[uint16, []byte] {
	return func(yield func(uint16, []byte) bool) {
		for len(b) >= 4 {
			length := int(binary.NativeEndian.Uint16(b))
			kind := binary.NativeEndian.Uint16(b[2:]) & 0x3fff // NLA_F_NESTED, NLA_F_NET_BYTEORDER
			if length < 4 || length > len(b) {
				return
			}
			if !yield(kind, b[4:length]) {
				return
			}
			b = b[min((length+3)&^3, len(b)):]
		}
	}
}

// attribute returns the payload of the first attribute of that type, nil if there is none.
func attribute(b []byte, kind uint16) []byte {
	for k, v := range attributes(b) {
		if k == kind {
			return v
		}
	}
	return nil
}

// text returns a zero-terminated string.
func text(b []byte) string {
	for i, c := range b {
		if c == 0 {
			return string(b[:i])
		}
	}
	return string(b)
}

// be32 returns a number in network byte order, 0 where there are not enough bytes.
func be32(b []byte) uint32 {
	if len(b) < 4 {
		return 0
	}
	return binary.BigEndian.Uint32(b)
}

func be64(b []byte) uint64 {
	if len(b) < 8 {
		return 0
	}
	return binary.BigEndian.Uint64(b)
}

// comment finds the comment in the user data that nft and its like attach to rules (type 0) and
// set elements (type 0 as well); see libnftnl's udata: one byte type, one byte length, value.
func comment(userdata []byte) string {
	for len(userdata) >= 2 {
		kind, length := userdata[0], int(userdata[1])
		if len(userdata) < 2+length {
			return ""
		}
		if kind == 0 {
			return text(userdata[2 : 2+length])
		}
		userdata = userdata[2+length:]
	}
	return ""
}
