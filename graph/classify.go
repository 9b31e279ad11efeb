package graph

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/hostwire/hostwire/network"
	"github.com/thediveo/lxkns/model"
)

// classifyRounds bounds how far classify looks along the wires.
const classifyRounds = 8

// classify tells namespaces apart that have the same name, by what does not change when the same
// topology is built again: their interfaces and tenants, and then those of their neighbours, and so
// on outwards until no more namespaces can be told apart (colour refinement, as it is known from
// graph isomorphism). Each round is linear in the number of interfaces.
func (p *projection) classify() {
	type name struct {
		kind                ClusterKind
		project, name, base string
	}
	names := make(map[name]int, len(p.spaces))
	for _, s := range p.spaces {
		names[name{s.kind, s.project, s.name, s.base}]++
	}
	if len(names) == len(p.spaces) {
		return // nothing to tell apart.
	}
	accepted := map[*network.NetworkNamespace][]string{}
	for _, s := range p.spaces {
		for _, f := range forwards(s.netns) {
			if f.DestinationNetns != nil {
				accepted[f.DestinationNetns] = append(accepted[f.DestinationNetns], s.base+" "+portName(f)+" "+target(f))
			}
		}
	}
	for _, s := range p.spaces {
		s.class = p.ownClass(s, accepted[s.netns])
	}
	p.refine()
	p.rankWithinClasses()
}

// refine looks along the wires as long as that tells more namespaces apart.
func (p *projection) refine() {
	classes := 0
	for range classifyRounds {
		next := make([]string, len(p.spaces))
		distinct := make(map[string]bool, len(p.spaces))
		for i, s := range p.spaces {
			next[i] = p.neighbourClass(s)
			distinct[next[i]] = true
		}
		if len(distinct) <= classes {
			return
		}
		classes = len(distinct)
		for i, s := range p.spaces {
			s.class = next[i]
		}
	}
}

// ownClass is a hash of what a namespace is by itself.
func (p *projection) ownClass(s *space, accepted []string) string {
	words := []string{string(s.kind), s.project, s.base, s.name}
	for _, path := range s.netns.Paths {
		if !isRandom(path) && !isRandom(path[strings.LastIndexByte(path, '/')+1:]) {
			words = append(words, "path "+processRoot().ReplaceAllString(path, "/"))
		}
	}
	for _, c := range s.containers {
		words = append(words, "container "+c.Type+" "+imageOf(c)+" "+c.Labels[labelService])
	}
	for _, proc := range s.others {
		words = append(words, "process "+processName(proc)+" "+strings.Join(proc.Cmdline, " "))
	}
	for _, nif := range s.netns.Nifs {
		a := attrs(nif)
		if a == nil {
			continue
		}
		w := []string{"nif", kindOf(nif), canonicalNif(a), a.Alias, string(stateOf(a))}
		for _, addr := range p.addresses(a) {
			if !linkLocalv6(addr.ip) {
				w = append(w, addr.text)
			}
		}
		words = append(words, strings.Join(w, " "))
	}
	words = append(words, accepted...)
	slices.Sort(words)
	return hash(words)
}

// neighbour is a relation of an interface in a namespace to one in another, or in the same.
type neighbour struct {
	relation string // without anything random.
	space    *space
}

// neighbours returns the relations of all interfaces in a namespace, in no particular order.
func (p *projection) neighbours(s *space) []neighbour {
	var list []neighbour
	for _, nif := range s.netns.Nifs {
		a := attrs(nif)
		if a == nil {
			continue
		}
		see := func(relation string, far network.Interface) {
			f := attrs(far)
			if f == nil {
				return
			}
			if other := p.byNetns[f.Netns]; other != nil {
				relation = canonicalNif(a) + " " + relation + " " + canonicalNif(f)
				if c := attrs(f.Controller); c != nil {
					relation += " on " + canonicalNif(c)
				}
				list = append(list, neighbour{relation, other})
			}
		}
		see("peer", peerOf(nif))
		see("lower", a.Lower)
		see("controller", a.Controller)
		for _, upper := range a.Slaves {
			see("upper", upper)
		}
	}
	return list
}

// neighbourClass is a hash of a namespace's class and those of its neighbours.
func (p *projection) neighbourClass(s *space) string {
	words := []string{s.class}
	for _, n := range p.neighbours(s) {
		words = append(words, n.relation+" "+n.space.class)
	}
	slices.Sort(words)
	return hash(words)
}

// rankWithinClasses orders namespaces of one class, which nothing stable tells apart. Which of them
// comes first does not show, save for PIDs and the like, but it must not tear apart what belongs
// together: of two equal pairs of wired namespaces, the first ones are to be wired to each other.
// So only where nothing else helps does a class get an order of its own; the classes around it
// follow, by their neighbours' ranks.
func (p *projection) rankWithinClasses() {
	groups := map[string][]*space{}
	for _, s := range p.spaces {
		groups[s.class] = append(groups[s.class], s)
	}
	for _, start := range sortedKeys(groups) {
		for queue := []string{start}; len(queue) > 0; queue = queue[1:] {
			group := groups[queue[0]]
			if group[0].rank > 0 {
				continue
			}
			around := make(map[*space]string, len(group)) // ranks of neighbours, as text.
			var next []string
			for _, s := range group {
				var ranks []string
				for _, n := range p.neighbours(s) {
					ranks = append(ranks, fmt.Sprintf("%s %09d", n.relation, n.space.rank))
					if n.space.rank == 0 && n.space.class != s.class {
						next = append(next, n.space.class)
					}
				}
				slices.Sort(ranks)
				around[s] = strings.Join(ranks, "\n")
			}
			slices.SortFunc(group, func(a, b *space) int {
				return cmp.Or(cmp.Compare(around[a], around[b]), lastResort(a, b))
			})
			for i, s := range group {
				s.rank = i + 1
			}
			slices.Sort(next)
			queue = append(queue, slices.Compact(next)...)
		}
	}
}

// lastResort orders namespaces by what is different each time a topology is built, but the same for
// the same state of the kernel: age, and then numbers.
func lastResort(a, b *space) int {
	oldest := func(s *space) (start uint64, pid model.PIDType) {
		for _, t := range s.netns.Tenants {
			if t == nil || t.Process == nil {
				continue
			}
			if pid == 0 || cmp.Or(cmp.Compare(t.Process.Starttime, start), cmp.Compare(t.Process.PID, pid)) < 0 {
				start, pid = t.Process.Starttime, t.Process.PID
			}
		}
		return start, pid
	}
	startA, pidA := oldest(a)
	startB, pidB := oldest(b)
	return cmp.Or(cmp.Compare(startA, startB), cmp.Compare(pidA, pidB), cmp.Compare(inode(a.netns), inode(b.netns)))
}

func hash(words []string) string {
	h := sha256.New()
	for _, w := range words {
		fmt.Fprintf(h, "%d:%s;", len(w), w)
	}
	return string(h.Sum(nil))
}
