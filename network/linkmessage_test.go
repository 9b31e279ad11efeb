package network

import (
	"encoding/binary"
	"net"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// attr writes a netlink attribute; values are bytes, numbers in host order, or strings.
func attr(kind uint16, values ...any) (b []byte) {
	b = make([]byte, unix.SizeofNlAttr)
	for _, value := range values {
		switch value := value.(type) {
		case []byte:
			b = append(b, value...)
		case net.IP:
			b = append(b, value...)
		case string:
			b = append(append(b, value...), 0)
		case uint8:
			b = append(b, value)
		case uint16:
			b = binary.NativeEndian.AppendUint16(b, value)
		case uint32:
			b = binary.NativeEndian.AppendUint32(b, value)
		default:
			panic("attr: no such value")
		}
	}
	binary.NativeEndian.PutUint16(b, uint16(len(b)))
	binary.NativeEndian.PutUint16(b[2:], kind)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

func be16bytes(v uint16) []byte { return binary.BigEndian.AppendUint16(nil, v) }
func be32bytes(v uint32) []byte { return binary.BigEndian.AppendUint32(nil, v) }

// linkPayload writes the payload of an RTM_NEWLINK message.
func linkPayload(family uint8, hardware uint16, index int32, flags uint32, attrs ...[]byte) []byte {
	b := make([]byte, ifInfomsgLen)
	b[0] = family
	binary.NativeEndian.PutUint16(b[2:], hardware)
	binary.NativeEndian.PutUint32(b[4:], uint32(index))
	binary.NativeEndian.PutUint32(b[8:], flags)
	for _, a := range attrs {
		b = append(b, a...)
	}
	return b
}

// linkInfo writes IFLA_LINKINFO with a kind and its data.
func linkInfo(kind string, data ...[]byte) []byte {
	var all []byte
	for _, a := range data {
		all = append(all, a...)
	}
	return attr(unix.IFLA_LINKINFO, attr(unix.IFLA_INFO_KIND, kind), attr(unix.IFLA_INFO_DATA|unix.NLA_F_NESTED, all))
}

func TestLinkMessagesAreDecoded(t *testing.T) {
	mac := []byte{2, 0, 0, 0, 0, 1}
	payload := linkPayload(0, unix.ARPHRD_ETHER, 42, unix.IFF_UP|unix.IFF_PROMISC,
		attr(unix.IFLA_IFNAME, "eth\x1b0"),
		attr(unix.IFLA_IFALIAS, "an alias"),
		attr(unix.IFLA_MTU, uint32(9000)),
		attr(unix.IFLA_OPERSTATE, uint8(6)),
		attr(unix.IFLA_PROMISCUITY, uint32(3)),
		attr(unix.IFLA_ADDRESS, mac),
		attr(unix.IFLA_PERM_ADDRESS, []byte{0, 0, 0, 0, 0, 0}),
		attr(iflaParentDevName, "0000:01:00.0"),
		attr(unix.IFLA_PHYS_PORT_NAME, "p0"),
		attr(unix.IFLA_MASTER, uint32(7)),
		attr(unix.IFLA_LINK, uint32(8)),
		attr(unix.IFLA_LINK_NETNSID, uint32(9)),
		attr(unix.IFLA_LINKINFO,
			attr(unix.IFLA_INFO_KIND, "vlan"), attr(unix.IFLA_INFO_DATA, attr(iflaVLANID, uint16(100))),
			attr(unix.IFLA_INFO_SLAVE_KIND, "bridge"), attr(unix.IFLA_INFO_SLAVE_DATA, attr(iflaBrportState, uint8(3)))),
	)
	m, ok := parseLinkMessage(payload)
	require.True(t, ok)
	clear(payload) // nothing of it may be kept.
	assert.Equal(t, 42, m.index)
	assert.EqualValues(t, unix.ARPHRD_ETHER, m.hardware)
	assert.EqualValues(t, unix.IFF_UP|unix.IFF_PROMISC, m.flags)
	assert.Equal(t, "eth\x1b0", m.name)
	assert.Equal(t, "an alias", m.alias)
	assert.Equal(t, 9000, m.mtu)
	assert.Equal(t, Up, m.state)
	assert.EqualValues(t, 3, m.promiscuity)
	assert.Equal(t, net.HardwareAddr(mac), m.address)
	assert.Nil(t, m.permAddress)
	assert.Equal(t, "0000:01:00.0", m.parentDev)
	assert.Equal(t, "p0", m.physPort)
	assert.Equal(t, 7, m.master)
	assert.Equal(t, 8, m.link)
	assert.True(t, m.hasLink)
	assert.EqualValues(t, 9, m.nsid)
	assert.True(t, m.hasNSID)
	assert.Equal(t, "vlan", m.kind)
	assert.EqualValues(t, 100, m.data.u16(iflaVLANID))
	assert.Equal(t, "bridge", m.slaveKind)
	assert.EqualValues(t, 3, m.slaveData.u8(iflaBrportState))
}

func TestLinkMessagesThatAreNone(t *testing.T) {
	for name, payload := range map[string][]byte{
		"empty":          nil,
		"short":          make([]byte, ifInfomsgLen-1),
		"index zero":     linkPayload(0, 1, 0, 0),
		"negative index": linkPayload(0, 1, -5, 0),
	} {
		_, ok := parseLinkMessage(payload)
		assert.False(t, ok, name)
	}
	m, ok := parseLinkMessage(append(linkPayload(0, 1, 1, 0), 200, 0, 3, 0, 'x'))
	assert.True(t, ok, "an attribute longer than the message is left out")
	assert.Empty(t, m.name)
	m, _ = parseLinkMessage(linkPayload(0, 1, 1, 0, attr(unix.IFLA_LINK, uint8(1)), attr(unix.IFLA_LINK_NETNSID)))
	assert.False(t, m.hasLink, "too short to be an index")
	assert.False(t, m.hasNSID)
}

func TestReferencesOfInterfaces(t *testing.T) {
	link := func(v uint32) []byte { return attr(unix.IFLA_LINK, v) }
	nsid := func(v uint32) []byte { return attr(unix.IFLA_LINK_NETNSID, v) }
	for _, test := range []struct {
		name      string
		attrs     [][]byte
		index     int
		elsewhere bool
		ok        bool
	}{
		{"hardware refers to nothing", nil, 0, false, false},
		{"a peer in the same namespace", [][]byte{link(6), linkInfo("veth")}, 6, false, true},
		{"a peer elsewhere", [][]byte{link(6), nsid(3), linkInfo("veth")}, 6, true, true},
		{"a peer elsewhere with the same index", [][]byte{nsid(3), linkInfo("veth")}, 5, true, true},
		{"the same for a macvlan's lower interface", [][]byte{nsid(0), linkInfo("macvlan")}, 5, true, true},
		{"a lower interface elsewhere with the same index, told", [][]byte{link(5), nsid(0), linkInfo("macvlan")}, 5, true, true},
		{"an interface does not stand on itself", [][]byte{link(5), linkInfo("dummy")}, 0, false, false},
		{"no lower interface", [][]byte{link(0), linkInfo("gre")}, 0, false, false},
		{"a tunnel moved away from what it is not bound to", [][]byte{link(0), nsid(1), linkInfo("gre", attr(1, uint32(0)))}, 0, true, false},
		{"a tunnel moved away from what it is bound to", [][]byte{link(4), nsid(1), linkInfo("gre", attr(1, uint32(4)))}, 4, true, true},
		{"a tunnel with the index of what it is bound to", [][]byte{nsid(1), linkInfo("sit", attr(1, uint32(5)))}, 5, true, true},
		{"a VXLAN tells it in its own data", [][]byte{linkInfo("vxlan", attr(3, uint32(9)))}, 9, false, true},
		{"a VXLAN without a lower interface, moved", [][]byte{nsid(1), linkInfo("vxlan", attr(1, uint32(42)))}, 0, true, false},
		{"geneve's packets travel elsewhere", [][]byte{nsid(1), linkInfo("geneve")}, 0, false, false},
		{"an unknown kind that tells its lower interface", [][]byte{link(3), linkInfo("novel")}, 3, false, true},
		{"an unknown kind whose index says nothing", [][]byte{nsid(3), linkInfo("novel")}, 0, false, false},
		{"a namespace going down", [][]byte{link(6), nsid(uint32(NSID_NONE)), linkInfo("veth")}, 0, false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			m, ok := parseLinkMessage(linkPayload(0, 1, 5, 0, test.attrs...))
			require.True(t, ok)
			index, elsewhere, ok := (&linkFacts{message: m}).reference()
			assert.Equal(t, test.ok, ok)
			if ok {
				assert.Equal(t, test.index, index)
				assert.Equal(t, test.elsewhere, elsewhere)
			}
		})
	}
}

func TestPortVLANsAreDecoded(t *testing.T) {
	info := func(flags, vid uint16) []byte { return attr(iflaBridgeVLANInfo, flags, vid) }
	payload := linkPayload(unix.AF_BRIDGE, 1, 4, 0, attr(unix.IFLA_AF_SPEC|unix.NLA_F_NESTED,
		info(bridgeVLANPVID|bridgeVLANUntagged, 20),
		info(bridgeVLANRangeBegin, 10), info(bridgeVLANRangeEnd, 12),
		info(0, 0), info(0, 4095), // no VLANs.
		info(bridgeVLANRangeEnd, 30), // the end of nothing.
		info(0, 11),                  // twice.
	))
	index, vlans := parsePortVLANs(payload)
	assert.Equal(t, 4, index)
	assert.Equal(t, []PortVLAN{
		{VID: 10}, {VID: 11}, {VID: 12}, {VID: 20, PVID: true, Untagged: true}, {VID: 30},
	}, vlans)
	_, vlans = parsePortVLANs(nil)
	assert.Nil(t, vlans)
}

func TestDefaultRemotesAreDecoded(t *testing.T) {
	entry := func(family uint8, attrs ...[]byte) []byte {
		b := make([]byte, ndmsgLen)
		b[0], b[4] = family, 9
		for _, a := range attrs {
			b = append(b, a...)
		}
		return b
	}
	zero, v4, v6 := make([]byte, 6), net.IPv4(192, 0, 2, 1).To4(), net.ParseIP("2001:db8::1")
	for _, test := range []struct {
		name    string
		payload []byte
		want    net.IP
	}{
		{"IPv4", entry(unix.AF_BRIDGE, attr(unix.NDA_LLADDR, zero), attr(unix.NDA_DST, v4)), v4},
		{"IPv6", entry(unix.AF_BRIDGE, attr(unix.NDA_LLADDR, zero), attr(unix.NDA_DST, v6)), v6},
		{"a group", entry(unix.AF_BRIDGE, attr(unix.NDA_LLADDR, zero), attr(unix.NDA_DST, net.IPv4(239, 1, 1, 1).To4())), nil},
		{"of one address only", entry(unix.AF_BRIDGE, attr(unix.NDA_LLADDR, []byte{2, 0, 0, 0, 0, 1}), attr(unix.NDA_DST, v4)), nil},
		{"without destination", entry(unix.AF_BRIDGE, attr(unix.NDA_LLADDR, zero)), nil},
		{"a neighbour", entry(unix.AF_INET, attr(unix.NDA_LLADDR, zero), attr(unix.NDA_DST, v4)), nil},
		{"cut short", entry(unix.AF_BRIDGE)[:8], nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			index, remote, ok := parseDefaultRemote(test.payload)
			assert.Equal(t, test.want != nil, ok)
			if ok {
				assert.Equal(t, 9, index)
				assert.Equal(t, test.want, remote)
			}
		})
	}
}

func TestWireguardPeersAreDecodedWithoutKeys(t *testing.T) {
	allowed := func(ip net.IP, ones uint8, family uint16) []byte {
		return attr(1, attr(wgAllowedFamily, family), attr(wgAllowedIP, ip), attr(wgAllowedMask, ones))
	}
	sockaddr4 := append(append(binary.NativeEndian.AppendUint16(nil, unix.AF_INET), be16bytes(51820)...), 192, 0, 2, 7, 0, 0, 0, 0, 0, 0, 0, 0)
	peer := func(key byte, attrs ...[]byte) []byte {
		all := attr(wgPeerPublicKey, []byte{key, key, key})
		for _, a := range attrs {
			all = append(all, a...)
		}
		return attr(0, all)
	}
	first := append(make([]byte, genlHeaderLen), attr(wgDeviceListenPort, uint16(51820))...)
	first = append(first, attr(wgDevicePeers,
		peer(1),
		peer(2, attr(wgPeerEndpoint, sockaddr4), attr(wgPeerAllowedIPs, allowed(net.IPv4(10, 0, 2, 0).To4(), 24, unix.AF_INET))),
	)...)
	// The second peer goes on.
	second := append(make([]byte, genlHeaderLen), attr(wgDevicePeers,
		peer(2, attr(wgPeerAllowedIPs,
			allowed(net.IPv4(10, 0, 1, 0).To4(), 24, unix.AF_INET),
			allowed(net.ParseIP("2001:db8::"), 32, unix.AF_INET6),
			allowed(net.ParseIP("2001:db8::"), 200, unix.AF_INET6),
			allowed(net.IPv4(10, 0, 1, 0).To4(), 24, unix.AF_INET6))),
	)...)
	var device wireguardDevice
	device.add(first)
	device.add(second)
	device.add(nil)
	assert.EqualValues(t, 51820, device.port)
	peers := device.sortedPeers()
	require.Len(t, peers, 2)
	assert.Equal(t, WireguardPeer{}, peers[0])
	assert.Equal(t, "192.0.2.7:51820", peers[1].Endpoint.String())
	var ips []string
	for _, ip := range peers[1].AllowedIPs {
		ips = append(ips, ip.String())
	}
	assert.Equal(t, []string{"10.0.1.0/24", "10.0.2.0/24", "2001:db8::/32"}, ips)
}

func TestLinksThatTheLibraryCannotDecode(t *testing.T) {
	// An empty kind makes the library panic; the kernel does not send it, but who knows.
	payload := linkPayload(0, 1, 3, 0, attr(unix.IFLA_IFNAME, "odd"), attr(unix.IFLA_LINKINFO, attr(unix.IFLA_INFO_KIND)))
	link, ok := newRawLink(unix.RTM_NEWLINK, payload)
	require.True(t, ok)
	assert.Equal(t, "odd", link.Attrs().Name)
	assert.Equal(t, 3, link.Attrs().Index)
	_, ok = newRawLink(unix.RTM_DELLINK, payload)
	assert.False(t, ok)
}

// FuzzLinks decodes what should come from the kernel, for all kinds and families.
func FuzzLinks(f *testing.F) {
	f.Add(linkPayload(0, 1, 1, 0, attr(unix.IFLA_IFNAME, "lo"), linkInfo("vxlan", attr(iflaVxlanID, uint32(1)))))
	f.Add(linkPayload(0, 1, 1, 0, linkInfo("bond", attr(iflaBondMode, uint8(1)))))
	f.Add(linkPayload(unix.AF_BRIDGE, 1, 4, 0, attr(unix.IFLA_AF_SPEC, attr(iflaBridgeVLANInfo, uint16(0), uint16(1)))))
	f.Add(append(make([]byte, ndmsgLen), attr(unix.NDA_LLADDR, make([]byte, 6))...))
	f.Fuzz(func(t *testing.T, payload []byte) {
		netns := &NetworkNamespace{}
		if link, ok := newRawLink(unix.RTM_NEWLINK, payload); ok {
			nif := NewInterface(nil, netns, link)
			netns.addNif(nif)
			if nif.Nif().Index <= 0 || nif.Interface() != nif {
				t.Errorf("decoded to %+v", nif)
			}
			r := newRelations(NetworkNamespaces{}, newNSIDDirectory())
			r.relateCommon(nif)
			r.relateKind(nif)
		}
		if _, vlans := parsePortVLANs(payload); len(vlans) > maxVID {
			t.Errorf("%d VLANs", len(vlans))
		}
		parseDefaultRemote(payload)
		if a, ok := parseAddressMessage(payload); ok && len(a.Address) != net.IPv4len && len(a.Address) != net.IPv6len {
			t.Errorf("address of %d bytes", len(a.Address))
		}
		var device wireguardDevice
		device.add(payload)
		device.sortedPeers()
	})
}
