package render

import (
	"sort"
	"strconv"
	"strings"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/internal/typeface"
)

func itoa(n int) string { return strconv.Itoa(n) }

// count is a number with its noun.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return itoa(n) + " " + many
}

// wireWords say what each kind of wire is: in the legend, and in a tooltip.
var wireWords = map[graph.EdgeKind]struct{ legend, one string }{
	graph.Veth:    {"veth pair", "veth pair"},
	graph.Bridge:  {"bridge port", "bridge port"},
	graph.Bond:    {"bond member", "bond member"},
	graph.Team:    {"team member", "team member"},
	graph.Vrf:     {"VRF member", "VRF member"},
	graph.Ovs:     {"Open vSwitch port", "Open vSwitch port"},
	graph.Vlan:    {"VLAN on its parent", "VLAN"},
	graph.Macvlan: {"macvlan on its parent", "macvlan"},
	graph.Ipvlan:  {"ipvlan on its parent", "ipvlan"},
	graph.Vxlan:   {"VXLAN underlay", "VXLAN underlay"},
	graph.Sriov:   {"SR-IOV virtual function", "SR-IOV virtual function"},
	graph.Tuntap:  {"TUN/TAP and its process", "TUN/TAP process"},
	graph.Uplink:  {"uplink", "uplink"},
	graph.Forward: {"forwarded port", "forwarded port"},
}

// kindOrder is the order of kinds of wires in legends.
var kindOrder = []graph.EdgeKind{
	graph.Veth, graph.Bridge, graph.Bond, graph.Team, graph.Vrf, graph.Ovs, graph.Vlan, graph.Macvlan,
	graph.Ipvlan, graph.Vxlan, graph.Sriov, graph.Tuntap, graph.Uplink, graph.Forward,
}

// stateOrder is the order of states in legends.
var stateOrder = []graph.State{graph.StateUp, graph.StateDown, graph.StateDormant, graph.StateUnknown}

// stateWords say what each state is.
var stateWords = map[graph.State]string{
	graph.StateUp: "up", graph.StateDown: "down", graph.StateDormant: "dormant", graph.StateUnknown: "state unknown",
}

// kindsIn lists the kinds of wires that occur, known ones first.
func kindsIn(g *graph.Graph) []graph.EdgeKind {
	counts := g.Stats().Wires
	var out []graph.EdgeKind
	for _, k := range kindOrder {
		if counts[k] > 0 {
			out = append(out, k)
		}
	}
	known := len(out)
	for k := range counts {
		if _, ok := wireWords[k]; !ok {
			out = append(out, k)
		}
	}
	sort.Slice(out[known:], func(i, j int) bool { return out[known+i] < out[known+j] })
	return out
}

// summary describes the graph in one sentence, for readers who can't see the picture.
func summary(g *graph.Graph) string {
	text := g.Summary()
	if len(g.Notes) > 0 {
		text += "; not complete: " + count(len(g.Notes), "note says", "notes say") + " what is missing"
	}
	return text
}

// tooltip collects lines, each a fact.
type tooltip struct{ b strings.Builder }

// maxTooltip bounds a tooltip, in bytes; no screen shows more.
const maxTooltip = 6000

func (t *tooltip) line(s string) {
	if s == "" || t.b.Len() > maxTooltip {
		return
	}
	if t.b.Len() > 0 {
		t.b.WriteByte('\n')
	}
	t.b.WriteString(s)
}

func (t *tooltip) facts(facts []graph.Fact) {
	for _, f := range facts {
		t.line(plain(f.Name) + ": " + plain(f.Value))
	}
}

func (t *tooltip) String() string { return shorten(t.b.String(), maxTooltip) }

// change says how a thing differs.
func (t *tooltip) change(c graph.Change) {
	if word := changeWord(c); word != "" {
		t.line(strings.TrimSpace(changeSigns[c]) + " " + word)
	}
}

func nodeTooltip(n *graph.Node) string {
	var t tooltip
	head := plain(n.Name)
	if n.Class == graph.Nif {
		if n.Kind != "" {
			head += " · " + plain(n.Kind)
		}
		if n.State != graph.StateNone {
			head += " · " + plain(string(n.State))
		}
	}
	t.line(head)
	t.change(n.Change)
	if len(n.Facts) > 0 {
		for _, f := range n.Facts {
			if f.Name == "kind" && f.Value == n.Kind || f.Name == "state" && f.Value == string(n.State) {
				continue // said already.
			}
			t.line(plain(f.Name) + ": " + plain(f.Value))
		}
		return t.String()
	}
	if n.Alias != "" {
		t.line("alias: " + plain(n.Alias))
	}
	t.line(plain(n.Tag))
	for _, l := range n.Lines {
		t.line(plain(l))
	}
	return t.String()
}

func clusterTooltip(c *graph.Cluster) string {
	var t tooltip
	t.line(plain(c.Name))
	t.change(c.Change)
	if len(c.Facts) == 0 {
		t.line(plain(c.Detail))
	}
	t.facts(c.Facts)
	return t.String()
}

func groupTooltip(g *graph.Group) string {
	var t tooltip
	t.line(strings.TrimSpace(plain(g.Kind) + " " + plain(g.Name)))
	if g.Engine != "" {
		t.line("engine: " + plain(g.Engine))
	}
	return t.String()
}

func sectionTooltip(s graph.Section) string {
	var t tooltip
	t.line(plain(s.Title))
	for _, l := range s.Lines {
		t.line(plain(l))
	}
	return t.String()
}

// place is how a wire's tooltip names one of its ends.
func place(n *graph.Node) string {
	if n.Cluster != nil {
		return plain(n.Cluster.Name) + " : " + plain(n.Name)
	}
	return plain(n.Name)
}

func wireTooltip(e *graph.Edge) string {
	var t tooltip
	word := wireWord(e)
	arrow := " – "
	if e.Directed {
		arrow = " → "
	}
	if e.Count > 1 {
		word += " × " + itoa(e.Count)
	}
	t.line(word)
	t.change(e.Change)
	t.line(place(e.From) + arrow + place(e.To))
	if e.Label != "" {
		t.line(plain(e.Label))
	}
	t.facts(e.Facts)
	return t.String()
}

// wrap breaks text into lines of at most width, between words; a longer word is truncated.
func wrap(text string, style typeface.Style, width float64) []string {
	var out []string
	line, used := "", 0.0
	space := style.Width(" ")
	for _, word := range strings.Fields(text) {
		w := style.Width(word)
		if line != "" && used+space+w > width {
			out = append(out, line)
			line = ""
		}
		if line == "" {
			line = style.Fit(word, width)
			used = style.Width(line)
			continue
		}
		line += " " + word
		used += space + w
	}
	if line != "" {
		out = append(out, line)
	}
	return out
}
