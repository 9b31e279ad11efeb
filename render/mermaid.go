package render

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/layout"
	"github.com/hostwire/hostwire/themes"
)

func init() {
	Register(Format{
		Name: "mermaid", About: "flowchart that GitHub, GitLab and many wikis draw in Markdown",
		Extensions: []string{".mmd", ".mermaid"}, DefaultTheme: "light", Write: writeMermaid,
	})
}

// What Mermaid takes unless a site allows more (maxTextSize and maxEdges of its configuration); it
// draws an error instead of anything larger.
const (
	mermaidChars = 50000
	mermaidEdges = 500
)

// mermaidLabel is how long a line of a label may be, in characters.
const mermaidLabel = 72

// mermaidTitle is how long a subgraph's title may be, in characters: Mermaid breaks longer ones into
// lines that cover what is below them.
const mermaidTitle = 24

// mermaidLines is how many lines of a list a box shows.
const mermaidLines = 40

// mermaidWriter writes a graph as a flowchart from left to right: subgraphs for groups and
// namespaces, a box for each interface. Where things go is left to Mermaid. Colours of boxes and
// wires are the theme's; the ground and the text on it are the page's.
type mermaidWriter struct {
	b      strings.Builder
	scheme *themes.Scheme
	depth  int
	ids    map[string]string // by the graph's IDs.
	taken  map[string]bool
	used   map[string]bool // classes.
	// classes are the subgraphs of each class, wires the numbers of each kind of wires.
	classes map[string][]string
	wires   map[string][]int
}

func writeMermaid(w io.Writer, in Input) error {
	g := in.Graph
	if n := len(g.Edges); n > mermaidEdges {
		return tooLargeForMermaid("%d wires, and Mermaid draws %d at most", n, mermaidEdges)
	}
	m := &mermaidWriter{scheme: &in.Theme.Scheme, ids: map[string]string{}, taken: map[string]bool{}, used: map[string]bool{},
		classes: map[string][]string{}, wires: map[string][]int{}}
	m.head(in)
	m.groups(nil, g)
	for _, n := range g.Free {
		m.node(n)
	}
	for i, e := range g.Edges {
		m.edge(i, e)
	}
	if len(g.Notes) > 0 {
		var lines []string
		for _, n := range g.Notes {
			lines = append(lines, "⚠ "+n.Text)
		}
		m.box("notes", m.lines(lines, 400), "note")
	}
	m.styles(g)
	if n := utf8.RuneCountInString(m.b.String()); n > mermaidChars {
		return tooLargeForMermaid("%d characters, and Mermaid reads %d at most", n, mermaidChars)
	}
	_, err := io.WriteString(w, m.b.String())
	return err
}

func tooLargeForMermaid(format string, args ...any) error {
	return fmt.Errorf("write mermaid: the picture has "+format+
		"; show less with --detail minimal, --fold N, --only or --hide, or write an SVG", args...)
}

func (m *mermaidWriter) line(parts ...string) {
	m.b.WriteString(strings.Repeat(" ", m.depth))
	for _, p := range parts {
		m.b.WriteString(p)
	}
	m.b.WriteByte('\n')
}

// head writes the title, a description for who can't see the picture, and the direction.
func (m *mermaidWriter) head(in Input) {
	title := in.Options.Title
	if title == "" {
		title = in.Graph.Title
	}
	// The title stands in YAML, which takes JSON's strings. It is shown as text, but goes through a
	// filter that removes what looks like markup.
	title = strings.NewReplacer("<", "‹", ">", "›", "&", "＆").Replace(middleCut(title, mermaidLabel))
	m.line("---")
	if title != "" && !in.Options.NoTitle {
		quoted, _ := json.Marshal(title) // strings can always be marshalled.
		m.line("title: ", string(quoted))
	}
	// Lines are not broken, as titles that are would cover what is in their box.
	m.line("config: {flowchart: {wrappingWidth: 900, nodeSpacing: 18, subGraphTitleMargin: {top: 4, bottom: 8}}}")
	m.line("---")
	m.line("flowchart LR")
	m.line("accTitle: Wiring of a host")
	m.line("accDescr: ", summary(in.Graph))
}

// id is the name of a thing in the flowchart. It begins with a letter for what it is, as some words
// mean something to Mermaid, and is made from the graph's ID, so that it stays when others come.
func (m *mermaidWriter) id(what, id string) string {
	if known, ok := m.ids[what+id]; ok {
		return known
	}
	name := what + strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_'
	}, shorten(id, 200))
	unique := name
	for n := 2; m.taken[unique]; n++ {
		unique = name + "__" + itoa(n)
	}
	m.taken[unique], m.ids[what+id] = true, unique
	return unique
}

// groups writes what is in a group (nil for the top): its clusters and its groups.
func (m *mermaidWriter) groups(in *graph.Group, g *graph.Graph) {
	for _, c := range g.Clusters {
		if c.Group == in {
			m.cluster(c)
		}
	}
	for _, gr := range g.Groups {
		if gr.Parent != in {
			continue
		}
		caption := mermaidText(middleCut(layout.GroupCaption(gr)+gr.Name, mermaidTitle))
		m.open(m.id("g_", gr.ID), caption, "group")
		m.groups(gr, g)
		m.close()
	}
}

func (m *mermaidWriter) open(id, label, class string) {
	m.line("subgraph ", id, `["`, orBlank(label), `"]`)
	m.depth++
	m.use(id, class)
}

func (m *mermaidWriter) close() {
	m.depth--
	m.line("end")
}

// use gives a subgraph its class; boxes have theirs where they are written.
func (m *mermaidWriter) use(id, class string) {
	m.used[class] = true
	m.classes[class] = append(m.classes[class], id)
}

// orBlank is a label that is never empty, which Mermaid would take for a mistake.
func orBlank(label string) string {
	if label == "" {
		return "#160;"
	}
	return label
}

func (m *mermaidWriter) cluster(c *graph.Cluster) {
	label := "<b>" + mermaidText(changeSigns[c.Change]+middleCut(c.Name, mermaidTitle)) + "</b>"
	class := "netns"
	if word := changeWord(c.Change); word != "" {
		class += "_" + word
	}
	m.open(m.id("c_", c.ID), label, class)
	if c.Detail != "" {
		m.box(c.ID+"_detail", mermaidText(middleCut(c.Detail, mermaidLabel)), "list")
	}
	for _, n := range c.Nodes {
		m.node(n)
	}
	for i, s := range c.Sections {
		m.box(c.ID+"_list_"+itoa(i+1), "<b>"+mermaidText(middleCut(s.Title, mermaidLabel))+"</b><br/>"+m.lines(s.Lines, mermaidLabel), "list")
	}
	if len(c.Nodes) == 0 && len(c.Sections) == 0 && c.Detail == "" { // an empty subgraph is drawn as a box with no name.
		m.box(c.ID+"_empty", "no interfaces", "list")
	}
	m.close()
}

// lines joins lines of a label.
func (m *mermaidWriter) lines(lines []string, most int) string {
	var out []string
	for i, l := range lines {
		if i == mermaidLines {
			out = append(out, "and "+itoa(len(lines)-i)+" more")
			break
		}
		out = append(out, mermaidText(middleCut(l, most)))
	}
	return strings.Join(out, "<br/>")
}

// box writes a box that is no node of the graph.
func (m *mermaidWriter) box(id, label, class string) {
	m.used[class] = true
	m.line(m.id("t_", id), `["`, orBlank(label), `"]:::`, class)
}

func (m *mermaidWriter) node(n *graph.Node) {
	name := n.Name
	if sign := stateSigns[n.State]; sign != "" {
		name = sign + " " + name
	}
	label := mermaidText(changeSigns[n.Change]) + "<b>" + mermaidText(middleCut(name, mermaidLabel)) + "</b>"
	if n.Alias != "" {
		label += " " + mermaidText("“"+middleCut(n.Alias, mermaidLabel)+"”")
	}
	if n.Tag != "" {
		label += " · " + mermaidText(middleCut(n.Tag, mermaidLabel))
	}
	if len(n.Lines) > 0 {
		label += "<br/>" + m.lines(n.Lines, mermaidLabel)
	}
	open, shut, class := `["`, `"]`, "nif"
	switch n.Class {
	case graph.Port:
		open, shut, class = `(["`, `"])`, "port"
	case graph.Outside:
		open, shut, class = `{{"`, `"}}`, "outside"
	case graph.Remote:
		open, shut, class = `{{"`, `"}}`, "remote"
	case graph.Proc:
		open, shut, class = `("`, `")`, "process"
	default:
		if n.State != graph.StateNone && stateSigns[n.State] != "" {
			class = string(n.State)
		}
	}
	if word := changeWord(n.Change); word != "" {
		class = word
	}
	m.used[class] = true
	m.line(m.id("n_", n.ID), open, orBlank(label), shut, ":::", class)
	if n.Mark {
		m.use(m.id("n_", n.ID), "marked")
	}
}

func (m *mermaidWriter) edge(i int, e *graph.Edge) {
	// Mermaid puts the first end left: the host before its tenants, what is depended on before what
	// depends, the port before its server.
	from, to, labels := e.To, e.From, []string{e.ToLabel, e.Label, e.FromLabel}
	hostFirst := e.Kind == graph.Veth && e.From.Cluster != nil && e.From.Cluster.Kind == graph.Host
	if e.Directed || hostFirst {
		from, to, labels = e.From, e.To, []string{e.FromLabel, e.Label, e.ToLabel}
	}
	line := " --- "
	switch {
	case e.Directed:
		line = " --> "
	case from.Cluster != to.Cluster: // it leaves a card: plugs.
		line = " o--o "
	}
	var text []string
	if sign := strings.TrimSpace(changeSigns[e.Change]); sign != "" {
		text = append(text, sign)
	}
	for _, l := range labels {
		if l != "" {
			text = append(text, middleCut(l, mermaidLabel))
		}
	}
	if len(text) > 0 {
		line = strings.TrimRight(line, " ") + `|"` + mermaidText(strings.Join(text, " ")) + `"| `
	}
	m.line(m.id("n_", from.ID), line, m.id("n_", to.ID))
	key := string(e.Kind)
	if word := changeWord(e.Change); word != "" {
		key = word
	}
	if e.Mark {
		key = markedKey
	}
	m.wires[key] = append(m.wires[key], i)
}

// styles writes the classes of boxes, and the style of each kind of wire.
func (m *mermaidWriter) styles(g *graph.Graph) {
	hex := func(r themes.Role) string { return long(m.scheme.Color(r)) }
	ink, mute := hex(themes.Ink), hex(themes.Mute)
	row, edge, card := hex(themes.Row), hex(themes.Edge), hex(themes.Card)
	for _, c := range []struct{ name, fill, stroke, color, more string }{
		{"group", hex(themes.Group), edge, ink, ",stroke-dasharray:5 4"},
		{"netns", card, edge, ink, ""},
		{"netns_added", card, hex(themes.Added), ink, ",stroke-width:3px"},
		{"netns_removed", card, hex(themes.Removed), ink, ",stroke-width:2px,stroke-dasharray:6 4"},
		{"netns_changed", card, hex(themes.Changed), ink, ",stroke-width:3px,stroke-dasharray:12 3"},
		{"nif", row, edge, ink, ",text-align:left"},
		{"up", row, hex(themes.Up), ink, ",text-align:left"},
		{"down", row, hex(themes.Down), ink, ",text-align:left"},
		{"dormant", row, hex(themes.Dormant), ink, ",text-align:left"},
		{"unknown", row, hex(themes.Unknown), ink, ",text-align:left"},
		{"port", row, long(m.scheme.Wire(string(graph.Forward)).Color), ink, ""},
		{"outside", card, hex(themes.Icon), ink, ""},
		{"remote", card, hex(themes.Icon), ink, ",stroke-dasharray:3 3"},
		{"process", row, hex(themes.Icon), ink, ",stroke-dasharray:3 2"},
		{"list", card, card, mute, ",text-align:left"},
		{"note", hex(themes.Note), hex(themes.NoteEdge), hex(themes.NoteInk), ",text-align:left"},
		{"added", row, hex(themes.Added), ink, ",stroke-width:3px,text-align:left"},
		{"removed", row, hex(themes.Removed), mute, ",stroke-width:2px,stroke-dasharray:6 4,text-align:left"},
		{"changed", row, hex(themes.Changed), ink, ",stroke-width:3px,stroke-dasharray:12 3,text-align:left"},
		{"marked", row, hex(themes.Focus), ink, ",stroke-width:4px"},
	} {
		if m.used[c.name] { // of a box of several classes, the later one's style counts.
			m.line("classDef ", c.name, " fill:", c.fill, ",stroke:", c.stroke, ",color:", c.color, c.more)
		}
		if ids := m.classes[c.name]; len(ids) > 0 {
			m.line("class ", strings.Join(ids, ","), " ", c.name)
		}
	}
	for _, kind := range kindsIn(g) {
		w := m.scheme.Wire(string(kind))
		m.wireStyle(string(kind), w.Color, w.Width, w.Dash)
	}
	m.wireStyle(string(graph.Added), m.scheme.Color(themes.Added), 4, nil)
	m.wireStyle(string(graph.Removed), m.scheme.Color(themes.Removed), 2, []float64{6, 4})
	m.wireStyle(markedKey, m.scheme.Color(themes.Focus), 5, nil)
	m.wireStyle(string(graph.Changed), m.scheme.Color(themes.Changed), 4, []float64{12, 3})
}

// markedKey is what marked wires are listed by; no kind of wire has a space in its name.
const markedKey = "marked wire"

func (m *mermaidWriter) wireStyle(key string, color themes.Color, width float64, dash []float64) {
	if len(m.wires[key]) == 0 {
		return
	}
	var numbers []string
	for _, i := range m.wires[key] {
		numbers = append(numbers, itoa(i))
	}
	style := "stroke:" + long(color) + ",stroke-width:" + string(num(nil, width)) + "px"
	if len(dash) > 0 {
		style += ",stroke-dasharray:"
		for i, d := range dash {
			if i > 0 {
				style += " "
			}
			style += string(num(nil, d))
		}
	}
	m.line("linkStyle ", strings.Join(numbers, ","), " ", style)
	delete(m.wires, key) // a kind of wire that calls itself as a change is called.
}
