package network

import (
	"github.com/vishvananda/netlink"
)

// Netkit is one end of a virtual wire steered by BPF programs.
type Netkit interface {
	Interface
	Netkit() *NetkitAttrs // returns the netkit attributes.
}

// NetkitAttrs are the properties of one end of a netkit pair.
type NetkitAttrs struct {
	NifAttrs
	Peer    Interface // other end, maybe in another namespace; nil if out of sight or gone.
	Mode    string    // "l2" or "l3".
	Primary bool      // the end that the pair is managed through.
}

// Attributes of netkits (include/uapi/linux/if_link.h).
const (
	iflaNetkitPrimary = 2
	iflaNetkitMode    = 4
)

// netkitModes are in the order of the kernel's numbers (NETKIT_L2 and NETKIT_L3).
var netkitModes = []string{"l2", "l3"}

func init() {
	registerKind("netkit", func() Interface { return &NetkitAttrs{} })
}

// Init takes over what the kernel says about one end of a netkit pair.
func (n *NetkitAttrs) Init(nlh *netlink.Handle, netns *NetworkNamespace, link netlink.Link) {
	n.NifAttrs.Init(nlh, netns, link)
	data := n.message().data
	n.Primary = data.u8(iflaNetkitPrimary) != 0
	if data.has(iflaNetkitMode) {
		n.Mode = nameOf(netkitModes, data.u32(iflaNetkitMode))
	}
}

// Netkit returns the netkit attributes.
func (n *NetkitAttrs) Netkit() *NetkitAttrs { return n }

// ResolveRelations finds the pair's other end, besides the relations that all kinds have.
func (n *NetkitAttrs) ResolveRelations(allns NetworkNamespaces) { resolveRelationsOf(n, allns) }

func (n *NetkitAttrs) relate(r *relations) { n.Peer = r.peer(n) }
