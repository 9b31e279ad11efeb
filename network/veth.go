package network

import (
	"github.com/vishvananda/netlink"
)

// Veth is one end of a virtual wire.
type Veth interface {
	Interface
	Veth() *VethAttrs // returns the veth attributes.
}

// VethAttrs are the properties of one end of a virtual wire.
type VethAttrs struct {
	NifAttrs
	Peer Interface // other end, maybe in another namespace; nil if out of sight or gone.
}

func init() {
	registerKind("veth", func() Interface { return &VethAttrs{} })
	registerKind("vxcan", func() Interface { return &VethAttrs{} })
}

// Init takes over what the kernel says about one end of a virtual wire.
func (n *VethAttrs) Init(nlh *netlink.Handle, netns *NetworkNamespace, link netlink.Link) {
	n.NifAttrs.Init(nlh, netns, link)
}

// Nif returns the attributes that all kinds of interfaces have in common.
func (n *VethAttrs) Nif() *NifAttrs { return &n.NifAttrs }

// Veth returns the veth attributes.
func (n *VethAttrs) Veth() *VethAttrs { return n }

// ResolveRelations finds the wire's other end, besides the relations that all kinds have.
func (n *VethAttrs) ResolveRelations(allns NetworkNamespaces) { resolveRelationsOf(n, allns) }

func (n *VethAttrs) relate(r *relations) { n.Peer = r.peer(n) }
