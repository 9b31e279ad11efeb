package wiring

import (
	"context"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/layout"
)

func init() {
	layout.Register(layout.Info{
		Name:  "wiring",
		About: "cards placed by how they are wired, wires in lanes of their own",
		New:   func() layout.Engine { return engine{} },

		Recalls: true,
	})
}

type engine struct{}

// Layout places everything there is in the graph. It fails only where ctx ends.
func (engine) Layout(ctx context.Context, g *graph.Graph, opts layout.Options) (*layout.Layout, error) {
	m := newModel(g)
	m.remember(opts.Like)
	all := components(m)
	for _, c := range all {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		c.lay()
	}
	w, h := pack(all)
	return m.layout(g, all, w, h), nil
}
