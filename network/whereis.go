package network

import (
	"net"
	"net/netip"

	"golang.org/x/sys/unix"
)

// maxHops bounds the namespaces that a packet is followed through. Real wirings have two or three.
const maxHops = 16

// NifWithAddress returns the interface of this namespace that the address is assigned to; nil if
// there is none. Of several, it is the first by name.
func (n *NetworkNamespace) NifWithAddress(addr net.IP) Interface {
	var first Interface
	for _, nif := range n.Nifs {
		if nif.Nif().HasAddress(addr) && (first == nil || compareInterfaces(nif, first) < 0) {
			first = nif
		}
	}
	return first
}

// WhereIs returns where packets go that this namespace sends to an address: the namespace that the
// address is in, and the interface that it is assigned to. That is this namespace itself if it has
// the address. Otherwise it is found by routing: out of the interface that the route names, over
// veth and netkit pairs, bridges, VLANs, macvlans, ipvlans, bonds and teams, to the next hop, and on
// from there.
//
// Both are nil if no route leads to the address, or it is not on this host. Firewalls, policy
// routing, and forwarding being switched off are not taken into account.
func (n *NetworkNamespace) WhereIs(destIP net.IP) (*NetworkNamespace, Interface) {
	return newPathfinder().whereIs(n, destIP)
}

// pathfinder answers where many addresses are while nothing changes. It remembers what interfaces
// reach: that takes a millisecond to find out for a bridge with a thousand ports.
type pathfinder struct{ segments map[*NifAttrs]*segment }

func newPathfinder() *pathfinder { return &pathfinder{map[*NifAttrs]*segment{}} }

// whereIs is [NetworkNamespace.WhereIs].
func (p *pathfinder) whereIs(n *NetworkNamespace, destIP net.IP) (*NetworkNamespace, Interface) {
	addr, ok := netip.AddrFromSlice(destIP)
	if !ok {
		return nil, nil
	}
	return p.follow(n, addr.Unmap(), map[*NetworkNamespace]bool{})
}

// follow finds where an address is from a namespace that is reached after those already seen.
func (p *pathfinder) follow(n *NetworkNamespace, addr netip.Addr, seen map[*NetworkNamespace]bool) (*NetworkNamespace, Interface) {
	if seen[n] || len(seen) >= maxHops {
		return nil, nil
	}
	seen[n] = true
	if nif := n.NifWithAddress(addr.AsSlice()); nif != nil {
		return n, nif
	}
	for _, route := range n.routesTo(addr) {
		switch {
		case route.Nif == nil:
			continue
		case route.Type == unix.RTN_LOCAL:
			return n, route.Nif // such as all of 127.0.0.0/8.
		case route.Type != unix.RTN_UNICAST, addr.IsLoopback(), addr.IsMulticast():
			continue // packets to 127.0.0.1 never leave, whatever the routes say.
		}
		nextHop := addr
		if hop, ok := netip.AddrFromSlice(route.NextHop); ok && !hop.IsUnspecified() {
			nextHop = hop.Unmap()
		}
		if nextHop != addr && addr.Is6() && addr.IsLinkLocalUnicast() {
			continue // not to be forwarded (RFC 4291, section 2.5.6).
		}
		found := p.segment(route.Nif).resolve(nextHop)
		if found == nil {
			continue
		}
		if nextHop == addr {
			return found.Nif().Netns, found
		}
		if netns, nif := p.follow(found.Nif().Netns, addr, seen); netns != nil {
			return netns, nif
		}
	}
	return nil, nil
}

// segment returns what frames sent by an interface reach.
func (p *pathfinder) segment(nif Interface) *segment {
	known := p.segments[nif.Nif()]
	if known == nil {
		known = segmentOf(nif)
		p.segments[nif.Nif()] = known
	}
	return known
}

// NifInBridgedNetwork returns the interface with the address that is on the same network as the
// bridge: the bridge itself, what its ports lead to, over veth pairs, further bridges, macvlans, and
// the like, or a macvlan standing on it. Nil if there is none, or if the interface is no bridge.
func (n *NetworkNamespace) NifInBridgedNetwork(bridge Interface, addr net.IP) Interface {
	wanted, ok := netip.AddrFromSlice(addr)
	if !ok || bridge == nil {
		return nil
	}
	bridge = bridge.Interface()
	if _, ok := bridge.(Bridge); !ok {
		return nil
	}
	segment := newSegment()
	segment.receive(bridge, untagged)
	segment.send(bridge, untagged)
	return segment.find(wanted.Unmap())
}
