package network

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"
)

// Messages and attributes about what a namespace is set to do with packets (struct netconfmsg and
// NETCONFA_… of include/uapi/linux/netconf.h).
const (
	netconfaIfindex    = 1
	netconfaForwarding = 2

	netconfIfindexAll = -1

	netconfmsgLen = 4 // one byte, padded.
)

// Words for what is switched on or off, and not known if neither.
const (
	switchedOn  = "on"
	switchedOff = "off"
)

// discoverForwarding reads by which interfaces the namespace takes in packets for others to pass
// them on, through a NETLINK_ROUTE socket that was opened in it. Where there are not two interfaces
// to pass anything between, nobody is asked: most namespaces have but one.
func (n *NetworkNamespace) discoverForwarding(fd int, sequence *dumpSequence) (findings []Finding) {
	ways := 0
	for _, nif := range n.Nifs {
		if !nif.Nif().Loopback {
			ways++
		}
	}
	if ways < 2 {
		return nil
	}
	for _, family := range []uint8{unix.AF_INET, unix.AF_INET6} {
		var settings map[int32]bool
		err := dumpStable(
			func() error {
				return sequence.dump(fd, unix.RTM_GETNETCONF, []byte{family, 0, 0, 0}, func(kind uint16, payload []byte) {
					if index, on, ok := parseForwarding(payload); ok && kind == unix.RTM_NEWNETCONF {
						settings[index] = on
					}
				})
			},
			func() { settings = map[int32]bool{} })
		if err != nil {
			findings = append(findings, Finding{
				Kind: FindingNetns, Subject: subjectOf(n), Netns: n,
				Message: fmt.Sprintf("whether %s packets are forwarded could not be read: %v", AddressFamily(family), err),
			})
			continue
		}
		n.setForwarding(family, settings)
	}
	return findings
}

// setForwarding tells the interfaces what they are set to. Each has a setting of its own for IPv4
// (ip_route_input_slow of net/ipv4/route.c); for IPv6, one is for all (ip6_forward of
// net/ipv6/ip6_output.c).
func (n *NetworkNamespace) setForwarding(family uint8, settings map[int32]bool) {
	for index, nif := range n.Nifs {
		if family == unix.AF_INET6 {
			index = netconfIfindexAll
		}
		on, known := settings[int32(index)]
		if !known {
			continue
		}
		word := switchedOff
		if on {
			word = switchedOn
		}
		if family == unix.AF_INET6 {
			nif.Nif().Forwardingv6 = word
		} else {
			nif.Nif().Forwardingv4 = word
		}
	}
}

// parseForwarding decodes an RTM_NEWNETCONF message: the interface, or netconfIfindexAll, and
// whether it forwards. ok is false if it tells neither.
func parseForwarding(payload []byte) (index int32, on, ok bool) {
	if len(payload) < netconfmsgLen {
		return 0, false, false
	}
	var hasIndex, hasForwarding bool
	netlinkAttributes(payload[netconfmsgLen:], func(kind uint16, value []byte) {
		if len(value) < 4 {
			return
		}
		switch kind {
		case netconfaIfindex:
			index, hasIndex = int32(binary.NativeEndian.Uint32(value)), true
		case netconfaForwarding:
			on, hasForwarding = binary.NativeEndian.Uint32(value) != 0, true
		}
	})
	return index, on, hasIndex && hasForwarding
}
