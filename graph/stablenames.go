package graph

import (
	"slices"
	"strings"

	"github.com/hostwire/hostwire/internal/lazy"
	"github.com/hostwire/hostwire/network"
)

// randomNifs match the names that engines make up for interfaces: a word and random digits. With
// few digits at least one must be a decimal one, since words such as "vethfacade" are names.
var (
	randomNif   = lazy.Regexp(`^(veth|vethwepl|br-|cali|lxc|tap|qvo|qvb|qbr|eni|azv|gkci?|lxdbr-?)[0-9a-f]{7,}(?:-[0-9a-f]{1,2})?$|^()[0-9a-f]{12}_[hc]$`)
	shortRandom = lazy.Regexp(`^(veth|tap|lxc)[0-9A-Za-z]{6}$`)
)

const decimalDigits = "0123456789"

// randomStem returns the word that a made-up name begins with, and whether name is made up.
func randomStem(name string) (stem string, random bool) {
	if m := randomNif().FindStringSubmatch(name); m != nil {
		return m[1], true
	}
	if m := shortRandom().FindStringSubmatch(name); m != nil && strings.ContainsAny(name, decimalDigits) {
		return m[1], true
	}
	return "", false
}

// canonicalNif is an interface's name without what is random in it. It depends on nothing else.
func canonicalNif(a *network.NifAttrs) string {
	if stem, random := randomStem(a.Name); random {
		return stem + "*"
	}
	return a.Name
}

// nifName is what the graph calls an interface: its name or, in stable graphs, a stand-in for a
// random name that tells what the interface leads to: "veth→web:eth0", "br→shop_backend".
func (p *projection) nifName(nif network.Interface) string {
	a := nif.Nif()
	if !p.opts.Stable {
		return a.Name
	}
	stem, random := randomStem(a.Name)
	if !random {
		return a.Name
	}
	if name, ok := p.names[a]; ok {
		return name
	}
	to := ""
	if names := p.networksOn(nif); len(names) > 0 {
		to = strings.Join(names, "+")
	} else if far := attrs(peerOf(nif)); far != nil {
		if s := p.byNetns[far.Netns]; s != nil {
			to = s.name
			if _, random := randomStem(far.Name); !random {
				to += ":" + far.Name
			}
		}
	}
	stem = strings.TrimSuffix(stem, "-")
	if stem == "" {
		stem = "nif"
	}
	name := stem + "*"
	if to != "" {
		name = stem + "→" + to
	}
	if p.names == nil {
		p.names = map[*network.NifAttrs]string{}
	}
	p.names[a] = name
	return name
}

// farEnds tells interfaces of one stand-in name apart: by where their peers are, or those of their
// ports, and by their addresses.
func (p *projection) farEnds(nif network.Interface) string {
	if !p.opts.Stable {
		return ""
	}
	words := []string{p.farEnd(nif)}
	if b, ok := nif.(network.Bridge); ok {
		for _, port := range b.Bridge().Ports {
			if attrs(port) != nil {
				words = append(words, p.farEnd(port))
			}
		}
	}
	slices.Sort(words)
	a := nif.Nif()
	return strings.Join(append(words, p.addressLines(a)...), " ")
}

func (p *projection) farEnd(nif network.Interface) string {
	far := attrs(peerOf(nif))
	if far == nil {
		return ""
	}
	s := p.byNetns[far.Netns]
	if s == nil || s.cluster == nil {
		return ""
	}
	return s.cluster.ID + " " + canonicalNif(far)
}

// peerOf returns the other end of a pair of interfaces, or nil.
func peerOf(nif network.Interface) network.Interface {
	switch nif := nif.(type) {
	case network.Veth:
		return nif.Veth().Peer
	case network.Netkit:
		return nif.Netkit().Peer
	}
	return nil
}
