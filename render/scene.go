package render

import (
	"github.com/hostwire/hostwire/internal/typeface"
	"github.com/hostwire/hostwire/layout"
	"github.com/hostwire/hostwire/themes"
)

// Scene is a picture as shapes, before any format. Later items are drawn over earlier ones.
type Scene struct {
	W, H        float64 // in CSS pixels.
	Title, Desc string  // what the picture shows, for those who can't see it.
	Items       []Item
}

// Item is a *Group, a *Shape, an *Icon or a *Text.
type Item interface{ item() }

func (*Group) item() {}
func (*Shape) item() {}
func (*Icon) item()  {}
func (*Text) item()  {}

// Group holds items together that are one thing for the reader.
type Group struct {
	Class string      // words for CSS.
	ID    string      // an XML name, or empty.
	Data  [][2]string // data-… attributes without their prefix, in order.
	Title string      // tooltip, lines separated by \n; escaped for no format yet.
	Link  string      // where a click leads; empty for nowhere.
	Items []Item
}

func (g *Group) add(items ...Item) { g.Items = append(g.Items, items...) }

// Shape is a box, a circle or a path, drawn in one of the looks.
type Shape struct {
	Look Look
	Data [][2]string // as in Group.

	// Exactly one of these says what is drawn.
	Box    *Box
	Circle *Circle
	Path   *Path

	// Live shapes only matter where a pointer can be over the picture.
	Live bool
}

// Box is a box, its corners rounded by R.
type Box struct{ X, Y, W, H, R float64 }

// Circle is a circle.
type Circle struct{ X, Y, R float64 }

// Icon is a drawing from the table of icons, or several beside each other that often occur together.
type Icon struct {
	X, Y  float64 // top left corner.
	Name  string  // unique among icons with other parts.
	Parts []IconPart
}

// IconPart is a part of an icon that is drawn in one look.
type IconPart struct {
	Look Look
	X, Y float64 // relative to the icon's corner.
	Data string  // SVG path data, relative throughout.
}

// Text is a line of text that stands for itself.
type Text struct {
	Role   string // what it is; word for CSS.
	X, Y   float64
	Anchor layout.Anchor
	Style  typeface.Style
	Ink    Paint
	S      string // as drawn: visible.String has been over it.
	// After goes on where this text ends, wherever a reader's font makes it end; X, Y and Anchor of
	// it mean nothing. It is nil mostly.
	After *Text
}

// Paint is a colour by what it is for: a role of the theme, or "wire-" and the kind of a wire for the
// colour of such wires. Empty means not painted.
type Paint string

const wirePaint = "wire-"

func paintOf(r themes.Role) Paint { return Paint(r) }

// color looks the paint up in a scheme.
func (p Paint) color(s *themes.Scheme) themes.Color {
	if len(p) > len(wirePaint) && p[:len(wirePaint)] == wirePaint {
		return s.Wire(string(p[len(wirePaint):])).Color
	}
	return s.Color(themes.Role(p))
}

// path is the shape's outline.
func (s *Shape) path() Path {
	switch {
	case s.Box != nil:
		return roundRect(s.Box.X, s.Box.Y, s.Box.W, s.Box.H, s.Box.R)
	case s.Circle != nil:
		c := s.Circle
		return roundRect(c.X-c.R, c.Y-c.R, 2*c.R, 2*c.R, c.R)
	}
	return *s.Path
}

// walk calls f for every shape and text that a still picture shows, in drawing order, with the
// innermost link around it. Icons come as shapes.
func (s *Scene) walk(f func(item Item, link string)) { walk(s.Items, "", f) }

// eachText calls f for every text that walk calls f for, placed or not.
func (s *Scene) eachText(f func(*Text)) { eachText(s.Items, f) }

func eachText(items []Item, f func(*Text)) {
	for _, item := range items {
		switch item := item.(type) {
		case *Group:
			eachText(item.Items, f)
		case *Text:
			f(item)
			if item.After != nil {
				f(item.After)
			}
		}
	}
}

func walk(items []Item, link string, f func(Item, string)) {
	for _, item := range items {
		switch item := item.(type) {
		case *Group:
			inner := link
			if item.Link != "" {
				inner = item.Link
			}
			walk(item.Items, inner, f)
		case *Shape:
			if !item.Live {
				f(item, link)
			}
		case *Icon:
			for _, part := range item.Parts {
				p := iconPath(part.Data, item.X+part.X, item.Y+part.Y)
				f(&Shape{Look: part.Look, Path: &p}, link)
			}
		case *Text:
			f(item, link)
			if item.After != nil {
				after := *item.After
				after.X, after.Y = item.X+item.Style.Width(item.S), item.Y
				f(&after, link)
			}
		}
	}
}
