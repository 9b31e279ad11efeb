package graph

import (
	"net"
	"testing"

	"github.com/hostwire/hostwire/network"
	"github.com/stretchr/testify/assert"
)

func TestMadeUpNamesAreRecognised(t *testing.T) {
	for name, want := range map[string]string{
		"veth1b9363c": "veth", "vethdeadbeef": "veth", "br-959a226ec3a3": "br-", "cali0123456789a": "cali", "lxc1a2b3c4d5e6f": "lxc",
		"tap0a1b2c3d-4e": "tap", "vethAB12cd": "veth", "0123456789ab_h": "",
	} {
		stem, random := randomStem(name)
		assert.True(t, random, name)
		assert.Equal(t, want, stem, name)
	}
	for _, name := range []string{"veth0", "veth-web", "vethserver", "vethfacade", "br0", "br-lan", "docker0", "tap0", "tapserver", "eth0", "cni0", "lxcbr0", ""} {
		_, random := randomStem(name)
		assert.False(t, random, name)
	}
}

func TestAStableGraphLeavesOutWhatChangesWithoutMeaning(t *testing.T) {
	m := edgeHost()
	host := m.find("host", "lo").Nif().Netns
	eth0 := m.find("host", "eth0").Nif()
	address(eth0, "fe80::1234/64")
	for _, slaac := range []string{"2001:db8::1111:2222/64", "2001:db8::3333:4444/64"} {
		address(eth0, slaac)
		eth0.Addrsv6[len(eth0.Addrsv6)-1].ValidLifetime = 3600
	}
	address(eth0, "2001:db8::5/64")
	host.Portsv4 = []network.ProcessSocket{
		{Protocol: 17, LocalIP: net.IPv4zero, LocalPort: 45000, SimplifiedState: network.Listening, Processes: nil},
		{Protocol: 6, LocalIP: net.IPv4zero, LocalPort: 22, SimplifiedState: network.Listening},
	}
	m.d.Findings = []network.Finding{{Subject: "namespace net:[4026532000] of nginx(4711)", Message: "could not be entered through /proc/4711/ns/net (2 of 3)"}}
	g := projected(t, m, Options{Stable: true, Detail: Full})
	got := draft(g)
	for _, line := range []string{
		"  eth0 (virtio_net) up 192.0.2.2/24 2001:db8::/64 / 2001:db8::5/64 / mtu 1500 / 0000:01:00.0",
		"  br→shop_backend (bridge) up 172.18.0.1/16 / network shop_backend / mtu 1500",
		"  veth→api:eth0 (port of shop_backend) up mtu 1500",
		"  listening: tcp 0.0.0.0:22 / udp 0.0.0.0:*",
		"(process-qemu) qemu",
		"veth host--veth-to-api-eth0 -- docker-api--eth0",
		"note: namespace net:[…] of nginx(…): could not be entered through /proc/…/ns/net (2 of 3)",
	} {
		assert.Contains(t, "\n"+got, "\n"+line+"\n")
	}
	for _, n := range g.AllNodes() {
		assert.Empty(t, n.fact("mac"))
		assert.Empty(t, n.fact("index"))
		assert.Empty(t, n.fact("pid"))
	}
	for _, c := range g.Clusters {
		for _, f := range c.Facts {
			assert.NotContains(t, []string{"namespace", "container id"}, f.Name)
		}
	}
}
