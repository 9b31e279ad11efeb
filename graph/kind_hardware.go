package graph

import "github.com/hostwire/hostwire/network"

// Hardware, loopback, and interfaces that are neither and of no named kind.
func init() {
	register(projector{rank: rankHardware, tag: hardwareTag}, kindHardware)
	register(projector{rank: rankLoopback}, kindLoopback)
	register(projector{rank: rankPlain, tag: hardwareTag}, kindOther)
	register(projector{rank: rankDummy, tag: func(p *projection, nif network.Interface) string {
		return p.portTag(nif, "dummy")
	}}, "dummy")
	register(projector{rank: rankDummy}, "ifb")
}

// hardwareTag is the driver, and what SR-IOV makes of the card.
func hardwareTag(p *projection, nif network.Interface) string {
	a := nif.Nif()
	tag := a.DriverInfo.Driver
	if tag == "" {
		tag = kindOf(nif)
	}
	switch a.SRIOVRole {
	case network.PCI_SRIOV_PF:
		return tag + " · pf"
	case network.PCI_SRIOV_VF:
		if pf := attrs(a.PF); pf != nil {
			return tag + " · vf of " + p.nifName(a.PF)
		}
		return tag + " · vf"
	}
	return tag
}
