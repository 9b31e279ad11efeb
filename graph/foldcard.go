package graph

import (
	"cmp"
	"fmt"
	"net"
	"slices"
	"strings"
)

// card makes the card that stands for the rest of the namespaces that are alike.
func (f *folder) card(examples, rest []*Cluster) *Cluster {
	first := examples[0]
	id := f.used.unique("folded-" + first.ID)
	names := make([]string, len(examples))
	for i, c := range examples {
		names[i] = c.Name
	}
	card := &Cluster{
		ID:     id,
		Netns:  id,
		Kind:   Folded,
		Name:   fmt.Sprintf("%d more", len(rest)),
		Detail: strings.Join(append(shared(slices.Concat(examples, rest)), "like "+strings.Join(names, ", ")), " · "),
		Group:  first.Group,
		Change: rest[0].Change,
		Count:  len(rest),
		Facts: []Fact{
			{"stands for", plural(len(rest), string(first.Kind)+" namespace")},
			{"names", span(rest, func(c *Cluster) string { return c.Name })},
		},
	}
	// Rows correspond by their place in the order of their shapes.
	sorted := func(c *Cluster) []*Node {
		nodes := slices.Clone(c.Nodes)
		rows := make(map[*Node]string, len(nodes))
		for _, n := range nodes {
			rows[n] = f.rowShape(c, n)
		}
		slices.SortStableFunc(nodes, func(a, b *Node) int { return cmp.Compare(rows[a], rows[b]) })
		return nodes
	}
	columns := make([][]*Node, len(first.Nodes))
	for _, c := range rest {
		for i, n := range sorted(c) {
			columns[i] = append(columns[i], n)
		}
	}
	place := map[*Node]int{} // in the order of the rows of the first one that is folded.
	for i, n := range rest[0].Nodes {
		place[n] = i
	}
	slices.SortFunc(columns, func(a, b []*Node) int { return cmp.Compare(place[a[0]], place[b[0]]) })
	for _, column := range columns {
		n := f.row(card.ID, column)
		n.Cluster = card
		card.Nodes = append(card.Nodes, n)
	}
	return card
}

// shared returns the parts of the header's second line that all clusters have in common.
func shared(clusters []*Cluster) []string {
	parts := strings.Split(clusters[0].Detail, " · ")
	for _, c := range clusters[1:] {
		others := strings.Split(c.Detail, " · ")
		parts = slices.DeleteFunc(parts, func(part string) bool { return !slices.Contains(others, part) })
	}
	return nonEmpty(parts)
}

// row makes the node that stands for a number of nodes, and remembers what it stands for.
func (f *folder) row(prefix string, nodes []*Node) *Node {
	first := nodes[0]
	n := &Node{
		Class:  first.Class,
		Kind:   first.Kind,
		Name:   common(nodes, func(n *Node) string { return n.Name }),
		Tag:    common(nodes, func(n *Node) string { return n.Tag }),
		State:  first.State,
		Change: first.Change,
		Facts: []Fact{
			{"stands for", plural(total(nodes), noun(first))},
			{"kind", first.Kind},
			{"names", span(nodes, func(n *Node) string { return n.Name })},
		},
		Count: total(nodes),
	}
	if n.Name == "" {
		n.Name = plural(n.Count, noun(first))
	}
	if n.Tag == "" {
		n.Tag = first.Kind
	}
	n.ID = f.used.unique(prefix + "--" + word(first.Kind))
	if n.Count > 1 && n.Name == first.Name {
		n.Tag = strings.TrimSpace(fmt.Sprintf("%s ×%d", n.Tag, n.Count))
	}
	if r := addressRange(nodes); r != "" {
		n.Lines = []string{r}
		n.Facts = append(n.Facts, Fact{"addresses", r})
	}
	for _, folded := range nodes {
		f.into[folded] = n
	}
	return n
}

func noun(n *Node) string {
	if n.Class == Port {
		return "forwarded port"
	}
	if n.Class == Nif {
		return "interface"
	}
	return string(n.Class)
}

func total(nodes []*Node) int {
	sum := 0
	for _, n := range nodes {
		sum += n.stands()
	}
	return sum
}

// common returns what all have in common: the same text, or the same beginning and a star; "" if
// that is nothing.
func common[T any](list []T, text func(T) string) string {
	prefix := text(list[0])
	same := true
	for _, x := range list[1:] {
		t := text(x)
		if t == prefix && same {
			continue
		}
		n := 0
		for n < len(prefix) && n < len(t) && prefix[n] == t[n] {
			n++
		}
		if n < len(prefix) || len(t) > n {
			same = false
		}
		prefix = prefix[:n]
	}
	if same {
		return prefix
	}
	prefix = strings.ToValidUTF8(prefix, "")
	if len(prefix) < 2 {
		return ""
	}
	return prefix + "*"
}

// span is the first and the last of many names.
func span[T any](list []T, text func(T) string) string {
	if len(list) == 1 {
		return text(list[0])
	}
	names := make([]string, len(list))
	for i, x := range list {
		names[i] = text(x)
	}
	sortNatural(names)
	if names[0] == names[len(names)-1] {
		return names[0]
	}
	return names[0] + " … " + names[len(names)-1]
}

// addressRange is the range that the first addresses of many interfaces lie in: "172.18.0.5 –
// 172.18.0.200"; just the address if it is the same everywhere.
func addressRange(nodes []*Node) string {
	var ips []net.IP
	for _, n := range nodes {
		for _, f := range n.Facts {
			if f.Name != "address" {
				continue
			}
			if ip, _, err := net.ParseCIDR(f.Value); err == nil {
				ips = append(ips, ip)
			}
			break
		}
	}
	if len(ips) == 0 {
		return ""
	}
	slices.SortFunc(ips, compareIP)
	low, high := ips[0], ips[len(ips)-1]
	if low.Equal(high) {
		return low.String()
	}
	if (low.To4() == nil) != (high.To4() == nil) {
		return ""
	}
	return low.String() + " – " + high.String()
}
