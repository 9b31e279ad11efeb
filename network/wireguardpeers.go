package network

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"net"
	"slices"

	"golang.org/x/sys/unix"
)

// Commands and attributes of WireGuard's generic netlink (include/uapi/linux/wireguard.h). The
// attributes of keys are not among them: they are never decoded.
const (
	wgCmdGetDevice = 0

	wgDeviceIfindex    = 1
	wgDeviceListenPort = 6
	wgDevicePeers      = 8

	wgPeerPublicKey  = 1
	wgPeerEndpoint   = 4
	wgPeerAllowedIPs = 9

	wgAllowedFamily = 1
	wgAllowedIP     = 2
	wgAllowedMask   = 3
)

// maxPeers and maxAllowedIPs bound what is kept of each WireGuard interface and each peer.
const (
	maxPeers      = 10_000
	maxAllowedIPs = 10_000
)

// genlHeaderLen is the length of struct genlmsghdr.
const genlHeaderLen = 4

// wantsReading tells that there are peers to read.
func (n *WireguardAttrs) wantsReading() bool { return true }

// readKind reads the listening ports and peers of all WireGuard interfaces in a namespace.
func (n *WireguardAttrs) readKind(netns *NetworkNamespace, _ int, visit *dumpSequence) error {
	fd, err := rawNetlinkSocket(unix.NETLINK_GENERIC)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	sequence := dumpSequence{until: visit.until}
	defer func() { visit.late = visit.late || sequence.late }()
	family, err := genericFamily(fd, &sequence, "wireguard")
	if err != nil {
		return err
	}
	for _, nif := range netns.sortedNifs() {
		wg, ok := nif.(*WireguardAttrs)
		if !ok {
			continue
		}
		var device wireguardDevice
		err := dumpStable(
			func() error {
				return sequence.dump(fd, family, wireguardRequest(wg.Index), func(kind uint16, payload []byte) {
					if kind == family {
						device.add(payload)
					}
					// It holds keys.
					clear(payload)
				})
			},
			func() { device = wireguardDevice{} })
		if err != nil && !errors.Is(err, unix.ENODEV) {
			return err
		}
		wg.ListenPort, wg.Peers = device.port, device.sortedPeers()
	}
	return nil
}

// genericFamily asks for the number of a generic netlink family (CTRL_CMD_GETFAMILY).
func genericFamily(fd int, sequence *dumpSequence, name string) (family uint16, err error) {
	value := append([]byte(name), 0)
	request := make([]byte, genlHeaderLen+aligned(unix.SizeofNlAttr+len(value)))
	request[0], request[1] = unix.CTRL_CMD_GETFAMILY, 1
	binary.NativeEndian.PutUint16(request[genlHeaderLen:], uint16(unix.SizeofNlAttr+len(value)))
	binary.NativeEndian.PutUint16(request[genlHeaderLen+2:], unix.CTRL_ATTR_FAMILY_NAME)
	copy(request[genlHeaderLen+unix.SizeofNlAttr:], value)
	err = sequence.request(fd, unix.GENL_ID_CTRL, request, func(_ uint16, payload []byte) {
		if len(payload) >= genlHeaderLen {
			family = attributes(payload[genlHeaderLen:]).u16(unix.CTRL_ATTR_FAMILY_ID)
		}
	})
	if err == nil && family == 0 {
		err = unix.ENOENT
	}
	return family, err
}

func wireguardRequest(index int) []byte {
	request := make([]byte, genlHeaderLen+8)
	request[0], request[1] = wgCmdGetDevice, 1
	binary.NativeEndian.PutUint16(request[genlHeaderLen:], 8)
	binary.NativeEndian.PutUint16(request[genlHeaderLen+2:], wgDeviceIfindex)
	binary.NativeEndian.PutUint32(request[genlHeaderLen+4:], uint32(index))
	return request
}

// wireguardDevice is a WireGuard interface as its messages tell it, one after another.
type wireguardDevice struct {
	port  uint16
	peers []WireguardPeer
	last  uint64 // which peer the last message ended with, as a hash.
}

// add decodes one message. A peer with many allowed IPs continues in the next message: it is told by
// its public key, of which only a hash is remembered meanwhile.
func (d *wireguardDevice) add(payload []byte) {
	if len(payload) < genlHeaderLen {
		return
	}
	netlinkAttributes(payload[genlHeaderLen:], func(kind uint16, value []byte) {
		switch kind {
		case wgDeviceListenPort:
			d.port = u16(value)
		case wgDevicePeers:
			netlinkAttributes(value, func(_ uint16, peer []byte) { d.addPeer(attributes(peer)) })
		}
	})
}

func (d *wireguardDevice) addPeer(peer attributes) {
	identity := fingerprint(peer.get(wgPeerPublicKey))
	if len(d.peers) == 0 || identity != d.last {
		if len(d.peers) >= maxPeers {
			return
		}
		d.peers = append(d.peers, WireguardPeer{Endpoint: parseSockaddr(peer.get(wgPeerEndpoint))})
		d.last = identity
	}
	current := &d.peers[len(d.peers)-1]
	netlinkAttributes(peer.get(wgPeerAllowedIPs), func(_ uint16, value []byte) {
		if ip, ok := parseAllowedIP(attributes(value)); ok && len(current.AllowedIPs) < maxAllowedIPs {
			current.AllowedIPs = append(current.AllowedIPs, ip)
		}
	})
}

// fingerprint tells keys apart (FNV-1a).
func fingerprint(b []byte) (hash uint64) {
	hash = 14695981039346656037
	for _, octet := range b {
		hash = (hash ^ uint64(octet)) * 1099511628211
	}
	return hash
}

// sortedPeers returns the peers in an order that does not depend on their keys.
func (d *wireguardDevice) sortedPeers() []WireguardPeer {
	compareNets := func(a, b net.IPNet) int {
		return cmp.Or(compareIPs(a.IP, b.IP), bytes.Compare(a.Mask, b.Mask))
	}
	for i := range d.peers {
		slices.SortFunc(d.peers[i].AllowedIPs, compareNets)
	}
	slices.SortStableFunc(d.peers, func(a, b WireguardPeer) int {
		return cmp.Or(
			compareIPs(a.Endpoint.IP, b.Endpoint.IP),
			cmp.Compare(a.Endpoint.Port, b.Endpoint.Port),
			slices.CompareFunc(a.AllowedIPs, b.AllowedIPs, compareNets),
		)
	})
	return d.peers
}

func parseAllowedIP(a attributes) (ipnet net.IPNet, ok bool) {
	ip := bytes.Clone(a.get(wgAllowedIP))
	bits := 8 * len(ip)
	ones := int(a.u8(wgAllowedMask))
	family := a.u16(wgAllowedFamily)
	if family == unix.AF_INET && len(ip) != net.IPv4len || family == unix.AF_INET6 && len(ip) != net.IPv6len ||
		family != unix.AF_INET && family != unix.AF_INET6 || ones > bits {
		return ipnet, false
	}
	return net.IPNet{IP: ip, Mask: net.CIDRMask(ones, bits)}, true
}

// parseSockaddr decodes a struct sockaddr_in or sockaddr_in6; the zero address if it is neither.
func parseSockaddr(b []byte) (addr net.UDPAddr) {
	switch {
	case len(b) >= unix.SizeofSockaddrInet4 && u16(b) == unix.AF_INET:
		return net.UDPAddr{IP: bytes.Clone(b[4:8]), Port: int(be16(b[2:]))}
	case len(b) >= unix.SizeofSockaddrInet6 && u16(b) == unix.AF_INET6:
		return net.UDPAddr{IP: bytes.Clone(b[8:24]), Port: int(be16(b[2:]))}
	default:
		return addr
	}
}
