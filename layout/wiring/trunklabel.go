package wiring

import (
	"slices"
	"strconv"
	"strings"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/layout"
)

// Words of a trunk's label, at most.
const (
	portsMax  = 4 // ports of one protocol.
	sharesMax = 2
)

// label puts what all wires of a trunk lead to, and the share of connections that they get, into one
// short text near its end. It leaves out from where they come: their ports tell that. Where they
// tell the rest too, there is no text.
func (t *trunk) label() {
	var served []graph.Served
	var other, shares []string // texts of wires that do not say what serves them; shares.
	for _, w := range t.wires {
		e := w.edge
		switch {
		case e.Served.Protocol != "":
			served = append(served, e.Served)
		case e.ToLabel != "":
			other = append(other, e.ToLabel)
		}
		if e.Label != "" && !slices.Contains(shares, e.Label) {
			shares = append(shares, e.Label)
		}
	}
	var words []string
	told := !slices.ContainsFunc(served, func(s graph.Served) bool { return !s.Told })
	if text := servedText(served); text != "" && !(told && len(other)+len(shares) == 0) {
		words = append(words, text)
	}
	slices.Sort(other)
	words = append(words, slices.Compact(other)...)
	if len(shares) <= sharesMax {
		if len(shares) > 0 {
			words = append(words, strings.Join(shares, ", "))
		}
	}
	for _, w := range t.wires {
		w.texts = &layout.Texts{}
	}
	lead := t.wires[0]
	lead.texts.From, lead.texts.To = lead.edge.FromLabel, strings.Join(words, " · ")
}

// servedText lists ports by protocol and address, each once: "tcp 80, 443 · udp 53".
func servedText(list []graph.Served) string {
	list = slices.Clone(list)
	slices.SortFunc(list, compareServed)
	list = slices.CompactFunc(list, func(a, b graph.Served) bool { return compareServed(a, b) == 0 })
	var out []string
	for i := 0; i < len(list); {
		first := list[i]
		var ports []string
		for ; i < len(list) && list[i].Protocol == first.Protocol && list[i].Address == first.Address; i++ {
			ports = append(ports, list[i].Ports)
		}
		text := strings.Join(ports[:min(len(ports), portsMax)], ", ")
		if more := len(ports) - portsMax; more > 0 {
			text += " +" + itoa(more)
		}
		if first.Address != "" {
			text = first.Address + ":" + text
		}
		out = append(out, first.Protocol+" "+text)
	}
	return strings.Join(out, " · ")
}

// compareServed is the order in which ports are listed: by protocol, address, and number.
func compareServed(a, b graph.Served) int {
	if n := strings.Compare(a.Protocol, b.Protocol); n != 0 {
		return n
	}
	if n := strings.Compare(a.Address, b.Address); n != 0 {
		return n
	}
	if n := firstPort(a.Ports) - firstPort(b.Ports); n != 0 {
		return n
	}
	return strings.Compare(a.Ports, b.Ports)
}

// firstPort is the number that a port or range begins with.
func firstPort(ports string) int {
	first, _, _ := strings.Cut(ports, "-")
	n, _ := strconv.Atoi(first)
	return n
}

func itoa(n int) string { return strconv.Itoa(n) }
