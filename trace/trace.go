package trace

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/hostwire/hostwire/network"
	"github.com/thediveo/lxkns/model"
	"golang.org/x/sys/unix"
)

// maxHops bounds the namespaces that a packet is followed through.
const maxHops = 32

// maxDoubts bounds the doubts of an answer. Nobody reads more.
const maxDoubts = 100

// tracer answers queries about one discovery.
type tracer struct {
	opts      Options
	netns     []*network.NetworkNamespace // in a fixed order.
	listeners bool                        // whether sockets were discovered at all.
	spent     int                         // passages looked at so far.
}

// Trace follows a packet. The discovery is not changed.
func Trace(d *network.Discovery, q Query, opts Options) *Path {
	return newTracer(d, opts).trace(q, 0)
}

func newTracer(d *network.Discovery, opts Options) *tracer {
	t := &tracer{opts: opts}
	for _, n := range d.Netns {
		if n != nil {
			t.netns = append(t.netns, n)
			t.listeners = t.listeners || len(n.Portsv4)+len(n.Portsv6) > 0
		}
	}
	names := map[*network.NetworkNamespace]string{}
	for _, n := range t.netns {
		names[n] = fmt.Sprintf("%s\x00%s", opts.name(n), strings.Join(n.Paths, "\x00"))
	}
	slices.SortFunc(t.netns, func(a, b *network.NetworkNamespace) int { return strings.Compare(names[a], names[b]) })
	return t
}

func (t *tracer) name(n *network.NetworkNamespace) string { return t.opts.name(n) }

// full names an interface with its namespace.
func (t *tracer) full(nif network.Interface) string {
	return t.name(nif.Nif().Netns) + ":" + nif.Nif().Name
}

// packet is what is on its way.
type packet struct {
	*Path
	t     *tracer
	depth int
	seen  map[place]bool
}

// place is where a packet has been already.
type place struct {
	netns *network.NetworkNamespace
	dest  netip.Addr
	port  uint16
}

// trace is [Trace], for packets that may be those of a tunnel.
func (t *tracer) trace(q Query, depth int) *Path {
	q.To, q.Source = q.To.Unmap(), q.Source.Unmap()
	p := &packet{
		Path: &Path{Query: q, Outcome: Stops, Source: q.Source, Dest: q.To, Port: q.Port, listeners: t.listeners},
		t:    t, depth: depth, seen: map[place]bool{},
	}
	switch {
	case !q.To.IsValid() || q.To.IsUnspecified():
		p.Reason = "there is no address to send to"
	case q.To.IsMulticast():
		p.Reason = fmt.Sprintf("%s is a multicast group: there is no single way", q.To)
	case q.Source.IsValid() && q.Source.Is4() != q.To.Is4():
		p.Reason = fmt.Sprintf("%s and %s are of different families", q.Source, q.To)
	case q.Source.IsValid() && !sendsFrom(q.From, q.Source):
		p.Reason = fmt.Sprintf("%s cannot send from %s%s", t.name(q.From), q.Source, t.elsewhere(q.Source, q.From))
	default:
		p.run(q.From)
	}
	if !t.spend(0) {
		p.Doubts = append(p.Doubts, "there is more than is followed of what this leads to")
	}
	return p.Path
}

// run follows the packet from namespace to namespace.
func (p *packet) run(n *network.NetworkNamespace) {
	var in network.Interface
	for range maxHops {
		if p.seen[place{n, p.Dest, p.Port}] {
			p.Reason = fmt.Sprintf("it is sent in circles: %s has had it before", p.t.name(n))
			return
		}
		p.seen[place{n, p.Dest, p.Port}] = true
		if into := p.forwards(n, in); into != nil { // a process passes it on into another namespace.
			n, in = into, nil
			if nif, ok := isLocal(n, p.Dest); ok {
				p.arrive(n, nif)
				return
			}
			continue
		}
		if nif, ok := isLocal(n, p.Dest); ok {
			p.arrive(n, nif)
			return
		}
		if in != nil && p.Dest.Is6() && p.Dest.IsLinkLocalUnicast() {
			p.Reason = fmt.Sprintf("%s does not forward to link-local addresses", p.t.name(n)) // RFC 4291, section 2.5.6.
			return
		}
		next, by := p.hop(n, in)
		if next == nil {
			return
		}
		n, in = next, by
	}
	p.Reason = fmt.Sprintf("it is in the %dth namespace and still not there", maxHops)
}

func (p *packet) doubt(format string, args ...any) {
	if len(p.Doubts) >= maxDoubts {
		return
	}
	if text := fmt.Sprintf(format, args...); !slices.Contains(p.Doubts, text) {
		p.Doubts = append(p.Doubts, text)
	}
}

// arrive ends the way in a namespace that has the address.
func (p *packet) arrive(n *network.NetworkNamespace, nif network.Interface) {
	p.Outcome, p.Netns, p.Nif = Arrives, n, nif
	if !p.Source.IsValid() {
		p.Source = p.Dest // to oneself.
	}
	step := Step{Kind: Deliver, Netns: n, Text: fmt.Sprintf("%s is its own", p.Dest)}
	if nif != nil {
		step.Text += ", on " + nif.Nif().Name
		step.Nifs = []network.Interface{nif}
	}
	if p.Query.Port != 0 {
		p.serve(n)
		switch {
		case len(p.Servers) > 0:
			step.Text += fmt.Sprintf("; %s port %d is served by %s", p.Protocol, p.Port, processes(p.Servers))
		case p.listeners:
			step.Text += fmt.Sprintf("; nobody listens at %s port %d", p.Protocol, p.Port)
		}
	}
	p.Steps = append(p.Steps, step)
	p.otherTables(n, nil)
}

// serve finds the processes that listen at the destination.
func (p *packet) serve(n *network.NetworkNamespace) {
	sockets := n.Portsv6
	if p.Dest.Is4() {
		sockets = n.Portsv4
	}
	for i := range sockets {
		s := &sockets[i]
		addr, ok := netip.AddrFromSlice(s.LocalIP)
		if s.SimplifiedState != network.Listening || s.LocalPort != p.Port || !strings.EqualFold(s.Protocol.String(), p.Protocol) ||
			!ok || !addr.IsUnspecified() && addr.Unmap() != p.Dest {
			continue
		}
		for _, proc := range s.Processes {
			if proc != nil && !slices.Contains(p.Servers, proc) {
				p.Servers = append(p.Servers, proc)
			}
		}
	}
	slices.SortFunc(p.Servers, func(a, b *model.Process) int { return int(a.PID) - int(b.PID) })
}

// otherTables doubts the answer where there are routes that were not looked at.
func (p *packet) otherTables(n *network.NetworkNamespace, in network.Interface) {
	if others := otherTables(n, p.Dest, in); len(others) > 0 {
		words := strings.Trim(fmt.Sprint(others), "[]")
		p.doubt("%s has routes in other tables (%s), too, and the rules that lead there are not known", p.t.name(n), words)
	}
}

// hop takes the packet from one namespace to the next: by the route, and over all that is between
// the interface and the next hop. The namespace is nil where the way ends.
func (p *packet) hop(n *network.NetworkNamespace, in network.Interface) (*network.NetworkNamespace, network.Interface) {
	p.otherTables(n, in)
	if in != nil && !p.passesOn(n, in) {
		return nil, nil
	}
	routes := lookup(n, p.Dest, in)
	if len(routesOf(n, p.Dest)) == 0 {
		if routes = connected(n, p.Dest); len(routes) > 0 {
			p.doubt("the routes of %s are not known: taken for those of its addresses", p.t.name(n))
		}
	}
	if p.Dest.Is6() && p.Dest.IsLinkLocalUnicast() && len(routes) > 1 {
		p.doubt("%s is on each link: the first one is followed", p.Dest)
	}
	switch {
	case len(routes) == 0 || p.Dest.IsLoopback():
		p.Reason = fmt.Sprintf("%s has no route to %s%s", p.t.name(n), p.Dest, p.t.elsewhere(p.Dest, n))
		return nil, nil
	case routes[0].Type == unix.RTN_BROADCAST:
		p.Reason = fmt.Sprintf("%s is a broadcast address in %s: there is no single way", p.Dest, p.t.name(n))
		return nil, nil
	case routes[0].Type != unix.RTN_UNICAST:
		p.Reason = fmt.Sprintf("%s has a route that says so: %s", p.t.name(n), routeText(&routes[0]))
		return nil, nil
	}
	// Of ways of equal worth, packets take one by their addresses and ports: the first that leads
	// anywhere is told, and that there are others.
	var first *attempt
	for i := range routes {
		a := p.try(n, &routes[i])
		if first == nil || !first.leads() && a.leads() {
			first = a
		}
	}
	if len(routes) > 1 {
		p.doubt("%s has %d routes to %s of equal worth, and packets take one or the other", p.t.name(n), len(routes), p.Dest)
	}
	return p.take(n, first)
}

// passesOn tells whether the namespace forwards what comes in by an interface for others.
func (p *packet) passesOn(n *network.NetworkNamespace, in network.Interface) bool {
	setting := in.Nif().Forwardingv6
	if p.Dest.Is4() {
		setting = in.Nif().Forwardingv4
	}
	switch setting {
	case "off":
		p.Reason = fmt.Sprintf("%s does not forward what comes in by %s for others (%s)%s", p.t.name(n), in.Nif().Name,
			map[bool]string{true: "net.ipv4.ip_forward", false: "net.ipv6.conf.all.forwarding"}[p.Dest.Is4()], p.t.elsewhere(p.Dest, n))
		return false
	case "":
		p.doubt("%s must forward for others, and whether it does is not known", p.t.name(n))
	}
	return true
}

// attempt is what became of a route.
type attempt struct {
	route   *network.Route
	nextHop netip.Addr
	out     network.Interface
	flood   *flood // nil if nothing could be sent.
	at      int    // visit at which the next hop is; -1 if nowhere.
	found   network.Interface
	rivals  []network.Interface
}

// leads tells whether the packet gets anywhere.
func (a *attempt) leads() bool { return a.at >= 0 || a.flood != nil && len(a.flood.exits) > 0 }

// try looks for the next hop of a route.
func (p *packet) try(n *network.NetworkNamespace, r *network.Route) *attempt {
	a := &attempt{route: r, at: -1, nextHop: p.Dest}
	if hop, ok := netip.AddrFromSlice(r.NextHop); ok && !hop.IsUnspecified() {
		a.nextHop = hop.Unmap()
	}
	if r.Nif == nil {
		return a
	}
	a.out = r.Nif.Interface()
	a.flood = p.t.floodFrom(a.out, p.Dest, p.depth)
	if addressless(a.out) {
		if len(a.flood.reached) > 0 {
			a.at = a.flood.reached[0]
			a.found = a.flood.visits[a.at].nif.Interface()
		}
		return a
	}
	a.at, a.found, a.rivals = a.flood.who(a.nextHop)
	return a
}

// take goes the way that was found, or says why there is none.
func (p *packet) take(n *network.NetworkNamespace, a *attempt) (*network.NetworkNamespace, network.Interface) {
	p.Steps = append(p.Steps, Step{Kind: Route, Netns: n, Text: "route " + routeText(a.route)})
	if !p.Source.IsValid() && a.out != nil {
		p.Source = sourceFor(n, a.out, a.nextHop)
	}
	hop := a.nextHop.String()
	if a.nextHop != p.Dest {
		hop = "next hop " + hop
	}
	switch {
	case a.at >= 0:
		steps, doubts := a.flood.steps(a.at)
		p.walk(steps)
		for _, d := range doubts {
			p.doubt("%s", d)
		}
		if len(a.rivals) > 0 {
			p.doubt("%s is on %s, too, and both would answer", a.nextHop, p.t.full(a.rivals[0]))
		}
		by := a.flood.visits[a.at].nif.Interface()
		return by.Nif().Netns, by
	case a.flood == nil:
		p.Reason = fmt.Sprintf("the interface that %s names is not there", routeText(a.route))
	case len(a.flood.exits) > 0:
		e := a.flood.exits[0]
		steps, doubts := a.flood.steps(e.at)
		p.walk(steps)
		for _, d := range doubts {
			p.doubt("%s", d)
		}
		p.Outcome = Leaves
		p.Reason = fmt.Sprintf("%s is nowhere on this host: it %s", hop, e.text)
		if len(a.flood.exits) > 1 {
			p.doubt("there are %d ways out of this host", len(a.flood.exits))
		}
	default:
		first, _ := a.flood.steps(0)
		p.walk(first)
		p.Reason = p.t.nobody(n, a, hop)
		for i := range a.flood.visits { // it might be one of these.
			for _, d := range a.flood.visits[i].doubts {
				p.doubt("%s", d)
			}
		}
	}
	return nil, nil
}

// nobody says why nobody answers for the next hop.
func (t *tracer) nobody(n *network.NetworkNamespace, a *attempt, hop string) string {
	if down(a.out) {
		return fmt.Sprintf("%s is down", t.full(a.out))
	}
	text := fmt.Sprintf("nobody that %s leads to has %s", t.full(a.out), hop)
	var why []string
	for _, owner := range t.owners(a.nextHop) {
		if down(owner) {
			why = append(why, fmt.Sprintf("%s has it, but is down", t.full(owner)))
		}
	}
	if len(why) == 0 {
		for _, b := range a.flood.blocks {
			why = append(why, b.text)
		}
	}
	if len(why) > 3 {
		why = append(why[:3], fmt.Sprintf("and %d more", len(why)-3))
	}
	if len(why) > 0 {
		return text + ": " + strings.Join(why, ", ")
	}
	return text + t.elsewhere(a.nextHop, n)
}

// owners returns the interfaces that have an address, wherever they are.
func (t *tracer) owners(addr netip.Addr) (owners []network.Interface) {
	for _, n := range t.netns {
		nifs := n.NifList()
		nifs.Sort()
		for _, nif := range nifs {
			if nif.Nif().HasAddress(addr.AsSlice()) {
				owners = append(owners, nif)
			}
		}
	}
	return owners
}

// sendsFrom tells whether the namespace can send from an address.
func sendsFrom(n *network.NetworkNamespace, addr netip.Addr) bool {
	_, local := isLocal(n, addr)
	return local
}

// Back follows the answer to a packet that arrived.
func Back(d *network.Discovery, p *Path, opts Options) *Path {
	if p.Outcome != Arrives || !p.Source.IsValid() {
		return nil
	}
	q := Query{From: p.Netns, To: p.Source}
	if p.Query.To == p.Dest { // else what rewrote the packet rewrites the answer.
		q.Source = p.Dest
	}
	return Trace(d, q, opts)
}

// elsewhere says who has an address that is not reached.
func (t *tracer) elsewhere(addr netip.Addr, from *network.NetworkNamespace) string {
	if addr.IsLoopback() || addr.Is6() && addr.IsLinkLocalUnicast() {
		return ""
	}
	owners := t.owners(addr)
	switch {
	case len(owners) == 0:
		return "" // it may be on another host.
	case owners[0].Nif().Netns == from && down(owners[0]):
		return fmt.Sprintf(", which is on %s, and that is down", t.full(owners[0]))
	}
	return fmt.Sprintf(", which is on %s", t.full(owners[0]))
}

// walk adds steps; those without words hand their interfaces to the step before.
func (p *packet) walk(steps []Step) {
	for _, s := range steps {
		if s.Text != "" {
			p.Steps = append(p.Steps, s)
		} else if last := &p.Steps[len(p.Steps)-1]; len(s.Nifs) > 0 {
			last.Nifs = append(slices.Clip(last.Nifs), s.Nifs...)
		}
	}
}

// processes names processes for people.
func processes(procs []*model.Process) string {
	var names []string
	for _, p := range procs {
		if p != nil {
			names = append(names, fmt.Sprintf("%s(%d)", p.Name, p.PID))
		}
	}
	switch {
	case len(names) == 0:
		return "nobody"
	case len(names) > 3:
		return fmt.Sprintf("%s and %d more", strings.Join(names[:3], ", "), len(names)-3)
	}
	return strings.Join(names, ", ")
}
