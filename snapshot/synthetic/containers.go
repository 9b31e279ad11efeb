package synthetic

import (
	"cmp"
	"fmt"
	"net"
	"slices"

	"github.com/hostwire/hostwire/network"
	"github.com/hostwire/hostwire/portfwd"
	"github.com/thediveo/lxkns/model"
	"golang.org/x/sys/unix"
)

// app is something that runs in containers.
type app struct {
	name, image, command string
	port                 uint16 // port that it listens to; 0 for none.
}

var apps = []app{
	{"web", "nginx:1.27", "nginx", 80},
	{"api", "registry.example.com/shop/api:3.2", "api", 8080},
	{"db", "postgres:17", "postgres", 5432},
	{"cache", "redis:7.4", "redis-server", 6379},
	{"worker", "registry.example.com/shop/worker:3.2", "worker", 0},
	{"search", "opensearchproject/opensearch:2.19", "java", 9200},
	{"queue", "rabbitmq:4.1", "beam.smp", 5672},
	{"auth", "quay.io/keycloak/keycloak:26.2", "java", 8443},
	{"mail", "mailu/postfix:2024.06", "master", 25},
	{"metrics", "prom/prometheus:v3.4.1", "prometheus", 9090},
	{"grafana", "grafana/grafana:12.0.1", "grafana", 3000},
	{"proxy", "haproxy:3.2", "haproxy", 80},
}

var projectNames = []string{"shop", "blog", "wiki", "chat", "forum", "cloud", "tracker", "gallery", "radio", "library"}

// labelImage is the container label under which the image's name is kept.
const labelImage = "hostwire/image"

// dockerEngine returns the Docker engine, which starts running when first asked for.
func (b *builder) dockerEngine() *model.ContainerEngine {
	if b.docker == nil {
		p := b.process(701, 1, "dockerd", "/usr/sbin/dockerd", "-H", "fd://")
		b.joinHost(p)
		b.docker = &model.ContainerEngine{ID: digest("docker", 32), Type: "docker.com", Version: "28.2.2", API: "unix:///run/docker.sock", PID: p.PID}
	}
	return b.docker
}

// kubeEngine returns the containerd that pods run on.
func (b *builder) kubeEngine() *model.ContainerEngine {
	if b.kube == nil {
		p := b.process(702, 1, "containerd", "/usr/bin/containerd")
		b.joinHost(p)
		b.kube = &model.ContainerEngine{ID: digest("containerd", 32), Type: "k8s.io/cri-api", Version: "2.1.1", API: "unix:///run/containerd/containerd.sock", PID: p.PID}
	}
	return b.kube
}

func (b *builder) joinHost(p *model.Process) {
	p.Namespaces[model.NetNS] = b.init.Namespaces[model.NetNS]
}

// container adds a container around a process.
func (b *builder) container(e *model.ContainerEngine, name string, p *model.Process, labels model.Labels) *model.Container {
	c := &model.Container{
		ID: digest(fmt.Sprintf("container %s %s", e.Type, name), 64), Name: name, Type: e.Type, Flavor: e.Type,
		PID: p.PID, Process: p, Labels: labels,
	}
	p.Container = c
	e.AddContainer(c)
	b.d.Containers = append(b.d.Containers, c)
	return c
}

// buildTenants makes containers and spreads them over the bridges. Every 25th has its interface down.
func (b *builder) buildTenants() {
	for i := range b.recipe.Tenants {
		a := apps[i%len(apps)]
		name := a.name
		if b.recipe.Tenants > len(apps) {
			name = fmt.Sprintf("%s-%d", a.name, i/len(apps)+1)
		}
		p := b.process(b.newPID(), b.dockerEngine().PID, a.command, "/usr/local/bin/"+a.command)
		b.container(b.dockerEngine(), name, p, model.Labels{labelImage: a.image})
		ns := b.netns("", true, p)
		b.dns(ns, name)
		br := b.bridges[i%len(b.bridges)]
		b.plug(ns, br, br.net.base+2+uint32(i/len(b.bridges)), "", i%25 != 24, a, p)
	}
}

// plug wires a namespace to a bridge and opens the app's port.
func (b *builder) plug(ns *network.NetworkNamespace, br *bridge, addr uint32, outerName string, up bool, a app, p *model.Process) {
	outer, inner := b.vethPair(b.host, ns, outerName, "eth0", up)
	enslave(outer, br.nif)
	b.assign(inner, br.net, addr)
	if a.port == 0 {
		return
	}
	b.listen(ns, inner, a.port, p)
	b.servers = append(b.servers, server{netns: ns, nif: inner, addr: addr, net: br.net, port: a.port, process: p})
}

// listen opens a TCP port at all addresses.
func (b *builder) listen(ns *network.NetworkNamespace, nif network.Interface, port uint16, p *model.Process) {
	socket := network.ProcessSocket{
		Family: unix.AF_INET, Protocol: unix.IPPROTO_TCP,
		LocalIP: v4(0), LocalPort: port, RemoteIP: v4(0),
		State: network.TCP_LISTEN, SimplifiedState: network.Listening,
		PIDs: []model.PIDType{p.PID}, Processes: []*model.Process{p}, Nifs: network.Interfaces{nif},
	}
	ns.Portsv4 = append(ns.Portsv4, socket)
	if b.recipe.IPv6 {
		socket.Family = unix.AF_INET6
		socket.LocalIP, socket.RemoteIP = make(net.IP, net.IPv6len), make(net.IP, net.IPv6len)
		ns.Portsv6 = append(ns.Portsv6, socket)
	}
}

// dns gives the namespace's tenants a host name and the engine's resolver.
func (b *builder) dns(ns *network.NetworkNamespace, name string) {
	for _, tenant := range ns.Tenants {
		tenant.DNS = network.DnsConfiguration{
			Hostname: name, EtcHostname: name,
			Hosts:       map[string]net.IP{"localhost": v4(127<<24 + 1)},
			Nameservers: []net.IP{v4(127<<24 + 11)},
		}
	}
}

// buildProjects makes compose projects: a bridge and three containers each.
func (b *builder) buildProjects() {
	for i := range b.recipe.Projects {
		name := numbered(projectNames, i)
		group := &model.Group{Name: name, Type: "com.docker.compose.project", Flavor: "com.docker.compose.project"}
		base := 10<<24 | 64<<16 | uint32(i)<<4
		br := b.bridge("br-"+digest("project "+name, 12), subnet{base: base, bits: 28, gw: 1}, true, name+"_default",
			map[string]string{"com.docker.compose.network": "default", "com.docker.compose.project": name})
		for j, a := range apps[:3] {
			p := b.process(b.newPID(), b.dockerEngine().PID, a.command, "/usr/local/bin/"+a.command)
			c := b.container(b.dockerEngine(), fmt.Sprintf("%s-%s-1", name, a.name), p, model.Labels{
				labelImage:                   a.image,
				"com.docker.compose.project": name,
				"com.docker.compose.service": a.name,
			})
			group.AddContainer(c)
			ns := b.netns("", true, p)
			b.dns(ns, digest("host "+c.Name, 12))
			b.plug(ns, br, base+2+uint32(j), "", true, a, p)
		}
	}
}

// buildPods makes pods: a namespace that the sandbox's pause process keeps, with two containers.
func (b *builder) buildPods() {
	if b.recipe.Pods == 0 {
		return
	}
	s := subnet{base: 10<<24 | 244<<16, bits: 16, gw: 1}
	if b.recipe.Pods > 60_000 {
		s = subnet{base: 10<<24 | 128<<16, bits: 10, gw: 1}
	}
	cni := b.bridge("cni0", s, false, "", nil)
	for i := range b.recipe.Pods {
		a := apps[i%len(apps)]
		deployment := digest("deployment "+a.name, 9)
		pod := fmt.Sprintf("%s-%s-%s", a.name, deployment, digest(fmt.Sprintf("pod %d", i), 5))
		group := &model.Group{Name: "default/" + pod, Type: "io.kubernetes.pod", Flavor: "io.kubernetes.pod"}
		parent := b.kubeEngine().PID
		leaders := []*model.Process{
			b.process(b.newPID(), parent, "pause", "/pause"),
			b.process(b.newPID(), parent, a.command, "/usr/local/bin/"+a.command),
			b.process(b.newPID(), parent, "envoy", "/usr/local/bin/envoy"),
		}
		for j, name := range []string{a.name, "sidecar"} {
			image := a.image
			if j == 1 {
				image = "envoyproxy/envoy:v1.34.1"
			}
			c := b.container(b.kubeEngine(), digest(fmt.Sprintf("pod %d %s", i, name), 64), leaders[1+j], model.Labels{
				labelImage:                     image,
				"io.kubernetes.container.name": name,
				"io.kubernetes.pod.name":       pod,
				"io.kubernetes.pod.namespace":  "default",
			})
			group.AddContainer(c)
		}
		ns := b.netns("", true, leaders...)
		b.dns(ns, pod)
		b.plug(ns, cni, s.base+2+uint32(i), "", i%40 != 39, a, leaders[1])
	}
}

// buildPorts forwards ports of the host, from 8001 on, to the servers in turn.
func (b *builder) buildPorts() {
	for i := range b.recipe.Ports {
		to := b.servers[i%len(b.servers)]
		port := uint16(8001 + i)
		fwd := network.ForwardedPort{
			ForwardedPortRange: portfwd.ForwardedPortRange{
				Protocol: "tcp", IP: v4(0), PortMin: port, PortMax: port,
				ForwardIP: v4(to.addr), ForwardPortMin: to.port,
			},
			Protocol: unix.IPPROTO_TCP, DestinationNetns: to.netns,
			PIDs: []model.PIDType{to.process.PID}, Processes: []*model.Process{to.process},
			Nifs: network.Interfaces{to.nif}, Source: "docker", Share: 1,
		}
		b.host.ForwardedPortsv4 = append(b.host.ForwardedPortsv4, fwd)
		if b.recipe.IPv6 {
			fwd.IP, fwd.ForwardIP = make(net.IP, net.IPv6len), to.net.v6(to.addr)
			b.host.ForwardedPortsv6 = append(b.host.ForwardedPortsv6, fwd)
		}
	}
}

// sortedNetworks returns the engines' networks by engine and name.
func (b *builder) sortedNetworks() []network.EngineNetwork {
	slices.SortFunc(b.networks, func(x, y *engineNet) int {
		return cmp.Or(cmp.Compare(x.Engine, y.Engine), cmp.Compare(x.Name, y.Name))
	})
	var all []network.EngineNetwork
	for _, n := range b.networks {
		all = append(all, *n)
	}
	return all
}
