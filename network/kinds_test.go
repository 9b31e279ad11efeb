package network

import (
	"net"
	"testing"

	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// newKind makes an interface of the kind from the attributes of its IFLA_INFO_DATA.
func newKind(t *testing.T, kind string, data ...[]byte) Interface {
	t.Helper()
	link, ok := newRawLink(unix.RTM_NEWLINK, linkPayload(0, unix.ARPHRD_ETHER, 5, 0, attr(unix.IFLA_IFNAME, "x"), linkInfo(kind, data...)))
	require.True(t, ok)
	netns := &NetworkNamespace{}
	nif := NewInterface(nil, netns, link)
	netns.addNif(nif)
	assert.Equal(t, kind, nif.Nif().Kind)
	assert.Same(t, netns, nif.Nif().Netns)
	assert.Same(t, nif, nif.Nif().Interface(), "the embedded attributes know what they are part of")
	assert.False(t, nif.Nif().Physical)
	return nif
}

func TestKindsAreDecoded(t *testing.T) {
	v4, other4, v6 := net.IPv4(192, 0, 2, 1).To4(), net.IPv4(192, 0, 2, 2).To4(), net.ParseIP("2001:db8::1")

	t.Run("vlan", func(t *testing.T) {
		vlan := newKind(t, "vlan", attr(iflaVLANID, uint16(100)), attr(iflaVLANProtocol, be16bytes(0x88a8))).(Vlan).Vlan()
		assert.EqualValues(t, 100, vlan.VID)
		assert.Equal(t, netlink.VLAN_PROTOCOL_8021AD, vlan.VlanProtocol)
		vlan = newKind(t, "vlan", attr(iflaVLANID, uint16(4094))).(Vlan).Vlan()
		assert.Equal(t, netlink.VLAN_PROTOCOL_8021Q, vlan.VlanProtocol)
	})
	t.Run("vxlan", func(t *testing.T) {
		vxlan := newKind(t, "vxlan", attr(iflaVxlanID, uint32(0xabcdef)), attr(iflaVxlanGroup6, v6), attr(iflaVxlanLocal6, v6),
			attr(iflaVxlanPort, be16bytes(4789)), attr(iflaVxlanPortRange, be16bytes(1000), be16bytes(2000)),
			attr(iflaVxlanTTL, uint8(3)), attr(iflaVxlanTOS, uint8(1)), attr(iflaVxlanLearning, uint8(1))).(Vxlan).Vxlan()
		assert.EqualValues(t, 0xabcdef, vxlan.VID)
		assert.Nil(t, vxlan.Groupv4)
		assert.Equal(t, v6, vxlan.Groupv6)
		assert.Equal(t, v6, vxlan.Sourcev6)
		assert.EqualValues(t, 4789, vxlan.DestinationPort)
		assert.EqualValues(t, 1000, vxlan.SourcePortLow)
		assert.EqualValues(t, 2000, vxlan.SourcePortHigh)
		assert.EqualValues(t, 3, vxlan.TTL)
		assert.EqualValues(t, 1, vxlan.TOS)
		assert.True(t, vxlan.Learning)
		assert.False(t, vxlan.ArpProxy)
		assert.Equal(t, []net.IP{v6}, vxlan.Remotes)
	})
	t.Run("macvlan", func(t *testing.T) {
		for number, name := range map[uint32]string{1: "private", 2: "vepa", 4: "bridge", 8: "passthru", 16: "source", 0: "default", 99: "default"} {
			assert.Equal(t, name, newKind(t, "macvlan", attr(iflaMacvlanMode, number)).(Macvlan).Macvlan().Mode.String())
		}
		assert.Equal(t, "unknown", MacvlanMode(77).String())
	})
	t.Run("bridge", func(t *testing.T) {
		bridge := newKind(t, "bridge", attr(iflaBrSTPState, uint32(2)), attr(iflaBrVLANFiltering, uint8(1))).(Bridge).Bridge()
		assert.Equal(t, "user", bridge.STPState)
		assert.True(t, bridge.VlanFiltering)
	})
	t.Run("bond", func(t *testing.T) {
		assert.Equal(t, "active-backup", newKind(t, "bond", attr(iflaBondMode, uint8(1))).(Bond).Bond().Mode)
		assert.Equal(t, "802.3ad", newKind(t, "bond", attr(iflaBondMode, uint8(4))).(Bond).Bond().Mode)
		assert.Empty(t, newKind(t, "bond", attr(iflaBondMode, uint8(200))).(Bond).Bond().Mode)
	})
	t.Run("vrf", func(t *testing.T) {
		assert.EqualValues(t, 1001, newKind(t, "vrf", attr(iflaVrfTable, uint32(1001))).(Vrf).Vrf().Table)
	})
	t.Run("ipvlan", func(t *testing.T) {
		ipvlan := newKind(t, "ipvtap", attr(iflaIpvlanMode, uint16(2)), attr(iflaIpvlanFlags, uint16(1))).(Ipvlan).Ipvlan()
		assert.Equal(t, "l3s", ipvlan.Mode)
		assert.Equal(t, "private", ipvlan.Flag)
	})
	t.Run("geneve", func(t *testing.T) {
		geneve := newKind(t, "geneve", attr(iflaGeneveID, uint32(7)), attr(iflaGeneveRemote6, v6), attr(iflaGenevePort, be16bytes(6081))).(Geneve).Geneve()
		assert.EqualValues(t, 7, geneve.VNI)
		assert.Equal(t, v6, geneve.Remote)
		assert.EqualValues(t, 6081, geneve.DestinationPort)
	})
	t.Run("gre", func(t *testing.T) {
		gre := newKind(t, "gre", attr(4, be32bytes(11)), attr(5, be32bytes(12)), attr(6, v4), attr(7, other4), attr(8, uint8(64)), attr(11, uint8(4))).(Tunnel).Tunnel()
		assert.EqualValues(t, 11, gre.InKey)
		assert.EqualValues(t, 12, gre.OutKey)
		assert.Equal(t, v4, gre.Local)
		assert.Equal(t, other4, gre.Remote)
		assert.EqualValues(t, 64, gre.TTL)
		assert.Zero(t, gre.EncapLimit)
	})
	t.Run("ip6gretap", func(t *testing.T) {
		tunnel := newKind(t, "ip6gretap", attr(6, v6), attr(11, uint8(4))).(Tunnel).Tunnel()
		assert.Equal(t, v6, tunnel.Local)
		assert.EqualValues(t, 4, tunnel.EncapLimit)
		assert.Nil(t, tunnel.Remote)
	})
	t.Run("ipip", func(t *testing.T) {
		tunnel := newKind(t, "ipip", attr(2, v4), attr(3, net.IPv4zero.To4()), attr(4, uint8(9)), attr(6, uint8(1))).(Tunnel).Tunnel()
		assert.Equal(t, v4, tunnel.Local)
		assert.Nil(t, tunnel.Remote, "any")
		assert.EqualValues(t, 9, tunnel.TTL)
		assert.Zero(t, tunnel.EncapLimit)
		assert.Zero(t, tunnel.InKey)
	})
	t.Run("vti6", func(t *testing.T) {
		tunnel := newKind(t, "vti6", attr(2, be32bytes(1)), attr(3, be32bytes(2)), attr(4, v6), attr(5, v6)).(Tunnel).Tunnel()
		assert.EqualValues(t, 1, tunnel.InKey)
		assert.EqualValues(t, 2, tunnel.OutKey)
		assert.Equal(t, v6, tunnel.Remote)
	})
	t.Run("netkit", func(t *testing.T) {
		netkit := newKind(t, "netkit", attr(iflaNetkitPrimary, uint8(1)), attr(iflaNetkitMode, uint32(1))).(Netkit).Netkit()
		assert.True(t, netkit.Primary)
		assert.Equal(t, "l3", netkit.Mode)
	})
	t.Run("hsr", func(t *testing.T) {
		assert.Equal(t, "prp", newKind(t, "hsr", attr(iflaHsrProtocol, uint8(1))).(Hsr).Hsr().Protocol)
	})
	t.Run("macsec", func(t *testing.T) {
		macsec := newKind(t, "macsec", attr(iflaMacsecSCI, []byte{2, 0, 0, 0, 0, 1, 0, 1}), attr(iflaMacsecEncrypt, uint8(1))).(Macsec).Macsec()
		assert.EqualValues(t, 0x0200000000010001, macsec.SCI)
		assert.True(t, macsec.Encrypt)
	})
	t.Run("openvswitch, team, wireguard, vxcan", func(t *testing.T) {
		assert.Implements(t, (*Ovs)(nil), newKind(t, "openvswitch"))
		assert.Implements(t, (*Team)(nil), newKind(t, "team"))
		assert.Implements(t, (*Wireguard)(nil), newKind(t, "wireguard"))
		assert.Implements(t, (*Veth)(nil), newKind(t, "vxcan"))
	})
	t.Run("an unknown kind", func(t *testing.T) {
		assert.IsType(t, &NifAttrs{}, newKind(t, "novel"))
	})
}

// addSynthetic adds an interface made from a link message's attributes to a namespace.
func addSynthetic(t *testing.T, netns *NetworkNamespace, index int32, attrs ...[]byte) Interface {
	t.Helper()
	link, ok := newRawLink(unix.RTM_NEWLINK, linkPayload(0, unix.ARPHRD_ETHER, index, 0, attrs...))
	require.True(t, ok)
	nif := NewInterface(nil, netns, link)
	netns.addNif(nif)
	return nif
}

func TestControllersGetTheirMembers(t *testing.T) {
	netns := &NetworkNamespace{}
	named := func(name string) []byte { return attr(unix.IFLA_IFNAME, name) }
	master := func(index uint32) []byte { return attr(unix.IFLA_MASTER, index) }
	bond := addSynthetic(t, netns, 10, named("bond"), linkInfo("bond", attr(iflaBondActiveSlave, uint32(3))))
	team := addSynthetic(t, netns, 11, named("team"), linkInfo("team"))
	vrf := addSynthetic(t, netns, 12, named("vrf"), linkInfo("vrf"))
	ovs := addSynthetic(t, netns, 13, named("ovs"), linkInfo("openvswitch"))
	novel := addSynthetic(t, netns, 14, named("novel"), linkInfo("novel"))
	hsr := addSynthetic(t, netns, 15, named("hsr"), linkInfo("hsr", attr(iflaHsrSlave1, uint32(2)), attr(iflaHsrSlave2, uint32(3))))
	eth2 := addSynthetic(t, netns, 2, named("eth2"), master(10))
	eth3 := addSynthetic(t, netns, 3, named("eth3"), master(10))
	eth4 := addSynthetic(t, netns, 4, named("eth4"), master(11))
	eth5 := addSynthetic(t, netns, 5, named("eth5"), master(12))
	eth6 := addSynthetic(t, netns, 6, named("eth6"), master(13))
	eth7 := addSynthetic(t, netns, 7, named("eth7"), master(14))

	nsids := newNSIDDirectory()
	r := newRelations(NetworkNamespaces{{Ino: 1}: netns}, nsids)
	for range 2 { // again, as after something has changed.
		r.resolve()
		assert.Equal(t, Interfaces{eth2, eth3}, bond.(Bond).Bond().Members)
		assert.Same(t, eth3, bond.(Bond).Bond().Active)
		assert.Equal(t, Interfaces{eth4}, team.(Team).Team().Members)
		assert.Equal(t, Interfaces{eth5}, vrf.(Vrf).Vrf().Members)
		assert.Equal(t, Interfaces{eth6}, ovs.(Ovs).Ovs().Members)
		assert.Same(t, novel, eth7.Nif().Controller)
		assert.Same(t, eth2, hsr.(Hsr).Hsr().PortA)
		assert.Same(t, eth3, hsr.(Hsr).Hsr().PortB)
		assert.Nil(t, eth2.Nif().Bridge, "a bond is no bridge")
		assert.Empty(t, r.unresolved)
	}
}

// Hardware and some kinds do not say which namespace their lower interface is in. They may have been
// moved away from it, to where its index is another interface's.
func TestLowerInterfaceInAnUnsureNamespace(t *testing.T) {
	for _, test := range []struct {
		name    string
		initial bool
		info    []byte
		found   bool
	}{
		{"a switch port in the initial namespace", true, nil, true},
		{"a switch port elsewhere", false, nil, false},
		{"an unknown kind elsewhere", false, linkInfo("ipoib"), false},
		{"a VLAN elsewhere", false, linkInfo("vlan"), true},
		{"a tunnel elsewhere", false, linkInfo("gre", attr(1, uint32(2))), true},
	} {
		t.Run(test.name, func(t *testing.T) {
			netns := &NetworkNamespace{Initial: test.initial}
			other := addSynthetic(t, netns, 2, attr(unix.IFLA_IFNAME, "other"))
			nif := addSynthetic(t, netns, 3, attr(unix.IFLA_IFNAME, "nif"), attr(unix.IFLA_LINK, uint32(2)), test.info)
			r := newRelations(NetworkNamespaces{{Ino: 1}: netns}, newNSIDDirectory())
			r.resolve()
			if test.found {
				assert.Same(t, other, nif.Nif().Lower)
				assert.Empty(t, r.unresolved)
			} else {
				assert.Nil(t, nif.Nif().Lower)
				assert.Equal(t, "lower", nif.Nif().Unresolved)
				assert.Equal(t, Interfaces{nif}, Interfaces(r.unresolved))
			}
		})
	}
}

func TestKindsRegisterOnce(t *testing.T) {
	assert.Panics(t, func() { registerKind("veth", func() Interface { return &VethAttrs{} }) })
}

// Importers can pass links that come from the netlink library only.
func TestInterfacesFromTheLibrarysLinks(t *testing.T) {
	netns := &NetworkNamespace{}
	attrs := netlink.NewLinkAttrs()
	attrs.Index, attrs.Name, attrs.MTU, attrs.ParentIndex, attrs.NetNsID = 4, "lib", 1400, 3, -1
	attrs.Flags = net.FlagUp
	attrs.OperState = netlink.OperUp
	attrs.HardwareAddr = net.HardwareAddr{2, 0, 0, 0, 0, 9}

	vlan := NewInterface(nil, netns, &netlink.Vlan{LinkAttrs: attrs, VlanId: 12, VlanProtocol: netlink.VLAN_PROTOCOL_8021AD}).(Vlan).Vlan()
	assert.EqualValues(t, 12, vlan.VID)
	assert.Equal(t, netlink.VLAN_PROTOCOL_8021AD, vlan.VlanProtocol)
	assert.Equal(t, "vlan", vlan.Kind)
	assert.Equal(t, Up, vlan.State)
	assert.True(t, vlan.AdminUp)
	assert.Equal(t, 1400, vlan.MTU)
	index, elsewhere, ok := netns.facts[4].reference()
	assert.True(t, ok)
	assert.False(t, elsewhere)
	assert.Equal(t, 3, index)

	macvlan := NewInterface(nil, netns, &netlink.Macvlan{LinkAttrs: attrs, Mode: netlink.MACVLAN_MODE_VEPA}).(Macvlan).Macvlan()
	assert.Equal(t, "vepa", macvlan.Mode.String())
	macvtap := NewInterface(nil, netns, &netlink.Macvtap{Macvlan: netlink.Macvlan{LinkAttrs: attrs, Mode: netlink.MACVLAN_MODE_BRIDGE}}).(Macvlan).Macvlan()
	assert.Equal(t, "bridge", macvtap.Mode.String())
	vxlan := NewInterface(nil, netns, &netlink.Vxlan{LinkAttrs: attrs, VxlanId: 5, Group: net.IPv4(192, 0, 2, 1), SrcAddr: net.ParseIP("2001:db8::1"), Port: 4789}).(Vxlan).Vxlan()
	assert.EqualValues(t, 5, vxlan.VID)
	assert.Equal(t, "192.0.2.1", vxlan.Groupv4.String())
	assert.Nil(t, vxlan.Sourcev4)
	assert.Equal(t, "2001:db8::1", vxlan.Sourcev6.String())
	assert.Len(t, vxlan.Remotes, 1)
	assert.Equal(t, "tun", NewInterface(nil, netns, &netlink.Tuntap{LinkAttrs: attrs}).Nif().Kind)
	device := NewInterface(nil, netns, &netlink.Device{LinkAttrs: attrs}).Nif()
	assert.Empty(t, device.Kind)
	assert.True(t, device.Physical)
}

func TestInterfacesFromAnOpenHandle(t *testing.T) {
	name := testkit.Netns(t, "a")
	testkit.IP(t, name, "link", "add", "vx", "type", "vxlan", "id", "7", "dstport", "4789", "local", "192.0.2.1", "proxy")
	testkit.IP(t, name, "addr", "add", "192.0.2.1/24", "dev", "vx")
	testkit.IP(t, name, "addr", "add", "2001:db8::1/64", "dev", "vx", "nodad")
	found := named(t, discoverLab(t).Netns, name)
	handle, err := found.OpenNetlink()
	require.NoError(t, err)
	defer handle.Close()
	link, err := handle.LinkByName("vx")
	require.NoError(t, err)

	netns := &NetworkNamespace{Namespace: found.Namespace}
	nif := NewInterface(handle, netns, link)
	vxlan := nif.(Vxlan).Vxlan()
	assert.Same(t, link, vxlan.Link)
	assert.EqualValues(t, 7, vxlan.VID)
	assert.True(t, vxlan.ArpProxy)
	require.Len(t, vxlan.Addrsv4, 1)
	assert.Equal(t, nifNamed(t, found, "vx").Nif().Addrsv4, vxlan.Addrsv4)
	assert.Equal(t, nifNamed(t, found, "vx").Nif().Addrsv6, vxlan.Addrsv6)

	alone := NewInterface(handle, nil, link)
	assert.Nil(t, alone.Nif().Netns)
	assert.Equal(t, "vx", alone.Nif().Name)
	assert.Same(t, alone.Nif(), alone.Nif().Interface())
	alone.(*VxlanAttrs).ResolveRelations(NetworkNamespaces{})
}
