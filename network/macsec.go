package network

import (
	"github.com/vishvananda/netlink"
)

// Macsec is an interface encrypting the frames of another one (IEEE 802.1AE).
type Macsec interface {
	Interface
	Macsec() *MacsecAttrs // returns the MACsec attributes.
}

// MacsecAttrs are the properties of a MACsec interface. Keys are none of them.
type MacsecAttrs struct {
	NifAttrs
	Master  Interface // interface whose frames are protected, maybe in another namespace; nil if out of sight.
	SCI     uint64    // secure channel identifier: hardware address and port, as a number in host order.
	Encrypt bool      // encrypts, rather than only authenticates.
}

// Attributes of MACsec interfaces (include/uapi/linux/if_link.h).
const (
	iflaMacsecSCI     = 1
	iflaMacsecEncrypt = 7
)

func init() {
	registerKind("macsec", func() Interface { return &MacsecAttrs{} })
}

// Init takes over what the kernel says about a MACsec interface.
func (n *MacsecAttrs) Init(nlh *netlink.Handle, netns *NetworkNamespace, link netlink.Link) {
	n.NifAttrs.Init(nlh, netns, link)
	data := n.message().data
	n.SCI = data.be64(iflaMacsecSCI)
	n.Encrypt = data.u8(iflaMacsecEncrypt) != 0
}

// Macsec returns the MACsec attributes.
func (n *MacsecAttrs) Macsec() *MacsecAttrs { return n }

// ResolveRelations finds the master, besides the relations that all kinds have.
func (n *MacsecAttrs) ResolveRelations(allns NetworkNamespaces) { resolveRelationsOf(n, allns) }

func (n *MacsecAttrs) relate(*relations) { n.Master = n.Lower }
