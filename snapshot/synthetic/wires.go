package synthetic

import (
	"fmt"
	"net"

	"github.com/hostwire/hostwire/network"
	"github.com/thediveo/lxkns/model"
	"github.com/vishvananda/netlink"
)

// buildVxlans makes VXLANs over the uplink, from VNI 42 on. Those with an even number have a
// multicast group, the others two remote hosts. They are ports of the bridges, where there are any.
func (b *builder) buildVxlans() {
	for i := range b.recipe.Vxlans {
		vx := &network.VxlanAttrs{
			NifAttrs:        network.NifAttrs{Kind: "vxlan", Name: fmt.Sprintf("vx%d", 42+i), State: network.Unknown, AdminUp: true, MTU: 1450},
			Master:          b.uplink,
			VID:             uint32(42 + i),
			DestinationPort: 4789,
			TTL:             8,
			Learning:        true,
		}
		if i%2 == 0 {
			vx.Groupv4 = v4(239<<24 | 1<<16 | 1<<8 | uint32(1+i%250))
		} else {
			vx.Sourcev4 = v4(b.uplinks.base + 2)
			vx.Remotes = []net.IP{v4(203<<24 | 113<<8 | 11), v4(203<<24 | 113<<8 | 12)} // RFC 5737.
		}
		b.add(b.host, vx)
		stack(vx, b.uplink)
		if len(b.bridges) > 0 {
			enslave(vx, b.bridges[i%len(b.bridges)].nif)
		}
	}
}

// buildTaps makes TAPs as ports of the bridges, each served by a virtual machine. Every fourth
// machine is switched off.
func (b *builder) buildTaps() {
	for i := range b.recipe.Taps {
		tap := &network.TunTapAttrs{
			NifAttrs: network.NifAttrs{Kind: "tun", Name: fmt.Sprintf("tap%d", i), State: network.Up, AdminUp: true},
			Mode:     network.TunTapModeTap,
			Owner:    64055,
			Group:    -1,
		}
		if i%4 == 3 {
			tap.State = network.Down
		} else {
			p := b.process(b.newPID(), 1, "qemu-system-x86", "/usr/bin/qemu-system-x86_64", "-name", fmt.Sprintf("vm%d", i+1))
			b.joinHost(p)
			tap.Processors = []*model.Process{p}
		}
		b.add(b.host, tap)
		enslave(tap, b.bridges[i%len(b.bridges)].nif)
	}
}

// buildMacvlans makes namespaces that are on the uplink's network through a macvlan. Every tenth
// is down.
func (b *builder) buildMacvlans() {
	for i := range b.recipe.Macvlans {
		ns := b.netns(fmt.Sprintf("/run/netns/lan-%d", i+1), true)
		mv := &network.MacvlanAttrs{
			NifAttrs: network.NifAttrs{Kind: "macvlan", Name: "eth0", State: network.Up, AdminUp: true},
			Master:   b.uplink,
			Mode:     network.MacvlanMode(netlink.MACVLAN_MODE_BRIDGE),
		}
		if i%10 == 9 {
			mv.State, mv.AdminUp = network.Down, false
		}
		b.add(ns, mv)
		stack(mv, b.uplink)
		b.assign(mv, b.uplinks, b.uplinks.base+20+uint32(i))
	}
}

// buildRouters makes a chain of namespaces that starts at the host.
func (b *builder) buildRouters() {
	previous, name := b.host, "to-r1"
	for i := range b.recipe.Routers {
		ns := b.netns(fmt.Sprintf("/run/netns/r%d", i+1), true)
		s := subnet{base: 172<<24 | 16<<16 | uint32(i)<<2, bits: 30}
		outer, inner := b.vethPair(previous, ns, name, "up", true)
		b.assign(outer, s, s.base+1)
		s.gw = 1
		b.assign(inner, s, s.base+2)
		previous, name = ns, "down"
	}
}

// buildLone makes namespaces that are kept by a bind mount and have nothing but a loopback.
func (b *builder) buildLone() {
	for i := range b.recipe.Lone {
		b.netns(fmt.Sprintf("/run/netns/lab-%d", i+1), false)
	}
}
