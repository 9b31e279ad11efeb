package network

import (
	"github.com/hostwire/hostwire/portfwd"
	"github.com/thediveo/lxkns/model"
)

// Discovery is all that was found out about a host's network.
type Discovery struct {
	Host       HostInfo           // the host itself.
	Netns      NetworkNamespaces  // all network namespaces that were found, with their interfaces.
	Processes  model.ProcessTable // processes that the namespaces, sockets and interfaces refer to, with their ancestors.
	Containers model.Containers   // containers alive at the time; their engines hang off them.
	Networks   []EngineNetwork    // container engines' networks, sorted by engine and name.
	Findings   []Finding          // what could not be seen, and why, sorted.

	published []portfwd.Published // ports that engines say they have published.
}

// HostInfo describes the host itself.
type HostInfo struct {
	Name   string // host name of the initial UTS namespace, or of our own where that can't be told.
	OS     string // PRETTY_NAME of os-release; empty if unknown.
	Kernel string // kernel release, as uname -r.
}

// EngineNetwork is a network as its container engine knows it.
type EngineNetwork struct {
	Engine   string            // type of engine: "docker.com", "podman.io", …
	ID       string            // engine's ID of the network.
	Name     string            // "bridge", "shop_backend".
	Driver   string            // "bridge", "macvlan", "ipvlan", …
	Internal bool              // cut off from the outside.
	Nif      Interface         // bridge or parent interface that realises it; nil if not found.
	Labels   map[string]string // engine's labels, such as the compose project's; nil if none.
}

// FindingKind classifies findings for programs.
type FindingKind string

// The kinds of findings.
const (
	FindingPrivilege FindingKind = "privilege" // not allowed to look; root would be.
	FindingNetns     FindingKind = "netns"     // a namespace could not be entered or read.
	FindingRelation  FindingKind = "relation"  // the other end of a wire is out of sight.
	FindingEngine    FindingKind = "engine"    // a container engine did not answer, or not sanely.
	FindingRules     FindingKind = "rules"     // packet filter rules that could not be read or understood.
	FindingLimit     FindingKind = "limit"     // something was larger than hostwire reads.
	FindingSystem    FindingKind = "system"    // the system lacks what a look needs.
)

// Finding is one thing that could not be seen. It is part of the result, not an error: the rest is
// right, but a picture must say that it is not complete.
type Finding struct {
	Kind    FindingKind       // what sort of thing could not be seen.
	Subject string            // what it is about, for people: "namespace /run/netns/lab", "engine docker.com".
	Message string            // what could not be seen and why: "could not be entered: permission denied".
	Remedy  string            // what to do about it; empty if nothing can be done.
	Netns   *NetworkNamespace // namespace concerned, nil if none or unknown.
	Nif     Interface         // interface concerned, nil if none.
}
