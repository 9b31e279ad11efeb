package render

import (
	"fmt"
	"io"
	"path/filepath"
	"sort"
	"strings"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/layout"
	"github.com/hostwire/hostwire/themes"
)

// Options are what a caller may ask of any format; formats ignore what means nothing to them. The
// zero value asks for the usual picture.
type Options struct {
	// Title is what the picture is headed with; empty for the graph's own title.
	Title string
	// NoTitle leaves the title and the line below it away from what is drawn, as for a picture below a
	// heading that a document gives it. Screen readers still hear Title.
	NoTitle bool
	// NoLegend leaves the legend away.
	NoLegend bool
	// Scale is how many pixels of a raster stand for one CSS pixel; 0 means 2, or less for a picture so
	// large that viewers would refuse it.
	Scale float64
	// Fonts is "embed" (or empty) to put the fonts that text is set in into an SVG, or "none".
	Fonts string
	// LinkTemplate makes every interface of an SVG or PDF a link to this address, with {netns},
	// {nif}, {name} and {kind} replaced. Empty for no links.
	LinkTemplate string
	// Paper is "a4", "a3", "letter" or empty for a PDF page as large as the picture.
	Paper string
}

// Input is what formats write.
type Input struct {
	Graph   *graph.Graph
	Layout  *layout.Layout // nil for formats that need none.
	Theme   *themes.Theme
	Options Options
}

// Format is a way to write a picture.
type Format struct {
	Name         string   // what --format takes: "svg".
	About        string   // one line for people, no full stop.
	Extensions   []string // of file names, with the dot; the first is the usual one.
	NeedsLayout  bool     // Input.Layout must be set.
	Binary       bool     // not for terminals.
	DefaultTheme string   // the theme that suits the format best.
	// Write writes the picture to w. Errors of w are returned as they are.
	Write func(w io.Writer, in Input) error
}

var formats = map[string]Format{}

// Register makes a format known; formats call it from init. A second format of the same name is a
// programming error and panics.
func Register(f Format) {
	if _, taken := formats[f.Name]; taken {
		panic("render: format " + f.Name + " registered twice")
	}
	write := f.Write
	f.Write = func(w io.Writer, in Input) error {
		if in.Graph == nil || in.Theme == nil || f.NeedsLayout && in.Layout == nil {
			return fmt.Errorf("write %s: graph, theme or layout is missing", f.Name)
		}
		if err := in.Options.check(); err != nil {
			return fmt.Errorf("write %s: %w", f.Name, err)
		}
		return write(w, in)
	}
	formats[f.Name] = f
}

// Formats lists the known formats by name.
func Formats() []Format {
	var out []Format
	for _, f := range formats {
		out = append(out, f)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}

// Find looks a format up by name.
func Find(name string) (Format, bool) {
	f, ok := formats[name]
	return f, ok
}

// ForFile finds the format of a file by the end of its name. Of two endings the longer wins.
func ForFile(path string) (Format, bool) {
	var best Format
	length := 0
	base := strings.ToLower(filepath.Base(path))
	for _, f := range Formats() {
		for _, ext := range f.Extensions {
			if len(ext) > length && len(base) > len(ext) && strings.HasSuffix(base, ext) {
				best, length = f, len(ext)
			}
		}
	}
	return best, length > 0
}

// Check tells what is wrong with options before any work is done for them.
func (o Options) Check() error { return o.check() }

func (o Options) check() error {
	if o.Scale != 0 && !(o.Scale >= 0.1 && o.Scale <= 16) {
		return fmt.Errorf("scale %g: expected a number from 0.1 to 16", o.Scale)
	}
	switch o.Fonts {
	case "", "embed", "none":
	default:
		return fmt.Errorf("fonts %s: expected embed or none", quoteShort(o.Fonts))
	}
	if _, ok := papers[o.Paper]; !ok && o.Paper != "" {
		return fmt.Errorf("paper %s: expected a4, a3 or letter", quoteShort(o.Paper))
	}
	if o.LinkTemplate != "" {
		return checkTemplate(o.LinkTemplate)
	}
	return nil
}

// paper is the size of a sheet, upright, in PDF points.
type paper struct{ w, h float64 }

var papers = map[string]paper{
	"a4":     {595.276, 841.890},
	"a3":     {841.890, 1190.551},
	"letter": {612, 792},
}
