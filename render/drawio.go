package render

import (
	"bufio"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/internal/typeface"
	"github.com/hostwire/hostwire/internal/visible"
	"github.com/hostwire/hostwire/layout"
	"github.com/hostwire/hostwire/themes"
)

func init() {
	Register(Format{
		Name: "drawio", About: "shapes to edit in draw.io (diagrams.net), placed as in the picture",
		Extensions: []string{".drawio"}, NeedsLayout: true, DefaultTheme: "light", Write: writeDrawio,
	})
}

// drawioWriter writes a laid-out graph as draw.io's XML: groups and cards are containers, rows are
// boxes in them, wires are connectors that stay at what they join. Every shape carries its facts as
// tooltip and what it is as properties. All labels are plain text (html=0), tooltips are HTML.
type drawioWriter struct {
	w      *bufio.Writer
	scheme *themes.Scheme
	at     map[string]layout.Rect // where containers are, by ID: what is in one is placed relative to it.
	shapes map[*graph.Node]layout.Rect
	prefix string // of IDs that are not the graph's.
}

func writeDrawio(w io.Writer, in Input) error {
	g, l := in.Graph, in.Layout
	d := &drawioWriter{
		w: bufio.NewWriterSize(w, 1<<16), scheme: &in.Theme.Scheme, at: map[string]layout.Rect{}, shapes: map[*graph.Node]layout.Rect{},
		prefix: drawioPrefix(g),
	}
	title := in.Options.Title
	if title == "" {
		title = g.Title
	}
	name := plain(title)
	if name == "" {
		name = "Wiring"
	}
	d.str(`<mxfile host="hostwire" compressed="false"><diagram id="`, d.prefix, `wiring"`)
	d.attr("name", name)
	d.str(`><mxGraphModel grid="0" page="0" tooltips="1" connect="1" arrows="1" fold="0" math="0" shadow="0" background="`, d.hex(themes.Bg), `"><root>`, "\n")
	d.str(`<mxCell id="0"/><mxCell id="1" parent="0"/>`, "\n")
	if !in.Options.NoTitle {
		d.titles(title, g)
	}
	d.notes(g.Notes, l.W)
	for _, b := range l.Groups {
		d.group(b)
	}
	for _, b := range l.Clusters {
		d.cluster(b)
	}
	for _, b := range l.Nodes {
		d.node(b)
	}
	for _, wire := range l.Wires {
		d.wire(wire)
	}
	d.str("</root></mxGraphModel></diagram></mxfile>\n")
	return d.w.Flush()
}

// drawioRoot is the layer that all is on. It is no XML name, so no ID of a graph is like it.
const drawioRoot = "1"

// drawioPrefix is a beginning of IDs that none of the graph's IDs has.
func drawioPrefix(g *graph.Graph) string {
	prefix := "hw-"
	longer := func(id string) {
		for strings.HasPrefix(id, prefix) {
			prefix += "x-"
		}
	}
	for range 2 { // a longer prefix may be that of an earlier ID.
		for _, gr := range g.Groups {
			longer(gr.ID)
		}
		for _, c := range g.Clusters {
			longer(c.ID)
			for _, n := range c.Nodes {
				longer(n.ID)
			}
		}
		for _, n := range g.Free {
			longer(n.ID)
		}
		for _, e := range g.Edges {
			longer(e.ID)
		}
	}
	return prefix
}

func (d *drawioWriter) str(parts ...string) {
	for _, p := range parts {
		_, _ = d.w.WriteString(p) // bufio.Writer keeps the error for Flush.
	}
}

func (d *drawioWriter) attr(name, value string) { d.str(" ", name, `="`, xmlEscape(value), `"`) }

func (d *drawioWriter) num(name string, v float64) {
	d.str(" ", name, `="`, string(num(nil, math.Round(v*100)/100)), `"`)
}

func (d *drawioWriter) hex(r themes.Role) string { return long(d.scheme.Color(r)) }

// lines joins lines of a label.
func lines(s ...string) string {
	var out []string
	for _, l := range s {
		if l != "" {
			out = append(out, visible.String(shorten(l, 400)))
		}
	}
	return strings.Join(out, "\n")
}

// drawioShape is a box of the drawing.
type drawioShape struct {
	id, parent string
	label      string
	tooltip    string      // lines.
	data       [][2]string // properties.
	style      string
	rect       layout.Rect // absolute.
	change     graph.Change
	mark       bool
}

// vertex writes a shape. draw.io shows the attribute tooltip as HTML.
func (d *drawioWriter) vertex(s drawioShape) {
	d.str("<UserObject")
	d.attr("id", s.id)
	d.attr("label", changeSigns[s.change]+s.label)
	if s.tooltip != "" {
		d.attr("tooltip", tooltipHTML(s.tooltip))
	}
	for _, p := range s.data {
		d.attr(p[0], plain(p[1]))
	}
	if word := changeWord(s.change); word != "" {
		d.attr("change", word)
	}
	if s.mark {
		d.attr("marked", "yes")
	}
	d.str(`><mxCell style="`, s.style, d.changeStyle(s.change), d.markStyle(s.mark), `" vertex="1"`)
	d.attr("parent", s.parent)
	d.str("><mxGeometry")
	origin := d.at[s.parent]
	d.num("x", s.rect.X-origin.X)
	d.num("y", s.rect.Y-origin.Y)
	d.num("width", s.rect.W)
	d.num("height", s.rect.H)
	d.str(` as="geometry"/></mxCell></UserObject>`, "\n")
}

func (d *drawioWriter) changeStyle(c graph.Change) string {
	switch c {
	case graph.Added:
		return "strokeWidth=3;strokeColor=" + d.hex(themes.Added) + ";"
	case graph.Removed:
		return "strokeWidth=2;dashed=1;dashPattern=6 4;strokeColor=" + d.hex(themes.Removed) + ";"
	case graph.Changed:
		return "strokeWidth=3;dashed=1;dashPattern=12 3;strokeColor=" + d.hex(themes.Changed) + ";"
	}
	return ""
}

// markStyle draws what is marked broadly.
func (d *drawioWriter) markStyle(mark bool) string {
	if !mark {
		return ""
	}
	return "strokeWidth=4;strokeColor=" + d.hex(themes.Focus) + ";"
}

// text is the style of a text in a face. What follows may override the colour.
func (d *drawioWriter) text(style typeface.Style, ink themes.Role) string {
	family, bold := "Helvetica", "0"
	if style.Face == typeface.Mono || style.Face == typeface.MonoBold {
		family = "Courier New"
	}
	if style.Face.Bold() {
		bold = "1"
	}
	return "html=0;fontFamily=" + family + ";fontSize=" + string(num(nil, style.Size)) + ";fontStyle=" + bold + ";fontColor=" + d.hex(ink) + ";"
}

// titles writes what the picture is of above the drawing.
func (d *drawioWriter) titles(title string, g *graph.Graph) {
	const left = "text;strokeColor=none;fillColor=none;align=left;verticalAlign=middle;overflow=visible;"
	if title != "" {
		d.vertex(drawioShape{id: d.prefix + "title", parent: drawioRoot, label: lines(title), style: left + d.text(typeface.Heading, themes.Ink), rect: layout.Rect{X: 24, Y: -52, W: 600, H: 26}})
	}
	if g.Subtitle != "" {
		d.vertex(drawioShape{id: d.prefix + "subtitle", parent: drawioRoot, label: lines(g.Subtitle), style: left + d.text(typeface.Text, themes.Mute), rect: layout.Rect{X: 24, Y: -26, W: 600, H: 18}})
	}
}

// notes writes what the picture lacks, above the title.
func (d *drawioWriter) notes(notes []graph.Note, width float64) {
	if len(notes) == 0 {
		return
	}
	var text []string
	for i, n := range notes {
		if i == maxNotes-1 && len(notes) > maxNotes {
			text = append(text, "⚠ and "+count(len(notes)-i, "more remark", "more remarks"))
			break
		}
		text = append(text, "⚠ "+n.Text)
	}
	h := 12 + 15*float64(len(text))
	d.vertex(drawioShape{
		id: d.prefix + "notes", parent: drawioRoot, label: lines(text...), data: [][2]string{{"kind", "notes"}},
		style: "rounded=1;arcSize=8;whiteSpace=wrap;align=left;spacingLeft=8;fillColor=" + d.hex(themes.Note) + ";strokeColor=" + d.hex(themes.NoteEdge) + ";" + d.text(typeface.Text, themes.NoteInk),
		rect:  layout.Rect{X: 24, Y: -64 - h, W: math.Max(leastWidth, math.Min(width-48, 860)), H: h},
	})
}

// drawioContainer is the style of a box that others are moved with.
const drawioContainer = "rounded=1;absoluteArcSize=1;container=1;collapsible=0;recursiveResize=0;expand=0;whiteSpace=wrap;align=left;verticalAlign=top;"

func (d *drawioWriter) group(b layout.GroupBox) {
	g := b.Group
	parent := drawioRoot
	if g.Parent != nil {
		parent = g.Parent.ID
	}
	d.at[g.ID] = b.Rect
	d.vertex(drawioShape{
		id: g.ID, parent: parent, label: lines(layout.GroupCaption(g) + g.Name), tooltip: groupTooltip(g),
		data: [][2]string{{"class", "group"}, {"kind", g.Kind}, {"name", g.Name}},
		style: drawioContainer + "arcSize=24;dashed=1;dashPattern=5 4;spacingLeft=10;spacingTop=3;fillColor=" + d.hex(themes.Group) + ";strokeColor=" + d.hex(themes.Edge) + ";" +
			d.text(typeface.Strong, themes.Ink),
		rect: b.Rect,
	})
}

func (d *drawioWriter) cluster(b layout.ClusterBox) {
	c := b.Cluster
	parent := drawioRoot
	if c.Group != nil {
		parent = c.Group.ID
	}
	d.at[c.ID] = b.Rect
	width := "1"
	if c.Count > 1 {
		width = "3"
	}
	d.vertex(drawioShape{
		id: c.ID, parent: parent, label: lines(c.Name), tooltip: clusterTooltip(c), change: c.Change,
		data: [][2]string{{"class", "netns"}, {"kind", string(c.Kind)}, {"netns", c.Netns}, {"name", c.Name}, {"count", itoa(max(1, c.Count))}},
		style: drawioContainer + "arcSize=18;spacingLeft=10;spacingTop=1;strokeWidth=" + width + ";fillColor=" + d.hex(themes.Card) + ";strokeColor=" + d.hex(themes.Edge) + ";" +
			d.text(typeface.Title, themes.Ink),
		rect: b.Rect,
	})
	const fixed = "text;strokeColor=none;fillColor=none;align=left;verticalAlign=middle;connectable=0;whiteSpace=wrap;overflow=hidden;"
	if c.Detail != "" {
		d.vertex(drawioShape{
			id: d.prefix + "detail-" + c.ID, parent: c.ID, label: lines(c.Detail), style: fixed + d.text(typeface.Text, themes.Mute),
			rect: layout.Rect{X: b.Rect.X + 10, Y: b.Rect.Y + 22, W: b.Rect.W - 20, H: 16},
		})
	}
	for i, band := range b.Bands {
		d.vertex(drawioShape{
			id: d.prefix + "band-" + itoa(i) + "-" + c.ID, parent: c.ID,
			style: "rounded=1;absoluteArcSize=1;arcSize=16;connectable=0;html=0;fillColor=" + d.hex(themes.Band) + ";strokeColor=" + d.hex(themes.BandEdge) + ";",
			rect:  band,
		})
	}
	for i, s := range b.Sections {
		text := append([]string{s.Section.Title}, s.Section.Lines...)
		d.vertex(drawioShape{
			id: d.prefix + "section-" + itoa(i) + "-" + c.ID, parent: c.ID, label: lines(text...), tooltip: sectionTooltip(s.Section),
			style: strings.Replace(fixed, "verticalAlign=middle", "verticalAlign=top", 1) + d.text(typeface.Fact, themes.Mute), rect: s.Rect,
		})
	}
}

func (d *drawioWriter) node(b layout.NodeBox) {
	n := b.Node
	d.shapes[n] = b.Rect
	parent, netns := drawioRoot, ""
	if n.Cluster != nil {
		parent, netns = n.Cluster.ID, n.Cluster.Netns
	}
	name := n.Name
	if sign := stateSigns[n.State]; sign != "" {
		name = sign + " " + name
	}
	if n.Alias != "" {
		name += "  “" + n.Alias + "”"
	}
	style := "rounded=1;absoluteArcSize=1;arcSize=12;whiteSpace=wrap;overflow=hidden;align=left;spacingLeft=6;fillColor=" + d.hex(themes.Row) + ";strokeColor=" + d.hex(themes.Edge) + ";"
	switch n.Class {
	case graph.Port:
		style = "rounded=1;arcSize=50;whiteSpace=wrap;overflow=hidden;align=left;spacingLeft=12;fillColor=" + d.hex(themes.Row) + ";strokeColor=" + long(d.scheme.Wire(string(graph.Forward)).Color) + ";"
	case graph.Proc:
		style += "dashed=1;dashPattern=3 2;strokeColor=" + d.hex(themes.Icon) + ";"
	case graph.Outside, graph.Remote:
		style = "ellipse;shape=cloud;whiteSpace=wrap;fillColor=" + d.hex(themes.Card) + ";strokeColor=" + d.hex(themes.Icon) + ";"
		if n.Class == graph.Remote {
			style += "dashed=1;"
		}
	}
	d.vertex(drawioShape{
		id: n.ID, parent: parent, label: lines(append([]string{name}, n.Lines...)...), tooltip: nodeTooltip(n), change: n.Change, mark: n.Mark,
		data:  [][2]string{{"class", string(n.Class)}, {"kind", n.Kind}, {"name", n.Name}, {"state", string(n.State)}, {"netns", netns}},
		style: style + d.text(typeface.Style{Face: typeface.Mono, Size: 11}, themes.Ink), rect: b.Rect,
	})
	if n.Tag == "" || n.Class == graph.Outside || n.Class == graph.Remote {
		return
	}
	w := math.Min(1.2*typeface.Text.Width(visible.String(n.Tag))+14, b.Rect.W*0.6) // readers' fonts may be wider.
	d.at[n.ID] = b.Rect
	ink := "fontColor=" + d.hex(themes.Mute) + ";"
	if n.Class == graph.Port {
		ink = "fontColor=" + long(d.scheme.Wire(string(graph.Forward)).Color) + ";"
	}
	d.vertex(drawioShape{
		id: d.prefix + "tag-" + n.ID, parent: n.ID, label: lines(n.Tag),
		style: "text;strokeColor=none;fillColor=none;align=right;verticalAlign=middle;connectable=0;movable=0;whiteSpace=wrap;overflow=hidden;spacingRight=6;" +
			d.text(typeface.Text, themes.Mute) + ink,
		rect: layout.Rect{X: b.Rect.X + b.Rect.W - w, Y: b.Rect.Y + 3, W: w, H: 18},
	})
}

// wire writes a connector along the way that the layout found. It has its labels as children.
func (d *drawioWriter) wire(w layout.Wire) {
	e := w.Edge
	style := d.scheme.Wire(string(e.Kind))
	s := "html=0;rounded=1;jettySize=auto;strokeColor=" + long(style.Color) + ";strokeWidth=" + string(num(nil, style.Width)) + ";"
	if len(style.Dash) > 0 {
		s += "dashed=1;fixDash=1;dashPattern="
		for i, v := range style.Dash {
			if i > 0 {
				s += " "
			}
			s += string(num(nil, v))
		}
		s += ";"
	}
	points := w.Points
	if w.Curve { // the points that the curve goes through.
		points = nil
		for i := 0; i < len(w.Points); i += 3 {
			points = append(points, w.Points[i])
		}
		s += "curved=1;"
	}
	switch {
	case e.Directed:
		s += "startArrow=none;endArrow=block;endFill=1;endSize=6;"
	default:
		s += "startArrow=" + plug(w.FromPlug) + ";startFill=0;startSize=6;endArrow=" + plug(w.ToPlug) + ";endFill=0;endSize=6;"
	}
	if len(points) > 1 {
		s += d.port("exit", points[0], d.shapes[e.From]) + d.port("entry", points[len(points)-1], d.shapes[e.To])
	}
	d.str("<UserObject")
	d.attr("id", e.ID)
	d.attr("label", changeSigns[e.Change]+lines(strings.TrimSpace(e.Label)))
	d.attr("tooltip", tooltipHTML(wireTooltip(e)))
	d.attr("class", "wire")
	d.attr("kind", plain(string(e.Kind)))
	if word := changeWord(e.Change); word != "" {
		d.attr("change", word)
	}
	if e.Mark {
		d.attr("marked", "yes")
	}
	d.str(`><mxCell edge="1" style="`, s, d.text(typeface.Label, themes.Mute), "labelBackgroundColor=", d.hex(themes.Bg), ";", d.changeStyle(e.Change), d.markStyle(e.Mark), `"`)
	d.attr("parent", drawioRoot)
	d.attr("source", e.From.ID)
	d.attr("target", e.To.ID)
	d.str(`><mxGeometry relative="1" as="geometry">`)
	if len(points) > 1 {
		d.point("sourcePoint", points[0])
		d.point("targetPoint", points[len(points)-1])
	}
	if len(points) > 2 {
		d.str(`<Array as="points">`)
		for _, p := range points[1 : len(points)-1] {
			d.point("", p)
		}
		d.str("</Array>")
	}
	d.str("</mxGeometry></mxCell></UserObject>\n")
	for _, end := range []struct{ name, text, at string }{{"from", e.FromLabel, "-0.8"}, {"to", e.ToLabel, "0.8"}} {
		if end.text == "" {
			continue
		}
		d.str("<mxCell")
		d.attr("id", d.prefix+end.name+"-"+e.ID)
		d.attr("value", lines(end.text))
		d.str(` style="edgeLabel;align=center;verticalAlign=middle;resizable=0;connectable=0;`, d.text(typeface.Label, themes.Mute), "labelBackgroundColor=", d.hex(themes.Bg),
			`;" vertex="1" connectable="0"`)
		d.attr("parent", e.ID)
		d.str(`><mxGeometry x="`, end.at, `" relative="1" as="geometry"/></mxCell>`, "\n")
	}
}

func plug(there bool) string {
	if there {
		return "oval"
	}
	return "none"
}

func (d *drawioWriter) point(as string, p layout.Point) {
	d.str("<mxPoint")
	d.num("x", p.X)
	d.num("y", p.Y)
	if as != "" {
		d.attr("as", as)
	}
	d.str("/>")
}

// port fixes an end of a connector to where the layout has it, relative to the shape.
func (d *drawioWriter) port(which string, p layout.Point, r layout.Rect) string {
	if r.W <= 0 || r.H <= 0 {
		return ""
	}
	relative := func(v float64) string {
		return strconv.FormatFloat(math.Round(1e4*math.Max(0, math.Min(1, v)))/1e4, 'f', -1, 64)
	}
	return which + "X=" + relative((p.X-r.X)/r.W) + ";" + which + "Y=" + relative((p.Y-r.Y)/r.H) + ";" + which + "Perimeter=0;"
}
