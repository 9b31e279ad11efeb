package graph

import (
	"cmp"
	"net"
	"slices"

	"github.com/hostwire/hostwire/network"
)

// addUplinks adds nodes for the networks outside that hardware leads to, and the edges to them.
// Hardware leads outside if it is up, or if it is switched on and its driver does not tell more.
// Hardware shares an outside if it shares the router or, without one, the subnet; so what is drawn
// as one network is known to be one.
func (p *projection) addUplinks() {
	type uplink struct {
		n   *Node
		out outside
	}
	var uplinks []uplink
	for _, s := range p.spaces {
		for _, nif := range s.nifs {
			if a := nif.Nif(); kindOf(nif) == kindHardware && (stateOf(a) == StateUp || stateOf(a) == StateUnknown) {
				uplinks = append(uplinks, uplink{p.node(nif), p.outsideOf(s.netns, nif)})
			}
		}
	}
	// Hardware without a route of its own in a router's subnet leads to that router's network.
	routers := map[string][]net.IP{}
	for _, u := range uplinks {
		if gw := u.out.gateway; gw != nil && !slices.ContainsFunc(routers[u.out.subnet], gw.Equal) {
			routers[u.out.subnet] = append(routers[u.out.subnet], gw)
		}
	}
	for i, u := range uplinks {
		if gws := routers[u.out.subnet]; u.out.gateway == nil && u.out.subnet != "" && len(gws) == 1 {
			uplinks[i].out.gateway = gws[0]
		}
	}
	slices.SortStableFunc(uplinks, func(a, b uplink) int {
		return cmp.Or(-cmp.Compare(len(a.out.gateway), len(b.out.gateway)), compareNatural(a.out.key(), b.out.key()))
	})
	nodes := map[string]*Node{}
	for _, u := range uplinks {
		far := nodes[u.out.key()]
		if far == nil {
			far = &Node{
				ID:    p.ids.unique(p.prefix + u.out.id()),
				Class: Outside,
				Kind:  string(Outside),
				Name:  "LAN",
			}
			switch {
			case u.out.gateway != nil:
				far.Lines = []string{"gw " + u.out.gateway.String()}
				far.Facts = append(far.Facts, Fact{"gateway", u.out.gateway.String()})
			case u.out.subnet != "":
				far.Lines = []string{u.out.subnet}
			default:
				far.Name = "outside"
			}
			if u.out.subnet != "" {
				far.Facts = append(far.Facts, Fact{"subnet", u.out.subnet})
			}
			nodes[u.out.key()] = far
			p.g.Free = append(p.g.Free, far)
		}
		p.wire(Uplink, u.n, far, "")
	}
}

// outside is a network that hardware leads to, as far as routes and addresses tell.
type outside struct {
	gateway net.IP // router of the default route; nil if none.
	subnet  string // "192.0.2.0/24"; empty if unknown.
}

func (o outside) key() string {
	if o.gateway != nil {
		return "gw " + o.gateway.String()
	}
	return o.subnet
}

func (o outside) id() string {
	switch {
	case o.gateway != nil:
		return "outside-gw-" + partsWord(o.gateway.String())
	case o.subnet != "":
		return "outside-" + partsWord(o.subnet)
	}
	return "outside"
}

// outsideOf finds out what is behind hardware from the addresses and default routes of the
// interface itself or, for a port of a bridge and the like, of its controller.
func (p *projection) outsideOf(n *network.NetworkNamespace, nif network.Interface) outside {
	for range 4 { // eth0 in bond0 in br0: nobody stacks much deeper.
		a := nif.Nif()
		for _, routes := range [][]network.Route{n.Routesv4, n.Routesv6} {
			if gw := gatewayVia(routes, a); gw != nil {
				return outside{gateway: gw, subnet: subnetOf(a, gw)}
			}
		}
		if subnet := subnetOf(a, nil); subnet != "" {
			return outside{subnet: subnet}
		}
		if attrs(a.Controller) == nil {
			break
		}
		nif = a.Controller
	}
	return outside{}
}

// gatewayVia returns the router of the best default route out of an interface, nil if there is none.
func gatewayVia(routes []network.Route, a *network.NifAttrs) net.IP {
	var best *network.Route
	for i, r := range routes {
		if r.Nif == nil || attrs(r.Nif) != a || r.DestinationPrefixLen != 0 || len(r.NextHop) == 0 || r.NextHop.IsUnspecified() {
			continue
		}
		if best == nil || cmp.Or(cmp.Compare(r.Priority, best.Priority), compareIP(r.NextHop, best.NextHop)) < 0 {
			best = &routes[i]
		}
	}
	if best == nil {
		return nil
	}
	return best.NextHop
}

// subnetOf returns the first subnet that an interface has an address in, of those that hold the
// given address if that is not nil.
func subnetOf(a *network.NifAttrs, holding net.IP) string {
	for _, list := range []network.Addresses{a.Addrsv4, a.Addrsv6} {
		for _, addr := range sortedAddresses(list) {
			if addr.Address.IsLinkLocalUnicast() || addr.Address.IsLoopback() {
				continue
			}
			subnet := net.IPNet{Mask: net.CIDRMask(int(addr.PrefixLength), 8*len(addr.Address))}
			if subnet.IP = addr.Address.Mask(subnet.Mask); subnet.IP == nil {
				continue
			}
			if holding == nil || subnet.Contains(holding) {
				return subnet.String()
			}
		}
	}
	return ""
}
