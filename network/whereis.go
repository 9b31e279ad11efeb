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
	return firstOf(n.NifList(), func(nif Interface) Interface {
		if !nif.Nif().HasAddress(addr) {
			return nil
		}
		return nif
	})
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
	addr, ok := netip.AddrFromSlice(destIP)
	if !ok {
		return nil, nil
	}
	return n.whereIs(addr.Unmap(), map[*NetworkNamespace]bool{})
}

// whereIs is WhereIs from a namespace that is reached after those already seen.
func (n *NetworkNamespace) whereIs(addr netip.Addr, seen map[*NetworkNamespace]bool) (*NetworkNamespace, Interface) {
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
		found := segmentOf(route.Nif).resolve(nextHop)
		if found == nil {
			continue
		}
		if nextHop == addr {
			return found.Nif().Netns, found
		}
		if netns, nif := found.Nif().Netns.whereIs(addr, seen); netns != nil {
			return netns, nif
		}
	}
	return nil, nil
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
