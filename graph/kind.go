package graph

import (
	"github.com/hostwire/hostwire/network"
)

// Kinds of interfaces that the kernel has no name for.
const (
	kindHardware = "hardware"
	kindLoopback = "loopback"
	kindOther    = "device" // neither hardware nor of a named kind.
)

// projector says how the interfaces of one kind are shown. What it has no function for is done as
// for an unknown kind: the kernel's name of the kind, and wires to controller and lower interface.
// A new kind is a new file that registers its projector.
type projector struct {
	rank  int                                               // place among the rows of a card, see rowOrder.
	tag   func(p *projection, nif network.Interface) string // short remark at the right edge.
	lines func(p *projection, nif network.Interface) []string
	facts func(p *projection, nif network.Interface) []Fact
	wires func(p *projection, nif network.Interface, n *Node) // beyond the wire to the controller.
}

// Ranks of rows; within a rank, rows are ordered by name.
const (
	rankHardware = iota
	rankBridge
	rankController
	rankPlain
	rankStacked
	rankOverlay
	rankTunTap
	rankDummy
	rankLoopback
)

var projectors = map[string]*projector{}

// register adds a projector for kinds as the kernel names them. It is called from init functions.
func register(pr projector, kinds ...string) {
	for _, kind := range kinds {
		if projectors[kind] != nil {
			panic("two projectors for interfaces of kind " + kind)
		}
		projectors[kind] = &pr
	}
}

var unknownKind = projector{rank: rankPlain}

// projectorOf returns the projector for an interface, never nil.
func projectorOf(nif network.Interface) *projector {
	if pr := projectors[kindOf(nif)]; pr != nil {
		return pr
	}
	return &unknownKind
}

// kindOf is an interface's kind as nodes have it: the kernel's name, or what it is where the kernel
// has no name.
func kindOf(nif network.Interface) string {
	a := nif.Nif()
	switch {
	case a.Loopback:
		return kindLoopback
	case a.Kind != "" && a.Kind != kindOther:
		return a.Kind
	case a.Physical:
		return kindHardware
	}
	return kindOther
}
