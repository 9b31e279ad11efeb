package render

import (
	"math"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/internal/typeface"
	"github.com/hostwire/hostwire/themes"
)

// entry is one sample in the legend.
type entry struct {
	draw func(g *Group, x, middle float64)
	room float64 // for the sample.
	word string
}

// Measures of the legend, in CSS pixels.
const (
	legendLine = 20 // from one line to the next.
	legendGap  = 22 // between entries.
	keyLength  = 34 // of samples of wires.
)

// width is the room that an entry takes, in readers' fonts, too.
func (e entry) width() float64 { return e.room + 8 + math.Ceil(looser*typeface.Text.Width(e.word)) }

// legend explains just the kinds of wires, the states and the changes that occur, below the drawing. It returns
// where the picture ends.
func (c *composer) legend(left, y float64) float64 {
	entries := c.legendEntries()
	if len(entries) == 0 {
		return y
	}
	const head = "legend"
	g := &Group{Class: "legend"}
	middle := y + 4
	g.add(&Text{Role: "legend-head", X: left, Y: middle + 4, Style: typeface.Strong, Ink: paintOf(themes.Mute), S: head})
	indent := left + math.Ceil(looser*typeface.Strong.Width(head)) + 16
	at, columns := legendColumns(entries, c.scene.W-margin-indent)
	for i, e := range entries {
		if i > 0 && i%columns == 0 {
			middle += legendLine
		}
		x := indent + at[i%columns]
		e.draw(g, x, middle)
		g.add(&Text{Role: "legend-word", X: x + e.room + 8, Y: middle + 4, Style: typeface.Text, Ink: paintOf(themes.Mute), S: e.word})
	}
	c.add(g)
	return middle + margin
}

// legendColumns is where the columns of a legend start, in as few lines as the room allows: one line or,
// where they don't fit, lines of aligned entries.
func legendColumns(entries []entry, room float64) (at []float64, columns int) {
	x := 0.0
	for _, e := range entries {
		at = append(at, x)
		x += e.width() + legendGap
	}
	if x-legendGap <= room {
		return at, len(entries)
	}
	for columns = len(entries) - 1; columns > 1; columns-- {
		at, x = legendGrid(entries, columns)
		if x <= room {
			break
		}
	}
	// As many lines may do with fewer columns, which is less ragged.
	lines := (len(entries) + columns - 1) / columns
	if even := (len(entries) + lines - 1) / lines; even < columns {
		if fewer, x := legendGrid(entries, even); x <= room {
			return fewer, even
		}
	}
	if columns <= 1 {
		return []float64{0}, 1
	}
	return at, columns
}

// legendGrid is where that many columns start, row by row filled, and how wide they are in all.
func legendGrid(entries []entry, columns int) (at []float64, width float64) {
	widths := make([]float64, columns)
	for i, e := range entries {
		widths[i%columns] = math.Max(widths[i%columns], e.width())
	}
	for _, w := range widths {
		at = append(at, width)
		width += w + legendGap
	}
	return at, width - legendGap
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
		out = append(out, entry{func(g *Group, x, middle float64) {
			end := x + keyLength
			if directed[k] {
				end -= arrowLength - 2
			}
			var p Path
			p.move(x, math.Round(middle))
			p.line(end, math.Round(middle))
			g.add(&Shape{Look: lookKey(string(k)), Path: &p})
			if directed[k] {
				from, to := p.points[0], p.points[1]
				to.X = x + keyLength
				head := arrowHead(from, to)
				g.add(&Shape{Look: lookArrow(string(k)), Path: &head})
			}
		}, keyLength, word})
	}
	if markedIn(c.in.Graph) {
		out = append(out, entry{func(g *Group, x, middle float64) {
			var p Path
			p.move(x, math.Round(middle))
			p.line(x+keyLength, math.Round(middle))
			g.add(&Shape{Look: lookMarkedWire, Path: &p}, &Shape{Look: lookMarkedTube, Path: &p})
		}, keyLength, markWord})
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
		out = append(out, entry{func(g *Group, x, middle float64) {
			g.add(&Icon{x, middle - 5, string(s), []IconPart{{sign.look, 0, 0, sign.data}}})
		}, 10, stateWords[s]})
	}
	changes := changesIn(c.in.Graph)
	for _, ch := range changeOrder {
		if !changes[ch] {
			continue
		}
		out = append(out, entry{func(g *Group, x, middle float64) {
			g.add(badge(ch, x+badgeRadius, middle))
		}, 2 * badgeRadius, string(ch)})
	}
	return out
}
