package synthetic

import (
	"fmt"
	"testing"

	"github.com/hostwire/hostwire/network"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/thediveo/lxkns/model"
)

const everything = "bridge:3 tenant:60 vxlan:4 macvlan:11 vlan:9 bond:3 tap:5 router:4 port:20 pod:41 compose:3 lone:2 ipv6"

func build(t testing.TB, spec string) *network.Discovery {
	t.Helper()
	d, err := Discover(spec)
	require.NoError(t, err)
	return d
}

func TestCountsAreAsAskedFor(t *testing.T) {
	d := build(t, everything)
	kinds, initial := map[string]int{}, 0
	for _, ns := range d.Netns {
		if ns.Initial {
			initial++
			assert.Len(t, ns.ForwardedPortsv4, 20)
			assert.Len(t, ns.ForwardedPortsv6, 20)
		}
		for _, nif := range ns.Nifs {
			kinds[nif.Nif().Kind]++
		}
	}
	assert.Equal(t, 1, initial)
	assert.Len(t, d.Netns, 1+60+11+4+41+9+2)
	assert.Equal(t, map[string]int{
		"":       len(d.Netns) + 1 + 6,
		"bridge": 3 + 1 + 3, "veth": 2 * (60 + 4 + 41 + 9), "vxlan": 4, "macvlan": 11, "vlan": 9, "bond": 3, "tun": 5,
	}, kinds)
	assert.Len(t, d.Containers, 60+9+2*41)
	assert.Len(t, d.Networks, 3+3)
}

func TestWiresHaveTwoEnds(t *testing.T) {
	for _, ns := range build(t, everything).Netns {
		for index, nif := range ns.Nifs {
			attrs := nif.Nif()
			assert.Equal(t, index, attrs.Index)
			assert.Same(t, ns, attrs.Netns)
			assert.Equal(t, nif, ns.NamedNifs[attrs.Name])
			if veth, ok := nif.(*network.VethAttrs); ok {
				assert.Same(t, nif, veth.Peer.(*network.VethAttrs).Peer)
			}
			if attrs.Bridge != nil {
				assert.Contains(t, attrs.Bridge.(*network.BridgeAttrs).Ports, nif)
			}
			if attrs.Lower != nil {
				assert.Contains(t, attrs.Lower.Nif().Slaves, nif)
			}
		}
	}
}

func TestAddressesAreUnique(t *testing.T) {
	seen := map[string]string{}
	add := func(what, where string) {
		if other, there := seen[what]; there {
			t.Errorf("%s is at %s and at %s", what, where, other)
		}
		seen[what] = where
	}
	for _, ns := range build(t, "bridge:20 tenant:2000 macvlan:300 vlan:300 bond:4 router:300 pod:300 compose:300 ipv6").Netns {
		for _, nif := range ns.Nifs {
			attrs := nif.Nif()
			if attrs.Loopback {
				continue
			}
			where := fmt.Sprintf("%v %s", ns.ID(), attrs.Name)
			add(attrs.L2Addr.String(), where)
			for _, a := range append(attrs.Addrsv4, attrs.Addrsv6...) {
				add(a.Address.String(), where)
			}
		}
	}
}

func TestProcessesFormATree(t *testing.T) {
	d := build(t, everything)
	for pid, p := range d.Processes {
		assert.Equal(t, pid, p.PID)
		if pid != 1 {
			assert.Contains(t, p.Parent.Children, p)
		}
		assert.NotNil(t, p.Namespaces[model.NetNS])
	}
	for _, c := range d.Containers {
		assert.Same(t, c, c.Process.Container)
		assert.Contains(t, c.Engine.Containers, c)
	}
}

func BenchmarkBuild1000(b *testing.B) {
	for b.Loop() {
		build(b, "bridge:4 tenant:1000 port:20")
	}
}
