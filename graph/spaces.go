package graph

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/hostwire/hostwire/internal/lazy"
	"github.com/hostwire/hostwire/network"
	"github.com/thediveo/lxkns/model"
)

// Labels of containers that names and groups come from.
const (
	labelProject = "com.docker.compose.project"
	labelService = "com.docker.compose.service"
	labelSandbox = network.LabelPodSandbox
	labelPod     = network.LabelPodName
	labelPodNs   = network.LabelPodNamespace
)

// findSpaces names every namespace for people and for IDs, and brings them into drawing order: the
// host first, then by name.
func (p *projection) findSpaces() {
	containers := p.containersByNetns()
	for _, n := range p.d.Netns {
		if n == nil {
			continue
		}
		s := &space{netns: n}
		p.tenants(s, containers[n])
		p.nameSpace(s)
		p.spaces = append(p.spaces, s)
		p.byNetns[n] = s
		if len(n.Portsv4)+len(n.Portsv6) > 0 {
			p.sockets = true
		}
	}
	p.classify()
	kindRank := []ClusterKind{Host, Pod, Container, Process, Bound, Held}
	slices.SortFunc(p.spaces, func(a, b *space) int {
		if c := cmp.Or(
			cmp.Compare(slices.Index(kindRank[:1], b.kind), slices.Index(kindRank[:1], a.kind)),
			compareNatural(a.project, b.project),
			cmp.Compare(slices.Index(kindRank, a.kind), slices.Index(kindRank, b.kind)),
			compareNatural(a.name, b.name),
		); c != 0 {
			return c
		}
		return cmp.Or(
			compareNatural(a.base, b.base),
			cmp.Compare(a.class, b.class),
			cmp.Compare(a.rank, b.rank),
		)
	})
}

// inode returns the inode number that identifies a namespace, or 0 if the model has none.
func inode(n *network.NetworkNamespace) uint64 {
	if n.Namespace == nil {
		return 0
	}
	return n.ID().Ino
}

// containersByNetns finds the namespaces of all containers: where their first process is a tenant,
// or which namespace that process says it has joined.
func (p *projection) containersByNetns() map[*network.NetworkNamespace][]*model.Container {
	in := map[*model.Container]*network.NetworkNamespace{}
	byProcess := map[*model.Process]*network.NetworkNamespace{}
	for _, n := range p.d.Netns {
		if n == nil {
			continue
		}
		for _, t := range n.Tenants {
			if t == nil || t.Process == nil {
				continue
			}
			byProcess[t.Process] = n
			if c := t.Process.Container; c != nil {
				in[c] = n
			}
		}
	}
	for _, c := range p.d.Containers {
		if c == nil || c.Process == nil || in[c] != nil {
			continue
		}
		if n := byProcess[c.Process]; n != nil {
			in[c] = n
		} else if ns := c.Process.Namespaces[model.NetNS]; ns != nil {
			if n := p.d.Netns[ns.ID()]; n != nil {
				in[c] = n
			}
		}
	}
	by := map[*network.NetworkNamespace][]*model.Container{}
	for c, n := range in {
		by[n] = append(by[n], c)
	}
	return by
}

// tenants sorts out who lives in a namespace: containers, and processes of none. Sandboxes, which
// only keep a pod's namespaces, are left out unless there is nothing else.
func (p *projection) tenants(s *space, containers []*model.Container) {
	var sandboxes []*model.Container
	known := map[*model.Process]bool{}
	for _, c := range containers {
		if c.Process != nil {
			known[c.Process] = true
		}
		if _, sandbox := c.Labels[labelSandbox]; sandbox {
			sandboxes = append(sandboxes, c)
			continue
		}
		s.containers = append(s.containers, c)
	}
	if len(s.containers) == 0 {
		s.containers = sandboxes
	}
	slices.SortFunc(s.containers, func(a, b *model.Container) int {
		return cmp.Or(compareNatural(p.containerName(a), p.containerName(b)), cmp.Compare(imageOf(a), imageOf(b)),
			cmp.Compare(a.Type, b.Type), cmp.Compare(a.ID, b.ID))
	})
	for _, t := range s.netns.Tenants {
		if t == nil || t.Process == nil || t.Process.Container != nil || known[t.Process] {
			continue
		}
		known[t.Process] = true
		s.others = append(s.others, t.Process)
	}
	if _, pod := podOf(s.containers); pod != "" { // its pause process is not worth a word either.
		s.others = slices.DeleteFunc(s.others, func(proc *model.Process) bool { return processName(proc) == "pause" })
	}
	slices.SortFunc(s.others, compareProcesses)
}

// compareProcesses orders processes by name, and those of one name by age.
func compareProcesses(a, b *model.Process) int {
	return cmp.Or(
		compareNatural(processName(a), processName(b)),
		slices.Compare(a.Cmdline, b.Cmdline),
		cmp.Compare(a.Starttime, b.Starttime),
		cmp.Compare(a.PID, b.PID),
	)
}

// nameSpace decides what a namespace is, how people call it, and what its ID is made of.
func (p *projection) nameSpace(s *space) {
	n := s.netns
	where := bestPath(n)
	ns, pod := podOf(s.containers)
	switch {
	case n.Initial:
		p.nameHost(s)
	case pod != "":
		pod = p.podName(pod)
		s.kind, s.name, s.base = Pod, ns+"/"+pod, "pod-"+word(ns)+"-"+podWord(pod)
		if ns == "" {
			s.name, s.base = pod, "pod-"+podWord(pod)
		}
		s.detail = append([]string{"pod"}, p.engineAndImage(s)...)
	case len(s.containers) > 0:
		p.nameContainer(s)
	case len(s.others) > 0 || hasThreads(n):
		p.nameProcess(s, where)
	case where != "":
		s.kind, s.name, s.base = Bound, path.Base(where), partsWord(where)
		if p.opts.Stable && isRandom(path.Base(where)) {
			s.name, s.base, where = "unnamed", partsWord(path.Dir(where))+"-unnamed", path.Dir(where)+"/…"
		}
		s.detail = []string{where, "no processes"}
	default:
		p.nameHeld(s)
	}
	s.facts = p.spaceFacts(s)
	s.project, s.engine = projectOf(s.containers)
}

// nameHost names the initial namespace by its host.
func (p *projection) nameHost(s *space) {
	s.kind, s.base, s.name = Host, "host", p.d.Host.Name
	if s.name == "" {
		s.name = "host"
	}
	s.detail = []string{"host"}
	init := p.d.Processes[1]
	for _, proc := range s.others {
		if init == nil && proc.PID == 1 {
			init = proc
		}
	}
	if init != nil {
		s.detail = append(s.detail, processName(init)+"(1)") // PID 1 is the same on every host.
	}
	if os := shortOS(p.d.Host.OS); os != "" {
		s.detail = append(s.detail, os)
	}
}

// nameContainer names a namespace by the containers in it, all of them if there are few.
func (p *projection) nameContainer(s *space) {
	s.kind = Container
	var names []string
	for _, c := range s.containers {
		names = append(names, p.containerName(c))
	}
	s.name = enumerate(names, 3, " + ")
	first := s.containers[0]
	name := first.Name
	if isRandom(name) || name == "" { // a random ID is no name, so ask what runs there instead.
		name = processName(first.Process)
	}
	s.base = word(engineWord(first.Type)) + "-" + word(name)
	s.detail = p.engineAndImage(s)
}

// engineAndImage tells of containers their engine, image and first process.
func (p *projection) engineAndImage(s *space) []string {
	var parts, images, engines []string
	for _, c := range s.containers {
		if e := engineWord(c.Type); !slices.Contains(engines, e) {
			engines = append(engines, e)
		}
		if i := shortImage(imageOf(c)); i != "" && !slices.Contains(images, i) {
			images = append(images, i)
		}
	}
	parts = append(parts, enumerate(engines, 2, ", "))
	if s.kind == Pod {
		var names []string
		for _, c := range s.containers {
			names = append(names, p.containerName(c))
		}
		sortNatural(names)
		return append(parts, enumerate(names, 3, ", "))
	}
	if len(images) > 0 {
		parts = append(parts, enumerate(images, 2, ", "))
	}
	if len(s.containers) == 1 && !p.opts.Stable {
		if pid := s.containers[0].PID; pid != 0 {
			parts = append(parts, fmt.Sprintf("pid %d", pid))
		}
	}
	return parts
}

// nameProcess names a namespace by the path that somebody gave it, or else by the processes in it.
func (p *projection) nameProcess(s *space, where string) {
	s.kind = Process
	var names, refs []string
	for _, proc := range s.others {
		names = append(names, processName(proc))
		refs = append(refs, p.processRef(proc))
	}
	pid := ""
	if len(s.others) > 0 {
		pid = fmt.Sprintf("pid %d", s.others[0].PID)
	} else {
		var tasks []*model.Task
		for _, t := range s.netns.LooseThreads() {
			if t != nil {
				tasks = append(tasks, t)
			}
		}
		slices.SortFunc(tasks, func(a, b *model.Task) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.TID, b.TID)) })
		for _, t := range tasks {
			names = append(names, t.Name)
			refs = append(refs, t.Name)
		}
		pid = "thread"
	}
	if where != "" && !isRandom(path.Base(where)) {
		s.name, s.base = path.Base(where), partsWord(where)
		s.detail = []string{where, enumerate(refs, 2, ", ")}
		return
	}
	s.name, s.base = names[0], "proc-"+word(names[0])
	s.detail = []string{"process"}
	if !p.opts.Stable {
		s.detail = append(s.detail, pid)
	}
	if more := len(names) - 1; more > 0 {
		s.detail = append(s.detail, fmt.Sprintf("+%d more", more))
	}
}

var procFd = lazy.Regexp(`^/proc/([0-9]+)/(?:fd|task)/`)

// nameHeld names a namespace that no process has joined and no path leads to, by who holds it.
func (p *projection) nameHeld(s *space) {
	s.kind, s.name, s.base = Held, "unnamed", "held"
	s.detail = []string{"kept by a file descriptor or socket"}
	if s.netns.Namespace == nil {
		return
	}
	for _, ref := range s.netns.Ref() {
		m := procFd().FindStringSubmatch(ref)
		if m == nil {
			continue
		}
		var pid model.PIDType
		if _, err := fmt.Sscan(m[1], &pid); err != nil {
			continue
		}
		if proc := p.d.Processes[pid]; proc != nil {
			s.name, s.base = "held by "+processName(proc), "held-"+word(processName(proc))
			s.detail = []string{"kept by a file descriptor of " + p.processRef(proc)}
			return
		}
	}
}

func hasThreads(n *network.NetworkNamespace) bool {
	if n.Namespace == nil {
		return false
	}
	for _, t := range n.LooseThreads() {
		if t != nil {
			return true
		}
	}
	return false
}

// podOf returns namespace and name of the pod that containers belong to, or nothing.
func podOf(containers []*model.Container) (ns, pod string) {
	for _, c := range containers {
		if name := c.Labels[labelPod]; name != "" {
			return c.Labels[labelPodNs], name
		}
		for _, group := range c.Groups {
			if group == nil || !strings.HasSuffix(group.Type, ".pod") || group.Name == "" {
				continue
			}
			if ns, name, ok := strings.Cut(group.Name, "/"); ok {
				return ns, name
			}
			return "", group.Name
		}
	}
	return "", ""
}

// addClusters makes a cluster of each namespace.
func (p *projection) addClusters() {
	for _, s := range p.spaces {
		id := p.ids.unique(p.prefix + s.base)
		s.cluster = &Cluster{
			ID:     id,
			Netns:  id,
			Kind:   s.kind,
			Name:   s.name,
			Detail: strings.Join(nonEmpty(s.detail), " · "),
			Facts:  s.facts,
			Count:  1,
		}
		p.g.Clusters = append(p.g.Clusters, s.cluster)
	}
}
