package graph

import (
	"slices"
	"strconv"
	"strings"

	"github.com/hostwire/hostwire/network"
)

// bridge and openvswitch: switches, and their ports.
func init() {
	register(projector{
		rank:  rankBridge,
		lines: bridgeLines,
		facts: func(p *projection, nif network.Interface) []Fact {
			facts := p.networkFacts(nif)
			b, ok := nif.(network.Bridge)
			if !ok {
				return facts
			}
			filtering := ""
			if b.Bridge().VlanFiltering {
				filtering = "yes"
			}
			return append(facts,
				Fact{"ports", strconv.Itoa(len(b.Bridge().Ports))},
				Fact{"vlan filtering", filtering},
				Fact{"spanning tree", b.Bridge().STPState},
			)
		},
	}, "bridge")
	register(projector{
		rank: rankBridge,
		tag: func(p *projection, nif network.Interface) string {
			if o, ok := nif.(network.Ovs); ok && len(o.Ovs().Members) == 0 && attrs(nif.Nif().Controller) != nil {
				return p.portTag(nif, "ovs port")
			}
			return "ovs datapath"
		},
		facts: func(p *projection, nif network.Interface) []Fact {
			if o, ok := nif.(network.Ovs); ok && len(o.Ovs().Members) > 0 {
				return []Fact{{"ports", strconv.Itoa(len(o.Ovs().Members))}}
			}
			return nil
		},
	}, "openvswitch")
}

// bridgeLines are the engines' networks that a bridge realises, and what is unusual about it.
func bridgeLines(p *projection, nif network.Interface) []string {
	var lines []string
	if names := p.networksOn(nif); len(names) > 0 {
		line := "network " + strings.Join(names, ", ")
		if _, internal := nif.Nif().Labels[labelInternal]; internal || p.internalNetwork(nif) {
			line += " · internal"
		}
		lines = append(lines, line)
	} else if _, internal := nif.Nif().Labels[labelInternal]; internal {
		lines = append(lines, "internal network")
	}
	if b, ok := nif.(network.Bridge); ok {
		var words []string
		if b.Bridge().VlanFiltering {
			words = append(words, "vlan filtering")
		}
		if stp := b.Bridge().STPState; stp != "" && stp != "disabled" {
			words = append(words, "stp "+stp)
		}
		lines = append(lines, strings.Join(words, " · "))
	}
	return lines
}

// networksOn returns the names of the engines' networks that an interface realises.
func (p *projection) networksOn(nif network.Interface) []string {
	if p.networks == nil {
		p.networks = map[*network.NifAttrs][]network.EngineNetwork{}
		for _, n := range p.d.Networks {
			if a := attrs(n.Nif); a != nil {
				p.networks[a] = append(p.networks[a], n)
			}
		}
	}
	var names []string
	for _, n := range p.networks[nif.Nif()] {
		if n.Name != "" && !slices.Contains(names, n.Name) {
			names = append(names, n.Name)
		}
	}
	slices.SortFunc(names, compareNatural)
	return names
}

func (p *projection) internalNetwork(nif network.Interface) bool {
	return slices.ContainsFunc(p.networks[nif.Nif()], func(n network.EngineNetwork) bool { return n.Internal })
}

// networkFacts are the facts on the engines' networks that an interface realises.
func (p *projection) networkFacts(nif network.Interface) []Fact {
	var facts []Fact
	for _, name := range p.networksOn(nif) {
		for _, n := range p.networks[nif.Nif()] {
			if n.Name != name {
				continue
			}
			text := n.Name + " (" + engineWord(n.Engine)
			if n.Driver != "" {
				text += ", driver " + n.Driver
			}
			if n.Internal {
				text += ", internal"
			}
			facts = append(facts, Fact{"network", text + ")"})
		}
	}
	return facts
}
