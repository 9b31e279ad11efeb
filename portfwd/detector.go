package portfwd

import (
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/hostwire/hostwire/portfwd/follow"
	"github.com/hostwire/hostwire/portfwd/nftget"
)

// Forward is a forwarded port, or range of ports, as a detector knows it.
type Forward struct {
	ForwardedPortRange
	Source  string  // what forwards: "docker", "kube-proxy", "nftables", ….
	Service string  // service it belongs to as the rules tell it ("default/web:http"), empty if none.
	Share   float64 // share of connections that this destination gets, in (0,1].
	PID     int     // process that passes the traffic on, 0 if the kernel does.
	Into    int     // process in whose network namespace the destination is, 0 if it is reached by routing.
	ByTap   bool    // the destination is in the namespace of the TAP interface that process PID serves.
}

// Finding is a rule that forwards, or leads to one that does, in a way that is not understood.
type Finding struct {
	Family string // "IPv4" or "IPv6", empty if it does not matter.
	Table  string
	Chain  string
	Handle uint64 // as shown by "nft -a list ruleset"; 0 if it is not one rule's.
	Text   string // what is not understood, for people: "match \"set\" is not understood".
}

// Process is a process in the network namespace looked at.
type Process struct {
	PID  int
	Args []string // command line.
}

// Listener is a socket in the network namespace looked at that waits for connections or datagrams.
type Listener struct {
	Protocol string // "tcp", "udp" or "sctp".
	Addr     netip.AddrPort
	PIDs     []int // processes that have it open.
}

// Published is a port of a container that its engine says it has published.
type Published struct {
	Protocol      string         // "tcp", "udp" or "sctp".
	Host          netip.AddrPort // where it is accepted; the address is not valid if that is not told.
	ContainerPort uint16
	PID           int // the container's first process.
}

// System is what there is to detect forwards from, in one network namespace.
type System struct {
	Rules     *nftget.Ruleset // nil if not read.
	Addrs     []netip.Addr    // addresses of the namespace's interfaces.
	Processes []Process       // processes in the namespace.
	Listeners []Listener      // their sockets.
	Published []Published     // what engines say; for forwarders that don't tell their destinations otherwise.

	once     sync.Once
	paths    []*follow.Path // those that nobody has taken yet.
	problems []follow.Problem
}

// Take returns the ways to rewritten destinations that the detector recognises as its own, and
// which no other one has taken before.
func (s *System) Take(mine func(*follow.Path) bool) []*follow.Path {
	s.follow()
	var taken []*follow.Path
	s.paths = slices.DeleteFunc(s.paths, func(p *follow.Path) bool {
		if !mine(p) {
			return false
		}
		taken = append(taken, p)
		return true
	})
	return taken
}

// Problems returns the rules that lead to rewritten destinations in ways not understood.
func (s *System) Problems() []follow.Problem {
	s.follow()
	return s.problems
}

func (s *System) follow() {
	s.once.Do(func() {
		if s.Rules == nil {
			return
		}
		paths, problems := follow.Ruleset(s.Rules)
		for i := range paths {
			s.paths = append(s.paths, &paths[i])
		}
		s.problems = problems
	})
}

// IsLocal tells whether the address is one of the namespace's own.
func (s *System) IsLocal(addr netip.Addr) bool {
	return addr.IsLoopback() || slices.Contains(s.Addrs, addr)
}

// Detector recognises the forwards of one technology.
type Detector interface {
	// Detect returns the forwards that it recognises, in any order, and what it could not
	// understand.
	Detect(*System) ([]Forward, []Finding)
}

// DetectorFunc is a function that is a Detector.
type DetectorFunc func(*System) ([]Forward, []Finding)

// Detect calls the function.
func (f DetectorFunc) Detect(s *System) ([]Forward, []Finding) { return f(s) }

// Rank orders detectors: those with a lower rank are asked first, and what two of them report is
// said to be the first one's.
type Rank int

// The ranks.
const (
	RankEngine  Rank = iota // recognises the rules of one program.
	RankGeneric             // takes all rules that are left.
	RankProxy               // programs that pass traffic on, often beside rules that do.
)

type registration struct {
	name     string
	rank     Rank
	detector Detector
}

var (
	registryLock sync.Mutex
	registry     []registration
)

// Register adds a detector, typically from an init function. Names are unique; a second one with
// the same name panics.
func Register(name string, rank Rank, d Detector) {
	registryLock.Lock()
	defer registryLock.Unlock()
	for _, r := range registry {
		if r.name == name {
			panic("portfwd: detector registered twice: " + name)
		}
	}
	registry = append(registry, registration{name, rank, d})
	slices.SortFunc(registry, func(a, b registration) int {
		if a.rank != b.rank {
			return int(a.rank) - int(b.rank)
		}
		return strings.Compare(a.name, b.name)
	})
}

// Names returns the names of the registered detectors in the order in which they are asked.
func Names() []string {
	registryLock.Lock()
	defer registryLock.Unlock()
	names := make([]string, 0, len(registry))
	for _, r := range registry {
		names = append(names, r.name)
	}
	return names
}

// Detect asks all detectors. Forwards come merged and sorted, findings without repetitions and
// sorted.
func Detect(s *System) ([]Forward, []Finding) {
	registryLock.Lock()
	detectors := slices.Clone(registry)
	registryLock.Unlock()
	var (
		forwards []Forward
		findings []Finding
	)
	for _, r := range detectors {
		fw, fi := r.detector.Detect(s)
		forwards = append(forwards, fw...)
		findings = append(findings, fi...)
	}
	return merge(forwards), tidy(findings)
}
