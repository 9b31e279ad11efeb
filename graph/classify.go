package graph

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/hostwire/hostwire/network"
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
			words = append(words, "path "+processRoot.ReplaceAllString(path, "/"))
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
		for _, list := range []network.Addresses{a.Addrsv4, a.Addrsv6} {
			for _, addr := range sortedAddresses(list) {
				if addr.Address.To4() != nil || !addr.Address.IsLinkLocalUnicast() {
					w = append(w, cidr(addr))
				}
			}
		}
		words = append(words, strings.Join(w, " "))
	}
	words = append(words, accepted...)
	slices.Sort(words)
	return hash(words)
}

// neighbourClass is a hash of a namespace's class and those of its neighbours.
func (p *projection) neighbourClass(s *space) string {
	words := []string{s.class}
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
				w := canonicalNif(a) + " " + relation + " " + canonicalNif(f) + " " + other.class
				if c := attrs(f.Controller); c != nil {
					w += " on " + canonicalNif(c)
				}
				words = append(words, w)
			}
		}
		see("peer", peerOf(nif))
		see("lower", a.Lower)
		see("controller", a.Controller)
		for _, upper := range a.Slaves {
			see("upper", upper)
		}
	}
	slices.Sort(words)
	return hash(words)
}

func hash(words []string) string {
	h := sha256.New()
	for _, w := range words {
		fmt.Fprintf(h, "%d:%s;", len(w), w)
	}
	return string(h.Sum(nil))
}
