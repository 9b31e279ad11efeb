package graph

import (
	"fmt"
	"strings"
)

// Stats counts what a graph shows; what is folded counts as often as it stands for.
type Stats struct {
	Namespaces int
	Interfaces int
	Ports      int              // forwarded ports and ranges.
	Wires      map[EdgeKind]int // by kind; nil if there are none.
}

// Stats counts what the graph shows.
func (g *Graph) Stats() Stats {
	var s Stats
	for _, c := range g.Clusters {
		s.Namespaces += max(1, c.Count)
		for _, n := range c.Nodes {
			switch n.Class {
			case Nif:
				s.Interfaces += n.stands()
			case Port:
				s.Ports += n.stands()
			}
		}
	}
	for _, e := range g.Edges {
		if s.Wires == nil {
			s.Wires = map[EdgeKind]int{}
		}
		s.Wires[e.Kind] += max(1, e.Count)
	}
	return s
}

// wireNames are the names for people of the kinds of wires, in the order that they are told in.
var wireNames = []struct {
	kind EdgeKind
	name string
}{
	{Veth, "veth wire"},
	{Bridge, "bridge port"},
	{Bond, "bond member"},
	{Team, "team member"},
	{Vrf, "VRF member"},
	{Ovs, "OVS port"},
	{Vlan, "VLAN"},
	{Macvlan, "macvlan"},
	{Ipvlan, "ipvlan"},
	{Vxlan, "overlay wire"},
	{Sriov, "SR-IOV virtual function"},
	{Tuntap, "TUN/TAP process"},
	{Uplink, "uplink"},
}

// Summary says in one line what the graph shows: "5 network namespaces, 17 interfaces, 4 veth
// wires, 2 forwarded ports".
func (g *Graph) Summary() string {
	s := g.Stats()
	parts := []string{plural(s.Namespaces, "network namespace"), plural(s.Interfaces, "interface")}
	for _, w := range wireNames {
		if n := s.Wires[w.kind]; n > 0 {
			parts = append(parts, wireCount(n, w.name))
		}
	}
	if s.Ports > 0 {
		parts = append(parts, plural(s.Ports, "forwarded port"))
	}
	return strings.Join(parts, ", ")
}

func wireCount(n int, name string) string {
	if n != 1 && strings.HasSuffix(name, "process") {
		return fmt.Sprintf("%d %ses", n, name)
	}
	return plural(n, name)
}
