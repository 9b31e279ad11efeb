package proxy

import (
	"net/netip"
	"strconv"
	"strings"
	"sync"
)

// socat reads the command line of socat(1): the last two arguments are the addresses that it
// connects, of which one must listen and the other one must be a host and port.
func socat(args []string) []intent {
	if len(args) < 2 {
		return nil
	}
	a, b := socatAddress(args[len(args)-2]), socatAddress(args[len(args)-1])
	if b.listens {
		a, b = b, a
	}
	if !a.listens || b.listens || a.protocol == "" || a.protocol != b.protocol || !b.host.IsValid() || a.port == 0 || b.port == 0 {
		return nil
	}
	return []intent{{protocol: a.protocol, addr: a.host, portMin: a.port, portMax: a.port, to: b.host, toPort: b.port}}
}

// endpoint is one of socat's two addresses.
type endpoint struct {
	protocol string // empty if it is not one of ours.
	listens  bool
	host     netip.Addr
	port     uint16
}

// socatKinds are the address types that matter, as in socat(1), with their short forms.
var socatKinds = sync.OnceValue(func() map[string]endpoint {
	kinds := map[string]endpoint{}
	for _, proto := range []string{"tcp", "udp", "sctp"} {
		for _, family := range []string{"", "4", "6"} {
			for _, suffix := range []string{"-listen", "-l", "-recvfrom"} {
				kinds[proto+family+suffix] = endpoint{protocol: proto, listens: true}
			}
			for _, suffix := range []string{"", "-connect", "-sendto"} {
				kinds[proto+family+suffix] = endpoint{protocol: proto}
			}
		}
	}
	for _, name := range []string{"openssl-listen", "ssl-l", "openssl-l"} {
		kinds[name] = endpoint{protocol: "tcp", listens: true}
	}
	for _, name := range []string{"openssl", "ssl", "openssl-connect"} {
		kinds[name] = endpoint{protocol: "tcp"}
	}
	return kinds
})

// socatAddress reads one address: "TCP4-LISTEN:8080,fork,bind=127.0.0.1" or "TCP:[fd00::5]:80".
func socatAddress(address string) endpoint {
	options := strings.Split(address, ",")
	kind, rest, _ := strings.Cut(options[0], ":")
	e, ok := socatKinds()[strings.ToLower(kind)]
	if !ok {
		return endpoint{}
	}
	port := rest
	if !e.listens {
		colon := strings.LastIndexByte(rest, ':')
		if colon < 0 {
			return endpoint{}
		}
		port = rest[colon+1:]
		e.host = socatHost(rest[:colon])
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return endpoint{}
	}
	e.port = uint16(n)
	for _, option := range options[1:] {
		if name, value, _ := strings.Cut(option, "="); e.listens && strings.EqualFold(name, "bind") {
			e.host = socatHost(value)
		}
	}
	return e
}

// socatHost reads a host. Names are not looked up, except for the one that needs no asking.
func socatHost(host string) netip.Addr {
	if strings.EqualFold(host, "localhost") {
		return netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"))
	if err != nil {
		return netip.Addr{}
	}
	return addr.Unmap().WithZone("")
}
