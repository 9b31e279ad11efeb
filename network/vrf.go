package network

import (
	"github.com/vishvananda/netlink"
)

// Vrf is an interface standing for a routing domain of its own (virtual routing and forwarding).
type Vrf interface {
	Interface
	Vrf() *VrfAttrs // returns the VRF attributes.
}

// VrfAttrs are the properties of a VRF interface.
type VrfAttrs struct {
	NifAttrs
	Table   uint32     // routing table of the domain.
	Members Interfaces // interfaces in the domain, by index.
}

// iflaVrfTable is IFLA_VRF_TABLE of include/uapi/linux/if_link.h.
const iflaVrfTable = 1

func init() {
	registerKind("vrf", func() Interface { return &VrfAttrs{} })
}

// Init takes over what the kernel says about a VRF interface.
func (n *VrfAttrs) Init(nlh *netlink.Handle, netns *NetworkNamespace, link netlink.Link) {
	n.NifAttrs.Init(nlh, netns, link)
	n.Table = n.message().data.u32(iflaVrfTable)
}

// Vrf returns the VRF attributes.
func (n *VrfAttrs) Vrf() *VrfAttrs { return n }

func (n *VrfAttrs) addMember(member Interface) { n.Members = appendNew(n.Members, member) }
