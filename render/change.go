package render

import (
	"math"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/layout"
	"github.com/hostwire/hostwire/themes"
)

// What differs between two graphs is told by shapes first and by colours second: a badge with a sign,
// a heavier outline around what came, a dashed one and struck names for what went.

// changeRoles are the colours of changes.
var changeRoles = map[graph.Change]themes.Role{
	graph.Added: themes.Added, graph.Removed: themes.Removed, graph.Changed: themes.Changed,
}

// changeOrder is the order of changes in legends.
var changeOrder = []graph.Change{graph.Added, graph.Removed, graph.Changed}

// changeStrokes are the signs in badges, in a box of 8 by 8.
var changeStrokes = map[graph.Change]string{
	graph.Added: "m4 1v6m-3-3h6", graph.Removed: "m1 4h6", graph.Changed: "m0.9 5c0.6-2.6 2.2-2.4 3.1-1s2.5 1.6 3.1-1",
}

// Measures of the marks of changes, in CSS pixels.
const (
	badgeRadius  = 6.5
	addedWider   = 1.5 // by how much wires that came are wider.
	removedWidth = 1.25
)

// removedDash are the dashes of outlines and wires that went.
var removedDash = []float64{3, 3.5}

// lookBadge is the ground of a badge; its rim keeps it apart from what it is put on.
func lookBadge(c graph.Change) Look {
	return Look{Name: "hw-badge-" + string(c), Fill: paintOf(changeRoles[c]), Stroke: paintOf(themes.Card), Width: 1.5}
}

// lookBadgeSign is the sign in a badge.
var lookBadgeSign = Look{Name: "hw-badge-sign", Stroke: paintOf(themes.Card), Width: 1.8, Round: true}

// lookOutline is what is drawn over the outline of something that differs.
func lookOutline(c graph.Change) Look {
	l := Look{Name: "outline-" + string(c), Stroke: paintOf(changeRoles[c]), Width: 1.5, Crisp: true}
	switch c {
	case graph.Added:
		l.Width = 3
	case graph.Removed:
		l.Dash = []float64{5, 3}
	}
	return l
}

// lookStrike is the line through the name of something that went.
var lookStrike = Look{Name: "strike", Stroke: paintOf(themes.Removed), Width: 1.25}

// bare is the look of the ground of something that went: without its own line, which would show in
// the gaps of the dashed one.
func (l Look) bare(c graph.Change) Look {
	if c != graph.Removed || l.Stroke == "" {
		return l
	}
	l.Name, l.Stroke, l.Width, l.Dash = l.Name+"-gone", "", 0, nil
	return l
}

// changed is the look of a wire that came or went; one that changed looks as ever but for its badge.
func (l Look) changed(c graph.Change) Look {
	if c == graph.Added || c == graph.Removed {
		l.Name, l.Change = l.Name+" wire-"+xmlClass(l.Kind)+"-"+string(c), c
	}
	return l
}

// markChange says in a group's class and data how the thing differs.
func (g *Group) markChange(c graph.Change) {
	if word := changeWord(c); word != "" {
		g.Class += " change-" + word
		g.Data = append(g.Data, [2]string{"change", word})
	}
}

// badge is the sign of a change around a point.
func badge(c graph.Change, x, y float64) *Icon {
	data := changeStrokes[c]
	return &Icon{x - badgeRadius, y - badgeRadius, "change-" + string(c), []IconPart{
		{lookBadge(c), 0, 0, spot(badgeRadius, badgeRadius, badgeRadius)},
		{lookBadgeSign, badgeRadius - 4, badgeRadius - 4, data},
	}}
}

// goesWithoutSaying tells whether a node came or went only since all of its card did.
func goesWithoutSaying(n *graph.Node) bool {
	return n.Cluster != nil && n.Cluster.Change == n.Change && n.Change != graph.Changed
}

// outline marks a box that differs.
func (g *Group) outline(c graph.Change, b Box) {
	if changeWord(c) != "" {
		g.add(outlined(lookOutline(c), b))
	}
}

// badgeAt marks the corner of a box that differs.
func (g *Group) badgeAt(c graph.Change, b Box) {
	if changeWord(c) != "" {
		g.add(badge(c, b.X+2, b.Y+2))
	}
}

// faded is how text of a thing that went is inked.
func faded(c graph.Change, ink func(layout.Text) Paint) func(layout.Text) Paint {
	if c != graph.Removed {
		return ink
	}
	return func(layout.Text) Paint { return paintOf(themes.Mute) }
}

// strike draws lines through the names among lines of text of a thing that went, which are those of
// a box whose top left corner is x, y.
func (g *Group) strike(c graph.Change, x, y float64, lines []layout.Text) {
	if c != graph.Removed {
		return
	}
	for _, l := range lines {
		if l.S == "" || l.Role != layout.RoleName && l.Role != layout.RoleTitle {
			continue
		}
		w := l.Style.Width(l.S)
		left := x + l.X
		if l.Anchor == layout.Middle {
			left -= w / 2
		}
		middle := math.Round(y+l.Y) - math.Round(l.Style.Size*0.3) + 0.5
		var p Path
		p.move(left, middle)
		p.line(left+w, middle)
		g.add(&Shape{Look: lookStrike, Path: &p})
	}
}

// changesIn tells which changes occur in a graph.
func changesIn(g *graph.Graph) map[graph.Change]bool {
	seen := map[graph.Change]bool{}
	for _, c := range g.Clusters {
		seen[c.Change] = true
	}
	for _, n := range g.AllNodes() {
		seen[n.Change] = true
	}
	for _, e := range g.Edges {
		seen[e.Change] = true
	}
	delete(seen, graph.Unchanged)
	return seen
}
