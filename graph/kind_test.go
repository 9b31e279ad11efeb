package graph

import (
	"net"
	"strings"
	"testing"

	"github.com/hostwire/hostwire/network"
	"github.com/stretchr/testify/assert"
	"github.com/thediveo/lxkns/model"
	"github.com/vishvananda/netlink"
)

func ip(s string) net.IP {
	parsed := net.ParseIP(s)
	if v4 := parsed.To4(); v4 != nil {
		return v4
	}
	return parsed
}

// The host has hardware eth0, which is not up and so leads nowhere outside, and the bridge br0.
func TestEachKindShowsWhatIsSpecialAboutIt(t *testing.T) {
	type host struct {
		*maker
		n    *network.NetworkNamespace
		eth0 network.Interface
		br0  *network.BridgeAttrs
	}
	for _, tt := range []struct {
		name  string
		build func(h host)
		want  string // lines of the draft that must be there.
	}{
		{"a VLAN has its ID and stands on its lower interface", func(h host) {
			v := h.nif(h.n, &network.VlanAttrs{Master: h.eth0, VID: 100, VlanProtocol: netlink.VLAN_PROTOCOL_8021Q}, "vlan", "eth0.100")
			v.Nif().Lower = h.eth0
		}, `
  eth0 (virtio_net) down
  eth0.100 (vlan 100) up
vlan host--eth0.100 -- host--eth0`},
		{"an outer VLAN of 802.1ad is told", func(h host) {
			h.nif(h.n, &network.VlanAttrs{Master: h.eth0, VID: 7, VlanProtocol: netlink.VLAN_PROTOCOL_8021AD}, "vlan", "s7")
		}, `
  s7 (vlan 7 · 802.1ad) up
vlan host--s7 -- host--eth0`},
		{"a macvlan has its mode", func(h host) {
			h.nif(h.n, &network.MacvlanAttrs{Master: h.eth0, Mode: network.MacvlanMode(netlink.MACVLAN_MODE_PRIVATE)}, "macvlan", "mv")
		}, `
  mv (macvlan private) up
macvlan host--mv -- host--eth0`},
		{"a macvtap is drawn as a macvlan but called by its name", func(h host) {
			h.nif(h.n, &network.MacvlanAttrs{Master: h.eth0, Mode: network.MacvlanMode(netlink.MACVLAN_MODE_BRIDGE)}, "macvtap", "mt")
		}, `
  mt (macvtap bridge) up
macvlan host--mt -- host--eth0`},
		{"an ipvlan has its mode", func(h host) {
			h.nif(h.n, &network.IpvlanAttrs{Master: h.eth0, Mode: "l3s", Flag: "bridge"}, "ipvlan", "ip0")
		}, `
  ip0 (ipvlan l3s) up
ipvlan host--ip0 -- host--eth0`},
		{"a lower interface out of sight gives a remark and no wire", func(h host) {
			h.nif(h.n, &network.MacvlanAttrs{Mode: 3}, "macvlan", "mv").Nif().Unresolved = "lower"
		}, `
  mv (macvlan bridge) up lower interface not visible`},
		{"a veth's peer out of sight gives a remark and no wire", func(h host) {
			h.nif(h.n, &network.VethAttrs{}, "veth", "v0").Nif().Unresolved = "peer"
		}, `
  v0 (veth) up peer not visible`},
		{"a pair in one namespace is one wire", func(h host) { h.veth(h.n, "v1", h.n, "v2") }, `
veth host--v1 -- host--v2`},
		{"netkit is drawn as a veth but labelled", func(h host) {
			n1 := h.nif(h.n, &network.NetkitAttrs{Mode: "l3", Primary: true}, "netkit", "nk0").(*network.NetkitAttrs)
			n2 := h.nif(h.n, &network.NetkitAttrs{Mode: "l3"}, "netkit", "nk1").(*network.NetkitAttrs)
			n1.Peer, n2.Peer = n2, n1
		}, `
  nk0 (netkit l3) up
veth host--nk0 -- host--nk1 netkit`},
		{"a bond has its mode and its active member", func(h host) {
			b := h.nif(h.n, &network.BondAttrs{Mode: "active-backup", Active: h.eth0, Members: network.Interfaces{h.eth0}}, "bond", "bond0")
			enslave(h.eth0, b)
		}, `
  bond0 (bond active-backup) up active eth0
  eth0 (virtio_net) down
bond host--eth0 -- host--bond0`},
		{"a team has its members", func(h host) {
			enslave(h.eth0, h.nif(h.n, &network.TeamAttrs{}, "team", "team0"))
		}, `
  team0 (team) up
team host--eth0 -- host--team0`},
		{"a VRF has its table", func(h host) {
			enslave(h.eth0, h.nif(h.n, &network.VrfAttrs{Table: 10}, "vrf", "blue"))
		}, `
  blue (vrf table 10) up
vrf host--eth0 -- host--blue`},
		{"an Open vSwitch datapath has ports", func(h host) {
			dp := h.nif(h.n, &network.OvsAttrs{Members: network.Interfaces{h.eth0}}, "openvswitch", "ovs-system")
			enslave(h.eth0, dp)
			enslave(h.nif(h.n, &network.OvsAttrs{}, "openvswitch", "br-int"), dp)
		}, `
  ovs-system (ovs datapath) up
  br-int (port of ovs-system) up
ovs host--br-int -- host--ovs-system
ovs host--eth0 -- host--ovs-system`},
		{"an unknown controller's ports are labelled with its kind", func(h host) {
			enslave(h.eth0, h.nif(h.n, &network.NifAttrs{}, "batadv", "bat0"))
		}, `
  bat0 (batadv) up
bridge host--eth0 -- host--bat0 batadv`},
		{"an unknown kind keeps the kernel's name and shows what it stands on", func(h host) {
			h.nif(h.n, &network.NifAttrs{}, "rmnet", "r0").Nif().Lower = h.eth0
		}, `
  r0 (rmnet) up
vlan host--r0 -- host--eth0 rmnet`},
		{"a bridge tells VLAN filtering, and its ports their VLANs", func(h host) {
			h.br0.VlanFiltering, h.br0.STPState = true, "kernel"
			v, _ := h.veth(h.n, "p1", h.n, "x1")
			enslave(v, h.br0)
			v.BridgePort.VLANs = []network.PortVLAN{{VID: 11}, {VID: 1, PVID: true, Untagged: true}, {VID: 10}, {VID: 12}, {VID: 99, Untagged: true}}
		}, `
  br0 (bridge) up vlan filtering · stp kernel
  p1 (port of br0) up vlan 1 pvid untagged, 10-12, 99 untagged
bridge host--p1 -- host--br0`},
		{"an engine's internal network is told on its bridge", func(h host) {
			h.d.Networks = []network.EngineNetwork{{Engine: "docker.com", Name: "shop_db", Internal: true, Nif: h.br0}}
		}, `
  br0 (bridge) up network shop_db · internal`},
		{"a VXLAN with a group has one remote end", func(h host) {
			h.nif(h.n, &network.VxlanAttrs{Master: h.eth0, VID: 42, Groupv6: ip("ff05::1"), DestinationPort: 4789}, "vxlan", "vx")
		}, `
  vx (vxlan) up vni 42 · [ff05::1]:4789
(remote-vxlan-ff05-1-4789-vni-42) [ff05::1]:4789 vni 42
vxlan host--vx -- host--eth0
vxlan host--vx -- remote-vxlan-ff05-1-4789-vni-42`},
		{"a VXLAN's single remote is not counted twice", func(h host) {
			h.nif(h.n, &network.VxlanAttrs{VID: 1, Groupv4: ip("10.0.0.2"), Remotes: []net.IP{ip("10.0.0.2")}, DestinationPort: 8472}, "vxlan", "vx")
		}, `
  vx (vxlan) up vni 1 · 10.0.0.2:8472
(remote-vxlan-10.0.0.2-8472-vni-1) 10.0.0.2:8472 vni 1`},
		{"a VXLAN of many remotes counts most of them", func(h host) {
			v := &network.VxlanAttrs{VID: 1, DestinationPort: 8472}
			for i := range 20 {
				v.Remotes = append(v.Remotes, net.IP{10, 0, 0, byte(20 - i)})
			}
			h.nif(h.n, v, "vxlan", "flannel.1")
		}, `
  flannel.1 (vxlan) up vni 1 · 20 remotes · port 8472
(remote-vxlan-10.0.0.1-8472-vni-1) 10.0.0.1:8472 vni 1
(remote-vxlan-10.0.0.6-8472-vni-1) 10.0.0.6:8472 vni 1
(remote-more--host--flannel.1) 14 more remote ends of flannel.1`},
		{"two ends of one overlay share the remote end, other overlays do not", func(h host) {
			for name, vni := range map[string]uint32{"vx1": 1, "vx1b": 1, "vx2": 2} {
				h.nif(h.n, &network.VxlanAttrs{VID: vni, Groupv4: ip("239.1.1.1"), DestinationPort: 4789}, "vxlan", name)
			}
		}, `
vxlan host--vx1 -- remote-vxlan-239.1.1.1-4789-vni-1
vxlan host--vx1b -- remote-vxlan-239.1.1.1-4789-vni-1
vxlan host--vx2 -- remote-vxlan-239.1.1.1-4789-vni-2`},
		{"geneve is drawn as a VXLAN but labelled", func(h host) {
			h.nif(h.n, &network.GeneveAttrs{VNI: 7, Remote: ip("10.0.0.2"), DestinationPort: 6081}, "geneve", "gnv0")
		}, `
  gnv0 (geneve) up vni 7 · 10.0.0.2:6081
vxlan host--gnv0 -- remote-geneve-10.0.0.2-6081-vni-7 geneve`},
		{"a GRE tunnel has both ends, keys, and its carrier", func(h host) {
			h.nif(h.n, &network.TunnelAttrs{Local: ip("10.0.0.1"), Remote: ip("10.0.0.2"), InKey: 5, OutKey: 5, Carrier: h.eth0}, "gretap", "gt0")
		}, `
  gt0 (gretap) up 10.0.0.1 → 10.0.0.2 / key 5
(remote-gretap-10.0.0.2) 10.0.0.2
vxlan host--gt0 -- host--eth0 gretap
vxlan host--gt0 -- remote-gretap-10.0.0.2 gretap`},
		{"a tunnel without ends, as the kernel makes them, has no remote", func(h host) {
			h.nif(h.n, &network.TunnelAttrs{Local: ip("0.0.0.0"), Remote: ip("0.0.0.0")}, "ipip", "tunl0")
		}, `
  tunl0 (ipip) up`},
		{"WireGuard has port and peers, and no key", func(h host) {
			h.nif(h.n, &network.WireguardAttrs{ListenPort: 51820, Peers: []network.WireguardPeer{
				{Endpoint: net.UDPAddr{IP: ip("203.0.113.5"), Port: 51820}}, {},
			}}, "wireguard", "wg0")
		}, `
  wg0 (wireguard) up port 51820 · 2 peers · 1 without endpoint
vxlan host--wg0 -- remote-wireguard-203.0.113.5-51820 wireguard`},
		{"HSR has two ports", func(h host) {
			h.nif(h.n, &network.HsrAttrs{Protocol: "prp", PortA: h.eth0, PortB: h.br0}, "hsr", "prp0")
		}, `
  prp0 (prp) up
bond host--br0 -- host--prp0 prp B
bond host--eth0 -- host--prp0 prp A`},
		{"MACsec stands on its lower interface and tells whether it encrypts", func(h host) {
			h.nif(h.n, &network.MacsecAttrs{Master: h.eth0, Encrypt: true}, "macsec", "ms0")
		}, `
  ms0 (macsec) up encrypted
vlan host--ms0 -- host--eth0 macsec`},
		{"a TUN of two processes is wired to both", func(h host) {
			h.nif(h.n, &network.TunTapAttrs{Mode: network.TunTapModeTun, Processors: []*model.Process{
				h.process(nil, "openvpn"), h.process(nil, "helper"),
			}}, "tun", "tun0")
		}, `
  tun0 (tun) up
tuntap host--tun0 -- process-helper
tuntap host--tun0 -- process-openvpn`},
		{"two TAPs of one process share its node", func(h host) {
			qemu := h.process(nil, "qemu")
			for _, name := range []string{"tap0", "tap1"} {
				h.nif(h.n, &network.TunTapAttrs{Mode: network.TunTapModeTap, Processors: []*model.Process{qemu}}, "tun", name)
			}
		}, `
tuntap host--tap0 -- process-qemu
tuntap host--tap1 -- process-qemu`},
		{"a virtual function is wired to its physical function", func(h host) {
			h.eth0.Nif().SRIOVRole = network.PCI_SRIOV_PF
			vf := h.hardware(h.n, "eth0v0")
			vf.Nif().SRIOVRole, vf.Nif().PF, vf.Nif().State = network.PCI_SRIOV_VF, h.eth0, network.Down
		}, `
  eth0 (virtio_net · pf) down
  eth0v0 (virtio_net · vf of eth0) down
sriov host--eth0v0 -- host--eth0`},
		{"a dummy and an ifb are called so", func(h host) {
			h.nif(h.n, &network.NifAttrs{}, "dummy", "dummy0")
			h.nif(h.n, &network.NifAttrs{}, "ifb", "ifb0")
		}, `
  dummy0 (dummy) up
  ifb0 (ifb) up`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := newMaker()
			h := host{maker: m, n: m.host()}
			h.eth0, h.br0 = m.hardware(h.n, "eth0"), m.bridge(h.n, "br0")
			h.eth0.Nif().State = network.LowerLayerDown
			tt.build(h)
			got := draft(projected(t, m, Options{}))
			for _, line := range strings.Split(strings.TrimPrefix(tt.want, "\n"), "\n") {
				assert.Contains(t, "\n"+got, "\n"+line+"\n")
			}
			if strings.Contains(tt.name, "no wire") {
				assert.Empty(t, projected(t, m, Options{}).Edges)
			}
		})
	}
}

func TestPeersThatDisagreeAreNotWired(t *testing.T) {
	m := newMaker()
	host := m.host()
	_, v2 := m.veth(host, "v1", host, "v2")
	_, v4 := m.veth(host, "v3", host, "v4")
	v2.Peer = v4 // a name or index that was used again between two looks.
	g := projected(t, m, Options{})
	got := draft(g)
	assert.NotContains(t, got, "veth host--v1 --")
	assert.NotContains(t, got, "veth host--v2 --")
	assert.Contains(t, got, "veth host--v3 -- host--v4")
	assert.Contains(t, got, "note: v1 in edge-01 and v2 in edge-01 changed while they were looked at: no wire is drawn")
}

func TestARelationToAnUnknownNamespaceIsNotWired(t *testing.T) {
	m := newMaker()
	host := m.host()
	gone := m.netns()
	m.veth(host, "v1", gone, "v2")
	delete(m.d.Netns, gone.ID())
	assert.Empty(t, projected(t, m, Options{}).Edges)
}

func subnet(cidr string) net.IPNet {
	_, n, err := net.ParseCIDR(cidr)
	if err != nil {
		panic(err)
	}
	return *n
}
