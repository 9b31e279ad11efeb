package network

import "slices"

// reseat makes routes and sockets refer to the interfaces that there are by now. Some can have gone,
// or become others, since these were read.
func (n *NetworkNamespace) reseat() {
	for _, routes := range [][]Route{n.Routesv4, n.Routesv6} {
		for i := range routes {
			if routes[i].Nif != nil && !n.has(routes[i].Nif) {
				routes[i].Nif = n.Nifs[routes[i].Index]
			}
		}
	}
	for _, sockets := range [][]ProcessSocket{n.Portsv4, n.Portsv6} {
		for i := range sockets {
			if slices.ContainsFunc(sockets[i].Nifs, func(nif Interface) bool { return !n.has(nif) }) {
				// Sockets share these lists.
				var kept Interfaces
				for _, nif := range sockets[i].Nifs {
					if n.has(nif) {
						kept = append(kept, nif)
					}
				}
				sockets[i].Nifs = kept
			}
		}
	}
}

// has tells whether an interface is still one of the namespace's.
func (n *NetworkNamespace) has(nif Interface) bool { return n.Nifs[nif.Nif().Index] == nif }
