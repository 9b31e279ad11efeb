package layout

import (
	"context"

	"github.com/hostwire/hostwire/graph"
)

// Point is a place in the picture, in CSS pixels; y grows downwards.
type Point struct{ X, Y float64 }

// Rect is an axis-parallel box, in CSS pixels.
type Rect struct{ X, Y, W, H float64 }

// Engine places a graph's parts. It never changes the graph, and the same graph gives the same
// layout to the last bit.
type Engine interface {
	Layout(ctx context.Context, g *graph.Graph, opts Options) (*Layout, error)
}

// Options are what a caller may ask of any engine; the zero value asks nothing.
type Options struct {
	// Like tells where cards and free nodes were in an earlier picture, by the IDs of their clusters and
	// nodes. Engines that recall (see Info) leave them there as far as room allows; others ignore it.
	// Nil if there is no earlier picture.
	Like map[string]Rect
}

// Layout is where everything goes. Groups, Clusters, Nodes and Wires are in the order of the graph.
type Layout struct {
	Graph    *graph.Graph
	W, H     float64 // size of the drawing, margins included, without title block, notes and legend.
	Groups   []GroupBox
	Clusters []ClusterBox
	Nodes    []NodeBox
	Wires    []Wire
}

// GroupBox is a placed group; its name is drawn in the band of GroupHeader height at the top.
type GroupBox struct {
	Group *graph.Group
	Rect  Rect
}

// ClusterBox is a placed namespace card.
type ClusterBox struct {
	Cluster  *graph.Cluster
	Rect     Rect         // the whole card, header included.
	Header   float64      // height of the header at the top of Rect.
	Bands    []Rect       // frames around a bridge and its ports, and the like.
	Sections []SectionBox // where each of the cluster's sections starts.
}

// SectionBox is a placed section of a card.
type SectionBox struct {
	Section graph.Section
	Rect    Rect
}

// NodeBox is a placed node.
type NodeBox struct {
	Node *graph.Node
	Rect Rect
}

// Wire is a routed edge.
type Wire struct {
	Edge *graph.Edge
	// Points is the way from Edge.From to Edge.To. If Curve is false they are the corners of a
	// polyline, which is drawn with corners rounded by Radius pixels. If Curve is true they are
	// 1+3n control points of cubic Bézier curves, as Graphviz gives them.
	Points           []Point
	Curve            bool
	Radius           float64
	LabelAt          *Point // where the centre of Edge.Label goes; nil where it has none.
	FromAt           *Point // centre of Edge.FromLabel, nil where it has none.
	ToAt             *Point // centre of Edge.ToLabel, nil where it has none.
	FromPlug, ToPlug bool   // a plug (small ring) is drawn at this end: the wire leaves a card here.
	// Bundle is above 0 for wires that are drawn as one line for a stretch: those with the same
	// number may run together, as far as they do.
	Bundle int
	// Texts are drawn in place of the edge's own labels: one wire of a bundle tells for several of them
	// what they have in common, the others tell nothing. It is nil where labels are the edge's.
	Texts *Texts
}

// Texts are what stands beside a wire; empty where nothing does.
type Texts struct{ Label, From, To string }

// Label is a text beside a wire and where its centre goes; nil if it has found no place.
type Label struct {
	Text string
	At   *Point
}

// Labels are the texts that are drawn beside the wire, none of them empty.
func (w *Wire) Labels() []Label {
	t := w.Texts
	if t == nil {
		t = &Texts{Label: w.Edge.Label, From: w.Edge.FromLabel, To: w.Edge.ToLabel}
	}
	var out []Label
	for _, l := range [3]Label{{t.Label, w.LabelAt}, {t.From, w.FromAt}, {t.To, w.ToAt}} {
		if l.Text != "" {
			out = append(out, l)
		}
	}
	return out
}

// Places are where cards and free nodes are, by the IDs of their clusters and nodes: what Options.Like of
// a later layout takes.
func (l *Layout) Places() map[string]Rect {
	out := make(map[string]Rect, len(l.Clusters))
	for _, c := range l.Clusters {
		out[c.Cluster.ID] = c.Rect
	}
	for _, n := range l.Nodes {
		if n.Node.Cluster == nil {
			out[n.Node.ID] = n.Rect
		}
	}
	return out
}
