package network

import (
	"github.com/vishvananda/netlink"
)

// Vlan is an interface for the frames of one VLAN of another interface.
type Vlan interface {
	Interface
	Vlan() *VlanAttrs // returns the VLAN attributes.
}

// VlanAttrs are the properties of a VLAN interface.
type VlanAttrs struct {
	NifAttrs
	Master       Interface            // interface whose frames are tagged, maybe in another namespace; nil if out of sight.
	VID          uint16               // VLAN ID, 1 to 4094.
	VlanProtocol netlink.VlanProtocol // IEEE 802.1Q (0x8100) or 802.1ad (0x88a8).
}

// Attributes of VLANs (include/uapi/linux/if_link.h).
const (
	iflaVLANID       = 1
	iflaVLANProtocol = 5
)

func init() {
	registerKind("vlan", func() Interface { return &VlanAttrs{} })
}

// Init takes over what the kernel says about a VLAN interface.
func (n *VlanAttrs) Init(nlh *netlink.Handle, netns *NetworkNamespace, link netlink.Link) {
	n.NifAttrs.Init(nlh, netns, link)
	if data := n.message().data; data != nil {
		n.VID = data.u16(iflaVLANID)
		n.VlanProtocol = netlink.VlanProtocol(data.be16(iflaVLANProtocol))
	} else if vlan, ok := n.Link.(*netlink.Vlan); ok {
		n.VID = uint16(vlan.VlanId)
		n.VlanProtocol = vlan.VlanProtocol
	}
	if n.VlanProtocol == 0 {
		n.VlanProtocol = netlink.VLAN_PROTOCOL_8021Q
	}
}

// Nif returns the attributes that all kinds of interfaces have in common.
func (n *VlanAttrs) Nif() *NifAttrs { return &n.NifAttrs }

// Vlan returns the VLAN attributes.
func (n *VlanAttrs) Vlan() *VlanAttrs { return n }

// ResolveRelations finds the master, besides the relations that all kinds have.
func (n *VlanAttrs) ResolveRelations(allns NetworkNamespaces) { resolveRelationsOf(n, allns) }

func (n *VlanAttrs) relate(*relations) { n.Master = n.Lower }
