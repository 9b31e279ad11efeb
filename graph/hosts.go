package graph

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/hostwire/hostwire/network"
)

// ProjectHosts makes one graph of several hosts, each in a group of its own, and joins what must
// belong together: the two ends of tunnels (VXLAN, geneve, GRE and its relatives, WireGuard), the
// members of a multicast group of one overlay, and uplinks into the same subnet by the same router.
// What might belong together as well as not stays apart. With one host it is Project.
//
// A host's name must be unique; of those that are not, a note tells how they are told apart.
func ProjectHosts(hosts []*network.Discovery, opts Options) (*Graph, error) {
	switch len(hosts) {
	case 0:
		return nil, errors.New("no hosts to project")
	case 1:
		return Project(hosts[0], opts)
	}
	if slices.Contains(hosts, nil) {
		return nil, errors.New("nothing was discovered")
	}
	hosts = slices.Clone(hosts)
	slices.SortStableFunc(hosts, func(a, b *network.Discovery) int { return compareNatural(a.Host.Name, b.Host.Name) })
	j := &joiner{g: &Graph{}, ids: ids{}, host: map[*Node]int{}}
	names, seen := []string{}, map[string]int{}
	var hidden []string
	for i, d := range hosts {
		name := cmp.Or(d.Host.Name, "host")
		if seen[name]++; seen[name] > 1 {
			again := fmt.Sprintf("%s (%d)", name, seen[name])
			j.g.Notes = append(j.g.Notes, Note{fmt.Sprintf("host %s is given more than once; this one is called %s", name, again)})
			name = again
		}
		names = append(names, name)
		group := &Group{ID: j.ids.unique("host-" + word(name)), Kind: "host", Name: name}
		one, err := project(d, opts, j.ids, word(name)+"-")
		if err != nil {
			return nil, fmt.Errorf("host %s: %w", name, err)
		}
		j.add(one, i, group, name)
		if _, rest, ok := strings.Cut(one.Subtitle, "filtered: "); ok {
			hidden = append(hidden, name+": "+rest)
		}
	}
	j.index()
	j.joinOutsides()
	j.joinTunnels()
	j.joinGroups()
	j.finish(names, hidden)
	return j.g, nil
}

// joiner is one run of ProjectHosts.
type joiner struct {
	g        *Graph
	ids      ids
	host     map[*Node]int // which host a node is of.
	edges    map[*Node][]*Edge
	owners   map[string][]*Node // interfaces by their addresses.
	overlays []*Node            // interfaces that have remote ends or may be one.
	replaced map[*Node]*Node    // free nodes that another one stands for now; nil if nothing does.
}

// add puts a host's graph into its group of the common graph.
func (j *joiner) add(one *Graph, host int, group *Group, name string) {
	j.g.Groups = append(j.g.Groups, group)
	for _, g := range one.Groups {
		if g.Parent == nil {
			g.Parent = group
		}
	}
	j.g.Groups = append(j.g.Groups, one.Groups...)
	for _, c := range one.Clusters {
		if c.Group == nil {
			c.Group = group
		}
	}
	j.g.Clusters = append(j.g.Clusters, one.Clusters...)
	j.g.Free = append(j.g.Free, one.Free...)
	j.g.Edges = append(j.g.Edges, one.Edges...)
	for _, n := range one.AllNodes() {
		j.host[n] = host
	}
	for _, n := range one.Notes {
		j.g.Notes = append(j.g.Notes, Note{name + ": " + n.Text})
	}
}

func (j *joiner) index() {
	j.edges = j.g.EdgesOf()
	j.owners, j.replaced = map[string][]*Node{}, map[*Node]*Node{}
	for _, n := range j.g.AllNodes() {
		if n.Class != Nif {
			continue
		}
		if slices.Contains(overlayKinds, n.Kind) {
			j.overlays = append(j.overlays, n)
		}
		for _, f := range n.Facts {
			if ip, _, err := net.ParseCIDR(f.Value); f.Name == "address" && err == nil && !ip.IsLoopback() && !ip.IsLinkLocalUnicast() {
				j.owners[ip.String()] = append(j.owners[ip.String()], n)
			}
		}
	}
}

// fact returns the first value of a node's fact, or "".
func (n *Node) fact(name string) string {
	for _, f := range n.Facts {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

// joinOutsides makes one of the networks that hosts lead to if they have the same subnet and the
// same router. Without a router, the same private subnet may be in use at two places.
func (j *joiner) joinOutsides() {
	first := map[[2]string]*Node{}
	for _, n := range j.g.Free {
		key := [2]string{n.fact("subnet"), n.fact("gateway")}
		if n.Class != Outside || key[0] == "" || key[1] == "" && private(key[0]) {
			continue
		}
		if first[key] == nil {
			first[key] = n
			continue
		}
		j.replaced[n] = first[key]
	}
}

func private(subnet string) bool {
	ip, _, err := net.ParseCIDR(subnet)
	return err != nil || ip.IsPrivate() || ip.IsLinkLocalUnicast()
}

// joinGroups makes one of the multicast groups of one overlay.
func (j *joiner) joinGroups() {
	first := map[[3]string]*Node{}
	for _, n := range j.g.Free {
		host, _, err := net.SplitHostPort(n.fact("remote end"))
		if ip := net.ParseIP(host); n.Class != Remote || err != nil || ip == nil || !ip.IsMulticast() {
			continue
		}
		key := [3]string{n.fact("kind"), n.fact("remote end"), n.fact("network")}
		if first[key] == nil {
			first[key] = n
			continue
		}
		j.replaced[n] = first[key]
	}
}

// joinTunnels wires the ends of tunnels on two hosts directly. Ends match if each one's remote
// address is an address of the other's host, and what else must agree does. WireGuard peers may
// roam, so there it is enough that one knows the other's address and port.
func (j *joiner) joinTunnels() {
	type end struct {
		n   *Node
		e   *Edge
		far *Node
	}
	ends := map[*Node][]end{}
	for _, n := range j.overlays {
		for _, e := range j.edges[n] {
			if far := e.Other(n); far.Class == Remote && far.fact("remote end") != "" && far.Count <= 1 {
				ends[n] = append(ends[n], end{n, e, far})
			}
		}
	}
	reaches := func(x end, other *Node) bool {
		return slices.ContainsFunc(j.owners[endAddress(x.far)], func(owner *Node) bool { return j.host[owner] == j.host[other] })
	}
	gone := map[*Edge]bool{}
	for _, a := range j.overlays {
		for _, x := range ends[a] {
			if gone[x.e] {
				continue
			}
			var found []*Node
			var back []*Edge
			for _, b := range j.overlays {
				if j.host[b] == j.host[a] || b.Kind != a.Kind || !agree(a, b, x.far) || !reaches(x, b) {
					continue
				}
				i := slices.IndexFunc(ends[b], func(y end) bool { return reaches(y, a) })
				if i < 0 && a.Kind != "wireguard" {
					continue
				}
				found = append(found, b)
				if i >= 0 {
					back = append(back, ends[b][i].e)
				}
			}
			if len(found) != 1 {
				continue // nobody, or anybody's guess.
			}
			gone[x.e] = true
			for _, e := range back {
				gone[e] = true
			}
			j.g.Edges = append(j.g.Edges, &Edge{
				ID:    j.ids.unique("wire-" + string(Vxlan) + "--" + a.ID + "--" + found[0].ID),
				Kind:  Vxlan,
				From:  a,
				To:    found[0],
				Label: x.e.Label,
				Facts: []Fact{{"between hosts", "yes"}},
				Count: 1,
			})
		}
	}
	j.g.Edges = slices.DeleteFunc(j.g.Edges, func(e *Edge) bool { return gone[e] })
}

// endAddress is the address of a remote end, without a port.
func endAddress(far *Node) string {
	end := far.fact("remote end")
	if host, _, err := net.SplitHostPort(end); err == nil {
		return host
	}
	return end
}

// agree tells whether what the two ends of a tunnel must have in common is so.
func agree(a, b, far *Node) bool {
	switch a.Kind {
	case "vxlan", "geneve":
		return a.fact("vni") == b.fact("vni") && a.fact("destination port") == b.fact("destination port")
	case "wireguard":
		_, port, err := net.SplitHostPort(far.fact("remote end"))
		return err == nil && port == b.fact("listen port")
	}
	in, out := keys(a.fact("key"))
	farIn, farOut := keys(b.fact("key"))
	local := b.fact("local")
	return in == farOut && out == farIn && (local == "" || local == endAddress(far))
}

// keys takes the fact on a tunnel's keys apart: "5", or "5 in, 6 out".
func keys(fact string) (in, out string) {
	in, out, ok := strings.Cut(strings.TrimSuffix(fact, " out"), " in, ")
	if !ok {
		return fact, fact
	}
	return in, out
}

// finish lets wires end at what stands for their ends now, and puts all in order.
func (j *joiner) finish(names, hidden []string) {
	for _, e := range j.g.Edges {
		for _, end := range []**Node{&e.From, &e.To} {
			if to := j.replaced[*end]; to != nil {
				*end = to
			}
		}
	}
	reached := map[*Node]bool{}
	for _, e := range j.g.Edges {
		reached[e.From], reached[e.To] = true, true
	}
	j.g.Free = slices.DeleteFunc(j.g.Free, func(n *Node) bool { return !reached[n] })
	slices.SortStableFunc(j.g.Free, compareFree)
	slices.SortFunc(j.g.Edges, func(a, b *Edge) int { return cmp.Compare(a.ID, b.ID) })
	if more := len(j.g.Notes) - notesShown; more > 1 {
		j.g.Notes = append(slices.Clip(j.g.Notes[:notesShown]), Note{fmt.Sprintf("and %d more remarks", more)})
	}
	s := j.g.Stats()
	j.g.Title = enumerate(names, 3, ", ")
	parts := []string{plural(len(names), "host"), plural(s.Namespaces, "namespace"), plural(s.Interfaces, "interface")}
	if len(hidden) > 0 {
		parts = append(parts, "filtered: "+strings.Join(hidden, "; "))
	}
	j.g.Subtitle = strings.Join(parts, " · ")
}
