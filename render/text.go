package render

import (
	"bufio"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/width"

	"github.com/hostwire/hostwire/graph"
)

func init() {
	Register(Format{
		Name: "text", About: "tree of namespaces, interfaces and wires for terminals and mail",
		Extensions: []string{".txt"}, DefaultTheme: "mono", Write: writeText,
	})
}

// textWriter writes a graph as indented lines. Nothing in them controls a terminal.
type textWriter struct {
	w     *bufio.Writer
	wires map[*graph.Node][]*graph.Edge // by what they join, in order.
	signs bool                          // whether anything differs: then signs stand in a column of their own.
	marks bool                          // whether anything is marked: likewise.
}

func writeText(w io.Writer, in Input) error {
	g := in.Graph
	t := &textWriter{w: bufio.NewWriterSize(w, 1<<16), wires: map[*graph.Node][]*graph.Edge{}, signs: len(changesIn(g)) > 0, marks: markedIn(g)}
	for _, e := range g.Edges {
		t.wires[e.From] = append(t.wires[e.From], e)
		if e.To != e.From {
			t.wires[e.To] = append(t.wires[e.To], e)
		}
	}
	title := in.Options.Title
	if title == "" {
		title = g.Title
	}
	t.line(plain(title))
	if g.Subtitle != "" {
		t.line(plain(g.Subtitle))
	}
	t.group(nil, g, "")
	if len(g.Free) > 0 {
		t.line("")
		for _, n := range g.Free {
			t.row(n, "", measure(g.Free))
		}
	}
	if !in.Options.NoLegend {
		t.legend(g)
	}
	if len(g.Notes) > 0 {
		t.line("")
		t.line("This picture is not complete:")
		for _, n := range g.Notes {
			t.line("  ! " + plain(n.Text))
		}
	}
	return t.w.Flush()
}

func (t *textWriter) line(s string) {
	_, _ = t.w.WriteString(strings.TrimRight(termEscape(s), " ")) // bufio.Writer keeps the error for Flush.
	_ = t.w.WriteByte('\n')
}

// group writes the groups and clusters in a group, nil for the top.
func (t *textWriter) group(in *graph.Group, g *graph.Graph, indent string) {
	for _, c := range g.Clusters {
		if c.Group == in {
			t.cluster(c, indent)
		}
	}
	for _, gr := range g.Groups {
		if gr.Parent == in {
			t.line("")
			head := strings.TrimSpace(plain(gr.Kind) + " " + plain(gr.Name))
			if gr.Engine != "" {
				head += " (" + plain(gr.Engine) + ")"
			}
			t.line(indent + "[" + head + "]")
			t.group(gr, g, indent+"  ")
		}
	}
}

func (t *textWriter) cluster(c *graph.Cluster, indent string) {
	t.line("")
	head := plain(c.Name)
	if c.Detail != "" {
		head += "  —  " + plain(c.Detail)
	}
	t.line(indent + t.change(c.Change) + head)
	columns := measure(c.Nodes)
	for i, n := range c.Nodes {
		last := i == len(c.Nodes)-1 && len(c.Sections) == 0
		branch := "├─ "
		if last {
			branch = "└─ "
		}
		t.row(n, indent+branch, columns)
	}
	for i, s := range c.Sections {
		branch, stem := "├─ ", "│    "
		if i == len(c.Sections)-1 {
			branch, stem = "└─ ", "     "
		}
		t.line(indent + branch + plain(s.Title))
		for _, l := range s.Lines {
			t.line(indent + stem + plain(l))
		}
	}
}

// columns are the widths of names and remarks in a card, in cells of a terminal.
type columns struct{ name, tag int }

// widest is the most that one long name may push the others' remarks to the right.
const widest = 28

func measure(nodes []*graph.Node) columns {
	var c columns
	for _, n := range nodes {
		c.name = max(c.name, min(widest, cells(nodeName(n))))
		c.tag = max(c.tag, min(widest, cells(plain(n.Tag))))
	}
	return c
}

func nodeName(n *graph.Node) string {
	name := plain(n.Name)
	if n.Alias != "" {
		name += " “" + plain(n.Alias) + "”"
	}
	return name
}

// row writes a node, its facts and its wires, below a branch of the tree.
func (t *textWriter) row(n *graph.Node, branch string, c columns) {
	sign := "  "
	if s := stateSigns[n.State]; s != "" {
		sign = s + " "
	} else if n.Class == graph.Port {
		sign = "→ "
	}
	var rest []string
	for _, l := range n.Lines {
		rest = append(rest, plain(l))
	}
	head := branch + t.mark(n.Mark) + t.change(n.Change) + sign + fill(nodeName(n), c.name) + "  " + fill(plain(n.Tag), c.tag)
	if len(rest) > 0 {
		head += "  " + strings.Join(rest, "  ")
	}
	t.line(head)
	stem := strings.NewReplacer("├─ ", "│  ", "└─ ", "   ").Replace(branch)
	for _, e := range t.wires[n] {
		if e.To == n && e.From.Cluster == n.Cluster && n.Cluster != nil {
			continue // told where the other row is.
		}
		t.line(stem + "    " + t.mark(e.Mark) + t.change(e.Change) + wireLine(e, n))
	}
}

// change is the sign of a change; room for one if there is none here, but elsewhere.
func (t *textWriter) change(c graph.Change) string {
	switch {
	case changeWord(c) != "":
		return changeSigns[c]
	case t.signs:
		return "  "
	}
	return ""
}

// mark is the sign of what is marked; room for it if it is not, but something else.
func (t *textWriter) mark(marked bool) string {
	switch {
	case marked:
		return markSign
	case t.marks:
		return "  "
	}
	return ""
}

// wireLine is a wire as seen from one of its ends.
func wireLine(e *graph.Edge, from *graph.Node) string {
	other, arrow := e.To, "↔"
	if e.From != from {
		other = e.From
	}
	if e.Directed {
		arrow = "→"
		if e.From != from {
			arrow = "←"
		}
	}
	word := plain(string(e.Kind))
	where := plain(other.Name)
	if other.Cluster != nil && other.Cluster != from.Cluster {
		where = plain(other.Cluster.Name) + ":" + where
	}
	out := arrow + " " + where + "  (" + word
	if e.Count > 1 {
		out += " × " + itoa(e.Count)
	}
	if e.Label != "" {
		out += ", " + plain(e.Label)
	}
	return out + ")"
}

func (t *textWriter) legend(g *graph.Graph) {
	seen := map[graph.State]bool{}
	for _, c := range g.Clusters {
		for _, n := range c.Nodes {
			seen[n.State] = true
		}
	}
	var parts []string
	for _, s := range stateOrder {
		if seen[s] {
			parts = append(parts, stateSigns[s]+" "+stateWords[s])
		}
	}
	if t.marks {
		parts = append(parts, markSign+markWord)
	}
	changes := changesIn(g)
	for _, c := range changeOrder {
		if changes[c] {
			parts = append(parts, changeSigns[c]+string(c))
		}
	}
	if len(parts) > 0 {
		t.line("")
		t.line(strings.Join(parts, "   "))
	}
}

// cells is how many cells of a terminal a text takes.
func cells(s string) int {
	n := 0
	for i := 0; i < len(s); {
		if s[i] < utf8.RuneSelf {
			n++
			i++
			continue
		}
		p, size := width.LookupString(s[i:])
		switch p.Kind() {
		case width.EastAsianWide, width.EastAsianFullwidth:
			n += 2
		default:
			n++
		}
		i += size
	}
	return n
}

func fill(s string, n int) string {
	if c := cells(s); c < n {
		return s + strings.Repeat(" ", n-c)
	}
	return s
}
