package trace

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/hostwire/hostwire/network"
)

// ownRules are the sources whose rules are for the packets of the namespace itself, too, other than
// to loopback addresses.
var ownRules = []string{"docker", "podman", "cni", "kube-proxy"}

// plainRules are the sources whose rules are for whatever their authors wanted.
var plainRules = []string{"nftables", "iptables", "firewalld", "libvirt"}

// byProcess tells whether a process passes connections on, rather than the kernel's packet filter.
func byProcess(source string) bool {
	return !slices.Contains(plainRules, source) && !slices.Contains(ownRules, source)
}

// forwards applies what the namespace forwards to a packet, unless nothing fits. It returns the
// namespace that the packet is taken into, where that is not by the routes; nil otherwise.
func (p *packet) forwards(n *network.NetworkNamespace, in network.Interface) *network.NetworkNamespace {
	if p.Port == 0 {
		return nil
	}
	fits := p.fitting(n, in)
	if len(fits) == 0 {
		return nil
	}
	f := fits[0]
	to := p.Dest
	if addr, ok := netip.AddrFromSlice(f.ForwardIP); ok {
		to = addr.Unmap()
	}
	port := f.ForwardPortMin
	if !f.ToOne {
		port += p.Port - f.PortMin
	}
	if to == p.Dest && port == p.Port && len(f.ForwardIP) > 0 {
		return nil // nothing is rewritten.
	}
	what := f.Source
	if f.Service != "" {
		what += " (" + f.Service + ")"
	}
	verb := "rewrites"
	if byProcess(f.Source) {
		verb = "passes on"
	}
	text := fmt.Sprintf("%s %s %s to %s", what, verb, joined(p.Dest, p.Port, p.Protocol), joined(to, port, ""))
	p.Steps = append(p.Steps, Step{Kind: Forward, Netns: n, Text: text, Forward: f, Nifs: destination(f)})
	if len(fits) > 1 {
		p.doubt("%s has %d destinations for %s, and connections go to one or the other", p.t.name(n), len(fits), joined(p.Dest, p.Port, p.Protocol))
	}
	if !byProcess(f.Source) {
		p.doubt("the rule of %s in %s may be for packets from some interfaces or sources only, which is not known", f.Source, p.t.name(n))
	}
	p.Dest, p.Port = to, port
	p.seen[place{n, to, port}] = true // it is looked up right here.
	if byProcess(f.Source) && f.DestinationNetns != nil && f.DestinationNetns != n {
		if _, routed := isLocal(n, to); !routed && lookup(n, to, nil) == nil {
			return f.DestinationNetns
		}
	}
	return nil
}

// destination is the interface that a forward leads to, as a list; nil if there is none.
func destination(f *network.ForwardedPort) []network.Interface {
	if len(f.Nifs) == 0 {
		return nil
	}
	return []network.Interface{f.Nifs[0]}
}

// fitting returns the forwards for a packet, by the kernel's rules before by processes, for its very
// address before for any.
func (p *packet) fitting(n *network.NetworkNamespace, in network.Interface) []*network.ForwardedPort {
	list := n.ForwardedPortsv6
	if p.Dest.Is4() {
		list = n.ForwardedPortsv4
	}
	_, local := isLocal(n, p.Dest)
	best := 0
	var fits []*network.ForwardedPort
	for i := range list {
		f := &list[i]
		if p.Port < f.PortMin || p.Port > f.PortMax || protocolOf(f) != p.Protocol {
			continue
		}
		addr, ok := netip.AddrFromSlice(f.IP)
		rank := 2
		switch {
		case ok && addr.Unmap() == p.Dest:
			rank = 3
		case ok && !addr.IsUnspecified(), !local:
			continue // for another address, or passing by.
		}
		if byProcess(f.Source) {
			rank -= 2
			if !local {
				continue
			}
		} else if in == nil && !p.own(n, f) {
			continue
		}
		switch rank++; {
		case rank > best:
			best, fits = rank, []*network.ForwardedPort{f}
		case rank == best:
			fits = append(fits, f)
		}
	}
	return fits
}

// own tells whether a rule of the kernel's is for the namespace's own packets, too.
func (p *packet) own(n *network.NetworkNamespace, f *network.ForwardedPort) bool {
	if slices.Contains(ownRules, f.Source) {
		return !p.Dest.IsLoopback()
	}
	p.doubt("whether the rule of %s in %s is for the packets of %s itself, too, is not known: taken for not", f.Source, p.t.name(n), p.t.name(n))
	return false
}

func protocolOf(f *network.ForwardedPort) string {
	if f.ForwardedPortRange.Protocol != "" {
		return strings.ToLower(f.ForwardedPortRange.Protocol)
	}
	return strings.ToLower(f.Protocol.String())
}

// joined writes an address with a port and its protocol.
func joined(addr netip.Addr, port uint16, protocol string) string {
	text := netip.AddrPortFrom(addr, port).String()
	if protocol != "" {
		text = protocol + " " + text
	}
	return text
}

// Target writes what a path leads to: an address, with the port if there is one.
func (q Query) Target() string {
	if q.Port == 0 {
		return q.To.String()
	}
	text := netip.AddrPortFrom(q.To, q.Port).String()
	if q.Protocol != "" && q.Protocol != "tcp" {
		text += "/" + q.Protocol
	}
	return text
}
