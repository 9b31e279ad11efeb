package wiring

import (
	"context"
	"testing"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/layout"
	"github.com/hostwire/hostwire/layout/quality"
	"github.com/hostwire/hostwire/snapshot/synthetic"
)

func TestSyntheticHostsAreDrawnWithoutFaults(t *testing.T) {
	for _, spec := range []string{
		"host",
		"bridge:2 tenant:4 port:2 macvlan:1 vxlan:1 compose:1 lone:2",
		"bridge:4 tenant:90 vxlan:2 port:10",
	} {
		d, err := synthetic.Discover(spec)
		if err != nil {
			t.Fatal(err)
		}
		g, err := graph.Project(d, graph.Options{Detail: graph.Normal})
		if err != nil {
			t.Fatal(err)
		}
		l, err := engine{}.Layout(context.Background(), g, layout.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if q := quality.Measure(l); q.Faults() > 0 {
			t.Errorf("%s: %v", spec, q)
		}
	}
}
