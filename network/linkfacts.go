package network

// linkFacts are what the kernel said about an interface's relations to others. They are kept
// beside the model until the relations are resolved.
type linkFacts struct {
	message linkMessage
}

// iflinkKinds are the kinds whose drivers tell an IFLA_LINK (ndo_get_iflink). For those an absent
// IFLA_LINK beside an IFLA_LINK_NETNSID means that the other interface has the same index, since
// the kernel leaves the attribute out then (nla_put_iflink of net/core/rtnetlink.c). Other kinds
// with an IFLA_LINK_NETNSID, such as geneve, only tell the namespace that their packets use.
var iflinkKinds = map[string]bool{
	"veth": true, "netkit": true, "vxcan": true,
	"vlan": true, "macvlan": true, "macvtap": true, "ipvlan": true, "ipvtap": true, "vxlan": true,
	"macsec": true, "virt_wifi": true, "ipoib": true, "lowpan": true, "rmnet": true,
	"gre": true, "gretap": true, "erspan": true, "ipip": true, "sit": true, "vti": true,
	"ip6gre": true, "ip6gretap": true, "ip6erspan": true, "ip6tnl": true, "vti6": true, "xfrm": true,
}

// underlayKinds are kinds whose IFLA_LINK_NETNSID without IFLA_LINK only tells which namespace their
// packets travel in.
var underlayKinds = map[string]bool{
	"geneve": true, "bareudp": true, "gtp": true, "amt": true, "wireguard": true, "pfcp": true,
}

// peerKinds are the kinds whose IFLA_LINK is the other end of a wire.
var peerKinds = map[string]bool{"veth": true, "netkit": true, "vxcan": true}

// reference tells which interface the kernel says the interface is linked to: its index, and
// whether it is in another namespace.
func (f *linkFacts) reference() (index int, elsewhere, ok bool) {
	m := &f.message
	switch {
	case m.hasNSID && m.nsid == NSID_NONE:
		// The other namespace is going down, and the interface there with it.
		return 0, false, false
	case m.hasLink:
		return m.link, m.hasNSID, m.link > 0 && (m.hasNSID || m.link != m.index)
	case m.hasNSID && iflinkKinds[m.kind]:
		return m.index, true, true
	default:
		return 0, false, false
	}
}
