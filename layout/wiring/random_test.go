package wiring

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"

	"github.com/hostwire/hostwire/graph"
)

// randomGraph makes a graph up that has anything a graph may have, in places where nobody would
// expect it: bridges in tenants, wires between any two rows, rows on rows in circles, nested groups,
// long names, free nodes that several cards lead to.
func randomGraph(seed uint64) *graph.Graph {
	r := rand.New(rand.NewPCG(seed, 7))
	g := &graph.Graph{}
	n := 1 + r.IntN(6)
	if r.IntN(3) == 0 {
		n = 1 + r.IntN(40)
	}
	for i := 0; i < r.IntN(4); i++ {
		group := &graph.Group{ID: fmt.Sprint("group", i), Kind: "compose", Name: word(r)}
		if i > 0 && r.IntN(2) == 0 {
			group.Parent = g.Groups[r.IntN(i)]
		}
		g.Groups = append(g.Groups, group)
	}
	var nodes []*graph.Node
	for i := range n {
		c := &graph.Cluster{ID: fmt.Sprint("netns", i), Kind: graph.Container, Name: word(r), Detail: word(r) + " " + word(r), Count: 1}
		if i == 0 && r.IntN(4) > 0 {
			c.Kind = graph.Host
		} else if len(g.Groups) > 0 && r.IntN(2) == 0 {
			c.Group = g.Groups[r.IntN(len(g.Groups))]
		}
		rows := r.IntN(5)
		if r.IntN(6) == 0 {
			rows = r.IntN(40)
		}
		for k := range rows {
			node := &graph.Node{ID: fmt.Sprint(c.ID, "--nif", k), Class: graph.Nif, Kind: "veth", Name: word(r), Tag: word(r), Cluster: c}
			for range r.IntN(3) {
				node.Lines = append(node.Lines, word(r))
			}
			if r.IntN(10) == 0 {
				node.Class = graph.Port
			}
			c.Nodes = append(c.Nodes, node)
		}
		for range r.IntN(3) {
			c.Sections = append(c.Sections, graph.Section{Title: word(r), Lines: []string{word(r), word(r)}})
		}
		nodes = append(nodes, c.Nodes...)
		g.Clusters = append(g.Clusters, c)
	}
	used := map[*graph.Group]bool{}
	for _, c := range g.Clusters {
		for group := c.Group; group != nil; group = group.Parent {
			used[group] = true
		}
	}
	g.Groups = slices.DeleteFunc(g.Groups, func(group *graph.Group) bool { return !used[group] })
	for i := range r.IntN(4) {
		class := []graph.NodeClass{graph.Outside, graph.Remote, graph.Proc}[r.IntN(3)]
		node := &graph.Node{ID: fmt.Sprint("free", i), Class: class, Name: word(r)}
		g.Free = append(g.Free, node)
		nodes = append(nodes, node)
	}
	if len(nodes) == 0 {
		return g
	}
	kinds := []graph.EdgeKind{graph.Veth, graph.Veth, graph.Bridge, graph.Bond, graph.Vlan, graph.Macvlan, graph.Vxlan, graph.Forward, graph.Uplink, graph.Sriov}
	edges := r.IntN(len(nodes) * 2)
	local := r.IntN(2) == 0
	for i := range edges {
		a, b := nodes[r.IntN(len(nodes))], nodes[r.IntN(len(nodes))]
		if local && a.Cluster != nil && r.IntN(2) == 0 {
			b = a.Cluster.Nodes[r.IntN(len(a.Cluster.Nodes))]
		}
		e := &graph.Edge{ID: fmt.Sprintf("wire%04d", i), Kind: kinds[r.IntN(len(kinds))], From: a, To: b, Directed: r.IntN(4) == 0, Count: 1}
		g.Edges = append(g.Edges, e)
	}
	sort.Slice(g.Edges, func(i, j int) bool { return g.Edges[i].ID < g.Edges[j].ID })
	return g
}

func word(r *rand.Rand) string {
	const letters = "abcdefgh-ijklm nopqrstuvw.xyz0123456789"
	n := 1 + r.IntN(12)
	if r.IntN(12) == 0 {
		n = r.IntN(90)
	}
	b := make([]byte, n)
	for i := range b {
		b[i] = letters[r.IntN(len(letters))]
	}
	return string(b)
}
