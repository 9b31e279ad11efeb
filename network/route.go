package network

import "net"

// Route is an entry of a routing table.
type Route struct {
	Family               AddressFamily // AF_INET or AF_INET6.
	Type                 RouteType     // unicast, local, broadcast, …
	Destination          net.IPNet     // destination network.
	DestinationPrefixLen int           // length of the destination's prefix, in bits.
	NextHop              net.IP        // next hop; nil if directly connected.
	Index                int           // index of the interface it leaves by; 0 if none.
	Nif                  Interface     // interface it leaves by; nil if none.
	Table                int           // routing table.
	Priority             int           // metric.
	Preference           uint8         // router preference of RFC 4191 (RTA_PREF): 0 medium, 1 high, 3 low.
}

// RouteType is a route's type (RTN_… of rtnetlink(7)).
type RouteType uint8
