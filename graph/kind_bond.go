package graph

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/hostwire/hostwire/network"
)

// bond, team, vrf, hsr: interfaces that others are members of.
func init() {
	register(projector{
		rank: rankController,
		tag: func(_ *projection, nif network.Interface) string {
			if b, ok := nif.(network.Bond); ok {
				return strings.TrimSpace("bond " + b.Bond().Mode)
			}
			return "bond"
		},
		lines: func(p *projection, nif network.Interface) []string {
			if b, ok := nif.(network.Bond); ok {
				if active := attrs(b.Bond().Active); active != nil {
					return []string{"active " + p.nifName(b.Bond().Active)}
				}
			}
			return nil
		},
		facts: func(p *projection, nif network.Interface) []Fact {
			b, ok := nif.(network.Bond)
			if !ok {
				return nil
			}
			facts := []Fact{{"mode", b.Bond().Mode}, {"active member", p.refer(b.Bond().Active)}}
			return append(facts, p.members(b.Bond().Members)...)
		},
	}, "bond")
	register(projector{
		rank: rankController,
		facts: func(p *projection, nif network.Interface) []Fact {
			if t, ok := nif.(network.Team); ok {
				return p.members(t.Team().Members)
			}
			return nil
		},
	}, "team")
	register(projector{
		rank: rankController,
		tag: func(_ *projection, nif network.Interface) string {
			if v, ok := nif.(network.Vrf); ok && v.Vrf().Table != 0 {
				return fmt.Sprintf("vrf table %d", v.Vrf().Table)
			}
			return "vrf"
		},
		facts: func(p *projection, nif network.Interface) []Fact {
			v, ok := nif.(network.Vrf)
			if !ok {
				return nil
			}
			facts := []Fact{{"routing table", strconv.Itoa(int(v.Vrf().Table))}}
			return append(facts, p.members(v.Vrf().Members)...)
		},
	}, "vrf")
	register(projector{
		rank: rankController,
		tag: func(_ *projection, nif network.Interface) string {
			if h, ok := nif.(network.Hsr); ok && h.Hsr().Protocol != "" {
				return h.Hsr().Protocol
			}
			return kindOf(nif)
		},
		wires: func(p *projection, nif network.Interface, n *Node) {
			h, ok := nif.(network.Hsr)
			if !ok {
				return
			}
			for i, port := range []network.Interface{h.Hsr().PortA, h.Hsr().PortB} {
				if from := p.node(port); from != nil {
					p.wire(Bond, from, n, n.Tag+" "+"AB"[i:i+1])
				}
			}
		},
		facts: func(p *projection, nif network.Interface) []Fact {
			if h, ok := nif.(network.Hsr); ok {
				return []Fact{{"protocol", h.Hsr().Protocol}, {"port a", p.refer(h.Hsr().PortA)}, {"port b", p.refer(h.Hsr().PortB)}}
			}
			return nil
		},
	}, "hsr", "prp")
}

// members are the facts on what belongs to a controller.
func (p *projection) members(nifs network.Interfaces) []Fact {
	var names []string
	for _, nif := range nifs {
		if a := attrs(nif); a != nil {
			names = append(names, p.nifName(nif))
		}
	}
	sortNatural(names)
	return []Fact{{"members", strings.Join(names, ", ")}}
}
