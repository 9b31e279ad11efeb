package graph

// Graph is all that a picture shows: groups around clusters, clusters of nodes, wires between
// nodes, and notes on what could not be seen. Every slice is in drawing order, which is a function
// of stable names only.
type Graph struct {
	Title    string     // what the picture is of, usually the host's name.
	Subtitle string     // one line of counts and facts below the title; may be empty.
	Groups   []*Group   // hosts, compose projects, pods; parents before their children.
	Clusters []*Cluster // network namespaces, the host's first.
	Free     []*Node    // nodes of no cluster: the outside, remote tunnel ends, processes.
	Edges    []*Edge    // wires, sorted by ID.
	Notes    []Note     // what the picture lacks, and why.
}

// Group is a frame around clusters that belong together.
type Group struct {
	ID     string // stable; unique in the graph.
	Kind   string // "compose", "pod", "host", or another word for people.
	Name   string // name for people, such as the project's.
	Engine string // container engine that says so ("docker"); empty if none.
	Parent *Group // enclosing group, nil at the top.
}

// ClusterKind says what sort of network namespace a cluster is; it selects the icon.
type ClusterKind string

// The kinds of clusters.
const (
	Host      ClusterKind = "host"      // the initial network namespace.
	Container ClusterKind = "container" // a container's.
	Pod       ClusterKind = "pod"       // shared by the containers of a pod.
	Process   ClusterKind = "process"   // joined by processes that are no container.
	Bound     ClusterKind = "bound"     // kept by a bind mount, no processes.
	Held      ClusterKind = "held"      // kept by an open file descriptor or socket only.
	Folded    ClusterKind = "folded"    // a card that stands for Count similar clusters.
)

// Cluster is a network namespace's card.
type Cluster struct {
	ID       string      // stable; unique in the graph; an XML name.
	Netns    string      // stable ID of the namespace, for data-netns.
	Kind     ClusterKind // selects the icon.
	Name     string      // name for people: "web".
	Detail   string      // second header line: "docker · nginx:1.27 · pid 12586".
	Facts    []Fact      // everything known, for tooltips and text output.
	Group    *Group      // innermost group around it, nil if none.
	Nodes    []*Node     // interfaces and forwarded ports, in row order.
	Sections []Section   // lists below the rows: containers on the host's network; at full detail ports, routes, tenants.
	Count    int         // how many namespaces the card stands for; 1 unless folded.
	Change   Change      // how it differs, in the graph of a Diff.
}

// Section is a titled list of lines in a cluster's card.
type Section struct {
	Title string
	Lines []string
}

// NodeClass tells interfaces from the other things wires can end at.
type NodeClass string

// The classes of nodes.
const (
	Nif     NodeClass = "nif"     // a network interface.
	Port    NodeClass = "port"    // a forwarded port (or range) where it is accepted.
	Outside NodeClass = "outside" // the network that hardware leads to.
	Remote  NodeClass = "remote"  // the far end of a tunnel.
	Proc    NodeClass = "process" // a process that serves a TUN/TAP interface or a port.
)

// State is an interface's operational state as far as pictures tell it apart.
type State string

// The states of nodes.
const (
	StateUp      State = "up"
	StateDown    State = "down"    // down, lower layer down, not present.
	StateDormant State = "dormant" // dormant or testing.
	StateUnknown State = "unknown" // administratively up but the driver does not tell.
	StateNone    State = ""        // not an interface.
)

// Node is what wires end at: an interface as a row of its cluster's card, or a free thing.
type Node struct {
	ID      string    // stable; unique in the graph; an XML name.
	Class   NodeClass // interface, port, outside, …
	Kind    string    // interface kind as the kernel names it ("veth"); "hardware", "loopback"; the class otherwise.
	Name    string    // name for people: "eth0", "tcp 0.0.0.0:8081".
	Alias   string    // interface alias, shown after the name; may be empty.
	Tag     string    // short remark at the right edge: "veth", "port of docker0", "→ web:80".
	State   State     // StateNone unless an interface.
	Lines   []string  // further lines at this level of detail: addresses, "vni 42 · 239.1.1.1:4789".
	Facts   []Fact    // everything known, for tooltips and text output.
	Cluster *Cluster  // the card it is a row of; nil for free nodes.
	Count   int       // how many interfaces or ports it stands for, if more than 1: folded ones.
	Change  Change    // how it differs, in the graph of a Diff.
	Mark    bool      // on the way of Options.Path.
}

// stands is how many things a node stands for, at least 1.
func (n *Node) stands() int { return max(1, n.Count) }

// Fact is one named detail. Name is lower-case words, Value is raw text as read from the system:
// writers escape it.
type Fact struct{ Name, Value string }

// EdgeKind is the type of a wire.
type EdgeKind string

// The kinds of wires; these words stand in data-kind and in class attributes.
const (
	Veth    EdgeKind = "veth"
	Bridge  EdgeKind = "bridge"
	Bond    EdgeKind = "bond"
	Team    EdgeKind = "team"
	Vrf     EdgeKind = "vrf"
	Ovs     EdgeKind = "ovs"
	Vlan    EdgeKind = "vlan"
	Macvlan EdgeKind = "macvlan"
	Ipvlan  EdgeKind = "ipvlan"
	Vxlan   EdgeKind = "vxlan"
	Sriov   EdgeKind = "sriov"
	Tuntap  EdgeKind = "tuntap"
	Uplink  EdgeKind = "uplink"
	Forward EdgeKind = "forward"
)

// Edge is a wire. Where a relation has a direction, From is the one that depends: the port of a
// bridge, the VLAN on its lower interface, the forwarded port that leads to a server.
type Edge struct {
	ID        string // stable; unique in the graph.
	Kind      EdgeKind
	From, To  *Node
	Directed  bool   // drawn with an arrow head at To.
	Label     string // in the middle of the wire; may be empty.
	FromLabel string // near From; may be empty.
	ToLabel   string // near To; may be empty.
	Facts     []Fact // everything known, for tooltips.
	Served    Served // of forwarded ports: where at To they are served.
	Count     int    // how many wires it stands for; 1 unless folded.
	Change    Change // how it differs, in the graph of a Diff.
	Mark      bool   // on the way of Options.Path.
}

// Served is what tells where forwarded ports are served, once it is known by which interface: short
// enough to stand beside a wire.
type Served struct {
	Protocol string
	Address  string // empty where the interface has no other one of its family.
	Ports    string // one, or a range: "8000-8010".
	Told     bool   // the tag of the wire's own port says the same.
}

// Change says how a thing differs between two graphs.
type Change string

// The changes.
const (
	Unchanged Change = ""
	Added     Change = "added"
	Removed   Change = "removed"
	Changed   Change = "changed"
)

// Note is one remark in the picture on what it does not show.
type Note struct {
	Text string // one line for people, with what to do about it where that is known.
}
