package graph

import (
	"cmp"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/hostwire/hostwire/network"
)

// vxlan, geneve, IP tunnels, WireGuard: interfaces that lead to other hosts over IP.
func init() {
	register(projector{rank: rankOverlay, lines: vxlanLines, facts: vxlanFacts, wires: vxlanWires}, "vxlan")
	register(projector{
		rank: rankOverlay,
		lines: func(_ *projection, nif network.Interface) []string {
			g, ok := nif.(network.Geneve)
			if !ok {
				return nil
			}
			return []string{overlayLine(g.Geneve().VNI, []net.IP{g.Geneve().Remote}, g.Geneve().DestinationPort)}
		},
		facts: func(_ *projection, nif network.Interface) []Fact {
			g, ok := nif.(network.Geneve)
			if !ok {
				return nil
			}
			return []Fact{
				{"vni", strconv.Itoa(int(g.Geneve().VNI))},
				{"remote", ipText(g.Geneve().Remote)},
				{"destination port", positive(int(g.Geneve().DestinationPort))},
			}
		},
		wires: func(p *projection, nif network.Interface, n *Node) {
			if g, ok := nif.(network.Geneve); ok && specific(g.Geneve().Remote) {
				p.remoteWires(n, "geneve", []remote{{
					hostPort(g.Geneve().Remote, g.Geneve().DestinationPort), fmt.Sprintf("vni %d", g.Geneve().VNI),
				}})
			}
			p.lower(nif, n, nif.Nif().Lower)
		},
	}, "geneve")
	register(projector{rank: rankOverlay, lines: tunnelLines, facts: tunnelFacts, wires: tunnelWires},
		"gre", "gretap", "erspan", "ip6gre", "ip6gretap", "ip6erspan", "ipip", "sit", "ip6tnl", "vti", "vti6", "xfrm")
	register(projector{rank: rankOverlay, lines: wireguardLines, facts: wireguardFacts, wires: wireguardWires}, "wireguard")
}

// specific tells an address of somebody from none and from "any".
func specific(ip net.IP) bool { return len(ip) > 0 && !ip.IsUnspecified() }

func ipText(ip net.IP) string {
	if !specific(ip) {
		return ""
	}
	return ip.String()
}

// vxlanEnds returns the addresses that a VXLAN sends to, multicast groups first.
func vxlanEnds(v *network.VxlanAttrs) []net.IP {
	ends := make([]net.IP, 0, 2+len(v.Remotes))
	for _, ip := range append([]net.IP{v.Groupv4, v.Groupv6}, v.Remotes...) {
		if specific(ip) {
			ends = append(ends, ip)
		}
	}
	slices.SortFunc(ends, func(a, b net.IP) int {
		return cmp.Or(-cmp.Compare(rank(a.IsMulticast()), rank(b.IsMulticast())), compareIP(a, b))
	})
	return slices.CompactFunc(ends, net.IP.Equal)
}

// endFacts bounds how many remote ends the facts of an interface tell.
const endFacts = 50

// bounded cuts facts of which there may be very many, and counts the rest.
func bounded(name string, values []string) []Fact {
	var facts []Fact
	for i, v := range values {
		if i == endFacts {
			return append(facts, Fact{name, fmt.Sprintf("and %d more", len(values)-i)})
		}
		facts = append(facts, Fact{name, v})
	}
	return facts
}

// overlayLine is the identifier of an overlay network and where it leads: "vni 42 · 239.1.1.1:4789".
func overlayLine(vni uint32, ends []net.IP, port uint16) string {
	ends = slices.DeleteFunc(slices.Clone(ends), func(ip net.IP) bool { return !specific(ip) })
	line := fmt.Sprintf("vni %d", vni)
	switch {
	case len(ends) == 1:
		line += " · " + hostPort(ends[0], port)
	case len(ends) > 1:
		line += fmt.Sprintf(" · %d remotes · port %d", len(ends), port)
	case port != 0:
		line += fmt.Sprintf(" · port %d", port)
	}
	return line
}

func vxlanLines(_ *projection, nif network.Interface) []string {
	v, ok := nif.(network.Vxlan)
	if !ok {
		return nil
	}
	return []string{overlayLine(v.Vxlan().VID, vxlanEnds(v.Vxlan()), v.Vxlan().DestinationPort)}
}

func vxlanFacts(_ *projection, nif network.Interface) []Fact {
	w, ok := nif.(network.Vxlan)
	if !ok {
		return nil
	}
	v := w.Vxlan()
	facts := []Fact{{"vni", strconv.Itoa(int(v.VID))}}
	var remotes []string
	for _, ip := range vxlanEnds(v) {
		if ip.IsMulticast() {
			facts = append(facts, Fact{"group", ip.String()})
			continue
		}
		remotes = append(remotes, ip.String())
	}
	facts = append(facts, bounded("remote", remotes)...)
	facts = append(facts, Fact{"source", ipText(v.Sourcev4)}, Fact{"source", ipText(v.Sourcev6)},
		Fact{"destination port", positive(int(v.DestinationPort))})
	if v.SourcePortHigh != 0 {
		facts = append(facts, Fact{"source ports", fmt.Sprintf("%d-%d", v.SourcePortLow, v.SourcePortHigh)})
	}
	facts = append(facts, Fact{"ttl", positive(int(v.TTL))}, Fact{"tos", positive(int(v.TOS))}, Fact{"learning", yesNo(v.Learning)})
	if v.ArpProxy {
		facts = append(facts, Fact{"arp proxy", "yes"})
	}
	return facts
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func vxlanWires(p *projection, nif network.Interface, n *Node) {
	master := nif.Nif().Lower
	if v, ok := nif.(network.Vxlan); ok {
		if attrs(v.Vxlan().Master) != nil {
			master = v.Vxlan().Master
		}
		var ends []remote
		for _, ip := range vxlanEnds(v.Vxlan()) {
			ends = append(ends, remote{hostPort(ip, v.Vxlan().DestinationPort), fmt.Sprintf("vni %d", v.Vxlan().VID)})
		}
		p.remoteWires(n, "vxlan", ends)
	}
	p.lower(nif, n, master)
}

func tunnelLines(_ *projection, nif network.Interface) []string {
	t, ok := nif.(network.Tunnel)
	if !ok || !specific(t.Tunnel().Local) && !specific(t.Tunnel().Remote) {
		return nil
	}
	ends := [2]string{ipText(t.Tunnel().Local), ipText(t.Tunnel().Remote)}
	for i := range ends {
		if ends[i] == "" {
			ends[i] = "any"
		}
	}
	line := ends[0] + " → " + ends[1]
	if key := tunnelKey(t.Tunnel()); key != "" {
		return []string{line, key}
	}
	return []string{line}
}

// tunnelKey tells tunnels between the same ends apart.
func tunnelKey(t *network.TunnelAttrs) string {
	switch {
	case t.InKey == 0 && t.OutKey == 0:
		return ""
	case t.InKey == t.OutKey:
		return fmt.Sprintf("key %d", t.InKey)
	}
	return fmt.Sprintf("key %d in, %d out", t.InKey, t.OutKey)
}

func tunnelFacts(p *projection, nif network.Interface) []Fact {
	w, ok := nif.(network.Tunnel)
	if !ok {
		return nil
	}
	t := w.Tunnel()
	return []Fact{
		{"local", ipText(t.Local)},
		{"remote", ipText(t.Remote)},
		{"key", strings.TrimPrefix(tunnelKey(t), "key ")},
		{"ttl", positive(int(t.TTL))},
		{"encapsulation limit", positive(int(t.EncapLimit))},
		{"carrier", p.refer(t.Carrier)},
	}
}

func tunnelWires(p *projection, nif network.Interface, n *Node) {
	carrier := nif.Nif().Lower
	if w, ok := nif.(network.Tunnel); ok {
		t := w.Tunnel()
		if attrs(t.Carrier) != nil {
			carrier = t.Carrier
		}
		if specific(t.Remote) {
			// The key is no part of the remote end's name: in and out may differ at the two ends.
			p.remoteWires(n, n.Kind, []remote{{name: t.Remote.String()}})
		}
	}
	p.lower(nif, n, carrier)
}

func wireguardLines(_ *projection, nif network.Interface) []string {
	w, ok := nif.(network.Wireguard)
	if !ok {
		return nil
	}
	var words []string
	if port := w.Wireguard().ListenPort; port != 0 {
		words = append(words, fmt.Sprintf("port %d", port))
	}
	if peers := w.Wireguard().Peers; len(peers) > 0 {
		words = append(words, plural(len(peers), "peer"))
		silent := 0
		for _, peer := range peers {
			if !specific(peer.Endpoint.IP) {
				silent++
			}
		}
		if silent > 0 {
			words = append(words, fmt.Sprintf("%d without endpoint", silent))
		}
	}
	return []string{strings.Join(words, " · ")}
}

func wireguardFacts(_ *projection, nif network.Interface) []Fact {
	w, ok := nif.(network.Wireguard)
	if !ok {
		return nil
	}
	facts := []Fact{{"listen port", positive(int(w.Wireguard().ListenPort))}}
	var peers []string
	for _, peer := range w.Wireguard().Peers {
		text := "no endpoint yet"
		if specific(peer.Endpoint.IP) {
			text = hostPort(peer.Endpoint.IP, uint16(peer.Endpoint.Port))
		}
		var allowed []string
		for _, ip := range peer.AllowedIPs {
			allowed = append(allowed, ip.String())
		}
		sortNatural(allowed)
		if len(allowed) > 0 {
			text += ", allowed " + strings.Join(allowed, " ")
		}
		peers = append(peers, text)
	}
	sortNatural(peers)
	return append(facts, bounded("wireguard peer", peers)...)
}

func wireguardWires(p *projection, nif network.Interface, n *Node) {
	if w, ok := nif.(network.Wireguard); ok {
		var ends []remote
		for _, peer := range w.Wireguard().Peers {
			if specific(peer.Endpoint.IP) {
				ends = append(ends, remote{name: hostPort(peer.Endpoint.IP, uint16(peer.Endpoint.Port))})
			}
		}
		p.remoteWires(n, "wireguard", ends)
	}
	p.lower(nif, n, nif.Nif().Lower)
}
