package snapshot

import (
	"cmp"
	"encoding/binary"
	"maps"
	"net"
	"net/netip"
	"slices"
)

// addressBook gives addresses stand-ins from the ranges that are reserved for documentation (RFC
// 5737, 3849, 6676) and benchmarks (RFC 2544), and where these are not enough from the part of IPv4
// that nobody uses (240.0.0.0/4). Addresses of one network stay together in one.
type addressBook struct {
	addresses map[netip.Addr]netip.Addr
	networks  map[netip.Prefix]netip.Prefix
}

func newAddressBook() *addressBook {
	return &addressBook{addresses: map[netip.Addr]netip.Addr{}, networks: map[netip.Prefix]netip.Prefix{}}
}

// The ranges that stand-ins come from.
var (
	documentation4 = []netip.Prefix{
		netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"),
	}
	linkLocal6 = netip.MustParsePrefix("fe80::/10")
	linkLocal4 = netip.MustParsePrefix("169.254.0.0/16")
)

// everywhere tells addresses that mean the same on every machine.
func everywhere(a netip.Addr) bool {
	return a.IsLoopback() || a.IsUnspecified() || a == netip.AddrFrom4([4]byte{255, 255, 255, 255}) ||
		a.IsLinkLocalMulticast() || a.IsInterfaceLocalMulticast()
}

// note remembers an address.
func (b *addressBook) note(ip net.IP) {
	if a, ok := netip.AddrFromSlice(ip); ok {
		if a = a.Unmap(); !everywhere(a) {
			b.addresses[a] = netip.Addr{}
		}
	}
}

// noteNetwork remembers a network, unless it is a single address or everybody's.
func (b *addressBook) noteNetwork(n net.IPNet) {
	if p, ok := prefixOf(n); ok && private(p) {
		b.networks[p] = netip.Prefix{}
	}
	b.note(n.IP)
}

func prefixOf(n net.IPNet) (netip.Prefix, bool) {
	a, ok := netip.AddrFromSlice(n.IP)
	ones, bits := n.Mask.Size()
	if !ok || bits != a.BitLen() || a.Is4In6() {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(a, ones).Masked(), true
}

// private tells networks that say something about their host.
func private(p netip.Prefix) bool {
	a := p.Addr()
	return p.Bits() > 0 && p.Bits() < a.BitLen()-1 && !a.IsLoopback() && !a.IsMulticast() && !linkLocal6.Contains(a) && !linkLocal4.Contains(a)
}

// number gives everything noted its stand-in.
func (b *addressBook) number() {
	networks := slices.SortedFunc(maps.Keys(b.networks), func(x, y netip.Prefix) int {
		return cmp.Or(x.Addr().Compare(y.Addr()), cmp.Compare(x.Bits(), y.Bits()))
	})
	members := map[netip.Prefix][]netip.Addr{}
	for _, a := range slices.SortedFunc(maps.Keys(b.addresses), netip.Addr.Compare) {
		n := b.networkOf(a)
		members[n] = append(members[n], a)
	}
	small, large, v6 := 0, 0, 0
	for _, n := range networks {
		if n.Addr().Is4() {
			if len(members[n]) < 250 {
				b.networks[n] = smallNetwork(small)
				small++
			} else {
				b.networks[n] = netip.PrefixFrom(addr4(248<<24+uint32(large%128)<<20), 12)
				large++
			}
		} else {
			b.networks[n] = netip.PrefixFrom(addr6(0x20010db8_00000000+uint64(v6+1), 0), 64)
			v6++
		}
		number(b.addresses, members[n], b.networks[n], n.Addr())
	}
	// The rest: in no network, link-local or multicast.
	rest := map[netip.Prefix][]netip.Addr{}
	for _, a := range members[netip.Prefix{}] {
		var p netip.Prefix
		switch {
		case a.Is4() && a.IsMulticast():
			p = netip.MustParsePrefix("233.252.0.0/16") // MCAST-TEST-NET is its first /24.
		case a.Is4() && linkLocal4.Contains(a):
			p = linkLocal4
		case a.Is4():
			p = netip.MustParsePrefix("240.0.0.0/8")
		case a.IsMulticast():
			p = netip.MustParsePrefix("ff0e::db8:0:0/96")
		case linkLocal6.Contains(a):
			p = netip.MustParsePrefix("fe80::/64")
		default:
			p = netip.MustParsePrefix("2001:db8:ffff::/64")
		}
		rest[p] = append(rest[p], a)
	}
	for p, list := range rest {
		number(b.addresses, list, p, netip.Addr{})
	}
}

// number gives the members of a network the addresses of its stand-in from 1 on; the network's own
// address stays that.
func number(addresses map[netip.Addr]netip.Addr, members []netip.Addr, p netip.Prefix, own netip.Addr) {
	next := uint64(1)
	for _, a := range members {
		if a == own {
			addresses[a] = p.Addr()
			continue
		}
		if p.Addr().Is4() {
			base := p.Addr().As4()
			addresses[a] = addr4(binary.BigEndian.Uint32(base[:]) + uint32(next))
		} else {
			base := p.Addr().As16()
			addresses[a] = addr6(binary.BigEndian.Uint64(base[:8]), binary.BigEndian.Uint64(base[8:])+next)
		}
		next++
	}
}

// smallNetwork returns the i-th network of 24 bits.
func smallNetwork(i int) netip.Prefix {
	if i < len(documentation4) {
		return documentation4[i]
	}
	if i -= len(documentation4); i < 512 {
		return netip.PrefixFrom(addr4(198<<24+18<<16+uint32(i)<<8), 24)
	}
	return netip.PrefixFrom(addr4(241<<24+uint32(i-512)<<8), 24)
}

func addr4(n uint32) netip.Addr {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], n)
	return netip.AddrFrom4(b)
}

func addr6(high, low uint64) netip.Addr {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], high)
	binary.BigEndian.PutUint64(b[8:], low)
	return netip.AddrFrom16(b)
}

// networkOf returns the smallest noted network that the address is in, or none.
func (b *addressBook) networkOf(a netip.Addr) netip.Prefix {
	for bits := a.BitLen() - 2; bits > 0; bits-- {
		p := netip.PrefixFrom(a, bits).Masked()
		if _, ok := b.networks[p]; ok {
			return p
		}
	}
	return netip.Prefix{}
}

// address returns the stand-in of an address, in as many bytes. An address that was not noted before
// becomes the unspecified one.
func (b *addressBook) address(ip net.IP) net.IP {
	a, ok := netip.AddrFromSlice(ip)
	if !ok || everywhere(a.Unmap()) {
		return ip
	}
	s, ok := b.addresses[a.Unmap()]
	if !ok {
		return make(net.IP, len(ip))
	}
	if a.Is4In6() {
		return net.IP(s.AsSlice()).To16()
	}
	return s.AsSlice()
}

// network returns the stand-in of a network.
func (b *addressBook) network(n net.IPNet) net.IPNet {
	if p, ok := prefixOf(n); ok {
		if s, ok := b.networks[p]; ok {
			return net.IPNet{IP: s.Addr().AsSlice(), Mask: net.CIDRMask(s.Bits(), s.Addr().BitLen())}
		}
		if !private(p) && p.Bits() < p.Addr().BitLen()-1 {
			return n
		}
	}
	return net.IPNet{IP: b.address(n.IP), Mask: n.Mask}
}

// bits returns the prefix length that goes with the stand-in of an interface's address.
func (b *addressBook) bits(ip net.IP, bits uint) uint {
	if p, ok := prefixOf(net.IPNet{IP: ip, Mask: net.CIDRMask(int(bits), 8*len(ip))}); ok {
		if s, ok := b.networks[p]; ok {
			return uint(s.Bits())
		}
	}
	return bits
}
