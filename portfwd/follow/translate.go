package follow

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/google/nftables/expr"
	"github.com/hostwire/hostwire/portfwd/nftget"
	"golang.org/x/sys/unix"
)

// maxPool is the largest pool of addresses of which a rule picks one that is listed in full.
const maxPool = 64

// ports is how a translation changes ports. The zero value leaves them as they are.
type ports struct {
	lo, hi uint16 // new ports, 0 if unchanged.
	shift  bool   // in step from base on.
	base   uint16
}

// translate evaluates a native dnat.
func (w *walker) translate(at place, pk *packet, e *expr.NAT) {
	if e.Family != 0 && e.Family != uint32(w.family) {
		return // such packets never get here.
	}
	lo, hi, p, ok := w.natRegisters(pk, e)
	switch {
	case !ok:
		w.refuse(at, pk, "rewrites to a destination that is computed in a way not understood")
	case e.Prefix:
		w.refuse(at, pk, "rewrites the network part of destinations")
	case !lo.IsValid():
		w.rewrite(at, pk, netip.Addr{}, false, p, 1)
	default:
		w.pool(at, pk, lo, hi, p)
	}
}

// natRegisters returns the destination in the registers of a dnat.
func (w *walker) natRegisters(pk *packet, e *expr.NAT) (lo, hi netip.Addr, p ports, ok bool) {
	addr := func(reg uint32) (netip.Addr, bool) {
		b, ok := pk.regs.constant(reg, w.addrLen)
		if !ok {
			return netip.Addr{}, false
		}
		a, _ := netip.AddrFromSlice(b)
		return a, true
	}
	ok = true
	if e.RegAddrMin != 0 {
		if lo, ok = addr(e.RegAddrMin); !ok {
			return
		}
		hi = lo
		if e.RegAddrMax != 0 {
			if hi, ok = addr(e.RegAddrMax); !ok {
				return
			}
		}
	}
	p, ok = portRegisters(pk, e.RegProtoMin, e.RegProtoMax)
	return
}

// portRegisters returns the ports in registers; none if the first is not given.
func portRegisters(pk *packet, lo, hi uint32) (p ports, ok bool) {
	if lo == 0 {
		return ports{}, true
	}
	b, ok := pk.regs.constant(lo, 2)
	if !ok {
		return ports{}, false
	}
	p.lo = uint16(number(b).lo)
	p.hi = p.lo
	if hi != 0 {
		if b, ok = pk.regs.constant(hi, 2); !ok {
			return ports{}, false
		}
		p.hi = uint16(number(b).lo)
	}
	return p, true
}

// redirect evaluates a native redirect.
func (w *walker) redirect(at place, pk *packet, e *expr.Redir) {
	p, ok := portRegisters(pk, e.RegisterProtoMin, e.RegisterProtoMax)
	if !ok {
		w.refuse(at, pk, "redirects to a port that is computed in a way not understood")
		return
	}
	w.rewrite(at, pk, netip.Addr{}, true, p, 1)
}

// refuse reports the present rule, which rewrites in a way that is not understood.
func (w *walker) refuse(at place, pk *packet, text string) {
	if w.remaining(pk) < tiny {
		return
	}
	w.problem(Problem{Family: w.family, Table: at.table.Name, Chain: at.chain.Name, Handle: at.rule.Handle, Text: text})
}

// pool rewrites to one of several neighbouring addresses, which the kernel picks evenly.
func (w *walker) pool(at place, pk *packet, lo, hi netip.Addr, p ports) {
	var addrs []netip.Addr
	for addr := lo; addr.IsValid() && addr.Compare(hi) <= 0 && len(addrs) <= maxPool; addr = addr.Next() {
		addrs = append(addrs, addr)
	}
	if len(addrs) == 0 || len(addrs) > maxPool {
		w.refuse(at, pk, fmt.Sprintf("rewrites to any of the addresses %s to %s", lo, hi))
		return
	}
	for _, addr := range addrs {
		w.rewrite(at, pk, addr, false, p, 1/float64(len(addrs)))
	}
}

// rewrite emits the paths that end at the present rule: one for each range of addresses and ports
// at which it accepts packets.
func (w *walker) rewrite(at place, pk *packet, to netip.Addr, redirect bool, p ports, share float64) {
	b := w.without(pk.box)
	left := *pk
	left.box = b
	share *= w.remaining(&left)
	if share < tiny || b.empty() {
		return
	}
	if pk.unsure != nil {
		w.problem(*pk.unsure)
		return
	}
	if pk.marked && b[fieldPort] == nil {
		w.refuse(at, pk, "rewrites packets that other rules have marked, so that their ports can't be told")
		return
	}
	path := Path{
		Family: w.family, Hook: w.hook,
		Local: len(b[fieldType]) == 1 && b[fieldType][0] == single(unix.RTN_LOCAL),
		To:    to, Redirect: redirect,
		Share: share, Limited: pk.limits > 0,
		Steps: append(slices.Clip(pk.steps), w.step(at, pk)),
	}
	for _, proto := range []uint8{unix.IPPROTO_TCP, unix.IPPROTO_UDP, unix.IPPROTO_SCTP} {
		if !b[fieldProto].covers(spans{single(uint64(proto))}) {
			continue
		}
		path.Proto = proto
		for _, addrs := range w.addresses(b[fieldAddr]) {
			path.AddrLo, path.AddrHi = addrs[0], addrs[1]
			for _, r := range portRanges(b[fieldPort]) {
				w.mapPorts(at, path, r[0], r[1], p)
			}
		}
	}
}

// addresses returns the ranges of addresses that packets are accepted at; one of invalid
// addresses stands for any. Where it is all but some, it is any.
func (w *walker) addresses(s spans) [][2]netip.Addr {
	if s == nil {
		return [][2]netip.Addr{{}}
	}
	var ranges [][2]netip.Addr
	all := 0.0
	for _, r := range s {
		lo, _ := netip.AddrFromSlice(r.lo.bytes(w.addrLen))
		hi, _ := netip.AddrFromSlice(r.hi.bytes(w.addrLen))
		ranges = append(ranges, [2]netip.Addr{lo, hi})
		all += r.count()
	}
	if all >= (span{u128{}, w.most(fieldAddr)}).count()/2 {
		return [][2]netip.Addr{{}}
	}
	return ranges
}

// portRanges returns the ranges of ports that packets are accepted at; there is no port 0.
func portRanges(s spans) [][2]uint16 {
	if s == nil {
		return [][2]uint16{{1, 0xffff}}
	}
	var ranges [][2]uint16
	for _, r := range s {
		lo, hi := max(r.lo.lo, 1), r.hi.lo
		if lo <= hi && hi <= 0xffff {
			ranges = append(ranges, [2]uint16{uint16(lo), uint16(hi)})
		}
	}
	return ranges
}

// mapPorts emits paths for a range of accepted ports, in as many pieces as the translation does
// different things to them.
func (w *walker) mapPorts(at place, path Path, lo, hi uint16, p ports) {
	emit := func(lo, hi int, to uint16, toOne bool) {
		if lo <= hi && len(w.paths) < maxPaths {
			path.PortLo, path.PortHi, path.ToPort, path.ToOne = uint16(lo), uint16(hi), to, toOne && lo < hi
			w.paths = append(w.paths, path)
		}
	}
	from, to := int(lo), int(hi)
	switch {
	case p.lo == 0 && p.hi == 0:
		emit(from, to, lo, false)
	case p.lo > p.hi:
		w.problem(Problem{Family: w.family, Table: at.table.Name, Chain: at.chain.Name, Handle: at.rule.Handle,
			Text: fmt.Sprintf("rewrites to ports %d to %d", p.lo, p.hi)})
	case p.lo == p.hi:
		emit(from, to, p.lo, true)
	case p.shift:
		// Ports move by as much as p.lo differs from the base, around in circles if there are
		// more of them than new ones.
		size := int(p.hi) - int(p.lo) + 1
		for from <= to {
			off := int(uint16(from-int(p.base))) % size
			last := min(to, from+size-1-off)
			if from < int(p.base) {
				last = min(last, int(p.base)-1)
			}
			emit(from, last, p.lo+uint16(off), false)
			from = last + 1
		}
	default:
		// Without a base, ports that are in the range already stay, and for all others the
		// kernel takes the first one while that is free (nf_nat_l4proto_unique_tuple; measured).
		emit(from, min(to, int(p.lo)-1), p.lo, true)
		emit(max(from, int(p.lo)), min(to, int(p.hi)), uint16(max(from, int(p.lo))), false)
		emit(max(from, int(p.hi)+1), to, p.lo, true)
	}
}

// target evaluates an xtables target; false if it ends the rule.
func (w *walker) target(at place, pk *packet, t *nftget.Target) bool {
	switch t.Name {
	case "MARK", "CONNMARK", "LOG", "NFLOG", "TRACE", "CT", "NOTRACK", "SET", "AUDIT", "SECMARK", "CONNSECMARK",
		"CLASSIFY", "TOS", "DSCP", "TTL", "HL", "TCPMSS", "TCPOPTSTRIP", "CHECKSUM", "RATEEST", "LED", "IDLETIMER", "HMARK", "TEE":
		return true
	case "MASQUERADE", "SNAT", "REJECT", "NFQUEUE":
		w.stop(at, *pk, 0)
		return false
	case "DNAT", "REDIRECT":
		r, ok := t.NATRange(byte(w.family))
		p := ports{lo: r.MinPort, hi: r.MaxPort, shift: r.Shift, base: r.Base}
		switch {
		case !ok:
			w.refuse(at, pk, fmt.Sprintf("target %s of revision %d is not understood", t.Name, t.Rev))
		case r.Whole:
			w.refuse(at, pk, "rewrites the network part of destinations")
		case t.Name == "REDIRECT":
			w.rewrite(at, pk, netip.Addr{}, true, p, 1)
		case r.MinIP.IsValid():
			w.pool(at, pk, r.MinIP, r.MaxIP, p)
		default:
			w.rewrite(at, pk, netip.Addr{}, false, p, 1)
		}
		w.stop(at, *pk, 0)
		return false
	}
	w.refuse(at, pk, fmt.Sprintf("target %q is not understood", t.Name))
	return false
}

// match evaluates an xtables match; false if it does not match.
func (w *walker) match(at place, pk *packet, m *nftget.Match) bool {
	switch m.Name {
	case "comment", "nfacct":
		return true
	case "tcp", "udp", "sctp":
		proto, dest, restricted, ok := m.PortMatch()
		if !ok {
			return w.demand(at, pk, unsure, fmt.Sprintf("match %q is not understood", m.Name))
		}
		c := w.destPorts(dest)
		c.box[fieldProto] = spans{single(uint64(proto))}
		c.limited = restricted
		return w.demand(at, pk, c, "")
	case "multiport":
		dest, source, either, ok := m.Multiport()
		switch {
		case !ok || either && !dest.Invert:
			return w.demand(at, pk, unsure, "match \"multiport\" is not understood")
		case source || either:
			return w.demand(at, pk, condition{limited: true, source: true}, "")
		}
		return w.demand(at, pk, w.destPorts(dest), "")
	case "addrtype":
		return w.addrType(at, pk, m)
	case "iprange":
		r, ok := m.IPRange(byte(w.family))
		if !ok {
			return w.demand(at, pk, unsure, "match \"iprange\" is not understood")
		}
		c := condition{limited: r.Source, source: r.Source}
		if r.Min.IsValid() {
			c.box[fieldAddr] = normal([]span{{number(r.Min.AsSlice()), number(r.Max.AsSlice())}})
			if r.Invert {
				c.box[fieldAddr] = c.box[fieldAddr].complement(w.most(fieldAddr))
			}
			c.never = c.box[fieldAddr].empty()
		}
		return w.demand(at, pk, c, "")
	case "statistic":
		share, ok := m.Statistic()
		if !ok {
			return w.demand(at, pk, unsure, "match \"statistic\" is not understood")
		}
		return w.split(pk, share, w.stops.len())
	case "conntrack":
		if m.OriginalDestination() {
			return w.demand(at, pk, unsure, "match \"conntrack\" is for original destinations, which is not understood")
		}
		return w.demand(at, pk, condition{limited: true}, "")
	case "mark", "connmark":
		return w.demand(at, pk, condition{limited: true, marked: true}, "")
	case "recent":
		return m.RecordsOnly() || w.demand(at, pk, condition{limited: true}, "")
	case "mac", "owner", "physdev", "socket", "rpfilter", "devgroup":
		return w.demand(at, pk, condition{limited: true, source: true}, "")
	case "state", "limit", "hashlimit", "connlimit", "time", "length", "ttl", "hl", "tos", "dscp",
		"ecn", "pkttype", "quota", "cpu", "helper", "tcpmss", "string", "cgroup", "realm", "policy", "connbytes", "connlabel":
		return w.demand(at, pk, condition{limited: true}, "")
	}
	return w.demand(at, pk, unsure, fmt.Sprintf("match %q is not understood", m.Name))
}

// destPorts is the condition that the destination port is one of these.
func (w *walker) destPorts(p nftget.Ports) (c condition) {
	if len(p.Spans) == 0 {
		return c
	}
	var all []span
	for _, s := range p.Spans {
		all = append(all, span{u128{lo: uint64(s.Min)}, u128{lo: uint64(s.Max)}})
	}
	c.box[fieldPort] = normal(all)
	if p.Invert {
		c.box[fieldPort] = c.box[fieldPort].complement(w.most(fieldPort))
	}
	c.never = c.box[fieldPort].empty()
	return c
}

// addrType evaluates the match on types of addresses.
func (w *walker) addrType(at place, pk *packet, m *nftget.Match) bool {
	t, ok := m.AddrType()
	if !ok {
		return w.demand(at, pk, unsure, "match \"addrtype\" is not understood")
	}
	c := condition{limited: t.LimitedToInterface || t.Source != 0, source: t.Source != 0}
	if t.Dest != 0 {
		var types []span
		for bit := range uint64(16) {
			if t.Dest&(1<<bit) != 0 {
				types = append(types, single(bit))
			}
		}
		c.box[fieldType] = normal(types)
		if t.InvertDest {
			c.box[fieldType] = c.box[fieldType].complement(w.most(fieldType))
		}
		c.never = c.box[fieldType].empty()
	}
	return w.demand(at, pk, c, "")
}
