package layout

import (
	"math"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/internal/typeface"
	"github.com/hostwire/hostwire/internal/visible"
)

// Measures of the parts of a picture, in CSS pixels. Engines place boxes of these sizes, render
// draws in them.
const (
	RowWidthMax   = 360 // widest that a row gets for its text's sake; longer text is truncated.
	RowWidthMin   = 150
	RowPad        = 8  // from a row's edge to its text.
	RowIcon       = 42 // from a row's left edge to its name: the glyphs of state and kind stand there.
	RowName       = 15 // height of a row's first line.
	RowLine       = 13 // height of each further line.
	RowPadY       = 5  // above the first and below the last line.
	HeaderHeight  = 42 // of a card.
	HeaderIcon    = 34 // from a card's left edge to its name: the icon stands there.
	CardPad       = 16 // from a card's edge to its rows.
	GroupHeader   = 28 // height of the band with a group's name.
	GroupPad      = 16 // from a group's edge to its cards.
	SectionTitle  = 18 // height of a section's title line.
	SectionLine   = 13 // height of each line of a section.
	OutsideWidth  = 104
	OutsideHeight = 64
	baselineShift = 0.36 // of the size, from a line's middle to its baseline.
	tagGap        = 12   // least room between name and tag.
)

// Anchor is the end of a line of text that its X stands for.
type Anchor int

// The anchors.
const (
	Start Anchor = iota
	Middle
	End
)

// Role is what a piece of text is, so that render can colour it.
type Role string

// The roles of text.
const (
	RoleTitle  Role = "title"  // a card's name.
	RoleDetail Role = "detail" // a card's second line.
	RoleName   Role = "name"   // a node's name.
	RoleAlias  Role = "alias"
	RoleTag    Role = "tag"
	RoleFact   Role = "fact"
	RoleHead   Role = "head" // a section's title.
)

// Text is one line of text, placed relative to the top left corner of its box.
type Text struct {
	X, Y   float64 // of the anchor, on the baseline.
	Anchor Anchor
	Style  typeface.Style
	Role   Role
	S      string // what is drawn: fits its box.
	Full   string // what it was before truncation; equal to S if it fitted.
}

func line(x, middle float64, anchor Anchor, style typeface.Style, role Role, s string, room float64) Text {
	s = visible.String(s)
	return Text{X: x, Y: middle + style.Size*baselineShift, Anchor: anchor, Style: style, Role: role, S: style.Fit(s, room), Full: s}
}

// shown is the node with all its text as it is to be drawn: what could not be seen has stand-ins.
func shown(n *graph.Node) *graph.Node {
	c := *n
	c.Name, c.Alias, c.Tag = visible.String(n.Name), visible.String(n.Alias), visible.String(n.Tag)
	c.Lines = make([]string, len(n.Lines))
	for i, l := range n.Lines {
		c.Lines[i] = visible.String(l)
	}
	return &c
}

// NodeSize is the size that a node's box needs: width for all of its text up to the largest width
// of a row, height for all of its lines. An engine may make a box wider, never lower.
func NodeSize(n *graph.Node) (w, h float64) {
	n = shown(n)
	switch n.Class {
	case graph.Outside, graph.Remote:
		w = math.Max(OutsideWidth, typeface.Text.Width(n.Name)+3*RowPad)
		for _, l := range n.Lines {
			w = math.Max(w, typeface.Text.Width(l)+2*RowPad)
		}
		return math.Ceil(math.Min(w, RowWidthMax)), OutsideHeight + RowLine*float64(len(n.Lines))
	}
	w = RowIcon + typeface.Name.Width(n.Name) + RowPad
	if n.Alias != "" {
		w += RowPad + typeface.Text.Width(n.Alias)
	}
	if n.Tag != "" {
		w += tagGap + typeface.Text.Width(n.Tag)
	}
	for _, l := range n.Lines {
		w = math.Max(w, RowIcon+typeface.Fact.Width(l)+RowPad)
	}
	w = math.Ceil(math.Max(RowWidthMin, math.Min(RowWidthMax, w)))
	return w, 2*RowPadY + RowName + RowLine*float64(len(n.Lines))
}

// NodeText is the text of a node in a box of width w.
func NodeText(n *graph.Node, w float64) []Text {
	var out []Text
	n = shown(n)
	switch n.Class {
	case graph.Outside, graph.Remote:
		out = append(out, line(w/2, OutsideHeight*0.55, Middle, typeface.Text, RoleName, n.Name, w-2*RowPad))
		for i, l := range n.Lines {
			out = append(out, line(w/2, OutsideHeight+RowLine*(float64(i)+0.5), Middle, typeface.Text, RoleFact, l, w))
		}
		return out
	}
	middle := RowPadY + RowName/2.0
	room := w - RowIcon - RowPad
	tagRoom := 0.0
	if n.Tag != "" { // the name has the first right to the room, but the tag keeps at least a third.
		tagRoom = math.Min(typeface.Text.Width(n.Tag), math.Max(room/3, room-typeface.Name.Width(n.Name)-tagGap))
		out = append(out, line(w-RowPad, middle, End, typeface.Text, RoleTag, n.Tag, tagRoom))
		tagRoom += tagGap
	}
	name := line(RowIcon, middle, Start, typeface.Name, RoleName, n.Name, room-tagRoom)
	out = append(out, name)
	if n.Alias != "" {
		x := RowIcon + typeface.Name.Width(name.S) + RowPad
		if left := w - RowPad - tagRoom - x; left > 3*RowPad || typeface.Text.Width(n.Alias) <= left {
			out = append(out, line(x, middle, Start, typeface.Text, RoleAlias, n.Alias, left))
		}
	}
	for i, l := range n.Lines {
		out = append(out, line(RowIcon, RowPadY+RowName+RowLine*(float64(i)+0.5), Start, typeface.Fact, RoleFact, l, room))
	}
	return out
}

// HeaderWidth is the width that a card's header needs for its text.
func HeaderWidth(c *graph.Cluster) float64 {
	w := math.Max(typeface.Title.Width(visible.String(c.Name)), typeface.Text.Width(visible.String(c.Detail)))
	return math.Ceil(math.Min(HeaderIcon+w+CardPad, RowWidthMax+2*CardPad))
}

// HeaderText is the text of a card's header in a card of width w.
func HeaderText(c *graph.Cluster, w float64) []Text {
	room := w - HeaderIcon - CardPad
	if c.Detail == "" {
		return []Text{line(HeaderIcon, HeaderHeight/2, Start, typeface.Title, RoleTitle, c.Name, room)}
	}
	return []Text{
		line(HeaderIcon, 15, Start, typeface.Title, RoleTitle, c.Name, room),
		line(HeaderIcon, 30, Start, typeface.Text, RoleDetail, c.Detail, room),
	}
}

// SectionWidth is the width at which no line of a section is truncated.
func SectionWidth(s graph.Section) float64 {
	w := typeface.Strong.Width(visible.String(s.Title))
	for _, l := range s.Lines {
		w = math.Max(w, typeface.Fact.Width(visible.String(l)))
	}
	return math.Ceil(w)
}

// SectionSize is the size that a section needs: as wide as its lines, up to RowWidthMax.
func SectionSize(s graph.Section) (w, h float64) {
	return math.Min(SectionWidth(s), RowWidthMax), SectionTitle + SectionLine*float64(len(s.Lines))
}

// SectionText is the text of a section in a box of width w.
func SectionText(s graph.Section, w float64) []Text {
	out := []Text{line(0, SectionTitle/2, Start, typeface.Strong, RoleHead, s.Title, w)}
	for i, l := range s.Lines {
		out = append(out, line(0, SectionTitle+SectionLine*(float64(i)+0.5), Start, typeface.Fact, RoleFact, l, w))
	}
	return out
}

// GroupWidth is the width that a group's header needs for its text.
func GroupWidth(g *graph.Group) float64 {
	w := typeface.Text.Width(GroupCaption(g)) + typeface.Strong.Width(visible.String(g.Name))
	return math.Ceil(math.Min(w, RowWidthMax)) + 2*GroupPad
}

// GroupCaption is the remark before a group's name, as it is to be drawn: what kind of group it is.
func GroupCaption(g *graph.Group) string {
	switch g.Kind {
	case "compose":
		return "compose project · "
	case "":
		return ""
	}
	return visible.String(g.Kind) + " · "
}
