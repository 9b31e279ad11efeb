package portfwd

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"slices"

	"github.com/hostwire/hostwire/portfwd/follow"
	"golang.org/x/sys/unix"
)

// Where ports or addresses can't be told as one range of neighbours that move in step, this many of
// them are listed one by one.
const maxListed = 8

// Claim is what a detector says about a way to a rewritten destination.
type Claim struct {
	Source  string
	Service string
	Hidden  bool // is no forward for those who come from outside.
}

// FromRules returns the detector that takes the ways for which mine returns true, and makes
// forwards out of them as claim tells.
func FromRules(mine func(*follow.Path) bool, claim func(*follow.Path) Claim) Detector {
	return DetectorFunc(func(s *System) ([]Forward, []Finding) {
		var paths []claimed
		for _, p := range s.Take(mine) {
			if c := claim(p); !c.Hidden {
				paths = append(paths, claimed{p, c})
			}
		}
		return s.forwards(paths)
	})
}

// claimed is a way with what its detector says about it.
type claimed struct {
	*follow.Path
	Claim
}

// sameness is what makes two ways the same forward.
type sameness struct {
	family         follow.Family
	proto          uint8
	addrLo, addrHi netip.Addr
	portLo, portHi uint16
	to             netip.Addr
	redirect       bool
	toPort         uint16
	toOne          bool
}

// route is a forward in the making: all ways that are the same.
type route struct {
	sameness
	local   bool
	path    claimed    // the first of them.
	share   [2]float64 // for packets that come in and for those of the host itself, by ways that are for all of them.
	limited float64    // by other ways.
}

// forwards makes forwards out of ways.
func (s *System) forwards(paths []claimed) ([]Forward, []Finding) {
	routes := coalesce(gather(paths))
	wild := anywhere(routes)
	var (
		forwards []Forward
		findings []Finding
	)
	for _, r := range routes {
		addrs, ok := s.acceptedAt(r)
		if !ok {
			last := r.path.last()
			findings = append(findings, Finding{
				Family: familyName(r.family), Table: last.Table.Name, Chain: last.Chain.Name, Handle: last.Rule.Handle,
				Text: fmt.Sprintf("forwards %s to port %s of all addresses from %s to %s, which is not shown",
					protocolName(r.proto), portsText(r.portLo, r.portHi), r.addrLo, r.addrHi),
			})
			continue
		}
		for _, addr := range addrs {
			if addr.IsValid() && !addr.IsUnspecified() && s.covered(wild, r, addr) {
				continue
			}
			forwards = append(forwards, r.forwards(addr)...)
		}
	}
	return forwards, findings
}

// last returns the rule that rewrites.
func (p claimed) last() follow.Step { return p.Steps[len(p.Steps)-1] }

// gather folds ways that are the same forward: shares of ways from the same hook add up, since
// the packets that take them are different ones.
func gather(paths []claimed) []*route {
	var routes []*route
	known := map[sameness]*route{}
	for _, p := range paths {
		id := sameness{p.Family, p.Proto, p.AddrLo, p.AddrHi, p.PortLo, p.PortHi, p.To, p.Redirect, p.ToPort, p.ToOne}
		r := known[id]
		if r == nil {
			r = &route{sameness: id, local: p.Local, path: p}
			known[id] = r
			routes = append(routes, r)
		}
		r.local = r.local && p.Local
		if p.Limited {
			r.limited = max(r.limited, p.Share)
			continue
		}
		hook := 0
		if p.Hook == unix.NF_INET_LOCAL_OUT {
			hook = 1
		}
		r.share[hook] += p.Share
	}
	return routes
}

// total returns the share of packets that the route gets.
func (r *route) total() float64 {
	return min(cmp.Or(r.share[0], r.share[1], r.limited), 1)
}

// coalesce joins neighbouring ports of the same rule that move in step.
func coalesce(routes []*route) []*route {
	order := func(a, b *route) int {
		return cmp.Or(
			cmp.Compare(a.family, b.family),
			cmp.Compare(a.proto, b.proto),
			a.addrLo.Compare(b.addrLo),
			a.addrHi.Compare(b.addrHi),
			a.to.Compare(b.to),
			cmp.Compare(a.portLo, b.portLo),
			cmp.Compare(a.portHi, b.portHi),
			cmp.Compare(a.toPort, b.toPort),
		)
	}
	slices.SortStableFunc(routes, order)
	joined := routes[:0]
	for _, r := range routes {
		if n := len(joined); n > 0 && joined[n-1].continues(r) {
			joined[n-1].portHi = r.portHi
			continue
		}
		joined = append(joined, r)
	}
	return joined
}

// continues tells whether the next route goes on where r ends.
func (r *route) continues(next *route) bool {
	want := r.sameness
	want.portLo, want.portHi = r.portHi+1, next.portHi
	want.toPort = r.toPort + (r.portHi - r.portLo) + 1
	return r.portHi != 0xffff && !r.toOne && next.sameness == want && r.local == next.local &&
		r.total() == next.total() && r.path.last().Rule == next.path.last().Rule
}

// acceptedAt returns the addresses at which packets are accepted; the unspecified one for any.
// False if they are too many.
func (s *System) acceptedAt(r *route) ([]netip.Addr, bool) {
	if !r.addrLo.IsValid() {
		if r.family == follow.IPv6 {
			return []netip.Addr{netip.IPv6Unspecified()}, true
		}
		return []netip.Addr{netip.IPv4Unspecified()}, true
	}
	if r.addrLo == r.addrHi {
		return []netip.Addr{r.addrLo}, true
	}
	// Of a whole network, those addresses count that are here.
	var here []netip.Addr
	loopback := []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}
	for _, addr := range append(loopback, s.Addrs...) {
		if addr.BitLen() == r.addrLo.BitLen() && r.addrLo.Compare(addr) <= 0 && addr.Compare(r.addrHi) <= 0 && !slices.Contains(here, addr) {
			here = append(here, addr)
		}
	}
	if len(here) > 0 || r.local {
		return here, true
	}
	for addr := r.addrLo; ; addr = addr.Next() {
		if here = append(here, addr); len(here) > maxListed {
			return nil, false
		}
		if addr == r.addrHi {
			return here, true
		}
	}
}

// anywhere returns the routes that accept packets at any address, by all else about them.
func anywhere(routes []*route) map[sameness]*route {
	found := map[sameness]*route{}
	for _, r := range routes {
		if !r.addrLo.IsValid() {
			found[r.sameness] = r
		}
	}
	return found
}

// covered tells whether another route accepts the same ports at any address, and leads to the same.
func (s *System) covered(anywhere map[sameness]*route, r *route, addr netip.Addr) bool {
	same := r.sameness
	same.addrLo, same.addrHi = netip.Addr{}, netip.Addr{}
	other := anywhere[same]
	return other != nil && (!other.local || s.IsLocal(addr))
}

// forwards returns the route's forwards at an address.
func (r *route) forwards(addr netip.Addr) []Forward {
	f := Forward{
		ForwardedPortRange: ForwardedPortRange{
			Protocol: protocolName(r.proto),
			IP:       addr.AsSlice(),
			PortMin:  r.portLo, PortMax: r.portHi,
			ForwardPortMin: r.toPort,
			ToOne:          r.toOne,
		},
		Source:  r.path.Source,
		Service: r.path.Service,
		Share:   r.total(),
	}
	switch {
	case r.to.IsValid():
		f.ForwardIP = net.IP(r.to.AsSlice())
	case !r.redirect && !addr.IsUnspecified():
		f.ForwardIP = net.IP(addr.AsSlice()) // only the port changes.
	}
	if !r.toOne || int(r.portHi)-int(r.portLo) >= maxListed {
		return []Forward{f}
	}
	var list []Forward
	for port := int(r.portLo); port <= int(r.portHi); port++ {
		f.PortMin, f.PortMax, f.ToOne = uint16(port), uint16(port), false
		list = append(list, f)
	}
	return list
}

func protocolName(proto uint8) string {
	switch proto {
	case unix.IPPROTO_TCP:
		return "tcp"
	case unix.IPPROTO_UDP:
		return "udp"
	}
	return "sctp"
}

func familyName(f follow.Family) string {
	if f == follow.IPv6 {
		return "IPv6"
	}
	return "IPv4"
}

func portsText(lo, hi uint16) string {
	if lo == hi {
		return fmt.Sprint(lo)
	}
	return fmt.Sprintf("%d-%d", lo, hi)
}

// Findings turns problems into findings.
func Findings(problems []follow.Problem) []Finding {
	var findings []Finding
	for _, p := range problems {
		findings = append(findings, Finding{Family: familyName(p.Family), Table: p.Table, Chain: p.Chain, Handle: p.Handle, Text: p.Text})
	}
	return findings
}
