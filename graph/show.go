package graph

import (
	"cmp"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/hostwire/hostwire/network"
	"github.com/thediveo/lxkns/model"
)

// Shown is one thing in detail: a namespace, a container or an interface. Names and values are raw
// text as read from the system: writers escape it.
type Shown struct {
	Name     string         `json:"name"`             // without doubt: "web", "web:eth0".
	Kind     string         `json:"kind"`             // "host", "container", "pod", …; of an interface "interface".
	Detail   string         `json:"detail,omitempty"` // what it is, in a line.
	Facts    []ShownFact    `json:"facts"`
	Sections []ShownSection `json:"sections"`
}

// ShownFact is one named detail; names may repeat.
type ShownFact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// ShownSection is a list of what belongs to a thing. Lines below an entry are indented by two
// spaces.
type ShownSection struct {
	Title string   `json:"title"`
	Lines []string `json:"lines"`
}

// ShownRow is a namespace in the list of all.
type ShownRow struct {
	Name       string   `json:"name"`
	Kind       string   `json:"kind"`
	Detail     string   `json:"detail,omitempty"`
	Containers []string `json:"containers,omitempty"`
	Interfaces int      `json:"interfaces"` // besides loopback.
	Down       int      `json:"down"`       // how many of these are down.
	Addresses  []string `json:"addresses,omitempty"`
}

// ListSpaces lists all namespaces in the order of pictures.
func ListSpaces(d *network.Discovery) ([]ShownRow, error) {
	p, err := newFinder(d)
	if err != nil {
		return nil, err
	}
	var rows []ShownRow
	for _, s := range p.spaces {
		row := ShownRow{Name: p.nameOf(s.netns), Kind: string(s.kind), Detail: s.cluster.Detail}
		for _, c := range s.containers {
			row.Containers = append(row.Containers, p.containerName(c))
		}
		for _, nif := range p.nifList(s.netns) {
			if nif.Nif().Loopback {
				continue
			}
			row.Interfaces++
			if stateOf(nif.Nif()) == StateDown {
				row.Down++
			}
			for _, addr := range p.addresses(nif.Nif()) {
				if !linkLocalv6(addr.ip) {
					row.Addresses = append(row.Addresses, addr.text)
				}
			}
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// Show tells all that is known of the thing of a name: see FindWay for what names there are. The
// error says what is wrong with the name.
func Show(d *network.Discovery, name string) (*Shown, error) {
	finder, err := newFinder(d)
	if err != nil {
		return nil, err
	}
	t, err := finder.find(name)
	if err != nil {
		return nil, err
	}
	p, err := discovered(d, Options{Detail: Full}, ids{}, "")
	if err != nil {
		return nil, err
	}
	s := &shower{projection: p, edges: p.g.EdgesOf(), space: p.byNetns[t.space.netns]}
	s.out = &Shown{Name: finder.fullName(t), Facts: []ShownFact{}, Sections: []ShownSection{}}
	if t.nif != nil {
		s.nif(t.nif)
	} else {
		s.netns(t.container)
	}
	return s.out, nil
}

// shower is one run of Show.
type shower struct {
	*projection
	edges map[*Node][]*Edge
	space *space
	out   *Shown
}

func (s *shower) facts(facts []Fact) {
	for _, f := range facts {
		if f.Value != "" {
			s.out.Facts = append(s.out.Facts, ShownFact(f))
		}
	}
}

func (s *shower) section(title string, lines []string) {
	if len(lines) > 0 {
		s.out.Sections = append(s.out.Sections, ShownSection{title, lines})
	}
}

// netns shows a namespace, and a container in it if that is what was asked for.
func (s *shower) netns(c *model.Container) {
	sp := s.space
	s.out.Kind, s.out.Detail = string(sp.kind), sp.cluster.Detail
	if c != nil {
		s.out.Kind, s.out.Detail = string(Container), s.containerText(c)
		s.facts([]Fact{{"container id", c.ID}, {"image", imageOf(c)}})
		if len(sp.containers) > 1 || sp.kind != Container {
			s.facts([]Fact{{"in namespace", s.nameOf(sp.netns)}})
		}
		for _, label := range sortedKeys(c.Labels) {
			if label != network.LabelImage && label != network.LabelStatus {
				s.facts([]Fact{{"label " + label, c.Labels[label]}})
			}
		}
	}
	if g := sp.cluster.Group; g != nil {
		s.facts([]Fact{{g.Kind, g.Name}})
	}
	facts := sp.facts
	if c != nil {
		facts = slices.DeleteFunc(slices.Clone(facts), func(f Fact) bool { return f.Name != "namespace" && f.Name != "path" })
	}
	s.facts(facts)
	var nifs, forwards []string
	for _, n := range sp.cluster.Nodes {
		if n.Class == Port {
			forwards = append(forwards, strings.TrimSpace(n.Name+" "+n.Tag)+s.forwardedBy(n))
		} else {
			nifs = append(nifs, s.row(n)...)
		}
	}
	s.section("interfaces", nifs)
	s.section("routes", s.allRoutes(nil))
	s.section("names are resolved", s.dns(c))
	s.section("listening", s.listening(sp))
	s.section("forwarded ports", forwards)
	s.section("forwarded to here", s.forwardedHere(nil))
	var tenants []string
	tenants = append(tenants, s.containerLines(sp)...)
	for _, proc := range sp.others {
		tenants = append(tenants, s.processRef(proc))
	}
	s.section("tenants", tenants)
}

func (s *shower) forwardedBy(n *Node) string {
	if by := n.fact("forwarded by"); by != "" {
		return " (" + by + ")"
	}
	return ""
}

// row tells of an interface in a line, and of its wires in further ones.
func (s *shower) row(n *Node) []string {
	words := []string{n.Name}
	if n.Alias != "" {
		words = append(words, "“"+n.Alias+"”")
	}
	words = append(words, n.Tag)
	if n.State != StateUp {
		words = append(words, string(n.State))
	}
	words = append(words, n.Lines...)
	lines := []string{strings.Join(nonEmpty(words), "  ")}
	for _, e := range s.edges[n] {
		lines = append(lines, "  "+s.wireText(e, n))
	}
	return lines
}

// wireText tells of a wire from one of its ends.
func (s *shower) wireText(e *Edge, from *Node) string {
	other := e.Other(from)
	arrow := "—"
	if e.Directed && from == e.From {
		arrow = "→"
	} else if e.Directed {
		arrow = "←"
	}
	name := other.Name
	if other.Cluster != nil && other.Cluster != from.Cluster {
		name = other.Cluster.Name + ":" + name
	}
	what := string(e.Kind)
	if e.Label != "" {
		what += ", " + e.Label
	}
	if len(other.Lines) > 0 && other.Cluster == nil {
		name += " (" + strings.Join(other.Lines, " ") + ")"
	}
	return arrow + " " + name + "  " + what
}

// nif shows an interface.
func (s *shower) nif(nif network.Interface) {
	n := s.node(nif)
	if n == nil {
		return
	}
	s.out.Kind = "interface"
	s.out.Detail = strings.Join(nonEmpty([]string{n.Tag, stateText(nif.Nif()), "in " + s.nameOf(s.space.netns)}), " · ")
	s.facts(n.Facts)
	var wires []string
	for _, e := range s.edges[n] {
		wires = append(wires, s.wireText(e, n))
		for _, f := range e.Facts {
			wires = append(wires, "  "+f.Name+": "+f.Value)
		}
	}
	s.section("wires", wires)
	s.section("routes", s.allRoutes(nif))
	s.section("listening", s.listening(&space{netns: &network.NetworkNamespace{
		Portsv4: servedBy(nif, s.space.netns.Portsv4),
		Portsv6: servedBy(nif, s.space.netns.Portsv6),
	}}))
	s.section("forwarded to here", s.forwardedHere(nif))
}

// servedBy returns the sockets whose traffic an interface carries.
func servedBy(nif network.Interface, sockets []network.ProcessSocket) (served []network.ProcessSocket) {
	for _, sock := range sockets {
		if slices.ContainsFunc(sock.Nifs, func(other network.Interface) bool { return other.Nif() == nif.Nif() }) {
			served = append(served, sock)
		}
	}
	return served
}

// forwardedHere lists the ports that any namespace forwards to the one shown, or to an interface.
func (s *shower) forwardedHere(nif network.Interface) (lines []string) {
	for _, from := range s.spaces {
		for _, f := range forwards(from.netns) {
			if f.DestinationNetns != s.space.netns || len(f.ForwardIP) == 0 || from == s.space && nif == nil {
				continue
			}
			if nif != nil && !nif.Nif().HasAddress(f.ForwardIP) {
				continue
			}
			var names []string
			for _, proc := range f.Processes {
				names = append(names, s.processRef(proc))
			}
			served := "nobody listens"
			if len(names) > 0 {
				served = "served by " + enumerate(names, 3, ", ")
			}
			if len(names) > 0 || s.sockets {
				served = "; " + served
			} else {
				served = ""
			}
			lines = append(lines, fmt.Sprintf("%s of %s → %s (%s)%s", portName(f), s.nameOf(from.netns), target(f), cmp.Or(f.Source, "forwarded"), served))
		}
	}
	return slices.Compact(lines)
}

// allRoutes lists the routes of the namespace, or those by one interface, but for the table of its
// own addresses.
func (s *shower) allRoutes(nif network.Interface) []string {
	keep := func(routes []network.Route) (kept []network.Route) {
		for _, r := range routes {
			if nif == nil || attrs(r.Nif) == nif.Nif() {
				kept = append(kept, r)
			}
		}
		return kept
	}
	n := s.space.netns
	return s.routeLines(&network.NetworkNamespace{Routesv4: keep(n.Routesv4), Routesv6: keep(n.Routesv6)}, true)
}

// dns tells how the tenants of the namespace resolve names, or one container; those that do it
// alike are named together.
func (s *shower) dns(only *model.Container) (lines []string) {
	type answer struct {
		who  []string
		text []string
	}
	var answers []*answer
	for _, t := range s.space.netns.Tenants {
		if t == nil || t.Process == nil || only != nil && t.Process.Container != only {
			continue
		}
		text := dnsLines(&t.DNS)
		if len(text) == 0 {
			continue
		}
		name := s.processRef(t.Process)
		if t.Process.Container != nil {
			name = s.containerName(t.Process.Container)
		}
		i := slices.IndexFunc(answers, func(a *answer) bool { return slices.Equal(a.text, text) })
		if i < 0 {
			i = len(answers)
			answers = append(answers, &answer{text: text})
		}
		answers[i].who = append(answers[i].who, name)
	}
	for _, a := range answers {
		if len(answers) > 1 {
			lines = append(lines, "by "+enumerate(a.who, 4, ", "))
			for _, l := range a.text {
				lines = append(lines, "  "+l)
			}
		} else {
			lines = append(lines, a.text...)
		}
	}
	return lines
}

// hostsShown is how many names of /etc/hosts are listed.
const hostsShown = 24

func dnsLines(dns *network.DnsConfiguration) (lines []string) {
	add := func(title, value string) {
		if value != "" {
			lines = append(lines, title+" "+value)
		}
	}
	add("host name", cmp.Or(dns.Hostname, dns.EtcHostname))
	if dns.EtcHostname != dns.Hostname && dns.Hostname != "" {
		add("/etc/hostname", dns.EtcHostname)
	}
	add("domain", dns.EtcDomainname)
	var servers []string
	for _, ip := range dns.Nameservers {
		servers = append(servers, ip.String())
	}
	add("name servers", strings.Join(servers, ", "))
	add("search", strings.Join(dns.Searchlist, ", "))
	byAddress := map[string][]string{}
	for name, ip := range dns.Hosts {
		byAddress[ip.String()] = append(byAddress[ip.String()], name)
	}
	addresses := sortedKeys(byAddress)
	slices.SortFunc(addresses, func(a, b string) int { return compareIP(net.ParseIP(a), net.ParseIP(b)) })
	for i, ip := range addresses {
		if i == hostsShown {
			lines = append(lines, fmt.Sprintf("and %d more addresses in /etc/hosts", len(addresses)-i))
			break
		}
		slices.Sort(byAddress[ip])
		add("/etc/hosts", ip+" "+enumerate(byAddress[ip], 8, " "))
	}
	return lines
}
