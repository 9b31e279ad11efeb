package graph

import (
	"net"
	"strings"
	"testing"

	"github.com/hostwire/hostwire/network"
	"github.com/stretchr/testify/assert"
	"github.com/thediveo/lxkns/model"
)

func TestForwardedPortsAreRowsThatLeadToWhoServesThem(t *testing.T) {
	type lab struct {
		*maker
		host, web, api   *network.NetworkNamespace
		webEth0, apiEth0 network.Interface
	}
	for _, tt := range []struct {
		name  string
		build func(l lab)
		want  string
		not   string
	}{
		{"a single port", func(l lab) { l.forward(l.host, 8081, l.webEth0, "172.17.0.2", 80) }, `
  tcp 0.0.0.0:8081 (→ web:80)
forward host--port-tcp-0.0.0.0-8081 -> docker-web--eth0`, "%"},
		{"a range", func(l lab) {
			f := l.forward(l.host, 8000, l.webEth0, "172.17.0.2", 9000)
			f.PortMax = 8010
		}, `
  tcp 0.0.0.0:8000-8010 (→ web:9000-9010)`, ""},
		{"an IPv6 address and UDP", func(l lab) {
			f := l.forward(l.host, 53, l.webEth0, "2001:db8::2", 53)
			f.IP, f.ForwardedPortRange.Protocol, f.Protocol = net.IPv6zero, "UDP", 17
		}, `
  udp [::]:53 (→ web:53)
forward host--port-udp-53 -> docker-web--eth0`, ""},
		{"nobody at the destination", func(l lab) { l.forward(l.host, 81, nil, "172.17.0.9", 80) }, `
  tcp 0.0.0.0:81 (→ 172.17.0.9:80 (nobody))`, "forward host"},
		{"a destination that another host may have", func(l lab) {
			eth0 := l.hardware(l.host, "eth0", "192.0.2.2/24")
			l.host.Routesv4 = []network.Route{
				{Type: 1, Destination: subnet("0.0.0.0/0"), NextHop: ip("192.0.2.1"), Nif: eth0, Table: 254},
				{Type: 1, Destination: subnet("172.17.0.0/16"), DestinationPrefixLen: 16, Nif: l.host.NamedNifs["docker0"], Table: 254},
			}
			l.forward(l.host, 81, nil, "10.244.2.5", 80)
			l.forward(l.host, 82, nil, "172.17.0.9", 80)
		}, `
  tcp 0.0.0.0:81 (→ 10.244.2.5:80 (not on this host))
  tcp 0.0.0.0:82 (→ 172.17.0.9:80 (nobody))`, "forward host"},
		{"somebody at the destination who does not listen, if sockets were looked at", func(l lab) {
			l.host.Portsv4 = []network.ProcessSocket{{Protocol: 6, LocalIP: net.IPv4zero, LocalPort: 22, SimplifiedState: network.Listening}}
			f := l.forward(l.host, 81, l.webEth0, "172.17.0.2", 81)
			f.PIDs, f.Processes = nil, nil
		}, `
  tcp 0.0.0.0:81 (→ web:81 (nobody listens))
forward host--port-tcp-0.0.0.0-81 -> docker-web--eth0`, ""},
		{"nothing is said of who listens if sockets were not looked at", func(l lab) {
			f := l.forward(l.host, 81, l.webEth0, "172.17.0.2", 81)
			f.PIDs, f.Processes = nil, nil
		}, `
  tcp 0.0.0.0:81 (→ web:81)`, "nobody"},
		{"several endpoints of a service share one row", func(l lab) {
			l.forward(l.host, 30080, l.webEth0, "172.17.0.2", 80).Share = 0.5
			l.forward(l.host, 30080, l.apiEth0, "172.17.0.3", 80).Share = 0.5
			for i := range l.host.ForwardedPortsv4 {
				l.host.ForwardedPortsv4[i].Service = "default/web:http"
			}
		}, `
  tcp 0.0.0.0:30080 (→ default/web:http ×2)
forward host--port-tcp-0.0.0.0-30080 -> docker-api--eth0 50%
forward host--port-tcp-0.0.0.0-30080 -> docker-web--eth0 50%`, ""},
		{"several endpoints without a service's name are counted", func(l lab) {
			l.forward(l.host, 80, l.webEth0, "172.17.0.2", 80).Share = 0.25
			l.forward(l.host, 80, l.apiEth0, "172.17.0.3", 80).Share = 0.75
		}, `
  tcp 0.0.0.0:80 (→ 2 endpoints)
forward host--port-tcp-0.0.0.0-80 -> docker-web--eth0 25%`, ""},
		{"what two detectors found is one forward", func(l lab) {
			l.forward(l.host, 80, l.webEth0, "172.17.0.2", 80)
			l.forward(l.host, 80, l.webEth0, "172.17.0.2", 80).Source = "docker-proxy"
		}, `
  tcp 0.0.0.0:80 (→ web:80)
forward host--port-tcp-0.0.0.0-80 -> docker-web--eth0`, "endpoints"},
		{"a redirect to the host itself leads nowhere else", func(l lab) {
			f := l.forward(l.host, 80, nil, "", 8080)
			f.DestinationNetns = l.host
			f.Processes = l.host.Tenants[0].Process.Children
		}, `
  tcp 0.0.0.0:80 (→ here:8080)`, "forward host"},
		{"an engine's own redirect inside a container is not shown", func(l lab) {
			f := l.forward(l.web, 53, nil, "127.0.0.11", 40123)
			f.IP = net.IPv4(127, 0, 0, 11)
		}, `
  eth0 (veth) up 172.17.0.2/16`, "127.0.0.11"},
		{"a loopback address of the host is shown", func(l lab) {
			l.forward(l.host, 9000, l.webEth0, "172.17.0.2", 80).IP = net.IPv4(127, 0, 0, 1)
		}, `
  tcp 127.0.0.1:9000 (→ web:80)`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := newMaker()
			l := lab{maker: m, host: m.host()}
			b := m.bridge(l.host, "docker0", "172.17.0.1/16")
			l.web, l.api = m.docker("web", "nginx"), m.docker("api", "api")
			l.webEth0 = m.tenant(l.host, b, "veth1", l.web, "172.17.0.2/16")
			l.apiEth0 = m.tenant(l.host, b, "veth2", l.api, "172.17.0.3/16")
			tt.build(l)
			got := draft(projected(t, m, Options{}))
			for _, line := range strings.Split(strings.TrimPrefix(tt.want, "\n"), "\n") {
				assert.Contains(t, "\n"+got, "\n"+line+"\n")
			}
			if tt.not != "" {
				assert.NotContains(t, got, tt.not)
			}
		})
	}
}

func TestAnEnginesOwnRedirectsAreShownAtFullDetail(t *testing.T) {
	m := newMaker()
	m.host()
	web := m.docker("web", "nginx")
	m.forward(web, 53, nil, "127.0.0.11", 40123).IP = net.IPv4(127, 0, 0, 11)
	assert.Contains(t, draft(projected(t, m, Options{Detail: Full})), "tcp 127.0.0.11:53")
}

func TestForwardsAreLabelledAtBothEnds(t *testing.T) {
	for _, e := range projected(t, edgeHost(), Options{}).Edges {
		if e.Kind == Forward && e.From.Name == "tcp 0.0.0.0:8081" {
			assert.Equal(t, "tcp 172.17.0.2:80", e.ToLabel)
			return
		}
	}
	t.Fatal("there is no such port")
}

func TestServedSaysWhichAddressWhereThereAreSeveral(t *testing.T) {
	m := newMaker()
	host := m.host()
	b := m.bridge(host, "docker0", "172.17.0.1/16")
	web, api := m.docker("web", "nginx"), m.docker("api", "api")
	one, two := m.tenant(host, b, "veth1", web, "172.17.0.2/16"), m.tenant(host, b, "veth2", api, "172.17.0.3/16")
	for nif, more := range map[*network.VethAttrs][]string{one: {"fd00::2/64", "fe80::2/64"}, two: {"172.17.0.4/16", "fd00::3/64"}} {
		for _, cidr := range more {
			address(nif.Nif(), cidr)
		}
	}
	m.forward(host, 80, one, "172.17.0.2", 8080)
	m.forward(host, 81, one, "fd00::2", 8080)
	m.forward(host, 82, two, "172.17.0.4", 8080)
	m.forward(host, 83, two, "fd00::3", 8080)
	got := map[string]Served{}
	for _, e := range projected(t, m, Options{}).Edges {
		if e.Kind == Forward {
			got[e.ToLabel] = e.Served
		}
	}
	assert.Equal(t, map[string]Served{
		"tcp 172.17.0.2:8080": {Protocol: "tcp", Ports: "8080", Told: true},
		"tcp [fd00::2]:8080":  {Protocol: "tcp", Ports: "8080", Told: true},
		"tcp 172.17.0.4:8080": {Protocol: "tcp", Address: "172.17.0.4", Ports: "8080"},
		"tcp [fd00::3]:8080":  {Protocol: "tcp", Ports: "8080", Told: true},
	}, got)
}

func TestFullDetailListsPortsAndRoutes(t *testing.T) {
	m := newMaker()
	host := m.host()
	eth0 := m.hardware(host, "eth0", "192.0.2.2/24")
	nginx, php := m.process(host, "nginx"), m.process(host, "php")
	host.Portsv6 = []network.ProcessSocket{
		{Protocol: 6, LocalIP: net.IPv6zero, LocalPort: 443, SimplifiedState: network.Listening},
		{Protocol: 6, LocalIP: net.IPv6loopback, LocalPort: 5000, SimplifiedState: network.Connected},
	}
	host.Portsv4 = []network.ProcessSocket{
		{Protocol: 6, LocalIP: net.IPv4zero, LocalPort: 443, SimplifiedState: network.Listening, Processes: []*model.Process{nginx, php}},
		{Protocol: 17, LocalIP: ip("192.0.2.2"), LocalPort: 53, SimplifiedState: network.Listening},
		{Protocol: 17, LocalIP: ip("192.0.2.2"), LocalPort: 53, SimplifiedState: network.Listening},
	}
	any4, any6, net10 := subnet("0.0.0.0/0"), subnet("::/0"), subnet("10.0.0.0/8")
	host.Routesv4 = []network.Route{
		{Type: 1, Destination: net10, DestinationPrefixLen: 8, NextHop: ip("192.0.2.9"), Nif: eth0, Table: 254},
		{Type: 1, Destination: any4, NextHop: ip("192.0.2.1"), Nif: eth0, Table: 254, Priority: 100},
		{Type: 1, Destination: subnet("192.0.2.0/24"), DestinationPrefixLen: 24, Nif: eth0, Table: 254},
		{Type: 2, Destination: subnet("192.0.2.2/32"), DestinationPrefixLen: 32, Nif: eth0, Table: 255},
		{Type: 1, Destination: any4, NextHop: ip("192.0.2.7"), Nif: eth0, Table: 100},
		{Type: 6, Destination: subnet("10.9.0.0/16"), DestinationPrefixLen: 16, Table: 254},
	}
	host.Routesv6 = []network.Route{{Type: 1, Destination: any6, NextHop: ip("fe80::1"), Nif: eth0, Table: 254}}
	assert.Equal(t, []Section{
		{"listening", []string{
			"udp 192.0.2.2:53",
			"tcp 0.0.0.0:443 nginx(1002) php(1003)",
			"tcp [::]:443",
		}},
		{"routes", []string{
			"default via 192.0.2.1 dev eth0 metric 100",
			"default via fe80::1 dev eth0",
			"10.0.0.0/8 via 192.0.2.9 dev eth0",
			"blackhole 10.9.0.0/16",
			"default via 192.0.2.7 dev eth0 table 100",
		}},
	}, projected(t, m, Options{Detail: Full}).Clusters[0].Sections)
}
