package network

import (
	"encoding/binary"
	"net"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// routeMessage builds the payload of an RTM_NEWROUTE message.
func routeMessage(family, prefixLen, table, kind uint8, flags uint32, attributes ...[]byte) []byte {
	message := []byte{family, prefixLen, 0, 0, table, unix.RTPROT_STATIC, unix.RT_SCOPE_UNIVERSE, kind}
	message = binary.NativeEndian.AppendUint32(message, flags)
	for _, attribute := range attributes {
		message = append(message, attribute...)
	}
	return message
}

// nextHopMessage builds a struct rtnexthop with its attributes.
func nextHopMessage(index int, attributes ...[]byte) []byte {
	hop := make([]byte, sizeofNextHop)
	binary.NativeEndian.PutUint32(hop[4:], uint32(index))
	for _, attribute := range attributes {
		hop = append(hop, attribute...)
	}
	binary.NativeEndian.PutUint16(hop, uint16(len(hop)))
	return hop
}

func TestParseRoute(t *testing.T) {
	via := binary.NativeEndian.AppendUint16(nil, unix.AF_INET6)
	via = append(via, net.ParseIP("fe80::1")...)
	objects := map[uint32]nextHopObject{
		7: {hop: nextHop{gateway: net.IP{10, 0, 0, 7}, index: 70}},
		8: {hop: nextHop{index: 80}},
		9: {members: []uint32{7, 8}},
	}
	anywhere4, anywhere6 := net.IPNet{IP: net.IP{0, 0, 0, 0}, Mask: net.CIDRMask(0, 32)}, net.IPNet{IP: make(net.IP, 16), Mask: net.CIDRMask(0, 128)}
	for name, test := range map[string]struct {
		message []byte
		want    []Route
	}{
		"IPv4 default route": {
			routeMessage(unix.AF_INET, 0, unix.RT_TABLE_MAIN, unix.RTN_UNICAST, 0,
				attribute(unix.RTA_GATEWAY, []byte{10, 0, 0, 1}), attribute(unix.RTA_OIF, native32(3)), attribute(unix.RTA_PRIORITY, native32(100))),
			[]Route{{Family: unix.AF_INET, Type: unix.RTN_UNICAST, Destination: anywhere4, NextHop: net.IP{10, 0, 0, 1}, Index: 3, Table: 254, Priority: 100}},
		},
		"IPv6 default route with a preference": {
			routeMessage(unix.AF_INET6, 0, unix.RT_TABLE_MAIN, unix.RTN_UNICAST, 0,
				attribute(unix.RTA_GATEWAY, net.ParseIP("fe80::1")), attribute(unix.RTA_OIF, native32(3)), attribute(unix.RTA_PREF, []byte{3})),
			[]Route{{Family: unix.AF_INET6, Type: unix.RTN_UNICAST, Destination: anywhere6, NextHop: net.ParseIP("fe80::1"), Index: 3, Table: 254, Preference: 3}},
		},
		"table beyond 255": {
			routeMessage(unix.AF_INET, 8, unix.RT_TABLE_COMPAT, unix.RTN_BLACKHOLE, 0,
				attribute(unix.RTA_TABLE, native32(1000)), attribute(unix.RTA_DST, []byte{10, 0, 0, 0})),
			[]Route{{Family: unix.AF_INET, Type: unix.RTN_BLACKHOLE, Table: 1000, DestinationPrefixLen: 8,
				Destination: net.IPNet{IP: net.IP{10, 0, 0, 0}, Mask: net.CIDRMask(8, 32)}}},
		},
		"several ways": {
			routeMessage(unix.AF_INET, 0, unix.RT_TABLE_MAIN, unix.RTN_UNICAST, 0,
				attribute(unix.RTA_MULTIPATH, append(
					nextHopMessage(4, attribute(unix.RTA_GATEWAY, []byte{10, 0, 0, 1})),
					nextHopMessage(5)...))),
			[]Route{
				{Family: unix.AF_INET, Type: unix.RTN_UNICAST, Destination: anywhere4, NextHop: net.IP{10, 0, 0, 1}, Index: 4, Table: 254},
				{Family: unix.AF_INET, Type: unix.RTN_UNICAST, Destination: anywhere4, Index: 5, Table: 254},
			},
		},
		"IPv4 by an IPv6 router": {
			routeMessage(unix.AF_INET, 0, unix.RT_TABLE_MAIN, unix.RTN_UNICAST, 0, attribute(unix.RTA_VIA, via), attribute(unix.RTA_OIF, native32(3))),
			[]Route{{Family: unix.AF_INET, Type: unix.RTN_UNICAST, Destination: anywhere4, NextHop: net.ParseIP("fe80::1"), Index: 3, Table: 254}},
		},
		"nexthop object": {
			routeMessage(unix.AF_INET, 0, unix.RT_TABLE_MAIN, unix.RTN_UNICAST, 0, attribute(rtaNhID, native32(7))),
			[]Route{{Family: unix.AF_INET, Type: unix.RTN_UNICAST, Destination: anywhere4, NextHop: net.IP{10, 0, 0, 7}, Index: 70, Table: 254}},
		},
		"group of nexthop objects": {
			routeMessage(unix.AF_INET, 0, unix.RT_TABLE_MAIN, unix.RTN_UNICAST, 0, attribute(rtaNhID, native32(9))),
			[]Route{
				{Family: unix.AF_INET, Type: unix.RTN_UNICAST, Destination: anywhere4, NextHop: net.IP{10, 0, 0, 7}, Index: 70, Table: 254},
				{Family: unix.AF_INET, Type: unix.RTN_UNICAST, Destination: anywhere4, Index: 80, Table: 254},
			},
		},
		"nexthop object that the kernel resolved already": {
			routeMessage(unix.AF_INET, 0, unix.RT_TABLE_MAIN, unix.RTN_UNICAST, 0, attribute(rtaNhID, native32(7)), attribute(unix.RTA_OIF, native32(3))),
			[]Route{{Family: unix.AF_INET, Type: unix.RTN_UNICAST, Destination: anywhere4, Index: 3, Table: 254}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			parsed, ok := parseRoute(test.message)
			require.True(t, ok)
			require.False(t, parsed.cloned)
			require.Equal(t, test.want, routesOf(parsed, objects))
		})
	}
	parsed, ok := parseRoute(routeMessage(unix.AF_INET, 32, unix.RT_TABLE_MAIN, unix.RTN_UNICAST, unix.RTM_F_CLONED))
	require.True(t, ok)
	require.True(t, parsed.cloned)
	for name, message := range map[string][]byte{
		"nothing":           nil,
		"bridge family":     routeMessage(unix.AF_BRIDGE, 0, 0, 0, 0),
		"prefix of 33 bits": routeMessage(unix.AF_INET, 33, 0, 0, 0),
	} {
		_, ok := parseRoute(message)
		require.False(t, ok, name)
	}
}

func TestParseNextHopObject(t *testing.T) {
	group := append(append(native32(7), 0, 0, 0, 0), append(native32(8), 5, 0, 0, 0)...)
	message := append(make([]byte, sizeofNhMsg), attribute(nhaID, native32(9))...)
	message = append(message, attribute(nhaGroup, group)...)
	id, object, ok := parseNextHopObject(message)
	require.True(t, ok)
	require.EqualValues(t, 9, id)
	require.Equal(t, []uint32{7, 8}, object.members)

	message = append([]byte{unix.AF_INET, 0, 0, 0, 0, 0, 0, 0}, attribute(nhaID, native32(7))...)
	message = append(message, attribute(nhaGateway, []byte{10, 0, 0, 7})...)
	message = append(message, attribute(nhaOif, native32(70))...)
	id, object, ok = parseNextHopObject(message)
	require.True(t, ok)
	require.EqualValues(t, 7, id)
	require.Equal(t, nextHop{gateway: net.IP{10, 0, 0, 7}, index: 70}, object.hop)
}

func FuzzParseRoute(f *testing.F) {
	f.Add(routeMessage(unix.AF_INET, 8, 254, 1, 0, attribute(unix.RTA_DST, []byte{10, 0, 0, 0}), attribute(unix.RTA_VIA, []byte{2, 0, 1, 2, 3, 4})))
	f.Add(routeMessage(unix.AF_INET6, 0, 254, 1, 0, attribute(unix.RTA_MULTIPATH, nextHopMessage(4, attribute(unix.RTA_GATEWAY, make([]byte, 16))))))
	f.Fuzz(func(t *testing.T, message []byte) {
		_, _, _ = parseNextHopObject(message)
		parsed, ok := parseRoute(message)
		if !ok {
			return
		}
		for _, route := range routesOf(parsed, nil) {
			if size := addressSize(uint8(route.Family)); len(route.Destination.IP) != size {
				t.Errorf("destination %s does not have %d bytes", route.Destination.IP, size)
			}
			if size := len(route.NextHop); size != 0 && size != 4 && size != 16 {
				t.Errorf("next hop %v is no address", route.NextHop)
			}
		}
	})
}

func TestRouteTypes(t *testing.T) {
	require.Equal(t, "unicast", RouteType(unix.RTN_UNICAST).String())
	require.Equal(t, "blackhole", RouteType(unix.RTN_BLACKHOLE).String())
	require.Equal(t, "xresolve", RouteType(unix.RTN_XRESOLVE).String())
	require.Equal(t, "RouteType(12)", RouteType(12).String())
}

// route builds a route for look-ups; the way is told by its index.
func route(kind RouteType, table, priority, index int, destination string) Route {
	prefix := netip.MustParsePrefix(destination)
	r := Route{
		Type: kind, Table: table, Priority: priority, Index: index, Family: unix.AF_INET,
		Destination:          net.IPNet{IP: ipOf(prefix.Addr()), Mask: net.CIDRMask(prefix.Bits(), prefix.Addr().BitLen())},
		DestinationPrefixLen: prefix.Bits(),
	}
	if prefix.Addr().Is6() {
		r.Family = unix.AF_INET6
	}
	return r
}

func TestRoutesTo(t *testing.T) {
	const local, main, other = unix.RT_TABLE_LOCAL, unix.RT_TABLE_MAIN, 100
	netns := &NetworkNamespace{
		Routesv4: []Route{
			route(unix.RTN_UNICAST, main, 100, 1, "0.0.0.0/0"),
			route(unix.RTN_UNICAST, main, 50, 2, "0.0.0.0/0"),
			route(unix.RTN_UNICAST, main, 50, 3, "0.0.0.0/0"),
			route(unix.RTN_UNICAST, main, 0, 4, "10.0.0.0/8"),
			route(unix.RTN_UNICAST, main, 900, 5, "10.1.0.0/16"),
			route(unix.RTN_UNICAST, other, 0, 6, "10.1.1.0/24"),
			route(unix.RTN_BLACKHOLE, main, 0, 0, "10.9.0.0/16"),
			route(unix.RTN_LOCAL, local, 0, 7, "127.0.0.0/8"),
			route(unix.RTN_THROW, local, 0, 0, "10.8.0.0/16"),
		},
		Routesv6: []Route{
			route(unix.RTN_UNICAST, main, 0, 8, "fd00::/64"),
			route(unix.RTN_UNREACHABLE, main, 0, 0, "::/0"),
		},
	}
	for address, want := range map[string][]int{
		"8.8.8.8":         {2, 3}, // lowest priority value, all ways.
		"10.2.3.4":        {4},    // longest prefix, before priority.
		"10.1.1.1":        {5},    // tables that only rules lead to do not count.
		"::ffff:10.1.1.1": {5},
		"10.9.9.9":        nil, // black hole.
		"127.0.0.9":       {7},
		"10.8.8.8":        {4}, // thrown out of the local table.
		"fd00::1":         {8},
		"fd01::1":         nil, // unreachable.
		"fd00::1%eth0":    {8},
	} {
		t.Run(address, func(t *testing.T) {
			var indices []int
			for _, route := range netns.routesTo(netip.MustParseAddr(address)) {
				indices = append(indices, route.Index)
			}
			require.Equal(t, want, indices)
		})
	}
}
