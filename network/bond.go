package network

import (
	"github.com/vishvananda/netlink"
)

// Bond is an interface that aggregates others.
type Bond interface {
	Interface
	Bond() *BondAttrs // returns the bond attributes.
}

// BondAttrs are the properties of a bonding interface.
type BondAttrs struct {
	NifAttrs
	Mode    string     // "balance-rr", "active-backup", "balance-xor", "broadcast", "802.3ad", "balance-tlb" or "balance-alb".
	Active  Interface  // member carrying the traffic, in the modes that have one; nil otherwise.
	Members Interfaces // aggregated interfaces, by index.
}

// Attributes of bonds (include/uapi/linux/if_link.h).
const (
	iflaBondMode        = 1
	iflaBondActiveSlave = 2
)

// bondModes are the modes in the order of their numbers (BOND_MODE_… of
// include/uapi/linux/if_bonding.h).
var bondModes = []string{"balance-rr", "active-backup", "balance-xor", "broadcast", "802.3ad", "balance-tlb", "balance-alb"}

func init() {
	registerKind("bond", func() Interface { return &BondAttrs{} })
}

// Init takes over what the kernel says about a bonding interface.
func (n *BondAttrs) Init(nlh *netlink.Handle, netns *NetworkNamespace, link netlink.Link) {
	n.NifAttrs.Init(nlh, netns, link)
	n.Mode = nameOf(bondModes, uint32(n.message().data.u8(iflaBondMode)))
}

// Bond returns the bond attributes.
func (n *BondAttrs) Bond() *BondAttrs { return n }

// ResolveRelations finds the active member, besides the relations that all kinds have.
func (n *BondAttrs) ResolveRelations(allns NetworkNamespaces) { resolveRelationsOf(n, allns) }

func (n *BondAttrs) relate(r *relations) {
	n.Active = r.sibling(n, int(n.message().data.u32(iflaBondActiveSlave)))
}

func (n *BondAttrs) addMember(member Interface) { n.Members = appendNew(n.Members, member) }
