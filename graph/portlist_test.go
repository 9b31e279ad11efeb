package graph

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/hostwire/hostwire/network"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/thediveo/lxkns/model"
)

// listen adds a listening socket.
func listen(n *network.NetworkNamespace, proto network.Protocol, ip string, port uint16, procs ...*model.Process) {
	s := network.ProcessSocket{Protocol: proto, LocalIP: net.ParseIP(ip), LocalPort: port, SimplifiedState: network.Listening, Processes: procs}
	if v4 := s.LocalIP.To4(); v4 != nil {
		s.LocalIP = v4
		n.Portsv4 = append(n.Portsv4, s)
		return
	}
	n.Portsv6 = append(n.Portsv6, s)
}

// portLines writes a list as text, a port a line.
func portLines(list []ListedPort) string {
	var b strings.Builder
	for _, p := range list {
		line := fmt.Sprintf("%s %s %s in %s %s", p.Protocol, p.Address, p.Port, p.In, p.Through)
		if p.Service != "" {
			line += " (" + p.Service + ")"
		}
		if p.To != "" {
			line += " -> " + p.To
		}
		if p.Share != 0 {
			line += fmt.Sprintf(" %.0f%%", 100*p.Share)
		}
		if p.Namespace != "" {
			line += " at " + p.Namespace
		}
		if len(p.Containers) > 0 {
			line += " containers " + strings.Join(p.Containers, ",")
		}
		if len(p.Processes) > 0 {
			line += " processes " + strings.Join(p.Processes, ",")
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}

func TestListPorts(t *testing.T) {
	type lab struct {
		*maker
		host, web, api   *network.NetworkNamespace
		webEth0, apiEth0 network.Interface
	}
	for _, tt := range []struct {
		name  string
		build func(l lab)
		want  string // with {web} and {api} for the PIDs of the containers' processes.
	}{
		{"by protocol, port as a number, and address; what forwards comes before what listens", func(l lab) {
			listen(l.host, 17, "0.0.0.0", 53)
			listen(l.host, 6, "127.0.0.1", 8081)
			listen(l.host, 6, "0.0.0.0", 8081)
			listen(l.host, 6, "::", 443)
			listen(l.host, 6, "0.0.0.0", 443)
			listen(l.host, 6, "0.0.0.0", 22)
			listen(l.host, 132, "0.0.0.0", 7)
			l.forward(l.host, 8081, l.webEth0, "172.17.0.2", 80)
		}, `sctp 0.0.0.0 7 in edge-01 listening at edge-01
tcp 0.0.0.0 22 in edge-01 listening at edge-01
tcp 0.0.0.0 443 in edge-01 listening at edge-01
tcp :: 443 in edge-01 listening at edge-01
tcp 0.0.0.0 8081 in edge-01 docker -> 172.17.0.2:80 at web containers web processes app({web})
tcp 0.0.0.0 8081 in edge-01 listening at edge-01
tcp 127.0.0.1 8081 in edge-01 listening at edge-01
udp 0.0.0.0 53 in edge-01 listening at edge-01
`},
		{"a range, and a range that becomes one port", func(l lab) {
			l.forward(l.host, 8000, l.webEth0, "172.17.0.2", 9000).PortMax = 8010
			f := l.forward(l.host, 7000, l.webEth0, "172.17.0.2", 80)
			f.PortMax, f.ToOne = 7005, true
		}, `tcp 0.0.0.0 7000-7005 in edge-01 docker -> 172.17.0.2:80 at web containers web processes app({web})
tcp 0.0.0.0 8000-8010 in edge-01 docker -> 172.17.0.2:9000-9010 at web containers web processes app({web})
`},
		{"shares of a service, by destination", func(l lab) {
			for _, to := range []struct {
				nif network.Interface
				ip  string
			}{{l.apiEth0, "172.17.0.3"}, {l.webEth0, "172.17.0.2"}} {
				f := l.forward(l.host, 30080, to.nif, to.ip, 80)
				f.Share, f.Service, f.Source = 0.5, "shop/web", "kube-proxy"
			}
		}, `tcp 0.0.0.0 30080 in edge-01 kube-proxy (shop/web) -> 172.17.0.2:80 50% at web containers web processes app({web})
tcp 0.0.0.0 30080 in edge-01 kube-proxy (shop/web) -> 172.17.0.3:80 50% at api containers api processes app({api})
`},
		{"a container is named by the parent of who serves", func(l lab) {
			parent := l.web.Tenants[0].Process
			worker := l.process(l.web, "worker")
			worker.PID, worker.Parent = 77, parent
			child := l.process(l.web, "grandchild")
			child.PID, child.Parent = 78, worker
			listen(l.web, 6, "0.0.0.0", 80, child, worker, child, nil)
		}, `tcp 0.0.0.0 80 in web listening at web containers web processes grandchild(78),worker(77)
`},
		{"parents that are their own ancestors end the search", func(l lab) {
			a, b := l.process(l.host, "a"), l.process(l.host, "b")
			a.PID, b.PID, a.Parent, b.Parent = 77, 78, b, a
			listen(l.host, 6, "0.0.0.0", 80, a)
		}, `tcp 0.0.0.0 80 in edge-01 listening at edge-01 processes a(77)
`},
		{"a redirect keeps the address and stays in its namespace", func(l lab) {
			f := l.forward(l.host, 80, nil, "", 8080)
			f.DestinationNetns, f.Source = l.host, ""
		}, `tcp 0.0.0.0 80 in edge-01 forwarded -> :8080 at edge-01
`},
		{"any address where none is said, and nobody who serves", func(l lab) {
			l.forward(l.host, 80, nil, "172.17.0.99", 8080).IP = nil
		}, `tcp 0.0.0.0 80 in edge-01 docker -> 172.17.0.99:8080
`},
		{"IPv6 destinations in brackets", func(l lab) {
			f := l.forward(l.host, 80, nil, "2001:db8::2", 8080)
			f.IP = net.IPv6unspecified
		}, `tcp :: 80 in edge-01 docker -> [2001:db8::2]:8080
`},
		{"what is the same in all columns is listed once", func(l lab) {
			l.forward(l.host, 80, l.webEth0, "172.17.0.2", 80)
			l.forward(l.host, 80, l.webEth0, "172.17.0.2", 80)
			l.forward(l.host, 80, l.webEth0, "172.17.0.2", 80).Source = "docker-proxy"
			listen(l.host, 6, "0.0.0.0", 22)
			listen(l.host, 6, "0.0.0.0", 22)
		}, `tcp 0.0.0.0 22 in edge-01 listening at edge-01
tcp 0.0.0.0 80 in edge-01 docker -> 172.17.0.2:80 at web containers web processes app({web})
tcp 0.0.0.0 80 in edge-01 docker-proxy -> 172.17.0.2:80 at web containers web processes app({web})
`},
		{"the same port in several namespaces is several ports", func(l lab) {
			listen(l.web, 6, "0.0.0.0", 80)
			listen(l.api, 6, "0.0.0.0", 80)
		}, `tcp 0.0.0.0 80 in api listening at api
tcp 0.0.0.0 80 in web listening at web
`},
		{"a socket that is connected is no port", func(l lab) {
			listen(l.host, 6, "192.0.2.2", 22)
			l.host.Portsv4[0].SimplifiedState = network.Connected
		}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := newMaker()
			l := lab{maker: m, host: m.host()}
			b := m.bridge(l.host, "docker0", "172.17.0.1/16")
			l.web, l.api = m.docker("web", "nginx"), m.docker("api", "api")
			l.webEth0 = m.tenant(l.host, b, "veth1", l.web, "172.17.0.2/16")
			l.apiEth0 = m.tenant(l.host, b, "veth2", l.api, "172.17.0.3/16")
			tt.build(l)
			list, err := ListPorts(m.d)
			require.NoError(t, err)
			want := strings.NewReplacer("{web}", fmt.Sprint(l.web.Tenants[0].Process.PID), "{api}", fmt.Sprint(l.api.Tenants[0].Process.PID)).Replace(tt.want)
			assert.Equal(t, want, portLines(list))
		})
	}
}

func TestListPortsOfNothing(t *testing.T) {
	_, err := ListPorts(nil)
	assert.ErrorContains(t, err, "nothing was discovered")
	list, err := ListPorts(newMaker().d)
	assert.NoError(t, err)
	assert.Empty(t, list)
}

func TestPortsAreListedAlikeWhateverTheOrderOfDiscovery(t *testing.T) {
	build := func(backwards bool) []ListedPort {
		m := newMaker()
		host := m.host()
		ports := []uint16{9000, 80, 443, 22, 10000, 8080}
		for i := range ports {
			if backwards {
				i = len(ports) - 1 - i
			}
			listen(host, 6, "0.0.0.0", ports[i])
			listen(host, 17, "::", ports[i])
		}
		list, err := ListPorts(m.d)
		require.NoError(t, err)
		return list
	}
	want := build(false)
	assert.Len(t, want, 12)
	assert.Equal(t, portLines(want), portLines(build(true)))
}
