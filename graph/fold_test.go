package graph

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hostwire/hostwire/network"
	"github.com/stretchr/testify/assert"
)

// crowd is a host with so many containers on one bridge, of which some have a published port, and
// so many namespaces with a macvlan.
func crowd(containers, published, macvlans int) *maker {
	m := newMaker()
	host := m.host()
	eth0 := m.hardware(host, "eth0", "192.0.2.2/24")
	docker0 := m.bridge(host, "docker0", "172.17.0.1/16")
	for i := range containers {
		n := m.docker(fmt.Sprintf("web-%d", i+1), "nginx")
		ip := fmt.Sprintf("172.17.%d.%d", (i+2)/256, (i+2)%256)
		end := m.tenant(host, docker0, fmt.Sprintf("veth%07x", i*7919), n, ip+"/16")
		if i < published {
			m.forward(host, uint16(8000+i), end, ip, 80)
		}
	}
	for i := range macvlans {
		n := m.netns(fmt.Sprintf("/run/netns/lab%d", i+1))
		mv := m.nif(n, &network.MacvlanAttrs{Master: eth0, Mode: 3}, "macvlan", "eth1", fmt.Sprintf("10.99.%d.%d/16", i/250, 1+i%250))
		mv.Nif().Lower = eth0
	}
	return m
}

func TestFoldManyForwardedPorts(t *testing.T) {
	m := newMaker()
	host := m.host()
	b := m.bridge(host, "docker0", "172.17.0.1/16")
	web := m.tenant(host, b, "veth1", m.docker("web", "nginx"), "172.17.0.2/16")
	for i := range 100 {
		m.forward(host, uint16(8000+i), web, "172.17.0.2", uint16(8100-i))
		m.forward(host, uint16(9000+i), nil, "172.17.0.9", 80)
	}
	g := projected(t, m, Options{Fold: FoldAuto})
	got := draft(g)
	for _, line := range []string{
		"  tcp 0.0.0.0:8002 (→ web:8098)",
		"  97 forwarded ports (→ web)",
		"  tcp 0.0.0.0:9002 (→ 172.17.0.9:80 (nobody))",
		"  97 forwarded ports (→ nobody)",
	} {
		assert.Contains(t, got, "\n"+line+"\n")
	}
	assert.NotContains(t, got, "0.0.0.0:8003")
	assert.Equal(t, projected(t, m, Options{}).Stats(), g.Stats())
}

func TestFold(t *testing.T) {
	for _, tt := range []struct {
		name string
		m    *maker
		fold int
		want string
	}{
		{"nothing is folded when folding is off", crowd(60, 0, 0), 0, ""},
		{"nothing is folded up to the limit", crowd(10, 0, 0), 10, ""},
		{"few are never folded", crowd(4, 0, 0), 1, ""},
		{"not so many are not folded on its own account", crowd(50, 0, 0), FoldAuto, ""},
		{"containers on a bridge become one card, their ports one row", crowd(200, 0, 0), 10, `
  eth0 (virtio_net) up 192.0.2.2/24
  docker0 (bridge) up 172.17.0.1/16
  veth0000000 (port of docker0) up
  veth0001eef (port of docker0) up
  veth0003dde (port of docker0) up
  197 ports (veth) up
  lo (loopback) up 127.0.0.1/8 ::1/128
[folded-docker-web-1] folded 197 more | docker · nginx · like web-1, web-2, web-3
  eth0 (veth ×197) up 172.17.0.5 – 172.17.0.201
  lo (loopback ×197) up 127.0.0.1
bridge host--folded--veth -- host--docker0
veth host--folded--veth -- folded-docker-web-1--veth`},
		{"very many are folded on their own account", crowd(51, 0, 0), FoldAuto, `
[folded-docker-web-1] folded 48 more | docker · nginx · like web-1, web-2, web-3
bridge host--folded--veth -- host--docker0
veth host--folded--veth -- folded-docker-web-1--veth`},
		{"published ports are folded with the containers that they lead to", crowd(20, 10, 0), 5, `
  tcp 0.0.0.0:8002 (→ web-3:80)
  7 forwarded ports (→ 7 more)
[folded-docker-web-1] folded 7 more | docker · nginx · like web-1, web-2, web-3
[folded-docker-web-11] folded 7 more | docker · nginx · like web-11, web-12, web-13
forward host--folded--port -> folded-docker-web-1--veth`},
		{"a shared lower interface stays and its wire counts", crowd(0, 0, 30), 10, `
  eth0 (virtio_net) up 192.0.2.2/24
[folded-run-netns-lab1] folded 27 more | no processes · like lab1, lab2, lab3
  eth1 (macvlan bridge ×27) up 10.99.0.4 – 10.99.0.30
macvlan folded-run-netns-lab1--macvlan -- host--eth0`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := projected(t, tt.m, Options{Fold: tt.fold})
			got := draft(g)
			if tt.want == "" {
				assert.NotContains(t, got, "folded")
				return
			}
			for _, line := range strings.Split(strings.TrimPrefix(tt.want, "\n"), "\n") {
				assert.Contains(t, "\n"+got, "\n"+line+"\n")
			}
			plain := projected(t, tt.m, Options{})
			assert.Equal(t, plain.Stats(), g.Stats(), "folding changes no count")
			assert.Equal(t, plain.Summary(), g.Summary())
		})
	}
}
