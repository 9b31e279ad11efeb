package wiring

import (
	"fmt"
	"testing"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/snapshot/synthetic"
)

func TestDbg(t *testing.T) {
	for _, n := range []int{50, 60, 100, 150, 200, 250, 290, 295, 298, 299, 300, 301, 302, 305, 310, 400, 1000} {
		d, _ := synthetic.Discover(fmt.Sprintf("bridge:5 tenant:%d", n))
		g, _ := graph.Project(d, graph.Options{Detail: graph.Normal})
		m := newModel(g)
		for _, c := range components(m) {
			c.lay()
			fmt.Printf("%d: cost %.0f w %v h %v ", n, c.cost, c.w, c.h)
			for i, l := range c.layers {
				fmt.Printf(" [%d: k%d h%.0f ch %.0f lanes %d]", l.number, l.columns, l.height, c.channels[i].width, c.channels[i].lanes)
			}
			fmt.Println()
		}
	}
}
