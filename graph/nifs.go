package graph

import (
	"fmt"
	"math"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/hostwire/hostwire/network"
)

// describe makes the node of an interface; its place and its ID come later.
func (p *projection) describe(nif network.Interface) *Node {
	a, pr := nif.Nif(), projectorOf(nif)
	n := &Node{
		Class: Nif,
		Kind:  kindOf(nif),
		Name:  p.nifName(nif),
		Alias: a.Alias,
		State: stateOf(a),
	}
	n.Tag = n.Kind
	if pr.tag != nil {
		n.Tag = pr.tag(p, nif)
	}
	n.Lines = append(p.addressLines(a), nonEmpty([]string{p.networkLine(nif)})...)
	if pr.lines != nil {
		n.Lines = append(n.Lines, nonEmpty(pr.lines(p, nif))...)
	}
	n.Lines = append(n.Lines, nonEmpty([]string{portVLANs(a), unresolved(a)})...)
	if p.opts.Detail == Full {
		n.Lines = append(n.Lines, p.fullLines(a)...)
	}
	n.Facts = append(p.nifFacts(nif), p.networkFacts(nif)...)
	if pr.facts != nil {
		n.Facts = append(n.Facts, pr.facts(p, nif)...)
	}
	n.Facts = slices.DeleteFunc(n.Facts, func(f Fact) bool { return f.Value == "" })
	return n
}

// stateOf reduces administrative and operational state to what pictures tell apart. A driver that
// says nothing leaves the state unknown, unless the interface is switched off; loopback interfaces
// and most TUNs never say anything, but are up when switched on.
func stateOf(a *network.NifAttrs) State {
	switch a.State {
	case network.Up:
		return StateUp
	case network.Dormant, network.Testing:
		return StateDormant
	case network.Unknown:
		switch {
		case !a.AdminUp:
			return StateDown
		case a.Loopback:
			return StateUp
		}
		return StateUnknown
	}
	return StateDown
}

// lineWidth is how many characters of addresses a line takes before the next one starts.
const lineWidth = 40

// addressesShown is how many addresses an interface shows at normal detail.
const addressesShown = 4

// addressLines lists an interface's addresses, as many to a line as fit. Link-local addresses are
// shown at full detail only: every interface has one, and it tells nothing about the wiring.
func (p *projection) addressLines(a *network.NifAttrs) []string {
	var words []string
	for _, addr := range p.addresses(a) {
		if p.opts.Detail == Full || !linkLocalv6(addr.ip) {
			words = append(words, addr.text)
		}
	}
	if hidden := len(words) - addressesShown; hidden > 0 && p.opts.Detail != Full {
		words = append(words[:addressesShown], fmt.Sprintf("+%d more", hidden))
	}
	return pack(words)
}

// shownAddress is an address as graphs show it.
type shownAddress struct {
	ip   net.IP
	text string // "192.0.2.2/24"
}

// addresses returns an interface's addresses in order. Stable graphs leave out IPv6 link-local ones
// and show the subnet in place of addresses that routers made (RFC 4862), since the interface's part
// of both comes from a random hardware address or is random itself.
func (p *projection) addresses(a *network.NifAttrs) []shownAddress {
	var shown []shownAddress
	for _, list := range []network.Addresses{a.Addrsv4, a.Addrsv6} {
		for _, addr := range sortedAddresses(list) {
			s := shownAddress{addr.Address, cidr(addr)}
			if p.opts.Stable && linkLocalv6(addr.Address) {
				continue
			}
			if p.opts.Stable && addr.Address.To4() == nil && addr.PrefixLength == 64 && addr.ValidLifetime != 0 && addr.ValidLifetime != forever {
				s.ip = addr.Address.Mask(net.CIDRMask(64, 128))
				s.text = s.ip.String() + "/64"
				if slices.ContainsFunc(shown, func(other shownAddress) bool { return other.text == s.text }) {
					continue
				}
			}
			shown = append(shown, s)
		}
	}
	slices.SortStableFunc(shown, func(x, y shownAddress) int { return compareIP(x.ip, y.ip) })
	return shown
}

// forever is the lifetime of addresses that somebody set (INFINITY_LIFE_TIME of the kernel's
// net/addrconf.h).
const forever = math.MaxUint32

func linkLocalv6(ip net.IP) bool { return ip.To4() == nil && ip.IsLinkLocalUnicast() }

// pack joins words into lines of about lineWidth characters.
func pack(words []string) []string {
	var lines []string
	for _, w := range words {
		if last := len(lines) - 1; last >= 0 && len(lines[last])+1+len(w) <= lineWidth {
			lines[last] += " " + w
			continue
		}
		lines = append(lines, w)
	}
	return lines
}

func sortedAddresses(addrs network.Addresses) network.Addresses {
	sorted := slices.Clone(addrs)
	slices.SortFunc(sorted, func(x, y network.Address) int {
		if c := compareIP(x.Address, y.Address); c != 0 {
			return c
		}
		return sign(int(x.PrefixLength) - int(y.PrefixLength))
	})
	return sorted
}

func cidr(a network.Address) string {
	return a.Address.String() + "/" + strconv.Itoa(int(a.PrefixLength))
}

// compareIP orders IPv4 before IPv6 and then by value.
func compareIP(a, b net.IP) int {
	if a4, b4 := a.To4(), b.To4(); a4 != nil && b4 != nil {
		a, b = a4, b4
	} else if a4 != nil {
		return -1
	} else if b4 != nil {
		return 1
	}
	return slices.Compare(a, b)
}

// unresolved is the remark on a relation of which the other end is out of sight, so that the wire
// is missing.
func unresolved(a *network.NifAttrs) string {
	switch a.Unresolved {
	case "":
		return ""
	case "lower":
		return "lower interface not visible"
	}
	return a.Unresolved + " not visible"
}

// portVLANs lists the VLANs of a bridge port: "vlan 1 untagged, 10, 20-29".
func portVLANs(a *network.NifAttrs) string {
	if a.BridgePort == nil || len(a.BridgePort.VLANs) == 0 {
		return ""
	}
	vlans := slices.Clone(a.BridgePort.VLANs)
	slices.SortFunc(vlans, func(x, y network.PortVLAN) int { return int(x.VID) - int(y.VID) })
	var words []string
	for i := 0; i < len(vlans); {
		j := i + 1
		for j < len(vlans) && vlans[j].VID == vlans[j-1].VID+1 && vlans[j].Untagged == vlans[i].Untagged &&
			!vlans[j].PVID && !vlans[i].PVID {
			j++
		}
		w := strconv.Itoa(int(vlans[i].VID))
		if j-i > 1 {
			w += "-" + strconv.Itoa(int(vlans[j-1].VID))
		}
		if vlans[i].PVID {
			w += " pvid"
		}
		if vlans[i].Untagged {
			w += " untagged"
		}
		words = append(words, w)
		i = j
	}
	return "vlan " + enumerate(words, 6, ", ")
}

// fullLines are the lines of every interface that only full detail has.
func (p *projection) fullLines(a *network.NifAttrs) []string {
	var words []string
	if a.MTU != 0 {
		words = append(words, fmt.Sprintf("mtu %d", a.MTU))
	}
	if mac := p.mac(a.L2Addr); mac != "" && !a.Loopback {
		words = append(words, mac)
	}
	lines := []string{strings.Join(words, " · ")}
	if speed := speed(a); speed != "" {
		lines = append(lines, speed)
	}
	if a.DriverInfo.BusInfo != "" {
		lines = append(lines, a.DriverInfo.BusInfo)
	}
	return nonEmpty(lines)
}

// mac is a hardware address as text; empty in stable graphs, since most are random.
func (p *projection) mac(addr net.HardwareAddr) string {
	if p.opts.Stable || allZero(addr) { // loopback's, for one: it says nothing.
		return ""
	}
	return addr.String()
}

func allZero(b []byte) bool {
	for _, v := range b {
		if v != 0 {
			return false
		}
	}
	return true
}

// speed is a link's speed and duplex mode: "10 Gbit/s full duplex".
func speed(a *network.NifAttrs) string {
	var words []string
	switch {
	case a.Speed <= 0:
	case a.Speed%1000 == 0:
		words = append(words, fmt.Sprintf("%d Gbit/s", a.Speed/1000))
	default:
		words = append(words, fmt.Sprintf("%d Mbit/s", a.Speed))
	}
	if a.Duplex != "" {
		words = append(words, a.Duplex+" duplex")
	}
	return strings.Join(words, " ")
}

// nifFacts are the facts that all kinds of interfaces have, in an order that every interface shares.
func (p *projection) nifFacts(nif network.Interface) []Fact {
	a := nif.Nif()
	facts := append(make([]Fact, 0, 24),
		Fact{"kind", kindOf(nif)},
		Fact{"alias", a.Alias},
		Fact{"state", stateText(a)},
	)
	if !p.opts.Stable {
		facts = append(facts, Fact{"index", positive(a.Index)})
	}
	facts = append(facts,
		Fact{"mtu", positive(a.MTU)},
		Fact{"mac", p.mac(a.L2Addr)},
		Fact{"permanent mac", p.mac(a.PermL2Addr)},
	)
	for _, addr := range p.addresses(a) {
		facts = append(facts, Fact{"address", addr.text})
	}
	facts = append(facts,
		Fact{"controller", p.refer(a.Controller)},
		Fact{"lower interface", p.refer(a.Lower)},
		Fact{"not visible", a.Unresolved},
		Fact{"driver", strings.TrimSpace(a.DriverInfo.Driver + " " + a.DriverInfo.Version)},
		Fact{"firmware", a.DriverInfo.FwVersion},
		Fact{"expansion rom", a.DriverInfo.EromVersion},
		Fact{"bus address", a.DriverInfo.BusInfo},
		Fact{"speed", speed(a)},
		Fact{"sr-iov", sriovText(a)},
		Fact{"physical function", p.refer(a.PF)},
	)
	if a.Promiscuous {
		facts = append(facts, Fact{"promiscuous", "yes"})
	}
	if a.BridgePort != nil {
		facts = append(facts, Fact{"bridge port state", a.BridgePort.State}, Fact{"bridge port vlans", portVLANs(a)})
	}
	for _, key := range sortedKeys(a.Labels) {
		if key == network.GostwireInternalBridgeKey {
			facts = append(facts, Fact{"internal network", "yes"})
			continue
		}
		facts = append(facts, Fact{"label " + key, a.Labels[key]})
	}
	return facts
}

var operStates = map[network.OperState]string{
	network.Unknown: "unknown", network.NotPresent: "not present", network.Down: "down",
	network.LowerLayerDown: "lower layer down", network.Testing: "testing", network.Dormant: "dormant", network.Up: "up",
}

// stateText is the operational state as the kernel tells it, and whether somebody switched the
// interface off. Of loopback interfaces it tells none: they are up when switched on.
func stateText(a *network.NifAttrs) string {
	if a.Loopback && a.State == network.Unknown && a.AdminUp {
		return operStates[network.Up]
	}
	text := operStates[a.State]
	if text == "" {
		text = fmt.Sprintf("state %d", a.State)
	}
	if !a.AdminUp && a.State != network.Up {
		text += ", switched off"
	}
	return text
}

func sriovText(a *network.NifAttrs) string {
	switch a.SRIOVRole {
	case network.PCI_SRIOV_PF:
		return "physical function"
	case network.PCI_SRIOV_VF:
		return "virtual function"
	}
	return ""
}

// refer is how facts call another interface: "eth0" or, where it is in another namespace than most
// readers will expect, "eth0 in web".
func (p *projection) refer(nif network.Interface) string {
	a := attrs(nif)
	if a == nil {
		return ""
	}
	if s := p.byNetns[a.Netns]; s != nil {
		return p.nifName(nif) + " in " + s.name
	}
	return p.nifName(nif)
}

func positive(n int) string {
	if n <= 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
