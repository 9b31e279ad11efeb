package graph

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/hostwire/hostwire/network"
	"github.com/vishvananda/netlink"
)

// vlan, macvlan, macvtap, ipvlan, ipvtap, macsec: interfaces on top of another one.
func init() {
	register(projector{
		rank: rankStacked,
		tag: func(_ *projection, nif network.Interface) string {
			v, ok := nif.(network.Vlan)
			if !ok {
				return "vlan"
			}
			if v.Vlan().VlanProtocol == netlink.VLAN_PROTOCOL_8021AD {
				return fmt.Sprintf("vlan %d · 802.1ad", v.Vlan().VID)
			}
			return fmt.Sprintf("vlan %d", v.Vlan().VID)
		},
		wires: stackedWires,
		facts: func(p *projection, nif network.Interface) []Fact {
			v, ok := nif.(network.Vlan)
			if !ok {
				return nil
			}
			return []Fact{
				{"vlan id", strconv.Itoa(int(v.Vlan().VID))},
				{"vlan protocol", vlanProtocol(v.Vlan().VlanProtocol)},
			}
		},
	}, "vlan")
	register(projector{
		rank: rankStacked,
		tag: func(_ *projection, nif network.Interface) string {
			if m, ok := nif.(network.Macvlan); ok {
				return strings.TrimSpace(kindOf(nif) + " " + macvlanMode(m.Macvlan().Mode))
			}
			return kindOf(nif)
		},
		wires: stackedWires,
		facts: func(p *projection, nif network.Interface) []Fact {
			if m, ok := nif.(network.Macvlan); ok {
				return []Fact{{"mode", macvlanMode(m.Macvlan().Mode)}}
			}
			return nil
		},
	}, "macvlan", "macvtap")
	register(projector{
		rank: rankStacked,
		tag: func(_ *projection, nif network.Interface) string {
			if i, ok := nif.(network.Ipvlan); ok {
				return strings.TrimSpace(kindOf(nif) + " " + i.Ipvlan().Mode)
			}
			return kindOf(nif)
		},
		wires: stackedWires,
		facts: func(p *projection, nif network.Interface) []Fact {
			if i, ok := nif.(network.Ipvlan); ok {
				return []Fact{{"mode", i.Ipvlan().Mode}, {"flag", i.Ipvlan().Flag}}
			}
			return nil
		},
	}, "ipvlan", "ipvtap")
	register(projector{
		rank: rankStacked,
		lines: func(_ *projection, nif network.Interface) []string {
			if m, ok := nif.(network.Macsec); ok {
				if m.Macsec().Encrypt {
					return []string{"encrypted"}
				}
				return []string{"authenticated, not encrypted"}
			}
			return nil
		},
		wires: stackedWires,
		facts: func(p *projection, nif network.Interface) []Fact {
			m, ok := nif.(network.Macsec)
			if !ok || p.opts.Stable { // an SCI begins with the hardware address.
				return nil
			}
			return []Fact{{"secure channel", fmt.Sprintf("%016x", m.Macsec().SCI)}}
		},
	}, "macsec")
}

// stackedWires adds the wire to the lower interface, by whichever way the model knows it.
func stackedWires(p *projection, nif network.Interface, n *Node) {
	var master network.Interface
	switch nif := nif.(type) {
	case network.Vlan:
		master = nif.Vlan().Master
	case network.Macvlan:
		master = nif.Macvlan().Master
	case network.Ipvlan:
		master = nif.Ipvlan().Master
	case network.Macsec:
		master = nif.Macsec().Master
	}
	if attrs(master) == nil {
		master = nif.Nif().Lower
	}
	p.lower(nif, n, master)
}

func vlanProtocol(proto netlink.VlanProtocol) string {
	switch proto {
	case netlink.VLAN_PROTOCOL_8021Q:
		return "802.1Q"
	case netlink.VLAN_PROTOCOL_8021AD:
		return "802.1ad"
	}
	return ""
}

func macvlanMode(mode network.MacvlanMode) string {
	switch netlink.MacvlanMode(mode) {
	case netlink.MACVLAN_MODE_PRIVATE:
		return "private"
	case netlink.MACVLAN_MODE_VEPA:
		return "vepa"
	case netlink.MACVLAN_MODE_BRIDGE:
		return "bridge"
	case netlink.MACVLAN_MODE_PASSTHRU:
		return "passthru"
	case netlink.MACVLAN_MODE_SOURCE:
		return "source"
	}
	return ""
}
