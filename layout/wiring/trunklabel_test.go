package wiring

import (
	"testing"

	"github.com/hostwire/hostwire/graph"
)

func TestATrunkHasOneShortLabel(t *testing.T) {
	edge := func(protocol, address, ports, share string) *graph.Edge {
		return &graph.Edge{Label: share, ToLabel: "long", Served: graph.Served{Protocol: protocol, Address: address, Ports: ports}}
	}
	told := func(ports string) *graph.Edge {
		e := edge("tcp", "", ports, "")
		e.Served.Told = true
		return e
	}
	for name, tc := range map[string]struct {
		edges []*graph.Edge
		want  string
	}{
		"one port":                            {[]*graph.Edge{edge("tcp", "", "80", "")}, "tcp 80"},
		"the same port by two families":       {[]*graph.Edge{edge("tcp", "", "80", ""), edge("tcp", "", "80", "")}, "tcp 80"},
		"ports by number, not by letter":      {[]*graph.Edge{edge("tcp", "", "8080", ""), edge("tcp", "", "443", ""), edge("tcp", "", "9000-9002", "")}, "tcp 443, 8080, 9000-9002"},
		"protocols":                           {[]*graph.Edge{edge("udp", "", "53", ""), edge("tcp", "", "53", "")}, "tcp 53 · udp 53"},
		"addresses where they tell something": {[]*graph.Edge{edge("tcp", "10.0.0.2", "80", ""), edge("tcp", "10.0.0.3", "80", ""), edge("tcp", "10.0.0.3", "81", "")}, "tcp 10.0.0.2:80 · tcp 10.0.0.3:80, 81"},
		"a share once":                        {[]*graph.Edge{edge("tcp", "", "80", "33%"), edge("tcp", "", "81", "33%")}, "tcp 80, 81 · 33%"},
		"different shares":                    {[]*graph.Edge{edge("tcp", "", "80", "33%"), edge("tcp", "", "81", "50%")}, "tcp 80, 81 · 33%, 50%"},
		"too many shares":                     {[]*graph.Edge{edge("tcp", "", "80", "33%"), edge("tcp", "", "80", "50%"), edge("tcp", "", "80", "25%")}, "tcp 80"},
		"many ports": {[]*graph.Edge{
			edge("tcp", "", "1", ""), edge("tcp", "", "2", ""), edge("tcp", "", "3", ""), edge("tcp", "", "4", ""), edge("tcp", "", "5", ""), edge("tcp", "", "6", ""),
		}, "tcp 1, 2, 3, 4 +2"},
		"what says nothing of its server": {[]*graph.Edge{{ToLabel: "b"}, {ToLabel: "a"}, {ToLabel: "b"}}, "a · b"},
		"what the ports tell themselves":  {[]*graph.Edge{told("80"), told("443")}, ""},
		"what one of the ports tells":     {[]*graph.Edge{told("80"), edge("tcp", "", "443", "")}, "tcp 80, 443"},
		"nothing at all":                  {[]*graph.Edge{{}, {}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			tr := &trunk{}
			for _, e := range tc.edges {
				tr.wires = append(tr.wires, &wire{edge: e, trunk: tr})
			}
			tr.label()
			for i, w := range tr.wires {
				want := ""
				if i == 0 {
					want = tc.want
				}
				if w.texts.To != want || w.texts.Label != "" {
					t.Errorf("wire %d says %q and %q", i, w.texts.Label, w.texts.To)
				}
			}
		})
	}
}
