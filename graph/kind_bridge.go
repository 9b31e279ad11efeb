package graph

import (
	"strconv"
	"strings"

	"github.com/hostwire/hostwire/network"
)

// bridge and openvswitch: switches, and their ports.
func init() {
	register(projector{
		rank:  rankBridge,
		lines: bridgeLines,
		facts: func(_ *projection, nif network.Interface) []Fact {
			b, ok := nif.(network.Bridge)
			if !ok {
				return nil
			}
			filtering := ""
			if b.Bridge().VlanFiltering {
				filtering = "yes"
			}
			return []Fact{
				{"ports", strconv.Itoa(len(b.Bridge().Ports))},
				{"vlan filtering", filtering},
				{"spanning tree", b.Bridge().STPState},
			}
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

// bridgeLines tell what is unusual about a bridge.
func bridgeLines(_ *projection, nif network.Interface) []string {
	b, ok := nif.(network.Bridge)
	if !ok {
		return nil
	}
	var words []string
	if b.Bridge().VlanFiltering {
		words = append(words, "vlan filtering")
	}
	if stp := b.Bridge().STPState; stp != "" && stp != "disabled" {
		words = append(words, "stp "+stp)
	}
	return []string{strings.Join(words, " · ")}
}
