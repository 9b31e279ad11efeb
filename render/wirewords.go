package render

import (
	"strings"

	"github.com/hostwire/hostwire/graph"
)

// Some kinds of wires also stand for those of relatives: graph has no kinds of their own for them,
// so that style sheets can count on a closed set. Words for people must still be true of what occurs.

// borrowed says, for a wire of a kind with such relatives, what kind of interface makes it what it is:
// the controller for members, the upper interface for the rest.
func borrowed(e *graph.Edge) string {
	switch e.Kind {
	case graph.Bond, graph.Bridge:
		return e.To.Kind
	case graph.Veth, graph.Vlan, graph.Vxlan, graph.Macvlan, graph.Ipvlan:
		return e.From.Kind
	}
	return ""
}

// ownKind are the kinds of interfaces that a kind of wire is named for.
func ownKind(k graph.EdgeKind, nifKind string) bool {
	return nifKind == "" || nifKind == string(k)
}

// relatives are the words for wires of which none, or not all, are of the kind that they are named
// for: of one wire, of all with a kind of interface in common (for %), of a mixture.
var relatives = map[graph.EdgeKind]struct{ same, mixture string }{
	graph.Bond:    {"% member", "bond, HSR or PRP member"},
	graph.Bridge:  {"% port", "port of a bridge or switch"},
	graph.Veth:    {"% pair", "veth or similar pair"},
	graph.Vlan:    {"% on its parent", "VLAN or similar on its parent"},
	graph.Vxlan:   {"% tunnel", "overlay or tunnel"},
	graph.Macvlan: {"% on its parent", "macvlan or macvtap on its parent"},
	graph.Ipvlan:  {"% on its parent", "ipvlan or ipvtap on its parent"},
}

// kindWords are kinds of interfaces as people write them, where that is not the kernel's word.
var kindWords = map[string]string{
	"hsr": "HSR", "prp": "PRP", "gre": "GRE", "ip6gre": "IPv6 GRE", "gretap": "GRE TAP", "ip6gretap": "IPv6 GRE TAP",
	"geneve": "Geneve", "wireguard": "WireGuard", "erspan": "ERSPAN", "ip6erspan": "IPv6 ERSPAN", "ipip": "IPIP", "sit": "SIT",
	"vti": "VTI", "vti6": "VTI6", "xfrm": "XFRM", "macsec": "MACsec", "l2tp": "L2TP", "gtp": "GTP", "ip6tnl": "IPv6",
}

// wireWord says for people what a wire is.
func wireWord(e *graph.Edge) string {
	w, known := wireWords[e.Kind]
	if !known {
		return plain(string(e.Kind))
	}
	kind := borrowed(e)
	r, has := relatives[e.Kind]
	switch {
	case has && !ownKind(e.Kind, kind):
		return strings.Replace(r.same, "%", kindWord(kind), 1)
	case e.Kind == graph.Vxlan && e.To.Class == graph.Remote:
		return "VXLAN tunnel"
	}
	return w.one
}

func kindWord(kind string) string {
	if w, ok := kindWords[kind]; ok {
		return w
	}
	return plain(kind)
}

// legendWord says for people what all wires of a kind are.
func legendWord(g *graph.Graph, k graph.EdgeKind) string {
	w, known := wireWords[k]
	if !known {
		return plain(string(k))
	}
	r, has := relatives[k]
	if !has {
		return w.legend
	}
	first, remote, seen := "", false, false
	for _, e := range g.Edges {
		if e.Kind != k {
			continue
		}
		kind := borrowed(e)
		if ownKind(k, kind) {
			kind = ""
		}
		if seen && kind != first {
			return r.mixture
		}
		first, seen = kind, true
		remote = remote || e.To.Class == graph.Remote
	}
	switch {
	case first != "":
		return strings.Replace(r.same, "%", kindWord(first), 1)
	case k == graph.Vxlan && remote:
		return "VXLAN tunnel"
	}
	return w.legend
}
