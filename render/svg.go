package render

import (
	"bufio"
	"encoding/base64"
	"io"
	"strings"

	"github.com/hostwire/hostwire/internal/typeface"
	"github.com/hostwire/hostwire/layout"
	"github.com/hostwire/hostwire/themes"
)

func init() {
	Register(Format{
		Name: "svg", About: "vector picture for browsers and documents, with tooltips; one file, no script",
		Extensions: []string{".svg"}, NeedsLayout: true, DefaultTheme: "auto", Write: writeSVG,
	})
}

// svgWriter writes a scene as SVG. The first error of the writer below ends all output; it comes out
// of Flush.
type svgWriter struct {
	w      *bufio.Writer
	buf    []byte // for numbers.
	prefix string // of IDs that are not the graph's.
}

func (s *svgWriter) str(parts ...string) {
	for _, p := range parts {
		_, _ = s.w.WriteString(p) // bufio.Writer keeps the error for Flush.
	}
}

// attr writes an attribute with a value from anywhere.
func (s *svgWriter) attr(name, value string) { s.str(" ", name, `="`, xmlEscape(value), `"`) }

// num writes an attribute with a number.
func (s *svgWriter) num(name string, v float64) {
	s.buf = append(s.buf[:0], ' ')
	s.buf = append(append(s.buf, name...), '=', '"')
	s.buf = append(num(s.buf, v), '"')
	_, _ = s.w.Write(s.buf)
}

func (s *svgWriter) data(pairs [][2]string) {
	for _, p := range pairs {
		s.attr("data-"+p[0], p[1])
	}
}

func writeSVG(w io.Writer, in Input) error {
	scene := Compose(in)
	s := &svgWriter{w: bufio.NewWriterSize(w, 1<<16), prefix: freePrefix(scene.Items, "hw-")}
	s.str(`<svg xmlns="http://www.w3.org/2000/svg"`)
	s.num("width", scene.W)
	s.num("height", scene.H)
	s.buf = append(num(append(num(append(s.buf[:0], ` viewBox="0 0 `...), scene.W), ' '), scene.H), '"')
	_, _ = s.w.Write(s.buf)
	s.str(` class="hostwire" role="img" aria-labelledby="`, s.prefix, `title `, s.prefix, `desc">`, "\n")
	s.str(`<title id="`, s.prefix, `title">`, xmlEscape(scene.Title), "</title>\n")
	s.str(`<desc id="`, s.prefix, `desc">`, xmlEscape(scene.Desc), "</desc>\n")
	s.style(scene, in)
	s.icons(scene)
	s.items(scene.Items, 0)
	s.str("</svg>\n")
	return s.w.Flush()
}

// freePrefix is a beginning of IDs that none of the graph's IDs has.
func freePrefix(items []Item, prefix string) string {
	for _, item := range items {
		if g, ok := item.(*Group); ok {
			for strings.HasPrefix(g.ID, prefix) {
				prefix += "x-"
			}
			prefix = freePrefix(g.Items, prefix)
		}
	}
	return prefix
}

func (s *svgWriter) items(items []Item, depth int) {
	for _, item := range items {
		switch item := item.(type) {
		case *Group:
			s.group(item, depth)
		case *Shape:
			s.shape(item)
		case *Icon:
			s.str(`<use href="#`, s.prefix+item.Name, `"`)
			s.num("x", item.X)
			s.num("y", item.Y)
			s.str("/>")
		case *Text:
			s.text(item)
		}
		if depth < 2 {
			s.str("\n")
		}
	}
}

func (s *svgWriter) group(g *Group, depth int) {
	if g.Link != "" {
		s.str("<a")
		s.attr("href", g.Link)
		s.str(">")
	}
	s.str("<g")
	s.attr("class", g.Class)
	if g.ID != "" {
		s.attr("id", xmlID(g.ID))
	}
	s.data(g.Data)
	s.str(">")
	if g.Title != "" {
		s.str("<title>", strings.ReplaceAll(xmlEscape(g.Title), "&#10;", "\n"), "</title>")
	}
	s.items(g.Items, depth+1)
	s.str("</g>")
	if g.Link != "" {
		s.str("</a>")
	}
}

func (s *svgWriter) shape(sh *Shape) {
	switch {
	case sh.Box != nil:
		s.str(`<rect class="`, sh.Look.Name, `"`)
		if sh.Box.X != 0 || sh.Box.Y != 0 {
			s.num("x", sh.Box.X)
			s.num("y", sh.Box.Y)
		}
		s.num("width", sh.Box.W)
		s.num("height", sh.Box.H)
		if sh.Box.R != 0 {
			s.num("rx", sh.Box.R)
		}
	case sh.Circle != nil:
		s.str(`<circle class="`, sh.Look.Name, `"`)
		s.num("cx", sh.Circle.X)
		s.num("cy", sh.Circle.Y)
		s.num("r", sh.Circle.R)
	default:
		s.str(`<path class="`, sh.Look.Name, `"`)
		s.data(sh.Data)
		s.buf = append(sh.Path.svgData(append(s.buf[:0], ` d="`...)), '"')
		_, _ = s.w.Write(s.buf)
	}
	s.str("/>")
}

// icons writes every icon once; the picture refers to them.
func (s *svgWriter) icons(scene *Scene) {
	s.str("<defs>\n")
	s.iconsIn(scene.Items, map[string]bool{})
	s.str("</defs>\n")
}

func (s *svgWriter) iconsIn(items []Item, seen map[string]bool) {
	for _, item := range items {
		switch item := item.(type) {
		case *Group:
			s.iconsIn(item.Items, seen)
		case *Icon:
			if id := s.prefix + item.Name; !seen[id] {
				seen[id] = true
				s.str(`<g id="`, id, `">`)
				for _, p := range item.Parts {
					s.buf = num(append(num(append(s.buf[:0], `" d="M`...), p.X), ' '), p.Y)
					s.str(`<path class="`, p.Look.Name)
					_, _ = s.w.Write(s.buf)
					s.str(p.Data, `"/>`)
				}
				s.str("</g>\n")
			}
		}
	}
}

func (s *svgWriter) text(t *Text) {
	s.str(`<text class="`, textClass(t), `"`)
	s.num("x", t.X)
	s.num("y", t.Y)
	if t.After != nil || strings.Contains(t.S, "  ") || strings.HasPrefix(t.S, " ") || strings.HasSuffix(t.S, " ") {
		s.str(` xml:space="preserve"`)
	}
	s.str(">", xmlEscape(t.S))
	if t.After != nil {
		s.str(`<tspan class="`, textClass(t.After), `">`, xmlEscape(t.After.S), "</tspan>")
	}
	s.str("</text>")
}

// styleClass is the class of text set in a style.
func styleClass(st typeface.Style) string {
	face := map[typeface.Face]string{typeface.Sans: "s", typeface.SansBold: "b", typeface.Mono: "m", typeface.MonoBold: "k"}[st.Face]
	return face + strings.ReplaceAll(string(num(nil, st.Size)), ".", "-")
}

// textClass is the class of a text: what it is, and how it differs from the usual such text.
func textClass(t *Text) string {
	if usual[t.Role] == (textLook{t.Style, t.Ink, t.Anchor}) {
		return t.Role
	}
	return t.Role + "-" + styleClass(t.Style) + "-" + cssName(t.Ink) + [...]string{"", "-middle", "-end"}[t.Anchor]
}

// textLook is how text is set.
type textLook struct {
	style  typeface.Style
	ink    Paint
	anchor layout.Anchor
}

// usual is how text of each role is set nearly always; its class needs no more than the role's name.
var usual = map[string]textLook{
	string(layout.RoleTitle):  {typeface.Title, paintOf(themes.Ink), layout.Start},
	string(layout.RoleDetail): {typeface.Text, paintOf(themes.Mute), layout.Start},
	string(layout.RoleName):   {typeface.Name, paintOf(themes.Ink), layout.Start},
	string(layout.RoleAlias):  {typeface.Text, paintOf(themes.Mute), layout.Start},
	string(layout.RoleTag):    {typeface.Text, paintOf(themes.Mute), layout.End},
	string(layout.RoleFact):   {typeface.Fact, paintOf(themes.Mute), layout.Start},
	string(layout.RoleHead):   {typeface.Strong, paintOf(themes.Mute), layout.Start},
	"heading":                 {typeface.Heading, paintOf(themes.Ink), layout.Start},
	"subtitle":                {typeface.Text, paintOf(themes.Mute), layout.Start},
	"caption":                 {typeface.Text, paintOf(themes.Mute), layout.Start},
	"group-name":              {typeface.Strong, paintOf(themes.Ink), layout.Start},
	"remark":                  {typeface.Text, paintOf(themes.NoteInk), layout.Start},
	"label":                   {typeface.Label, paintOf(themes.Mute), layout.Middle},
	"legend-head":             {typeface.Strong, paintOf(themes.Mute), layout.Start},
	"legend-word":             {typeface.Text, paintOf(themes.Mute), layout.Start},
}

// family is the stack of fonts for a face. The first is embedded or missing; the next ones have the
// same widths as ours, so that text keeps its place without it.
func family(f typeface.Face) string {
	if f == typeface.Mono || f == typeface.MonoBold {
		return `hostwire-mono,"Liberation Mono",Cousine,"Courier New","DejaVu Sans Mono",monospace`
	}
	return `hostwire-sans,"Liberation Sans",Arimo,Arial,Helvetica,sans-serif`
}

// embedFonts writes the used glyphs of the used faces.
func (s *svgWriter) embedFonts(scene *Scene) {
	for _, f := range usedFonts(scene) {
		name, weight := "hostwire-sans", "400"
		if f.face == typeface.Mono || f.face == typeface.MonoBold {
			name = "hostwire-mono"
		}
		if f.face.Bold() {
			weight = "700"
		}
		s.str("@font-face{font-family:", name, ";font-weight:", weight, ";src:url(data:font/woff;base64,")
		e := base64.NewEncoder(base64.StdEncoding, s.w)
		_, _ = e.Write(f.font.WOFF())
		_ = e.Close()
		s.str(`) format("woff")}`, "\n")
	}
}
