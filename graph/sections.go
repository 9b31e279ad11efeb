package graph

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hostwire/hostwire/network"
	"github.com/thediveo/lxkns/model"
)

// Lists on cards end after so many lines, and then say how many more there are.
const (
	sectionLines = 24
	tenantLines  = 8 // at less than full detail.
)

// addSections adds the lists below the rows of the cards: who lives on the host's own network, and
// at full detail everywhere all tenants, listening ports and routes.
func (p *projection) addSections() {
	for _, s := range p.spaces {
		full := p.opts.Detail == Full
		if s.kind == Host && p.opts.Detail != Minimal {
			limit := tenantLines
			if full {
				limit = sectionLines
			}
			s.section("containers on this network", p.containerLines(s), limit)
		}
		if !full {
			continue
		}
		if s.kind != Host && len(s.containers)+len(s.others) > 1 {
			var lines []string
			lines = append(lines, p.containerLines(s)...)
			for _, proc := range s.others {
				lines = append(lines, p.processRef(proc))
			}
			s.section("tenants", lines, sectionLines)
		}
		s.section("listening", p.listening(s), sectionLines)
		s.section("routes", p.routes(s), sectionLines)
	}
}

// section adds a list to a card unless it is empty.
func (s *space) section(title string, lines []string, limit int) {
	if len(lines) == 0 {
		return
	}
	if more := len(lines) - limit; more > 0 {
		lines = append(slices.Clip(lines[:limit]), fmt.Sprintf("and %d more", more))
	}
	s.cluster.Sections = append(s.cluster.Sections, Section{Title: title, Lines: lines})
}

// containerLines has a line for each container of a namespace.
func (p *projection) containerLines(s *space) []string {
	var lines []string
	for _, c := range s.containers {
		lines = append(lines, p.containerName(c)+" · "+p.containerText(c))
	}
	return lines
}

// containerText tells of a container its engine, image and first process.
func (p *projection) containerText(c *model.Container) string {
	parts := []string{engineWord(c.Type), shortImage(imageOf(c))}
	if !p.opts.Stable && c.PID != 0 {
		parts = append(parts, fmt.Sprintf("pid %d", c.PID))
	}
	switch status := c.Labels[network.LabelStatus]; {
	case status != "" && status != "running":
		parts = append(parts, status)
	case status == "" && c.Paused:
		parts = append(parts, "paused")
	}
	return strings.Join(nonEmpty(parts), " · ")
}

// listening lists the ports that a namespace's processes listen at: "tcp 0.0.0.0:80 nginx(123)".
func (p *projection) listening(s *space) []string {
	type socket struct {
		*network.ProcessSocket
		addr string
	}
	var sockets []socket
	for _, list := range [][]network.ProcessSocket{s.netns.Portsv4, s.netns.Portsv6} {
		for i := range list {
			if list[i].SimplifiedState == network.Listening {
				port := itoa(int(list[i].LocalPort))
				if p.opts.Stable && list[i].LocalPort >= ephemeralPorts {
					port = "*"
				}
				sockets = append(sockets, socket{&list[i], joinHostPorts(list[i].LocalIP, port)})
			}
		}
	}
	slices.SortStableFunc(sockets, func(a, b socket) int {
		port := func(s socket) uint16 {
			if strings.HasSuffix(s.addr, "*") {
				return ephemeralPorts
			}
			return s.LocalPort
		}
		return cmp.Or(cmp.Compare(port(a), port(b)), cmp.Compare(a.Protocol, b.Protocol), compareIP(a.LocalIP, b.LocalIP))
	})
	var lines []string
	seen := map[string]bool{}
	for _, sock := range sockets {
		var names []string
		for _, proc := range sock.Processes {
			if proc != nil {
				names = append(names, p.processRef(proc))
			}
		}
		sortNatural(names)
		line := transport(sock.Protocol) + " " + sock.addr + " " + enumerate(slices.Compact(names), 3, " ")
		if line = strings.TrimSpace(line); !seen[line] {
			seen[line] = true
			lines = append(lines, line)
		}
	}
	if i := slices.IndexFunc(sockets, func(s socket) bool { return strings.HasSuffix(s.addr, "*") }); i >= 0 {
		// The kernel chose their order, too.
		slices.Sort(lines[slices.IndexFunc(lines, func(l string) bool { return strings.Contains(l, ":*") }):])
	}
	return lines
}

// ephemeralPorts is where the ports begin that the kernel chooses itself, by default
// (net.ipv4.ip_local_port_range).
const ephemeralPorts = 32768

// Tables and types of routes that are worth a word (linux/rtnetlink.h).
const (
	tableLocal  = 255
	tableMain   = 254
	typeUnicast = 1
)

// routes lists a namespace's default routes and those by way of a router, in notation of ip-route:
// "default via 192.0.2.1 dev eth0".
func (p *projection) routes(s *space) []string { return p.routeLines(s.netns, false) }

// routeLines lists a namespace's routes; those into its own subnets only if all are wanted.
func (p *projection) routeLines(n *network.NetworkNamespace, all bool) []string {
	var routes []network.Route
	for _, list := range [][]network.Route{n.Routesv4, n.Routesv6} {
		for _, r := range list {
			if r.Table == tableLocal || !all && r.Type == typeUnicast && r.DestinationPrefixLen != 0 && len(r.NextHop) == 0 {
				continue
			}
			routes = append(routes, r)
		}
	}
	dev := func(r network.Route) string {
		if attrs(r.Nif) == nil {
			return ""
		}
		return p.nifName(r.Nif)
	}
	slices.SortStableFunc(routes, func(a, b network.Route) int {
		return cmp.Or(
			-cmp.Compare(rank(a.Table == tableMain), rank(b.Table == tableMain)),
			cmp.Compare(a.Table, b.Table),
			-cmp.Compare(rank(a.DestinationPrefixLen == 0), rank(b.DestinationPrefixLen == 0)),
			compareIP(a.Destination.IP, b.Destination.IP),
			cmp.Compare(a.DestinationPrefixLen, b.DestinationPrefixLen),
			cmp.Compare(a.Priority, b.Priority),
			compareIP(a.NextHop, b.NextHop),
			compareNatural(dev(a), dev(b)),
		)
	})
	var lines []string
	seen := map[string]bool{}
	for _, r := range routes {
		var words []string
		if r.Type != typeUnicast && r.Type != 0 {
			words = append(words, r.Type.String())
		}
		if r.DestinationPrefixLen == 0 {
			words = append(words, "default")
		} else {
			words = append(words, fmt.Sprintf("%s/%d", r.Destination.IP, r.DestinationPrefixLen))
		}
		if len(r.NextHop) > 0 {
			words = append(words, "via "+r.NextHop.String())
		}
		if d := dev(r); d != "" {
			words = append(words, "dev "+d)
		}
		if r.Table != tableMain && r.Table != 0 {
			words = append(words, fmt.Sprintf("table %d", r.Table))
		}
		if r.Priority != 0 {
			words = append(words, fmt.Sprintf("metric %d", r.Priority))
		}
		if line := strings.Join(words, " "); !seen[line] {
			seen[line] = true
			lines = append(lines, line)
		}
	}
	return lines
}

func rank(first bool) int {
	if first {
		return 1
	}
	return 0
}

// spaceFacts are the facts on a namespace.
func (p *projection) spaceFacts(s *space) []Fact {
	n := s.netns
	facts := []Fact{}
	if s.kind == Host {
		facts = append(facts, Fact{"host name", p.d.Host.Name}, Fact{"system", p.d.Host.OS}, Fact{"kernel", p.d.Host.Kernel})
	}
	if n.Namespace != nil && !p.opts.Stable {
		facts = append(facts, Fact{"namespace", fmt.Sprintf("net:[%d]", n.ID().Ino)})
	}
	for _, path := range n.Paths {
		if p.opts.Stable {
			if path = processRoot().ReplaceAllString(path, "/"); isRandom(path[strings.LastIndexByte(path, '/')+1:]) {
				continue
			}
		}
		facts = append(facts, Fact{"path", path})
	}
	for _, c := range s.containers {
		text := p.containerName(c) + " · " + p.containerText(c)
		facts = append(facts, Fact{"container", text})
		if !p.opts.Stable && c.ID != "" {
			facts = append(facts, Fact{"container id", c.ID})
		}
		facts = append(facts, Fact{"image", imageOf(c)}, Fact{"compose service", c.Labels[labelService]})
	}
	for i, proc := range s.others {
		if i == sectionLines {
			facts = append(facts, Fact{"process", fmt.Sprintf("and %d more", len(s.others)-i)})
			break
		}
		facts = append(facts, Fact{"process", p.processRef(proc)})
	}
	return slices.DeleteFunc(facts, func(f Fact) bool { return f.Value == "" })
}
