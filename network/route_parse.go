package network

import (
	"encoding/binary"
	"errors"
	"net"
	"slices"

	"golang.org/x/sys/unix"
)

// Attributes of routes and next hops that golang.org/x/sys/unix does not name, or names elsewhere.
const (
	sizeofRtMsg    = 12
	sizeofNextHop  = 8
	sizeofNhMsg    = 8
	rtaNhID        = 30 // RTA_NH_ID
	nhaGroup       = 2  // NHA_GROUP and the rest are of linux/nexthop.h.
	nhaID          = 1
	nhaOif         = 5
	nhaGateway     = 6
	sizeofNhaGroup = 8
)

// nextHop is one of the ways that a route takes.
type nextHop struct {
	gateway net.IP // nil if on link.
	index   int    // of the interface, 0 if none.
}

// nextHopObject is what a nexthop object (ip nexthop) stands for: a way, or a group of other objects.
type nextHopObject struct {
	hop     nextHop
	members []uint32
}

// parsedRoute is a message of the kernel's routing table.
type parsedRoute struct {
	route  Route     // all but Nif; with NextHop and Index of the only way, if there is one.
	hops   []nextHop // more ways than one.
	object uint32    // ID of the nexthop object, 0 if none.
	cloned bool      // cached for a single destination: not configured by anyone.
}

// parseRoute decodes the payload of an RTM_NEWROUTE message. It reports false for messages that
// are malformed, or of another family than IPv4 and IPv6.
func parseRoute(message []byte) (parsedRoute, bool) {
	if len(message) < sizeofRtMsg {
		return parsedRoute{}, false
	}
	family, prefixLen := message[0], int(message[1])
	size := addressSize(family)
	if size == 0 || prefixLen > 8*size {
		return parsedRoute{}, false
	}
	parsed := parsedRoute{cloned: binary.NativeEndian.Uint32(message[8:])&unix.RTM_F_CLONED != 0}
	route := &parsed.route
	*route = Route{
		Family:               AddressFamily(family),
		Table:                int(message[4]),
		Type:                 RouteType(message[7]),
		Destination:          net.IPNet{IP: make(net.IP, size), Mask: net.CIDRMask(prefixLen, 8*size)},
		DestinationPrefixLen: prefixLen,
	}
	netlinkAttributes(message[sizeofRtMsg:], func(kind uint16, value []byte) {
		switch kind {
		case unix.RTA_DST:
			if len(value) == size {
				copy(route.Destination.IP, value)
			}
		case unix.RTA_GATEWAY, unix.RTA_VIA:
			route.NextHop = parseGateway(kind, value, size)
		case unix.RTA_OIF:
			route.Index = int(int32(uint32Of(value)))
		case unix.RTA_PRIORITY:
			route.Priority = int(uint32Of(value))
		case unix.RTA_TABLE:
			route.Table = int(uint32Of(value))
		case unix.RTA_PREF:
			if len(value) >= 1 {
				route.Preference = value[0]
			}
		case rtaNhID:
			parsed.object = uint32Of(value)
		case unix.RTA_MULTIPATH:
			parsed.hops = parseNextHops(value, size)
		}
	})
	return parsed, true
}

// parseNextHops decodes RTA_MULTIPATH, a list of struct rtnexthop, each with attributes of its own.
func parseNextHops(b []byte, size int) (hops []nextHop) {
	for len(b) >= sizeofNextHop {
		length := int(binary.NativeEndian.Uint16(b))
		if length < sizeofNextHop || length > len(b) {
			break
		}
		hop := nextHop{index: int(int32(binary.NativeEndian.Uint32(b[4:])))}
		netlinkAttributes(b[sizeofNextHop:length], func(kind uint16, value []byte) {
			if kind == unix.RTA_GATEWAY || kind == unix.RTA_VIA {
				hop.gateway = parseGateway(kind, value, size)
			}
		})
		hops = append(hops, hop)
		b = b[min(aligned(length), len(b)):]
	}
	return hops
}

// parseGateway decodes RTA_GATEWAY, an address of the route's family, or RTA_VIA (struct rtvia),
// an address of another family, such as an IPv6 router for IPv4. Nil if neither.
func parseGateway(kind uint16, value []byte, size int) net.IP {
	if kind == unix.RTA_VIA {
		if len(value) < 2 {
			return nil
		}
		size = addressSize(uint8(binary.NativeEndian.Uint16(value)))
		value = value[2:]
	}
	if size == 0 || len(value) < size {
		return nil
	}
	return slices.Clone(net.IP(value[:size]))
}

// parseNextHopObject decodes the payload of an RTM_NEWNEXTHOP message.
func parseNextHopObject(message []byte) (id uint32, object nextHopObject, ok bool) {
	if len(message) < sizeofNhMsg {
		return 0, nextHopObject{}, false
	}
	size := addressSize(message[0])
	netlinkAttributes(message[sizeofNhMsg:], func(kind uint16, value []byte) {
		switch kind {
		case nhaID:
			id = uint32Of(value)
		case nhaOif:
			object.hop.index = int(int32(uint32Of(value)))
		case nhaGateway:
			object.hop.gateway = parseGateway(unix.RTA_GATEWAY, value, size)
		case nhaGroup:
			for ; len(value) >= sizeofNhaGroup; value = value[sizeofNhaGroup:] {
				object.members = append(object.members, uint32Of(value))
			}
		}
	})
	return id, object, id != 0
}

// routesOf returns the routes that a message stands for, one for each way that it can go.
func routesOf(parsed parsedRoute, objects map[uint32]nextHopObject) []Route {
	hops := parsed.hops
	// With nexthop_compat_mode off, routes only name their nexthop object.
	if len(hops) == 0 && parsed.route.Index == 0 && parsed.object != 0 {
		object := objects[parsed.object]
		hops = []nextHop{object.hop}
		if len(object.members) > 0 {
			hops = hops[:0]
			for _, member := range object.members {
				hops = append(hops, objects[member].hop) // groups are never members of groups.
			}
		}
	}
	if len(hops) == 0 {
		return []Route{parsed.route}
	}
	routes := make([]Route, 0, len(hops))
	for _, hop := range hops {
		route := parsed.route
		route.NextHop, route.Index = hop.gateway, hop.index
		routes = append(routes, route)
	}
	return routes
}

// dumpRoutes reads all routes of a family from a NETLINK_ROUTE socket. Beyond limit, it keeps only
// what pictures and look-ups cannot do without: default routes and the local table.
func dumpRoutes(fd int, sequence *dumpSequence, family uint8, limit int) (routes []Route, truncated bool, err error) {
	request := make([]byte, sizeofRtMsg)
	request[0] = family
	for range dumpAttempts {
		var messages []parsedRoute
		var byObject bool
		truncated = false
		err = sequence.dump(fd, unix.RTM_GETROUTE, request, func(kind uint16, payload []byte) {
			parsed, ok := parseRoute(payload)
			if !ok || kind != unix.RTM_NEWROUTE || parsed.cloned {
				return
			}
			if len(messages) >= limit && parsed.route.Table != unix.RT_TABLE_LOCAL && parsed.route.DestinationPrefixLen > 0 {
				truncated = true
				return
			}
			byObject = byObject || parsed.object != 0
			messages = append(messages, parsed)
		})
		if err != nil && !errors.Is(err, errDumpChanged) {
			return nil, false, err
		}
		var objects map[uint32]nextHopObject
		if byObject {
			objects = dumpNextHopObjects(fd, sequence)
		}
		routes = make([]Route, 0, len(messages))
		for _, parsed := range messages {
			routes = append(routes, routesOf(parsed, objects)...)
		}
		if err == nil {
			break
		}
	}
	sortRoutes(routes)
	return routes, truncated, nil
}

// dumpNextHopObjects reads the nexthop objects; none if the kernel has no such thing (before 5.3).
func dumpNextHopObjects(fd int, sequence *dumpSequence) map[uint32]nextHopObject {
	objects := map[uint32]nextHopObject{}
	_ = sequence.dump(fd, unix.RTM_GETNEXTHOP, make([]byte, sizeofNhMsg), func(_ uint16, payload []byte) {
		if id, object, ok := parseNextHopObject(payload); ok {
			objects[id] = object
		}
	})
	return objects
}

// addressSize returns the size of a family's addresses in bytes, 0 for families that are not ours.
func addressSize(family uint8) int {
	switch family {
	case unix.AF_INET:
		return net.IPv4len
	case unix.AF_INET6:
		return net.IPv6len
	}
	return 0
}

// uint32Of decodes an attribute of four bytes in the machine's byte order; 0 if it is shorter.
func uint32Of(value []byte) uint32 {
	if len(value) < 4 {
		return 0
	}
	return binary.NativeEndian.Uint32(value)
}
