package nftget

import (
	"encoding/binary"
	"net/netip"

	"golang.org/x/sys/unix"
)

// The structures behind xtables matches and targets are those of the kernel's
// include/uapi/linux/netfilter/xt_*.h. They are in host byte order and alignment, except for
// addresses and the ports of NAT ranges.

// Span is a range of numbers, both ends included.
type Span struct{ Min, Max uint16 }

// Ports is what a match says about ports.
type Ports struct {
	Spans  []Span
	Invert bool // all ports but these.
}

// PortMatch decodes the matches "tcp", "udp" and "sctp": transport protocol, destination ports (no
// spans if any), and whether there are further restrictions, such as source ports and flags.
func (m *Match) PortMatch() (proto uint8, dest Ports, restricted, ok bool) {
	switch m.Name {
	case "tcp":
		// struct xt_tcp: spts[2], dpts[2], option, flg_mask, flg_cmp, invflags
		if len(m.Info) < 12 {
			return 0, Ports{}, false, false
		}
		inv := m.Info[11]
		restricted = portSpan(m.Info[0:]) != anyPort || m.Info[8] != 0 || m.Info[9] != 0 || inv&^2 != 0
		return unix.IPPROTO_TCP, destPorts(m.Info[4:], inv&2 != 0), restricted, true
	case "udp":
		// struct xt_udp: spts[2], dpts[2], invflags
		if len(m.Info) < 9 {
			return 0, Ports{}, false, false
		}
		inv := m.Info[8]
		return unix.IPPROTO_UDP, destPorts(m.Info[4:], inv&2 != 0), portSpan(m.Info[0:]) != anyPort || inv&1 != 0, true
	case "sctp":
		// struct xt_sctp_info: dpts[2], spts[2], chunkmap[64], chunk_match_type,
		// flag_info[4 of 3 bytes], flag_count, flags, invflags. Ports count only where the flags
		// say so.
		if len(m.Info) < 292 {
			return 0, Ports{}, false, false
		}
		flags := binary.NativeEndian.Uint32(m.Info[284:])
		inv := binary.NativeEndian.Uint32(m.Info[288:])
		const srcPorts, destPortsFlag, chunkTypes = 1, 2, 4
		if flags&destPortsFlag != 0 {
			dest = destPorts(m.Info[0:], inv&destPortsFlag != 0)
		}
		return unix.IPPROTO_SCTP, dest, flags&(srcPorts|chunkTypes) != 0, true
	}
	return 0, Ports{}, false, false
}

var anyPort = Span{0, 0xffff}

func portSpan(b []byte) Span {
	return Span{binary.NativeEndian.Uint16(b), binary.NativeEndian.Uint16(b[2:])}
}

func destPorts(b []byte, invert bool) Ports {
	span := portSpan(b)
	if span == anyPort && !invert {
		return Ports{}
	}
	return Ports{Spans: []Span{span}, Invert: invert}
}

// Multiport decodes the match "multiport". Source tells that it (also) is about source ports, and
// either that one of the two suffices, so that nothing is known about the destination's.
func (m *Match) Multiport() (ports Ports, source, either, ok bool) {
	// struct xt_multiport_v1: flags, count, ports[15], pflags[15], invert; revision 0 has no pflags
	// and no invert, and is no longer made.
	if m.Name != "multiport" || m.Rev != 1 || len(m.Info) < 48 {
		return Ports{}, false, false, false
	}
	const sources, destinations = 0, 1
	flags, count := m.Info[0], int(m.Info[1])
	if count > 15 {
		return Ports{}, false, false, false
	}
	for i := 0; i < count; i++ {
		port := binary.NativeEndian.Uint16(m.Info[2+2*i:])
		span := Span{port, port}
		if m.Info[32+i] != 0 && i+1 < count { // first of a range
			i++
			span.Max = binary.NativeEndian.Uint16(m.Info[2+2*i:])
		}
		ports.Spans = append(ports.Spans, span)
	}
	ports.Invert = m.Info[47] != 0
	return ports, flags == sources, flags != sources && flags != destinations, true
}

// AddrType is what the match "addrtype" says.
type AddrType struct {
	Source, Dest             uint16 // bits of types, as 1<<unix.RTN_LOCAL; 0 if it does not matter.
	InvertSource, InvertDest bool
	LimitedToInterface       bool
}

// AddrType decodes the match "addrtype".
func (m *Match) AddrType() (AddrType, bool) {
	if m.Name != "addrtype" {
		return AddrType{}, false
	}
	switch m.Rev {
	case 0: // struct xt_addrtype_info: source, dest, invert_source, invert_dest
		if len(m.Info) < 12 {
			return AddrType{}, false
		}
		return AddrType{
			Source:       binary.NativeEndian.Uint16(m.Info),
			Dest:         binary.NativeEndian.Uint16(m.Info[2:]),
			InvertSource: binary.NativeEndian.Uint32(m.Info[4:]) != 0,
			InvertDest:   binary.NativeEndian.Uint32(m.Info[8:]) != 0,
		}, true
	case 1: // struct xt_addrtype_info_v1: source, dest, flags
		if len(m.Info) < 8 {
			return AddrType{}, false
		}
		flags := binary.NativeEndian.Uint32(m.Info[4:])
		return AddrType{
			Source:             binary.NativeEndian.Uint16(m.Info),
			Dest:               binary.NativeEndian.Uint16(m.Info[2:]),
			InvertSource:       flags&1 != 0,
			InvertDest:         flags&2 != 0,
			LimitedToInterface: flags&(4|8) != 0,
		}, true
	}
	return AddrType{}, false
}

// Statistic decodes the match "statistic": the share of packets that it lets pass.
func (m *Match) Statistic() (share float64, ok bool) {
	// struct xt_statistic_info: mode, flags, union { probability; every, packet, count }
	if m.Name != "statistic" || len(m.Info) < 8 {
		return 0, false
	}
	const random, nth = 0, 1
	value := binary.NativeEndian.Uint32(m.Info[4:])
	switch binary.NativeEndian.Uint16(m.Info) {
	case random:
		share = float64(value) / (1 << 31)
	case nth:
		share = 1 / (float64(value) + 1)
	default:
		return 0, false
	}
	if binary.NativeEndian.Uint16(m.Info[2:])&1 != 0 {
		share = 1 - share
	}
	return min(max(share, 0), 1), true
}

// Comment decodes the match "comment".
func (m *Match) Comment() (string, bool) {
	if m.Name != "comment" {
		return "", false
	}
	return text(m.Info[:min(len(m.Info), 256)]), true
}

// IPRange is what the match "iprange" says about destinations.
type IPRange struct {
	Min, Max netip.Addr // not valid if any.
	Invert   bool
	Source   bool // sources are restricted, too.
}

// IPRange decodes the match "iprange" for a family (unix.NFPROTO_IPV4 or unix.NFPROTO_IPV6).
func (m *Match) IPRange(family byte) (r IPRange, ok bool) {
	// struct xt_iprange_mtinfo: src_min, src_max, dst_min, dst_max (16 bytes each), flags
	if m.Name != "iprange" || m.Rev != 1 || len(m.Info) < 65 {
		return IPRange{}, false
	}
	const src, dst, dstInvert = 1, 2, 32
	flags := m.Info[64]
	r.Source = flags&src != 0
	if flags&dst != 0 {
		r.Min, r.Max = address(family, m.Info[32:48]), address(family, m.Info[48:64])
		r.Invert = flags&dstInvert != 0
	}
	return r, true
}

// address takes an IPv4 or IPv6 address out of a union nf_inet_addr.
func address(family byte, b []byte) netip.Addr {
	if family == unix.NFPROTO_IPV4 {
		return netip.AddrFrom4([4]byte(b[:4]))
	}
	return netip.AddrFrom16([16]byte(b[:16]))
}

// RecordsOnly tells whether the match "recent" only records the packet, and always matches.
func (m *Match) RecordsOnly() bool {
	// struct xt_recent_mtinfo: seconds, hit_count, check_set, invert, …
	const set = 2 // XT_RECENT_SET
	return m.Name == "recent" && len(m.Info) >= 10 && m.Info[8] == set && m.Info[9] == 0
}

// OriginalDestination tells whether the match "conntrack" is about the original destination of a
// connection, which decides on forwards as the destination of its first packet does; it tells true
// also if it can't be told.
func (m *Match) OriginalDestination() bool {
	// struct xt_conntrack_mtinfo3 (as revisions 1 and 2): 8 addresses and masks of 16 bytes, expires_min, expires_max,
	// l4proto, origsrc_port, origdst_port, replsrc_port, repldst_port, match_flags, …
	const flagsAt, origDst, origDstPort = 8*16 + 8 + 10, 1 << 4, 1 << 9
	if m.Name != "conntrack" || len(m.Info) < flagsAt+2 || m.Rev < 1 {
		return true
	}
	return binary.NativeEndian.Uint16(m.Info[flagsAt:])&(origDst|origDstPort) != 0
}

// NATRange is where a target translates to.
type NATRange struct {
	MinIP, MaxIP     netip.Addr // not valid if the address stays, or is the host's own in a redirect.
	MinPort, MaxPort uint16     // 0 if the port stays.
	Shift            bool       // ports move in step, from Base to MinPort; else one of the range is picked.
	Base             uint16
	Whole            bool // network part of addresses is replaced (NETMAP).
}

// NATRange decodes the targets "DNAT" and "REDIRECT" for a family (unix.NFPROTO_IPV4 or
// unix.NFPROTO_IPV6).
func (t *Target) NATRange(family byte) (r NATRange, ok bool) {
	const mapIPs, protoSpecified, protoOffset, netmap = 1, 2, 32, 64
	var flags uint32
	switch {
	case t.Name != "DNAT" && t.Name != "REDIRECT":
		return NATRange{}, false
	case t.Rev == 0 && family == unix.NFPROTO_IPV4:
		// struct nf_nat_ipv4_multi_range_compat: rangesize, { flags, min_ip, max_ip, min, max }[1]
		if len(t.Info) < 20 || binary.NativeEndian.Uint32(t.Info) != 1 {
			return NATRange{}, false
		}
		flags = binary.NativeEndian.Uint32(t.Info[4:])
		r.MinIP, r.MaxIP = address(family, t.Info[8:]), address(family, t.Info[12:])
		r.MinPort, r.MaxPort = binary.BigEndian.Uint16(t.Info[16:]), binary.BigEndian.Uint16(t.Info[18:])
	case t.Rev <= 2:
		// struct nf_nat_range2: flags, min_addr, max_addr, min_proto, max_proto, base_proto;
		// revision 1 (and 0 for IPv6) is nf_nat_range, which has no base_proto.
		if len(t.Info) < 40 || t.Rev == 2 && len(t.Info) < 42 {
			return NATRange{}, false
		}
		flags = binary.NativeEndian.Uint32(t.Info)
		r.MinIP, r.MaxIP = address(family, t.Info[4:20]), address(family, t.Info[20:36])
		r.MinPort, r.MaxPort = binary.BigEndian.Uint16(t.Info[36:]), binary.BigEndian.Uint16(t.Info[38:])
		if t.Rev == 2 && flags&protoOffset != 0 {
			r.Shift, r.Base = true, binary.BigEndian.Uint16(t.Info[40:])
		}
	default:
		return NATRange{}, false
	}
	if flags&mapIPs == 0 || t.Name == "REDIRECT" {
		r.MinIP, r.MaxIP = netip.Addr{}, netip.Addr{}
	}
	if flags&protoSpecified == 0 {
		r.MinPort, r.MaxPort, r.Shift = 0, 0, false
	}
	r.Whole = flags&netmap != 0
	return r, true
}
