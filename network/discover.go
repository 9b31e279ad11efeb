package network

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/hostwire/hostwire/internal/fdroom"
	"github.com/thediveo/lxkns/model"
)

// Discover looks at this host and returns what its network is, and what of it could not be seen.
// An error means that there is nothing to return at all, as when the context ends first; anything
// that is only incomplete is a finding.
func Discover(ctx context.Context, opts Options) (*Discovery, error) {
	var beside sync.WaitGroup
	defer beside.Wait()
	opts.many = func() { beside.Go(func() { fdroom.Make(roomForFiles) }) }
	opts.say("looking for network namespaces")
	found := findNamespaces(ctx, opts)
	if len(found.netns) == 0 {
		return nil, fmt.Errorf("look for network namespaces: none is visible below %s: is it procfs?", opts.proc())
	}
	engines := make(chan enginesResult, 1)
	go func() {
		if opts.NoEngines {
			engines <- enginesResult{}
			return
		}
		engines <- discoverEngines(ctx, opts, found.processes)
	}()

	s := newScan(opts, found)
	d := &Discovery{Netns: s.netns, Host: readHost(ctx, opts.proc())}
	opts.say("looking into the namespaces")
	if !opts.NoPorts {
		reading, cancel := context.WithTimeout(ctx, maxRulesTime)
		defer cancel()
		s.context.rules = reading
	}
	s.look(ctx)
	s.relate()
	// What visits kept open is not needed any more, and what comes now takes longer.
	beside.Go(s.close)
	if ctx.Err() != nil {
		return nil, fmt.Errorf("look at this host: %w", context.Cause(ctx))
	}
	opts.say("waiting for container engines")
	told := <-engines
	opts.say("looking at processes")
	s.lookAtTenants(ctx, told.containers)
	s.find(relateEngines(d, told)...)
	if !opts.NoPorts {
		opts.say("looking for forwarded ports")
		s.find(discoverForwardedPorts(ctx, opts, d)...)
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("look at this host: %w", context.Cause(ctx))
	}
	d.Processes = referredProcesses(d)
	d.Findings = s.finish()
	d.published = nil // was for the detectors only: a discovery is what its exported fields say.
	return d, nil
}

// roomForFiles is for how many open files room is made where there are many namespaces: more than fit
// into the table that a process starts with, which is for 64. Each takes two until wires are resolved.
const (
	manyNamespaces = 20
	roomForFiles   = 4096
)

// NewNetworkNamespaces looks into the namespaces that lxkns found, and returns them with their
// interfaces and the relations between these, routes, sockets, tenants and forwarded ports. Namespaces
// that are gone meanwhile are left out. For findings, and for all that this does not see, use [Discover].
func NewNetworkNamespaces(
	allnetns model.NamespaceMap,
	allprocs model.ProcessTable,
	containers model.Containers,
) NetworkNamespaces {
	owners, tuns := readOpenFiles(Options{}.proc(), allprocs)
	s := newScan(Options{}, &foundNamespaces{netns: allnetns, processes: allprocs, owners: owners, tuns: tuns})
	defer s.close()
	s.look(context.Background())
	s.relate()
	s.lookAtTenants(context.Background(), containers)
	discoverForwardedPorts(context.Background(), Options{}, &Discovery{
		Netns: s.netns, Processes: allprocs, Containers: containers,
	})
	s.finish()
	return s.netns
}

// NewNetworkNamespace returns a network namespace with its interfaces, routes and sockets, and with
// the processes as its tenants. The relations of its interfaces are not resolved: they can lead into
// other namespaces. For that, call ResolveRelations of the interfaces when all namespaces are there.
func NewNetworkNamespace(netns model.Namespace, tenantProcs []*model.Process) *NetworkNamespace {
	s := newScan(Options{}, &foundNamespaces{netns: model.NamespaceMap{netns.ID(): netns}})
	defer s.close()
	s.look(context.Background())
	n := s.all[0]
	n.Tenants, _ = newTenants(context.Background(), s.opts.proc(), tenantProcs)
	n.Tenants.Sort()
	return n
}

// referredProcesses returns the processes that anything of the discovery refers to, with their
// ancestors. The others are also taken from their parents' children.
func referredProcesses(d *Discovery) model.ProcessTable {
	kept := model.ProcessTable{}
	keep := func(procs ...*model.Process) {
		for _, proc := range procs {
			for ; proc != nil && kept[proc.PID] != proc; proc = proc.Parent {
				kept[proc.PID] = proc
			}
		}
	}
	for _, netns := range d.Netns {
		keep(netns.Leaders()...)
		for _, task := range netns.LooseThreads() {
			keep(task.Process)
		}
		for _, tenant := range netns.Tenants {
			keep(tenant.Process)
		}
		for _, ports := range [][]ProcessSocket{netns.Portsv4, netns.Portsv6} {
			for i := range ports {
				keep(ports[i].Processes...)
			}
		}
		for _, ports := range [][]ForwardedPort{netns.ForwardedPortsv4, netns.ForwardedPortsv6} {
			for i := range ports {
				keep(ports[i].Processes...)
			}
		}
		for _, nif := range netns.Nifs {
			if tuntap, ok := nif.(TunTap); ok {
				keep(tuntap.TunTap().Processors...)
			}
		}
	}
	for _, container := range d.Containers {
		keep(container.Process)
	}
	for _, proc := range kept {
		proc.Children = slices.DeleteFunc(proc.Children, func(child *model.Process) bool { return kept[child.PID] != child })
		slices.SortFunc(proc.Children, func(a, b *model.Process) int { return cmp.Compare(a.PID, b.PID) })
		proc.Tasks = nil
		if len(proc.Children) == 0 {
			proc.Children = nil
		}
	}
	return kept
}

// scan is a discovery at work.
type scan struct {
	opts     Options
	netns    NetworkNamespaces
	all      []*NetworkNamespace // also those that turn out to be gone, by identifier.
	visits   map[*NetworkNamespace]*visit
	context  visitContext
	found    model.NamespaceMap
	tuns     []tunFile
	nsids    *nsidDirectory
	lost     Interfaces // whose other end is out of sight.
	findings []Finding
}

func newScan(opts Options, found *foundNamespaces) *scan {
	s := &scan{
		opts:    opts,
		netns:   make(NetworkNamespaces, len(found.netns)),
		visits:  make(map[*NetworkNamespace]*visit, len(found.netns)),
		context: visitContext{opts: opts, privilege: ownPrivilege(opts.proc()), owners: found.owners, processes: found.processes, sockets: found.sockets},
		found:   found.netns,
		tuns:    found.tuns,
		nsids:   newNSIDDirectory(),
	}
	for id, netns := range found.netns {
		n := &NetworkNamespace{
			Namespace: netns, Nifs: map[int]Interface{}, NamedNifs: map[string]Interface{},
			Tenants: Tenants{}, refs: found.refs[id],
		}
		s.netns[id] = n
		s.all = append(s.all, n)
	}
	slices.SortFunc(s.all, compareNamespaceIDs)
	s.find(markInitial(opts.proc(), s.netns)...)
	if found.paths == nil {
		found.paths = readMountPaths(opts.proc())
	}
	for id, n := range s.netns {
		n.Paths = found.paths[id]
	}
	s.nsids.kept = func(n *NetworkNamespace) *askingFds {
		if v := s.visits[n]; v != nil && v.fds.netns >= 0 && v.fds.route >= 0 {
			return &v.fds
		}
		return nil
	}
	return s
}

func (s *scan) find(findings ...Finding) { s.findings = append(s.findings, findings...) }

// relate finds the relations of all interfaces.
func (s *scan) relate() {
	r := newRelations(s.netns, s.nsids)
	r.resolve()
	s.lost = r.settle()
	for _, n := range s.netns {
		n.reseat()
	}
	s.find(resolveSRIOV(s.opts.sys(), s.netns, func(n *NifAttrs) string { return n.message().physPort })...)
}

// lookAtTenants finds out who lives in the namespaces.
func (s *scan) lookAtTenants(ctx context.Context, containers model.Containers) {
	s.find(discoverTenants(ctx, s.opts.proc(), s.netns, tenantProcesses(s.found, containers))...)
	s.find(resolveTunTaps(s.opts.proc(), s.netns, s.context.processes, s.tuns)...)
}

// close closes what was kept open for questions.
func (s *scan) close() {
	for _, v := range s.visits {
		v.fds.close()
	}
	s.nsids.close()
}

// finish puts into words what is missing, and returns all findings, sorted. Facts that only served
// to find it out are forgotten.
func (s *scan) finish() []Finding {
	denied := 0
	for _, n := range s.all {
		v := s.visits[n]
		n.facts, n.refs, n.rules = nil, nil, nil
		if v == nil || s.netns[n.ID()] != n {
			continue
		}
		for _, finding := range v.findings {
			finding.Subject = subjectOf(n) // by now, there can be a better name for it.
			s.find(finding)
		}
		switch {
		case v.err == nil:
		case isDenied(v.err):
			denied++
		default:
			s.find(Finding{Kind: FindingNetns, Subject: subjectOf(n), Message: "could not be looked into: " + rootCause(v.err), Netns: n})
		}
	}
	if s.nsids.budget <= 0 {
		s.find(Finding{
			Kind: FindingLimit, Subject: "relations of interfaces",
			Message: fmt.Sprintf("were looked for until %d questions had been asked: some may be missing", questionBudget),
		})
	}
	if !s.context.privilege.full() || denied > 0 {
		s.find(s.context.privilege.finding(denied))
	}
	if s.context.privilege.full() { // otherwise, most of what is out of sight is so for that reason.
		for _, nif := range s.lost {
			s.find(lostFinding(nif))
		}
	}
	slices.SortStableFunc(s.findings, func(a, b Finding) int {
		return cmp.Or(
			strings.Compare(string(a.Kind), string(b.Kind)),
			strings.Compare(a.Subject, b.Subject),
			strings.Compare(a.Message, b.Message),
		)
	})
	return s.findings
}

func lostFinding(nif Interface) Finding {
	n := nif.Nif()
	what := map[string]string{
		"peer":       "its other end",
		"lower":      "the interface it stands on",
		"controller": "the interface it is a member of",
	}[n.Unresolved]
	return Finding{
		Kind:    FindingRelation,
		Subject: fmt.Sprintf("interface %s in %s", n.Name, subjectOf(n.Netns)),
		Message: what + " is out of sight: in no network namespace that could be found and looked into",
		Netns:   n.Netns,
		Nif:     nif,
	}
}

// workers is how many namespaces are looked into at the same time.
func workers(tasks int) int { return max(1, min(tasks, 2*runtime.GOMAXPROCS(0), 16)) }
