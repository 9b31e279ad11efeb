package graph

import (
	"cmp"
	"fmt"
	"math"
	"net"
	"slices"
	"strings"

	"github.com/hostwire/hostwire/network"
)

// forwards returns all forwarded ports of a namespace.
func forwards(n *network.NetworkNamespace) []*network.ForwardedPort {
	list := make([]*network.ForwardedPort, 0, len(n.ForwardedPortsv4)+len(n.ForwardedPortsv6))
	for i := range n.ForwardedPortsv4 {
		list = append(list, &n.ForwardedPortsv4[i])
	}
	for i := range n.ForwardedPortsv6 {
		list = append(list, &n.ForwardedPortsv6[i])
	}
	return list
}

// addPorts adds a node for each port, or range of ports, that a namespace accepts and passes on,
// and edges from it to the interfaces that serve it. Destinations that share the connections to one
// port share its node.
func (p *projection) addPorts() {
	for _, s := range p.spaces {
		byName := map[string][]*network.ForwardedPort{}
		for _, f := range joinRanges(forwards(s.netns)) {
			if p.opts.Detail != Full && internalRedirect(f) {
				continue
			}
			byName[portName(f)] = append(byName[portName(f)], f)
		}
		names := sortedKeys(byName)
		slices.SortFunc(names, func(a, b string) int { return comparePorts(byName[a][0], byName[b][0]) })
		for _, name := range names {
			p.addPort(s, name, byName[name])
		}
	}
}

// internalRedirect tells redirects that engines set up inside containers for purposes of their own,
// such as to Docker's DNS resolver at 127.0.0.11.
func internalRedirect(f *network.ForwardedPort) bool {
	return f.IP.IsLoopback() && !f.IP.Equal(net.IPv4(127, 0, 0, 1)) && !f.IP.Equal(net.IPv6loopback) &&
		(len(f.ForwardIP) == 0 || f.ForwardIP.IsLoopback())
}

// addPort adds the node of one accepted port with the edges to its destinations.
func (p *projection) addPort(s *space, name string, forwards []*network.ForwardedPort) {
	slices.SortStableFunc(forwards, func(a, b *network.ForwardedPort) int {
		return cmp.Or(compareIP(a.ForwardIP, b.ForwardIP), cmp.Compare(a.ForwardPortMin, b.ForwardPortMin),
			-cmp.Compare(a.Share, b.Share), cmp.Compare(a.Source, b.Source), cmp.Compare(a.Service, b.Service))
	})
	// What several detectors or rules say alike is one destination.
	forwards = slices.CompactFunc(forwards, func(a, b *network.ForwardedPort) bool {
		return a.ForwardIP.Equal(b.ForwardIP) && a.ForwardPortMin == b.ForwardPortMin && a.DestinationNetns == b.DestinationNetns
	})
	n := &Node{
		ID:      p.ids.unique(s.cluster.ID + "--port-" + partsWord(name)),
		Class:   Port,
		Kind:    string(Port),
		Name:    name,
		Cluster: s.cluster,
		Facts:   []Fact{{"protocol", protocolName(forwards[0])}, {"accepted at", strings.TrimPrefix(name, protocolName(forwards[0])+" ")}},
	}
	for _, f := range forwards {
		fact := p.destination(s, f)
		if f.Share > 0 && f.Share < 1 {
			fact += " (" + percent(f.Share) + ")"
		}
		n.Facts = append(n.Facts, Fact{"leads to", fact})
	}
	f := forwards[0]
	n.Facts = append(n.Facts, Fact{"service", f.Service}, Fact{"forwarded by", f.Source})
	n.Facts = slices.DeleteFunc(n.Facts, func(f Fact) bool { return f.Value == "" })
	switch {
	case len(forwards) == 1:
		n.Tag = "→ " + p.destination(s, f)
	case f.Service != "":
		n.Tag = fmt.Sprintf("→ %s ×%d", f.Service, len(forwards))
	default:
		n.Tag = "→ " + plural(len(forwards), "endpoint")
	}
	if len(forwards) == 1 && f.Service != "" && p.opts.Detail != Minimal {
		n.Lines = []string{f.Service}
	}
	s.cluster.Nodes = append(s.cluster.Nodes, n)
	for _, f := range forwards {
		p.forward(n, f)
	}
}

// forward adds the edge from a port's node to the interface that serves it, if there is one.
func (p *projection) forward(n *Node, f *network.ForwardedPort) {
	var to *Node
	nifs := slices.Clone(f.Nifs)
	nifs = slices.DeleteFunc(nifs, func(nif network.Interface) bool { return p.node(nif) == nil })
	if len(f.ForwardIP) == 0 || len(nifs) == 0 {
		return
	}
	slices.SortStableFunc(nifs, func(a, b network.Interface) int {
		return cmp.Or(
			cmp.Compare(noAddress(a, f.ForwardIP), noAddress(b, f.ForwardIP)),
			compareNatural(p.node(a).ID, p.node(b).ID),
		)
	})
	to = p.node(nifs[0])
	label := ""
	if f.Share > 0 && f.Share < 1 {
		label = percent(f.Share)
	}
	e := p.wire(Forward, n, to, label)
	if e == nil {
		return
	}
	e.Directed = true
	if p.opts.Detail != Minimal {
		e.ToLabel = protocolName(f) + " " + target(f)
		e.Served = Served{Protocol: protocolName(f), Ports: targetPorts(f)}
		if manyAddresses(nifs[0], f.ForwardIP) {
			e.Served.Address = strings.TrimSuffix(target(f), ":"+e.Served.Ports)
		}
		e.Served.Told = e.Served.Address == "" && strings.HasSuffix(n.Tag, ":"+e.Served.Ports)
	}
	e.Facts = append(e.Facts,
		Fact{"protocol", protocolName(f)},
		Fact{"accepted at", strings.TrimPrefix(n.Name, protocolName(f)+" ")},
		Fact{"passed on to", target(f)},
	)
	for _, fact := range []Fact{{"share", label}, {"service", f.Service}, {"forwarded by", f.Source}} {
		if fact.Value != "" {
			e.Facts = append(e.Facts, fact)
		}
	}
}

// manyAddresses tells whether an interface has more than one address of an address's family, not
// counting those of the link itself.
func manyAddresses(nif network.Interface, ip net.IP) bool {
	list := nif.Nif().Addrsv6
	if ip.To4() != nil {
		list = nif.Nif().Addrsv4
	}
	n := 0
	for _, a := range list {
		if !a.Address.IsLinkLocalUnicast() {
			n++
		}
	}
	return n > 1
}

// noAddress is 0 if an interface has the address and 1 if not, for sorting.
func noAddress(nif network.Interface, ip net.IP) int {
	a := nif.Nif()
	for _, list := range []network.Addresses{a.Addrsv4, a.Addrsv6} {
		for _, addr := range list {
			if addr.Address.Equal(ip) {
				return 0
			}
		}
	}
	return 1
}

// destination says for people where a forward leads: "web:80", "172.17.0.9:80 (nobody)".
func (p *projection) destination(s *space, f *network.ForwardedPort) string {
	ports := targetPorts(f)
	if len(f.ForwardIP) == 0 { // a redirect to the host itself.
		var names []string
		for _, proc := range f.Processes {
			if name := processName(proc); proc != nil && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		sortNatural(names)
		if len(names) > 0 {
			return "here:" + ports + " " + enumerate(names, 2, ", ")
		}
		return "here:" + ports
	}
	to := p.byNetns[f.DestinationNetns]
	if f.DestinationNetns == nil || to == nil {
		if leavesHost(s.netns, f.ForwardIP) {
			return target(f) + " (not on this host)"
		}
		return target(f) + " (nobody)"
	}
	name := to.name
	if to == s {
		name = f.ForwardIP.String()
		if f.ForwardIP.To4() == nil {
			name = "[" + name + "]"
		}
	}
	text := name + ":" + ports
	if p.sockets && len(f.PIDs) == 0 && len(f.Processes) == 0 {
		text += " (nobody listens)"
	}
	return text
}

// leavesHost tells whether packets to an address leave by hardware or a tunnel, so that somebody on
// another host may take them. It takes the routes of the main table only; policy rules might say
// otherwise.
func leavesHost(n *network.NetworkNamespace, ip net.IP) bool {
	routes := n.Routesv6
	if ip.To4() != nil {
		routes = n.Routesv4
	}
	var best *network.Route
	for i, r := range routes {
		if r.Table != tableMain || !r.Destination.Contains(ip) {
			continue
		}
		if best == nil || cmp.Or(-cmp.Compare(r.DestinationPrefixLen, best.DestinationPrefixLen), cmp.Compare(r.Priority, best.Priority)) < 0 {
			best = &routes[i]
		}
	}
	if best == nil || attrs(best.Nif) == nil {
		return false
	}
	for nif, hops := best.Nif, 0; attrs(nif) != nil && hops < 8; nif, hops = nif.Nif().Lower, hops+1 {
		if kind := kindOf(nif); kind == kindHardware || slices.Contains(overlayKinds, kind) {
			return true
		}
		if b, ok := nif.(network.Bridge); ok {
			return slices.ContainsFunc(b.Bridge().Ports, func(port network.Interface) bool {
				return attrs(port) != nil && kindOf(port) == kindHardware && best.NextHop != nil
			})
		}
	}
	return false
}

// targetPorts are the ports that the accepted ones become: as many, in step, or one for all.
func targetPorts(f *network.ForwardedPort) string {
	if f.ToOne {
		return portRange(f.ForwardPortMin, 0)
	}
	return portRange(f.ForwardPortMin, f.PortMax-f.PortMin)
}

// target is the rewritten destination of a forward: "172.17.0.2:80", "[2001:db8::2]:8000-8010".
func target(f *network.ForwardedPort) string {
	ports := targetPorts(f)
	if len(f.ForwardIP) == 0 {
		return ":" + ports
	}
	return joinHostPorts(f.ForwardIP, ports)
}

// portName names an accepted port or range: "tcp 0.0.0.0:8000-8010".
func portName(f *network.ForwardedPort) string {
	ip := f.IP
	if len(ip) == 0 {
		ip = net.IPv4zero
	}
	return protocolName(f) + " " + joinHostPorts(ip, portRange(f.PortMin, f.PortMax-f.PortMin))
}

func joinHostPorts(ip net.IP, ports string) string {
	if ip.To4() == nil {
		return "[" + ip.String() + "]:" + ports
	}
	return ip.String() + ":" + ports
}

// portRange is a port and as many further ones.
func portRange(first uint16, further uint16) string {
	if further == 0 || int(first)+int(further) > math.MaxUint16 {
		return itoa(int(first))
	}
	return itoa(int(first)) + "-" + itoa(int(first)+int(further))
}

// protocolName is "tcp", "udp" or "sctp", by the range's word or else by the protocol's number.
func protocolName(f *network.ForwardedPort) string {
	if f.ForwardedPortRange.Protocol != "" {
		return strings.ToLower(f.ForwardedPortRange.Protocol)
	}
	return transport(f.Protocol)
}

func transport(proto network.Protocol) string {
	switch proto {
	case 6:
		return "tcp"
	case 17:
		return "udp"
	case 132:
		return "sctp"
	}
	return fmt.Sprintf("protocol-%d", int(proto))
}

func percent(share float64) string {
	if share < 0.01 {
		return "<1%"
	}
	return fmt.Sprintf("%.0f%%", 100*share)
}

// comparePorts orders accepted ports by number, then protocol, then address.
func comparePorts(a, b *network.ForwardedPort) int {
	return cmp.Or(
		cmp.Compare(a.PortMin, b.PortMin),
		cmp.Compare(a.PortMax, b.PortMax),
		cmp.Compare(protocolName(a), protocolName(b)),
		compareIP(a.IP, b.IP),
		cmp.Compare(portName(a), portName(b)),
	)
}
