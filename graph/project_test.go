package graph

import (
	"testing"

	"github.com/hostwire/hostwire/network"
	"github.com/stretchr/testify/assert"
)

func TestProjectTheEdgeHost(t *testing.T) {
	g := projected(t, edgeHost(), Options{})
	assert.Equal(t, `edge-01 | Debian 12 · Linux 6.18 · 5 namespaces · 17 interfaces
[host] host edge-01 | host · systemd(1) · Debian 12
  eth0 (virtio_net) up 192.0.2.2/24
  br-959a226ec3a3 (bridge) up 172.18.0.1/16 / network shop_backend
  veth277e408 (port of shop_backend) up
  vethc01d77e (port of shop_backend) up
  vx42 (vxlan) up vni 42 · 239.1.1.1:4789
  docker0 (bridge) up 172.17.0.1/16
  veth1b9363c (port of docker0) up
  tap9 (tap) down
  lo (loopback) up 127.0.0.1/8 ::1/128
  tcp 0.0.0.0:8081 (→ web:80)
  tcp 0.0.0.0:9000 (→ api:80)
[run-netns-lab1] bound lab1 | /run/netns/lab1 · no processes
  eth1 (macvlan bridge) up 10.99.0.11/24
  lo (loopback) down 127.0.0.1/8 ::1/128
[docker-api] container api | docker · shop/api:3 · pid 1003 in compose shop of docker
  eth0 (veth) up 172.18.0.2/16
  lo (loopback) up 127.0.0.1/8 ::1/128
[docker-db] container db | docker · postgres:17 · pid 1004 in compose shop of docker
  eth0 (veth) up 172.18.0.3/16
  lo (loopback) up 127.0.0.1/8 ::1/128
[docker-web] container web | docker · nginx:1.27 · pid 1002 in compose shop of docker
  eth0 (veth) up 172.17.0.2/16
  lo (loopback) up 127.0.0.1/8 ::1/128
(outside-gw-192.0.2.1) LAN gw 192.0.2.1
(remote-vxlan-239.1.1.1-4789-vni-42) 239.1.1.1:4789 vni 42
(process-qemu) qemu pid 1005
bridge host--veth1b9363c -- host--docker0
bridge host--veth277e408 -- host--br-959a226ec3a3
bridge host--vethc01d77e -- host--br-959a226ec3a3
bridge host--vx42 -- host--br-959a226ec3a3
forward host--port-tcp-0.0.0.0-8081 -> docker-web--eth0
forward host--port-tcp-0.0.0.0-9000 -> docker-api--eth0
macvlan run-netns-lab1--eth1 -- host--eth0
tuntap host--tap9 -- process-qemu
uplink host--eth0 -- outside-gw-192.0.2.1
veth host--veth1b9363c -- docker-web--eth0
veth host--veth277e408 -- docker-api--eth0
veth host--vethc01d77e -- docker-db--eth0
vxlan host--vx42 -- host--eth0
vxlan host--vx42 -- remote-vxlan-239.1.1.1-4789-vni-42
`, draft(g))
	assert.Equal(t, "5 network namespaces, 17 interfaces, 3 veth wires, 4 bridge ports, 1 macvlan, 2 overlay wires, "+
		"1 TUN/TAP process, 1 uplink, 2 forwarded ports", g.Summary())
}

func TestAMinimalGraphHasNamesAndWiresOnly(t *testing.T) {
	g := projected(t, edgeHost(), Options{Detail: Minimal})
	for _, n := range g.AllNodes() {
		assert.Empty(t, n.Lines)
		assert.NotEqual(t, kindLoopback, n.Kind)
		assert.Equal(t, n.Class == Port, n.Tag != "", n.Name)
		assert.NotEmpty(t, n.Facts, n.Name)
	}
	assert.Len(t, g.Edges, 14)
}

func TestNothingDiscoveredIsAnError(t *testing.T) {
	_, err := Project(nil, Options{})
	assert.EqualError(t, err, "nothing was discovered")
	g, err := Project(&network.Discovery{}, Options{})
	assert.NoError(t, err)
	assert.Equal(t, "host", g.Title)
	assert.Equal(t, "0 namespaces · 0 interfaces", g.Subtitle)
}
