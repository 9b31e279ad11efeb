package render

import (
	"testing"

	"github.com/hostwire/hostwire/graph"
)

func TestWordsForWiresAreTrueOfWhatOccurs(t *testing.T) {
	wire := func(kind graph.EdgeKind, from, to string) *graph.Edge {
		return &graph.Edge{Kind: kind, From: &graph.Node{Class: graph.Nif, Kind: from}, To: &graph.Node{Class: graph.Nif, Kind: to}}
	}
	far := func(from string) *graph.Edge {
		e := wire(graph.Vxlan, from, "remote")
		e.To.Class = graph.Remote
		return e
	}
	for name, c := range map[string]struct {
		edges       []*graph.Edge
		one, legend string // of the first wire, of all of its kind.
	}{
		"VXLAN's lower":       {[]*graph.Edge{wire(graph.Vxlan, "vxlan", "hardware")}, "VXLAN underlay", "VXLAN underlay"},
		"VXLAN's far end":     {[]*graph.Edge{far("vxlan"), wire(graph.Vxlan, "vxlan", "hardware")}, "VXLAN tunnel", "VXLAN tunnel"},
		"WireGuard":           {[]*graph.Edge{far("wireguard"), far("wireguard")}, "WireGuard tunnel", "WireGuard tunnel"},
		"several overlays":    {[]*graph.Edge{far("vxlan"), far("gre")}, "VXLAN tunnel", "overlay or tunnel"},
		"bond":                {[]*graph.Edge{wire(graph.Bond, "hardware", "bond"), wire(graph.Veth, "netkit", "netkit")}, "bond member", "bond member"},
		"HSR":                 {[]*graph.Edge{wire(graph.Bond, "hardware", "hsr")}, "HSR member", "HSR member"},
		"bond and PRP":        {[]*graph.Edge{wire(graph.Bond, "hardware", "bond"), wire(graph.Bond, "hardware", "prp")}, "bond member", "bond, HSR or PRP member"},
		"VLAN":                {[]*graph.Edge{wire(graph.Vlan, "vlan", "hardware")}, "VLAN", "VLAN on its parent"},
		"MACsec":              {[]*graph.Edge{wire(graph.Vlan, "macsec", "hardware")}, "MACsec on its parent", "MACsec on its parent"},
		"VLAN and MACsec":     {[]*graph.Edge{wire(graph.Vlan, "vlan", "bond"), wire(graph.Vlan, "macsec", "bond")}, "VLAN", "VLAN or similar on its parent"},
		"macvtap":             {[]*graph.Edge{wire(graph.Macvlan, "macvtap", "hardware")}, "macvtap on its parent", "macvtap on its parent"},
		"netkit":              {[]*graph.Edge{wire(graph.Veth, "netkit", "netkit")}, "netkit pair", "netkit pair"},
		"an unknown switch":   {[]*graph.Edge{wire(graph.Bridge, "veth", "newswitch")}, "newswitch port", "newswitch port"},
		"an unknown relation": {[]*graph.Edge{wire("new\x1bkind", "a", "b")}, plain("new\x1bkind"), plain("new\x1bkind")},
	} {
		if got := wireWord(c.edges[0]); got != c.one {
			t.Errorf("%s: one is called %q, want %q", name, got, c.one)
		}
		if got := legendWord(&graph.Graph{Edges: c.edges}, c.edges[0].Kind); got != c.legend {
			t.Errorf("%s: the legend says %q, want %q", name, got, c.legend)
		}
	}
}
