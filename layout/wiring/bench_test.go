package wiring

import (
	"context"
	"fmt"
	"testing"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/layout"
	"github.com/hostwire/hostwire/snapshot/synthetic"
)

func BenchmarkLayout(b *testing.B) {
	for _, n := range []int{10, 100, 300, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			d, err := synthetic.Discover(fmt.Sprintf("bridge:%d tenant:%d", 1+n/60, n))
			if err != nil {
				b.Fatal(err)
			}
			g, err := graph.Project(d, graph.Options{Detail: graph.Normal})
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := (engine{}).Layout(context.Background(), g, layout.Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
