package trace

import (
	"fmt"
	"net"
	"net/netip"
	"slices"

	"github.com/hostwire/hostwire/network"
	"golang.org/x/sys/unix"
)

// routesOf returns the namespace's routes for the family of an address.
func routesOf(n *network.NetworkNamespace, addr netip.Addr) []network.Route {
	if addr.Is4() {
		return n.Routesv4
	}
	return n.Routesv6
}

// tablesFor are the routing tables that a packet is looked up in, by the rules that a namespace
// starts with, and by the one that VRFs add for packets that come in by their members or are sent
// by them (Documentation/networking/vrf.rst of the kernel).
func tablesFor(in network.Interface) []int {
	tables := []int{unix.RT_TABLE_LOCAL}
	if in != nil {
		if vrf, ok := asVrf(in); ok {
			tables = append(tables, int(vrf.Vrf().Table))
		}
	}
	return append(tables, unix.RT_TABLE_MAIN, unix.RT_TABLE_DEFAULT)
}

// asVrf returns the VRF that an interface is, or is a member of.
func asVrf(nif network.Interface) (network.Vrf, bool) {
	if vrf, ok := nif.(network.Vrf); ok {
		return vrf, true
	}
	if controller := nif.Nif().Controller; controller != nil {
		vrf, ok := controller.Interface().(network.Vrf)
		return vrf, ok
	}
	return nil, false
}

// otherTables returns the routing tables, besides those that are looked at, that have routes for
// the family of an address.
func otherTables(n *network.NetworkNamespace, addr netip.Addr, in network.Interface) []int {
	known := tablesFor(in)
	for _, nif := range n.Nifs { // VRFs' tables are for their members only.
		if vrf, ok := nif.(network.Vrf); ok {
			known = append(known, int(vrf.Vrf().Table))
		}
	}
	var others []int
	for i := range routesOf(n, addr) {
		table := routesOf(n, addr)[i].Table
		if table != 0 && !slices.Contains(known, table) && !slices.Contains(others, table) {
			others = append(others, table)
		}
	}
	slices.Sort(others)
	return others
}

// lookup returns the routes that the namespace would take to an address: those with the longest
// prefix in the first table that has a match and, among these, with the lowest metric. Several are
// ways of equal worth. Nil if there is none.
func lookup(n *network.NetworkNamespace, addr netip.Addr, in network.Interface) []network.Route {
	ip := net.IP(addr.AsSlice())
	routes := routesOf(n, addr)
	for _, table := range tablesFor(in) {
		var best []network.Route
		for i := range routes {
			r := &routes[i]
			if r.Table != table && !(table == unix.RT_TABLE_MAIN && r.Table == 0) || !r.Destination.Contains(ip) {
				continue
			}
			switch {
			case len(best) == 0, r.DestinationPrefixLen > best[0].DestinationPrefixLen,
				r.DestinationPrefixLen == best[0].DestinationPrefixLen && r.Priority < best[0].Priority:
				best = append(best[:0], *r)
			case r.DestinationPrefixLen == best[0].DestinationPrefixLen && r.Priority == best[0].Priority && r.Type == best[0].Type:
				best = append(best, *r)
			}
		}
		if len(best) > 0 && best[0].Type != unix.RTN_THROW {
			return best
		}
	}
	return nil
}

// hasLocalTable tells whether the model carries the table of the namespace's own addresses, which
// snapshots of other programs, and made-up ones, do not.
func hasLocalTable(n *network.NetworkNamespace) bool {
	for _, routes := range [][]network.Route{n.Routesv4, n.Routesv6} {
		for i := range routes {
			if routes[i].Table == unix.RT_TABLE_LOCAL {
				return true
			}
		}
	}
	return false
}

// isLocal tells whether the namespace takes packets to an address for its own, and by what
// interface it has the address; nil if it is on none in particular.
func isLocal(n *network.NetworkNamespace, addr netip.Addr) (network.Interface, bool) {
	nif := n.NifWithAddress(addr.AsSlice())
	if !hasLocalTable(n) {
		if nif != nil && !down(nif) {
			return nif, true
		}
		return nil, addr.IsLoopback()
	}
	for _, r := range lookup(n, addr, nil) {
		if r.Type == unix.RTN_LOCAL || r.Type == unix.RTN_ANYCAST {
			if nif == nil {
				nif = r.Nif
			}
			return nif, true
		}
	}
	return nil, false
}

// connected makes up the routes into an interface's own subnets where the model carries none.
func connected(n *network.NetworkNamespace, addr netip.Addr) []network.Route {
	nifs := n.NifList()
	nifs.Sort()
	var best []network.Route
	for _, nif := range nifs {
		for _, list := range []network.Addresses{nif.Nif().Addrsv4, nif.Nif().Addrsv6} {
			for _, a := range list {
				own, ok := netip.AddrFromSlice(a.Address)
				if !ok || own.Unmap().Is4() != addr.Is4() {
					continue
				}
				prefix, err := own.Unmap().Prefix(int(a.PrefixLength))
				if err == nil && prefix.Contains(addr) && (len(best) == 0 || prefix.Bits() > best[0].DestinationPrefixLen) {
					best = []network.Route{{Type: unix.RTN_UNICAST, Nif: nif, Index: nif.Nif().Index, Table: unix.RT_TABLE_MAIN,
						DestinationPrefixLen: prefix.Bits(), Destination: net.IPNet{IP: prefix.Addr().AsSlice(), Mask: net.CIDRMask(prefix.Bits(), addr.BitLen())}}}
				}
			}
		}
	}
	return best
}

// routeText writes a route as ip-route(8) does.
func routeText(r *network.Route) string {
	text := "default"
	if r.DestinationPrefixLen > 0 {
		text = fmt.Sprintf("%s/%d", r.Destination.IP, r.DestinationPrefixLen)
	}
	if r.Type != unix.RTN_UNICAST {
		text = r.Type.String() + " " + text
	}
	if len(r.NextHop) > 0 && !r.NextHop.IsUnspecified() {
		text += " via " + r.NextHop.String()
	}
	if r.Nif != nil {
		text += " dev " + r.Nif.Nif().Name
	}
	switch r.Table {
	case 0, unix.RT_TABLE_MAIN, unix.RT_TABLE_LOCAL:
	default:
		text += fmt.Sprintf(" table %d", r.Table)
	}
	return text
}

// sourceFor returns the address that the namespace sends from: one of the interface that the packet
// leaves by, if possible in the subnet of the next hop and of the same scope as the destination;
// else one of another interface. It is what the kernel chooses unless a route names a source.
func sourceFor(n *network.NetworkNamespace, out network.Interface, nextHop netip.Addr) netip.Addr {
	var best netip.Addr
	bestRank := -1
	nifs := n.NifList()
	nifs.Sort()
	for _, nif := range nifs {
		if down(nif) {
			continue
		}
		for _, list := range []network.Addresses{nif.Nif().Addrsv4, nif.Nif().Addrsv6} {
			for _, a := range list {
				addr, ok := netip.AddrFromSlice(a.Address)
				addr = addr.Unmap()
				if !ok || addr.Is4() != nextHop.Is4() || addr.IsLoopback() != nextHop.IsLoopback() {
					continue
				}
				rank := 0
				if out != nil && nif.Nif() == out.Nif() {
					rank += 4
				}
				if addr.Is4() || addr.IsLinkLocalUnicast() == nextHop.IsLinkLocalUnicast() {
					rank += 8
				}
				if prefix, err := addr.Prefix(int(a.PrefixLength)); err == nil && prefix.Contains(nextHop) {
					rank += 2
				}
				if rank > bestRank {
					best, bestRank = addr, rank
				}
			}
		}
	}
	return best
}
