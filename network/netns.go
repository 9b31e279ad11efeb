package network

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/thediveo/lxkns/model"
	"github.com/thediveo/lxkns/species"
)

// NetworkNamespace is one network stack of the host, with everything that belongs to it.
type NetworkNamespace struct {
	model.Namespace                       // namespace as lxkns found it: identifier, leaders, references.
	Nifs             map[int]Interface    // interfaces by index.
	NamedNifs        map[string]Interface // interfaces by name; the same as in Nifs.
	Tenants          Tenants              // processes and containers living here, sorted.
	Routesv4         []Route              // IPv4 routes of all tables.
	Routesv6         []Route              // IPv6 routes of all tables.
	Portsv4          []ProcessSocket      // sockets handling IPv4, including IPv6 sockets that do.
	Portsv6          []ProcessSocket      // sockets handling IPv6.
	ForwardedPortsv4 []ForwardedPort      // IPv4 ports forwarded from here, mostly into other namespaces.
	ForwardedPortsv6 []ForwardedPort      // IPv6 ports forwarded from here, mostly into other namespaces.

	Initial bool     // the host's initial network namespace.
	Paths   []string // bind mounts that keep it, as seen from the initial mount namespace, sorted.

	refs    []model.NamespaceRef // further ways to open it; only while it is looked at.
	facts   map[int]*linkFacts   // what the kernel said about relations; only until they are resolved.
	rules   *rulesRead           // packet filter rules that nobody has asked for yet.
	visitor atomic.Int32         // thread that is in the namespace for a look at it; 0 if none.
}

// setFacts keeps what the kernel said about an interface until relations are resolved.
func (n *NetworkNamespace) setFacts(index int, facts *linkFacts) {
	if n == nil {
		return
	}
	if n.facts == nil {
		n.facts = map[int]*linkFacts{}
	}
	n.facts[index] = facts
}

// sortedKeys returns a map's keys in order.
func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	return slices.Sorted(maps.Keys(m))
}

// addNif makes an interface known under its index and name.
func (n *NetworkNamespace) addNif(nif Interface) {
	if n.Nifs == nil {
		n.Nifs, n.NamedNifs = map[int]Interface{}, map[string]Interface{}
	}
	attrs := nif.Nif()
	n.Nifs[attrs.Index] = nif
	n.NamedNifs[attrs.Name] = nif
}

// removeNif forgets an interface that turned out to be gone.
func (n *NetworkNamespace) removeNif(nif Interface) {
	attrs := nif.Nif()
	if n.Nifs[attrs.Index] == nif {
		delete(n.Nifs, attrs.Index)
		delete(n.facts, attrs.Index)
	}
	if n.NamedNifs[attrs.Name] == nif {
		delete(n.NamedNifs, attrs.Name)
	}
}

// NifList returns the namespace's interfaces, in no particular order.
func (n *NetworkNamespace) NifList() Interfaces {
	nifs := make(Interfaces, 0, len(n.Nifs))
	for _, nif := range n.Nifs {
		nifs = append(nifs, nif)
	}
	return nifs
}

// sortedNifs returns the namespace's interfaces by index.
func (n *NetworkNamespace) sortedNifs() Interfaces {
	nifs := n.NifList()
	slices.SortFunc(nifs, func(a, b Interface) int { return cmp.Compare(a.Nif().Index, b.Nif().Index) })
	return nifs
}

// NifsString returns the namespace's display name and its interfaces' names and indices, for
// people.
func (n *NetworkNamespace) NifsString() string {
	var s strings.Builder
	s.WriteString(n.DisplayName())
	s.WriteString(": [")
	for i, nif := range n.sortedNifs() {
		if i > 0 {
			s.WriteString(", ")
		}
		fmt.Fprintf(&s, "%s(%d)", nif.Nif().Name, nif.Nif().Index)
	}
	s.WriteString("]")
	return s.String()
}

// DisplayName returns a short name for people: that of the process with PID 1 if it lives here, else
// of the lexicographically first tenant, else a path of a bind mount, else the namespace's inode
// number.
func (n *NetworkNamespace) DisplayName() string {
	name := ""
	for _, tenant := range n.Tenants {
		if tenant.Process != nil && tenant.Process.PID == 1 {
			return tenant.Name()
		}
		if tenantName := tenant.Name(); name == "" || tenantName < name {
			name = tenantName
		}
	}
	switch {
	case n.Initial && initName(n.Tenants) != "":
		return initName(n.Tenants)
	case name != "":
		return name
	case len(n.Paths) > 0:
		return n.Paths[0]
	case n.Namespace != nil:
		return fmt.Sprintf("net:[%d]", n.ID().Ino)
	default:
		return ""
	}
}

// initName returns the name of the process with PID 1 where its namespaces are unreadable, so that
// it is nobody's tenant, but it is the parent of one.
func initName(tenants Tenants) string {
	for _, tenant := range tenants {
		for proc := tenant.Process; proc != nil; proc = proc.Parent {
			if proc.PID == 1 {
				return proc.Name
			}
		}
	}
	return ""
}

// NetworkNamespaces are all known network namespaces by their identifiers (device and inode of
// nsfs).
type NetworkNamespaces map[species.NamespaceID]*NetworkNamespace

// Sorted returns the network namespaces in the order of [NetworkNamespaceList.Sort].
func (m NetworkNamespaces) Sorted() NetworkNamespaceList {
	list := make(NetworkNamespaceList, 0, len(m))
	for _, netns := range m {
		list = append(list, netns)
	}
	list.Sort()
	return list
}

// ByProcess returns the network namespace that the process is in, or nil if it is not known.
func (m NetworkNamespaces) ByProcess(proc *model.Process) *NetworkNamespace {
	if proc == nil {
		return nil
	}
	netns := proc.Namespaces[model.NetNS]
	if netns == nil {
		return nil
	}
	return m[netns.ID()]
}

// ByContainer returns the network namespace that the container is in, or nil if it is not known.
func (m NetworkNamespaces) ByContainer(cntr *model.Container) *NetworkNamespace {
	if cntr == nil {
		return nil
	}
	return m.ByProcess(cntr.Process)
}

// String returns the display names of the network namespaces, sorted.
func (m NetworkNamespaces) String() string {
	var names []string
	for _, netns := range m.Sorted() {
		names = append(names, netns.DisplayName())
	}
	return strings.Join(names, ", ")
}

// NetworkNamespaceList is a list of network namespaces that can be sorted in place.
type NetworkNamespaceList []*NetworkNamespace

// Sort sorts the namespaces in place: the initial one, where the process with PID 1 lives, comes
// first; the others follow by display name, then by identifier.
func (l NetworkNamespaceList) Sort() {
	type named struct {
		netns *NetworkNamespace
		name  string
		first bool
	}
	list := make([]named, len(l))
	for i, netns := range l {
		list[i] = named{netns, netns.DisplayName(), netns.Initial || netns.hasInit()}
	}
	slices.SortStableFunc(list, func(a, b named) int {
		if a.first != b.first {
			if a.first {
				return -1
			}
			return 1
		}
		return cmp.Or(strings.Compare(a.name, b.name), compareNamespaceIDs(a.netns, b.netns))
	})
	for i := range list {
		l[i] = list[i].netns
	}
}

// hasInit tells whether the process with PID 1 is a leader or tenant of the namespace.
func (n *NetworkNamespace) hasInit() bool {
	for _, tenant := range n.Tenants {
		if tenant.Process != nil && tenant.Process.PID == 1 {
			return true
		}
	}
	return n.Namespace != nil && slices.Contains(n.LeaderPIDs(), 1)
}

// compareNamespaceIDs orders namespaces by their identifiers; unknown ones come first.
func compareNamespaceIDs(a, b *NetworkNamespace) int {
	id := func(n *NetworkNamespace) species.NamespaceID {
		if n == nil || n.Namespace == nil {
			return species.NoneID
		}
		return n.ID()
	}
	x, y := id(a), id(b)
	return cmp.Or(cmp.Compare(x.Dev, y.Dev), cmp.Compare(x.Ino, y.Ino))
}
