package network

import (
	"net/netip"

	"github.com/vishvananda/netlink"
)

// segment is the set of interfaces that frames reach when they are sent to all: a broadcast domain,
// as far as it is on this host.
type segment struct {
	reached  Interfaces // each once.
	sent     map[passage]bool
	arrived  map[passage]bool
	received map[passage]bool

	byAddr    map[netip.Addr]Interface // reached, by their addresses; nil until asked for.
	answering map[netip.Addr]Interface // all of IPv4 in the namespaces reached; nil until asked for.
}

// passage is an interface that a frame goes through, with the tag that it carries there.
type passage struct {
	nif *NifAttrs
	tag vlanTag
}

// vlanTag is a VLAN's protocol and identifier. Tags within tags are not followed.
type vlanTag struct {
	protocol netlink.VlanProtocol
	vid      uint16
}

var untagged vlanTag

func newSegment() *segment {
	return &segment{sent: map[passage]bool{}, arrived: map[passage]bool{}, received: map[passage]bool{}}
}

// segmentOf returns the interfaces that frames sent by an interface reach.
func segmentOf(nif Interface) *segment {
	s := newSegment()
	s.send(nif.Interface(), untagged)
	return s
}

// find returns the interface with the address that is reached; nil if there is none. Of several (a
// duplicate address), it is the first by name.
func (s *segment) find(addr netip.Addr) Interface {
	if s.byAddr == nil {
		s.byAddr = map[netip.Addr]Interface{}
		addAddresses(s.byAddr, s.reached, false)
	}
	return s.byAddr[addr]
}

// resolve returns the interface with the address that is found by asking all that are reached; nil
// if nobody answers. For IPv4, Linux answers for all of its addresses on all of its interfaces
// (arp_ignore of ip-sysctl.rst); for IPv6, only for those of the interface that was asked.
func (s *segment) resolve(addr netip.Addr) Interface {
	if nif := s.find(addr); nif != nil || !addr.Is4() || addr.IsLoopback() {
		return nif
	}
	if s.answering == nil {
		s.answering = map[netip.Addr]Interface{}
		asked := map[*NetworkNamespace]bool{}
		for _, nif := range s.reached {
			if netns := nif.Nif().Netns; !asked[netns] {
				asked[netns] = true
				addAddresses(s.answering, netns.NifList(), true)
			}
		}
	}
	return s.answering[addr]
}

// addAddresses adds the interfaces' addresses to an index: all, or only those of IPv4. Of several
// interfaces with an address, the first in the order of [Interfaces.Sort] stays.
func addAddresses(index map[netip.Addr]Interface, nifs Interfaces, onlyIPv4 bool) {
	for _, nif := range nifs {
		lists := []Addresses{nif.Nif().Addrsv4, nif.Nif().Addrsv6}
		if onlyIPv4 {
			lists = lists[:1]
		}
		for _, addresses := range lists {
			for i := range addresses {
				addr, ok := netip.AddrFromSlice(addresses[i].Address)
				if !ok {
					continue
				}
				addr = addr.Unmap()
				if known := index[addr]; known == nil || compareInterfaces(nif, known) < 0 {
					index[addr] = nif
				}
			}
		}
	}
}

// send follows a frame that leaves by an interface: from the namespace's network stack, or from a
// bridge that the interface is a port of.
func (s *segment) send(nif Interface, tag vlanTag) {
	here := passage{nif.Nif(), tag}
	if s.sent[here] {
		return
	}
	s.sent[here] = true
	switch nif := nif.(type) {
	case Veth:
		s.arrive(nif.Veth().Peer, tag)
	case Netkit:
		s.arrive(nif.Netkit().Peer, tag)
	case Bridge:
		s.sendAll(nif.Bridge().Ports, nil, tag)
	case Bond:
		s.sendAll(nif.Bond().Members, nil, tag)
	case Team:
		s.sendAll(nif.Team().Members, nil, tag)
	case Vlan:
		vlan := nif.Vlan()
		if vlan.Master != nil && tag == untagged {
			s.send(vlan.Master.Interface(), vlanTag{vlan.VlanProtocol, vlan.VID})
		}
	case Macvlan:
		s.sendFromChild(nif, nif.Macvlan().Master, tag)
	case Ipvlan:
		s.sendFromChild(nif, nif.Ipvlan().Master, tag)
	}
}

// sendAll follows a frame out of several interfaces, but not out of the one that it came in by.
func (s *segment) sendAll(nifs []Interface, except *NifAttrs, tag vlanTag) {
	for _, nif := range nifs {
		if nif.Nif() != except {
			s.send(nif.Interface(), tag)
		}
	}
}

// sendFromChild follows a frame of a macvlan or ipvlan: out of its lower interface and, if these
// are bridged, to its siblings. The stack of the lower interface never gets it (macvlan_queue_xmit
// of drivers/net/macvlan.c, Documentation/networking/ipvlan.rst of the kernel).
func (s *segment) sendFromChild(child, lower Interface, tag vlanTag) {
	if lower == nil {
		return
	}
	if isBridgedChild(child) {
		for _, sibling := range lower.Nif().Slaves {
			if sibling.Nif() != child.Nif() && isBridgedChild(sibling.Interface()) {
				s.receive(sibling.Interface(), tag)
			}
		}
	}
	s.send(lower.Interface(), tag)
}

// isBridgedChild reports whether an interface is a macvlan or ipvlan that exchanges frames with its
// siblings.
func isBridgedChild(nif Interface) bool {
	switch nif := nif.(type) {
	case Macvlan:
		return netlink.MacvlanMode(nif.Macvlan().Mode) == netlink.MACVLAN_MODE_BRIDGE
	case Ipvlan:
		return nif.Ipvlan().Flag == "bridge"
	}
	return false
}

// arrive follows a frame that arrives at an interface from outside its namespace: to a VLAN that
// takes it; else to the bridge, bond, or team that the interface is part of; else to its own
// network stack.
func (s *segment) arrive(nif Interface, tag vlanTag) {
	if nif == nil {
		return
	}
	attrs := nif.Nif()
	here := passage{attrs, tag}
	if s.arrived[here] {
		return
	}
	s.arrived[here] = true
	if s.receiveVlan(attrs, tag) {
		return
	}
	if attrs.Bridge != nil {
		if bridge, ok := attrs.Bridge.Interface().(Bridge); ok {
			s.sendAll(bridge.Bridge().Ports, attrs, tag)
			s.receive(bridge, tag)
		}
		return
	}
	if attrs.Controller != nil {
		switch controller := attrs.Controller.Interface().(type) {
		case Bond, Team:
			s.arrive(controller, tag)
			return
		case Ovs:
			return // its flows decide, and these are not known.
		}
	}
	s.receive(nif.Interface(), tag)
}

// receive follows a frame that a network stack takes in by an interface, and all that stands on the
// interface.
func (s *segment) receive(nif Interface, tag vlanTag) {
	attrs := nif.Nif()
	here := passage{attrs, tag}
	if s.received[here] || s.receiveVlan(attrs, tag) {
		return
	}
	s.received[here] = true
	if tag == untagged {
		s.reached = append(s.reached, nif)
	}
	for _, child := range attrs.Slaves {
		switch child := child.Interface().(type) {
		case Macvlan, Ipvlan:
			s.arrive(child, tag)
		}
	}
}

// receiveVlan hands a tagged frame to the VLAN interface for it, if there is one on the interface.
func (s *segment) receiveVlan(attrs *NifAttrs, tag vlanTag) bool {
	if tag == untagged {
		return false
	}
	for _, child := range attrs.Slaves {
		vlan, ok := child.Interface().(Vlan)
		if ok && vlan.Vlan().VID == tag.vid && vlan.Vlan().VlanProtocol == tag.protocol {
			s.arrive(vlan, untagged)
			return true
		}
	}
	return false
}
