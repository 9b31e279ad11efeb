package render

import (
	"sort"
	"strings"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/themes"
)

// used is what of the theme and of the fonts a scene needs.
type used struct {
	looks  map[string]Look
	paints map[Paint]bool
	texts  map[string]textLook // by class.
}

func usedIn(items []Item) *used {
	u := &used{map[string]Look{}, map[Paint]bool{}, map[string]textLook{}}
	u.collect(items)
	return u
}

func (u *used) collect(items []Item) {
	for _, item := range items {
		switch item := item.(type) {
		case *Group:
			u.collect(item.Items)
		case *Shape:
			u.look(item.Look)
		case *Icon:
			for _, part := range item.Parts {
				u.look(part.Look)
			}
		case *Text:
			for t := item; t != nil; t = t.After {
				u.texts[textClass(t)] = textLook{t.Style, t.Ink, t.Anchor}
				u.paints[t.Ink] = true
			}
		}
	}
}

func (u *used) look(l Look) {
	u.looks[l.Name] = l
	u.paints[l.Fill], u.paints[l.Stroke] = true, true
}

func sortedKeys[K ~string, V any](m map[K]V) []K {
	out := make([]K, 0, len(m))
	for k := range m {
		if k != "" {
			out = append(out, k)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i] < out[j] })
	return out
}

// style writes the style sheet. Colours are custom properties on the root element, so that a page
// that holds the picture may change them; renderers that know none take the value before.
func (s *svgWriter) style(scene *Scene, in Input) {
	u := usedIn(scene.Items)
	u.paints[paintOf(themes.Focus)] = true
	theme := in.Theme
	s.str("<style>\n")
	if in.Options.Fonts != "none" {
		s.embedFonts(scene)
	}
	s.properties(u, &theme.Scheme)
	if theme.Dark != nil {
		s.str("@media (prefers-color-scheme:dark){\n")
		s.properties(u, theme.Dark)
		s.str("}\n")
	}
	s.str(".hostwire text{white-space:pre}\n")
	for _, class := range sortedKeys(u.texts) {
		t := u.texts[class]
		weight := "400"
		if t.style.Face.Bold() {
			weight = "700"
		}
		s.str(".hostwire .", class, "{font:", weight, " ", string(num(nil, t.style.Size)), "px ", family(t.style.Face), ";",
			paintCSS("fill", t.ink, &theme.Scheme), [...]string{"", ";text-anchor:middle", ";text-anchor:end"}[t.anchor], "}\n")
	}
	for _, name := range sortedKeys(u.looks) {
		s.look(u.looks[name], &theme.Scheme)
	}
	if theme.Dark != nil {
		s.darkWires(u, theme)
	}
	s.live(in)
	s.str("</style>\n")
}

// cssName is a paint as part of a class or a custom property.
func cssName(p Paint) string {
	if kind, ok := strings.CutPrefix(string(p), wirePaint); ok {
		return wirePaint + xmlClass(kind)
	}
	return string(p)
}

// properties writes the colours that are used as custom properties.
func (s *svgWriter) properties(u *used, scheme *themes.Scheme) {
	s.str(".hostwire{")
	for i, p := range sortedKeys(u.paints) {
		if i > 0 {
			s.str(";")
		}
		s.str("--", cssName(p), ":", p.color(scheme).Hex())
	}
	s.str("}\n")
}

// paintCSS sets a property to a colour, for those who know custom properties and for those who don't.
func paintCSS(property string, p Paint, scheme *themes.Scheme) string {
	if p == "" {
		return property + ":none"
	}
	return property + ":" + p.color(scheme).Hex() + ";" + property + ":var(--" + cssName(p) + ")"
}

// selector is what elements of a look are found by.
func (l Look) selector() string {
	words := strings.Fields(l.Name)
	if strings.HasPrefix(l.Name, "hw-") {
		return "." + l.Name
	}
	return ".hostwire ." + words[len(words)-1]
}

func (s *svgWriter) look(l Look, scheme *themes.Scheme) {
	if l.Name == lookHit.Name || l.Name == lookEnds.Name {
		return
	}
	s.str(l.selector(), "{", paintCSS("fill", l.Fill, scheme))
	if l.Stroke != "" {
		s.str(";", paintCSS("stroke", l.Stroke, scheme), s.stroke(l, scheme))
		if l.Change != "" && len(l.dash(scheme)) == 0 { // over the rule for all wires of its kind.
			s.str(";stroke-dasharray:none")
		}
		if l.Round {
			s.str(";stroke-linecap:round;stroke-linejoin:round")
		}
	}
	s.str("}\n")
}

// stroke is the CSS of a line's width and dashes.
func (s *svgWriter) stroke(l Look, scheme *themes.Scheme) string {
	out := ""
	if w := l.width(scheme); w != 1 {
		out += ";stroke-width:" + string(num(nil, w))
	}
	if dash := l.dash(scheme); len(dash) > 0 {
		out += ";stroke-dasharray:"
		for i, d := range dash {
			if i > 0 {
				out += " "
			}
			out += string(num(nil, d))
		}
	}
	return out
}

// darkWires writes widths and dashes of wires where readers in dark mode get other ones.
func (s *svgWriter) darkWires(u *used, theme *themes.Theme) {
	var rules []string
	for _, name := range sortedKeys(u.looks) {
		l := u.looks[name]
		if l.Kind == "" {
			continue
		}
		if light, dark := s.stroke(l, &theme.Scheme), s.stroke(l, theme.Dark); light != dark {
			rule := "stroke-width:1;stroke-dasharray:none" + dark
			rules = append(rules, l.selector()+"{"+rule+"}\n")
		}
	}
	if len(rules) > 0 {
		s.str("@media (prefers-color-scheme:dark){\n", strings.Join(rules, ""), "}\n")
	}
}

// manyRules is up to how many wires an interface under the pointer shows its wires: that takes a rule
// for each end of a wire.
const manyRules = 200

// live writes what happens under the pointer: the wire that it is on gets thicker, and what the wire
// joins gets a frame; an interface makes its wires thicker.
func (s *svgWriter) live(in Input) {
	scheme := &in.Theme.Scheme
	s.str(
		".hostwire .hit{fill:none;stroke:none;stroke-width:10;pointer-events:stroke}\n",
		".hostwire .ends{fill:none;stroke:none;stroke-width:3;stroke-linejoin:round;pointer-events:none}\n",
		".hostwire .link:hover .wire{stroke-width:4}\n",
		".hostwire .link:hover .ends{", paintCSS("stroke", paintOf(themes.Focus), scheme), "}\n",
		".hostwire .nif:hover .row{", paintCSS("stroke", paintOf(themes.Mute), scheme), "}\n",
		".hostwire .labels{pointer-events:none}\n",
		".hostwire a{cursor:pointer}\n",
	)
	if len(in.Layout.Wires) > manyRules {
		return
	}
	seen := map[string]bool{}
	for _, w := range in.Layout.Wires {
		for _, n := range []*graph.Node{w.Edge.From, w.Edge.To} {
			if id := xmlID(n.ID); !seen[id] { // letters, digits and a few signs only: nothing to escape.
				seen[id] = true
				s.str(`.hostwire:has([id="`, id, `"]:hover) :is([data-from="`, id, `"],[data-to="`, id, `"]){stroke-width:4}`, "\n")
			}
		}
	}
}
