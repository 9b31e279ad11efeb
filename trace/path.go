package trace

import (
	"net/netip"

	"github.com/hostwire/hostwire/network"
	"github.com/thediveo/lxkns/model"
)

// Query is what to find the way of.
type Query struct {
	From     *network.NetworkNamespace // namespace that sends; never nil.
	Source   netip.Addr                // address that it sends from; not valid for the one that the kernel would take.
	To       netip.Addr                // address that it sends to.
	Protocol string                    // "tcp" or "udp"; only with a port.
	Port     uint16                    // port that it sends to; 0 for a packet without ports, such as a ping.
}

// Outcome is where a way ends.
type Outcome string

// The outcomes.
const (
	Arrives Outcome = "arrives" // at a namespace of this host that has the address.
	Leaves  Outcome = "leaves"  // the host or what is known of it: by hardware, a tunnel, or into a process.
	Stops   Outcome = "stops"   // on this host; Reason says why.
)

// Path is the way of a packet.
type Path struct {
	Query
	Steps   []Step
	Outcome Outcome
	Reason  string                    // why it stops, or by what it leaves; empty if it arrives.
	Source  netip.Addr                // address that it is sent from; not valid if there is none to send from.
	Dest    netip.Addr                // address that it is sent to in the end, after what forwards it has rewritten it.
	Port    uint16                    // port in the end.
	Netns   *network.NetworkNamespace // namespace that it arrives in; nil otherwise.
	Nif     network.Interface         // interface with the address; nil if it does not arrive, or on no one interface.
	Servers []*model.Process          // processes that listen at the port, by PID; nil if nobody does, or without a port.
	Doubts  []string                  // why the packet might take another way, each once.

	listeners bool // sockets were looked at, so that no servers means that nobody listens.
}

// Listens tells whether anybody listens at the port; it is true as well where that is not known.
func (p *Path) Listens() bool { return p.Query.Port == 0 || len(p.Servers) > 0 || !p.listeners }

// StepKind is the type of a step.
type StepKind string

// The kinds of steps.
const (
	Route   StepKind = "route"   // a namespace looks up where the packet goes.
	Wire    StepKind = "wire"    // from interface to interface.
	Forward StepKind = "forward" // a namespace rewrites or passes on what comes to a port.
	Deliver StepKind = "deliver" // the packet has arrived.
)

// Step is one thing that happens to the packet on its way.
type Step struct {
	Kind    StepKind
	Netns   *network.NetworkNamespace // where it happens; never nil.
	Text    string                    // what happens, for people. Raw text: writers escape it.
	Nifs    []network.Interface       // interfaces that the packet passes, in order; neighbours share a wire.
	Forward *network.ForwardedPort    // what passes it on; nil unless Kind is Forward.
}

// Options say how a way is told.
type Options struct {
	Name func(*network.NetworkNamespace) string // names of namespaces for people; nil for their display names.
}

func (o Options) name(n *network.NetworkNamespace) string {
	if n == nil {
		return "?"
	}
	if o.Name != nil {
		if name := o.Name(n); name != "" {
			return name
		}
	}
	return n.DisplayName()
}
