package graph

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// foldAutoLimit is how many namespaces must be alike for FoldAuto to fold them.
const foldAutoLimit = 50

// foldExamples is how many of the namespaces that are alike keep a card of their own.
const foldExamples = 3

// Fold folds namespaces of a graph as Project does, see Options.Fold.
func (g *Graph) Fold(limit int) {
	if limit == 0 {
		return
	}
	used := ids{}
	for _, group := range g.Groups {
		used[group.ID] = true
	}
	for _, c := range g.Clusters {
		used[c.ID] = true
	}
	for _, n := range g.AllNodes() {
		used[n.ID] = true
	}
	for _, e := range g.Edges {
		used[e.ID] = true
	}
	fold(g, limit, used)
}

// fold replaces namespaces that are alike by one card that counts them, where there are more than
// limit. Alike are those of one kind and group whose interfaces have the same kinds and states and
// are wired to the same places: ports of the same bridge, the same lower interface, and so on. A
// few keep their cards, as examples. The rows at the other ends that lead nowhere else, such as the
// bridge's ports, are folded as well, into one row that counts them; shared ends, such as a lower
// interface, stay, and the wire there counts.
func fold(g *Graph, limit int, used ids) {
	if limit == FoldAuto {
		limit = foldAutoLimit
	}
	f := &folder{g: g, edges: g.EdgesOf(), into: map[*Node]*Node{}, used: used}
	alike := map[string][]*Cluster{}
	var order []string
	for _, c := range g.Clusters {
		if c.Kind == Host || len(c.Nodes) == 0 {
			continue
		}
		shape := f.shape(c)
		if alike[shape] == nil {
			order = append(order, shape)
		}
		alike[shape] = append(alike[shape], c)
	}
	folded := map[*Cluster]*Cluster{}
	for _, shape := range order {
		members := alike[shape]
		if len(members) <= max(limit, foldExamples+1) {
			continue
		}
		rest := members[foldExamples:] // clusters are in natural order of their names.
		card := f.card(members[:foldExamples], rest)
		for _, c := range rest {
			folded[c] = card
		}
	}
	f.foldFarEnds(folded)
	f.foldPorts(limit)
	if len(f.into) > 0 {
		f.replace(folded)
	}
}

// folder is one run of fold.
type folder struct {
	g     *Graph
	edges map[*Node][]*Edge
	into  map[*Node]*Node // what folded nodes become.
	used  ids
}

// shape is a text that namespaces have in common exactly if they are alike.
func (f *folder) shape(c *Cluster) string {
	rows := make([]string, len(c.Nodes))
	for i, n := range c.Nodes {
		rows[i] = f.rowShape(c, n)
	}
	slices.Sort(rows)
	group := ""
	if c.Group != nil {
		group = c.Group.ID
	}
	return string(c.Kind) + " " + group + " " + string(c.Change) + "\n" + strings.Join(rows, "\n")
}

// rowShape is what shape says of one row.
func (f *folder) rowShape(c *Cluster, n *Node) string {
	ends := make([]string, 0, 2)
	for _, e := range f.edges[n] {
		ends = append(ends, string(e.Kind)+" "+string(e.Change)+" "+f.anchor(c, e, e.Other(n)))
	}
	slices.Sort(ends)
	return fmt.Sprintf("%s %s %s %s → %s", n.Class, n.Kind, n.State, n.Change, strings.Join(slices.Compact(ends), ", "))
}

// anchor says where a wire out of a cluster leads, in words that other clusters' wires to the same
// place have as well.
func (f *folder) anchor(c *Cluster, via *Edge, far *Node) string {
	switch {
	case far.Cluster == c:
		return "here " + far.Kind
	case far.Cluster == nil && far.Class == Proc:
		return "process " + far.Name
	case far.Cluster == nil || !f.exclusive(c, far):
		return far.ID
	}
	place := far.Cluster.ID
	for _, e := range f.edges[far] {
		if e != via && e.From == far && e.Kind.controls() {
			place = e.To.ID
		}
	}
	return strings.Join([]string{string(far.Class), far.Kind, string(far.State), string(far.Change), "at", place}, " ")
}

// exclusive tells whether a far end leads nowhere but to one cluster, save that it may be a port of
// something.
func (f *folder) exclusive(c *Cluster, far *Node) bool {
	for _, e := range f.edges[far] {
		if e.From == far && e.Kind.controls() {
			continue
		}
		if e.Other(far).Cluster != c {
			return false
		}
	}
	return true
}

// foldFarEnds folds the rows that lead to folded clusters only: those at the same place, of the
// same kind and state, into one.
func (f *folder) foldFarEnds(folded map[*Cluster]*Cluster) {
	alike := map[string][]*Node{}
	for _, c := range f.g.Clusters {
		if folded[c] != nil {
			continue
		}
		clear(alike)
		var order []string
		for _, n := range c.Nodes {
			card := f.leadsTo(n, folded)
			if card == nil {
				continue
			}
			place := ""
			for _, e := range f.edges[n] {
				if e.From == n && e.Kind.controls() {
					place = e.To.ID
				}
			}
			key := strings.Join([]string{card.ID, place, string(n.Class), n.Kind, string(n.State), string(n.Change)}, " ")
			if alike[key] == nil {
				order = append(order, key)
			}
			alike[key] = append(alike[key], n)
		}
		if len(order) == 0 {
			continue
		}
		at := map[*Node]*Node{}
		gone := map[*Node]bool{}
		for _, key := range order {
			nodes := alike[key]
			if len(nodes) < 2 {
				continue
			}
			row := f.row(c.ID+"--folded", nodes)
			row.Cluster = c
			row.Name = plural(row.Count, rowNoun(nodes[0], f.edges))
			row.Tag = nodes[0].Kind
			if nodes[0].Class == Port {
				row.Tag = "→ " + f.leadsTo(nodes[0], folded).Name
			}
			at[nodes[len(nodes)-1]] = row // after the examples, mostly.
			for _, n := range nodes {
				gone[n] = true
			}
		}
		var rows []*Node
		for _, n := range c.Nodes {
			if row := at[n]; row != nil {
				rows = append(rows, row)
			}
			if !gone[n] {
				rows = append(rows, n)
			}
		}
		c.Nodes = rows
	}
	// Free nodes, such as the processes of folded TAPs.
	clear(alike)
	var order []string
	for _, n := range f.g.Free {
		if card := f.leadsTo(n, folded); card != nil && n.Class == Proc {
			key := card.ID + " " + n.Name
			if alike[key] == nil {
				order = append(order, key)
			}
			alike[key] = append(alike[key], n)
		}
	}
	gone := map[*Node]bool{}
	var rows []*Node
	for _, key := range order {
		nodes := alike[key]
		if len(nodes) < 2 {
			continue
		}
		row := f.row("folded-process", nodes)
		row.Lines = []string{fmt.Sprintf("%d processes", row.Count)}
		rows = append(rows, row)
		for _, n := range nodes {
			gone[n] = true
		}
	}
	f.g.Free = slices.DeleteFunc(f.g.Free, func(n *Node) bool { return gone[n] })
	f.g.Free = append(f.g.Free, rows...)
	slices.SortStableFunc(f.g.Free, compareFree)
}

// foldPorts folds forwarded ports that lead to the same places, or nowhere, where there are more
// than limit of them on one card. A few stay as examples.
func (f *folder) foldPorts(limit int) {
	for _, c := range f.g.Clusters {
		alike := map[string][]*Node{}
		for _, n := range c.Nodes {
			if n.Class != Port || n.Count > 1 {
				continue
			}
			var ends []string
			for _, e := range f.edges[n] {
				ends = append(ends, e.Other(n).ID)
			}
			slices.Sort(ends)
			key := string(n.Change) + " " + strings.Join(ends, " ")
			if len(ends) == 0 { // to nobody, or to other hosts.
				_, why, _ := strings.Cut(n.Tag, " (")
				key += "(" + why
			}
			alike[key] = append(alike[key], n)
		}
		at, gone := map[*Node]*Node{}, map[*Node]bool{}
		for _, key := range sortedKeys(alike) {
			nodes := alike[key]
			if len(nodes) <= max(limit, foldExamples+1) {
				continue
			}
			rest := nodes[foldExamples:]
			row := f.row(c.ID+"--folded", rest)
			row.Cluster, row.Name, row.Tag = c, plural(row.Count, "forwarded port"), portsTag(rest)
			at[rest[len(rest)-1]] = row
			for _, n := range rest {
				gone[n] = true
			}
		}
		if len(gone) == 0 {
			continue
		}
		var rows []*Node
		for _, n := range c.Nodes {
			if row := at[n]; row != nil {
				rows = append(rows, row)
			}
			if !gone[n] {
				rows = append(rows, n)
			}
		}
		c.Nodes = rows
	}
}

// portsTag says where many forwarded ports lead, as far as they have it in common.
func portsTag(nodes []*Node) string {
	where := func(n *Node) string {
		if _, why, ok := strings.Cut(n.Tag, " ("); ok {
			return "→ " + strings.TrimSuffix(why, ")")
		}
		if i := strings.LastIndexByte(n.Tag, ':'); i > 0 {
			return n.Tag[:i]
		}
		return n.Tag
	}
	tag := where(nodes[0])
	for _, n := range nodes {
		if where(n) != tag {
			return ""
		}
	}
	return tag
}

// rowNoun says what folded rows are: ports of a bridge, or interfaces, or forwarded ports.
func rowNoun(n *Node, edges map[*Node][]*Edge) string {
	if n.Class == Port {
		return "forwarded port"
	}
	for _, e := range edges[n] {
		if e.From == n && (e.Kind == Bridge || e.Kind == Ovs) {
			return "port"
		}
	}
	return "interface"
}

// leadsTo returns the card that all of a node's wires lead to, apart from those to controllers; nil
// if they lead to several places or elsewhere.
func (f *folder) leadsTo(n *Node, folded map[*Cluster]*Cluster) *Cluster {
	var card *Cluster
	for _, e := range f.edges[n] {
		if e.From == n && e.Kind.controls() {
			continue
		}
		to := folded[e.Other(n).Cluster]
		if to == nil || card != nil && card != to {
			return nil
		}
		card = to
	}
	return card
}

// replace puts cards in place of the first cluster that each stands for, and lets all wires end at
// what their ends have become. Wires that have become one are counted.
func (f *folder) replace(folded map[*Cluster]*Cluster) {
	var clusters []*Cluster
	done := map[*Cluster]bool{}
	for _, c := range f.g.Clusters {
		card := folded[c]
		switch {
		case card == nil:
			clusters = append(clusters, c)
		case !done[card]:
			done[card] = true
			clusters = append(clusters, card)
		}
	}
	f.g.Clusters = clusters
	end := func(n *Node) *Node {
		if to := f.into[n]; to != nil {
			return to
		}
		return n
	}
	merged := map[wirePair]*Edge{}
	var edges []*Edge
	for _, e := range f.g.Edges {
		from, to := end(e.From), end(e.To)
		if from == e.From && to == e.To {
			edges = append(edges, e)
			continue
		}
		pair := wirePair{e.Kind, from, to, e.Label + " " + string(e.Change)}
		if m := merged[pair]; m != nil {
			m.Count += max(1, e.Count)
			continue
		}
		m := &Edge{
			ID:       f.used.unique("wire-" + string(e.Kind) + "--" + from.ID + "--" + to.ID),
			Kind:     e.Kind,
			From:     from,
			To:       to,
			Directed: e.Directed,
			Label:    e.Label,
			Count:    max(1, e.Count),
			Change:   e.Change,
		}
		merged[pair] = m
		edges = append(edges, m)
	}
	for _, m := range edges {
		if m.Count > 1 && (f.isRow(m.From) || f.isRow(m.To)) {
			m.Facts = []Fact{{"stands for", plural(m.Count, "wire")}}
		}
	}
	slices.SortFunc(edges, func(a, b *Edge) int { return cmp.Compare(a.ID, b.ID) })
	f.g.Edges = edges
}

func (f *folder) isRow(n *Node) bool { return n.Count > 1 }
