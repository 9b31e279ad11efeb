package network

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"slices"

	"golang.org/x/sys/unix"
)

// Route is one route of a network namespace; a multipath route is one Route for each of its next
// hops. Routes of all tables are listed, but none that the kernel only cached.
type Route struct {
	Family               AddressFamily // AF_INET or AF_INET6.
	Type                 RouteType     // unicast, local, blackhole, …
	Destination          net.IPNet     // destination; 0.0.0.0/0 or ::/0 for a default route. 4 bytes for IPv4.
	DestinationPrefixLen int           // the destination's prefix length, in bits.
	NextHop              net.IP        // router to send to; nil if the destination is on the link. IPv6 for an IPv4 route "via inet6".
	Index                int           // index of the interface that packets leave by; 0 if none, such as for blackholes.
	Nif                  Interface     // the interface of that index; nil if none.
	Table                int           // table: 255 local, 254 main, 253 default (rt_tables of iproute2).
	Priority             int           // metric; lower wins.
	Preference           uint8         // IPv6 router preference (RFC 4191, RTA_PREF): 0 medium, 1 high, 3 low; 0 for IPv4.
}

// RouteType is the kernel's RTN_… number for what a route does with packets (rtnetlink(7)).
type RouteType uint8

var routeTypeNames = [...]string{
	unix.RTN_UNSPEC:      "unspec",
	unix.RTN_UNICAST:     "unicast",
	unix.RTN_LOCAL:       "local",
	unix.RTN_BROADCAST:   "broadcast",
	unix.RTN_ANYCAST:     "anycast",
	unix.RTN_MULTICAST:   "multicast",
	unix.RTN_BLACKHOLE:   "blackhole",
	unix.RTN_UNREACHABLE: "unreachable",
	unix.RTN_PROHIBIT:    "prohibit",
	unix.RTN_THROW:       "throw",
	unix.RTN_NAT:         "nat",
	unix.RTN_XRESOLVE:    "xresolve",
}

// String returns the type's name as iproute2 and pyroute2 write it, such as "unicast".
func (r RouteType) String() string {
	if int(r) < len(routeTypeNames) {
		return routeTypeNames[r]
	}
	return fmt.Sprintf("RouteType(%d)", uint8(r))
}

// maxRoutes bounds the routes that are kept of each namespace and family. A router that speaks BGP
// holds about a million, and nobody reads them in a picture.
const maxRoutes = 50_000

// discoverRoutes reads the routes of a namespace whose interfaces are known, through a
// NETLINK_ROUTE socket that was opened in it.
func (n *NetworkNamespace) discoverRoutes(fd int, sequence *dumpSequence) (findings []Finding) {
	for _, family := range []uint8{unix.AF_INET, unix.AF_INET6} {
		routes, truncated, err := dumpRoutes(fd, sequence, family, maxRoutes)
		if err != nil {
			findings = append(findings, Finding{
				Kind:    FindingNetns,
				Subject: subjectOf(n),
				Message: fmt.Sprintf("%s routes could not be read: %v", AddressFamily(family), err),
				Netns:   n,
			})
			continue
		}
		if truncated {
			findings = append(findings, Finding{
				Kind:    FindingLimit,
				Subject: subjectOf(n),
				Message: fmt.Sprintf("has more than %d %s routes: only default routes and the local table are complete", maxRoutes, AddressFamily(family)),
				Netns:   n,
			})
		}
		for i := range routes {
			routes[i].Nif = n.Nifs[routes[i].Index]
		}
		if family == unix.AF_INET {
			n.Routesv4 = routes
		} else {
			n.Routesv6 = routes
		}
	}
	return append(findings, n.discoverForwarding(fd, sequence)...)
}

// sortRoutes orders routes for people and for looking them up: by table, destination, prefix
// length, priority (lower wins), type, and way.
func sortRoutes(routes []Route) {
	slices.SortStableFunc(routes, func(a, b Route) int {
		return cmp.Or(
			cmp.Compare(a.Table, b.Table),
			compareIP(a.Destination.IP, b.Destination.IP),
			cmp.Compare(a.DestinationPrefixLen, b.DestinationPrefixLen),
			cmp.Compare(a.Priority, b.Priority),
			cmp.Compare(a.Type, b.Type),
			cmp.Compare(a.Index, b.Index),
			compareIP(a.NextHop, b.NextHop),
		)
	})
}

// lookupOrder are the tables that packets are looked up in, by the rules that every network
// namespace starts with (ip-rule(8)).
var lookupOrder = []int{unix.RT_TABLE_LOCAL, unix.RT_TABLE_MAIN, unix.RT_TABLE_DEFAULT}

// routesTo returns the routes that the kernel would take to an address, without policy rules of the
// namespace's own: those with the longest matching prefix and, among these, the lowest priority
// value; several if there are several ways. Nil if there is none, or if what matches forbids it
// (blackhole, unreachable, prohibit).
func (n *NetworkNamespace) routesTo(addr netip.Addr) []Route {
	addr = addr.Unmap()
	routes := n.Routesv6
	if addr.Is4() {
		routes = n.Routesv4
	}
	ip := net.IP(addr.AsSlice())
	for _, table := range lookupOrder {
		best := bestRoutes(routes, table, ip)
		if len(best) == 0 {
			continue
		}
		switch best[0].Type {
		case unix.RTN_UNICAST, unix.RTN_LOCAL, unix.RTN_BROADCAST, unix.RTN_ANYCAST, unix.RTN_MULTICAST:
			return best
		case unix.RTN_THROW: // out of this table, on to the next.
		default:
			return nil
		}
	}
	return nil
}

// bestRoutes returns the routes of a table that match an address best.
func bestRoutes(routes []Route, table int, ip net.IP) (best []Route) {
	for i := range routes {
		route := &routes[i]
		if route.Table != table || !route.Destination.Contains(ip) {
			continue
		}
		switch {
		case len(best) == 0,
			route.DestinationPrefixLen > best[0].DestinationPrefixLen,
			route.DestinationPrefixLen == best[0].DestinationPrefixLen && route.Priority < best[0].Priority:
			best = append(best[:0], *route)
		case route.DestinationPrefixLen == best[0].DestinationPrefixLen && route.Priority == best[0].Priority && route.Type == best[0].Type:
			best = append(best, *route)
		}
	}
	return best
}
