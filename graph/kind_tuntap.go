package graph

import (
	"strings"

	"github.com/hostwire/hostwire/network"
)

// tun: TUN and TAP interfaces, of which the other side is a process.
func init() {
	register(projector{
		rank: rankTunTap,
		tag:  func(_ *projection, nif network.Interface) string { return tunTapMode(nif) },
		wires: func(p *projection, nif network.Interface, n *Node) {
			if t, ok := nif.(network.TunTap); ok {
				p.processWires(n, t.TunTap().Processors)
			}
			p.lower(nif, n, nif.Nif().Lower)
		},
		facts: func(p *projection, nif network.Interface) []Fact {
			t, ok := nif.(network.TunTap)
			if !ok {
				return nil
			}
			facts := []Fact{{"mode", tunTapMode(nif)}}
			var names []string
			for _, proc := range t.TunTap().Processors {
				if proc != nil {
					names = append(names, p.processRef(proc))
				}
			}
			sortNatural(names)
			facts = append(facts, Fact{"served by", strings.Join(names, ", ")})
			if uid := t.TunTap().Owner; uid >= 0 {
				facts = append(facts, Fact{"owner uid", itoa(uid)})
			}
			if gid := t.TunTap().Group; gid >= 0 {
				facts = append(facts, Fact{"owner gid", itoa(gid)})
			}
			return facts
		},
	}, "tun")
}

func tunTapMode(nif network.Interface) string {
	t, ok := nif.(network.TunTap)
	switch {
	case ok && t.TunTap().Mode == network.TunTapModeTap:
		return "tap"
	case ok && t.TunTap().Mode == network.TunTapModeTun:
		return "tun"
	}
	return "tun/tap"
}
