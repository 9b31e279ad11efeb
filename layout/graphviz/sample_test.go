package graphviz

import (
	"fmt"

	"github.com/hostwire/hostwire/graph"
)

// builder makes graphs by hand.
type builder struct{ g *graph.Graph }

func (b builder) card(name string, group *graph.Group) *graph.Cluster {
	c := &graph.Cluster{ID: fmt.Sprintf("c%d", len(b.g.Clusters)), Kind: graph.Container, Name: name, Detail: "docker · nginx:1.27 · pid 12586", Group: group, Count: 1}
	b.g.Clusters = append(b.g.Clusters, c)
	return c
}

func (b builder) row(c *graph.Cluster, kind, name string, lines ...string) *graph.Node {
	n := &graph.Node{ID: c.ID + "-" + name, Class: graph.Nif, Kind: kind, Name: name, Tag: kind, State: graph.StateUp, Lines: lines, Cluster: c}
	c.Nodes = append(c.Nodes, n)
	return n
}

func (b builder) free(class graph.NodeClass, name string) *graph.Node {
	n := &graph.Node{ID: fmt.Sprintf("f%d", len(b.g.Free)), Class: class, Name: name}
	b.g.Free = append(b.g.Free, n)
	return n
}

func (b builder) wire(kind graph.EdgeKind, from, to *graph.Node) *graph.Edge {
	e := &graph.Edge{ID: fmt.Sprintf("e%04d", len(b.g.Edges)), Kind: kind, From: from, To: to, Count: 1}
	b.g.Edges = append(b.g.Edges, e)
	return e
}

// dockerHost is a host with an uplink, a bridge with some tenants, a second one whose tenants are
// a compose project, a VXLAN, a macvlan in a card of its own, a TAP with its process, and forwarded
// ports.
func dockerHost(tenants, project int) *graph.Graph {
	b := builder{&graph.Graph{Title: "edge-01"}}
	host := b.card("edge-01", nil)
	host.Kind = graph.Host
	lan := b.free(graph.Outside, "LAN")
	eth := b.row(host, "hardware", "eth0", "192.0.2.2/24")
	b.wire(graph.Uplink, eth, lan)
	b.row(host, "loopback", "lo", "127.0.0.1/8 ::1/128")
	docker := b.row(host, "bridge", "docker0", "172.17.0.1/16")
	tenant := func(name string, bridge *graph.Node, group *graph.Group, i int) *graph.Node {
		c := b.card(name, group)
		b.row(c, "loopback", "lo", "127.0.0.1/8 ::1/128")
		inside := b.row(c, "veth", "eth0", "172.17.0.5/16 fe80::42:acff:fe11:2/64")
		outside := b.row(host, "veth", fmt.Sprintf("veth%07x", 0x1b93c+i*7919))
		b.wire(graph.Bridge, outside, bridge)
		b.wire(graph.Veth, outside, inside)
		return inside
	}
	for i := range tenants {
		to := tenant(fmt.Sprintf("tenant%d", i), docker, nil, i)
		if i%5 == 0 {
			port := &graph.Node{ID: fmt.Sprintf("p%d", i), Class: graph.Port, Kind: "port", Name: fmt.Sprintf("tcp 0.0.0.0:%d", 8080+i), Tag: "→ tenant:80", Cluster: host}
			host.Nodes = append(host.Nodes, port)
			b.wire(graph.Forward, port, to).Directed = true
		}
	}
	if project > 0 {
		shop := &graph.Group{ID: "g0", Kind: "compose", Name: "shop"}
		b.g.Groups = append(b.g.Groups, shop)
		br := b.row(host, "bridge", "br-959a226ec3a3", "172.18.0.1/16")
		for i := range project {
			tenant(fmt.Sprintf("shop-%d", i), br, shop, 1000+i)
		}
		vx := b.row(host, "vxlan", "vx42", "vni 42 · 239.1.1.1:4789")
		b.wire(graph.Bridge, vx, br)
		b.wire(graph.Vxlan, vx, eth)
		remote := b.free(graph.Remote, "239.1.1.1")
		b.wire(graph.Vxlan, vx, remote).ToLabel = "vni 42"
	}
	tap := b.row(host, "tuntap", "tap9")
	b.wire(graph.Tuntap, tap, b.free(graph.Proc, "qemu(4711)")).Label = "fd 12"
	lab := b.card("lab1", nil)
	lab.Kind = graph.Bound
	lab.Sections = []graph.Section{{Title: "routes", Lines: []string{"default via 10.99.0.1", "10.99.0.0/24"}}}
	mac := b.row(lab, "macvlan", "eth1", "10.99.0.11/24")
	b.wire(graph.Macvlan, mac, eth)
	empty := b.card("empty", nil)
	empty.Kind = graph.Held
	return b.g
}

// chain is namespaces in a row, each wired to the next by a veth pair.
func chain(n int) *graph.Graph {
	b := builder{&graph.Graph{Title: "chain"}}
	var last *graph.Node
	for i := range n {
		c := b.card(fmt.Sprintf("r%d", i), nil)
		left := b.row(c, "veth", "left", "10.0.0.1/30")
		right := b.row(c, "veth", "right", "10.0.0.2/30")
		if last != nil {
			b.wire(graph.Veth, last, left)
		}
		last = right
	}
	return b.g
}

// mesh is namespaces that are all wired to each other, and a pair within one of them.
func mesh(n int) *graph.Graph {
	b := builder{&graph.Graph{Title: "mesh"}}
	for i := range n {
		b.card(fmt.Sprintf("m%d", i), nil)
	}
	for i := range n {
		for k := range i {
			x := b.row(b.g.Clusters[i], "veth", fmt.Sprintf("to%d", k))
			y := b.row(b.g.Clusters[k], "veth", fmt.Sprintf("to%d", i))
			b.wire(graph.Veth, x, y)
		}
	}
	x, y := b.row(b.g.Clusters[0], "veth", "loop0"), b.row(b.g.Clusters[0], "veth", "loop1")
	b.wire(graph.Veth, x, y)
	return b.g
}

// nestedGroups is two hosts as groups, with a project in one of them, wired to each other.
func nestedGroups() *graph.Graph {
	b := builder{&graph.Graph{Title: "two hosts"}}
	one := &graph.Group{ID: "g1", Kind: "host", Name: "alpha"}
	two := &graph.Group{ID: "g2", Kind: "host", Name: "beta"}
	shop := &graph.Group{ID: "g3", Kind: "compose", Name: "a project with a name that is longer than its cards are wide, by far", Parent: one}
	b.g.Groups = []*graph.Group{one, shop, two}
	var ends []*graph.Node
	for _, group := range []*graph.Group{one, two} {
		host := b.card(group.Name, group)
		br := b.row(host, "bridge", "br0")
		vx := b.row(host, "vxlan", "vx1")
		b.wire(graph.Bridge, vx, br)
		ends = append(ends, vx)
		for i := range 3 {
			in := group
			if group == one && i > 0 {
				in = shop
			}
			c := b.card(fmt.Sprintf("%s-%d", group.Name, i), in)
			inside := b.row(c, "veth", "eth0", "10.1.0.2/24")
			outside := b.row(host, "veth", fmt.Sprintf("veth%d", i))
			b.wire(graph.Bridge, outside, br)
			b.wire(graph.Veth, outside, inside)
		}
	}
	b.wire(graph.Vxlan, ends[0], ends[1])
	return b.g
}
