package network

import (
	"net"
	"strings"

	"github.com/vishvananda/netlink"
)

// Tunnel is an interface carrying packets inside IP: GRE, gretap, ERSPAN, IPIP, SIT, ip6tnl, VTI.
type Tunnel interface {
	Interface
	Tunnel() *TunnelAttrs // returns the tunnel attributes.
}

// TunnelAttrs are the properties of an IP tunnel: gre, gretap, erspan, ip6gre, ip6gretap, ip6erspan,
// ipip, sit, ip6tnl, vti and vti6.
type TunnelAttrs struct {
	NifAttrs
	Local      net.IP    // own outer address; nil for any.
	Remote     net.IP    // outer address of the other end; nil for any.
	InKey      uint32    // key expected in packets coming in; 0 if none.
	OutKey     uint32    // key put into packets going out; 0 if none.
	TTL        uint8     // time to live of outer packets; 0 for the inner packet's.
	EncapLimit uint8     // tunnel encapsulation limit of IPv6 tunnels (RFC 2473); 0 if none.
	Carrier    Interface // interface that the tunnel is bound to, maybe in another namespace; nil if none.
}

// tunnelLayout tells where a family of tunnels has its attributes (include/uapi/linux/if_tunnel.h);
// zero for what it does not have.
type tunnelLayout struct {
	link, inKey, outKey, local, remote, ttl, encapLimit uint16
}

var (
	iptunLayout = tunnelLayout{link: 1, local: 2, remote: 3, ttl: 4, encapLimit: 6}                       // IFLA_IPTUN_…
	greLayout   = tunnelLayout{link: 1, inKey: 4, outKey: 5, local: 6, remote: 7, ttl: 8, encapLimit: 11} // IFLA_GRE_…
	vtiLayout   = tunnelLayout{link: 1, inKey: 2, outKey: 3, local: 4, remote: 5}                         // IFLA_VTI_…
)

var tunnelLayouts = map[string]tunnelLayout{
	"ipip": iptunLayout, "sit": iptunLayout, "ip6tnl": iptunLayout,
	"gre": greLayout, "gretap": greLayout, "erspan": greLayout,
	"ip6gre": greLayout, "ip6gretap": greLayout, "ip6erspan": greLayout,
	"vti": vtiLayout, "vti6": vtiLayout,
}

func init() {
	for kind := range tunnelLayouts {
		registerKind(kind, func() Interface { return &TunnelAttrs{} })
	}
}

// Init takes over what the kernel says about an IP tunnel.
func (n *TunnelAttrs) Init(nlh *netlink.Handle, netns *NetworkNamespace, link netlink.Link) {
	n.NifAttrs.Init(nlh, netns, link)
	data, layout := n.message().data, tunnelLayouts[n.Kind]
	n.Local, n.Remote = data.ip(layout.local), data.ip(layout.remote)
	n.TTL = data.u8(layout.ttl)
	if layout.inKey != 0 {
		n.InKey, n.OutKey = data.be32(layout.inKey), data.be32(layout.outKey)
	}
	// The IPv4 tunnels have other attributes at the place of the encapsulation limit.
	if n.Kind == "ip6tnl" || strings.HasPrefix(n.Kind, "ip6gre") || n.Kind == "ip6erspan" {
		n.EncapLimit = data.u8(layout.encapLimit)
	}
}

// Tunnel returns the tunnel attributes.
func (n *TunnelAttrs) Tunnel() *TunnelAttrs { return n }

// ResolveRelations finds the interface that the tunnel is bound to, besides the relations that all kinds have.
func (n *TunnelAttrs) ResolveRelations(allns NetworkNamespaces) { resolveRelationsOf(n, allns) }

func (n *TunnelAttrs) relate(*relations) { n.Carrier = n.Lower }
