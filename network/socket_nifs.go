package network

import (
	"net/netip"
	"slices"

	"golang.org/x/sys/unix"
)

// servingNifs tells which of a namespace's interfaces carry a socket's traffic.
type servingNifs struct {
	netns  *NetworkNamespace
	byAddr map[netip.Addr]Interfaces
	v4, v6 Interfaces // all interfaces with an address of the family.
}

// newServingNifs indexes the addresses and routes of a namespace whose interfaces are known.
func newServingNifs(netns *NetworkNamespace) *servingNifs {
	s := &servingNifs{
		netns:  netns,
		byAddr: map[netip.Addr]Interfaces{},
	}
	nifs := netns.NifList()
	nifs.Sort()
	for _, nif := range nifs {
		attrs := nif.Nif()
		if len(attrs.Addrsv4) > 0 {
			s.v4 = append(s.v4, nif)
		}
		if len(attrs.Addrsv6) > 0 {
			s.v6 = append(s.v6, nif)
		}
		for _, addrs := range []Addresses{attrs.Addrsv4, attrs.Addrsv6} {
			for _, address := range addrs {
				if addr, ok := netip.AddrFromSlice(address.Address); ok {
					addr = addr.Unmap()
					s.byAddr[addr] = append(s.byAddr[addr], nif)
				}
			}
		}
	}
	return s
}

// of returns the interfaces, sorted: the one that the socket is bound to; else those with its
// local address; else, where it has none, all of its family. An address that no interface lists,
// such as 127.0.0.2, is on the interface that the routes name for it. Nil if there is no telling.
func (s *servingNifs) of(raw rawSocket) Interfaces {
	if raw.boundIndex != 0 {
		if nif := s.netns.Nifs[raw.boundIndex]; nif != nil {
			return Interfaces{nif}
		}
		return nil
	}
	local, remote := raw.local.Addr().Unmap(), raw.remote.Addr().Unmap()
	if raw.local.Addr().IsUnspecified() || local.IsMulticast() || local == broadcastv4 {
		if !raw.remote.Addr().IsUnspecified() {
			return s.towards(remote)
		}
		if raw.family == unix.AF_INET {
			return s.v4
		}
		return s.v6
	}
	if nifs := s.byAddr[local]; len(nifs) > 0 {
		return nifs
	}
	return s.towards(local)
}

var broadcastv4 = netip.AddrFrom4([4]byte{255, 255, 255, 255})

// towards returns the interfaces of the routes that the kernel would take to an address.
func (s *servingNifs) towards(addr netip.Addr) Interfaces {
	var nifs Interfaces
	for _, route := range s.netns.routesTo(addr) {
		if route.Nif != nil && !slices.Contains(nifs, route.Nif) {
			nifs = append(nifs, route.Nif)
		}
	}
	nifs.Sort()
	return nifs
}
