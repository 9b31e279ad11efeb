package network

import (
	"net"
	"slices"

	"github.com/vishvananda/netlink"
)

// Vxlan is an interface of a layer 2 network over UDP (RFC 7348).
type Vxlan interface {
	Interface
	Vxlan() *VxlanAttrs // returns the VXLAN attributes.
}

// VxlanAttrs are the properties of a VXLAN interface.
type VxlanAttrs struct {
	NifAttrs
	Master          Interface // interface that the UDP packets leave by, maybe in another namespace; nil if none set or out of sight.
	VID             uint32    // VXLAN network identifier (VNI), 24 bits.
	Groupv4         net.IP    // IPv4 multicast group or single remote; nil if none.
	Groupv6         net.IP    // IPv6 multicast group or single remote; nil if none.
	Sourcev4        net.IP    // IPv4 source address; nil if none.
	Sourcev6        net.IP    // IPv6 source address; nil if none.
	DestinationPort uint16    // UDP destination port.
	SourcePortLow   uint16    // lowest UDP source port.
	SourcePortHigh  uint16    // highest UDP source port.
	TTL             uint8     // time to live of outer packets; 0 for the system's default.
	TOS             uint8     // type of service of outer packets; 1 for the inner packet's.
	ArpProxy        bool      // answers ARP requests from its neighbour table.
	Learning        bool      // learns remote hardware addresses from packets.
	Remotes         []net.IP  // unicast remotes: the FDB's default destinations, and Groupv4/Groupv6 if that is unicast, sorted.
}

// Attributes of VXLANs (include/uapi/linux/if_link.h).
const (
	iflaVxlanID        = 1
	iflaVxlanGroup     = 2
	iflaVxlanLocal     = 4
	iflaVxlanTTL       = 5
	iflaVxlanTOS       = 6
	iflaVxlanLearning  = 7
	iflaVxlanPortRange = 10
	iflaVxlanProxy     = 11
	iflaVxlanPort      = 15
	iflaVxlanGroup6    = 16
	iflaVxlanLocal6    = 17
)

func init() {
	registerKind("vxlan", func() Interface { return &VxlanAttrs{} })
}

// Init takes over what the kernel says about a VXLAN interface.
func (n *VxlanAttrs) Init(nlh *netlink.Handle, netns *NetworkNamespace, link netlink.Link) {
	n.NifAttrs.Init(nlh, netns, link)
	if data := n.message().data; data != nil {
		n.decode(data)
	} else if vxlan, ok := n.Link.(*netlink.Vxlan); ok {
		n.takeOver(vxlan)
	}
	for _, remote := range []net.IP{n.Groupv4, n.Groupv6} {
		if remote != nil && !remote.IsMulticast() {
			n.addRemote(remote)
		}
	}
}

func (n *VxlanAttrs) decode(data attributes) {
	n.VID = data.u32(iflaVxlanID)
	n.Groupv4, n.Groupv6 = data.ip(iflaVxlanGroup), data.ip(iflaVxlanGroup6)
	n.Sourcev4, n.Sourcev6 = data.ip(iflaVxlanLocal), data.ip(iflaVxlanLocal6)
	n.DestinationPort = data.be16(iflaVxlanPort)
	if ports := data.get(iflaVxlanPortRange); len(ports) >= 4 {
		n.SourcePortLow, n.SourcePortHigh = be16(ports), be16(ports[2:])
	}
	n.TTL = data.u8(iflaVxlanTTL)
	n.TOS = data.u8(iflaVxlanTOS)
	n.ArpProxy = data.u8(iflaVxlanProxy) != 0
	n.Learning = data.u8(iflaVxlanLearning) != 0
}

// takeOver makes do with what the netlink library decoded.
func (n *VxlanAttrs) takeOver(vxlan *netlink.Vxlan) {
	n.VID = uint32(vxlan.VxlanId)
	n.Groupv4, n.Groupv6 = splitFamilies(vxlan.Group)
	n.Sourcev4, n.Sourcev6 = splitFamilies(vxlan.SrcAddr)
	n.DestinationPort = uint16(vxlan.Port)
	n.SourcePortLow, n.SourcePortHigh = uint16(vxlan.PortLow), uint16(vxlan.PortHigh)
	n.TTL = uint8(vxlan.TTL)
	n.TOS = uint8(vxlan.TOS)
	n.ArpProxy = vxlan.Proxy
	n.Learning = vxlan.Learning
}

func splitFamilies(ip net.IP) (v4, v6 net.IP) {
	switch {
	case len(ip) == 0 || ip.IsUnspecified():
		return nil, nil
	case ip.To4() != nil:
		return ip.To4(), nil
	default:
		return nil, ip
	}
}

// addRemote adds an address to the unicast remotes, keeping them sorted and each once.
func (n *VxlanAttrs) addRemote(remote net.IP) {
	remote = canonicalIP(remote)
	at, found := slices.BinarySearchFunc(n.Remotes, remote, compareIPs)
	if !found {
		n.Remotes = slices.Insert(n.Remotes, at, remote)
	}
}

// Nif returns the attributes that all kinds of interfaces have in common.
func (n *VxlanAttrs) Nif() *NifAttrs { return &n.NifAttrs }

// Vxlan returns the VXLAN attributes.
func (n *VxlanAttrs) Vxlan() *VxlanAttrs { return n }

// ResolveRelations finds the master, besides the relations that all kinds have.
func (n *VxlanAttrs) ResolveRelations(allns NetworkNamespaces) { resolveRelationsOf(n, allns) }

func (n *VxlanAttrs) relate(*relations) { n.Master = n.Lower }
