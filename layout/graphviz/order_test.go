package graphviz

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/hostwire/hostwire/graph"
)

func TestThePictureRunsFromTheOutsideInwards(t *testing.T) {
	b := builder{&graph.Graph{}}
	host, tenant, behind := b.card("host", nil), b.card("tenant", nil), b.card("behind", nil)
	lan, proc := b.free(graph.Outside, "LAN"), b.free(graph.Proc, "qemu")
	eth, bond, vlan := b.row(host, "hardware", "eth0"), b.row(host, "bond", "bond0"), b.row(host, "vlan", "v10")
	br, port := b.row(host, "bridge", "br0"), b.row(host, "veth", "veth0")
	inside, deep := b.row(tenant, "veth", "eth0"), b.row(behind, "veth", "eth0")
	tap := b.row(host, "tuntap", "tap0")
	x, y := b.row(host, "veth", "x"), b.row(host, "veth", "y")
	want := map[*graph.Edge]bool{}
	for name, tc := range map[string]struct {
		kind     graph.EdgeKind
		from, to *graph.Node
		forwards bool
	}{
		"outside, then hardware":       {graph.Uplink, eth, lan, false},
		"member, then bond":            {graph.Bond, eth, bond, true},
		"bond, then its VLAN":          {graph.Vlan, vlan, bond, false},
		"outer port, then bridge":      {graph.Bridge, vlan, br, true},
		"bridge, then inner port":      {graph.Bridge, port, br, false},
		"host, then tenant":            {graph.Veth, port, inside, true},
		"tenant, then who hangs on it": {graph.Veth, deep, inside, false},
		"TAP, then its process":        {graph.Tuntap, tap, proc, true},
		"a pair within a card":         {graph.Veth, x, y, true},
	} {
		e := b.wire(tc.kind, tc.from, tc.to)
		e.FromLabel, want[e] = name, tc.forwards
	}
	o := newOrder(b.g)
	for _, e := range b.g.Edges {
		assert.Equal(t, want[e], o.forwards(e), e.FromLabel)
	}
	var inner []*graph.Edge
	for _, e := range b.g.Edges {
		if e.From.Cluster == host && e.To.Cluster == host {
			inner = append(inner, e)
		}
	}
	column := o.columns(host, inner)
	for n, at := range map[*graph.Node]int{eth: 0, bond: 1, vlan: 2, br: 3, port: 4, tap: 0, x: 0, y: 1} {
		assert.Equal(t, at, column[n], n.Name)
	}
}

func TestALoopOfWiresDoesNotHang(t *testing.T) {
	b := builder{&graph.Graph{}}
	c := b.card("c", nil)
	var rows []*graph.Node
	for range 4 {
		rows = append(rows, b.row(c, "macvlan", "m"))
	}
	for i := range rows {
		b.wire(graph.Macvlan, rows[i], rows[(i+1)%4])
	}
	o := newOrder(b.g)
	assert.Len(t, o.columns(c, b.g.Edges), 4)
}

func TestManyTenantsSpreadOverColumns(t *testing.T) {
	n := newNested(dockerHost(60, 6))
	columns := map[int]int{}
	for _, stop := range n.stop {
		columns[stop]++
	}
	assert.Greater(t, len(columns), 2)
	shop := map[int]bool{}
	for c, stop := range n.stop {
		if c.Group != nil {
			shop[stop] = true
		}
	}
	assert.Len(t, shop, 1, "a project stays together")
	for _, stop := range newNested(dockerHost(2, 0)).stop {
		assert.Zero(t, stop)
	}
}
