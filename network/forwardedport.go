package network

import (
	"github.com/hostwire/hostwire/portfwd"
	"github.com/thediveo/lxkns/model"
)

// ForwardedPort is a port, or range of ports, that a namespace accepts and passes on.
type ForwardedPort struct {
	portfwd.ForwardedPortRange
	Protocol         Protocol          // IPPROTO_TCP or IPPROTO_UDP.
	DestinationNetns *NetworkNamespace // namespace that the destination address is in; nil if not found.
	PIDs             []model.PIDType   // processes serving the destination port, sorted; nil if none.
	Processes        []*model.Process  // the same processes.
	Nifs             Interfaces        // interfaces having the destination address.

	Source  string  // what forwards: "docker", "kube-proxy", "podman", "cni", "nftables", "docker-proxy", …
	Share   float64 // share of connections that this destination gets, in (0,1]; 1 for a sole destination.
	Service string  // service as the rules name it ("default/web:http"); empty if none.
}
