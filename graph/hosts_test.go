package graph

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/hostwire/hostwire/network"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// twoHosts makes two hosts with addresses .1 and .2 in a subnet, each with a router.
func twoHosts(routers ...string) (a, b *maker) {
	hosts := [2]*maker{}
	for i := range hosts {
		m := newMaker()
		m.d.Host.Name = fmt.Sprintf("host-%c", 'a'+i)
		host := m.host()
		eth0 := m.hardware(host, "eth0", fmt.Sprintf("10.0.0.%d/24", i+1))
		if len(routers) > 0 {
			host.Routesv4 = []network.Route{{Type: 1, Destination: subnet("0.0.0.0/0"), NextHop: ip(routers[min(i, len(routers)-1)]), Nif: eth0, Table: 254}}
		}
		hosts[i] = m
	}
	return hosts[0], hosts[1]
}

func TestHostsAreJoinedWhereTheyMustBelongTogether(t *testing.T) {
	vxlan := func(m *maker, vni uint32, remotes ...string) {
		v := &network.VxlanAttrs{VID: vni, DestinationPort: 8472}
		for _, r := range remotes {
			v.Remotes = append(v.Remotes, ip(r))
		}
		m.nif(m.find("host", "lo").Nif().Netns, v, "vxlan", fmt.Sprintf("vx%d", vni))
	}
	gre := func(m *maker, remote string, in, out uint32) {
		m.nif(m.find("host", "lo").Nif().Netns, &network.TunnelAttrs{Remote: ip(remote), InKey: in, OutKey: out}, "gretap", "gt0")
	}
	for _, tt := range []struct {
		name  string
		build func(a, b *maker)
		want  string // edges that must be there.
		not   string
		route []string
	}{
		{"the same subnet by the same router", func(_, _ *maker) {}, `
uplink host-a-host--eth0 -- host-a-outside-gw-10.0.0.254
uplink host-b-host--eth0 -- host-a-outside-gw-10.0.0.254`, "host-b-outside", []string{"10.0.0.254"}},
		{"not the same subnet by another router", func(_, _ *maker) {}, `
uplink host-a-host--eth0 -- host-a-outside-gw-10.0.0.254
uplink host-b-host--eth0 -- host-b-outside-gw-10.0.0.253`, "", []string{"10.0.0.254", "10.0.0.253"}},
		{"not a private subnet without a router", func(_, _ *maker) {}, `
uplink host-b-host--eth0 -- host-b-outside-10.0.0.0-24`, "", nil},
		{"a VXLAN between two hosts", func(a, b *maker) {
			vxlan(a, 7, "10.0.0.2")
			vxlan(b, 7, "10.0.0.1")
		}, `
vxlan host-a-host--vx7 -- host-b-host--vx7`, "remote", nil},
		{"not of two networks", func(a, b *maker) {
			vxlan(a, 7, "10.0.0.2")
			vxlan(b, 8, "10.0.0.1")
		}, `
vxlan host-a-host--vx7 -- host-a-remote-vxlan-10.0.0.2-8472-vni-7
vxlan host-b-host--vx8 -- host-b-remote-vxlan-10.0.0.1-8472-vni-8`, "", nil},
		{"not if only one knows the other", func(a, b *maker) {
			vxlan(a, 7, "10.0.0.2")
			vxlan(b, 7, "10.0.0.9")
		}, `
vxlan host-a-host--vx7 -- host-a-remote-vxlan-10.0.0.2-8472-vni-7`, "vxlan host-a-host--vx7 -- host-b", nil},
		{"a multicast group of one network", func(a, b *maker) {
			for _, m := range []*maker{a, b} {
				m.nif(m.find("host", "lo").Nif().Netns, &network.VxlanAttrs{VID: 1, Groupv4: ip("239.1.1.1"), DestinationPort: 4789}, "vxlan", "vx")
			}
		}, `
vxlan host-a-host--vx -- host-a-remote-vxlan-239.1.1.1-4789-vni-1
vxlan host-b-host--vx -- host-a-remote-vxlan-239.1.1.1-4789-vni-1`, "host-b-remote", nil},
		{"a GRE tunnel with keys crossed", func(a, b *maker) {
			gre(a, "10.0.0.2", 5, 6)
			gre(b, "10.0.0.1", 6, 5)
		}, `
vxlan host-a-host--gt0 -- host-b-host--gt0 gretap`, "remote", nil},
		{"not a GRE tunnel of other keys", func(a, b *maker) {
			gre(a, "10.0.0.2", 5, 6)
			gre(b, "10.0.0.1", 5, 6)
		}, `
vxlan host-a-host--gt0 -- host-a-remote-gretap-10.0.0.2 gretap`, "", nil},
		{"a WireGuard peer of which only one side knows the address", func(a, b *maker) {
			a.nif(a.find("host", "lo").Nif().Netns, &network.WireguardAttrs{ListenPort: 1000, Peers: []network.WireguardPeer{
				{Endpoint: net.UDPAddr{IP: ip("10.0.0.2"), Port: 51820}},
			}}, "wireguard", "wg0")
			b.nif(b.find("host", "lo").Nif().Netns, &network.WireguardAttrs{ListenPort: 51820}, "wireguard", "wg0")
		}, `
vxlan host-a-host--wg0 -- host-b-host--wg0 wireguard`, "remote", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, b := twoHosts(tt.route...)
			tt.build(a, b)
			g, err := ProjectHosts([]*network.Discovery{b.d, a.d}, Options{})
			require.NoError(t, err)
			require.NoError(t, g.Validate())
			got := draft(g)
			for _, line := range strings.Split(strings.TrimPrefix(tt.want, "\n"), "\n") {
				assert.Contains(t, "\n"+got, "\n"+line+"\n")
			}
			if tt.not != "" {
				assert.NotContains(t, got, tt.not)
			}
			assert.Equal(t, "host-a, host-b", g.Title)
			assert.Len(t, g.Groups, 2)
			assert.Equal(t, "host-b", g.Clusters[1].Group.Name)
		})
	}
}

func TestTheSameHostTwiceIsSaid(t *testing.T) {
	a, b := edgeHost(), edgeHost()
	g, err := ProjectHosts([]*network.Discovery{a.d, b.d}, Options{Only: filters(t, "netns=web")})
	require.NoError(t, err)
	require.NoError(t, g.Validate())
	assert.Equal(t, []Note{{"host edge-01 is given more than once; this one is called edge-01 (2)"}}, g.Notes)
	assert.Contains(t, g.Subtitle, "2 hosts · 4 namespaces · 8 interfaces · filtered: edge-01: ")
	var groups []string
	for _, group := range g.Groups {
		name := group.Name
		if group.Parent != nil {
			name += " in " + group.Parent.Name
		}
		groups = append(groups, name)
	}
	assert.Equal(t, []string{"edge-01", "shop in edge-01", "edge-01 (2)", "shop in edge-01 (2)"}, groups)
}

func TestOneHostAndNone(t *testing.T) {
	one, err := ProjectHosts([]*network.Discovery{edgeHost().d}, Options{})
	require.NoError(t, err)
	assert.Equal(t, projected(t, edgeHost(), Options{}), one)
	_, err = ProjectHosts(nil, Options{})
	assert.EqualError(t, err, "no hosts to project")
	_, err = ProjectHosts([]*network.Discovery{nil, nil}, Options{})
	assert.EqualError(t, err, "nothing was discovered")
}
