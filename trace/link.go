package trace

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"github.com/hostwire/hostwire/network"
	"github.com/vishvananda/netlink"
)

// maxVisits bounds the passages that all frames of an answer together are followed through, and the
// neighbours that are looked at for it. A bridge with a thousand ports takes some thousand; only
// tunnels in tunnels to everywhere, and bridges that are joined port by port, take more.
const maxVisits = 300_000

// flood follows a frame everywhere that it gets when it is sent to all, shortest ways first.
type flood struct {
	t       *tracer
	dest    netip.Addr // of the packet in the frame, for tunnels that look at it.
	depth   int        // of tunnels in tunnels.
	visits  []visit
	seen    map[passage]bool
	reached []int // visits at which a stack took the frame in.
	exits   []exit
	blocks  []block
	blocked map[string]bool // texts of blocks.
}

// floodFrom sends a frame out of an interface.
func (t *tracer) floodFrom(nif network.Interface, dest netip.Addr, depth int) *flood {
	f := &flood{t: t, dest: dest, depth: depth, seen: map[passage]bool{}, blocked: map[string]bool{}}
	f.add(visit{passage: passage{nif.Nif(), tags{}, sending}, from: -1, netns: nif.Nif().Netns, nifs: []network.Interface{nif}})
	for at := 0; at < len(f.visits) && t.spend(1); at++ {
		nif := f.visits[at].nif.Interface()
		switch f.visits[at].stage {
		case sending:
			f.send(at, nif)
		case arriving:
			f.arrive(at, nif)
		case received:
			f.receive(at, nif)
		}
	}
	return f
}

// spend takes from what an answer may cost; it is false once there is nothing left.
func (t *tracer) spend(visits int) bool {
	t.spent += visits
	return t.spent <= maxVisits
}

func (f *flood) add(v visit) {
	if !f.seen[v.passage] {
		f.seen[v.passage] = true
		f.visits = append(f.visits, v)
	}
}

// next continues from a visit at another interface; via are interfaces passed in between.
func (f *flood) next(at int, nif network.Interface, tg tags, st stage, text string, via ...network.Interface) {
	from := &f.visits[at]
	f.add(visit{
		passage: passage{nif.Nif(), tg, st}, from: at, netns: from.nif.Netns, text: text,
		nifs: slices.Concat([]network.Interface{from.nif.Interface()}, via, []network.Interface{nif}),
	})
}

func (f *flood) block(nif network.Interface, format string, args ...any) {
	b := block{nif, fmt.Sprintf(format, args...)}
	if !f.blocked[b.text] {
		f.blocked[b.text] = true
		f.blocks = append(f.blocks, b)
	}
}

func (f *flood) exit(at int, nif network.Interface, format string, args ...any) {
	f.exits = append(f.exits, exit{at, nif, fmt.Sprintf(format, args...)})
}

// send follows a frame out of an interface.
func (f *flood) send(at int, nif network.Interface) {
	tg := f.visits[at].tags
	if down(nif) {
		f.block(nif, "%s is down", f.t.full(nif))
		return
	}
	if other, ok := peer(nif); ok {
		switch {
		case other == nil:
			f.exit(at, nif, "goes to the other end of %s, which is out of sight", f.t.full(nif))
		case down(other):
			f.block(other, "%s is down", f.t.full(other))
		default:
			f.next(at, other, tg, arriving, fmt.Sprintf("%s %s → %s", nif.Nif().Kind, nif.Nif().Name, f.t.full(other)))
		}
		return
	}
	switch nif := nif.(type) {
	case network.Bridge:
		f.bridge(at, nif, nil, tg)
	case network.Bond:
		f.sendMembers(at, nif, nif.Bond().Members)
	case network.Team:
		f.sendMembers(at, nif, nif.Team().Members)
	case network.Vlan:
		f.sendVlan(at, nif)
	case network.Macvlan:
		f.sendChild(at, nif, nif.Macvlan().Master)
	case network.Ipvlan:
		f.sendChild(at, nif, nif.Ipvlan().Master)
	case network.Vxlan, network.Geneve, network.Tunnel, network.Wireguard:
		f.tunnel(at, nif)
	case network.TunTap:
		f.exit(at, nif, "is handed by %s to %s", f.t.full(nif), processes(nif.TunTap().Processors))
	case network.Vrf:
		f.block(nif, "%s is a VRF, which leads nowhere by itself", f.t.full(nif))
	default:
		switch kind := nif.Nif().Kind; {
		case nif.Nif().Physical || kind == "" && !nif.Nif().Loopback:
			f.exit(at, nif, "leaves by %s to the outside", f.t.full(nif))
		case nif.Nif().Loopback:
			f.block(nif, "%s leads nowhere else", f.t.full(nif))
		case kind == "dummy" || kind == "ifb" || kind == "nlmon":
			f.block(nif, "%s is a %s, which swallows it", f.t.full(nif), kind)
		default:
			f.exit(at, nif, "leaves by %s, and where its kind (%s) leads is not known", f.t.full(nif), kind)
		}
	}
}

func (f *flood) sendMembers(at int, nif network.Interface, members []network.Interface) {
	sent := false
	for _, member := range members {
		if !f.t.spend(1) {
			return
		}
		if member = member.Interface(); !down(member) {
			sent = true
			f.next(at, member, f.visits[at].tags, sending, fmt.Sprintf("%s %s → %s", nif.Nif().Kind, nif.Nif().Name, member.Nif().Name))
		}
	}
	if !sent {
		f.block(nif, "%s has no member that is up", f.t.full(nif))
	}
}

func (f *flood) sendVlan(at int, nif network.Vlan) {
	vlan := nif.Vlan()
	tag := vlanTag{vlan.VlanProtocol, vlan.VID}
	tg, ok := f.visits[at].tags.push(tag)
	switch {
	case vlan.Master == nil:
		f.exit(at, nif, "goes to what %s stands on, which is out of sight", f.t.full(nif))
	case !ok:
		f.block(nif, "%s adds a third VLAN tag, and those are not followed", f.t.full(nif))
	default:
		lower := vlan.Master.Interface()
		f.next(at, lower, tg, sending, fmt.Sprintf("%s adds %s → %s", nif.Nif().Name, tag, f.near(nif, lower)))
	}
}

// sendChild follows a frame of a macvlan or ipvlan: out of its lower interface and, if these are
// bridged, to its siblings. The stack of the lower interface never gets it (macvlan_queue_xmit of
// drivers/net/macvlan.c, Documentation/networking/ipvlan.rst of the kernel).
func (f *flood) sendChild(at int, child, lower network.Interface) {
	if lower == nil {
		f.exit(at, child, "goes to what %s stands on, which is out of sight", f.t.full(child))
		return
	}
	lower = lower.Interface()
	tg, kind, name := f.visits[at].tags, child.Nif().Kind, child.Nif().Name
	if down(lower) {
		f.block(lower, "%s is down", f.t.full(lower))
		return
	}
	if switched(child) {
		for _, sibling := range lower.Nif().Slaves {
			if !f.t.spend(1) {
				return
			}
			if sibling = sibling.Interface(); sibling.Nif() != child.Nif() && switched(sibling) && !down(sibling) {
				f.next(at, sibling, tg, arriving, fmt.Sprintf("%s %s → %s, both on %s", kind, name, f.t.full(sibling), f.t.full(lower)), lower)
			}
		}
	}
	f.next(at, lower, tg, sending, fmt.Sprintf("%s %s → %s below it", kind, name, f.near(child, lower)))
}

// switched reports whether an interface is a macvlan or ipvlan that exchanges frames with its
// siblings.
func switched(nif network.Interface) bool {
	switch nif := nif.(type) {
	case network.Macvlan:
		return netlink.MacvlanMode(nif.Macvlan().Mode) == netlink.MACVLAN_MODE_BRIDGE
	case network.Ipvlan:
		return nif.Ipvlan().Flag == "bridge"
	}
	return false
}

// arrive follows a frame that comes in from outside: to a VLAN that takes it; else to the bridge,
// bond, or team that the interface is part of; else to the namespace's stack.
func (f *flood) arrive(at int, nif network.Interface) {
	tg := f.visits[at].tags
	if f.untag(at, nif) {
		return
	}
	a := nif.Nif()
	if a.Bridge != nil {
		if bridge, ok := a.Bridge.Interface().(network.Bridge); ok {
			f.bridge(at, bridge, nif, tg)
		}
		return
	}
	if a.Controller != nil {
		switch controller := a.Controller.Interface().(type) {
		case network.Bond, network.Team:
			if down(controller) {
				f.block(controller, "%s is down", f.t.full(controller))
				return
			}
			f.next(at, controller, tg, arriving, fmt.Sprintf("%s → %s %s", a.Name, controller.Nif().Kind, controller.Nif().Name))
			return
		case network.Ovs:
			f.exit(at, nif, "enters the Open vSwitch of %s, whose flows are not known,", f.t.full(nif))
			return
		}
	}
	f.next(at, nif, tg, received, "")
}

// receive follows a frame that a stack takes in, and hands it to what stands on the interface.
func (f *flood) receive(at int, nif network.Interface) {
	if f.untag(at, nif) {
		return
	}
	tg := f.visits[at].tags
	if tg == (tags{}) {
		f.reached = append(f.reached, at)
	}
	for _, child := range nif.Nif().Slaves {
		if !f.t.spend(1) {
			return
		}
		switch child := child.Interface().(type) {
		case network.Macvlan, network.Ipvlan:
			if down(child) {
				f.block(child, "%s is down", f.t.full(child))
				continue
			}
			f.next(at, child, tg, arriving, fmt.Sprintf("%s → %s %s on it", nif.Nif().Name, child.Nif().Kind, f.near(nif, child)))
		}
	}
}

// untag hands a tagged frame to the VLAN interface for it, if there is one on the interface.
func (f *flood) untag(at int, nif network.Interface) bool {
	tg := f.visits[at].tags
	if tg == (tags{}) {
		return false
	}
	for _, child := range nif.Nif().Slaves {
		if !f.t.spend(1) {
			return true
		}
		vlan, ok := child.Interface().(network.Vlan)
		if !ok || (vlanTag{vlan.Vlan().VlanProtocol, vlan.Vlan().VID}) != tg.outer {
			continue
		}
		if down(vlan) {
			f.block(vlan, "%s is down", f.t.full(vlan))
			return true
		}
		f.next(at, vlan, tg.pop(), arriving, fmt.Sprintf("%s → %s, which takes %s", nif.Nif().Name, f.near(nif, vlan), tg.outer))
		return true
	}
	return false
}

// near names an interface, with its namespace only if that is another one than the first's.
func (f *flood) near(from, nif network.Interface) string {
	if from.Nif().Netns == nif.Nif().Netns {
		return nif.Nif().Name
	}
	return f.t.full(nif)
}

// steps tells how the frame got to a visit.
func (f *flood) steps(at int) (steps []Step, doubts []string) {
	var chain []int
	for ; at >= 0; at = f.visits[at].from {
		chain = append(chain, at)
	}
	slices.Reverse(chain)
	for _, at := range chain {
		v := &f.visits[at]
		doubts = append(doubts, v.doubts...)
		steps = append(steps, v.detour...)
		if v.text != "" || len(v.nifs) > 0 {
			steps = append(steps, Step{Kind: Wire, Netns: v.netns, Text: v.text, Nifs: v.nifs})
		}
	}
	return steps, doubts
}

// who returns the visit at which somebody has the address, and the interface that it is on. For
// IPv4, Linux answers for all of its addresses on all of its interfaces (arp_ignore of
// ip-sysctl.rst); for IPv6, only for those of the interface that was asked. rivals are others that
// would answer as well.
func (f *flood) who(addr netip.Addr) (at int, found network.Interface, rivals []network.Interface) {
	at = -1
	owners := map[*network.NetworkNamespace]network.Interface{} // of the address; nil for who has it not.
	owns := map[*network.NetworkNamespace]bool{}
	rival := map[*network.NifAttrs]bool{}
	for _, exact := range []bool{true, false} {
		for _, reached := range f.reached {
			nif := f.visits[reached].nif.Interface()
			netns := nif.Nif().Netns
			owner := nif
			if !nif.Nif().HasAddress(addr.AsSlice()) {
				if exact || !addr.Is4() {
					continue
				}
				if _, known := owners[netns]; !known {
					owners[netns] = netns.NifWithAddress(addr.AsSlice())
				}
				if owner = owners[netns]; owner == nil {
					continue
				}
			}
			if _, known := owns[netns]; !known {
				_, owns[netns] = isLocal(netns, addr)
			}
			switch {
			case !owns[netns]:
			case found == nil:
				at, found = reached, owner
			case netns != found.Nif().Netns && !rival[owner.Nif()]:
				rival[owner.Nif()] = true
				rivals = append(rivals, owner)
			}
		}
	}
	slices.SortFunc(rivals, func(a, b network.Interface) int { return cmp.Compare(f.t.full(a), f.t.full(b)) })
	return at, found, rivals
}
