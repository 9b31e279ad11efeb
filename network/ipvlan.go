package network

import (
	"github.com/vishvananda/netlink"
)

// Ipvlan is an interface sharing another one's hardware address; ipvtap interfaces are such too.
type Ipvlan interface {
	Interface
	Ipvlan() *IpvlanAttrs // returns the ipvlan attributes.
}

// IpvlanAttrs are the properties of an ipvlan or ipvtap interface.
type IpvlanAttrs struct {
	NifAttrs
	Master Interface // interface it stands on, maybe in another namespace; nil if out of sight.
	Mode   string    // "l2", "l3" or "l3s".
	Flag   string    // "bridge", "private" or "vepa".
}

// Attributes of ipvlans (include/uapi/linux/if_link.h).
const (
	iflaIpvlanMode  = 1
	iflaIpvlanFlags = 2
)

// ipvlanModes and ipvlanFlags are in the order of the kernel's numbers (IPVLAN_MODE_… and IPVLAN_F_…
// of include/uapi/linux/if_link.h).
var (
	ipvlanModes = []string{"l2", "l3", "l3s"}
	ipvlanFlags = []string{"bridge", "private", "vepa"}
)

func init() {
	registerKind("ipvlan", func() Interface { return &IpvlanAttrs{} })
	registerKind("ipvtap", func() Interface { return &IpvlanAttrs{} })
}

// Init takes over what the kernel says about an ipvlan or ipvtap interface.
func (n *IpvlanAttrs) Init(nlh *netlink.Handle, netns *NetworkNamespace, link netlink.Link) {
	n.NifAttrs.Init(nlh, netns, link)
	data := n.message().data
	n.Mode = nameOf(ipvlanModes, uint32(data.u16(iflaIpvlanMode)))
	n.Flag = nameOf(ipvlanFlags, uint32(data.u16(iflaIpvlanFlags)))
}

// Ipvlan returns the ipvlan attributes.
func (n *IpvlanAttrs) Ipvlan() *IpvlanAttrs { return n }

// ResolveRelations finds the master, besides the relations that all kinds have.
func (n *IpvlanAttrs) ResolveRelations(allns NetworkNamespaces) { resolveRelationsOf(n, allns) }

func (n *IpvlanAttrs) relate(*relations) { n.Master = n.Lower }
