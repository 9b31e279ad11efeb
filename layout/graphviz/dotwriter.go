package graphviz

import (
	"bytes"
	"fmt"
	"math"
	"strconv"

	"github.com/hostwire/hostwire/graph"
)

// names are the identifiers that a graph's parts go by in what Graphviz reads: letters and numbers
// of ours, never a name from the system.
type names struct {
	cluster map[*graph.Cluster]string // also the key of the reply's clusters.
	group   map[*graph.Group]string
	node    map[*graph.Node]string
	edge    map[*graph.Edge]string
}

func newNames(g *graph.Graph) names {
	n := names{
		cluster: map[*graph.Cluster]string{}, group: map[*graph.Group]string{},
		node: map[*graph.Node]string{}, edge: map[*graph.Edge]string{},
	}
	for i, group := range g.Groups {
		n.group[group] = "cluster_g" + strconv.Itoa(i)
	}
	for i, c := range g.Clusters {
		n.cluster[c] = "cluster_c" + strconv.Itoa(i)
		for _, node := range c.Nodes {
			n.node[node] = "n" + strconv.Itoa(len(n.node))
		}
	}
	for _, node := range g.Free {
		n.node[node] = "n" + strconv.Itoa(len(n.node))
	}
	for i, e := range g.Edges {
		n.edge[e] = "e" + strconv.Itoa(i)
	}
	return n
}

// dotWriter writes a graph of boxes in the DOT language. Lengths are pixels; one pixel is one point.
type dotWriter struct {
	buf   bytes.Buffer
	depth int
}

func (w *dotWriter) line(format string, args ...any) {
	for range w.depth {
		w.buf.WriteByte(' ')
	}
	fmt.Fprintf(&w.buf, format, args...)
	w.buf.WriteByte('\n')
}

func (w *dotWriter) open(format string, args ...any) {
	w.line(format+" {", args...)
	w.depth++
}

func (w *dotWriter) close() {
	w.depth--
	w.line("}")
}

// inches is a length in Graphviz's other unit.
func inches(px float64) string { return strconv.FormatFloat(px/72, 'f', 5, 64) }

// box writes a node of a fixed size.
func (w *dotWriter) box(name string, width, height float64) {
	w.line("%s [width=%s, height=%s]", name, inches(width), inches(height))
}

// room is a label that is nothing but a box of a size, which Graphviz keeps free.
func room(width, height float64) string {
	return fmt.Sprintf(`<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0"><TR><TD FIXEDSIZE="TRUE" WIDTH="%.0f" HEIGHT="%.0f"></TD></TR></TABLE>>`,
		math.Ceil(width), math.Ceil(height))
}
