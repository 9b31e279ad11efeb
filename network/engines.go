package network

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hostwire/hostwire/portfwd"
	"github.com/thediveo/lxkns/model"
	"golang.org/x/sys/unix"
)

// Keys of the labels that containers carry besides those of their engines.
const (
	LabelImage  = "hostwire/image"  // image that the container runs, as its engine tells it.
	LabelStatus = "hostwire/status" // "running", "paused", "running (healthy)", ….
)

// Bounds of asking engines.
const (
	maxEngineTime = 2 * time.Second // for all engines together, in parallel.
	maxContainers = 10_000          // of one engine.
	maxEngines    = 64
)

// enginesResult is what container engines told.
type enginesResult struct {
	containers model.Containers
	networks   []toldNetwork
	published  []portfwd.Published
	findings   []Finding
}

// toldNetwork is a network that an engine told of, before its interface is looked for.
type toldNetwork struct {
	EngineNetwork
	nif  string         // name of the interface that realises it; empty if the engine does not tell.
	home *model.Process // process whose network namespace the interface is in; nil for the initial one.
	own  bool           // the engine can't have interfaces in its own network namespace.
}

// engineAnswer is what one engine told.
type engineAnswer struct {
	engine     *model.ContainerEngine
	containers []toldContainer
	networks   []toldNetwork
	findings   []Finding
}

// toldContainer is a container that an engine told of, by a PID of the engine's own PID namespace.
type toldContainer struct {
	*model.Container
	published []portfwd.Published
}

// errNoEngine says that there is nothing to ask.
var errNoEngine = errors.New("no engine listens")

// discoverEngines asks the container engines for their containers and networks. It runs beside the
// look at the namespaces, and ends when the context does.
func discoverEngines(ctx context.Context, opts Options, processes model.ProcessTable) (result enginesResult) {
	ctx, cancel := context.WithTimeout(ctx, maxEngineTime)
	defer cancel()
	sockets, findings := findEngineSockets(opts, processes)
	result.findings = findings

	type reply struct {
		at     int
		answer *engineAnswer
		err    error
	}
	replies := make(chan reply, len(sockets))
	var left atomic.Int64
	left.Store(maxResponses)
	for i, socket := range sockets {
		socket.left = &left
		go func() {
			answer, err := socket.ask(ctx)
			socket.close()
			replies <- reply{i, answer, err}
		}()
	}
	answers := make([]*engineAnswer, len(sockets))
	failures := make([]error, len(sockets))
	for i := range failures {
		failures[i] = context.DeadlineExceeded
	}
	for range sockets {
		select {
		case r := <-replies:
			answers[r.at], failures[r.at] = r.answer, r.err
			continue
		case <-ctx.Done():
		}
		break
	}
	translator := newPIDTranslator(opts, processes)
	taken := map[model.PIDType]bool{}
	for i, socket := range sockets {
		if answers[i] == nil {
			result.findings = append(result.findings, socket.failure(failures[i])...)
			continue
		}
		result.take(socket, answers[i], translator, taken)
	}
	result.finish(opts.proc())
	return result
}

// take takes over what an engine told, as far as it can be true.
func (r *enginesResult) take(socket *engineSocket, answer *engineAnswer, translator *pidTranslator, taken map[model.PIDType]bool) {
	engine := answer.engine
	engine.PID = model.PIDType(socket.peer.Pid)
	lies := 0
	for _, told := range answer.containers {
		process := translator.process(told.PID, socket)
		switch {
		case process == nil || taken[process.PID]: // gone meanwhile, or known from another engine.
			continue
		case !mayOwn(translator.proc, process.PID, socket.peer.Uid):
			lies++
			continue
		}
		taken[process.PID] = true
		told.PID = process.PID
		told.Process = process
		engine.AddContainer(told.Container)
		for _, port := range told.published {
			port.PID = int(process.PID)
			r.published = append(r.published, port)
		}
	}
	if lies > 0 {
		r.findings = append(r.findings, Finding{Kind: FindingEngine, Subject: socket.subject(),
			Message: fmt.Sprintf("told of %d containers with processes that do not belong to its user", lies)})
	}
	r.containers = append(r.containers, engine.Containers...)
	for _, n := range answer.networks {
		n.own = socket.peer.Uid != 0
		if n.home == nil {
			n.home = translator.processes[engine.PID]
		}
		r.networks = append(r.networks, n)
	}
	r.findings = append(r.findings, answer.findings...)
}

// finish groups and sorts the containers, and links them with their processes.
func (r *enginesResult) finish(proc string) {
	var engines []*model.ContainerEngine
	for _, c := range r.containers {
		if !slices.Contains(engines, c.Engine) {
			engines = append(engines, c.Engine)
		}
		c.Process.Container = c
	}
	for _, engine := range engines {
		sortContainers(engine.Containers)
	}
	groupContainers(proc, engines)
	sortContainers(r.containers)
}

func sortContainers(containers model.Containers) {
	slices.SortStableFunc(containers, func(a, b *model.Container) int {
		return cmp.Or(
			strings.Compare(a.Engine.Type, b.Engine.Type),
			strings.Compare(a.Engine.API, b.Engine.API),
			strings.Compare(a.Name, b.Name),
			strings.Compare(a.ID, b.ID),
		)
	})
}

// relateEngines relates what the engines told to the namespaces and their interfaces.
func relateEngines(d *Discovery, told enginesResult) (findings []Finding) {
	d.Containers = told.containers
	d.published = told.published
	for _, n := range told.networks {
		network := n.EngineNetwork
		if nif := n.find(d); nif != nil {
			network.Nif = nif
			if network.Internal {
				nif.Nif().AddLabels(model.Labels{GostwireInternalBridgeKey: ""})
			}
		}
		d.Networks = append(d.Networks, network)
	}
	slices.SortStableFunc(d.Networks, func(a, b EngineNetwork) int {
		return cmp.Or(strings.Compare(a.Engine, b.Engine), strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID))
	})
	return told.findings
}

// find returns the interface that realises the network; nil if it can't be found.
func (n *toldNetwork) find(d *Discovery) Interface {
	if n.nif == "" || n.own {
		return nil
	}
	if n.home != nil && n.home.Namespaces[model.NetNS] != nil {
		if home := d.Netns[n.home.Namespaces[model.NetNS].ID()]; home != nil {
			return home.NamedNifs[n.nif]
		}
		return nil
	}
	for _, netns := range d.Netns {
		if netns.Initial {
			return netns.NamedNifs[n.nif]
		}
	}
	return nil
}

// failure tells why an engine did not answer, if that is worth telling: that none is there is not.
func (s *engineSocket) failure(err error) []Finding {
	f := Finding{Kind: FindingEngine, Subject: s.subject()}
	switch {
	case err == nil, !s.named && (errors.Is(err, errNoEngine) || errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ECONNREFUSED)):
		return nil
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		f.Message = fmt.Sprintf("did not answer within %v", maxEngineTime)
		f.Remedy = "see whether it hangs, or do without containers: --no-engines"
	case isDenied(err):
		f.Kind, f.Message, f.Remedy = FindingPrivilege, "may not be asked", "run as root to see its containers"
	case errors.Is(err, errTooMuch):
		f.Kind, f.Message = FindingLimit, errTooMuch.Error()
	case s.guessed:
		return nil
	default:
		f.Message = "did not answer as such an engine does: " + rootCause(err)
	}
	return []Finding{f}
}

// subject names the engine behind a socket as the subject of a finding.
func (s *engineSocket) subject() string { return "engine " + s.kind.engine() + " at " + s.path }

// hostAddress reads an address and port that an engine published, as far as it tells them.
func hostAddress(ip, port string) (netip.AddrPort, bool) {
	var n uint16
	if _, err := fmt.Sscanf(port, "%d", &n); err != nil || n == 0 {
		return netip.AddrPort{}, false
	}
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		addr = netip.Addr{}
	}
	return netip.AddrPortFrom(addr, n), true
}
