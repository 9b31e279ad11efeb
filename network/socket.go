package network

import (
	"net"

	"github.com/thediveo/lxkns/model"
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
