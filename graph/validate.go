package graph

import (
	"errors"
	"fmt"
)

// Validate checks what every graph promises, whoever made it: IDs are unique XML names, edges end
// at nodes of the graph, nodes know their clusters, and groups are listed after their parents. The
// error tells all that is wrong.
func (g *Graph) Validate() error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	seen := map[string]bool{}
	id := func(what, id string) {
		if !isXMLName(id) {
			wrong("%s has ID %q, which is no XML name", what, id)
		}
		if seen[id] {
			wrong("%s has ID %q, which something else has too", what, id)
		}
		seen[id] = true
	}
	groups := map[*Group]bool{}
	for _, group := range g.Groups {
		id("group "+group.Name, group.ID)
		if group.Parent != nil && !groups[group.Parent] {
			wrong("group %q is not listed after its parent", group.ID)
		}
		groups[group] = true
	}
	nodes := map[*Node]bool{}
	for _, c := range g.Clusters {
		id("cluster "+c.Name, c.ID)
		if c.Group != nil && !groups[c.Group] {
			wrong("cluster %q is in a group that is not listed", c.ID)
		}
		for _, n := range c.Nodes {
			if n.Cluster != c {
				wrong("node %q does not know its cluster", n.ID)
			}
		}
	}
	for _, n := range g.AllNodes() {
		id("node "+n.Name, n.ID)
		nodes[n] = true
	}
	for _, n := range g.Free {
		if n.Cluster != nil {
			wrong("free node %q is in a cluster", n.ID)
		}
	}
	for _, e := range g.Edges {
		id("edge", e.ID)
		if !nodes[e.From] || !nodes[e.To] {
			wrong("edge %q ends at a node that is not there", e.ID)
		}
	}
	return errors.Join(errs...)
}

// isXMLName tells whether an ID can stand in XML, HTML, CSS and DOT alike, if need be quoted.
func isXMLName(id string) bool {
	for i := 0; i < len(id); i++ {
		c := id[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_'
		if !letter && (i == 0 || !isDigit(c) && c != '-' && c != '.') {
			return false
		}
	}
	return id != ""
}
