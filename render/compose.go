package render

import (
	"math"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/internal/typeface"
	"github.com/hostwire/hostwire/internal/visible"
	"github.com/hostwire/hostwire/layout"
	"github.com/hostwire/hostwire/themes"
)

// Measures of what stands around the drawing, in CSS pixels.
const (
	margin     = 24
	leastWidth = 420 // of a picture, so that title and legend have room.
	cardRadius = 9
	rowRadius  = 6
	bandRadius = 8
	manyCards  = 100 // from how many cards on they throw no shadow: it would be too small to see.
)

// composer builds a scene.
type composer struct {
	in      Input
	scene   *Scene
	dx, dy  float64 // from the layout's coordinates to the scene's.
	boxes   map[*graph.Node]Box
	grounds []ground
}

// ground is a box with a colour of its own behind wires.
type ground struct {
	box  Box
	role themes.Role
}

// Compose makes the scene of a laid-out graph. in.Layout must be set.
func Compose(in Input) *Scene {
	c := &composer{in: in, scene: &Scene{}, boxes: make(map[*graph.Node]Box, len(in.Layout.Nodes))}
	title := in.Options.Title
	if title == "" {
		title = in.Graph.Title
	}
	title = plain(title)
	c.scene.Title, c.scene.Desc = "Wiring of "+title, summary(in.Graph)
	if title == "" {
		c.scene.Title = "Wiring"
	}
	left := c.contentLeft()
	c.scene.W = math.Ceil(math.Max(leastWidth, in.Layout.W))
	for _, n := range in.Graph.Notes { // a small picture makes room for its notes.
		w := left + noteIndent + looser*typeface.Text.Width(plain(n.Text)) + 14 + margin
		c.scene.W = math.Max(c.scene.W, math.Ceil(math.Min(w, 680)))
	}
	bg := &Shape{Look: lookBg, Box: &Box{}}
	c.scene.Items = append(c.scene.Items, bg)

	y := 0.0
	if !in.Options.NoTitle {
		y = c.titleBlock(title, left)
	}
	y = math.Max(margin, c.notes(left, y))
	top, bottom := c.contentSpan()
	c.dy = math.Round(y - top)
	c.drawing()
	y = c.dy + bottom + margin
	if !in.Options.NoLegend {
		y = c.legend(left, y)
	}
	c.scene.H = math.Ceil(y)
	*bg.Box = Box{W: c.scene.W, H: c.scene.H}
	return c.scene
}

// contentLeft is where the leftmost box starts: title, notes and legend start there, too.
func (c *composer) contentLeft() float64 {
	left := math.Inf(1)
	c.eachRect(func(r layout.Rect) { left = math.Min(left, r.X) })
	if math.IsInf(left, 1) || left > 2*margin {
		return margin
	}
	return math.Max(8, math.Round(left))
}

// contentSpan is from where to where the drawing reaches, wires and their labels included. How much
// room a layout leaves around it is then of no matter.
func (c *composer) contentSpan() (top, bottom float64) {
	top, bottom = math.Inf(1), math.Inf(-1)
	span := func(from, to float64) { top, bottom = math.Min(top, from), math.Max(bottom, to) }
	c.eachRect(func(r layout.Rect) { span(r.Y, r.Y+r.H) })
	half := typeface.Label.Size/2 + 3
	for _, w := range c.in.Layout.Wires {
		for _, p := range w.Points {
			span(p.Y-4, p.Y+4)
		}
		for _, at := range []*layout.Point{w.LabelAt, w.FromAt, w.ToAt} {
			if at != nil {
				span(at.Y-half, at.Y+half)
			}
		}
	}
	if top > bottom {
		return 0, 0
	}
	return top, bottom
}

func (c *composer) eachRect(f func(layout.Rect)) {
	for _, b := range c.in.Layout.Groups {
		f(b.Rect)
	}
	for _, b := range c.in.Layout.Clusters {
		f(b.Rect)
	}
	for _, b := range c.in.Layout.Nodes {
		f(b.Rect)
	}
}

func (c *composer) add(items ...Item) { c.scene.Items = append(c.scene.Items, items...) }

// box moves a box of the layout into the scene, onto whole pixels.
func (c *composer) box(r layout.Rect, radius float64) Box {
	x, y := math.Round(r.X+c.dx), math.Round(r.Y+c.dy)
	return Box{X: x, Y: y, W: math.Round(r.X+r.W+c.dx) - x, H: math.Round(r.Y+r.H+c.dy) - y, R: radius}
}

// outlined draws a box with a line of one pixel's width just inside of it, where it is sharp at any
// whole scale.
func outlined(look Look, b Box) *Shape {
	return &Shape{Look: look, Box: &Box{b.X + 0.5, b.Y + 0.5, b.W - 1, b.H - 1, math.Max(0, b.R-0.5)}}
}

// titleBlock heads the picture and returns where it ends.
func (c *composer) titleBlock(title string, left float64) float64 {
	y := float64(margin)
	room := c.scene.W - left - margin
	g := &Group{Class: "title-block"}
	if title != "" {
		y += 16
		shown := typeface.Heading.Fit(title, room)
		if shown != title {
			g.Title = title
		}
		g.add(&Text{Role: "heading", X: left, Y: y, Style: typeface.Heading, Ink: paintOf(themes.Ink), S: shown})
		y += 6
	}
	if sub := plain(c.in.Graph.Subtitle); sub != "" {
		for _, l := range wrap(sub, typeface.Text, room) {
			y += 14
			g.add(&Text{Role: "subtitle", X: left, Y: y, Style: typeface.Text, Ink: paintOf(themes.Mute), S: l})
		}
		y += 4
	}
	if len(g.Items) == 0 {
		return 0
	}
	c.add(g)
	return y + 16
}

// looser is how much wider than ours the fonts may be that a reader without ours sees.
const looser = 1.16

// Measures of the box of notes, in CSS pixels.
const (
	noteIndent = 34 // from its edge to the text: the sign stands there.
	noteGap    = 3  // between notes.
)

// maxNotes is how many notes are written into the picture; that there are more is then said.
const maxNotes = 8

// notes says clearly what the picture lacks, and returns where the box ends.
func (c *composer) notes(left, y float64) float64 {
	notes := c.in.Graph.Notes
	if len(notes) == 0 {
		return y
	}
	if y == 0 {
		y = margin
	}
	width := math.Min(c.scene.W-left-margin, 980)
	var lines []string
	var starts []bool
	for i, n := range notes {
		text := plain(n.Text)
		if i == maxNotes-1 && len(notes) > maxNotes {
			text = "and " + count(len(notes)-i, "more remark", "more remarks") + " of this kind"
		}
		for j, l := range wrap(text, typeface.Text, (width-noteIndent-14)/looser) {
			lines, starts = append(lines, l), append(starts, j == 0)
		}
		if i == maxNotes-1 {
			break
		}
	}
	h := 12 + 15*float64(len(lines))
	g := &Group{Class: "notes", Data: [][2]string{{"count", itoa(len(notes))}}}
	longest := 0.0
	for i, l := range lines {
		longest = math.Max(longest, typeface.Text.Width(l))
		if i > 0 && starts[i] {
			h += noteGap
		}
	}
	width = math.Min(width, math.Ceil(longest*looser)+noteIndent+14)
	g.add(outlined(lookNote, Box{left, y, width, h, rowRadius}))
	below := y + 6
	for i, l := range lines {
		if i > 0 && starts[i] {
			below += noteGap
		}
		middle := below + 7.5
		below += 15
		if starts[i] {
			g.add(&Icon{left + 11, middle - 7, "note", []IconPart{{lookNoteSign, 0, 0, "m7 1.6 6 10.6h-12zm0 4v3m0 1.7v0.1"}}})
		}
		g.add(&Text{Role: "remark", X: left + noteIndent, Y: middle + 4, Style: typeface.Text, Ink: paintOf(themes.NoteInk), S: l})
	}
	c.add(g)
	return y + h + 18
}

// drawing puts groups, cards, free nodes and wires into the scene, in this order: what is inside
// something is drawn after it, wires after all that they pass.
func (c *composer) drawing() {
	for _, g := range c.in.Layout.Groups {
		c.group(g)
	}
	rows := make(map[*graph.Cluster][]layout.NodeBox)
	var free []layout.NodeBox
	for _, n := range c.in.Layout.Nodes {
		c.boxes[n.Node] = c.box(n.Rect, 0)
		if n.Node.Cluster != nil {
			rows[n.Node.Cluster] = append(rows[n.Node.Cluster], n)
		} else {
			free = append(free, n)
		}
	}
	for _, b := range c.in.Layout.Clusters {
		c.cluster(b, rows[b.Cluster])
	}
	for _, n := range free {
		c.add(c.freeNode(n))
	}
	c.wires()
}

// texts adds lines of text of a box whose top left corner is x, y.
func texts(g *Group, x, y float64, lines []layout.Text, ink func(layout.Text) Paint) {
	for _, l := range lines {
		if l.S != "" {
			g.add(&Text{Role: string(l.Role), X: x + l.X, Y: math.Round(y + l.Y), Anchor: l.Anchor, Style: l.Style, Ink: ink(l), S: l.S})
		}
	}
}

func inkOf(l layout.Text) Paint {
	switch l.Role {
	case layout.RoleTitle, layout.RoleName:
		return paintOf(themes.Ink)
	}
	return paintOf(themes.Mute)
}

func (c *composer) group(b layout.GroupBox) {
	g := b.Group
	box := c.box(b.Rect, 12)
	c.grounds = append(c.grounds, ground{box, themes.Group})
	out := &Group{
		Class: "group", ID: g.ID, Title: groupTooltip(g),
		Data: [][2]string{{"kind", plain(g.Kind)}, {"name", plain(g.Name)}},
	}
	out.add(outlined(lookGroup, box))
	y := box.Y + layout.GroupHeader/2 + 4
	room := box.W - 2*layout.GroupPad
	caption := layout.GroupCaption(g)
	if typeface.Text.Width(caption) > room/2 { // unless it is made up, the name is what matters.
		caption = typeface.Text.Fit(caption, room/2)
	}
	name := &Text{Role: "group-name", Style: typeface.Strong, Ink: paintOf(themes.Ink),
		S: typeface.Strong.Fit(visible.String(g.Name), room-typeface.Text.Width(caption))}
	out.add(&Text{Role: "caption", X: box.X + layout.GroupPad, Y: y, Style: typeface.Text, Ink: paintOf(themes.Mute), S: caption, After: name})
	c.add(out)
}

func (c *composer) cluster(b layout.ClusterBox, rows []layout.NodeBox) {
	cl := b.Cluster
	box := c.box(b.Rect, cardRadius)
	c.grounds = append(c.grounds, ground{box, themes.Card})
	g := &Group{
		Class: "netns netns-" + xmlClass(string(cl.Kind)), ID: cl.ID, Title: clusterTooltip(cl),
		Data: [][2]string{{"netns", plain(cl.Netns)}, {"name", plain(cl.Name)}, boxData(b.Rect)},
	}
	g.markChange(cl.Change)
	if cl.Count > 1 { // a card for many looks like a pile.
		g.Data = append(g.Data, [2]string{"count", itoa(cl.Count)})
		for _, off := range []float64{6, 3} {
			g.add(outlined(lookCard, Box{box.X + off, box.Y + off, box.W, box.H, box.R}))
		}
	} else if len(c.in.Layout.Clusters) <= manyCards {
		g.add(&Shape{Look: lookShadow, Box: &Box{box.X, box.Y + 2, box.W, box.H, box.R}})
	}
	g.add(outlined(lookCard.bare(cl.Change), box))
	c.header(g, cl, box, math.Round(b.Header))
	for _, band := range b.Bands {
		bb := c.box(band, bandRadius)
		c.grounds = append(c.grounds, ground{bb, themes.Band})
		g.add(outlined(lookBand, bb))
	}
	for _, n := range rows {
		g.add(c.row(n))
	}
	for _, s := range b.Sections {
		sb := c.box(s.Rect, 0)
		part := &Group{Class: "section", Title: sectionTooltip(s.Section)}
		texts(part, sb.X, sb.Y, layout.SectionText(s.Section, sb.W), inkOf)
		g.add(part)
	}
	g.outline(cl.Change, box)
	g.badgeAt(cl.Change, box)
	c.add(g)
}

// header draws a card's header; without one (an engine may give none) it draws nothing.
func (c *composer) header(g *Group, cl *graph.Cluster, box Box, h float64) {
	if h <= 0 {
		return
	}
	var p Path
	x, y, w, r := box.X+0.5, box.Y+0.5, box.W-1, cardRadius-0.5
	k := r * (1 - circleBend)
	bottom := box.Y + h - 0.5
	if h >= box.H { // nothing below it: all corners are round.
		p = roundRect(x, y, w, box.H-1, r)
	} else { // its outline is the card's, and the line below it.
		p.move(x, bottom)
		p.line(x, y+r)
		p.add(cubicTo, layout.Point{X: x, Y: y + k}, layout.Point{X: x + k, Y: y}, layout.Point{X: x + r, Y: y})
		p.line(x+w-r, y)
		p.add(cubicTo, layout.Point{X: x + w - k, Y: y}, layout.Point{X: x + w, Y: y + k}, layout.Point{X: x + w, Y: y + r})
		p.line(x+w, bottom)
		p.close()
	}
	g.add(&Shape{Look: lookHead.bare(cl.Change), Path: &p})
	name, sign := clusterIcon(cl.Kind)
	g.add(&Icon{box.X + 11, box.Y + (layout.HeaderHeight-18)/2, name, sign.parts(0, 0)})
	lines := layout.HeaderText(cl, box.W)
	texts(g, box.X, box.Y, lines, faded(cl.Change, inkOf))
	g.strike(cl.Change, box.X, box.Y, lines)
}

// row draws a node in a card: an interface, a forwarded port, a process.
func (c *composer) row(b layout.NodeBox) *Group {
	n := b.Node
	box := c.box(b.Rect, rowRadius)
	g := c.nodeGroup(n)
	look := lookRow
	first := math.Floor(layout.RowPadY + layout.RowName/2.0) // middle of the first line.
	ink := inkOf
	switch n.Class {
	case graph.Port:
		look, box.R = lookPill, pillRadius(box.H)
		ink = func(l layout.Text) Paint {
			if l.Role == layout.RoleTag {
				return wirePaint + Paint(graph.Forward)
			}
			return inkOf(l)
		}
	case graph.Proc:
		look = lookProc
	}
	g.add(outlined(look.bare(n.Change), box))
	g.add(signs(n, box.X, box.Y+first))
	lines := layout.NodeText(n, box.W)
	texts(g, box.X, box.Y, lines, faded(n.Change, ink))
	g.strike(n.Change, box.X, box.Y, lines)
	if n.Change == graph.Removed || !goesWithoutSaying(n) {
		g.outline(n.Change, box)
	}
	if !goesWithoutSaying(n) {
		g.badgeAt(n.Change, box)
	}
	return g
}

// pillRadius is that of a forwarded port's row.
func pillRadius(h float64) float64 { return math.Min(h/2, 13) }

// signs are the state and the kind of a node, in the room that a row has for them left of the name.
func signs(n *graph.Node, x, middle float64) *Icon {
	if n.Class != graph.Nif {
		name, sign := kindIcon(string(n.Class))
		return &Icon{x + 17, middle - 7, name, sign.parts(0, 0)}
	}
	name, sign := kindIcon(n.Kind)
	out := &Icon{X: x + 9, Y: middle - 7, Name: name, Parts: sign.parts(15, 0)}
	if s, ok := stateIcons[n.State]; ok {
		out.Name = string(n.State) + "-" + name
		out.Parts = append(out.Parts, IconPart{s.look, 0, 2, s.data})
	}
	return out
}

// nodeGroup is the empty group of a node, with all that CSS, scripts and readers may want to know.
func (c *composer) nodeGroup(n *graph.Node) *Group {
	netns, netnsName := "", ""
	if n.Cluster != nil {
		netns, netnsName = n.Cluster.Netns, n.Cluster.Name
	}
	g := &Group{ID: n.ID, Title: nodeTooltip(n)}
	switch n.Class {
	case graph.Nif:
		g.Class = "nif kind-" + xmlClass(n.Kind)
		if n.State != graph.StateNone {
			g.Class += " state-" + xmlClass(string(n.State))
		}
		g.Data = [][2]string{{"nif", plain(n.Name)}, {"kind", plain(n.Kind)}, {"netns", plain(netns)}}
		if t := c.in.Options.LinkTemplate; t != "" {
			g.Link = expandTemplate(t, netns, n.Name, netnsName, n.Kind)
		}
	default:
		g.Class = xmlClass(string(n.Class))
		g.Data = [][2]string{{"name", plain(n.Name)}}
		if netns != "" {
			g.Data = append(g.Data, [2]string{"netns", plain(netns)})
		}
	}
	g.markChange(n.Change)
	return g
}

// freeNode draws a node of no card: the outside, a tunnel's far end, a process.
func (c *composer) freeNode(b layout.NodeBox) *Group {
	n := b.Node
	if n.Class != graph.Outside && n.Class != graph.Remote {
		g := c.row(b)
		g.Data = append(g.Data, boxData(b.Rect))
		return g
	}
	box := c.box(b.Rect, 0)
	g := c.nodeGroup(n)
	g.Data = append(g.Data, boxData(b.Rect))
	p := cloud(box.X, box.Y, box.W, math.Min(box.H, layout.OutsideHeight))
	look := lookCloud
	if n.Class == graph.Remote {
		look.Name, look.Dash = "cloud-far", []float64{3, 2.5}
	}
	g.add(&Shape{Look: look.bare(n.Change), Path: &p})
	if changeWord(n.Change) != "" {
		g.add(&Shape{Look: lookOutline(n.Change), Path: &p}, badge(n.Change, box.X+0.2*box.W, box.Y+0.33*layout.OutsideHeight))
	}
	lines := layout.NodeText(n, box.W)
	texts(g, box.X, box.Y, lines, faded(n.Change, inkOf))
	g.strike(n.Change, box.X, box.Y, lines)
	return g
}

// cloud is a cloud that fills a box. Its sides reach the middle of the box's left and right edge,
// where wires end.
func cloud(x, y, w, h float64) Path {
	var p Path
	pt := func(fx, fy float64) layout.Point { return layout.Point{X: x + fx*w, Y: y + fy*h} }
	p.add(moveTo, pt(0.22, 0.94))
	p.add(cubicTo, pt(0.07, 0.94), pt(0, 0.80), pt(0, 0.62))
	p.add(cubicTo, pt(0, 0.44), pt(0.09, 0.32), pt(0.20, 0.33))
	p.add(cubicTo, pt(0.23, 0.14), pt(0.33, 0.04), pt(0.46, 0.04))
	p.add(cubicTo, pt(0.57, 0.04), pt(0.65, 0.11), pt(0.69, 0.22))
	p.add(cubicTo, pt(0.80, 0.17), pt(0.89, 0.24), pt(0.90, 0.36))
	p.add(cubicTo, pt(0.97, 0.41), pt(1, 0.52), pt(1, 0.63))
	p.add(cubicTo, pt(1, 0.82), pt(0.93, 0.94), pt(0.80, 0.94))
	p.close()
	return p
}
