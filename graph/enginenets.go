package graph

import (
	"slices"
	"strings"

	"github.com/hostwire/hostwire/network"
)

// networkLine names the engines' networks that an interface realises: a bridge of theirs, or the
// parent of their macvlans.
func (p *projection) networkLine(nif network.Interface) string {
	names := p.networksOn(nif)
	_, internal := nif.Nif().Labels[network.GostwireInternalBridgeKey]
	internal = internal || slices.ContainsFunc(p.networks[nif.Nif()], func(n network.EngineNetwork) bool { return n.Internal })
	switch {
	case len(names) > 0 && internal:
		return "network " + strings.Join(names, ", ") + " · internal"
	case len(names) > 0:
		return "network " + strings.Join(names, ", ")
	case internal:
		return "internal network"
	}
	return ""
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
