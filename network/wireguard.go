package network

import "net"

// Wireguard is an interface of an encrypted tunnel to any number of peers.
type Wireguard interface {
	Interface
	Wireguard() *WireguardAttrs // returns the WireGuard attributes.
}

// WireguardAttrs are the properties of a WireGuard interface. Keys are none of them.
type WireguardAttrs struct {
	NifAttrs
	ListenPort uint16          // UDP port listened on; 0 if down.
	Peers      []WireguardPeer // sorted by endpoint and allowed IPs.
}

// WireguardPeer is another end of a WireGuard tunnel. It never holds a key.
type WireguardPeer struct {
	Endpoint   net.UDPAddr // last known outer address and port; zero if none is known yet.
	AllowedIPs []net.IPNet // inner addresses of the peer, sorted.
}

func init() {
	registerKind("wireguard", func() Interface { return &WireguardAttrs{} })
}

// Wireguard returns the WireGuard attributes.
func (n *WireguardAttrs) Wireguard() *WireguardAttrs { return n }
