package network

import (
	"net"

	"github.com/vishvananda/netlink"
)

// Geneve is an interface of a layer 2 network over UDP (RFC 8926).
type Geneve interface {
	Interface
	Geneve() *GeneveAttrs // returns the Geneve attributes.
}

// GeneveAttrs are the properties of a Geneve interface.
type GeneveAttrs struct {
	NifAttrs
	VNI             uint32 // virtual network identifier, 24 bits.
	Remote          net.IP // other end; nil if every packet tells (external mode).
	DestinationPort uint16 // UDP destination port.
}

// Attributes of Geneve interfaces (include/uapi/linux/if_link.h).
const (
	iflaGeneveID      = 1
	iflaGeneveRemote  = 2
	iflaGenevePort    = 5
	iflaGeneveRemote6 = 7
)

func init() {
	registerKind("geneve", func() Interface { return &GeneveAttrs{} })
}

// Init takes over what the kernel says about a Geneve interface.
func (n *GeneveAttrs) Init(nlh *netlink.Handle, netns *NetworkNamespace, link netlink.Link) {
	n.NifAttrs.Init(nlh, netns, link)
	data := n.message().data
	n.VNI = data.u32(iflaGeneveID)
	n.Remote = data.ip(iflaGeneveRemote)
	if n.Remote == nil {
		n.Remote = data.ip(iflaGeneveRemote6)
	}
	n.DestinationPort = data.be16(iflaGenevePort)
}

// Geneve returns the Geneve attributes.
func (n *GeneveAttrs) Geneve() *GeneveAttrs { return n }
