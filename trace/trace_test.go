package trace

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/hostwire/hostwire/network"
	"github.com/hostwire/hostwire/portfwd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/thediveo/lxkns/species"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// world builds discoveries that need no kernel.
type world struct {
	d     *network.Discovery
	named map[string]*network.NetworkNamespace
}

func newWorld() *world {
	return &world{&network.Discovery{Netns: network.NetworkNamespaces{}}, map[string]*network.NetworkNamespace{}}
}

func (w *world) netns(name string) *network.NetworkNamespace {
	n := w.named[name]
	if n == nil {
		n = &network.NetworkNamespace{Nifs: map[int]network.Interface{}, NamedNifs: map[string]network.Interface{}, Paths: []string{name}}
		w.named[name] = n
		w.d.Netns[species.NamespaceID{Ino: uint64(len(w.named))}] = n
	}
	return n
}

// nif adds an interface that is up, with addresses, and the routes that the kernel makes of these.
func (w *world) nif(netns, name string, nif network.Interface, prefixes ...string) network.Interface {
	n, a := w.netns(netns), nif.Nif()
	a.Netns, a.Name, a.Index, a.State, a.AdminUp = n, name, len(n.Nifs)+1, network.Up, true
	a.Forwardingv4, a.Forwardingv6 = "on", "on"
	n.Nifs[a.Index], n.NamedNifs[name] = nif, nif
	for _, text := range prefixes {
		prefix := netip.MustParsePrefix(text)
		addr := network.Address{Family: unix.AF_INET, Address: prefix.Addr().AsSlice(), PrefixLength: uint(prefix.Bits())}
		if prefix.Addr().Is4() {
			a.Addrsv4 = append(a.Addrsv4, addr)
		} else {
			addr.Family = unix.AF_INET6
			a.Addrsv6 = append(a.Addrsv6, addr)
		}
		w.route(netns, unix.RTN_LOCAL, unix.RT_TABLE_LOCAL, netip.PrefixFrom(prefix.Addr(), prefix.Addr().BitLen()).String(), "", nif)
		w.route(netns, unix.RTN_UNICAST, unix.RT_TABLE_MAIN, prefix.Masked().String(), "", nif)
	}
	return nif
}

func (w *world) route(netns string, typ network.RouteType, table int, destination, via string, nif network.Interface) {
	n := w.netns(netns)
	prefix := netip.MustParsePrefix(destination)
	r := network.Route{Type: typ, Table: table, DestinationPrefixLen: prefix.Bits(), Nif: nif, NextHop: net.ParseIP(via),
		Destination: net.IPNet{IP: prefix.Addr().AsSlice(), Mask: net.CIDRMask(prefix.Bits(), prefix.Addr().BitLen())}}
	if prefix.Addr().Is4() {
		r.NextHop = r.NextHop.To4()
		n.Routesv4 = append(n.Routesv4, r)
	} else {
		n.Routesv6 = append(n.Routesv6, r)
	}
}

func (w *world) via(netns, destination, via string, nif network.Interface) {
	w.route(netns, unix.RTN_UNICAST, unix.RT_TABLE_MAIN, destination, via, nif)
}

// veth adds a pair; the second end gets addresses.
func (w *world) veth(a, nameA, b, nameB string, prefixes ...string) (network.Interface, network.Interface) {
	one, other := &network.VethAttrs{}, &network.VethAttrs{}
	one.Kind, other.Kind = "veth", "veth"
	w.nif(a, nameA, one)
	w.nif(b, nameB, other, prefixes...)
	one.Peer, other.Peer = other, one
	return one, other
}

func (w *world) bridge(netns, name string, ports []network.Interface, prefixes ...string) *network.BridgeAttrs {
	bridge := &network.BridgeAttrs{Ports: ports}
	bridge.Kind = "bridge"
	w.nif(netns, name, bridge, prefixes...)
	for _, port := range ports {
		port.Nif().Bridge, port.Nif().Controller = bridge, bridge
		port.Nif().BridgePort = &network.BridgePortAttrs{State: "forwarding"}
	}
	return bridge
}

func (w *world) trace(from, to string, port uint16) *Path {
	q := Query{From: w.netns(from), To: netip.MustParseAddr(to), Port: port}
	if port != 0 {
		q.Protocol = "tcp"
	}
	return Trace(w.d, q, Options{Name: func(n *network.NetworkNamespace) string { return n.Paths[0] }})
}

func (p *Path) words() string {
	var b strings.Builder
	for _, s := range p.Steps {
		b.WriteString(s.Netns.Paths[0] + ": " + s.Text + "\n")
	}
	return b.String()
}

// lan is a host with containers a and b on a bridge, an uplink, and a router to it from behind a.
func lan() *world {
	w := newWorld()
	va, a := w.veth("host", "va", "a", "eth0", "172.17.0.2/16")
	vb, b := w.veth("host", "vb", "b", "eth0", "172.17.0.3/16")
	bridge := w.bridge("host", "docker0", []network.Interface{va, vb}, "172.17.0.1/16")
	w.via("a", "0.0.0.0/0", "172.17.0.1", a)
	w.via("b", "0.0.0.0/0", "172.17.0.1", b)
	eth0 := &network.NifAttrs{Physical: true}
	w.nif("host", "eth0", eth0, "192.0.2.2/24")
	w.via("host", "0.0.0.0/0", "192.0.2.1", eth0)
	_ = bridge
	return w
}

func TestWays(t *testing.T) {
	for name, test := range map[string]struct {
		change   func(w *world)
		from, to string
		port     uint16
		outcome  Outcome
		says     string // in the steps or the reason.
		doubt    string
	}{
		"to oneself":                  {nil, "a", "172.17.0.2", 0, Arrives, "a: 172.17.0.2 is its own, on eth0", ""},
		"to a neighbour":              {nil, "a", "172.17.0.3", 0, Arrives, "host: bridge docker0, in by va, out by vb", ""},
		"to the host":                 {nil, "a", "192.0.2.2", 0, Arrives, "host: bridge docker0, in by va, to its own namespace", ""},
		"to the outside":              {nil, "a", "198.51.100.7", 0, Leaves, "next hop 192.0.2.1 is nowhere on this host: it leaves by host:eth0 to the outside", ""},
		"to somebody who is not here": {nil, "a", "172.17.0.99", 0, Stops, "nobody that a:eth0 leads to has 172.17.0.99", ""},
		"to a multicast group":        {nil, "a", "239.0.0.1", 0, Stops, "no single way", ""},
		"without a route":             {func(w *world) { w.netns("a").Routesv4 = w.netns("a").Routesv4[:1] }, "a", "172.17.0.3", 0, Stops, "a has no route to 172.17.0.3, which is on b:eth0", ""},
		"into a black hole": {func(w *world) { w.route("a", unix.RTN_BLACKHOLE, unix.RT_TABLE_MAIN, "198.51.100.0/24", "", nil) },
			"a", "198.51.100.7", 0, Stops, "blackhole 198.51.100.0/24", ""},
		"past a thrown route": {func(w *world) { w.route("a", unix.RTN_THROW, unix.RT_TABLE_LOCAL, "172.17.0.0/16", "", nil) }, "a", "172.17.0.3", 0, Arrives, "b: ", ""},
		"to one that is down": {func(w *world) { w.netns("b").NamedNifs["eth0"].Nif().State = network.Down }, "a", "172.17.0.3", 0, Stops, "b:eth0 has it, but is down", ""},
		"by a port that is blocked": {func(w *world) { w.netns("host").NamedNifs["vb"].Nif().BridgePort.State = "blocking" },
			"a", "172.17.0.3", 0, Stops, "host:vb is a port of docker0 that is blocking", ""},
		"by one that does not forward": {func(w *world) { w.netns("host").NamedNifs["docker0"].Nif().Forwardingv4 = "off" },
			"a", "198.51.100.7", 0, Stops, "host does not forward what comes in by docker0 for others (net.ipv4.ip_forward)", ""},
		"by one of which it is not known": {func(w *world) { w.netns("host").NamedNifs["docker0"].Nif().Forwardingv4 = "" },
			"a", "198.51.100.7", 0, Leaves, "", "host must forward for others, and whether it does is not known"},
		"beside other tables": {func(w *world) {
			w.route("a", unix.RTN_UNICAST, 100, "0.0.0.0/0", "172.17.0.9", w.netns("a").NamedNifs["eth0"])
		},
			"a", "172.17.0.3", 0, Arrives, "", "a has routes in other tables (100)"},
		"by two of equal worth": {func(w *world) { w.via("a", "0.0.0.0/0", "172.17.0.3", w.netns("a").NamedNifs["eth0"]) },
			"a", "198.51.100.7", 0, Leaves, "via 172.17.0.1", "a has 2 routes to 198.51.100.7 of equal worth"},
		"in circles": {func(w *world) {
			w.netns("b").NamedNifs["eth0"].Nif().Forwardingv4 = "on"
			w.via("host", "198.51.100.0/24", "172.17.0.3", w.netns("host").NamedNifs["docker0"])
		},
			"a", "198.51.100.7", 0, Stops, "in circles", ""},
		"to an address that two have": {func(w *world) { w.nif("b", "twin", &network.NifAttrs{}, "172.17.0.1/32") },
			"a", "172.17.0.1", 0, Arrives, "", "172.17.0.1 is on b:twin, too"},
		"to a forwarded port":                      {func(w *world) { w.forward("docker") }, "a", "192.0.2.2", 8081, Arrives, "docker rewrites tcp 192.0.2.2:8081 to 172.17.0.3:80", "the rule of docker in host may be for packets from some"},
		"to a port that only others are forwarded": {func(w *world) { w.forward("nftables") }, "host", "192.0.2.2", 8081, Arrives, "host: 192.0.2.2 is its own", "is not known: taken for not"},
		"to a port that a process passes on":       {func(w *world) { w.forward("docker-proxy") }, "host", "192.0.2.2", 8081, Arrives, "docker-proxy passes on tcp 192.0.2.2:8081", ""},
		"to another port":                          {func(w *world) { w.forward("docker") }, "a", "192.0.2.2", 8082, Arrives, "host: 192.0.2.2 is its own", ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := lan()
			if test.change != nil {
				test.change(w)
			}
			p := w.trace(test.from, test.to, test.port)
			assert.Equal(t, test.outcome, p.Outcome, p.Reason)
			assert.Contains(t, p.words()+p.Reason, test.says)
			doubts := strings.Join(p.Doubts, "\n")
			if test.doubt == "" {
				assert.Empty(t, doubts)
			} else {
				assert.Contains(t, doubts, test.doubt)
			}
		})
	}
}

// forward lets the host forward its port 8081 to b.
func (w *world) forward(source string) {
	host := w.netns("host")
	host.ForwardedPortsv4 = append(host.ForwardedPortsv4, network.ForwardedPort{
		ForwardedPortRange: portfwd.ForwardedPortRange{Protocol: "tcp", IP: net.IPv4zero.To4(), PortMin: 8081, PortMax: 8081, ForwardIP: net.IP{172, 17, 0, 3}, ForwardPortMin: 80},
		DestinationNetns:   w.netns("b"), Nifs: network.Interfaces{w.netns("b").NamedNifs["eth0"]}, Source: source, Share: 1,
	})
}

func TestBridgesKeepVLANsApart(t *testing.T) {
	w := lan()
	host := w.netns("host")
	host.NamedNifs["docker0"].(network.Bridge).Bridge().VlanFiltering = true
	vlans := func(port string, list ...network.PortVLAN) { host.NamedNifs[port].Nif().BridgePort.VLANs = list }
	vlans("va", network.PortVLAN{VID: 10, PVID: true, Untagged: true})
	vlans("vb", network.PortVLAN{VID: 20, PVID: true, Untagged: true})
	p := w.trace("a", "172.17.0.3", 0)
	require.Equal(t, Stops, p.Outcome)
	require.Contains(t, p.Reason, "host:vb does not let VLAN 10 out of docker0")
	vlans("vb", network.PortVLAN{VID: 10}, network.PortVLAN{VID: 20, PVID: true, Untagged: true})
	require.Equal(t, Stops, w.trace("a", "172.17.0.3", 0).Outcome, "it comes out with a tag, which nobody takes")
	vlan := &network.VlanAttrs{VID: 10, VlanProtocol: netlink.VLAN_PROTOCOL_8021Q}
	lower := w.netns("b").NamedNifs["eth0"]
	vlan.Master, vlan.Lower = lower, lower
	w.nif("b", "eth0.10", vlan, "172.17.0.30/16")
	lower.Nif().Slaves = append(lower.Nif().Slaves, vlan)
	p = w.trace("a", "172.17.0.30", 0)
	require.Equal(t, Arrives, p.Outcome, p.Reason)
	require.Contains(t, p.words(), "eth0 → eth0.10, which takes VLAN 10")
	p = w.trace("a", "172.17.0.1", 0)
	require.Contains(t, strings.Join(p.Doubts, "\n"), "host:docker0 filters VLANs")
}

func TestTunnelsLeadToTheirOtherEnds(t *testing.T) {
	w := newWorld()
	x, _ := w.veth("x", "eth0", "y", "eth0", "192.0.2.2/24")
	w.nif("x", "lo", &network.NifAttrs{Loopback: true})
	x.Nif().Addrsv4 = network.Addresses{{Family: unix.AF_INET, Address: net.IP{192, 0, 2, 1}, PrefixLength: 24}}
	w.route("x", unix.RTN_LOCAL, unix.RT_TABLE_LOCAL, "192.0.2.1/32", "", x)
	w.via("x", "192.0.2.0/24", "", x)
	vxlan := func(netns, remote, prefix string, vni uint32) {
		v := &network.VxlanAttrs{VID: vni, DestinationPort: 4789, Remotes: []net.IP{net.ParseIP(remote).To4()}}
		v.Kind = "vxlan"
		w.nif(netns, "vx0", v, prefix)
	}
	vxlan("x", "192.0.2.2", "10.0.0.1/24", 42)
	vxlan("y", "192.0.2.1", "10.0.0.2/24", 42)
	p := w.trace("x", "10.0.0.2", 0)
	require.Equal(t, Arrives, p.Outcome, p.Reason)
	require.Contains(t, p.words(), "x: · veth eth0 → y:eth0\n")
	require.Contains(t, p.words(), "y: vxlan vx0 unwraps it\n")
	w.netns("y").NamedNifs["vx0"].(network.Vxlan).Vxlan().VID = 43
	p = w.trace("x", "10.0.0.2", 0)
	require.Equal(t, Stops, p.Outcome)
	require.Contains(t, p.Reason, "nothing in y is its other end")
	w.netns("x").NamedNifs["vx0"].(network.Vxlan).Vxlan().Remotes = []net.IP{{192, 0, 2, 77}}
	require.Contains(t, w.trace("x", "10.0.0.2", 0).Reason, "its packets do not get there")
}

func TestWaysWithoutKnownRoutesAreDoubted(t *testing.T) {
	w := lan()
	for _, n := range w.named {
		n.Routesv4 = nil
	}
	p := w.trace("a", "172.17.0.3", 0)
	require.Equal(t, Arrives, p.Outcome, p.Reason)
	require.Contains(t, strings.Join(p.Doubts, "\n"), "the routes of a are not known")
}

func TestAnswersComeBack(t *testing.T) {
	w := lan()
	p := w.trace("a", "172.17.0.3", 0)
	require.Equal(t, netip.MustParseAddr("172.17.0.2"), p.Source)
	back := Back(w.d, p, Options{})
	require.Equal(t, Arrives, back.Outcome)
	require.Same(t, w.netns("a"), back.Netns)
	require.Nil(t, Back(w.d, w.trace("a", "172.17.0.99", 0), Options{}))
}

// TestHostileNetworksEnd follows a packet into tunnels that all lead to each other: a snapshot may
// hold anything.
func TestHostileNetworksEnd(t *testing.T) {
	w := newWorld()
	eth0 := w.nif("x", "eth0", &network.NifAttrs{Physical: true}, "192.0.2.1/16")
	_ = eth0
	var ports []network.Interface
	for i := range 60 {
		v := &network.VxlanAttrs{VID: 1, DestinationPort: 4789}
		v.Kind = "vxlan"
		for j := range 60 {
			v.Remotes = append(v.Remotes, net.IP{10, 9, byte(i), byte(j)})
		}
		ports = append(ports, w.nif("x", "vx"+string(rune('0'+i)), v))
	}
	w.bridge("x", "br0", ports, "10.9.0.1/16")
	p := w.trace("x", "10.9.200.1", 0)
	require.NotEqual(t, Arrives, p.Outcome)
	require.Contains(t, strings.Join(p.Doubts, "\n"), "more than is followed")
}

// TestBridgesJoinedPortByPortEnd follows a packet between two bridges that each of thousands of
// wires joins: every port hears it from every other.
func TestBridgesJoinedPortByPortEnd(t *testing.T) {
	w := newWorld()
	var left, right []network.Interface
	for i := range 8000 {
		one, other := w.veth("x", fmt.Sprint("l", i), "y", fmt.Sprint("r", i))
		left, right = append(left, one), append(right, other)
	}
	bridge := w.bridge("x", "br0", left, "10.9.0.1/16")
	w.bridge("y", "br0", right, "10.9.0.2/16")
	bridge.VlanFiltering = true // and what is not known of each port is a doubt.
	start := time.Now()
	p := w.trace("x", "10.9.200.1", 0)
	require.Less(t, time.Since(start), 20*time.Second)
	require.Equal(t, Stops, p.Outcome)
	require.Contains(t, p.Doubts[len(p.Doubts)-1], "more than is followed")
	require.LessOrEqual(t, len(p.Doubts), maxDoubts+1)
}

// TestManyInterfacesWithoutTheAddressEnd asks thousands of interfaces of one namespace for the same
// address, which none of them has.
func TestManyInterfacesWithoutTheAddressEnd(t *testing.T) {
	w := newWorld()
	one, other := w.veth("x", "eth0", "y", "eth0")
	w.netns("x").Routesv4 = nil
	w.via("x", "10.9.0.0/16", "", one)
	for i := range 30000 {
		child := &network.MacvlanAttrs{}
		child.Kind, child.Master, child.Lower = "macvlan", other, other
		w.nif("y", fmt.Sprint("m", i), child)
		other.Nif().Slaves = append(other.Nif().Slaves, child)
	}
	start := time.Now()
	p := w.trace("x", "10.9.200.1", 0)
	require.Less(t, time.Since(start), 20*time.Second)
	require.Equal(t, Stops, p.Outcome)
}
