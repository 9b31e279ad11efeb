package graph

import (
	"slices"
	"strings"
)

// matching says what in an old graph is what in a new one. A thing without a match is in neither
// direction's map.
type matching struct {
	cluster, clusterBack map[*Cluster]*Cluster
	node, nodeBack       map[*Node]*Node
	oldEdges, newEdges   map[*Node][]*Edge
}

// matchGraphs matches what has the same ID, and then what was renamed.
func matchGraphs(before, after *Graph) *matching {
	m := &matching{
		cluster: map[*Cluster]*Cluster{}, clusterBack: map[*Cluster]*Cluster{},
		node: map[*Node]*Node{}, nodeBack: map[*Node]*Node{},
		oldEdges: before.EdgesOf(), newEdges: after.EdgesOf(),
	}
	byID := make(map[string]*Cluster, len(after.Clusters))
	for _, c := range after.Clusters {
		byID[c.ID] = c
	}
	for _, c := range before.Clusters {
		if to := byID[c.ID]; to != nil {
			m.matchClusters(c, to)
		}
	}
	m.matchNodes(before.Free, after.Free, func(n *Node) string { return n.ID })
	m.renamedClusters(before, after)
	for range 4 { // what is matched helps to match what is wired to it.
		if !m.renamedNodes(before, after) {
			break
		}
	}
	return m
}

// matchClusters matches two clusters and the nodes in them that have the same names.
func (m *matching) matchClusters(a, b *Cluster) {
	m.cluster[a], m.clusterBack[b] = b, a
	m.matchNodes(a.Nodes, b.Nodes, func(n *Node) string { return string(n.Class) + " " + n.Name })
}

// matchNodes matches nodes of the same key, in order.
func (m *matching) matchNodes(before, after []*Node, key func(*Node) string) {
	by := map[string][]*Node{}
	for _, n := range after {
		by[key(n)] = append(by[key(n)], n)
	}
	for _, n := range before {
		if list := by[key(n)]; len(list) > 0 {
			m.node[n], m.nodeBack[list[0]] = list[0], n
			by[key(n)] = list[1:]
		}
	}
}

// renamedClusters matches clusters that have no match yet by what is in them and where that is
// wired to: first with addresses, whatever runs there; then without, but by what runs there. It
// matches only what is unique on both sides.
func (m *matching) renamedClusters(before, after *Graph) {
	for _, addresses := range []bool{true, false} {
		var old, now []*Cluster
		for _, c := range before.Clusters {
			if m.cluster[c] == nil {
				old = append(old, c)
			}
		}
		for _, c := range after.Clusters {
			if m.clusterBack[c] == nil {
				now = append(now, c)
			}
		}
		for _, pair := range uniquePairs(old, now,
			func(c *Cluster) string { return m.clusterShape(c, m.oldEdges, m.nodeID, addresses) },
			func(c *Cluster) string { return m.clusterShape(c, m.newEdges, m.newNodeID, addresses) }) {
			m.matchClusters(pair[0], pair[1])
		}
	}
}

// nodeID is the ID of an old node's match in the new graph; empty if it has none.
func (m *matching) nodeID(n *Node) string {
	if to := m.node[n]; to != nil {
		return to.ID
	}
	return ""
}

// newNodeID is the ID of a new node; empty if it has no match.
func (m *matching) newNodeID(n *Node) string {
	if m.nodeBack[n] == nil {
		return ""
	}
	return n.ID
}

// clusterShape says what a cluster is without its name.
func (m *matching) clusterShape(c *Cluster, edges map[*Node][]*Edge, id func(*Node) string, addresses bool) string {
	words := []string{string(c.Kind)}
	if !addresses {
		words = append(words, c.Detail)
	}
	wired := false
	for _, n := range c.Nodes {
		row := string(n.Class) + " " + n.Kind + " " + n.Name
		if addresses && n.Kind != kindLoopback {
			row += " " + strings.Join(n.Lines, " ")
		}
		var ends []string
		for _, e := range edges[n] {
			if far := e.Other(n); far.Cluster != c {
				ends = append(ends, string(e.Kind)+" "+place(far, edges, id))
				wired = true
			}
		}
		slices.Sort(ends)
		words = append(words, row+" → "+strings.Join(ends, ", "))
	}
	if !wired {
		return "" // nothing sets it apart.
	}
	return strings.Join(words, "\n")
}

// place says where a wire ends: at a node that is known on both sides, or else at some node of the
// same sort that is a port of a known one.
func place(n *Node, edges map[*Node][]*Edge, id func(*Node) string) string {
	if known := id(n); known != "" && n.Kind != string(Veth) {
		return known
	}
	for _, e := range edges[n] {
		if e.From == n && e.Kind.controls() {
			return n.Kind + " at " + id(e.To)
		}
	}
	if n.Cluster != nil {
		return n.Kind + " in " + n.Cluster.ID
	}
	return n.Kind
}

// renamedNodes matches nodes that have no match yet, in clusters that have, by what they are wired
// to, or by their place on a bus. It tells whether it found any.
func (m *matching) renamedNodes(before, after *Graph) bool {
	found := false
	for _, c := range before.Clusters {
		to := m.cluster[c]
		if to == nil {
			continue
		}
		var old, now []*Node
		for _, n := range c.Nodes {
			if m.node[n] == nil {
				old = append(old, n)
			}
		}
		for _, n := range to.Nodes {
			if m.nodeBack[n] == nil {
				now = append(now, n)
			}
		}
		for _, pair := range uniquePairs(old, now,
			func(n *Node) string { return nodeShape(n, m.oldEdges, m.nodeID) },
			func(n *Node) string { return nodeShape(n, m.newEdges, m.newNodeID) }) {
			m.node[pair[0]], m.nodeBack[pair[1]] = pair[1], pair[0]
			found = true
		}
	}
	return found
}

// nodeShape says what a node is without its name; empty if nothing sets it apart.
func nodeShape(n *Node, edges map[*Node][]*Edge, id func(*Node) string) string {
	words := []string{string(n.Class), n.Kind}
	for _, f := range n.Facts {
		if f.Name == "bus address" {
			return strings.Join(append(words, "bus", f.Value), " ")
		}
	}
	var ends []string
	for _, e := range edges[n] {
		if e.Kind != Veth && e.Kind != Tuntap && e.Kind != Forward {
			continue // many are wired to the same controller or lower interface.
		}
		far := id(e.Other(n))
		if far == "" {
			far = place(e.Other(n), edges, id)
		}
		ends = append(ends, string(e.Kind)+" "+far)
	}
	if len(ends) == 0 {
		return ""
	}
	slices.Sort(ends)
	return strings.Join(append(words, ends...), " ")
}

// uniquePairs pairs things of the same shape where there is just one on each side. Things of empty
// shape are not paired.
func uniquePairs[T any](old, now []T, oldShape, newShape func(T) string) [][2]T {
	type sides struct{ old, now []T }
	by := map[string]*sides{}
	var order []string
	at := func(shape string) *sides {
		if by[shape] == nil {
			by[shape] = &sides{}
			order = append(order, shape)
		}
		return by[shape]
	}
	for _, x := range old {
		s := at(oldShape(x))
		s.old = append(s.old, x)
	}
	for _, x := range now {
		s := at(newShape(x))
		s.now = append(s.now, x)
	}
	var pairs [][2]T
	for _, shape := range order {
		if s := by[shape]; shape != "" && len(s.old) == 1 && len(s.now) == 1 {
			pairs = append(pairs, [2]T{s.old[0], s.now[0]})
		}
	}
	return pairs
}
