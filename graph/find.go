package graph

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/hostwire/hostwire/internal/suggest"
	"github.com/hostwire/hostwire/network"
	"github.com/thediveo/lxkns/model"
)

// thing is what a name stands for.
type thing struct {
	space     *space
	nif       network.Interface // nil for a namespace.
	container *model.Container  // nil unless it is one.
	addr      netip.Addr        // valid if the name was an address.
}

// newFinder returns a projection that names everything, and draws nothing.
func newFinder(d *network.Discovery) (*projection, error) {
	if d == nil {
		return nil, errors.New("nothing was discovered")
	}
	p := &projection{d: d, opts: Options{Detail: Full}, g: &Graph{}, ids: ids{}, byNetns: map[*network.NetworkNamespace]*space{}}
	p.findSpaces()
	p.addClusters()
	return p, nil
}

// nameOf is how pictures call a namespace.
func (p *projection) nameOf(n *network.NetworkNamespace) string {
	s := p.byNetns[n]
	if s == nil {
		return ""
	}
	for _, other := range p.spaces {
		if other != s && other.name == s.name {
			return s.cluster.ID
		}
	}
	return s.name
}

// fullName is how a thing is called without doubt.
func (p *projection) fullName(t thing) string {
	name := p.nameOf(t.space.netns)
	switch {
	case t.nif != nil:
		return name + ":" + t.nif.Nif().Name
	case t.container != nil && p.containerName(t.container) != name:
		return p.containerName(t.container) + " in " + name
	}
	return name
}

// find returns the one thing that a name stands for: a namespace or container by its name in
// pictures, path or ID; an interface as NAMESPACE:NAME or, if there is but one, by its name or
// alias; or whatever has an address. Otherwise the error says what it may stand for.
func (p *projection) find(name string) (thing, error) {
	found := p.candidates(name)
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return thing{}, fmt.Errorf("nothing is called %q%s", name, suggest.DidYouMean(name, p.words()))
	}
	var names []string
	for _, t := range found {
		names = append(names, p.fullName(t))
	}
	sortNatural(names)
	return thing{}, fmt.Errorf("%q is several things; name one of them: %s", name, enumerate(slices.Compact(names), 8, ", "))
}

// candidates returns all that a name may stand for. What it stands for in more of a special sense
// hides the rest.
func (p *projection) candidates(name string) []thing {
	bare := strings.TrimSuffix(strings.TrimPrefix(name, "["), "]")
	if prefix, err := netip.ParsePrefix(bare); err == nil {
		bare = prefix.Addr().String()
	}
	if addr, err := netip.ParseAddr(bare); err == nil {
		return p.withAddress(addr.Unmap())
	}
	for _, look := range []func(string) []thing{p.spacesCalled, p.containersCalled, p.qualified, p.nifsCalled} {
		if found := look(name); len(found) > 0 {
			return found
		}
	}
	return nil
}

// withAddress returns the interfaces that have an address, whatever its zone.
func (p *projection) withAddress(addr netip.Addr) (found []thing) {
	addr = addr.WithZone("")
	for _, s := range p.spaces {
		for _, nif := range p.nifList(s.netns) {
			if nif.Nif().HasAddress(addr.AsSlice()) {
				found = append(found, thing{space: s, nif: nif, addr: addr})
			}
		}
	}
	return found
}

// spacesCalled returns the namespaces of a name: what pictures call them, their IDs there, else
// paths that lead to them, inode numbers, or PIDs of tenants.
func (p *projection) spacesCalled(name string) (found []thing) {
	ways := []func(s *space) bool{
		func(s *space) bool { return s.name == name },
		func(s *space) bool { return s.cluster.ID == name },
		func(s *space) bool {
			return slices.ContainsFunc(s.netns.Paths, func(p string) bool { return p == name || path.Base(p) == name })
		},
		func(s *space) bool { return s.kind == Pod && path.Base(s.name) == name },
		func(s *space) bool {
			return inode(s.netns) != 0 && name == fmt.Sprintf("net:[%d]", inode(s.netns))
		},
		func(s *space) bool {
			return slices.ContainsFunc(s.netns.Tenants, func(t *network.Tenant) bool {
				return t != nil && t.Process != nil && strconv.Itoa(int(t.Process.PID)) == name
			})
		},
	}
	for _, is := range ways {
		for _, s := range p.spaces {
			if is(s) {
				t := thing{space: s}
				if s.kind == Container && len(s.containers) == 1 {
					t.container = s.containers[0]
				}
				found = append(found, t)
			}
		}
		if len(found) > 0 {
			return found
		}
	}
	return nil
}

// containersCalled returns the containers of a name, or of an ID that begins so.
func (p *projection) containersCalled(name string) (found []thing) {
	for _, s := range p.spaces {
		for _, c := range s.containers {
			if c.Name == name || p.containerName(c) == name || len(name) >= 6 && strings.HasPrefix(c.ID, name) {
				found = append(found, thing{space: s, container: c})
			}
		}
	}
	return found
}

// qualified returns the interfaces that NAMESPACE:NAME stands for.
func (p *projection) qualified(name string) (found []thing) {
	for i := range name {
		if name[i] != ':' {
			continue
		}
		in := p.spacesCalled(name[:i])
		if len(in) == 0 {
			in = p.containersCalled(name[:i])
		}
		for _, t := range in {
			if nif := t.space.netns.NamedNifs[name[i+1:]]; nif != nil {
				found = append(found, thing{space: t.space, nif: nif})
			}
		}
	}
	return found
}

// nifsCalled returns the interfaces of a name or else an alias.
func (p *projection) nifsCalled(name string) (found []thing) {
	for _, is := range []func(a *network.NifAttrs) bool{
		func(a *network.NifAttrs) bool { return a.Name == name },
		func(a *network.NifAttrs) bool { return a.Alias == name && name != "" },
	} {
		for _, s := range p.spaces {
			for _, nif := range p.nifList(s.netns) {
				if is(nif.Nif()) {
					found = append(found, thing{space: s, nif: nif})
				}
			}
		}
		if len(found) > 0 {
			return found
		}
	}
	return nil
}

// words are the names that a mistyped one may be meant for.
func (p *projection) words() []string {
	var words []string
	for _, s := range p.spaces {
		words = append(words, s.name)
		for _, c := range s.containers {
			words = append(words, p.containerName(c))
		}
	}
	for _, s := range p.spaces {
		for _, nif := range p.nifList(s.netns) {
			words = append(words, p.nameOf(s.netns)+":"+nif.Nif().Name, nif.Nif().Name)
		}
	}
	return words
}

// addressesOf returns the addresses at which others reach a namespace, or an interface alone: IPv4
// first, no loopback or link-local ones.
func (p *projection) addressesOf(t thing) []netip.Addr {
	nifs := p.nifList(t.space.netns)
	if t.nif != nil {
		nifs = []network.Interface{t.nif}
	}
	var addrs []netip.Addr
	for _, nif := range nifs {
		for _, list := range []network.Addresses{nif.Nif().Addrsv4, nif.Nif().Addrsv6} {
			for _, a := range list {
				if addr, ok := netip.AddrFromSlice(a.Address); ok && !addr.Unmap().IsLoopback() && !addr.Unmap().IsLinkLocalUnicast() {
					addrs = append(addrs, addr.Unmap())
				}
			}
		}
	}
	slices.SortStableFunc(addrs, func(a, b netip.Addr) int { return cmp.Compare(a.BitLen(), b.BitLen()) })
	return addrs
}
