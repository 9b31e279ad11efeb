package network

import (
	"net/netip"
	"slices"

	"github.com/thediveo/lxkns/model"
	"golang.org/x/sys/unix"
)

// socketOwners tells the processes that have a socket open, by the socket's inode number. PIDs are
// in no order and can be there several times, as lxkns finds them.
type socketOwners map[uint64][]model.PIDType

// of returns the PIDs and processes that have the socket open, in order and each once.
func (o socketOwners) of(inode uint64, processes model.ProcessTable) (pids []model.PIDType, procs []*model.Process) {
	if inode == 0 || len(o[inode]) == 0 {
		return nil, nil
	}
	pids = slices.Clone(o[inode])
	slices.Sort(pids)
	pids = slices.Compact(pids)
	for _, pid := range pids {
		if proc := processes[pid]; proc != nil {
			procs = append(procs, proc)
		}
	}
	return pids, procs
}

// assemblePorts makes the two lists of a namespace's sockets from what the kernel tells.
//
// Every AF_INET6 socket is in the second list. One that handles IPv4 traffic, too, is also in the
// first, as IPv4 and marked IPv4Mapped: a socket on an IPv4-mapped address, and one on the
// unspecified address if its IPV6_V6ONLY is off. It is left out where an IPv4 socket of the same
// address and port gets that traffic, since the kernel prefers the socket of the packet's family.
//
// ambiguous counts unspecified-address sockets of which IPV6_V6ONLY could not be told.
func assemblePorts(raws []rawSocket, owners socketOwners, processes model.ProcessTable, serving func(rawSocket) Interfaces) (v4, v6 ProcessSockets, ambiguous int) {
	type endpoint struct {
		protocol      uint8
		local, remote netip.AddrPort
		boundIndex    int
	}
	taken := map[endpoint]bool{}
	for _, raw := range raws {
		if raw.family == unix.AF_INET {
			taken[endpoint{raw.protocol, raw.local, raw.remote, raw.boundIndex}] = true
		}
	}
	for _, raw := range raws {
		pids, procs := owners.of(raw.inode, processes)
		socket := ProcessSocket{
			Family:          AddressFamily(raw.family),
			Protocol:        Protocol(raw.protocol),
			LocalIP:         ipOf(raw.local.Addr()),
			LocalPort:       raw.local.Port(),
			RemoteIP:        ipOf(raw.remote.Addr()),
			RemotePort:      raw.remote.Port(),
			State:           raw.state,
			SimplifiedState: simplified(raw.protocol, raw.state),
			PIDs:            pids,
			Processes:       procs,
			Nifs:            serving(raw),
		}
		if raw.family == unix.AF_INET {
			v4 = append(v4, socket)
			continue
		}
		v6 = append(v6, socket)
		mapped, handles := mappedToIPv4(raw)
		if !handles {
			if isDualStackCandidate(raw) && raw.v6only == v6onlyUnknown {
				ambiguous++
			}
			continue
		}
		if taken[endpoint{mapped.protocol, mapped.local, mapped.remote, mapped.boundIndex}] {
			continue
		}
		socket.Family = unix.AF_INET
		socket.LocalIP = ipOf(mapped.local.Addr())
		socket.RemoteIP = ipOf(mapped.remote.Addr())
		socket.IPv4Mapped = true
		socket.Nifs = serving(mapped)
		v4 = append(v4, socket)
	}
	v4.Sort()
	v6.Sort()
	return v4, v6, ambiguous
}

// isDualStackCandidate reports whether the socket handles IPv4 traffic if its IPV6_V6ONLY is off:
// it has no address at either end that would settle the family.
func isDualStackCandidate(raw rawSocket) bool {
	return raw.family == unix.AF_INET6 &&
		raw.local.Addr().IsUnspecified() && raw.remote.Addr().IsUnspecified() &&
		simplified(raw.protocol, raw.state) == Listening
}

// mappedToIPv4 returns an IPv6 socket as the IPv4 socket that it also is, and whether it is one.
func mappedToIPv4(raw rawSocket) (rawSocket, bool) {
	anyMapped := raw.local.Addr().Is4In6() || raw.remote.Addr().Is4In6()
	if !anyMapped && !(isDualStackCandidate(raw) && raw.v6only == v6onlyOff) {
		return rawSocket{}, false
	}
	local, ok := unmapped(raw.local)
	if !ok {
		return rawSocket{}, false
	}
	remote, ok := unmapped(raw.remote)
	if !ok {
		return rawSocket{}, false
	}
	raw.family, raw.local, raw.remote = unix.AF_INET, local, remote
	return raw, true
}

// unmapped returns the IPv4 form of an IPv4-mapped or the unspecified IPv6 address.
func unmapped(a netip.AddrPort) (netip.AddrPort, bool) {
	switch addr := a.Addr(); {
	case addr.IsUnspecified():
		return netip.AddrPortFrom(netip.IPv4Unspecified(), a.Port()), true
	case addr.Is4In6():
		return netip.AddrPortFrom(addr.Unmap(), a.Port()), true
	}
	return netip.AddrPort{}, false
}
