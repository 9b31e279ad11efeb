package graph

import (
	"cmp"
	"fmt"
	"net"
	"slices"
	"strconv"

	"github.com/hostwire/hostwire/network"
	"github.com/thediveo/lxkns/model"
)

// wirePair is what tells edges apart: no two edges of one kind join the same nodes.
type wirePair struct {
	kind     EdgeKind
	from, to *Node
	label    string
}

// wire adds an edge unless it is there already; it returns the edge, or nil where an end is
// missing.
func (p *projection) wire(kind EdgeKind, from, to *Node, label string) *Edge {
	if from == nil || to == nil || from == to {
		return nil
	}
	pair := wirePair{kind, from, to, label}
	if e := p.wired[pair]; e != nil {
		return e
	}
	e := &Edge{
		ID:    p.ids.unique("wire-" + string(kind) + "--" + from.ID + "--" + to.ID),
		Kind:  kind,
		From:  from,
		To:    to,
		Label: label,
		Count: 1,
	}
	p.wired[pair] = e
	p.g.Edges = append(p.g.Edges, e)
	return e
}

// The wires of a picture are of a closed set of kinds, since style sheets, legends and scripts
// count on it. Kinds of interfaces without a wire kind of their own borrow the one of their nearest
// relative, and then the wire is labelled with the kernel's name of what it really is.
var (
	// wires from an interface to its controller, by the controller's kind.
	controllerWires = map[string]EdgeKind{
		"bridge":      Bridge,
		"bond":        Bond,
		"team":        Team,
		"vrf":         Vrf,
		"openvswitch": Ovs,
		"hsr":         Bond, // like a bond, one interface made of two.
		"prp":         Bond,
	}
	// wires from an interface to the one it stands on, by the kind of the upper one.
	lowerWires = map[string]EdgeKind{
		"vlan":    Vlan,
		"macvlan": Macvlan,
		"macvtap": Macvlan,
		"ipvlan":  Ipvlan,
		"ipvtap":  Ipvlan,
		"vxlan":   Vxlan,
	}
	// overlay kinds draw the wires to lower interfaces and remote ends as VXLAN does.
	overlayKinds = []string{
		"vxlan", "geneve", "gre", "gretap", "erspan", "ip6gre", "ip6gretap", "ip6erspan",
		"ipip", "sit", "ip6tnl", "vti", "vti6", "xfrm", "wireguard", "bareudp", "gtp", "l2tp",
	}
)

// controllerWire returns kind and label of the wire to a controller. An unknown kind of controller
// is taken for a switch of some sort.
func controllerWire(controllerKind string) (EdgeKind, string) {
	kind, known := controllerWires[controllerKind]
	if !known {
		return Bridge, controllerKind
	}
	if string(kind) == controllerKind || kind == Ovs {
		return kind, ""
	}
	return kind, controllerKind
}

// lowerWire returns kind and label of the wire to a lower interface. Interfaces of unknown kind on
// top of another are taken for something like a VLAN: MACsec, IPoIB and DSA ports are.
func lowerWire(upperKind string) (EdgeKind, string) {
	if kind, known := lowerWires[upperKind]; known {
		return kind, ""
	}
	if slices.Contains(overlayKinds, upperKind) {
		return Vxlan, upperKind
	}
	return Vlan, upperKind
}

// addWires adds the edges between interfaces, and from them to remote ends and processes.
func (p *projection) addWires() {
	for _, s := range p.spaces {
		for _, nif := range s.nifs {
			n, a := p.node(nif), nif.Nif()
			if controller := p.node(a.Controller); controller != nil {
				kind, label := controllerWire(controller.Kind)
				if e := p.wire(kind, n, controller, label); e != nil && a.BridgePort != nil {
					e.Facts = append(e.Facts, Fact{"port state", a.BridgePort.State})
					if vlans := portVLANs(a); vlans != "" {
						e.Facts = append(e.Facts, Fact{"port vlans", vlans})
					}
				}
			}
			if pf := p.node(a.PF); pf != nil {
				p.wire(Sriov, n, pf, "")
			}
			if wires := projectorOf(nif).wires; wires != nil {
				wires(p, nif, n)
				continue
			}
			p.lower(nif, n, a.Lower)
		}
	}
}

// lower adds the wire from an interface to the one it stands on.
func (p *projection) lower(nif network.Interface, n *Node, lower network.Interface) {
	if to := p.node(lower); to != nil {
		kind, label := lowerWire(n.Kind)
		p.wire(kind, n, to, label)
	}
}

// pair adds the one wire between two interfaces that are each other's peers, with the first one in
// drawing order as its From. Where the two do not agree, the model saw a change in between, and a
// wire could be wrong. Pairs of other kinds than veth are labelled with their kind.
func (p *projection) pair(nif, peer network.Interface) {
	from, to := p.node(nif), p.node(peer)
	if from == nil || to == nil || from == to {
		return
	}
	back := attrs(peerOf(peer))
	if back != nif.Nif() && (back != nil || peer.Nif().Unresolved != "") {
		p.note(fmt.Sprintf("%s and %s changed while they were looked at: no wire is drawn", p.refer(nif), p.refer(peer)))
		return
	}
	label := ""
	if from.Kind != string(Veth) {
		label = from.Kind
	}
	if p.wired[wirePair{Veth, to, from, label}] == nil {
		p.wire(Veth, from, to, label)
	}
}

// remotesShown is how many remote ends of one interface have a node each.
const remotesShown = 6

// remote is a far end of an overlay, on some other host.
type remote struct {
	name string // "239.1.1.1:4789"
	line string // what must agree at both ends, such as the VNI; may be empty.
}

// remoteWires adds the edges from an overlay interface to its remote ends. All interfaces with the
// same remote end share its node; of very many, most share one node that counts them.
func (p *projection) remoteWires(n *Node, family string, ends []remote) {
	slices.SortFunc(ends, func(a, b remote) int {
		return cmp.Or(compareNatural(a.name, b.name), compareNatural(a.line, b.line))
	})
	ends = slices.Compact(ends)
	label := ""
	if family != "vxlan" {
		label = family
	}
	shown := ends
	if len(ends) > remotesShown+1 {
		shown = ends[:remotesShown]
	}
	for _, end := range shown {
		key := family + " " + end.name + " " + end.line
		far := p.remotes[key]
		if far == nil {
			id := "remote-" + word(family) + "-" + partsWord(end.name)
			if end.line != "" {
				id += "-" + partsWord(end.line)
			}
			far = &Node{
				ID:    p.ids.unique(p.prefix + id),
				Class: Remote,
				Kind:  string(Remote),
				Name:  end.name,
				Facts: []Fact{{"remote end", end.name}, {"kind", family}},
			}
			if end.line != "" {
				far.Lines = []string{end.line}
				far.Facts = append(far.Facts, Fact{"network", end.line})
			}
			p.remotes[key] = far
			p.g.Free = append(p.g.Free, far)
		}
		p.wire(Vxlan, n, far, label)
	}
	rest := ends[len(shown):]
	if len(rest) == 0 {
		return
	}
	more := &Node{
		ID:    p.ids.unique("remote-more--" + n.ID),
		Class: Remote,
		Kind:  string(Remote),
		Name:  fmt.Sprintf("%d more", len(rest)),
		Lines: []string{"remote ends of " + n.Name},
		Count: len(rest),
		Facts: []Fact{{"kind", family}},
	}
	names := make([]string, len(rest))
	for i, end := range rest {
		names[i] = end.name
	}
	more.Facts = append(more.Facts, bounded("remote end", names)...)
	p.g.Free = append(p.g.Free, more)
	if e := p.wire(Vxlan, n, more, label); e != nil {
		e.Count = len(rest)
	}
}

// processWires adds the edges from an interface to the processes on its other side.
func (p *projection) processWires(n *Node, procs []*model.Process) {
	procs = slices.Clone(procs)
	slices.SortFunc(procs, compareProcesses)
	for _, proc := range procs {
		far := p.procs[proc]
		if far == nil {
			far = &Node{
				ID:    p.ids.unique(p.prefix + "process-" + word(processName(proc))),
				Class: Proc,
				Kind:  string(Proc),
				Name:  processName(proc),
				Facts: []Fact{{"process", processName(proc)}},
			}
			if !p.opts.Stable {
				far.Lines = []string{fmt.Sprintf("pid %d", proc.PID)}
				far.Facts = append(far.Facts, Fact{"pid", strconv.Itoa(int(proc.PID))})
			}
			p.procs[proc] = far
			p.g.Free = append(p.g.Free, far)
		}
		p.wire(Tuntap, n, far, "")
	}
}

// hostPort joins address and port; IPv6 addresses stand in brackets.
func hostPort(ip net.IP, port uint16) string {
	return net.JoinHostPort(ip.String(), strconv.Itoa(int(port)))
}
