package portfwd

import "net"

// ForwardedPortRange describes one port, or a range of neighbouring ports, that is accepted at one
// address and passed on to another.
type ForwardedPortRange struct {
	Protocol       string // transport protocol: "tcp", "udp" or "sctp".
	IP             net.IP // address at which packets are accepted; unspecified for any, never nil.
	PortMin        uint16 // first accepted port.
	PortMax        uint16 // last accepted port, equal to PortMin for a single port.
	ForwardIP      net.IP // address that packets are passed on to; nil for a redirect to the host itself.
	ForwardPortMin uint16 // port that PortMin becomes; further ports follow in step.
	ToOne          bool   // all ports become ForwardPortMin instead; never set for a single port.
}
