package network

import (
	"cmp"
	"errors"
	"maps"
	"net"
	"slices"
	"strings"

	"github.com/thediveo/lxkns/model"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Interface is a network interface of any kind. Kinds with properties of their own implement more
// than this: [Veth], [Bridge], [Vxlan], and so on; ask with a type assertion.
type Interface interface {
	Nif() *NifAttrs       // what all kinds of interfaces have in common; never nil.
	Interface() Interface // the interface with all of its kind's properties, also when called on the embedded NifAttrs.
}

// NifAttrs are the properties and relations that all kinds of interfaces share.
type NifAttrs struct {
	Netns       *NetworkNamespace // namespace that the interface is in; never nil.
	Kind        string            // kind as the kernel names it (IFLA_INFO_KIND); empty for hardware and loopback.
	Name        string            // name, unique within the namespace.
	Alias       string            // alias (ifalias) for people; empty if none.
	Index       int               // index, unique within the namespace only.
	State       OperState         // operational state.
	Physical    bool              // has a device or hypervisor behind it, thus a driver.
	DriverInfo  NifDriverInfo     // driver and device as ethtool tells; zero where there is none.
	Promiscuous bool              // takes in all frames (IFF_PROMISC or a promiscuity count).
	Labels      model.Labels      // labels attached by decorators; nil if none.
	L2Addr      net.HardwareAddr  // hardware address; nil if none.
	Addrsv4     Addresses         // IPv4 addresses, sorted.
	Addrsv6     Addresses         // IPv6 addresses, sorted.
	SRIOVRole   SRIOVRole         // whether it is an SR-IOV physical or virtual function.
	Bridge      Interface         // bridge that the interface is a port of; nil if none.
	Slaves      Interfaces        // interfaces standing on this one: MACVLANs, VLANs, VXLANs, VFs, … sorted; no veth peers, no bridge ports.
	PF          Interface         // physical function of an SR-IOV virtual function; nil if none or unseen.
	Link        netlink.Link      // what netlink said; nil after decoding from a snapshot, and with Options.NoLinks.

	MTU        int              // maximum transmission unit, in bytes.
	AdminUp    bool             // administratively up (IFF_UP).
	Loopback   bool             // a loopback interface (IFF_LOOPBACK).
	Controller Interface        // IFLA_MASTER resolved: bridge, bond, team, VRF, OVS datapath, …; nil if none.
	Lower      Interface        // IFLA_LINK resolved: what the interface stands on; nil if none, unseen, or a peer.
	Unresolved string           // "peer", "lower" or "controller" if the kernel names one that is out of sight; else empty.
	PermL2Addr net.HardwareAddr // permanent hardware address; nil if none or unknown.
	Speed      int              // link speed in Mbit/s; 0 if unknown.
	Duplex     string           // "full", "half" or empty if unknown.
	BridgePort *BridgePortAttrs // state as a bridge port; nil if it is none.

	Forwardingv4 string // whether IPv4 packets for others that come in by it are passed on: "on", "off" or empty if not known.
	Forwardingv6 string // the same for IPv6.
}

// Interfaces is a list of interfaces that can be sorted in place.
type Interfaces []Interface

// Init takes over what the kernel says about the interface: the link, and its addresses if there
// is a netlink handle to ask. Relations to other interfaces are left for later.
func (n *NifAttrs) Init(nlh *netlink.Handle, netns *NetworkNamespace, link netlink.Link) {
	var m linkMessage
	if raw, ok := link.(*rawLink); ok {
		m, n.Link = raw.message, raw.Link
	} else {
		m, n.Link = linkMessageOf(link), link
		if nlh != nil {
			n.initAddresses(nlh, link)
			if asked, err := netns.askLink(m.index); err == nil && asked.name == m.name {
				m = asked
			}
		}
	}
	n.Netns = netns
	n.Kind = m.kind
	n.Name = m.name
	n.Alias = m.alias
	n.Index = m.index
	n.State = m.state
	n.Promiscuous = m.flags&unix.IFF_PROMISC != 0 || m.promiscuity > 0
	n.L2Addr = m.address
	n.PermL2Addr = m.permAddress
	n.MTU = m.mtu
	n.AdminUp = m.flags&unix.IFF_UP != 0
	n.Loopback = m.flags&unix.IFF_LOOPBACK != 0
	n.Physical = m.kind == "" && !n.Loopback
	netns.setFacts(m.index, &linkFacts{message: m})
}

// initAddresses asks for the link's addresses. Failing to get some leaves the interface without.
func (n *NifAttrs) initAddresses(nlh *netlink.Handle, link netlink.Link) {
	addrs, err := nlh.AddrList(link, netlink.FAMILY_ALL)
	if err != nil && !errors.Is(err, netlink.ErrDumpInterrupted) {
		return
	}
	for _, addr := range addrs {
		if addr.IPNet == nil {
			continue
		}
		ones, _ := addr.Mask.Size()
		n.addAddress(newAddress(addr.IP, uint(ones), uint32(addr.PreferedLft), uint32(addr.ValidLft), addr.Scope, addr.LinkIndex))
	}
	n.Addrsv4.Sort()
	n.Addrsv6.Sort()
}

func (n *NifAttrs) addAddress(a Address) {
	if a.Family == unix.AF_INET {
		n.Addrsv4 = append(n.Addrsv4, a)
	} else {
		n.Addrsv6 = append(n.Addrsv6, a)
	}
}

// message returns what the kernel said about the interface; empty if that is not known any more.
func (n *NifAttrs) message() *linkMessage {
	if n.Netns != nil {
		if facts := n.Netns.facts[n.Index]; facts != nil {
			return &facts.message
		}
	}
	return &linkMessage{}
}

// Nif returns the attributes that all kinds of interfaces have in common.
func (n *NifAttrs) Nif() *NifAttrs { return n }

// Interface returns the interface that these attributes are part of, with its kind's properties.
// It looks it up in the namespace, since Go's embedded structs do not know what embeds them.
func (n *NifAttrs) Interface() Interface {
	if n.Netns != nil {
		if nif, ok := n.Netns.Nifs[n.Index]; ok && nif.Nif() == n {
			return nif
		}
	}
	return n
}

// ResolveRelations finds the interfaces that this one is related to: bridge or other controller,
// lower interface or peer. SR-IOV functions are not among them.
func (n *NifAttrs) ResolveRelations(allns NetworkNamespaces) {
	resolveRelationsOf(n.Interface(), allns)
}

// AddLabels merges labels into the interface's own; the added ones win.
func (n *NifAttrs) AddLabels(labels model.Labels) {
	if len(labels) == 0 {
		return
	}
	if n.Labels == nil {
		n.Labels = make(model.Labels, len(labels))
	}
	maps.Copy(n.Labels, labels)
}

// HasAddress tells whether the IP address is assigned to the interface. An IPv4 address may be
// given in 4 bytes or IPv4-mapped in 16.
func (n *NifAttrs) HasAddress(ip net.IP) bool {
	for _, addrs := range []Addresses{n.Addrsv4, n.Addrsv6} {
		for i := range addrs {
			if addrs[i].Address.Equal(ip) {
				return true
			}
		}
	}
	return false
}

// Sort sorts the interfaces in place, by name, then by index, then by namespace.
func (i Interfaces) Sort() { slices.SortStableFunc(i, compareInterfaces) }

func compareInterfaces(a, b Interface) int {
	x, y := a.Nif(), b.Nif()
	return cmp.Or(
		strings.Compare(x.Name, y.Name),
		cmp.Compare(x.Index, y.Index),
		compareNamespaceIDs(x.Netns, y.Netns),
	)
}

// OfKind returns the interfaces of the kind, in their order; nil if there are none.
func (i Interfaces) OfKind(kind string) (nifs Interfaces) {
	for _, nif := range i {
		if nif.Nif().Kind == kind {
			nifs = append(nifs, nif)
		}
	}
	return nifs
}

// appendNew appends an interface unless it is in the list already.
func appendNew[L ~[]Interface](nifs L, nif Interface) L {
	if slices.Contains(nifs, nif) {
		return nifs
	}
	return append(nifs, nif)
}
