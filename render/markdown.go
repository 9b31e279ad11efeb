package render

import (
	"io"
	"strings"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/layout"
)

func init() {
	Register(Format{
		Name: "markdown", About: "report in tables for wikis and pull requests: namespaces, interfaces, wires, forwarded ports",
		Extensions: []string{".md", ".markdown"}, DefaultTheme: "light", Write: writeMarkdown,
	})
}

// markdownWriter writes a graph as a report in GitHub's Markdown. Everything that strangers may have
// named goes through mdText or mdCode.
type markdownWriter struct{ b strings.Builder }

func writeMarkdown(w io.Writer, in Input) error {
	m := &markdownWriter{}
	g := in.Graph
	title := in.Options.Title
	if title == "" {
		title = g.Title
	}
	if title == "" {
		title = "Wiring"
	}
	m.line("# ", mdText(title))
	if g.Subtitle != "" {
		m.line("")
		m.line(escapeBlock(mdText(g.Subtitle)))
	}
	if markedIn(g) {
		m.line("")
		m.line(onWay(true, markWord))
	}
	m.notes(g.Notes)
	m.namespaces(g)
	for _, c := range g.Clusters {
		m.cluster(c)
	}
	m.free(g)
	m.wires(g)
	m.ports(g)
	_, err := io.WriteString(w, m.b.String())
	return err
}

func (m *markdownWriter) line(parts ...string) {
	for _, p := range parts {
		m.b.WriteString(p)
	}
	m.b.WriteByte('\n')
}

// escapeBlock keeps text that begins a line from beginning a list.
func escapeBlock(s string) string {
	if s == "" || s[0] == '`' || s[0] == '<' {
		return s
	}
	digits := len(s) - len(strings.TrimLeft(s, "0123456789"))
	if digits > 0 && digits < len(s) && (s[digits] == '.' || s[digits] == ')') {
		return s[:digits] + `\` + s[digits:]
	}
	if s[0] == '-' {
		return `\` + s
	}
	return s
}

func (m *markdownWriter) head(text string) {
	m.line("")
	m.line("## ", text)
	m.line("")
}

// row writes a row of a table; the first of a table needs rule after it.
func (m *markdownWriter) row(cells ...string) {
	m.line("| ", strings.Join(cells, " | "), " |")
}

func (m *markdownWriter) table(columns ...string) {
	m.row(columns...)
	rule := make([]string, len(columns))
	for i := range rule {
		rule[i] = "---"
	}
	m.row(rule...)
}

func (m *markdownWriter) notes(notes []graph.Note) {
	if len(notes) == 0 {
		return
	}
	m.line("")
	m.line("> **This picture is not complete:**")
	m.line(">")
	for _, n := range notes {
		m.line("> - ", orDash(escapeBlock(mdText(n.Text))))
	}
}

// changed puts the sign of a difference before a name.
func changed(c graph.Change, name string) string {
	sign := strings.TrimSpace(changeSigns[c])
	switch {
	case sign == "":
		return name
	case c == graph.Removed:
		return "**" + sign + "** ~~" + name + "~~"
	}
	return "**" + sign + "** " + name
}

// onWay puts the sign of what is marked before a name.
func onWay(mark bool, name string) string {
	if !mark {
		return name
	}
	return "**" + strings.TrimSpace(markSign) + "** " + name
}

func (m *markdownWriter) namespaces(g *graph.Graph) {
	if len(g.Clusters) == 0 {
		return
	}
	m.head("Network namespaces")
	m.table("Namespace", "What it is", "Details", "Belongs to", "Interfaces")
	for _, c := range g.Clusters {
		nifs := 0
		for _, n := range c.Nodes {
			if n.Class == graph.Nif {
				nifs += max(1, n.Count)
			}
		}
		what := mdText(string(c.Kind))
		if c.Count > 1 {
			what += " × " + itoa(c.Count)
		}
		var groups []string
		for gr, deep := c.Group, 0; gr != nil && deep < 16; gr, deep = gr.Parent, deep+1 {
			groups = append(groups, mdText(layout.GroupCaption(gr)+gr.Name))
		}
		m.row(changed(c.Change, mdCode(c.Name)), what, mdText(c.Detail), strings.Join(groups, ", "), itoa(nifs))
	}
}

// cluster lists what is in a namespace, its forwarded ports apart.
func (m *markdownWriter) cluster(c *graph.Cluster) {
	var rows []*graph.Node
	for _, n := range c.Nodes {
		if n.Class != graph.Port {
			rows = append(rows, n)
		}
	}
	if len(rows) == 0 && len(c.Sections) == 0 {
		return
	}
	m.head("Interfaces of " + mdCode(c.Name))
	if len(rows) > 0 {
		m.nodes(rows)
	}
	for _, s := range c.Sections {
		m.line("")
		m.line("**", orDash(mdText(s.Title)), "**")
		m.line("")
		for _, l := range s.Lines {
			m.line("- ", orDash(mdCode(l)))
		}
	}
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

func (m *markdownWriter) nodes(nodes []*graph.Node) {
	m.table("Interface", "Kind", "State", "Alias", "Addresses and details", "Remark")
	for _, n := range nodes {
		state := string(n.State)
		if sign := stateSigns[n.State]; sign != "" {
			state = sign + " " + stateWords[n.State]
		} else {
			state = mdText(state)
		}
		var lines []string
		for _, l := range n.Lines {
			lines = append(lines, mdCode(l))
		}
		name := onWay(n.Mark, changed(n.Change, mdCode(n.Name)))
		if n.Count > 1 {
			name += " × " + itoa(n.Count)
		}
		tag := n.Tag
		if tag == n.Kind {
			tag = ""
		}
		m.row(name, mdText(n.Kind), state, mdText(n.Alias), strings.Join(lines, "<br>"), mdText(tag))
	}
}

func (m *markdownWriter) free(g *graph.Graph) {
	if len(g.Free) == 0 {
		return
	}
	m.head("Outside of namespaces")
	m.nodes(g.Free)
}

// place is how tables name one of a wire's ends.
func mdPlace(n *graph.Node) string {
	if n.Cluster != nil {
		return mdCode(n.Cluster.Name) + " : " + mdCode(n.Name)
	}
	return mdCode(n.Name)
}

// remarks are the labels of a wire.
func mdRemarks(e *graph.Edge) string {
	var out []string
	if e.Count > 1 && !strings.Contains(e.Label, itoa(e.Count)) {
		out = append(out, "× "+itoa(e.Count))
	}
	for _, l := range []string{e.FromLabel, e.Label, e.ToLabel} {
		if l != "" {
			out = append(out, mdText(l))
		}
	}
	return strings.Join(out, ", ")
}

func (m *markdownWriter) wires(g *graph.Graph) {
	begun := false
	for _, kind := range kindsIn(g) {
		if kind == graph.Forward {
			continue
		}
		for _, e := range g.Edges {
			if e.Kind != kind {
				continue
			}
			if !begun {
				begun = true
				m.head("Wires")
				m.table("Wire", "From", "", "To", "Remark")
			}
			word := mdText(wireWord(e))
			arrow := "–"
			if e.Directed {
				arrow = "→"
			}
			m.row(onWay(e.Mark, changed(e.Change, word)), mdPlace(e.From), arrow, mdPlace(e.To), mdRemarks(e))
		}
	}
}

// ports lists forwarded ports with what they lead to; one that leads to nobody has a row, too.
func (m *markdownWriter) ports(g *graph.Graph) {
	leads := map[*graph.Node][]*graph.Edge{}
	for _, e := range g.Edges {
		if e.Kind == graph.Forward {
			leads[e.From] = append(leads[e.From], e)
		}
	}
	begun := false
	row := func(n *graph.Node, mark bool, change graph.Change, to, remark string) {
		if !begun {
			begun = true
			m.head("Forwarded ports")
			m.table("Port", "Accepted in", "Leads to", "Remark")
		}
		in := ""
		if n.Cluster != nil {
			in = mdCode(n.Cluster.Name)
		}
		m.row(onWay(mark, changed(change, mdCode(n.Name))), in, to, remark)
	}
	for _, c := range g.Clusters {
		for _, n := range c.Nodes {
			if n.Class == graph.Port && len(leads[n]) == 0 {
				row(n, n.Mark, n.Change, mdText(n.Tag), "")
			}
			for _, e := range leads[n] {
				change := e.Change
				if change == graph.Unchanged {
					change = n.Change
				}
				row(n, e.Mark, change, mdPlace(e.To), mdRemarks(e))
			}
		}
	}
}
