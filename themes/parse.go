package themes

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/hostwire/hostwire/internal/suggest"
	"github.com/hostwire/hostwire/internal/visible"
)

// parser reads one theme file. Only YAML nodes are used: they carry lines for errors, and aliases
// in them are never expanded.
type parser struct{ file string }

// maxAbout is the longest About of a theme, in bytes: it is one line of a list.
const maxAbout = 200

// errorf is an error at a node.
func (p parser) errorf(n *yaml.Node, format string, args ...any) error {
	return fmt.Errorf("%s:%d: %s", visible.String(p.file), n.Line, fmt.Sprintf(format, args...))
}

// parse reads the text of a theme. Users' themes must name a base or be complete; built-in ones
// may only stand on each other in a way that ends.
func parse(file string, text []byte, user bool) (*Theme, error) {
	p := parser{file}
	root, err := p.document(text)
	if err != nil {
		return nil, err
	}
	t := &Theme{Name: file}
	var scheme, dark *yaml.Node = root, nil
	entries, err := p.mapping(root, "a theme", "about", "base", "palette", "wires", "dark")
	if err != nil {
		return nil, err
	}
	t.Scheme = *(&Scheme{}).clone()
	if e, ok := entries["base"]; ok {
		base, err := p.base(e, user)
		if err != nil {
			return nil, err
		}
		t.Scheme = *base.Scheme.clone()
		if base.Dark != nil {
			t.Dark = base.Dark.clone()
		}
		t.About = base.About
	}
	if user {
		t.About = ""
	}
	if e, ok := entries["about"]; ok {
		about, err := p.scalar(e, "a line of text")
		if err != nil {
			return nil, err
		}
		if len(about) > maxAbout {
			return nil, p.errorf(e, "about: expected at most %d bytes, got %d", maxAbout, len(about))
		}
		t.About = visible.String(about)
	}
	if err := p.scheme(scheme, entries, &t.Scheme); err != nil {
		return nil, err
	}
	if dark = entries["dark"]; dark != nil {
		if err := p.dark(dark, t, user); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// dark reads the section for readers in dark mode. It starts from its own base, or from the dark
// side of the theme's base, or from the theme itself.
func (p parser) dark(n *yaml.Node, t *Theme, user bool) error {
	entries, err := p.mapping(n, "dark", "base", "palette", "wires")
	if err != nil {
		return err
	}
	if e, ok := entries["base"]; ok {
		base, err := p.base(e, user)
		if err != nil {
			return err
		}
		t.Dark = base.Scheme.clone()
		if base.Dark != nil {
			t.Dark = base.Dark.clone()
		}
	}
	if t.Dark == nil {
		t.Dark = t.Scheme.clone()
	}
	return p.scheme(n, entries, t.Dark)
}

// scheme reads palette and wires into s, and sees that nothing is missing then.
func (p parser) scheme(at *yaml.Node, entries map[string]*yaml.Node, s *Scheme) error {
	if n, ok := entries["palette"]; ok {
		if err := p.palette(n, s); err != nil {
			return err
		}
	}
	if n, ok := entries["wires"]; ok {
		if err := p.wires(n, s); err != nil {
			return err
		}
	}
	for _, r := range roles {
		if _, ok := s.Palette[r]; !ok {
			if like, known := s.Palette[standIns[r]]; known {
				s.Palette[r] = like
				continue
			}
			return p.errorf(at, "palette has no %s; name a base (%s) or give every colour", r, strings.Join(names, ", "))
		}
	}
	for _, k := range kinds {
		if _, ok := s.Wires[k]; !ok {
			return p.errorf(at, "wires has no %s; name a base (%s) or give every kind of wire", k, strings.Join(names, ", "))
		}
	}
	return nil
}

// document returns the root node of the only document in text.
func (p parser) document(text []byte) (*yaml.Node, error) {
	if len(text) > maxFile {
		return nil, fmt.Errorf("%s: expected at most %d KiB, this is larger", visible.String(p.file), maxFile>>10)
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var doc, more yaml.Node
	switch err := decoder.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return nil, fmt.Errorf("%s:1: expected a theme, the file is empty", visible.String(p.file))
	case err != nil:
		return nil, p.syntax(err)
	case doc.Kind != yaml.DocumentNode || len(doc.Content) != 1:
		return nil, fmt.Errorf("%s:1: expected a theme", visible.String(p.file))
	}
	switch err := decoder.Decode(&more); {
	case err == nil:
		return nil, p.errorf(&more, "expected one YAML document, here starts a second")
	case !errors.Is(err, io.EOF):
		return nil, p.syntax(err)
	}
	return doc.Content[0], nil
}

// syntax turns the YAML package's "yaml: line 3: …" into our form.
func (p parser) syntax(err error) error {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	line := "1"
	if rest, ok := strings.CutPrefix(text, "line "); ok {
		if number, after, ok := strings.Cut(rest, ": "); ok {
			if _, err := strconv.Atoi(number); err == nil {
				line, text = number, after
			}
		}
	}
	return fmt.Errorf("%s:%s: expected YAML: %s", visible.String(p.file), line, visible.String(text))
}

// mapping reads a mapping with the given keys, all of them optional.
func (p parser) mapping(n *yaml.Node, what string, keys ...string) (map[string]*yaml.Node, error) {
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		return nil, p.errorf(n, "%s: anchors and aliases are not taken; write it out, or use base", what)
	}
	if n.Kind != yaml.MappingNode {
		return nil, p.errorf(n, "%s: expected a mapping with the keys %s", what, strings.Join(keys, ", "))
	}
	out := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		word, err := p.scalar(key, "a key")
		if err != nil {
			return nil, err
		}
		if !contains(keys, word) {
			return nil, p.errorf(key, "%s has no key %s%s (the keys are %s)", what, quoted(word), suggest.DidYouMean(word, keys), strings.Join(keys, ", "))
		}
		if _, twice := out[word]; twice {
			return nil, p.errorf(key, "%s: key %s appears twice", what, quoted(word))
		}
		out[word] = value
	}
	return out, nil
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

// quoted shows a foreign word in an error, shortened and harmless.
func quoted(s string) string {
	const limit = 60
	s = visible.String(s)
	if len(s) > limit {
		s = strings.ToValidUTF8(s[:limit], "") + "…"
	}
	return `"` + s + `"`
}

// scalar reads plain text.
func (p parser) scalar(n *yaml.Node, expected string) (string, error) {
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		return "", p.errorf(n, "expected %s; anchors and aliases are not taken", expected)
	case n.Kind != yaml.ScalarNode:
		return "", p.errorf(n, "expected %s", expected)
	}
	return n.Value, nil
}

func (p parser) base(n *yaml.Node, user bool) (*Theme, error) {
	name, err := p.scalar(n, "the name of a theme")
	if err != nil {
		return nil, err
	}
	if !isBuiltin(name) {
		return nil, p.errorf(n, "base: no theme %s%s (the themes are %s)", quoted(name), suggest.DidYouMean(name, names), strings.Join(names, ", "))
	}
	if !user && name == p.file {
		return nil, p.errorf(n, "base: a theme can't stand on itself")
	}
	return loadBuiltin(name)
}

func (p parser) palette(n *yaml.Node, s *Scheme) error {
	keys := make([]string, len(roles))
	for i, r := range roles {
		keys[i] = string(r)
	}
	entries, err := p.mapping(n, "palette", keys...)
	if err != nil {
		return err
	}
	for _, r := range roles {
		if e, ok := entries[string(r)]; ok {
			if s.Palette[r], err = p.color(e, string(r)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p parser) color(n *yaml.Node, what string) (Color, error) {
	const expected = `a colour such as "#1d2433"`
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" {
		return 0, p.errorf(n, `%s: expected %s in quotes (without them YAML takes # for the start of a comment)`, what, expected)
	}
	text, err := p.scalar(n, expected)
	if err != nil {
		return 0, err
	}
	c, ok := parseColor(text)
	if !ok {
		return 0, p.errorf(n, "%s: expected %s or \"#rgb\", got %s", what, expected, quoted(text))
	}
	return c, nil
}

func (p parser) wires(n *yaml.Node, s *Scheme) error {
	entries, err := p.mapping(n, "wires", kinds...)
	if err != nil {
		return err
	}
	for _, k := range kinds {
		if e, ok := entries[k]; ok {
			if s.Wires[k], err = p.wire(e, k, s.Wires[k]); err != nil {
				return err
			}
		}
	}
	return nil
}

// wire reads the style of a kind of wire over that of the base; one without a base must be whole.
func (p parser) wire(n *yaml.Node, kind string, w WireStyle) (WireStyle, error) {
	entries, err := p.mapping(n, kind, "color", "dash", "width")
	if err != nil {
		return w, err
	}
	if e, ok := entries["color"]; ok {
		if w.Color, err = p.color(e, kind+" color"); err != nil {
			return w, err
		}
	} else if w.Width == 0 {
		return w, p.errorf(n, "%s: color is missing, and there is no base to take it from", kind)
	}
	if e, ok := entries["dash"]; ok {
		if w.Dash, err = p.dash(e, kind); err != nil {
			return w, err
		}
	}
	if e, ok := entries["width"]; ok {
		if w.Width, err = p.number(e, kind+" width", 0.5, 8); err != nil {
			return w, err
		}
	} else if w.Width == 0 {
		w.Width = 2
	}
	return w, nil
}

// dash reads the name of a pattern or its lengths.
func (p parser) dash(n *yaml.Node, kind string) ([]float64, error) {
	what := kind + " dash"
	if n.Kind == yaml.SequenceNode && n.Anchor == "" {
		if len(n.Content) < 2 || len(n.Content) > 8 || len(n.Content)%2 != 0 {
			return nil, p.errorf(n, "%s: expected 2, 4, 6 or 8 lengths, dashes and gaps in turn, got %d", what, len(n.Content))
		}
		out := make([]float64, len(n.Content))
		for i, e := range n.Content {
			var err error
			if out[i], err = p.number(e, what, 0.5, 100); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	expected := strings.Join(dashNames, ", ") + " or lengths such as [7, 4]"
	name, err := p.scalar(n, expected)
	if err != nil {
		return nil, err
	}
	pattern, ok := dashes[name]
	if !ok {
		return nil, p.errorf(n, "%s: expected %s, got %s%s", what, expected, quoted(name), suggest.DidYouMean(name, dashNames))
	}
	return pattern, nil
}

func (p parser) number(n *yaml.Node, what string, least, most float64) (float64, error) {
	text, err := p.scalar(n, "a number")
	if err != nil {
		return 0, err
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || !(v >= least && v <= most) {
		return 0, p.errorf(n, "%s: expected a number from %g to %g, got %s", what, least, most, quoted(text))
	}
	return v, nil
}
