package graph

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/hostwire/hostwire/network"
	"github.com/hostwire/hostwire/trace"
)

// Way is the way of a packet in words. Names are raw text as read from the system: writers escape
// it.
type Way struct {
	From    string    `json:"from"`              // namespace that sends, as pictures name it.
	Source  string    `json:"source,omitempty"`  // address that it sends from; empty if none.
	To      string    `json:"to"`                // address that it sends to, with the port if there is one.
	Outcome string    `json:"outcome"`           // "arrives", "leaves" (the host) or "stops".
	Reason  string    `json:"reason,omitempty"`  // why it stops, or by what it leaves.
	Arrived string    `json:"arrived,omitempty"` // namespace that it arrives in.
	Steps   []WayStep `json:"steps"`
	Answer  string    `json:"answer,omitempty"` // how answers come back; empty if the packet does not arrive.
	Doubts  []string  `json:"doubts,omitempty"` // why it may be otherwise.

	Path *trace.Path `json:"-"` // the same for programs, to be marked in pictures.
}

// WayStep is one thing that happens to the packet.
type WayStep struct {
	In         string   `json:"in"`   // namespace, as pictures name it.
	Kind       string   `json:"kind"` // "route", "wire", "forward", "deliver".
	What       string   `json:"what"`
	Interfaces []string `json:"interfaces,omitempty"` // those that it passes, as NAMESPACE:NAME.
}

// assumed is what no answer takes into account.
const assumed = "packet filters are not looked at: they may drop it"

// FindWay finds the way of a packet from a namespace, container or interface, or the one with an
// address, to an address, or to the namespace, container or interface of a name. A port may follow
// after a colon, and its protocol after a slash: "web:53/udp". The error says what is wrong with the
// names.
func FindWay(d *network.Discovery, from, to string) (*Way, error) {
	p, err := newFinder(d)
	if err != nil {
		return nil, err
	}
	start, err := p.find(from)
	if err != nil {
		return nil, err
	}
	q := trace.Query{From: start.space.netns, Source: start.addr}
	if start.addr.Is6() && start.addr.IsLinkLocalUnicast() || start.addr.IsLoopback() {
		q.Source = netip.Addr{}
	}
	end, err := p.destinationOf(to, &q)
	if err != nil {
		return nil, err
	}
	opts := trace.Options{Name: p.nameOf}
	path := trace.Trace(d, q, opts)
	for _, addr := range end { // whichever address of a namespace is reached.
		if path.Outcome == trace.Arrives {
			break
		}
		q.To = addr
		if other := trace.Trace(d, q, opts); other.Outcome == trace.Arrives || path.Outcome == trace.Stops && other.Outcome == trace.Leaves {
			path = other
		}
	}
	return p.tell(path, trace.Back(d, path, opts)), nil
}

// destinationOf reads what a packet is sent to into a query. Of a namespace with several addresses,
// it returns the further ones.
func (p *projection) destinationOf(to string, q *trace.Query) (more []netip.Addr, err error) {
	name, protocol, ok := strings.Cut(to, "/")
	if !ok || protocol != "tcp" && protocol != "udp" && protocol != "sctp" {
		name, protocol = to, ""
	}
	if ap, err := netip.ParseAddrPort(name); err == nil {
		q.To, q.Port = ap.Addr(), ap.Port()
	} else if addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(name, "["), "]")); err == nil {
		q.To = addr
	} else {
		host, port := name, ""
		if i := strings.LastIndexByte(name, ':'); i >= 0 && decimal(name[i+1:]) {
			host, port = name[:i], name[i+1:]
		}
		if port != "" {
			n, err := strconv.ParseUint(port, 10, 16)
			if err != nil || n == 0 {
				return nil, fmt.Errorf("%s is no port: there are 1 to 65535", port)
			}
			q.Port = uint16(n)
		}
		t, err := p.find(host)
		if err != nil {
			return nil, err
		}
		addrs := p.addressesOf(t)
		if q.Source.IsValid() {
			addrs = slices.DeleteFunc(addrs, func(a netip.Addr) bool { return a.Is4() != q.Source.Is4() })
		}
		if len(addrs) == 0 {
			return nil, fmt.Errorf("%s has no address to send to", p.fullName(t))
		}
		q.To, more = addrs[0], addrs[1:]
	}
	q.To = q.To.WithZone("")
	switch {
	case q.Port != 0 && protocol == "":
		q.Protocol = "tcp"
	case q.Port == 0 && protocol != "":
		return nil, fmt.Errorf("%s goes with a port, as in %s:80/%s", protocol, name, protocol)
	default:
		q.Protocol = protocol
	}
	return more, nil
}

func decimal(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// tell puts a path, and that of the answers, into words.
func (p *projection) tell(path, back *trace.Path) *Way {
	w := &Way{
		From: p.nameOf(path.From), To: path.Target(), Outcome: string(path.Outcome), Reason: path.Reason,
		Doubts: append(slices.Clone(path.Doubts), assumed), Steps: []WayStep{}, Path: path,
	}
	if path.Source.IsValid() {
		w.Source = path.Source.String()
	}
	for _, s := range path.Steps {
		step := WayStep{In: p.nameOf(s.Netns), Kind: string(s.Kind), What: s.Text}
		for _, nif := range s.Nifs {
			name := p.nameOf(nif.Nif().Netns) + ":" + nif.Nif().Name
			if n := len(step.Interfaces); n == 0 || step.Interfaces[n-1] != name {
				step.Interfaces = append(step.Interfaces, name)
			}
		}
		w.Steps = append(w.Steps, step)
	}
	if path.Outcome != trace.Arrives {
		return w
	}
	w.Arrived = p.nameOf(path.Netns)
	switch {
	case back == nil || path.Netns == path.From:
	case back.Outcome == trace.Arrives && back.Netns == path.From:
		there, home := p.visited(path), p.visited(back)
		slices.Reverse(home)
		if slices.Equal(there, home) {
			w.Answer = "answers come back the same way"
		} else {
			slices.Reverse(home)
			w.Answer = "answers come back another way: " + strings.Join(home, " → ")
		}
	case back.Outcome == trace.Arrives:
		w.Answer = fmt.Sprintf("answers do not come back: they get to %s", p.nameOf(back.Netns))
	default:
		w.Answer = "answers do not come back: " + back.Reason
	}
	if back != nil && path.Netns != path.From {
		for _, doubt := range back.Doubts {
			if !slices.Contains(w.Doubts, doubt) {
				w.Doubts = slices.Insert(w.Doubts, len(w.Doubts)-1, "for answers: "+doubt)
			}
		}
	}
	return w
}

// visited lists the namespaces whose routes a packet takes, and where it ends.
func (p *projection) visited(path *trace.Path) []string {
	var names []string
	for _, s := range path.Steps {
		if s.Kind == trace.Wire {
			continue
		}
		if name := p.nameOf(s.Netns); len(names) == 0 || names[len(names)-1] != name {
			names = append(names, name)
		}
	}
	return names
}
