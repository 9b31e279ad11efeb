package synthetic

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/hostwire/hostwire/internal/suggest"
)

// MaxNamespaces is the number of network namespaces that a made-up host may have at most.
const MaxNamespaces = 100_000

// maxSpec bounds how much of a specification is looked at, in bytes.
const maxSpec = 4096

// Recipe is what a specification asks for.
type Recipe struct {
	Host     string // the host's name.
	Bridges  int    // bridges for tenants, TAPs and VXLANs.
	Tenants  int    // containers of a namespace each, spread over the bridges.
	Vxlans   int    // VXLANs over the uplink, ports of the bridges.
	Macvlans int    // namespaces with a macvlan over the uplink.
	Vlans    int    // VLANs over the uplink.
	Bonds    int    // bonds of two network cards each.
	Taps     int    // TAPs with a virtual machine each, ports of the bridges.
	Routers  int    // routers chained to the host, a namespace each.
	Ports    int    // ports forwarded to containers.
	Pods     int    // pods of a sandbox and two containers in one namespace.
	Projects int    // compose projects of three containers and a network each.
	Lone     int    // bind-mounted namespaces without wires.
	IPv6     bool   // IPv6 addresses and routes as well.
}

// word is one word of the grammar.
type word struct {
	name  string
	about string
	max   int                // largest count; 0 if the word takes none.
	count func(*Recipe) *int // where the count goes; nil if the word takes none.
	set   func(*Recipe, string) error
}

var words = []word{
	{name: "host", about: "the host, which is always there; host:NAME names it (edge-01)", set: setHost},
	{name: "bridge", about: "bridges, which tenants, TAPs and VXLANs are spread over", max: 500, count: func(r *Recipe) *int { return &r.Bridges }},
	{name: "tenant", about: "containers with a veth to a bridge each", max: MaxNamespaces, count: func(r *Recipe) *int { return &r.Tenants }},
	{name: "vxlan", about: "VXLANs over eth0, as ports of the bridges", max: 10_000, count: func(r *Recipe) *int { return &r.Vxlans }},
	{name: "macvlan", about: "namespaces with a macvlan over eth0", max: MaxNamespaces, count: func(r *Recipe) *int { return &r.Macvlans }},
	{name: "vlan", about: "VLANs over eth0", max: 3_900, count: func(r *Recipe) *int { return &r.Vlans }},
	{name: "bond", about: "bonds of two network cards each", max: 100, count: func(r *Recipe) *int { return &r.Bonds }},
	{name: "tap", about: "TAPs with a virtual machine each, as ports of the bridges", max: 10_000, count: func(r *Recipe) *int { return &r.Taps }},
	{name: "router", about: "routers in a chain that starts at the host", max: 16_000, count: func(r *Recipe) *int { return &r.Routers }},
	{name: "port", about: "ports forwarded to the containers in turn", max: 50_000, count: func(r *Recipe) *int { return &r.Ports }},
	{name: "pod", about: "pods of two containers in one namespace", max: MaxNamespaces, count: func(r *Recipe) *int { return &r.Pods }},
	{name: "compose", about: "compose projects of three containers and a bridge each", max: MaxNamespaces / 3, count: func(r *Recipe) *int { return &r.Projects }},
	{name: "lone", about: "bind-mounted namespaces without wires", max: MaxNamespaces, count: func(r *Recipe) *int { return &r.Lone }},
	{name: "ipv6", about: "IPv6 beside IPv4", set: func(r *Recipe, value string) error {
		if value != "" {
			return fmt.Errorf("takes no count")
		}
		r.IPv6 = true
		return nil
	}},
}

// Help explains the grammar in a few lines for people.
func Help() string {
	var b strings.Builder
	b.WriteString("Words, each at most once; :N is a count, 1 if left out. Example: bridge:4 tenant:250 vxlan:2\n")
	for _, w := range words {
		name := w.name
		if w.max > 0 {
			name += ":N"
		}
		fmt.Fprintf(&b, "  %-11s %s\n", name, w.about)
	}
	return b.String()
}

// Parse reads a specification. Errors are one line that says what to write instead.
func Parse(spec string) (Recipe, error) {
	r := Recipe{Host: "edge-01"}
	if len(spec) > maxSpec {
		return r, fmt.Errorf("the synthetic host has a description of %d bytes, more than %d", len(spec), maxSpec)
	}
	fields := strings.Fields(spec)
	if len(fields) == 0 {
		return r, fmt.Errorf(`the synthetic host is not described: write words such as "host bridge:4 tenant:250 vxlan:2"; there are %s`, strings.Join(names(), ", "))
	}
	given := map[string]bool{}
	for _, field := range fields {
		name, value, hasValue := strings.Cut(field, ":")
		w := find(name)
		if w == nil {
			return r, fmt.Errorf("synthetic host: unknown word %q%s; there are %s", name, suggest.DidYouMean(name, names()), strings.Join(names(), ", "))
		}
		if given[name] {
			return r, fmt.Errorf("synthetic host: %s is there twice; write one %s with the sum", name, name)
		}
		given[name] = true
		if hasValue && value == "" {
			return r, fmt.Errorf("synthetic host: nothing follows the colon of %q", field)
		}
		if err := w.apply(&r, value); err != nil {
			return r, fmt.Errorf("synthetic host: %s %w", name, err)
		}
	}
	return r, r.check()
}

// apply puts a word's value into the recipe.
func (w *word) apply(r *Recipe, value string) error {
	if w.set != nil {
		return w.set(r, value)
	}
	n := 1
	if value != "" {
		var err error
		if n, err = strconv.Atoi(value); err != nil || n < 0 {
			return fmt.Errorf("needs a count such as %s:%d, not %q", w.name, min(4, w.max), value)
		}
	}
	if n > w.max {
		return fmt.Errorf("goes up to %d, %d is more", w.max, n)
	}
	*w.count(r) = n
	return nil
}

// check refuses recipes whose words do not go together, and adds what they need.
func (r *Recipe) check() error {
	if n := r.Namespaces(); n > MaxNamespaces {
		return fmt.Errorf("synthetic host: that is %d network namespaces, at most %d are made up", n, MaxNamespaces)
	}
	if r.Ports > 0 && r.Tenants+r.Pods+r.Projects == 0 {
		return fmt.Errorf("synthetic host: port needs something to forward to: add tenant, pod or compose")
	}
	if r.Bridges == 0 && r.Tenants+r.Taps > 0 {
		r.Bridges = 1
	}
	return nil
}

// Namespaces returns how many network namespaces the host will have, its own included.
func (r *Recipe) Namespaces() int {
	return 1 + r.Tenants + r.Macvlans + r.Routers + r.Pods + 3*r.Projects + r.Lone
}

func setHost(r *Recipe, value string) error {
	if value == "" {
		return nil
	}
	if len(value) > 64 {
		return fmt.Errorf("has a name of %d letters, 64 are the most", len(value))
	}
	for _, c := range value {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.') {
			return fmt.Errorf("has the name %q: only letters, digits, dots and hyphens can be used", value)
		}
	}
	r.Host = value
	return nil
}

func names() []string {
	all := make([]string, len(words))
	for i, w := range words {
		all[i] = w.name
	}
	return all
}

func find(name string) *word {
	for i := range words {
		if words[i].name == name {
			return &words[i]
		}
	}
	return nil
}
