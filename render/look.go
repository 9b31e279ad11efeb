package render

import (
	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/themes"
)

// Look is how a shape is drawn. Looks are few and named: the name is the shape's class in SVG.
type Look struct {
	Name   string // word for CSS.
	Fill   Paint  // empty for none.
	Stroke Paint  // empty for none.
	Width  float64
	Kind   string // if set, width and dashes are those of wires of this kind.
	Crisp  bool   // straight lines in it are moved onto whole pixels of a raster.
	Round  bool   // ends and corners of lines are round.
	Dash   []float64
	Change graph.Change // of a wire: if it came or went.
}

// The looks that don't depend on a kind of wire. Those of icons start with hw-: what <use> shows has
// no ancestors for selectors, so that their names have to be unlike any of a page around the picture.
var (
	lookBg       = Look{Name: "bg", Fill: paintOf(themes.Bg), Crisp: true}
	lookGroup    = Look{Name: "frame", Fill: paintOf(themes.Group), Stroke: paintOf(themes.Edge), Width: 1, Dash: []float64{5, 4}, Crisp: true}
	lookShadow   = Look{Name: "shadow", Fill: paintOf(themes.Shadow), Crisp: true}
	lookCard     = Look{Name: "card", Fill: paintOf(themes.Card), Stroke: paintOf(themes.Edge), Width: 1, Crisp: true}
	lookHead     = Look{Name: "bar", Fill: paintOf(themes.Head), Stroke: paintOf(themes.Edge), Width: 1, Crisp: true}
	lookBand     = Look{Name: "band", Fill: paintOf(themes.Band), Stroke: paintOf(themes.BandEdge), Width: 1, Crisp: true}
	lookRow      = Look{Name: "row", Fill: paintOf(themes.Row), Stroke: paintOf(themes.Edge), Width: 1, Crisp: true}
	lookPill     = Look{Name: "pill", Fill: paintOf(themes.Row), Stroke: wirePaint + "forward", Width: 1, Crisp: true}
	lookProc     = Look{Name: "proc", Fill: paintOf(themes.Row), Stroke: paintOf(themes.Icon), Width: 1, Dash: []float64{3, 2}, Crisp: true}
	lookCloud    = Look{Name: "cloud", Fill: paintOf(themes.Card), Stroke: paintOf(themes.Icon), Width: 1.25, Round: true}
	lookIcon     = Look{Name: "hw-icon", Stroke: paintOf(themes.Icon), Width: 1.3, Round: true}
	lookIconDot  = Look{Name: "hw-dot", Fill: paintOf(themes.Icon)}
	lookNote     = Look{Name: "note", Fill: paintOf(themes.Note), Stroke: paintOf(themes.NoteEdge), Width: 1, Crisp: true}
	lookNoteSign = Look{Name: "hw-sign", Stroke: paintOf(themes.NoteEdge), Width: 1.6, Round: true}
	lookUp       = Look{Name: "hw-up", Fill: paintOf(themes.Up)}
	lookDown     = Look{Name: "hw-down", Fill: paintOf(themes.Down)}
	lookDormant  = Look{Name: "hw-dormant", Fill: paintOf(themes.Dormant)}
	lookUnknown  = Look{Name: "hw-unknown", Stroke: paintOf(themes.Unknown), Width: 1.6}
	lookHit      = Look{Name: "hit"}
	lookEnds     = Look{Name: "ends"}
)

// lookWire is how a wire is drawn.
func lookWire(kind string) Look {
	return Look{Name: "wire wire-" + xmlClass(kind), Stroke: wirePaint + Paint(kind), Kind: kind, Crisp: true}
}

// lookKey is how the legend's sample of a wire is drawn.
func lookKey(kind string) Look {
	return Look{Name: "key-" + xmlClass(kind), Stroke: wirePaint + Paint(kind), Kind: kind, Crisp: true}
}

// lookPlug is how the ring at a wire's end is drawn.
func lookPlug(kind string) Look {
	return Look{Name: "plug-" + xmlClass(kind), Fill: paintOf(themes.Card), Stroke: wirePaint + Paint(kind), Width: 2}
}

// lookArrow is how the head of a directed wire is drawn.
func lookArrow(kind string) Look {
	return Look{Name: "arrow-" + xmlClass(kind), Fill: wirePaint + Paint(kind)}
}

// lookGap is what keeps crossing wires apart: the ground shows around the upper one.
func lookGap(ground themes.Role) Look {
	return Look{Name: "gap-" + string(ground), Stroke: paintOf(ground), Width: 6, Crisp: true}
}

// lookLabel is the ground of a wire's label.
func lookLabel(ground themes.Role) Look {
	return Look{Name: "label-" + string(ground), Fill: paintOf(ground)}
}

// width is the width of the look's line in a scheme.
func (l Look) width(s *themes.Scheme) float64 {
	switch {
	case l.Change == graph.Removed:
		return removedWidth
	case l.Change == graph.Added:
		return s.Wire(l.Kind).Width + addedWider
	case l.Kind != "":
		return s.Wire(l.Kind).Width
	}
	return l.Width
}

// dash is the look's pattern of dashes in a scheme, nil for solid.
func (l Look) dash(s *themes.Scheme) []float64 {
	switch {
	case l.Change == graph.Removed:
		return removedDash
	case l.Kind != "":
		return s.Wire(l.Kind).Dash
	}
	return l.Dash
}
