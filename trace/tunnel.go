package trace

import (
	"fmt"
	"net"
	"net/netip"
	"slices"

	"github.com/hostwire/hostwire/network"
)

// maxDepth bounds tunnels inside tunnels.
const maxDepth = 3

// tunnel follows a frame or packet through a tunnel: to the other ends that are on this host, by
// the way that the packets around it take.
func (f *flood) tunnel(at int, nif network.Interface) {
	if f.depth >= maxDepth {
		f.block(nif, "%s is a tunnel in too many tunnels", f.t.full(nif))
		return
	}
	ends := tunnelEnds(nif, f.dest)
	if len(ends) == 0 {
		f.exit(at, nif, "enters the tunnel %s, and where that leads is not known", f.t.full(nif))
		return
	}
	for _, end := range ends {
		if !f.t.spend(1) {
			return
		}
		if end.addr.IsMulticast() {
			f.group(at, nif, end)
		} else {
			f.remote(at, nif, end)
		}
	}
}

// tunnelEnd is where a tunnel sends its packets.
type tunnelEnd struct {
	addr  netip.Addr
	port  uint16
	under *network.NetworkNamespace          // namespace whose routes the packets around take.
	by    network.Interface                  // interface that they leave by; nil to ask the routes.
	is    func(other network.Interface) bool // whether another interface is the other end, its addresses aside.
}

// tunnelEnds returns what a tunnel's own settings say of its other ends. Packets for one
// destination may need only one of them.
func tunnelEnds(nif network.Interface, dest netip.Addr) (ends []tunnelEnd) {
	under := nif.Nif().Netns
	if lower := nif.Nif().Lower; lower != nil {
		under = lower.Nif().Netns
	}
	add := func(ip net.IP, port uint16, by network.Interface, is func(network.Interface) bool) {
		if addr, ok := netip.AddrFromSlice(ip); ok && !addr.IsUnspecified() {
			ends = append(ends, tunnelEnd{addr.Unmap(), port, under, by, is})
		}
	}
	switch nif := nif.(type) {
	case network.Vxlan:
		x := nif.Vxlan()
		alike := func(other network.Interface) bool {
			o, ok := other.(network.Vxlan)
			return ok && o.Vxlan().VID == x.VID && o.Vxlan().DestinationPort == x.DestinationPort
		}
		for _, remote := range x.Remotes {
			add(remote, x.DestinationPort, nil, alike)
		}
		for _, group := range []net.IP{x.Groupv4, x.Groupv6} {
			if group.IsMulticast() {
				add(group, x.DestinationPort, x.Master, func(other network.Interface) bool {
					return alike(other) && (other.(network.Vxlan).Vxlan().Groupv4.Equal(group) || other.(network.Vxlan).Vxlan().Groupv6.Equal(group))
				})
			}
		}
	case network.Geneve:
		x := nif.Geneve()
		add(x.Remote, x.DestinationPort, nil, func(other network.Interface) bool {
			o, ok := other.(network.Geneve)
			return ok && o.Geneve().VNI == x.VNI && o.Geneve().DestinationPort == x.DestinationPort
		})
	case network.Tunnel:
		x := nif.Tunnel()
		add(x.Remote, 0, nil, func(other network.Interface) bool {
			o, ok := other.(network.Tunnel)
			return ok && other.Nif().Kind == nif.Nif().Kind && o.Tunnel().InKey == x.OutKey &&
				(len(o.Tunnel().Local) == 0 || o.Tunnel().Local.Equal(x.Remote)) &&
				(len(o.Tunnel().Remote) == 0 || len(x.Local) == 0 || o.Tunnel().Remote.Equal(x.Local))
		})
	case network.Wireguard:
		var best *network.WireguardPeer
		longest := -1
		for i, p := range nif.Wireguard().Peers {
			for _, allowed := range p.AllowedIPs {
				if ones, _ := allowed.Mask.Size(); ones > longest && allowed.Contains(dest.AsSlice()) {
					best, longest = &nif.Wireguard().Peers[i], ones
				}
			}
		}
		if best != nil {
			port := uint16(best.Endpoint.Port)
			add(best.Endpoint.IP, port, nil, func(other network.Interface) bool {
				o, ok := other.(network.Wireguard)
				return ok && o.Wireguard().ListenPort == port
			})
		}
	}
	return ends
}

// others returns the interfaces that may be a tunnel's other end, in a fixed order.
func (f *flood) others(nif network.Interface, end tunnelEnd) (others []network.Interface) {
	for _, n := range f.t.netns {
		nifs := n.NifList()
		if !f.t.spend(len(nifs)) {
			return others
		}
		nifs.Sort()
		for _, other := range nifs {
			if other = other.Interface(); other.Nif() != nif.Nif() && end.is(other) && !down(other) {
				others = append(others, other)
			}
		}
	}
	return others
}

// remote follows a packet to the one other end with an address.
func (f *flood) remote(at int, nif network.Interface, end tunnelEnd) {
	q := Query{From: end.under, To: end.addr, Port: end.port}
	if end.port != 0 {
		q.Protocol = "udp"
	}
	around := f.t.trace(q, f.depth+1)
	switch around.Outcome {
	case Leaves:
		f.exit(at, nif, "leaves by the tunnel %s to %s, whose packets %s: the answer ends where they leave", f.t.full(nif), end.addr, around.Reason)
	case Stops:
		f.block(nif, "%s is a tunnel to %s, and its packets do not get there: %s", f.t.full(nif), end.addr, around.Reason)
	case Arrives:
		for _, other := range f.others(nif, end) {
			under := other.Nif().Netns
			if lower := other.Nif().Lower; lower != nil {
				under = lower.Nif().Netns
			}
			if under == around.Netns {
				f.through(at, nif, other, end, around.Steps, around.Doubts)
				return
			}
		}
		f.block(nif, "%s is a tunnel to %s, and nothing in %s is its other end", f.t.full(nif), end.addr, f.t.name(around.Netns))
	}
}

// group follows a packet to all other ends that listen to a multicast group.
func (f *flood) group(at int, nif network.Interface, end tunnelEnd) {
	if end.by == nil {
		f.exit(at, nif, "leaves by the tunnel %s to the group %s", f.t.full(nif), end.addr)
		return
	}
	around := f.t.floodFrom(end.by.Interface(), end.addr, f.depth+1)
	found := false
	for _, other := range f.others(nif, end) {
		lower := other.Nif().Lower
		if lower == nil {
			continue
		}
		i := slices.IndexFunc(around.reached, func(v int) bool { return around.visits[v].nif == lower.Nif() })
		if i < 0 {
			continue
		}
		found = true
		steps, doubts := around.steps(around.reached[i])
		f.through(at, nif, other, end, steps, doubts)
	}
	for _, e := range around.exits {
		found = true
		f.exit(at, nif, "leaves by the tunnel %s to the group %s, whose packets %s %s", f.t.full(nif), end.addr, "go on:", e.text)
	}
	if !found {
		f.block(nif, "%s is a tunnel to the group %s, and nobody on its network listens to that", f.t.full(nif), end.addr)
	}
}

// through continues at the other end of a tunnel.
func (f *flood) through(at int, nif, other network.Interface, end tunnelEnd, around []Step, doubts []string) {
	count := len(f.visits)
	f.next(at, other, f.visits[at].tags, arriving, fmt.Sprintf("%s %s → %s", nif.Nif().Kind, nif.Nif().Name, f.t.full(other)))
	if len(f.visits) == count {
		return // somebody was here before.
	}
	v := &f.visits[count]
	v.text += fmt.Sprintf(", inside packets to %s", end.addr)
	v.nifs = nil // there is no wire from end to end.
	v.doubts = doubts
	enter := Step{Kind: Wire, Netns: nif.Nif().Netns, Text: fmt.Sprintf("%s %s wraps it into packets to %s", nif.Nif().Kind, nif.Nif().Name, end.addr), Nifs: []network.Interface{nif}}
	leave := Step{Kind: Wire, Netns: other.Nif().Netns, Text: fmt.Sprintf("%s %s unwraps it", other.Nif().Kind, other.Nif().Name), Nifs: []network.Interface{other}}
	if end.by != nil {
		enter.Nifs = append(enter.Nifs, end.by.Interface())
	}
	if lower := other.Nif().Lower; lower != nil {
		leave.Nifs = []network.Interface{lower, other}
	}
	v.text = ""
	v.detour = slices.Concat([]Step{enter}, wrapped(around), []Step{leave})
}

// wrapped is the way of the packets around, told as such.
func wrapped(around []Step) []Step {
	steps := slices.Clone(around)
	for i := range steps {
		if steps[i].Text != "" {
			steps[i].Text = "· " + steps[i].Text
		}
	}
	return steps
}
