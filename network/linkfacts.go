package network

// linkFacts are what the kernel said about an interface's relations to others. They are kept
// beside the model until the relations are resolved.
type linkFacts struct {
	message linkMessage
}

// iflinkKinds are the kinds whose drivers tell an IFLA_LINK (ndo_get_iflink) together with the
// namespace that it is an index in (get_link_net). For those an absent IFLA_LINK beside an
// IFLA_LINK_NETNSID means that the other interface has the same index, since the kernel leaves the
// attribute out then (nla_put_iflink of net/core/rtnetlink.c). Other kinds with an
// IFLA_LINK_NETNSID, such as geneve, only tell which namespace their packets travel in.
var iflinkKinds = map[string]bool{
	"veth": true, "netkit": true, "vxcan": true,
	"vlan": true, "macvlan": true, "macvtap": true, "ipvlan": true, "ipvtap": true,
	"macsec": true,
}

// linkAttributes are the kinds that tell what they stand on in an attribute of their own in
// IFLA_INFO_DATA, always, and zero for none; VXLANs do not tell it in IFLA_LINK at all. It is an
// index in the namespace of IFLA_LINK_NETNSID too.
var linkAttributes = map[string]uint16{
	"vxlan": 3,                        // IFLA_VXLAN_LINK
	"ipip":  1, "sit": 1, "ip6tnl": 1, // IFLA_IPTUN_LINK
	"gre": 1, "gretap": 1, "erspan": 1, "ip6gre": 1, "ip6gretap": 1, "ip6erspan": 1, // IFLA_GRE_LINK
	"vti": 1, "vti6": 1, // IFLA_VTI_LINK
	"xfrm": 1, // IFLA_XFRM_LINK
}

// peerKinds are the kinds whose IFLA_LINK is the other end of a wire.
var peerKinds = map[string]bool{"veth": true, "netkit": true, "vxcan": true}

// namespaceUnsure tells that an IFLA_LINK without IFLA_LINK_NETNSID need not be an index in the same
// namespace: hardware and some kinds, such as ipoib, never say where their lower interface is. It is
// where they came from, and that is the initial namespace unless they were moved.
func (f *linkFacts) namespaceUnsure() bool {
	_, special := linkAttributes[f.message.kind]
	return !f.message.hasNSID && !special && !iflinkKinds[f.message.kind]
}

// reference tells which interface the kernel says the interface is linked to: its index, and
// whether it is in another namespace.
func (f *linkFacts) reference() (index int, elsewhere, ok bool) {
	m := &f.message
	if m.hasNSID && m.nsid == NSID_NONE {
		// The other namespace is going down, and the interface there with it.
		return 0, false, false
	}
	if attribute, special := linkAttributes[m.kind]; special && m.data != nil {
		index = int(m.data.u32(attribute))
		return index, m.hasNSID, index > 0
	}
	switch {
	case m.hasLink:
		return m.link, m.hasNSID, m.link > 0 && (m.hasNSID || m.link != m.index)
	case m.hasNSID && iflinkKinds[m.kind]:
		return m.index, true, true
	default:
		return 0, false, false
	}
}
