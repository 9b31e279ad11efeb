package network

import (
	"cmp"
	"encoding/binary"
	"slices"

	"golang.org/x/sys/unix"
)

// Attributes and flags of bridge ports' VLANs (include/uapi/linux/if_bridge.h).
const (
	iflaBridgeVLANInfo = 2

	bridgeVLANPVID       = 1 << 1
	bridgeVLANUntagged   = 1 << 2
	bridgeVLANRangeBegin = 1 << 3
	bridgeVLANRangeEnd   = 1 << 4

	maxVID = 4094
)

// wantsReading tells that ports have VLANs to read about where the bridge cares for them.
func (n *BridgeAttrs) wantsReading() bool { return n.VlanFiltering }

// readKind reads the VLANs of the ports of all bridges in a namespace.
func (n *BridgeAttrs) readKind(netns *NetworkNamespace, fd int, sequence *dumpSequence) error {
	vlans := map[int][]PortVLAN{}
	err := dumpStable(
		func() error {
			return sequence.dump(fd, unix.RTM_GETLINK, linkRequest(unix.AF_BRIDGE, 0, rtextFilterBrvlanCompressed),
				func(kind uint16, payload []byte) {
					if kind != unix.RTM_NEWLINK {
						return
					}
					if index, list := parsePortVLANs(payload); len(list) > 0 {
						vlans[index] = list
					}
				})
		},
		func() { clear(vlans) })
	for index, list := range vlans {
		nif := netns.Nifs[index]
		if nif == nil {
			continue
		}
		port := nif.Nif()
		bridge, ok := netns.Nifs[port.message().master].(*BridgeAttrs)
		if !ok || !bridge.VlanFiltering {
			continue
		}
		if port.BridgePort == nil {
			port.BridgePort = &BridgePortAttrs{}
		}
		port.BridgePort.VLANs = list
	}
	return err
}

// parsePortVLANs decodes the VLANs of a bridge port from an RTM_NEWLINK message of family AF_BRIDGE,
// sorted by ID. Ranges come as a pair of entries for the first and the last ID.
func parsePortVLANs(payload []byte) (index int, vlans []PortVLAN) {
	if len(payload) < ifInfomsgLen {
		return 0, nil
	}
	index = int(int32(binary.NativeEndian.Uint32(payload[4:])))
	spec := attributes(payload[ifInfomsgLen:]).get(unix.IFLA_AF_SPEC)
	var first uint16
	var seen [maxVID + 1]bool // a sane kernel tells each once.
	netlinkAttributes(spec, func(kind uint16, value []byte) {
		if kind != iflaBridgeVLANInfo || len(value) < 4 {
			return
		}
		flags, vid := u16(value), u16(value[2:])
		switch {
		case vid == 0 || vid > maxVID:
			first = 0
			return
		case flags&bridgeVLANRangeBegin != 0:
			first = vid
			return
		case flags&bridgeVLANRangeEnd == 0 || first == 0:
			first = vid
		}
		for v := first; v <= vid; v++ {
			if !seen[v] {
				seen[v] = true
				vlans = append(vlans, PortVLAN{VID: v, PVID: flags&bridgeVLANPVID != 0, Untagged: flags&bridgeVLANUntagged != 0})
			}
		}
		first = 0
	})
	slices.SortFunc(vlans, func(a, b PortVLAN) int { return cmp.Compare(a.VID, b.VID) })
	return index, vlans
}
