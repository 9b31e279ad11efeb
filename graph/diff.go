package graph

import (
	"fmt"
	"slices"
	"strings"
)

// Diff is what differs between two graphs.
type Diff struct {
	// Graph is the new graph with everything that was removed still in its place. What differs is
	// marked by Change, and what changed has lines that tell old and new values.
	Graph *Graph
	// Differences lists all that differs: cluster by cluster in drawing order, then what is in no
	// cluster.
	Differences []Difference
}

// Difference is one thing that differs. Names and values are raw text: writers escape it.
type Difference struct {
	Change    Change `json:"change"`
	What      string `json:"what"`                // "namespace", "interface", "forwarded port", "wire", "group", or the class of a free node.
	Netns     string `json:"netns,omitempty"`     // name of the cluster; empty for what is in none.
	ID        string `json:"id"`                  // ID in Diff.Graph.
	Kind      string `json:"kind,omitempty"`      // kind of interface, wire or cluster.
	Name      string `json:"name"`                // name for people; of a wire, both ends'.
	Attribute string `json:"attribute,omitempty"` // what changed: "state", "address", …; "name" for renames.
	Old       string `json:"old,omitempty"`       // old value; empty if there was none.
	New       string `json:"new,omitempty"`       // new value; empty if there is none.
}

// String is one line for people: "+ interface eth1 (veth)", "~ interface eth0: state up → down".
func (d Difference) String() string {
	mark := map[Change]string{Added: "+", Removed: "-", Changed: "~"}[d.Change]
	text := mark + " " + d.What + " " + d.Name
	if d.Kind != "" && d.Kind != d.What {
		text += " (" + d.Kind + ")"
	}
	if d.Change != Changed {
		return text
	}
	return text + ": " + d.Attribute + " " + transition(d.Old, d.New)
}

// transition writes old and new values; one of them may be nothing.
func transition(before, after string) string {
	switch {
	case before == "":
		return "+ " + after
	case after == "":
		return "- " + before
	}
	return before + " → " + after
}

// ignoreFields are the fields of filters that say what a comparison ignores.
var ignoreFields = []string{"netns", "kind", "name", "attribute"}

// ParseIgnore understands filters as ParseFilter does, but with the fields that differences have:
// netns, kind, name, and attribute ("address", "state", "mtu", …).
func ParseIgnore(text string) (Filter, error) { return parseFilter(text, ignoreFields) }

// ignores tells whether a filter of ParseIgnore picks a difference.
func (f Filter) ignores(d Difference) bool {
	switch f.field {
	case "netns":
		return f.matches(d.Netns)
	case "kind":
		return f.matches(d.Kind, d.What)
	case "name":
		return f.matches(d.Name)
	case "attribute":
		return d.Attribute != "" && f.matches(d.Attribute)
	}
	return false
}

// Compare returns what differs between two graphs, apart from what one of the filters picks, which
// counts as equal. Things are the same if their IDs are, so both graphs should be projected with
// Options.Stable and without folding. What has another name but is the only thing of its sort that
// is wired as before is recognised as renamed. Neither graph is changed.
func Compare(before, after *Graph, ignore []Filter) *Diff {
	m := matchGraphs(before, after)
	c := &comparison{matching: m, ignore: ignore, g: &Graph{
		Title: after.Title,
		Notes: mergeNotes(before.Notes, after.Notes),
	}}
	c.merge(before, after)
	c.g.Subtitle = summarize(c.differences)
	return &Diff{Graph: c.g, Differences: c.differences}
}

// Summary says in one line how much differs: "2 added, 1 removed, 3 changed", or "no differences".
// A thing that changed in several ways counts once.
func (d *Diff) Summary() string { return summarize(d.Differences) }

func summarize(differences []Difference) string {
	counts := map[Change]int{}
	seen := map[string]bool{}
	for _, d := range differences {
		if !seen[d.ID] {
			seen[d.ID] = true
			counts[d.Change]++
		}
	}
	var parts []string
	for _, change := range []Change{Added, Removed, Changed} {
		if n := counts[change]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, change))
		}
	}
	if len(parts) == 0 {
		return "no differences"
	}
	return strings.Join(parts, ", ")
}

// mergeNotes keeps the notes of both graphs; those of the old one are marked.
func mergeNotes(before, after []Note) []Note {
	notes := slices.Clone(after)
	for _, n := range before {
		if !slices.Contains(after, n) {
			notes = append(notes, Note{"before: " + n.Text})
		}
	}
	return notes
}

// hearsay are facts that tell what wires tell, by names that change when others are renamed.
var hearsay = map[string]bool{
	"peer": true, "controller": true, "lower interface": true, "physical function": true, "members": true,
	"ports": true, "carrier": true, "port a": true, "port b": true, "served by": true,
}

// values collects facts by name; a name may have several values.
func values(facts []Fact) (names []string, by map[string][]string) {
	by = map[string][]string{}
	for _, f := range facts {
		if hearsay[f.Name] {
			continue
		}
		if by[f.Name] == nil {
			names = append(names, f.Name)
		}
		by[f.Name] = append(by[f.Name], f.Value)
	}
	return names, by
}

// change is an attribute that changed.
type change struct{ attribute, before, after string }

// changedFacts compares facts. Of facts with several values, such as addresses, only those values
// are told that came or went.
func changedFacts(before, after []Fact) []change {
	names, old := values(before)
	more, now := values(after)
	for _, name := range more {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	var changes []change
	for _, name := range names {
		gone, come := missing(old[name], now[name]), missing(now[name], old[name])
		if len(gone) == 1 && len(come) == 1 {
			changes = append(changes, change{name, gone[0], come[0]})
			continue
		}
		for _, v := range gone {
			changes = append(changes, change{name, v, ""})
		}
		for _, v := range come {
			changes = append(changes, change{name, "", v})
		}
	}
	return changes
}

// missing returns the values that another list has not, or not as often.
func missing(list, from []string) []string {
	counts := map[string]int{}
	for _, v := range from {
		counts[v]++
	}
	var out []string
	for _, v := range list {
		if counts[v]--; counts[v] < 0 {
			out = append(out, v)
		}
	}
	return out
}
