package graph

import (
	"net"
	"strings"
	"testing"

	"github.com/hostwire/hostwire/internal/plainns"
	"github.com/hostwire/hostwire/network"
	"github.com/stretchr/testify/require"
	"github.com/thediveo/lxkns/model"
	"github.com/thediveo/lxkns/species"
)

// maker builds discoveries by hand.
type maker struct {
	d      *network.Discovery
	inode  func() uint64        // next inode number, as the kernel would choose it; never the same twice.
	pid    func() model.PIDType // next PID; never the same twice.
	index  func() int           // number to add to interface indices.
	serial int
}

func newMaker() *maker {
	inode, pid := uint64(4026531840), model.PIDType(1000)
	return &maker{
		d: &network.Discovery{
			Host:      network.HostInfo{Name: "edge-01", OS: "Debian GNU/Linux 12 (bookworm)", Kernel: "6.18.3-amd64"},
			Netns:     network.NetworkNamespaces{},
			Processes: model.ProcessTable{},
		},
		inode: func() uint64 { inode++; return inode },
		pid:   func() model.PIDType { pid++; return pid },
		index: func() int { return 0 },
	}
}

// netns adds a namespace without processes.
func (m *maker) netns(paths ...string) *network.NetworkNamespace {
	id := species.NamespaceID{Dev: 4, Ino: m.inode()}
	n := &network.NetworkNamespace{
		Namespace: &plainns.Namespace{NSID: id, NSType: species.CLONE_NEWNET},
		Nifs:      map[int]network.Interface{},
		NamedNifs: map[string]network.Interface{},
		Paths:     paths,
	}
	m.d.Netns[id] = n
	return n
}

// host adds the initial namespace, with an init process and a loopback interface.
func (m *maker) host() *network.NetworkNamespace {
	n := m.netns()
	n.Initial = true
	init := m.process(n, "systemd")
	delete(m.d.Processes, init.PID)
	init.PID = 1
	m.d.Processes[1] = init
	m.lo(n)
	return n
}

// process adds a process that is a tenant of a namespace.
func (m *maker) process(n *network.NetworkNamespace, name string) *model.Process {
	proc := &model.Process{PID: m.pid()}
	proc.Name = name
	proc.Starttime = uint64(proc.PID)
	m.d.Processes[proc.PID] = proc
	if n != nil {
		proc.Namespaces[model.NetNS] = n.Namespace
		n.Tenants = append(n.Tenants, &network.Tenant{Process: proc})
	}
	return proc
}

// container adds a container, given as engine type, name, and labels as pairs of words.
func (m *maker) container(n *network.NetworkNamespace, engine, name string, labels ...string) *model.Container {
	proc := m.process(n, "app")
	c := &model.Container{
		ID: strings.Repeat("0123456789abcdef", 4), Name: name, Type: engine, Flavor: engine, PID: proc.PID, Process: proc,
		Labels: model.Labels{}, Engine: &model.ContainerEngine{Type: engine, API: "/run/" + engine},
	}
	for i := 0; i+1 < len(labels); i += 2 {
		c.Labels[labels[i]] = labels[i+1]
	}
	proc.Container = c
	m.d.Containers = append(m.d.Containers, c)
	return c
}

// docker adds a namespace with a Docker container and a loopback interface.
func (m *maker) docker(name, image string, labels ...string) *network.NetworkNamespace {
	n := m.netns()
	m.container(n, "docker.com", name, append([]string{network.LabelImage, image}, labels...)...)
	m.lo(n)
	return n
}

// nif adds an interface that is up, with addresses.
func (m *maker) nif(n *network.NetworkNamespace, nif network.Interface, kind, name string, addrs ...string) network.Interface {
	a := nif.Nif()
	a.Netns, a.Kind, a.Name, a.Index = n, kind, name, len(n.Nifs)+1+m.index()
	for n.Nifs[a.Index] != nil {
		a.Index++
	}
	a.State, a.AdminUp, a.MTU = network.Up, true, 1500
	m.serial++
	a.L2Addr = net.HardwareAddr{2, 0x42, 0xac, byte(m.serial >> 8), byte(m.serial), byte(n.ID().Ino)}
	for _, addr := range addrs {
		address(a, addr)
	}
	n.Nifs[a.Index], n.NamedNifs[name] = nif, nif
	return nif
}

func address(a *network.NifAttrs, cidr string) {
	ip, subnet, err := net.ParseCIDR(cidr)
	if err != nil {
		panic(err)
	}
	bits, _ := subnet.Mask.Size()
	addr := network.Address{Address: ip, PrefixLength: uint(bits), Index: a.Index}
	if v4 := ip.To4(); v4 != nil {
		addr.Address = v4
		a.Addrsv4 = append(a.Addrsv4, addr)
		return
	}
	a.Addrsv6 = append(a.Addrsv6, addr)
}

func (m *maker) lo(n *network.NetworkNamespace) network.Interface {
	nif := m.nif(n, &network.NifAttrs{}, "", "lo", "127.0.0.1/8", "::1/128")
	nif.Nif().Loopback, nif.Nif().State, nif.Nif().L2Addr = true, network.Unknown, make(net.HardwareAddr, 6)
	return nif
}

func (m *maker) hardware(n *network.NetworkNamespace, name string, addrs ...string) network.Interface {
	nif := m.nif(n, &network.NifAttrs{}, "", name, addrs...)
	nif.Nif().Physical = true
	nif.Nif().DriverInfo = network.NifDriverInfo{Driver: "virtio_net", BusInfo: "0000:01:00.0"}
	return nif
}

func (m *maker) bridge(n *network.NetworkNamespace, name string, addrs ...string) *network.BridgeAttrs {
	return m.nif(n, &network.BridgeAttrs{}, "bridge", name, addrs...).(*network.BridgeAttrs)
}

// veth joins two namespaces.
func (m *maker) veth(n1 *network.NetworkNamespace, name1 string, n2 *network.NetworkNamespace, name2 string, addrs2 ...string) (v1, v2 *network.VethAttrs) {
	v1 = m.nif(n1, &network.VethAttrs{}, "veth", name1).(*network.VethAttrs)
	v2 = m.nif(n2, &network.VethAttrs{}, "veth", name2, addrs2...).(*network.VethAttrs)
	v1.Peer, v2.Peer = v2, v1
	return v1, v2
}

// enslave makes an interface a port of a bridge, or else a member of another controller.
func enslave(nif, controller network.Interface) {
	nif.Nif().Controller = controller
	if b, ok := controller.(*network.BridgeAttrs); ok {
		nif.Nif().Bridge = controller
		b.Ports = append(b.Ports, nif)
		nif.Nif().BridgePort = &network.BridgePortAttrs{State: "forwarding"}
	}
}

// tenant joins a container to a bridge: a host's end, and eth0 with an address.
func (m *maker) tenant(host *network.NetworkNamespace, b *network.BridgeAttrs, port string, n *network.NetworkNamespace, addr string) *network.VethAttrs {
	v1, v2 := m.veth(host, port, n, "eth0", addr)
	enslave(v1, b)
	return v2
}

// forward adds a forwarded TCP port that leads to an interface; nobody serves it if that is nil.
func (m *maker) forward(n *network.NetworkNamespace, port uint16, to network.Interface, ip string, toPort uint16) *network.ForwardedPort {
	f := network.ForwardedPort{Protocol: 6, Source: "docker", Share: 1}
	f.ForwardedPortRange.Protocol = "tcp"
	f.IP, f.PortMin, f.PortMax = net.IPv4zero.To4(), port, port
	f.ForwardIP, f.ForwardPortMin = net.ParseIP(ip), toPort
	if v4 := f.ForwardIP.To4(); v4 != nil {
		f.ForwardIP = v4
	}
	if to != nil {
		f.DestinationNetns, f.Nifs = to.Nif().Netns, network.Interfaces{to}
		if t := f.DestinationNetns.Tenants; len(t) > 0 {
			f.Processes, f.PIDs = []*model.Process{t[0].Process}, []model.PIDType{t[0].Process.PID}
		}
	}
	n.ForwardedPortsv4 = append(n.ForwardedPortsv4, f)
	return &n.ForwardedPortsv4[len(n.ForwardedPortsv4)-1]
}

// edgeHost is the host of the picture that hostwire's look was drafted with.
func edgeHost() *maker {
	m := newMaker()
	host := m.host()
	eth0 := m.hardware(host, "eth0", "192.0.2.2/24")
	_, any, _ := net.ParseCIDR("0.0.0.0/0")
	host.Routesv4 = []network.Route{{Family: 2, Type: 1, Destination: *any, NextHop: net.IPv4(192, 0, 2, 1).To4(), Index: eth0.Nif().Index, Nif: eth0, Table: 254}}
	docker0 := m.bridge(host, "docker0", "172.17.0.1/16")
	backend := m.bridge(host, "br-959a226ec3a3", "172.18.0.1/16")
	m.d.Networks = []network.EngineNetwork{{Engine: "docker.com", Name: "shop_backend", Driver: "bridge", Nif: backend}}
	shop := []string{labelProject, "shop"}
	web := m.docker("web", "nginx:1.27", shop...)
	api := m.docker("api", "shop/api:3", shop...)
	db := m.docker("db", "postgres:17", shop...)
	webEth0 := m.tenant(host, docker0, "veth1b9363c", web, "172.17.0.2/16")
	apiEth0 := m.tenant(host, backend, "veth277e408", api, "172.18.0.2/16")
	m.tenant(host, backend, "vethc01d77e", db, "172.18.0.3/16")
	vx := m.nif(host, &network.VxlanAttrs{Master: eth0, VID: 42, Groupv4: net.IPv4(239, 1, 1, 1).To4(), DestinationPort: 4789}, "vxlan", "vx42")
	vx.Nif().Lower = eth0
	enslave(vx, backend)
	tap := m.nif(host, &network.TunTapAttrs{Mode: network.TunTapModeTap, Owner: -1, Group: -1}, "tun", "tap9").(*network.TunTapAttrs)
	tap.State = network.Down
	tap.Processors = []*model.Process{m.process(nil, "qemu")}
	lab1 := m.netns("/run/netns/lab1")
	m.lo(lab1).Nif().AdminUp = false
	mv := m.nif(lab1, &network.MacvlanAttrs{Master: eth0, Mode: 3}, "macvlan", "eth1", "10.99.0.11/24")
	mv.Nif().Lower = eth0
	m.forward(host, 8081, webEth0, "172.17.0.2", 80)
	m.forward(host, 9000, apiEth0, "172.18.0.2", 80)
	return m
}

func projected(t testing.TB, m *maker, opts Options) *Graph {
	t.Helper()
	g, err := Project(m.d, opts)
	require.NoError(t, err)
	require.NoError(t, g.Validate())
	return g
}

// draft writes a graph as text that reads like the picture, for comparing.
func draft(g *Graph) string {
	var b strings.Builder
	words := func(ws ...string) { b.WriteString(strings.TrimRight(strings.Join(ws, " "), " ") + "\n") }
	words(g.Title, "|", g.Subtitle)
	for _, c := range g.Clusters {
		group := ""
		if c.Group != nil {
			group = "in " + c.Group.Kind + " " + c.Group.Name + " of " + c.Group.Engine
		}
		words("["+c.ID+"]", string(c.Kind), c.Name, "|", c.Detail, group)
		for _, n := range c.Nodes {
			words("  "+n.Name, "("+n.Tag+")", string(n.State), strings.Join(n.Lines, " / "))
		}
		for _, s := range c.Sections {
			words("  "+s.Title+":", strings.Join(s.Lines, " / "))
		}
	}
	for _, n := range g.Free {
		words("("+n.ID+")", n.Name, strings.Join(n.Lines, " / "))
	}
	for _, e := range g.Edges {
		arrow := "--"
		if e.Directed {
			arrow = "->"
		}
		words(string(e.Kind), e.From.ID, arrow, e.To.ID, e.Label)
	}
	for _, n := range g.Notes {
		words("note:", n.Text)
	}
	return b.String()
}
