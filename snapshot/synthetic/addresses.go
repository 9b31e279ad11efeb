package synthetic

import (
	"encoding/binary"
	"net"

	"github.com/hostwire/hostwire/network"
	"golang.org/x/sys/unix"
)

// Scopes of addresses, as in rtnetlink(7).
const (
	scopeUniverse = unix.RT_SCOPE_UNIVERSE
	scopeLink     = unix.RT_SCOPE_LINK
	scopeHost     = unix.RT_SCOPE_HOST
)

const forever = ^uint32(0) // lifetime of addresses that do not expire, in seconds.

var loopback6 = net.IPv6loopback

// subnet is an IPv4 network with its twin in IPv6.
type subnet struct {
	base uint32 // network address.
	bits int    // prefix length of the IPv4 network; its IPv6 twin has 64.
	gw   uint32 // the router of the network, as an offset.
}

// v4 returns the address at an offset, in four bytes.
func v4(addr uint32) net.IP {
	ip := make(net.IP, net.IPv4len)
	binary.BigEndian.PutUint32(ip, addr)
	return ip
}

// v6 returns the twin of an IPv4 address in the subnet: fd00:0:BASE::OFFSET.
func (s subnet) v6(addr uint32) net.IP {
	ip := make(net.IP, net.IPv6len)
	ip[0] = 0xfd
	binary.BigEndian.PutUint32(ip[4:], s.base)
	binary.BigEndian.PutUint32(ip[12:], addr-s.base)
	return ip
}

// linkLocal returns the address that the kernel derives from a hardware address (RFC 4291).
func linkLocal(mac net.HardwareAddr) net.IP {
	return net.IP{0xfe, 0x80, 0, 0, 0, 0, 0, 0, mac[0] ^ 2, mac[1], mac[2], 0xff, 0xfe, mac[3], mac[4], mac[5]}
}

func address4(nif *network.NifAttrs, addr uint32, bits uint, scope int) network.Address {
	return network.Address{Family: unix.AF_INET, Address: v4(addr), PrefixLength: bits, PreferredLifetime: forever, ValidLifetime: forever, Scope: scope, Index: nif.Index}
}

func address6(nif *network.NifAttrs, ip net.IP, bits uint, scope int) network.Address {
	return network.Address{Family: unix.AF_INET6, Address: ip, PrefixLength: bits, PreferredLifetime: forever, ValidLifetime: forever, Scope: scope, Index: nif.Index}
}

// assign gives an interface an address of the subnet and the routes that come with it. Where the
// subnet has a router that is not the interface itself, it becomes the default route.
func (b *builder) assign(nif network.Interface, s subnet, addr uint32) {
	attrs, ns := nif.Nif(), nif.Nif().Netns
	attrs.Addrsv4 = append(attrs.Addrsv4, address4(attrs, addr, uint(s.bits), scopeUniverse))
	gw := s.base + s.gw
	if s.gw != 0 && gw != addr {
		ns.Routesv4 = append(ns.Routesv4, route(nif, unix.AF_INET, v4(0), 0, v4(gw)))
	}
	ns.Routesv4 = append(ns.Routesv4, route(nif, unix.AF_INET, v4(s.base), s.bits, nil))
	if !b.recipe.IPv6 {
		return
	}
	attrs.Addrsv6 = append(attrs.Addrsv6,
		address6(attrs, s.v6(addr), 64, scopeUniverse),
		address6(attrs, linkLocal(attrs.L2Addr), 64, scopeLink))
	if s.gw != 0 && gw != addr {
		ns.Routesv6 = append(ns.Routesv6, route(nif, unix.AF_INET6, make(net.IP, net.IPv6len), 0, s.v6(gw)))
	}
	ns.Routesv6 = append(ns.Routesv6, route(nif, unix.AF_INET6, s.v6(s.base), 64, nil))
}

// route is a unicast route of the main table through an interface.
func route(nif network.Interface, family int, dest net.IP, bits int, via net.IP) network.Route {
	return network.Route{
		Family:               network.AddressFamily(family),
		Type:                 unix.RTN_UNICAST,
		Destination:          net.IPNet{IP: dest, Mask: net.CIDRMask(bits, 8*len(dest))},
		DestinationPrefixLen: bits,
		NextHop:              via,
		Index:                nif.Nif().Index,
		Nif:                  nif,
		Table:                unix.RT_TABLE_MAIN,
	}
}

// hardwareAddr makes up a locally administered address from the namespace's and interface's numbers:
// 17 and 20 bits of them are enough for the largest host.
func hardwareAddr(ns *network.NetworkNamespace, index int) net.HardwareAddr {
	mac := make(net.HardwareAddr, 8)
	binary.BigEndian.PutUint64(mac, 0x02_40<<32|(ns.ID().Ino-firstInode)<<20|uint64(index)&0xfffff)
	return mac[2:]
}
