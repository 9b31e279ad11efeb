package graph

import (
	"github.com/hostwire/hostwire/network"
	"github.com/hostwire/hostwire/trace"
)

// markPath marks the interfaces, ports and wires on the way of Options.Path.
func (p *projection) markPath() {
	if p.opts.Path == nil {
		return
	}
	joins := map[[2]*Node]bool{}
	var last *Node
	pass := func(nif network.Interface) {
		n := p.node(nif)
		if n == nil {
			return
		}
		n.Mark = true
		if last != nil && last != n {
			joins[[2]*Node{last, n}], joins[[2]*Node{n, last}] = true, true
		}
		last = n
	}
	for _, step := range p.opts.Path.Steps {
		last = nil
		if step.Kind == trace.Forward {
			p.markForward(step)
			continue
		}
		for _, nif := range step.Nifs {
			pass(nif)
		}
	}
	leaves := p.opts.Path.Outcome == trace.Leaves
	for _, e := range p.g.Edges {
		if joins[[2]*Node{e.From, e.To}] {
			e.Mark = true
		}
		// Out of the host, by hardware, a tunnel or a process.
		if far := e.To; leaves && e.From == last && far.Cluster == nil {
			e.Mark, far.Mark = true, true
		}
	}
}

// markForward marks the node of the port that a step takes the packet in by, with its wire.
func (p *projection) markForward(step trace.Step) {
	s := p.byNetns[step.Netns]
	if s == nil || step.Forward == nil {
		return
	}
	name := portName(step.Forward)
	for _, n := range s.cluster.Nodes {
		if n.Class != Port || n.Name != name {
			continue
		}
		n.Mark = true
		for _, e := range p.g.Edges {
			if e.From == n && len(step.Nifs) > 0 && e.To == p.node(step.Nifs[0]) {
				e.Mark = true
			}
		}
	}
}
