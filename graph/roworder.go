package graph

import (
	"cmp"
	"slices"

	"github.com/hostwire/hostwire/network"
)

// rowOrder brings the interfaces of a namespace, given in order of their names, into the order of
// the rows on its card: hardware first, bridges followed by their ports, what is stacked after what
// it stands on, loopback last.
func rowOrder(nifs []network.Interface) []network.Interface {
	here := make(map[*network.NifAttrs]network.Interface, len(nifs))
	for _, nif := range nifs {
		here[nif.Nif()] = nif
	}
	// Each interface is placed below its controller or else the interface it stands on.
	below := map[*network.NifAttrs][]network.Interface{}
	rank := map[*network.NifAttrs]int{}
	var top []network.Interface
	for _, nif := range nifs {
		a := nif.Nif()
		rank[a] = projectorOf(nif).rank
		if parent := rowParent(a); parent != nil && parent != a && here[parent] != nil {
			below[parent] = append(below[parent], nif)
			continue
		}
		top = append(top, nif)
	}
	// A bond of hardware counts as hardware, and so on.
	seen := map[*network.NifAttrs]bool{}
	var settle func(a *network.NifAttrs) int
	settle = func(a *network.NifAttrs) int {
		if seen[a] {
			return rank[a]
		}
		seen[a] = true
		if rank[a] != rankController {
			return rank[a]
		}
		for _, child := range below[a] {
			rank[a] = min(rank[a], settle(child.Nif()))
		}
		return rank[a]
	}
	byRank := func(a, b network.Interface) int { return cmp.Compare(settle(a.Nif()), settle(b.Nif())) }
	ordered := make([]network.Interface, 0, len(nifs))
	placed := map[*network.NifAttrs]bool{}
	var place func(list []network.Interface)
	place = func(list []network.Interface) {
		slices.SortStableFunc(list, byRank)
		for _, nif := range list {
			if placed[nif.Nif()] {
				continue
			}
			placed[nif.Nif()] = true
			ordered = append(ordered, nif)
			place(below[nif.Nif()])
		}
	}
	place(top)
	place(nifs) // what is left: only a damaged model has interfaces standing on each other in a circle.
	return ordered
}

func rowParent(a *network.NifAttrs) *network.NifAttrs {
	if c := attrs(a.Controller); c != nil {
		return c
	}
	if l := attrs(a.Lower); l != nil {
		return l
	}
	return nil
}
