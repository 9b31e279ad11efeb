package network

import (
	"bytes"
	"encoding/binary"
	"net"

	"golang.org/x/sys/unix"
)

// ndmsgLen is the length of struct ndmsg (include/uapi/linux/neighbour.h).
const ndmsgLen = 12

// maxRemotes bounds the remotes that are kept of each VXLAN.
const maxRemotes = 4096

// wantsReading tells that there is a forwarding database to read.
func (n *VxlanAttrs) wantsReading() bool { return true }

// readKind reads from the forwarding databases of all VXLANs in a namespace where they send what
// they know no other destination for.
func (n *VxlanAttrs) readKind(netns *NetworkNamespace, fd int, sequence *dumpSequence) error {
	request := make([]byte, ndmsgLen)
	request[0] = unix.AF_BRIDGE
	var remotes map[int][]net.IP
	err := dumpStable(
		func() error {
			return sequence.dump(fd, unix.RTM_GETNEIGH, request, func(kind uint16, payload []byte) {
				if kind != unix.RTM_NEWNEIGH {
					return
				}
				if index, remote, ok := parseDefaultRemote(payload); ok && len(remotes[index]) < maxRemotes {
					remotes[index] = append(remotes[index], remote)
				}
			})
		},
		func() { remotes = map[int][]net.IP{} })
	for index, list := range remotes {
		vxlan, ok := netns.Nifs[index].(*VxlanAttrs)
		if !ok {
			continue
		}
		for _, remote := range list {
			vxlan.addRemote(remote)
		}
	}
	return err
}

// parseDefaultRemote decodes an entry of a forwarding database (RTM_NEWNEIGH of family AF_BRIDGE);
// ok only if it is a unicast destination for hardware addresses without an entry of their own, which
// is what an entry for the all-zero address means to a VXLAN.
func parseDefaultRemote(payload []byte) (index int, remote net.IP, ok bool) {
	if len(payload) < ndmsgLen || payload[0] != unix.AF_BRIDGE {
		return 0, nil, false
	}
	index = int(int32(binary.NativeEndian.Uint32(payload[4:])))
	entry := attributes(payload[ndmsgLen:])
	address := entry.get(unix.NDA_LLADDR)
	remote = entry.ip(unix.NDA_DST)
	if len(address) != 6 || !bytes.Equal(address, make([]byte, 6)) || remote == nil || remote.IsMulticast() {
		return 0, nil, false
	}
	return index, remote, true
}
