package graph

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hostwire/hostwire/internal/suggest"
)

// Filter picks clusters and nodes by one of their properties.
//
// Field netns picks clusters: by name, ID, path, or the name of a container. Fields kind, state and
// name pick nodes: by what they are ("veth", "hardware", "loopback", "port" for forwarded ports,
// "outside", …), by their state, and by their name or alias.
//
// As Options.Hide, a filter leaves out what it picks, and the wires that end there. As
// Options.Only, it leaves out what it does not pick; filters of one field add up, filters of
// several fields must all agree. What only namespaces are wired to stays too, as far as the first
// interface and the bridge or the like that it is a port of: a wire that ends in nothing would tell
// nothing. A card that loses all of its rows goes away, too.
type Filter struct {
	field string
	text  string    // the patterns as they were given.
	any   []pattern // one of these must match, unless there are none.
	none  []pattern // none of these may match.
}

type pattern string

var (
	filterFields = []string{"netns", "kind", "state", "name"}
	stateWords   = []string{string(StateUp), string(StateDown), string(StateDormant), string(StateUnknown)}
)

// ParseFilter understands FIELD=PATTERN[,PATTERN]…, with the fields of Filter. In a pattern, * stands
// for any text, ? for any one character, and \ takes the next character as it is; a pattern that
// begins with ! takes back what others pick, or stands for all else if there are no others.
func ParseFilter(text string) (Filter, error) { return parseFilter(text, filterFields) }

// parseFilter is ParseFilter for some set of fields.
func parseFilter(text string, fields []string) (Filter, error) {
	field, patterns, ok := strings.Cut(text, "=")
	field = strings.TrimSpace(field)
	if !slices.Contains(fields, field) {
		if !ok {
			return Filter{}, fmt.Errorf("filter %q is not of the form FIELD=PATTERN, such as kind=loopback", text)
		}
		return Filter{}, fmt.Errorf("unknown filter field %q%s (there are %s)", field,
			suggest.DidYouMean(field, fields), strings.Join(fields, ", "))
	}
	if !ok {
		return Filter{}, fmt.Errorf("filter %q lacks a pattern: %s=PATTERN", text, field)
	}
	f := Filter{field: field, text: patterns}
	for _, word := range splitPatterns(patterns) {
		negated := strings.HasPrefix(word, "!")
		word = strings.TrimPrefix(word, "!")
		if word == "" {
			return Filter{}, fmt.Errorf("filter %q has an empty pattern; to pick anything write %s=*", text, field)
		}
		if field == "state" && !strings.ContainsAny(word, `*?\`) && !slices.Contains(stateWords, word) {
			return Filter{}, fmt.Errorf("unknown state %q in filter %q%s (there are %s)", word, text,
				suggest.DidYouMean(word, stateWords), strings.Join(stateWords, ", "))
		}
		if negated {
			f.none = append(f.none, pattern(word))
		} else {
			f.any = append(f.any, pattern(word))
		}
	}
	return f, nil
}

// splitPatterns splits at commas that no backslash stands before.
func splitPatterns(s string) []string {
	var words []string
	start := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case ',':
			words = append(words, strings.TrimSpace(s[start:i]))
			start = i + 1
		}
	}
	return append(words, strings.TrimSpace(s[start:]))
}

// String is the filter as ParseFilter understands it.
func (f Filter) String() string { return f.field + "=" + f.text }

// matches tells whether one of the words that something is known by is picked.
func (f Filter) matches(words ...string) bool {
	hit := func(patterns []pattern) bool {
		return slices.ContainsFunc(patterns, func(p pattern) bool {
			return slices.ContainsFunc(words, p.matches)
		})
	}
	return (len(f.any) == 0 || hit(f.any)) && !hit(f.none)
}

// matches tells whether a pattern stands for the whole of a word. It takes time proportional to the
// product of their lengths at worst, as it only ever goes back to the last star.
func (p pattern) matches(word string) bool {
	pat, w := []rune(string(p)), []rune(word)
	i, j, star, mark := 0, 0, -1, 0
	for j < len(w) {
		if i < len(pat) {
			switch c := pat[i]; {
			case c == '*':
				star, mark = i, j
				i++
				continue
			case c == '\\' && i+1 < len(pat):
				if pat[i+1] == w[j] {
					i, j = i+2, j+1
					continue
				}
			case c == '?' || c == w[j]:
				i, j = i+1, j+1
				continue
			}
		}
		if star < 0 {
			return false
		}
		mark++
		i, j = star+1, mark
	}
	for i < len(pat) && pat[i] == '*' {
		i++
	}
	return i == len(pat)
}

func (f Filter) matchesNode(n *Node) bool {
	switch f.field {
	case "kind":
		return f.matches(n.Kind, string(n.Class))
	case "state":
		return f.matches(string(n.State))
	case "name":
		if n.Alias != "" {
			return f.matches(n.Name, n.Alias)
		}
		return f.matches(n.Name)
	}
	return false
}

// filter leaves out what the options do not want, and says how much that is, for the subtitle.
func (p *projection) filter() []string {
	if len(p.opts.Only) == 0 && len(p.opts.Hide) == 0 {
		return nil
	}
	known := make(map[*Cluster][]string, len(p.spaces)) // the words that clusters are known by.
	for _, s := range p.spaces {
		words := append([]string{s.cluster.ID, s.cluster.Name}, s.netns.Paths...)
		for _, c := range s.containers {
			words = append(words, c.Name, containerName(c))
		}
		known[s.cluster] = words
	}
	only := map[string][]Filter{}
	for _, f := range p.opts.Only {
		only[f.field] = append(only[f.field], f)
	}
	p.noteIdleFilters(known)
	before := p.g.Stats()
	rows := make(map[*Cluster]int, len(p.g.Clusters))
	for _, c := range p.g.Clusters {
		rows[c] = len(c.Nodes)
	}
	chosen, context := p.chosen(known, only["netns"])
	p.g.remove(func(n *Node) bool {
		if n.Cluster != nil {
			if !chosen[n.Cluster] && !context[n] {
				return true
			}
			for _, field := range filterFields[1:] {
				if field == "state" && n.Class != Nif {
					continue // has no state to ask for.
				}
				if fs := only[field]; len(fs) > 0 && !slices.ContainsFunc(fs, func(f Filter) bool { return f.matchesNode(n) }) {
					return true
				}
			}
		}
		return slices.ContainsFunc(p.opts.Hide, func(f Filter) bool {
			return (f.field != "state" || n.Class == Nif) && f.matchesNode(n)
		})
	}, func(c *Cluster) bool {
		return slices.ContainsFunc(p.opts.Hide, func(f Filter) bool {
			return f.field == "netns" && f.matches(known[c]...)
		})
	})
	p.g.remove(nil, func(c *Cluster) bool {
		return len(c.Nodes) == 0 && (rows[c] > 0 || !chosen[c])
	})
	after := p.g.Stats()
	var hidden []string
	for _, h := range []struct {
		n     int
		thing string
	}{
		{before.Namespaces - after.Namespaces, "namespace"},
		{before.Interfaces - after.Interfaces, "interface"},
		{before.Ports - after.Ports, "forwarded port"},
	} {
		if h.n > 0 {
			hidden = append(hidden, plural(h.n, h.thing))
		}
	}
	if len(hidden) == 0 {
		return nil
	}
	return []string{"filtered: " + strings.Join(hidden, ", ") + " hidden"}
}

// noteIdleFilters tells of filters of Options.Only that pick nothing, since they may be mistyped. That
// there is nothing to hide, on the other hand, is as well.
func (p *projection) noteIdleFilters(known map[*Cluster][]string) {
	nodes := p.g.AllNodes()
	for _, f := range p.opts.Only {
		picks := slices.ContainsFunc(nodes, f.matchesNode)
		if f.field == "netns" {
			picks = slices.ContainsFunc(p.g.Clusters, func(c *Cluster) bool { return f.matches(known[c]...) })
		}
		if note := (Note{"filter " + f.String() + " picks nothing"}); !picks && !slices.Contains(p.g.Notes, note) {
			p.g.Notes = append(p.g.Notes, note)
		}
	}
}

// chosen returns the clusters that filters keep as a whole, and the nodes of other clusters that
// these are wired to, with the controllers of those nodes.
func (p *projection) chosen(known map[*Cluster][]string, filters []Filter) (map[*Cluster]bool, map[*Node]bool) {
	chosen := make(map[*Cluster]bool, len(p.g.Clusters))
	for _, c := range p.g.Clusters {
		if len(filters) == 0 || slices.ContainsFunc(filters, func(f Filter) bool { return f.matches(known[c]...) }) {
			chosen[c] = true
		}
	}
	context := map[*Node]bool{}
	if len(filters) == 0 {
		return chosen, context
	}
	controllers := map[*Node][]*Node{}
	var wired []*Node
	for _, e := range p.g.Edges {
		if e.From.Cluster == nil || e.To.Cluster == nil {
			continue
		}
		if e.From.Cluster == e.To.Cluster {
			if e.Kind.controls() {
				controllers[e.From] = append(controllers[e.From], e.To)
			}
			continue
		}
		if chosen[e.From.Cluster] {
			wired = append(wired, e.To)
		}
		if chosen[e.To.Cluster] {
			wired = append(wired, e.From)
		}
	}
	for len(wired) > 0 {
		n := wired[len(wired)-1]
		wired = wired[:len(wired)-1]
		if !context[n] {
			context[n] = true
			wired = append(wired, controllers[n]...)
		}
	}
	return chosen, context
}

// controls tells whether wires of a kind lead from a port or member to its controller.
func (k EdgeKind) controls() bool {
	switch k {
	case Bridge, Bond, Team, Vrf, Ovs:
		return true
	}
	return false
}
