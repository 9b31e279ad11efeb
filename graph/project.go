package graph

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/hostwire/hostwire/network"
	"github.com/thediveo/lxkns/model"
)

// Project makes the graph of a discovered network, as far as the options want it. It reads the
// model only, and never changes it. An error means that there is nothing to project; what is odd
// inside a model leads to notes instead.
func Project(d *network.Discovery, opts Options) (*Graph, error) {
	return project(d, opts, ids{}, "")
}

// project is Project with the IDs that are taken, and a prefix for those of clusters.
func project(d *network.Discovery, opts Options, taken ids, prefix string) (*Graph, error) {
	p, err := discovered(d, opts, taken, prefix)
	if err != nil {
		return nil, err
	}
	p.finish()
	hidden := p.filter()
	if opts.Fold != 0 && opts.Path == nil {
		fold(p.g, opts.Fold, p.ids)
	}
	p.addTitle(hidden)
	return p.g, nil
}

// discovered makes everything of a graph, before it is put in order and what is not wanted is left
// out.
func discovered(d *network.Discovery, opts Options, taken ids, prefix string) (*projection, error) {
	if d == nil {
		return nil, errors.New("nothing was discovered")
	}
	p := &projection{
		prefix:  prefix,
		d:       d,
		opts:    opts,
		g:       &Graph{},
		ids:     taken,
		byNetns: make(map[*network.NetworkNamespace]*space, len(d.Netns)),
		nodes:   make(map[*network.NifAttrs]*Node, 3*len(d.Netns)),
		remotes: map[string]*Node{},
		procs:   map[*model.Process]*Node{},
		wired:   make(map[wirePair]*Edge, 2*len(d.Netns)),
	}
	p.findSpaces()
	p.addClusters()
	p.addGroups()
	p.addNifs()
	p.addWires()
	p.addUplinks()
	p.addPorts()
	p.markPath()
	p.addSections()
	p.addNotes()
	return p, nil
}

// projection is one run of Project.
type projection struct {
	d        *network.Discovery
	opts     Options
	g        *Graph
	ids      ids
	prefix   string   // of IDs, to tell hosts apart; mostly empty.
	spaces   []*space // in drawing order
	byNetns  map[*network.NetworkNamespace]*space
	nodes    map[*network.NifAttrs]*Node
	remotes  map[string]*Node
	procs    map[*model.Process]*Node
	wired    map[wirePair]*Edge
	names    map[*network.NifAttrs]string                  // stand-ins for random names; filled on demand.
	networks map[*network.NifAttrs][]network.EngineNetwork // by what realises them; filled on demand.
	sockets  bool                                          // whether sockets were discovered at all.
	notes    []Note                                        // oddities met in the model.
}

// space is a network namespace on its way to become a cluster.
type space struct {
	netns      *network.NetworkNamespace
	cluster    *Cluster
	kind       ClusterKind
	base       string              // what the ID is made of, before it is made unique.
	name       string              // name for people.
	detail     []string            // parts of the header's second line.
	facts      []Fact              // what is known of the namespace.
	project    string              // compose project, if all its containers agree on one.
	engine     string              // the word for the engine that the project belongs to.
	containers []*model.Container  // without sandboxes, sorted by name.
	others     []*model.Process    // tenants that are no containers, sorted by name.
	nifs       []network.Interface // in row order.
	class      string              // what tells it from others of its name, by stable content only.
	rank       int                 // place among those of the same class, from 1; 0 where classes were not needed.
}

// nifList returns the interfaces of a namespace in natural order of their names. Names are unique in
// a namespace; stand-ins for random names need not be.
func (p *projection) nifList(n *network.NetworkNamespace) []network.Interface {
	nifs := make([]network.Interface, 0, len(n.Nifs))
	for _, nif := range n.Nifs {
		if attrs(nif) != nil {
			nifs = append(nifs, nif)
		}
	}
	slices.SortFunc(nifs, func(a, b network.Interface) int {
		if c := compareNatural(p.nifName(a), p.nifName(b)); c != 0 {
			return c // mostly, and the rest takes longer.
		}
		return cmp.Or(
			compareNatural(p.farEnds(a), p.farEnds(b)),
			compareNatural(a.Nif().Name, b.Nif().Name),
		)
	})
	return nifs
}

// attrs returns what all interfaces have, or nil for no interface.
func attrs(nif network.Interface) *network.NifAttrs {
	if nif == nil {
		return nil
	}
	return nif.Nif()
}

// node returns the node of an interface, or nil if the graph has none for it: the interface is
// none, or belongs to no namespace of the model.
func (p *projection) node(nif network.Interface) *Node {
	a := attrs(nif)
	if a == nil {
		return nil
	}
	return p.nodes[a]
}

// addNifs adds a node for each interface, in row order.
func (p *projection) addNifs() {
	for _, s := range p.spaces {
		s.nifs = rowOrder(p.nifList(s.netns))
		for _, nif := range s.nifs {
			n := p.describe(nif)
			n.Cluster = s.cluster
			s.cluster.Nodes = append(s.cluster.Nodes, n)
			p.nodes[nif.Nif()] = n
		}
	}
	// IDs come second, since a stand-in for a random name depends on other interfaces.
	for _, s := range p.spaces {
		for _, n := range s.cluster.Nodes {
			name := word(n.Name)
			if stem, far, ok := strings.Cut(n.Name, "→"); ok && p.opts.Stable { // a stand-in.
				name = partsWord(stem + " to " + far)
			}
			n.ID = p.ids.unique(s.cluster.ID + "--" + name)
		}
	}
}

// finish puts everything into its final order, and drops what the level of detail does not show.
func (p *projection) finish() {
	if p.opts.Detail == Minimal {
		drop := func(n *Node) bool { return n.Class == Nif && n.Kind == kindLoopback }
		p.g.remove(drop, nil)
		for _, n := range p.g.AllNodes() {
			n.Lines = nil
			if n.Class == Nif {
				n.Tag = ""
			}
		}
	}
	slices.SortFunc(p.g.Edges, func(a, b *Edge) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(p.g.Free, compareFree)
}

// compareFree orders free nodes: the outside, remote ends, processes; each by name.
func compareFree(a, b *Node) int {
	rank := func(n *Node) int { return slices.Index([]NodeClass{Outside, Remote, Proc}, n.Class) }
	return cmp.Or(cmp.Compare(rank(a), rank(b)), compareNatural(a.Name, b.Name), compareNatural(a.ID, b.ID))
}
