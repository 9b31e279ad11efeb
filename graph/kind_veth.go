package graph

import (
	"strings"

	"github.com/hostwire/hostwire/network"
)

// veth, vxcan and netkit: pairs of interfaces, mostly across two namespaces.
func init() {
	register(projector{
		rank:  rankPlain,
		tag:   func(p *projection, nif network.Interface) string { return p.portTag(nif, kindOf(nif)) },
		wires: func(p *projection, nif network.Interface, _ *Node) { p.pair(nif, peerOf(nif)) },
		facts: func(p *projection, nif network.Interface) []Fact {
			return []Fact{{"peer", p.refer(peerOf(nif))}}
		},
	}, "veth", "vxcan")
	register(projector{
		rank: rankPlain,
		tag: func(p *projection, nif network.Interface) string {
			if nk, ok := nif.(network.Netkit); ok && nk.Netkit().Mode != "" {
				return p.portTag(nif, "netkit "+nk.Netkit().Mode)
			}
			return p.portTag(nif, "netkit")
		},
		wires: func(p *projection, nif network.Interface, _ *Node) { p.pair(nif, peerOf(nif)) },
		facts: func(p *projection, nif network.Interface) []Fact {
			nk, ok := nif.(network.Netkit)
			if !ok {
				return nil
			}
			role := "peer"
			if nk.Netkit().Primary {
				role = "primary"
			}
			return []Fact{{"peer", p.refer(nk.Netkit().Peer)}, {"mode", nk.Netkit().Mode}, {"role", role}}
		},
	}, "netkit")
}

// portTag is the tag of an interface that is nothing much besides a port of something: what it is a
// port of, or else tag. A controller with a made-up name goes by the engine's network on it.
func (p *projection) portTag(nif network.Interface, tag string) string {
	c := nif.Nif().Controller
	if attrs(c) == nil {
		return tag
	}
	name := p.nifName(c)
	if _, random := randomStem(c.Nif().Name); random {
		name = strings.Join(p.networksOn(c), ", ")
	}
	switch kindOf(c) {
	case "vrf":
		return strings.TrimSpace("in " + name)
	case "bond", "team":
		return strings.TrimSuffix("member of "+name, " of ")
	}
	return strings.TrimSuffix("port of "+name, " of ")
}
