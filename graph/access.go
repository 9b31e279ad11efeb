package graph

// AllNodes returns all nodes: cluster by cluster in drawing order, and then the free ones.
func (g *Graph) AllNodes() []*Node {
	n := len(g.Free)
	for _, c := range g.Clusters {
		n += len(c.Nodes)
	}
	nodes := make([]*Node, 0, n)
	for _, c := range g.Clusters {
		nodes = append(nodes, c.Nodes...)
	}
	return append(nodes, g.Free...)
}

// EdgesOf returns the edges at each node, in the graph's order. An edge from a node to itself is
// listed once.
func (g *Graph) EdgesOf() map[*Node][]*Edge {
	at := make(map[*Node][]*Edge, len(g.Edges))
	for _, e := range g.Edges {
		at[e.From] = append(at[e.From], e)
		if e.To != e.From {
			at[e.To] = append(at[e.To], e)
		}
	}
	return at
}

// Other returns the end of an edge that n is not, or n for an edge from n to itself.
func (e *Edge) Other(n *Node) *Node {
	if e.From == n {
		return e.To
	}
	return e.From
}

// remove takes out the nodes and clusters that are to be dropped, and with them the edges that end
// there, free nodes that nothing leads to any more, and groups without clusters. A nil function
// drops nothing.
func (g *Graph) remove(dropNode func(*Node) bool, dropCluster func(*Cluster) bool) {
	gone := map[*Node]bool{}
	var clusters []*Cluster
	for _, c := range g.Clusters {
		if dropCluster != nil && dropCluster(c) {
			for _, n := range c.Nodes {
				gone[n] = true
			}
			continue
		}
		clusters = append(clusters, c)
		if dropNode == nil {
			continue
		}
		var nodes []*Node
		for _, n := range c.Nodes {
			if dropNode(n) {
				gone[n] = true
				continue
			}
			nodes = append(nodes, n)
		}
		c.Nodes = nodes
	}
	g.Clusters = clusters
	for _, n := range g.Free {
		if dropNode != nil && dropNode(n) {
			gone[n] = true
		}
	}
	var edges []*Edge
	reached := map[*Node]bool{}
	for _, e := range g.Edges {
		if gone[e.From] || gone[e.To] {
			continue
		}
		edges = append(edges, e)
		reached[e.From], reached[e.To] = true, true
	}
	g.Edges = edges
	var free []*Node
	for _, n := range g.Free {
		if reached[n] {
			free = append(free, n)
		}
	}
	g.Free = free
	g.dropEmptyGroups()
}

// dropEmptyGroups takes out groups that no cluster is in any more.
func (g *Graph) dropEmptyGroups() {
	used := map[*Group]bool{}
	for _, c := range g.Clusters {
		for group := c.Group; group != nil && !used[group]; group = group.Parent {
			used[group] = true
		}
	}
	var groups []*Group
	for _, group := range g.Groups {
		if used[group] {
			groups = append(groups, group)
		}
	}
	g.Groups = groups
}
