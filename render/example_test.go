package render

import (
	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/layout"
)

// exampleGraph is a host with a bit of everything, placed by hand, so that writers are tested
// without a layout engine.
type builder struct {
	g *graph.Graph
	l *layout.Layout
}

func newBuilder(title, subtitle string, w, h float64) *builder {
	b := &builder{g: &graph.Graph{Title: title, Subtitle: subtitle}, l: &layout.Layout{W: w, H: h}}
	b.l.Graph = b.g
	return b
}

func (b *builder) group(g *graph.Group, x, y, w, h float64) *graph.Group {
	b.g.Groups = append(b.g.Groups, g)
	b.l.Groups = append(b.l.Groups, layout.GroupBox{Group: g, Rect: layout.Rect{X: x, Y: y, W: w, H: h}})
	return g
}

func (b *builder) cluster(c *graph.Cluster, x, y, w, h float64, bands ...layout.Rect) *graph.Cluster {
	if c.Count == 0 {
		c.Count = 1
	}
	b.g.Clusters = append(b.g.Clusters, c)
	b.l.Clusters = append(b.l.Clusters, layout.ClusterBox{Cluster: c, Rect: layout.Rect{X: x, Y: y, W: w, H: h}, Header: layout.HeaderHeight, Bands: bands})
	return c
}

// node places a node; without a cluster it is a free one.
func (b *builder) node(n *graph.Node, c *graph.Cluster, x, y, w float64) *graph.Node {
	n.Cluster = c
	if c != nil {
		c.Nodes = append(c.Nodes, n)
	} else {
		b.g.Free = append(b.g.Free, n)
	}
	_, h := layout.NodeSize(n)
	b.l.Nodes = append(b.l.Nodes, layout.NodeBox{Node: n, Rect: layout.Rect{X: x, Y: y, W: w, H: h}})
	return n
}

func (b *builder) wire(e *graph.Edge, plugs bool, points ...float64) {
	e.ID = e.From.ID + "--" + e.To.ID
	b.g.Edges = append(b.g.Edges, e)
	w := layout.Wire{Edge: e, Radius: 8, FromPlug: plugs, ToPlug: plugs}
	for i := 0; i+1 < len(points); i += 2 {
		w.Points = append(w.Points, layout.Point{X: points[i], Y: points[i+1]})
	}
	if e.Label != "" && len(w.Points) > 1 {
		a, z := w.Points[len(w.Points)/2-1], w.Points[len(w.Points)/2]
		w.LabelAt = &layout.Point{X: (a.X + z.X) / 2, Y: (a.Y + z.Y) / 2}
	}
	b.l.Wires = append(b.l.Wires, w)
}

func nif(id, kind, name, tag string, state graph.State, lines ...string) *graph.Node {
	return &graph.Node{
		ID: id, Class: graph.Nif, Kind: kind, Name: name, Tag: tag, State: state, Lines: lines,
		Facts: []graph.Fact{{Name: "kind", Value: kind}, {Name: "state", Value: string(state)}, {Name: "MTU", Value: "1500"}},
	}
}

func example() (*graph.Graph, *layout.Layout) {
	b := newBuilder("edge-01", "5 network namespaces, 17 interfaces · Linux 6.18 · Debian 12", 1190, 720)
	b.g.Notes = []graph.Note{
		{Text: "2 network namespaces could not be entered; run as root to see what is in them."},
		{Text: "Docker did not answer within 2 s: containers are named by their processes."},
	}
	host := b.cluster(&graph.Cluster{ID: "host", Netns: "host", Kind: graph.Host, Name: "edge-01", Detail: "host · systemd(1) · Debian 12",
		Facts: []graph.Fact{{Name: "processes", Value: "182"}}}, 150, 24, 480, 640,
		layout.Rect{X: 162, Y: 144, W: 456, H: 60}, layout.Rect{X: 162, Y: 216, W: 456, H: 136})
	shop := b.group(&graph.Group{ID: "g-shop", Kind: "compose", Name: "shop", Engine: "docker"}, 768, 24, 392, 420)
	web := b.cluster(&graph.Cluster{ID: "web", Netns: "docker-web", Kind: graph.Container, Name: "web", Detail: "docker · nginx:1.27 · pid 12586", Group: shop}, 792, 60, 344, 110)
	api := b.cluster(&graph.Cluster{ID: "api", Netns: "docker-api", Kind: graph.Pod, Name: "api", Detail: "docker · shop/api:3 · pid 12692", Group: shop}, 792, 190, 344, 110)
	db := b.cluster(&graph.Cluster{ID: "db", Netns: "docker-db", Kind: graph.Folded, Name: "196 more", Detail: "docker · postgres:17 and 3 other images", Group: shop, Count: 196}, 792, 320, 344, 100)
	lab := b.cluster(&graph.Cluster{ID: "lab1", Netns: "bind-lab1", Kind: graph.Bound, Name: "lab1", Detail: "/run/netns/lab1 · no processes"}, 792, 470, 344, 130)

	lan := b.node(&graph.Node{ID: "outside-eth0", Class: graph.Outside, Kind: "outside", Name: "LAN", Lines: []string{"gw 192.0.2.1"}}, nil, 20, 66, 104)
	eth0 := b.node(nif("host-eth0", "hardware", "eth0", "virtio_net", graph.StateUp, "192.0.2.2/24"), host, 170, 80, 200)
	docker0 := b.node(nif("host-docker0", "bridge", "docker0", "bridge", graph.StateUp, "172.17.0.1/16"), host, 170, 152, 200)
	v1 := b.node(nif("host-veth1b9363c", "veth", "veth1b9363c", "port of docker0", graph.StateUp), host, 400, 152, 210)
	br := b.node(nif("host-br", "bridge", "br-959a226ec3a3", "bridge", graph.StateUp, "172.18.0.1/16"), host, 170, 224, 200)
	v2 := b.node(nif("host-veth277e408", "veth", "veth277e408", "port", graph.StateUp), host, 400, 224, 210)
	v3 := b.node(nif("host-vethc01d77e", "veth", "vethc01d77e", "port", graph.StateDormant), host, 400, 262, 210)
	vx := b.node(nif("host-vx42", "vxlan", "vx42", "vxlan", graph.StateUnknown, "vni 42 · 239.1.1.1:4789"), host, 400, 300, 210)
	tap := b.node(nif("host-tap9", "tun", "tap9", "tap", graph.StateDown), host, 170, 376, 200)
	qemu := b.node(&graph.Node{ID: "host-qemu", Class: graph.Proc, Kind: "process", Name: "qemu-system-x86", Tag: "pid 4711"}, host, 400, 376, 210)
	wg := b.node(nif("host-wg0", "wireguard", "wg0", "wireguard", graph.StateUnknown, "10.8.0.1/24"), host, 170, 412, 200)
	remote := b.node(&graph.Node{ID: "remote", Class: graph.Remote, Kind: "remote", Name: "203.0.113.7"}, nil, 20, 404, 104)
	b.node(nif("host-lo", "loopback", "lo", "loopback", graph.StateUp, "127.0.0.1/8  ::1/128"), host, 170, 462, 200)
	b.node(nif("host-x", "veth", `a"<b>&c`, "x|{y}", graph.StateUp, "</text><script>\x1b[31m"), host, 170, 508, 200)
	p1 := b.node(&graph.Node{ID: "p8081", Class: graph.Port, Kind: "port", Name: "tcp 0.0.0.0:8081", Tag: "→ web:80"}, host, 170, 566, 440)
	p2 := b.node(&graph.Node{ID: "p9000", Class: graph.Port, Kind: "port", Name: "tcp 127.0.0.1:9000", Tag: "→ api:80"}, host, 170, 600, 440)

	webEth := b.node(nif("web-eth0", "veth", "eth0", "veth", graph.StateUp, "172.17.0.2/16", "fe80::42:acff:fe11:2/64"), web, 808, 110, 312)
	apiEth := b.node(nif("api-eth0", "veth", "eth0", "veth", graph.StateUp, "172.18.0.2/16"), api, 808, 242, 312)
	dbEth := b.node(nif("db-eth0", "veth", "eth0", "veth", graph.StateUp, "172.18.0.0/16"), db, 808, 372, 312)
	eth1 := b.node(nif("lab-eth1", "macvlan", "eth1", "macvlan bridge", graph.StateUp, "10.99.0.11/24"), lab, 808, 522, 312)
	b.node(nif("lab-lo", "loopback", "lo", "loopback", graph.StateDown), lab, 808, 566, 312)

	b.wire(&graph.Edge{Kind: graph.Uplink, From: eth0, To: lan}, true, 170, 99, 124, 99)
	b.wire(&graph.Edge{Kind: graph.Bridge, From: v1, To: docker0}, false, 400, 164, 370, 164)
	b.wire(&graph.Edge{Kind: graph.Bridge, From: v2, To: br}, false, 400, 236, 370, 236)
	b.wire(&graph.Edge{Kind: graph.Bridge, From: v3, To: br}, false, 400, 274, 385, 274, 385, 236, 370, 236)
	b.wire(&graph.Edge{Kind: graph.Bridge, From: vx, To: br}, false, 400, 319, 385, 319, 385, 236, 370, 236)
	b.wire(&graph.Edge{Kind: graph.Vxlan, From: vx, To: eth0}, true, 400, 310, 393, 310, 393, 92, 370, 92)
	b.wire(&graph.Edge{Kind: graph.Veth, From: v1, To: webEth}, true, 610, 164, 670, 164, 670, 129, 808, 129)
	b.wire(&graph.Edge{Kind: graph.Veth, From: v2, To: apiEth}, true, 610, 236, 690, 236, 690, 261, 808, 261)
	b.wire(&graph.Edge{Kind: graph.Veth, From: v3, To: dbEth, Label: "× 196", Count: 196}, true, 610, 274, 670, 274, 670, 391, 808, 391)
	b.wire(&graph.Edge{Kind: graph.Macvlan, From: eth1, To: eth0}, true, 808, 541, 650, 541, 650, 106, 370, 106)
	b.wire(&graph.Edge{Kind: graph.Tuntap, From: tap, To: qemu}, false, 370, 389, 400, 389)
	b.wire(&graph.Edge{Kind: graph.Uplink, From: wg, To: remote}, true, 170, 431, 124, 431)
	b.wire(&graph.Edge{Kind: graph.Forward, From: p1, To: webEth, Directed: true}, false, 610, 578, 710, 578, 710, 150, 808, 150)
	b.wire(&graph.Edge{Kind: graph.Forward, From: p2, To: apiEth, Directed: true}, false, 610, 612, 730, 612, 730, 274, 808, 274)
	return b.g, b.l
}
