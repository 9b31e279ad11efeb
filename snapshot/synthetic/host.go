package synthetic

import (
	"fmt"

	"github.com/hostwire/hostwire/network"
	"github.com/vishvananda/netlink"
)

// buildHost makes the host's namespace with its loopback and its uplink.
func (b *builder) buildHost() {
	b.init = b.process(1, 0, "systemd", "/sbin/init")
	b.host = b.netns("", true, b.init)
	b.host.Initial = true

	b.uplinks = subnet{base: 192<<24 | 0<<16 | 2<<8, bits: 24, gw: 1} // 192.0.2.0/24, RFC 5737.
	if b.recipe.Macvlans > 200 {
		b.uplinks = subnet{base: 198<<24 | 18<<16, bits: 15, gw: 1} // 198.18.0.0/15, RFC 2544.
	}
	b.uplink = b.card("eth0", "virtio_net", "0000:00:03.0", 10_000)
	b.assign(b.uplink, b.uplinks, b.uplinks.base+2)
}

// card adds a network card to the host.
func (b *builder) card(name, driver, bus string, speed int) *network.NifAttrs {
	card := &network.NifAttrs{
		Name: name, State: network.Up, AdminUp: true, Physical: true,
		DriverInfo: network.NifDriverInfo{Driver: driver, Version: "6.18.0", BusInfo: bus},
		Speed:      speed, Duplex: "full",
	}
	b.add(b.host, card)
	card.PermL2Addr = card.L2Addr
	return card
}

// buildBonds makes bonds of two cards each. Every third has lost its second card.
func (b *builder) buildBonds() {
	for i := range b.recipe.Bonds {
		bond := &network.BondAttrs{
			NifAttrs: network.NifAttrs{Kind: "bond", Name: fmt.Sprintf("bond%d", i), State: network.Up, AdminUp: true, Speed: 20_000, Duplex: "full"},
			Mode:     "802.3ad",
		}
		for j := range 2 {
			card := b.card(fmt.Sprintf("enp%ds0f%d", 4+i, j), "ixgbe", fmt.Sprintf("0000:%02x:00.%d", 4+i, j), 10_000)
			if j == 1 && i%3 == 2 {
				card.State, card.Speed, card.Duplex = network.Down, 0, ""
				bond.Speed = 10_000
			}
			card.Controller = bond
			bond.Members = append(bond.Members, card)
		}
		if i%2 == 1 {
			bond.Mode, bond.Active, bond.Speed = "active-backup", bond.Members[0], 10_000
		}
		b.add(b.host, bond)
		b.assign(bond, subnet{base: 10<<24 | 252<<16 | uint32(i)<<8, bits: 24}, 10<<24|252<<16|uint32(i)<<8|2)
	}
}

// buildVlans makes VLANs over the uplink, from VLAN ID 100 on. Every eighth is down.
func (b *builder) buildVlans() {
	for i := range b.recipe.Vlans {
		vid := 100 + i
		vlan := &network.VlanAttrs{
			NifAttrs:     network.NifAttrs{Kind: "vlan", Name: fmt.Sprintf("eth0.%d", vid), State: network.Up, AdminUp: true},
			Master:       b.uplink,
			VID:          uint16(vid),
			VlanProtocol: netlink.VLAN_PROTOCOL_8021Q,
		}
		if i%8 == 7 {
			vlan.State, vlan.AdminUp = network.Down, false
		}
		b.add(b.host, vlan)
		stack(vlan, b.uplink)
		base := 10<<24 | 253<<16 | uint32(i)<<4
		b.assign(vlan, subnet{base: base, bits: 28}, base+2)
	}
}

// buildBridges makes the bridges that tenants are spread over: docker0, then those of networks
// that were made by name.
func (b *builder) buildBridges() {
	for i := range b.recipe.Bridges {
		s := subnet{base: 172<<24 | uint32(17+i)<<16, bits: 16, gw: 1}
		if i >= 15 {
			s = subnet{base: 10<<24 | uint32(i-15)<<13, bits: 19, gw: 1}
		}
		if b.recipe.Bridges == 1 && b.recipe.Tenants > 65_000 {
			s = subnet{base: 100<<24 | 64<<16, bits: 10, gw: 1} // RFC 6598.
		}
		name, network := "docker0", "bridge"
		if i > 0 {
			network = numbered(networkNames, i-1)
			name = "br-" + digest("network "+network, 12)
		}
		b.bridges = append(b.bridges, b.bridge(name, s, b.recipe.Tenants > 0, network, nil))
	}
}

// bridge adds a bridge with the first address of its subnet to the host. When a container engine
// runs it, the engine has a network of that name.
func (b *builder) bridge(name string, s subnet, engine bool, networkName string, labels map[string]string) *bridge {
	br := &network.BridgeAttrs{NifAttrs: network.NifAttrs{Kind: "bridge", Name: name, State: network.Up, AdminUp: true}, STPState: "disabled"}
	b.add(b.host, br)
	b.assign(br, s, s.base+1)
	if engine {
		b.networks = append(b.networks, &engineNet{
			Engine: b.dockerEngine().Type,
			ID:     digest("network id "+networkName, 64),
			Name:   networkName,
			Driver: "bridge",
			Nif:    br,
			Labels: labels,
		})
	}
	return &bridge{nif: br, net: s}
}

var networkNames = []string{"frontend", "backend", "data", "metrics", "build", "mail", "edge", "admin"}

// numbered returns the i-th of endless names: the given ones first, then again with a number.
func numbered(names []string, i int) string {
	name := names[i%len(names)]
	if i >= len(names) {
		name = fmt.Sprintf("%s-%d", name, i/len(names)+1)
	}
	return name
}
