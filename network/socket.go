package network

import (
	"bytes"
	"cmp"
	"fmt"
	"net"
	"slices"

	"github.com/thediveo/lxkns/model"
	"golang.org/x/sys/unix"
)

// ProcessSocket is a TCP or UDP socket with the processes that hold it.
type ProcessSocket struct {
	Family          AddressFamily         // AF_INET or AF_INET6.
	Protocol        Protocol              // IPPROTO_TCP or IPPROTO_UDP.
	LocalIP         net.IP                // local address; 4 bytes for IPv4.
	LocalPort       uint16                // local port.
	RemoteIP        net.IP                // remote address; 4 bytes for IPv4.
	RemotePort      uint16                // remote port; 0 if not connected.
	State           SocketState           // state in detail.
	SimplifiedState SocketSimplifiedState // listening or connected.
	PIDs            []model.PIDType       // processes holding the socket, sorted.
	Processes       []*model.Process      // the same processes.
	IPv4Mapped      bool                  // IPv6 socket handling IPv4.
	Nifs            Interfaces            // interfaces that serve it, by address and routes.
}

// ProcessSockets is a list of sockets that can be sorted in place.
type ProcessSockets []ProcessSocket

type (
	// Protocol is a transport protocol's number: IPPROTO_TCP or IPPROTO_UDP.
	Protocol int
	// SocketState is a socket's state in detail.
	SocketState uint8
	// SocketSimplifiedState tells only whether a socket listens or is connected.
	SocketSimplifiedState uint8
)

// States of TCP sockets, from the kernel's include/net/tcp_states.h.
const (
	TCP_ESTABLISHED SocketState = iota + 1
	TCP_SYN_SENT
	TCP_SYN_RECV
	TCP_FIN_WAIT1
	TCP_FIN_WAIT2
	TCP_TIME_WAIT
	TCP_CLOSE
	TCP_CLOSE_WAIT
	TCP_LAST_ACK
	TCP_LISTEN
	TCP_CLOSING
	TCP_NEW_SYN_RECV
)

// UDP has no states of its own: the kernel's net/ipv4/udp.c uses these two of TCP's.
const (
	UDP_ESTABLISHED = TCP_ESTABLISHED // connected to one remote address.
	UDP_LISTEN      = TCP_CLOSE       // open to any remote address.
)

// Simplified states of sockets. A UDP socket listens as long as it is not connected; connected, it
// takes datagrams from its one remote address only.
const (
	Unconnected = SocketSimplifiedState(0)               // neither: being set up or taken down.
	Connected   = SocketSimplifiedState(TCP_ESTABLISHED) // data can flow, in one direction at least.
	Listening   = SocketSimplifiedState(TCP_LISTEN)      // takes connections, or any datagrams.
)

var socketStateNames = [...]string{
	TCP_ESTABLISHED:  "connected",
	TCP_SYN_SENT:     "SYN sent",
	TCP_SYN_RECV:     "SYN received",
	TCP_FIN_WAIT1:    "FIN wait 1",
	TCP_FIN_WAIT2:    "FIN wait 2",
	TCP_TIME_WAIT:    "time wait",
	TCP_CLOSE:        "closed",
	TCP_CLOSE_WAIT:   "close wait",
	TCP_LAST_ACK:     "last ACK",
	TCP_LISTEN:       "listening",
	TCP_CLOSING:      "closing",
	TCP_NEW_SYN_RECV: "new SYN received",
}

// String returns the state in words, such as "listening".
func (s SocketState) String() string {
	if int(s) < len(socketStateNames) && socketStateNames[s] != "" {
		return socketStateNames[s]
	}
	return fmt.Sprintf("SocketState(%d)", uint8(s))
}

// String returns the simplified state in words: "listening", "connected" or "unconnected".
func (s SocketSimplifiedState) String() string {
	switch s {
	case Unconnected:
		return "unconnected"
	case Connected, Listening:
		return SocketState(s).String()
	}
	return fmt.Sprintf("SocketSimplifiedState(%d)", uint8(s))
}

// simplified returns what a socket's state comes down to.
func simplified(protocol uint8, state SocketState) SocketSimplifiedState {
	if protocol == unix.IPPROTO_UDP {
		switch state {
		case UDP_LISTEN:
			return Listening
		case UDP_ESTABLISHED:
			return Connected
		}
		return Unconnected
	}
	switch state {
	case TCP_LISTEN:
		return Listening
	case TCP_ESTABLISHED, TCP_FIN_WAIT1, TCP_FIN_WAIT2, TCP_CLOSE_WAIT:
		return Connected
	}
	return Unconnected
}

// String returns "TCP" or "UDP", and "Protocol(n)" for others.
func (p Protocol) String() string {
	switch p {
	case unix.IPPROTO_TCP:
		return "TCP"
	case unix.IPPROTO_UDP:
		return "UDP"
	}
	return fmt.Sprintf("Protocol(%d)", int(p))
}

// Sort sorts the sockets in place: by local port, then TCP before UDP, listening before connected
// before neither, IPv4 before IPv6, and last by local address, remote address and remote port.
// Sockets that are equal in all of these (SO_REUSEPORT) are ordered by their state and PIDs.
func (p ProcessSockets) Sort() {
	slices.SortStableFunc(p, func(a, b ProcessSocket) int {
		return cmp.Or(
			cmp.Compare(a.LocalPort, b.LocalPort),
			cmp.Compare(a.Protocol, b.Protocol),
			cmp.Compare(b.SimplifiedState, a.SimplifiedState),
			cmp.Compare(a.Family, b.Family),
			compareIP(a.LocalIP, b.LocalIP),
			compareIP(a.RemoteIP, b.RemoteIP),
			cmp.Compare(a.RemotePort, b.RemotePort),
			cmp.Compare(a.State, b.State),
			slices.Compare(a.PIDs, b.PIDs),
		)
	})
}

// compareIP orders addresses of one family as their exploded forms do, that is, as numbers.
func compareIP(a, b net.IP) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), bytes.Compare(a, b))
}
