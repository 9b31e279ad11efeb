package network

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"

	"golang.org/x/sys/unix"
)

// rawSocket is a transport socket as the kernel describes it, before its processes and interfaces
// are known.
type rawSocket struct {
	family     uint8 // AF_INET or AF_INET6.
	protocol   uint8 // IPPROTO_TCP or IPPROTO_UDP.
	state      SocketState
	local      netip.AddrPort
	remote     netip.AddrPort
	boundIndex int    // index of the interface the socket is bound to (SO_BINDTODEVICE), 0 if none.
	inode      uint64 // 0 if no process can have it: time wait, or not accepted yet.
	v6only     v6only
}

// v6only is a socket's IPV6_V6ONLY, as far as it is known.
type v6only uint8

const (
	v6onlyUnknown v6only = iota
	v6onlyOff
	v6onlyOn
)

// Sizes and numbers of linux/inet_diag.h.
const (
	sizeofInetDiagReq   = 60
	sizeofInetDiagReqV2 = 56
	sizeofInetDiagMsg   = 72
	inetDiagSkV6Only    = 11 // INET_DIAG_SKV6ONLY
	tcpDiagGetSock      = 18 // TCPDIAG_GETSOCK
	listening           = 1 << TCP_LISTEN
	allSocketStates     = 1<<(TCP_NEW_SYN_RECV+1) - 1
)

// sockDiagQuery asks for sockets.
type sockDiagQuery struct {
	protocol uint8
	request  uint16 // type of message.
	payload  []byte
}

// querySockets asks for the sockets of a protocol and family in any of the states, by struct
// inet_diag_req_v2.
func querySockets(protocol, family uint8, states uint32) sockDiagQuery {
	payload := make([]byte, sizeofInetDiagReqV2)
	payload[0], payload[1] = family, protocol
	binary.NativeEndian.PutUint32(payload[4:], states)
	return sockDiagQuery{protocol, unix.SOCK_DIAG_BY_FAMILY, payload}
}

// queryConnections asks for all TCP sockets that do not listen, of both families: this is the older
// struct inet_diag_req. What makes it worth it is that each query goes through all connections of
// the host, which takes the better part of a millisecond even where there are none.
func queryConnections() sockDiagQuery {
	payload := make([]byte, sizeofInetDiagReq)
	binary.NativeEndian.PutUint32(payload[52:], allSocketStates&^listening)
	return sockDiagQuery{unix.IPPROTO_TCP, tcpDiagGetSock, payload}
}

// parseSockDiag decodes struct inet_diag_msg and what attributes matter. It reports false for
// messages that are malformed or of another family.
func parseSockDiag(message []byte, protocol uint8) (rawSocket, bool) {
	if len(message) < sizeofInetDiagMsg {
		return rawSocket{}, false
	}
	socket := rawSocket{
		family:     message[0],
		protocol:   protocol,
		state:      SocketState(message[1]),
		boundIndex: int(int32(binary.NativeEndian.Uint32(message[40:]))),
		inode:      uint64(binary.NativeEndian.Uint32(message[68:])),
	}
	var local, remote netip.Addr
	switch socket.family {
	case unix.AF_INET:
		local = netip.AddrFrom4([4]byte(message[8:12]))
		remote = netip.AddrFrom4([4]byte(message[24:28]))
	case unix.AF_INET6:
		local = netip.AddrFrom16([16]byte(message[8:24]))
		remote = netip.AddrFrom16([16]byte(message[24:40]))
	default:
		return rawSocket{}, false
	}
	socket.local = netip.AddrPortFrom(local, binary.BigEndian.Uint16(message[4:]))
	socket.remote = netip.AddrPortFrom(remote, binary.BigEndian.Uint16(message[6:]))
	netlinkAttributes(message[sizeofInetDiagMsg:], func(kind uint16, value []byte) {
		if kind == inetDiagSkV6Only && len(value) >= 1 {
			socket.v6only = v6onlyOff
			if value[0] != 0 {
				socket.v6only = v6onlyOn
			}
		}
	})
	return socket, true
}

// dumpSockets reads what a query asks for from a NETLINK_SOCK_DIAG socket, at most limit sockets;
// truncated tells that there are more.
func dumpSockets(fd int, sequence *dumpSequence, query sockDiagQuery, limit int) (sockets []rawSocket, truncated bool, err error) {
	for range dumpAttempts {
		sockets, truncated = nil, false
		err = sequence.dump(fd, query.request, query.payload, func(_ uint16, payload []byte) {
			socket, ok := parseSockDiag(payload, query.protocol)
			switch {
			case !ok:
			case len(sockets) >= limit:
				truncated = true
			default:
				sockets = append(sockets, socket)
			}
		})
		if !errors.Is(err, errDumpChanged) {
			return sockets, truncated, err
		}
	}
	return sockets, truncated, nil // busy sockets come and go all the time: the last look is good.
}

// ipOf returns the address in the form that the model uses: four bytes for IPv4.
func ipOf(addr netip.Addr) net.IP { return net.IP(addr.AsSlice()) }
