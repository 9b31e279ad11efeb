package graph

import (
	"testing"

	"github.com/hostwire/hostwire/network"
	"github.com/stretchr/testify/assert"
)

func TestHardwareLeadsOutside(t *testing.T) {
	type lab struct {
		*maker
		host *network.NetworkNamespace
	}
	defaultVia := func(l lab, nif network.Interface, router string, metric int) {
		l.host.Routesv4 = append(l.host.Routesv4, network.Route{Type: 1, Destination: subnet("0.0.0.0/0"), NextHop: ip(router), Nif: nif, Table: 254, Priority: metric})
	}
	for _, tt := range []struct {
		name  string
		build func(l lab)
		want  map[string]string // uplinks: interface to the outside's name and line.
	}{
		{"with a router", func(l lab) { defaultVia(l, l.hardware(l.host, "eth0", "192.0.2.2/24"), "192.0.2.1", 0) },
			map[string]string{"eth0": "LAN gw 192.0.2.1"}},
		{"with several routers the best one counts", func(l lab) {
			eth0 := l.hardware(l.host, "eth0", "192.0.2.2/24")
			defaultVia(l, eth0, "192.0.2.9", 200)
			defaultVia(l, eth0, "192.0.2.7", 100)
		}, map[string]string{"eth0": "LAN gw 192.0.2.7"}},
		{"cards of one subnet share it", func(l lab) {
			l.hardware(l.host, "eth0", "192.0.2.2/24")
			l.hardware(l.host, "eth1", "192.0.2.3/24")
			l.hardware(l.host, "eth2", "198.51.100.1/24")
		}, map[string]string{"eth0": "LAN 192.0.2.0/24", "eth1": "LAN 192.0.2.0/24", "eth2": "LAN 198.51.100.0/24"}},
		{"a card in the subnet of another one's router shares it", func(l lab) {
			defaultVia(l, l.hardware(l.host, "eth0", "192.0.2.2/24"), "192.0.2.1", 0)
			l.hardware(l.host, "eth1", "192.0.2.3/24")
		}, map[string]string{"eth0": "LAN gw 192.0.2.1", "eth1": "LAN gw 192.0.2.1"}},
		{"without an address nothing is known", func(l lab) { l.hardware(l.host, "eth0") },
			map[string]string{"eth0": "outside "}},
		{"a port of a bridge leads where the bridge leads", func(l lab) {
			br0 := l.bridge(l.host, "br0", "192.0.2.2/24")
			enslave(l.hardware(l.host, "eth0"), br0)
			defaultVia(l, br0, "192.0.2.1", 0)
		}, map[string]string{"eth0": "LAN gw 192.0.2.1"}},
		{"a card that is down leads nowhere", func(l lab) { l.hardware(l.host, "eth0").Nif().State = network.LowerLayerDown },
			map[string]string{}},
		{"link-local addresses tell nothing", func(l lab) { l.hardware(l.host, "eth0", "169.254.1.1/16", "fe80::1/64") },
			map[string]string{"eth0": "outside "}},
		{"a card in another namespace leads outside, too", func(l lab) { l.hardware(l.netns("/run/netns/x"), "eth7", "2001:db8::2/64") },
			map[string]string{"eth7": "LAN 2001:db8::/64"}},
		{"virtual interfaces do not", func(l lab) { l.nif(l.host, &network.NifAttrs{}, "dummy", "d0", "192.0.2.2/24") },
			map[string]string{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := lab{maker: newMaker()}
			l.host = l.maker.host()
			tt.build(l)
			got := map[string]string{}
			for _, e := range projected(t, l.maker, Options{}).Edges {
				if e.Kind == Uplink {
					line := ""
					if len(e.To.Lines) > 0 {
						line = e.To.Lines[0]
					}
					got[e.From.Name] = e.To.Name + " " + line
				}
			}
			assert.Equal(t, tt.want, got)
		})
	}
}
