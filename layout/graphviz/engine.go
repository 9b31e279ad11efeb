package graphviz

import (
	"context"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/layout"
)

func init() {
	for _, e := range []struct{ name, about string }{
		{"dot", "Graphviz: columns from the outside through the host to its tenants"},
		{"neato", "Graphviz: cards as far apart as the wires between them are many (stress)"},
		{"fdp", "Graphviz: wires as springs, cards push each other away"},
		{"sfdp", "Graphviz: like fdp, made for large graphs"},
		{"circo", "Graphviz: cards on circles"},
		{"twopi", "Graphviz: cards on rings around the one with the most wires"},
		{"osage", "Graphviz: cards packed into rows and columns"},
	} {
		layout.Register(layout.Info{Name: e.name, About: e.about, Programs: true, New: func() layout.Engine { return New(e.name) }})
	}
}

// engine is one of Graphviz's.
type engine struct {
	name string
	find func() (program, error)
}

// New is the engine of a name that Graphviz knows: "dot", "neato", "fdp", "sfdp", "circo", "twopi"
// or "osage".
func New(name string) layout.Engine { return &engine{name: name, find: findProgram} }

// Layout places the parts of a graph. It starts Graphviz, once or a few times, for at most two
// minutes each; errors say what is missing and how to get it.
func (e *engine) Layout(ctx context.Context, g *graph.Graph, _ layout.Options) (*layout.Layout, error) {
	p, err := e.find()
	if err != nil {
		return nil, err
	}
	r, err := newRunner(p)
	if err != nil {
		return nil, err
	}
	defer r.close()
	l, err := place(ctx, r, e.name, g)
	if err != nil {
		return nil, err
	}
	placeLabels(l)
	finish(l)
	return l, nil
}

func place(ctx context.Context, r *runner, name string, g *graph.Graph) (*layout.Layout, error) {
	if name != "dot" {
		b := newBlocks(g)
		if err := b.arrange(ctx, r, name, b.top); err != nil {
			return nil, err
		}
		return b.layout(ctx)
	}
	n := newNested(g)
	out, err := r.run(ctx, name, n.dot())
	if err != nil {
		return nil, err
	}
	answer, err := parseReply(out)
	if err != nil {
		return nil, err
	}
	return n.layout(answer)
}
