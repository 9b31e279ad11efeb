package render

import (
	"math"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/internal/typeface"
	"github.com/hostwire/hostwire/themes"
)

// entry is one sample in the legend.
type entry struct {
	class string
	draw  func(g *Group, x, middle float64)
	room  float64 // for the sample.
	word  string
}

// legend explains just the kinds of wires, the states and the changes that occur, below the drawing. It returns
// where the picture ends.
func (c *composer) legend(left, y float64) float64 {
	entries := c.legendEntries()
	if len(entries) == 0 {
		return y
	}
	const line, between, head = 22, 20, "legend"
	g := &Group{Class: "legend"}
	top := y + 4
	indent := left + math.Ceil(looser*typeface.Strong.Width(head)) + 16
	g.add(&Text{Role: "legend-head", X: left, Y: top + 4, Style: typeface.Strong, Ink: paintOf(themes.Mute), S: head})
	x, middle := indent, top
	for i, e := range entries {
		w := e.room + 8 + math.Ceil(looser*typeface.Text.Width(e.word))
		if x+w > c.scene.W-margin && x > indent || i > 0 && e.class != entries[i-1].class {
			x, middle = indent, middle+line
		}
		e.draw(g, x, middle)
		g.add(&Text{Role: "legend-word", X: x + e.room + 8, Y: middle + 4, Style: typeface.Text, Ink: paintOf(themes.Mute), S: e.word})
		x += w + between
	}
	c.add(g)
	return middle + margin
}

func (c *composer) legendEntries() []entry {
	var out []entry
	kinds := kindsIn(c.in.Graph)
	directed := map[graph.EdgeKind]bool{}
	for _, e := range c.in.Graph.Edges {
		directed[e.Kind] = directed[e.Kind] || e.Directed
	}
	for _, k := range kinds {
		word := legendWord(c.in.Graph, k)
		out = append(out, entry{"wires", func(g *Group, x, middle float64) {
			const length = 34
			end := x + length
			if directed[k] {
				end -= arrowLength - 2
			}
			var p Path
			p.move(x, math.Round(middle))
			p.line(end, math.Round(middle))
			g.add(&Shape{Look: lookKey(string(k)), Path: &p})
			if directed[k] {
				from, to := p.points[0], p.points[1]
				to.X = x + length
				head := arrowHead(from, to)
				g.add(&Shape{Look: lookArrow(string(k)), Path: &head})
			}
		}, 34, word})
	}
	states := map[graph.State]bool{}
	for _, cl := range c.in.Graph.Clusters {
		for _, n := range cl.Nodes {
			states[n.State] = true
		}
	}
	for _, s := range stateOrder {
		if !states[s] {
			continue
		}
		sign := stateIcons[s]
		out = append(out, entry{"states", func(g *Group, x, middle float64) {
			g.add(&Icon{x, middle - 5, string(s), []IconPart{{sign.look, 0, 0, sign.data}}})
		}, 10, stateWords[s]})
	}
	changes := changesIn(c.in.Graph)
	for _, ch := range changeOrder {
		if !changes[ch] {
			continue
		}
		out = append(out, entry{"changes", func(g *Group, x, middle float64) {
			g.add(badge(ch, x+badgeRadius, middle))
		}, 2 * badgeRadius, string(ch)})
	}
	return out
}
