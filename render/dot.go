package render

import (
	"bufio"
	"cmp"
	"io"
	"strings"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/internal/visible"
	"github.com/hostwire/hostwire/layout"
	"github.com/hostwire/hostwire/themes"
)

func init() {
	Register(Format{
		Name: "dot", About: "graph for Graphviz, in the theme's colours",
		Extensions: []string{".dot", ".gv"}, DefaultTheme: "light", Write: writeDOT,
	})
}

// dotWriter writes a graph in the DOT language. Clusters and nodes are the graph's, their text stands
// in HTML-like labels, colours are the theme's; where things go is left to Graphviz. Edges lead from
// what depends to what it depends on, so ranks go from right to left: the host stands left, as in our
// own layout. (There labeljust=r puts labels to the left.)
type dotWriter struct {
	w      *bufio.Writer
	scheme *themes.Scheme
	depth  int
}

func (d *dotWriter) line(parts ...string) {
	for i := 0; i < d.depth; i++ {
		_ = d.w.WriteByte('\t') // bufio.Writer keeps the error for Flush.
	}
	for _, p := range parts {
		_, _ = d.w.WriteString(p)
	}
	_ = d.w.WriteByte('\n')
}

func (d *dotWriter) open(parts ...string) {
	d.line(append(parts, " {")...)
	d.depth++
}

func (d *dotWriter) close() {
	d.depth--
	d.line("}")
}

func (d *dotWriter) hex(r themes.Role) string { return long(d.scheme.Color(r)) }

// long writes a colour with six digits: Graphviz does not take three.
func long(c themes.Color) string {
	h := c.Hex()
	if len(h) == 4 {
		return "#" + string([]byte{h[1], h[1], h[2], h[2], h[3], h[3]})
	}
	return h
}

func writeDOT(w io.Writer, in Input) error {
	d := &dotWriter{w: bufio.NewWriterSize(w, 1<<16), scheme: &in.Theme.Scheme}
	g := in.Graph
	title := in.Options.Title
	if title == "" {
		title = g.Title
	}
	label := "\"\""
	if !in.Options.NoTitle {
		label = d.title(title, g)
	}
	d.open("digraph ", dotQuote("hostwire"))
	d.line("graph [", "rankdir=RL, nodesep=0.12, ranksep=0.9, splines=spline, pad=0.3, ",
		"fontname=", dotQuote(dotSans), ", fontsize=11, bgcolor=", dotQuote(d.hex(themes.Bg)), ", fontcolor=", dotQuote(d.hex(themes.Ink)),
		", labelloc=t, labeljust=l, id=hostwire, tooltip=", dotQuote(summary(g)), ", label=", label, "];")
	d.line("node [shape=box, style=\"filled,rounded\", penwidth=1, margin=\"0.08,0.05\", fontname=", dotQuote(dotMono), ", fontsize=12",
		", color=", dotQuote(d.hex(themes.Edge)), ", fillcolor=", dotQuote(d.hex(themes.Row)), ", fontcolor=", dotQuote(d.hex(themes.Ink)), "];")
	d.line("edge [dir=none, arrowsize=0.7, fontname=", dotQuote(dotSans), ", fontsize=10, fontcolor=", dotQuote(d.hex(themes.Mute)), "];")
	children := map[*graph.Group][]*graph.Group{}
	for _, gr := range g.Groups {
		children[gr.Parent] = append(children[gr.Parent], gr)
	}
	members := map[*graph.Group][]*graph.Cluster{}
	for _, c := range g.Clusters {
		members[c.Group] = append(members[c.Group], c)
	}
	d.groups(nil, children, members)
	for _, n := range g.Free {
		d.node(n)
	}
	for _, e := range g.Edges {
		d.edge(e)
	}
	if len(g.Notes) > 0 {
		d.notes(g.Notes)
	}
	d.close()
	return d.w.Flush()
}

// dotSans and dotMono are asked for by Graphviz through fontconfig, which takes the next best.
const (
	dotSans = "Helvetica,Arial,sans-serif"
	dotMono = "Liberation Mono"
)

// title is the graph's label: its name and what is in it.
func (d *dotWriter) title(title string, g *graph.Graph) string {
	return "<" + htmlFont("", 20, "", "<b>"+dotText(title)+"</b>") + "<br align=\"left\"/>" +
		htmlFont("", 11, d.hex(themes.Mute), dotText(g.Subtitle)) + "<br align=\"left\"/>>"
}

// htmlFont sets HTML-like text in a face (empty: as it is), size and colour (empty: as it is).
func htmlFont(face string, size int, color, text string) string {
	attrs := ` point-size="` + itoa(size) + `"`
	if face != "" {
		attrs = ` face="` + face + `"` + attrs
	}
	if color != "" {
		attrs += ` color="` + color + `"`
	}
	return "<font" + attrs + ">" + text + "</font>"
}

// groups writes what is in a group (nil for the top): its groups, then its clusters.
func (d *dotWriter) groups(in *graph.Group, children map[*graph.Group][]*graph.Group, members map[*graph.Group][]*graph.Cluster) {
	for _, g := range children[in] {
		d.open("subgraph ", dotID("cluster_"+g.ID))
		label := "<" + htmlFont("", 11, d.hex(themes.Mute), dotText(layout.GroupCaption(g))+htmlFont("", 11, d.hex(themes.Ink), "<b>"+dotText(g.Name)+"</b>")) + ">"
		d.line("graph [class=group, id=", dotID(g.ID), ", style=\"filled,rounded,dashed\", color=", dotQuote(d.hex(themes.Edge)),
			", fillcolor=", dotQuote(d.hex(themes.Group)), ", labeljust=r, margin=14, tooltip=", dotQuote(groupTooltip(g)), ", label=", label, "];")
		d.groups(g, children, members)
		d.close()
	}
	for _, c := range members[in] {
		d.cluster(c)
	}
}

func (d *dotWriter) cluster(c *graph.Cluster) {
	d.open("subgraph ", dotID("cluster_"+c.ID))
	label := "<" + d.sign(c.Change) + htmlFont("", 14, d.ink(c.Change), "<b>"+struck(c.Change, dotText(c.Name))+"</b>")
	if c.Detail != "" {
		label += "<br align=\"left\"/>" + htmlFont("", 11, d.hex(themes.Mute), dotText(c.Detail))
	}
	label += d.sections(c.Sections)
	width := "1"
	if c.Count > 1 {
		width = "3"
	}
	style, color := "filled,rounded", d.hex(themes.Edge)
	if changeWord(c.Change) != "" {
		color, width = d.hex(changeRoles[c.Change]), dotWidths[c.Change]
	}
	if c.Change == graph.Removed {
		style += ",dashed"
	}
	d.line("graph [class=", dotQuote("netns netns-"+xmlClass(string(c.Kind))+changeClass(c.Change)), ", id=", dotID(c.ID), ", style=", dotQuote(style), ", penwidth=", width,
		", color=", dotQuote(color), ", fillcolor=", dotQuote(d.hex(themes.Card)), ", labeljust=r, margin=14, tooltip=", dotQuote(clusterTooltip(c)),
		", label=", label, "<br align=\"left\"/>>];")
	for _, n := range c.Nodes {
		d.node(n)
	}
	if len(c.Nodes) == 0 { // Graphviz does not draw an empty cluster.
		d.line(dotID("empty_"+c.ID), " [shape=point, style=invis, width=0.1, label=\"\"];")
	}
	d.close()
}

// maxLabel is where a label gets no further lines, in bytes: Graphviz takes 16 KiB.
const maxLabel = 10 << 10

// sections are the lists of a card, as part of its label.
func (d *dotWriter) sections(sections []graph.Section) string {
	var b strings.Builder
	for _, s := range sections {
		b.WriteString("<br align=\"left\"/>" + htmlFont("", 11, d.hex(themes.Mute), "<b>"+dotText(s.Title)+"</b>"))
		for i, l := range s.Lines {
			if b.Len() > maxLabel {
				b.WriteString("<br align=\"left\"/>" + htmlFont("", 10, d.hex(themes.Mute), "and "+itoa(len(s.Lines)-i)+" more"))
				break
			}
			b.WriteString("<br align=\"left\"/>" + htmlFont(dotMono, 10, d.hex(themes.Mute), dotText(l)))
		}
	}
	return b.String()
}

// stateSigns are the shapes of states as letters.
var stateSigns = map[graph.State]string{
	graph.StateUp: "▲", graph.StateDown: "▼", graph.StateDormant: "◆", graph.StateUnknown: "○",
}

var stateRoles = map[graph.State]themes.Role{
	graph.StateUp: themes.Up, graph.StateDown: themes.Down, graph.StateDormant: themes.Dormant, graph.StateUnknown: themes.Unknown,
}

func (d *dotWriter) node(n *graph.Node) {
	class := xmlClass(string(n.Class))
	var shape, style, color, fill string // empty for the usual.
	switch n.Class {
	case graph.Nif:
		class = "nif kind-" + xmlClass(n.Kind)
		if n.State != graph.StateNone {
			class += " state-" + xmlClass(string(n.State))
		}
	case graph.Port:
		color = long(d.scheme.Wire(string(graph.Forward)).Color)
	case graph.Outside, graph.Remote:
		shape, style, color, fill = "ellipse", "filled", d.hex(themes.Icon), d.hex(themes.Card)
		if n.Class == graph.Remote {
			style = "filled,dashed"
		}
	case graph.Proc:
		style, color = "filled,rounded,dashed", d.hex(themes.Icon)
	}
	if changeWord(n.Change) != "" {
		class += changeClass(n.Change)
		color = d.hex(changeRoles[n.Change])
	}
	if n.Change == graph.Removed && !strings.Contains(style, "dashed") {
		style = cmp.Or(style, "filled,rounded") + ",dashed"
	}
	width := dotWidths[n.Change]
	if n.Mark {
		class, color, width = class+" marked", d.hex(themes.Focus), "4"
	}
	extra := ""
	for _, a := range []struct{ name, value string }{
		{"shape", shape}, {"style", style}, {"color", color}, {"penwidth", width}, {"fillcolor", fill},
	} {
		if a.value != "" {
			extra += ", " + a.name + "=" + dotQuote(a.value)
		}
	}
	d.line(dotID(n.ID), " [class=", dotQuote(class), ", id=", dotID(n.ID), extra, ", tooltip=", dotQuote(nodeTooltip(n)), ", label=<", d.nodeLabel(n), ">];")
}

// nodeLabel is a small table: sign and name, and the remark in the first row; a row for each further
// line.
func (d *dotWriter) nodeLabel(n *graph.Node) string {
	var b strings.Builder
	name := struck(n.Change, dotText(n.Name))
	if n.Change == graph.Removed {
		name = htmlFont("", 12, d.ink(n.Change), name)
	}
	if sign := stateSigns[n.State]; sign != "" {
		name = htmlFont("", 10, d.hex(stateRoles[n.State]), sign) + " " + name
	}
	name = d.sign(n.Change) + name
	if n.Alias != "" {
		name += htmlFont(dotSans, 10, d.hex(themes.Mute), "&#160; "+dotText(n.Alias))
	}
	b.WriteString(`<table border="0" cellborder="0" cellspacing="0" cellpadding="1"><tr><td align="left">` + name + "</td>")
	tagColor, columns := d.hex(themes.Mute), "1"
	if n.Class == graph.Port {
		tagColor = long(d.scheme.Wire(string(graph.Forward)).Color)
	}
	if n.Tag != "" {
		columns = "2"
		b.WriteString(`<td align="right">` + htmlFont(dotSans, 10, tagColor, "&#160; "+dotText(n.Tag)) + "</td>")
	}
	b.WriteString("</tr>")
	for i, l := range n.Lines {
		if b.Len() > maxLabel {
			b.WriteString(`<tr><td align="left" colspan="` + columns + `">and ` + itoa(len(n.Lines)-i) + " more</td></tr>")
			break
		}
		b.WriteString(`<tr><td align="left" colspan="` + columns + `">` + htmlFont("", 10, d.hex(themes.Mute), dotText(l)) + "</td></tr>")
	}
	b.WriteString("</table>")
	return b.String()
}

func (d *dotWriter) edge(e *graph.Edge) {
	kind := string(e.Kind)
	w := d.scheme.Wire(kind)
	from, to, fromLabel, toLabel := e.From, e.To, e.FromLabel, e.ToLabel
	if e.Kind == graph.Veth && from.Cluster != nil && from.Cluster.Kind == graph.Host {
		// Neither end comes first; this way tenants stand to the right of the host.
		from, to, fromLabel, toLabel = to, from, toLabel, fromLabel
	}
	style := "solid"
	switch {
	case len(w.Dash) > 0 && w.Dash[0] <= 2:
		style = "dotted"
	case len(w.Dash) > 0:
		style = "dashed"
	}
	width, label := w.Width, e.Label
	switch e.Change {
	case graph.Added:
		width += addedWider
	case graph.Removed:
		width, style = removedWidth, "dashed"
	}
	if changeWord(e.Change) != "" {
		label = strings.TrimSpace(changeSigns[e.Change] + label)
	}
	class, color := "wire wire-"+xmlClass(kind)+changeClass(e.Change), long(w.Color)
	if e.Mark { // three lines side by side: the wire in a tube.
		class, color = class+" marked", d.hex(themes.Focus)+":"+color+":"+d.hex(themes.Focus)
	}
	attrs := "class=" + dotQuote(class) + ", id=" + dotID(e.ID) + ", color=" + dotQuote(color) +
		", penwidth=" + string(num(nil, width)) + ", style=" + style
	if changeWord(e.Change) != "" {
		attrs += ", fontsize=14, fontcolor=" + dotQuote(d.hex(changeRoles[e.Change]))
	}
	switch {
	case e.Directed:
		attrs += ", dir=forward"
	case e.From.Cluster != e.To.Cluster: // it leaves a card: plugs.
		attrs += ", dir=both, arrowhead=odot, arrowtail=odot"
	}
	if e.Kind == graph.Forward {
		attrs += ", constraint=false"
	}
	for _, l := range []struct{ name, text string }{{"label", label}, {"taillabel", fromLabel}, {"headlabel", toLabel}} {
		if l.text != "" {
			attrs += ", " + l.name + "=" + dotQuote(visible.String(shorten(l.text, 200)))
		}
	}
	d.line(dotID(from.ID), " -> ", dotID(to.ID), " [", attrs, ", tooltip=", dotQuote(wireTooltip(e)), "];")
}

// notes says what the picture lacks, in a box of its own.
func (d *dotWriter) notes(notes []graph.Note) {
	var b strings.Builder
	for i, n := range notes {
		if b.Len() > maxLabel {
			b.WriteString("and " + itoa(len(notes)-i) + ` more<br align="left"/>`)
			break
		}
		b.WriteString("⚠ " + dotHTML(visible.String(shorten(n.Text, 400))) + `<br align="left"/>`)
	}
	d.line(dotID("hostwire_notes"), " [class=notes, style=\"filled\", color=", dotQuote(d.hex(themes.NoteEdge)), ", fillcolor=", dotQuote(d.hex(themes.Note)),
		", fontname=", dotQuote(dotSans), ", fontsize=11, fontcolor=", dotQuote(d.hex(themes.NoteInk)), ", label=<", b.String(), ">];")
}
