package network

import (
	"github.com/vishvananda/netlink"
)

// Hsr is an interface sending each frame over two others for redundancy (IEC 62439-3).
type Hsr interface {
	Interface
	Hsr() *HsrAttrs // returns the HSR/PRP attributes.
}

// HsrAttrs are the properties of an HSR or PRP interface.
type HsrAttrs struct {
	NifAttrs
	Protocol string    // "hsr" or "prp".
	PortA    Interface // first port; nil if none.
	PortB    Interface // second port; nil if none.
}

// Attributes of HSR and PRP interfaces (include/uapi/linux/if_link.h).
const (
	iflaHsrSlave1   = 1
	iflaHsrSlave2   = 2
	iflaHsrProtocol = 7
)

// hsrProtocols are in the order of the kernel's numbers (HSR_PROTOCOL_HSR and HSR_PROTOCOL_PRP).
var hsrProtocols = []string{"hsr", "prp"}

func init() {
	registerKind("hsr", func() Interface { return &HsrAttrs{} })
}

// Init takes over what the kernel says about an HSR or PRP interface.
func (n *HsrAttrs) Init(nlh *netlink.Handle, netns *NetworkNamespace, link netlink.Link) {
	n.NifAttrs.Init(nlh, netns, link)
	n.Protocol = nameOf(hsrProtocols, uint32(n.message().data.u8(iflaHsrProtocol)))
}

// Hsr returns the HSR/PRP attributes.
func (n *HsrAttrs) Hsr() *HsrAttrs { return n }

// ResolveRelations finds the two ports, besides the relations that all kinds have.
func (n *HsrAttrs) ResolveRelations(allns NetworkNamespaces) { resolveRelationsOf(n, allns) }

func (n *HsrAttrs) relate(r *relations) {
	data := n.message().data
	n.PortA = r.sibling(n, int(data.u32(iflaHsrSlave1)))
	n.PortB = r.sibling(n, int(data.u32(iflaHsrSlave2)))
}
