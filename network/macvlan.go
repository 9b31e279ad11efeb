package network

import (
	"github.com/vishvananda/netlink"
)

// Macvlan is an interface with a hardware address of its own on top of another interface; macvtap
// interfaces are such too.
type Macvlan interface {
	Interface
	Macvlan() *MacvlanAttrs // returns the macvlan attributes.
}

// MacvlanAttrs are the properties of a macvlan or macvtap interface.
type MacvlanAttrs struct {
	NifAttrs
	Master Interface   // interface it stands on, maybe in another namespace; nil if out of sight.
	Mode   MacvlanMode // how it switches between its like.
}

// MacvlanMode is how a macvlan switches between its like on the same master.
type MacvlanMode netlink.MacvlanMode

// iflaMacvlanMode is IFLA_MACVLAN_MODE of include/uapi/linux/if_link.h.
const iflaMacvlanMode = 1

// macvlanModes are the kernel's numbers (enum macvlan_mode of include/uapi/linux/if_link.h) for the
// library's.
var macvlanModes = map[uint32]MacvlanMode{
	1:  MacvlanMode(netlink.MACVLAN_MODE_PRIVATE),
	2:  MacvlanMode(netlink.MACVLAN_MODE_VEPA),
	4:  MacvlanMode(netlink.MACVLAN_MODE_BRIDGE),
	8:  MacvlanMode(netlink.MACVLAN_MODE_PASSTHRU),
	16: MacvlanMode(netlink.MACVLAN_MODE_SOURCE),
}

// String returns "default", "private", "vepa", "bridge", "passthru" or "source", or "unknown" for
// any other mode.
func (m MacvlanMode) String() string {
	switch netlink.MacvlanMode(m) {
	case netlink.MACVLAN_MODE_DEFAULT:
		return "default"
	case netlink.MACVLAN_MODE_PRIVATE:
		return "private"
	case netlink.MACVLAN_MODE_VEPA:
		return "vepa"
	case netlink.MACVLAN_MODE_BRIDGE:
		return "bridge"
	case netlink.MACVLAN_MODE_PASSTHRU:
		return "passthru"
	case netlink.MACVLAN_MODE_SOURCE:
		return "source"
	default:
		return "unknown"
	}
}

func init() {
	registerKind("macvlan", func() Interface { return &MacvlanAttrs{} })
	registerKind("macvtap", func() Interface { return &MacvlanAttrs{} })
}

// Init takes over what the kernel says about a macvlan or macvtap interface.
func (n *MacvlanAttrs) Init(nlh *netlink.Handle, netns *NetworkNamespace, link netlink.Link) {
	n.NifAttrs.Init(nlh, netns, link)
	if data := n.message().data; data != nil {
		n.Mode = macvlanModes[data.u32(iflaMacvlanMode)]
		return
	}
	switch link := n.Link.(type) {
	case *netlink.Macvlan:
		n.Mode = MacvlanMode(link.Mode)
	case *netlink.Macvtap:
		n.Mode = MacvlanMode(link.Mode)
	}
}

// Nif returns the attributes that all kinds of interfaces have in common.
func (n *MacvlanAttrs) Nif() *NifAttrs { return &n.NifAttrs }

// Macvlan returns the macvlan attributes.
func (n *MacvlanAttrs) Macvlan() *MacvlanAttrs { return n }

// ResolveRelations finds the master, besides the relations that all kinds have.
func (n *MacvlanAttrs) ResolveRelations(allns NetworkNamespaces) { resolveRelationsOf(n, allns) }

func (n *MacvlanAttrs) relate(*relations) { n.Master = n.Lower }
