package graph

import (
	"cmp"
	"fmt"
	"slices"
)

// changeLines bounds the lines that a changed node gets for its old values.
const changeLines = 3

// comparison is one run of Compare.
type comparison struct {
	*matching
	ignore      []Filter
	g           *Graph
	differences []Difference
	used        ids
	groups      map[*Group]*Group     // of both graphs, to the merged graph.
	clusters    map[*Cluster]*Cluster // of both graphs, to the merged graph.
	nodes       map[*Node]*Node       // of both graphs, to the merged graph.
	came        map[*Cluster]bool     // merged clusters that are not in the old graph.
	quiet       map[*Node]bool        // merged nodes that came, but that is to be ignored, as are their wires.
}

// differ records a difference unless it is to be ignored.
func (c *comparison) differ(d Difference) bool {
	if slices.ContainsFunc(c.ignore, func(f Filter) bool { return f.ignores(d) }) {
		return false
	}
	c.differences = append(c.differences, d)
	return true
}

// merge builds the merged graph and lists the differences on the way.
func (c *comparison) merge(before, after *Graph) {
	c.used, c.came, c.quiet = ids{}, map[*Cluster]bool{}, map[*Node]bool{}
	c.groups, c.clusters, c.nodes = map[*Group]*Group{}, map[*Cluster]*Cluster{}, map[*Node]*Node{}
	c.mergeGroups(before, after)
	for _, p := range interleave(before.Clusters, after.Clusters, c.cluster) {
		c.addCluster(p[0], p[1])
	}
	for _, p := range interleave(before.Free, after.Free, c.node) {
		if n := c.addNode(nil, p[0], p[1]); n != nil {
			c.g.Free = append(c.g.Free, n)
		}
	}
	c.mergeEdges(before, after)
	c.sortDifferences()
}

// interleave lists what is in either list, with its match: in the order of the new list, and what
// is only in the old one after what it came after there.
func interleave[T comparable](before, after []T, match map[T]T) [][2]T {
	var none T
	follows := map[T][]T{} // by what precedes in the new list.
	last := none
	back := make(map[T]T, len(match))
	for _, x := range before {
		if to, ok := match[x]; ok {
			last, back[to] = to, x
			continue
		}
		follows[last] = append(follows[last], x)
	}
	var pairs [][2]T
	add := func(list []T) {
		for _, x := range list {
			pairs = append(pairs, [2]T{x, none})
		}
	}
	add(follows[none])
	for _, x := range after {
		pairs = append(pairs, [2]T{back[x], x})
		add(follows[x])
		delete(follows, x) // lines of text may be there twice.
	}
	return pairs
}

// mergeGroups merges groups by their IDs.
func (c *comparison) mergeGroups(before, after *Graph) {
	byID := map[string]*Group{}
	for _, list := range [][]*Group{after.Groups, before.Groups} {
		for _, group := range list {
			merged := byID[group.ID]
			if merged == nil {
				merged = &Group{ID: c.used.unique(group.ID), Kind: group.Kind, Name: group.Name, Engine: group.Engine, Parent: c.groups[group.Parent]}
				byID[group.ID] = merged
				c.g.Groups = append(c.g.Groups, merged)
			}
			c.groups[group] = merged
		}
	}
}

// addCluster adds a cluster of the old graph, of the new one, or of both.
func (c *comparison) addCluster(before, after *Cluster) {
	show := after
	if after == nil {
		show = before
	}
	merged := *show
	merged.ID = c.used.unique(show.ID)
	merged.Group = c.groups[show.Group]
	merged.Facts = slices.Clone(show.Facts)
	merged.Nodes = nil
	d := Difference{What: "namespace", Netns: show.Name, ID: merged.ID, Kind: string(show.Kind), Name: show.Name}
	switch {
	case before == nil:
		merged.Change = c.whole(d, Added)
		c.came[&merged] = true
	case after == nil:
		merged.Change = c.whole(d, Removed)
	default:
		changes := []change{
			{"name", before.Name, after.Name},
			{"kind", string(before.Kind), string(after.Kind)},
			{"group", groupName(before.Group), groupName(after.Group)},
		}
		changes = append(changes, changedFacts(before.Facts, after.Facts)...)
		changes = append(changes, changedSections(before.Sections, after.Sections)...)
		told := c.changes(d, changes)
		for _, ch := range told {
			merged.Change = Changed
			if ch.before != "" {
				merged.Facts = append(merged.Facts, Fact{"was " + ch.attribute, ch.before})
			}
		}
		merged.Sections = mergeSections(before.Sections, after.Sections, told)
	}
	if after == nil && merged.Change == Unchanged {
		return // its absence is to be ignored.
	}
	c.clusters[show] = &merged
	if before != nil {
		c.clusters[before] = &merged
	}
	c.g.Clusters = append(c.g.Clusters, &merged)
	var old, now []*Node
	if before != nil {
		old = before.Nodes
	}
	if after != nil {
		now = after.Nodes
	}
	for _, p := range interleave(old, now, c.node) {
		if n := c.addNode(&merged, p[0], p[1]); n != nil {
			merged.Nodes = append(merged.Nodes, n)
		}
	}
}

// whole records that a thing was added or removed, and returns how to mark it.
func (c *comparison) whole(d Difference, how Change) Change {
	d.Change = how
	if !c.differ(d) {
		return Unchanged
	}
	return how
}

// changes records what changed about a thing, and returns what of that is not to be ignored.
func (c *comparison) changes(d Difference, list []change) []change {
	var told []change
	for _, ch := range list {
		if ch.before == ch.after {
			continue
		}
		d.Change, d.Attribute, d.Old, d.New = Changed, ch.attribute, ch.before, ch.after
		if c.differ(d) {
			told = append(told, ch)
		}
	}
	return told
}

func groupName(g *Group) string {
	if g == nil {
		return ""
	}
	return g.Name
}

// changedSections compares lists on cards, line by line.
func changedSections(before, after []Section) []change {
	facts := func(list []Section) (out []Fact) {
		for _, s := range list {
			for _, line := range s.Lines {
				out = append(out, Fact{s.Title, line})
			}
		}
		return out
	}
	var changes []change
	for _, ch := range changedFacts(facts(before), facts(after)) {
		if ch.before != "" && ch.after != "" { // two lines have nothing to do with each other.
			changes = append(changes, change{ch.attribute, ch.before, ""}, change{ch.attribute, "", ch.after})
			continue
		}
		changes = append(changes, ch)
	}
	return changes
}

// mergeSections keeps lines that were removed in their place. Lines that came or went are marked.
func mergeSections(before, after []Section, told []change) []Section {
	match := map[string]string{}
	lines := map[string][2][]string{}
	var old, now []string
	for _, s := range before {
		old = append(old, s.Title)
		lines[s.Title] = [2][]string{s.Lines, nil}
	}
	for _, s := range after {
		now = append(now, s.Title)
		if both, ok := lines[s.Title]; ok {
			match[s.Title] = s.Title
			lines[s.Title] = [2][]string{both[0], s.Lines}
			continue
		}
		lines[s.Title] = [2][]string{nil, s.Lines}
	}
	var merged []Section
	for _, p := range interleave(old, now, match) {
		name := cmp.Or(p[1], p[0])
		same := map[string]string{}
		for _, line := range lines[name][1] {
			if slices.Contains(lines[name][0], line) {
				same[line] = line
			}
		}
		s := Section{Title: name}
		for _, l := range interleave(lines[name][0], lines[name][1], same) {
			switch {
			case l[0] == l[1]:
				s.Lines = append(s.Lines, l[1])
			case l[1] == "" && slices.Contains(told, change{name, l[0], ""}):
				s.Lines = append(s.Lines, "- "+l[0])
			case l[0] == "" && slices.Contains(told, change{name, "", l[1]}):
				s.Lines = append(s.Lines, "+ "+l[1])
			case l[1] != "":
				s.Lines = append(s.Lines, l[1])
			}
		}
		if len(s.Lines) > 0 {
			merged = append(merged, s)
		}
	}
	return merged
}

// addNode makes the merged node of a node of the old graph, of the new one, or of both; nil if
// there is to be none.
func (c *comparison) addNode(in *Cluster, before, after *Node) *Node {
	show := after
	if after == nil {
		show = before
	}
	merged := *show
	merged.ID = c.used.unique(show.ID)
	merged.Cluster = in
	merged.Facts = slices.Clone(show.Facts)
	merged.Lines = slices.Clone(show.Lines)
	d := Difference{What: what(show), ID: merged.ID, Kind: show.Kind, Name: show.Name}
	if in != nil {
		d.Netns = in.Name
	}
	switch {
	case in != nil && (in.Change == Added || in.Change == Removed):
		merged.Change = in.Change // goes without saying.
	case in != nil && c.came[in]:
		c.quiet[&merged] = true
	case before == nil:
		merged.Change = c.whole(d, Added)
		c.quiet[&merged] = merged.Change == Unchanged
	case after == nil:
		if merged.Change = c.whole(d, Removed); merged.Change == Unchanged {
			return nil
		}
	default:
		changes := []change{
			{"name", before.Name, after.Name},
			{"alias", before.Alias, after.Alias},
			{"state", string(before.State), string(after.State)},
		}
		for _, ch := range changedFacts(before.Facts, after.Facts) {
			if ch.attribute != "state" && ch.attribute != "alias" {
				changes = append(changes, ch)
			}
		}
		for i, ch := range c.changes(d, changes) {
			merged.Change = Changed
			if ch.before != "" {
				merged.Facts = append(merged.Facts, Fact{"was " + ch.attribute, ch.before})
			}
			if i < changeLines {
				merged.Lines = append(merged.Lines, ch.attribute+" "+transition(ch.before, ch.after))
			}
		}
	}
	if before != nil {
		c.nodes[before] = &merged
	}
	if after != nil {
		c.nodes[after] = &merged
	}
	return &merged
}

// what says for people what a node is.
func what(n *Node) string {
	switch n.Class {
	case Nif:
		return "interface"
	case Port:
		return "forwarded port"
	case Outside:
		return "outside"
	case Remote:
		return "remote end"
	}
	return string(n.Class)
}

// joint tells edges apart by kind and merged ends; edges without direction have none.
type joint struct {
	kind EdgeKind
	a, b *Node
	nth  int // of several between the same ends.
}

// mergeEdges merges the edges of both graphs.
func (c *comparison) mergeEdges(before, after *Graph) {
	jointsOf := func(edges []*Edge) map[joint]*Edge {
		by := make(map[joint]*Edge, len(edges))
		for _, e := range edges {
			a, b := c.nodes[e.From], c.nodes[e.To]
			if a == nil || b == nil {
				continue
			}
			if e.Kind == Veth && a.ID > b.ID { // the one kind in which the ends are equals.
				a, b = b, a
			}
			j := joint{kind: e.Kind, a: a, b: b}
			for by[j] != nil {
				j.nth++
			}
			by[j] = e
		}
		return by
	}
	old, now := jointsOf(before.Edges), jointsOf(after.Edges)
	for j, e := range now {
		c.addEdge(j, old[j], e)
	}
	for j, e := range old {
		if now[j] == nil {
			c.addEdge(j, e, nil)
		}
	}
	slices.SortFunc(c.g.Edges, func(x, y *Edge) int {
		return cmp.Or(cmp.Compare(edgeID(x), edgeID(y)), cmp.Compare(x.Label, y.Label), cmp.Compare(x.Change, y.Change))
	})
	final := make(map[string]string, len(c.g.Edges))
	for _, e := range c.g.Edges {
		provisional := e.ID
		e.ID = c.used.unique(edgeID(e))
		final[provisional] = e.ID
	}
	for i, d := range c.differences {
		if id, ok := final[d.ID]; ok {
			c.differences[i].ID = id
		}
	}
}

func edgeID(e *Edge) string {
	return "wire-" + string(e.Kind) + "--" + e.From.ID + "--" + e.To.ID
}

// addEdge adds an edge of the old graph, of the new one, or of both.
func (c *comparison) addEdge(j joint, before, after *Edge) {
	show := after
	if after == nil {
		show = before
	}
	merged := *show
	merged.From, merged.To = c.nodes[show.From], c.nodes[show.To]
	merged.Facts = slices.Clone(show.Facts)
	// The ID is provisional: of several edges between the same ends the last word is not spoken.
	merged.ID = fmt.Sprintf("%s %d", edgeID(&merged), j.nth)
	d := Difference{What: "wire", ID: merged.ID, Kind: string(merged.Kind), Name: nameOf(merged.From) + " – " + nameOf(merged.To)}
	if merged.From.Cluster != nil {
		d.Netns = merged.From.Cluster.Name
	}
	implied := merged.From.Change
	if implied != Added && implied != Removed {
		implied = merged.To.Change
	}
	switch {
	case before == nil && implied == Added, after == nil && implied == Removed:
		merged.Change = implied
	case before == nil && (c.quiet[merged.From] || c.quiet[merged.To]):
	case before == nil:
		merged.Change = c.whole(d, Added)
	case after == nil:
		if merged.Change = c.whole(d, Removed); merged.Change == Unchanged {
			return
		}
	default:
		changes := []change{{"label", before.Label, after.Label}}
		for _, ch := range changedFacts(before.Facts, after.Facts) {
			if ch.attribute != "share" { // the label tells it.
				changes = append(changes, ch)
			}
		}
		for _, ch := range c.changes(d, changes) {
			merged.Change = Changed
			if ch.before != "" {
				merged.Facts = append(merged.Facts, Fact{"was " + ch.attribute, ch.before})
			}
		}
	}
	c.g.Edges = append(c.g.Edges, &merged)
}

// nameOf names an end of a wire.
func nameOf(n *Node) string {
	if n.Cluster == nil {
		return n.Name
	}
	return n.Name + " in " + n.Cluster.Name
}

// sortDifferences brings differences into the order of the merged graph.
func (c *comparison) sortDifferences() {
	order := map[string]int{}
	put := func(id string) { order[id] = len(order) }
	cluster := map[string]int{"": len(c.g.Clusters)}
	for i, cl := range c.g.Clusters {
		put(cl.ID)
		if _, known := cluster[cl.Name]; !known {
			cluster[cl.Name] = i
		}
	}
	for _, n := range c.g.AllNodes() {
		put(n.ID)
	}
	for _, e := range c.g.Edges {
		put(e.ID)
	}
	slices.SortStableFunc(c.differences, func(a, b Difference) int {
		return cmp.Or(
			cmp.Compare(cluster[a.Netns], cluster[b.Netns]),
			cmp.Compare(order[a.ID], order[b.ID]),
		)
	})
}
