package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/internal/suggest"
	"github.com/hostwire/hostwire/layout"
	_ "github.com/hostwire/hostwire/layout/graphviz" // makes its engines known.
	_ "github.com/hostwire/hostwire/layout/wiring"   // makes its engine known.
	"github.com/hostwire/hostwire/network"
	"github.com/hostwire/hostwire/render"
	"github.com/hostwire/hostwire/snapshot"
	"github.com/hostwire/hostwire/themes"
	"github.com/urfave/cli/v2"
)

const defaultLayout = "wiring"

func drawCommand(s streams) *cli.Command {
	flags := append(inputFlags(), pictureFlags()...)
	flags = append(flags, projectionFlags()...)
	flags = append(flags, engineFlags()...)
	return &cli.Command{
		Name:         "draw",
		Usage:        "draw this host, or a snapshot",
		UsageText:    "hostwire draw [-i SNAPSHOT] [-o FILE] [-f FORMAT] [options]",
		Flags:        flags,
		BashComplete: complete(flags),
		Action:       func(c *cli.Context) error { return draw(c, s) },
		Description: `sudo hostwire draw -o host.svg                    the whole host; follows light and dark mode
sudo hostwire draw -o host.png --theme dark       a bitmap
hostwire draw -i host.json --detail full          a snapshot as text, with routes and open ports
hostwire draw -o x.svg --hide kind=loopback       without the loopback interfaces
hostwire draw -o x.svg --only netns=web,db        only what concerns these two
hostwire draw -i a.json -i b.json -o fleet.svg    several hosts, joined where their tunnels meet
hostwire draw -o x.svg --like x.svg               again, with everything left where it is
hostwire draw -o x.svg --redact all               nothing left to know the host by
hostwire draw -f dot | dot -Tsvg > x.svg          through stock Graphviz
hostwire draw -i 'synthetic:host bridge:2 tenant:20' -o x.svg`,
	}
}

func inputFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Name: "input", Aliases: []string{"i"}, Usage: "draw `SNAPSHOT` instead of this host; - is standard input, synthetic:WORDS a made-up host; several make one picture"},
	}
}

func outputFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "write to `FILE`; - is standard output"},
		&cli.StringFlag{Name: "format", Aliases: []string{"f"}, Usage: "write `FORMAT` (see hostwire formats); default: by the file's extension, else text on a terminal, DOT into a pipe"},
	}
}

func pictureFlags() []cli.Flag {
	return append(outputFlags(),
		&cli.StringFlag{Name: "layout", Value: defaultLayout, Usage: "place things with `ENGINE` (see hostwire layouts)"},
		&cli.StringFlag{Name: "like", Usage: "leave cards where they are in `FILE`, an earlier picture of ours (SVG or HTML), as far as room allows; may be the file that is written"},
		&cli.StringFlag{Name: "theme", Usage: "colours of `THEME`, a name (see hostwire themes) or a YAML file; default: auto for SVG, light otherwise"},
		&cli.StringFlag{Name: "title", Usage: "`TITLE` of the picture, '' for none; default: the host's name"},
		&cli.BoolFlag{Name: "no-legend", Usage: "leave the legend away"},
		&cli.Float64Flag{Name: "scale", DefaultText: "2, less where a picture would be huge", Usage: "`N` pixels of a PNG per unit of the drawing, 0.1 to 16"},
		&cli.StringFlag{Name: "fonts", Value: "embed", Usage: "`embed|none`: put the fonts into an SVG, or trust that readers have some"},
		&cli.StringFlag{Name: "link-template", Usage: "`URL` that each interface of an SVG links to, with {netns}, {nif}, {name} and {kind} filled in"},
		&cli.StringFlag{Name: "paper", Usage: "fit a PDF to `PAPER`: a4, a3 or letter; default: a page of the drawing's size"},
	)
}

func projectionFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "detail", Value: "normal", Usage: "`LEVEL` of detail: minimal, normal or full"},
		&cli.StringSliceFlag{Name: "only", Usage: "show only what matches `FIELD=PATTERN` (netns, kind, state, name); may be repeated"},
		&cli.StringSliceFlag{Name: "hide", Usage: "hide what matches `FIELD=PATTERN`; may be repeated"},
		redactFlag(),
		&cli.BoolFlag{Name: "stable", Usage: "leave out or replace what changes without meaning: random names, MACs, indices, PIDs"},
		&cli.IntFlag{Name: "fold", Value: graph.FoldAuto, DefaultText: "on for large hosts", Usage: "fold more than `N` similar namespaces into one card; 0 folds nothing"},
	}
}

func engineFlags() []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{Name: "no-engines", Usage: "do not ask container engines"},
		&cli.StringSliceFlag{Name: "engine-socket", Usage: "ask one more engine, `TYPE=PATH` (docker, podman, containerd or cri)"},
	}
}

func redactFlag() cli.Flag {
	return &cli.StringFlag{Name: "redact", Usage: "replace `WHAT` by stand-ins, to publish the result: addresses, macs, names, images, several of them with commas, or all"}
}

// redaction reads --redact.
func redaction(c *cli.Context) (snapshot.Redaction, error) {
	list := c.String("redact")
	if list == "" {
		return snapshot.Redaction{}, nil
	}
	what, err := snapshot.ParseRedaction(list)
	if err != nil {
		return what, usageError{err.Error()}
	}
	return what, nil
}

// redact replaces what shall not be published.
func redact(d *network.Discovery, what snapshot.Redaction) (*network.Discovery, error) {
	if what == (snapshot.Redaction{}) {
		return d, nil
	}
	return snapshot.Redact(d, what)
}

// choice is everything about the picture that can be found wrong before the host is looked at,
// but for what is in the theme's file: that is not parsed before privileges are given up.
type choice struct {
	path    string
	format  render.Format
	theme   *themes.Unread
	engine  layout.Info
	like    *earlier // nil for none.
	project graph.Options
	redact  snapshot.Redaction
	render  render.Options
}

func draw(c *cli.Context, s streams) error {
	if err := noArguments(c); err != nil {
		return err
	}
	ch, err := choose(c, s)
	if err != nil {
		return err
	}
	out, err := openOutput(ch.path, s.out)
	if err != nil {
		return err
	}
	defer out.discard()
	p := startProgress(s.err, s.progress)
	g, err := pictured(c, s, p, ch, out)
	p.end()
	if err != nil {
		return err
	}
	printNotes(s.err, g.Notes)
	return nil
}

// pictured does the work of draw and returns the graph that was drawn.
func pictured(c *cli.Context, s streams, p *progress, ch choice, out *output) (*graph.Graph, error) {
	hosts, err := load(c, s, p, out, ch.format.NeedsLayout && ch.engine.Programs)
	if err != nil {
		return nil, err
	}
	for i, d := range hosts {
		if hosts[i], err = redact(d, ch.redact); err != nil {
			return nil, err
		}
	}
	g, err := graph.ProjectHosts(hosts, ch.project)
	if err != nil {
		return nil, err
	}
	return g, picture(c.Context, g, ch, out, p)
}

// choose reads the flags of a picture; whatever is wrong in them is a usage error.
func choose(c *cli.Context, s streams) (choice, error) {
	ch := choice{path: c.String("output")}
	var err error
	if ch.format, err = chooseFormat(c.String("format"), ch.path, s.terminal); err != nil {
		return ch, err
	}
	theme := c.String("theme")
	if theme == "" {
		theme = ch.format.DefaultTheme
	}
	if theme == "" {
		theme = "light"
	}
	if ch.theme, err = openTheme(theme); err != nil {
		return ch, usageError{err.Error()}
	}
	engine := c.String("layout")
	var known bool
	if ch.engine, known = layout.Find(engine); !known {
		return ch, usagef("unknown layout engine %q%s; there are %s", engine, suggest.DidYouMean(engine, layoutNames()), strings.Join(layoutNames(), ", "))
	}
	if ch.like, err = chooseLike(c, ch); err != nil {
		return ch, err
	}
	if ch.project, err = projection(c); err != nil {
		return ch, err
	}
	if ch.redact, err = redaction(c); err != nil {
		return ch, err
	}
	ch.render = render.Options{
		Title: c.String("title"), NoTitle: c.IsSet("title") && c.String("title") == "", NoLegend: c.Bool("no-legend"), Scale: c.Float64("scale"),
		Fonts: c.String("fonts"), LinkTemplate: c.String("link-template"), Paper: c.String("paper"),
	}
	if err := ch.render.Check(); err != nil {
		return ch, usageError{err.Error()}
	}
	return ch, nil
}

// projection reads the flags that say what to show.
func projection(c *cli.Context) (graph.Options, error) {
	var opts graph.Options
	var err error
	if opts.Detail, err = graph.ParseDetail(c.String("detail")); err != nil {
		return opts, usageError{err.Error()}
	}
	if opts.Only, err = filters(c.StringSlice("only")); err != nil {
		return opts, err
	}
	if opts.Hide, err = filters(c.StringSlice("hide")); err != nil {
		return opts, err
	}
	opts.Stable = c.Bool("stable")
	opts.Fold = c.Int("fold")
	if c.IsSet("fold") && opts.Fold < 0 {
		return opts, usagef("--fold takes a count from 0, not %d", opts.Fold)
	}
	return opts, nil
}

func filters(texts []string) ([]graph.Filter, error) {
	var out []graph.Filter
	for _, text := range texts {
		f, err := graph.ParseFilter(text)
		if err != nil {
			return nil, usageError{err.Error()}
		}
		out = append(out, f)
	}
	return out, nil
}

// chooseFormat decides by name, extension, or where standard output leads.
func chooseFormat(name, path string, terminal bool) (render.Format, error) {
	toFile := path != "" && path != "-"
	var f render.Format
	var ok bool
	switch {
	case name != "":
		if f, ok = render.Find(name); !ok {
			return f, usagef("unknown format %q%s; there are %s", name, suggest.DidYouMean(name, formatNames()), strings.Join(formatNames(), ", "))
		}
	case toFile && filepath.Ext(path) != "":
		if f, ok = render.ForFile(path); !ok {
			return f, usagef("no format for files named *%s; name one with -f: %s", filepath.Ext(path), strings.Join(formatNames(), ", "))
		}
	case toFile || !terminal:
		f, _ = render.Find("dot")
	default:
		f, _ = render.Find("text")
	}
	if f.Binary && !toFile && terminal {
		return f, usagef("%s is not for terminals; name a file with -o", f.Name)
	}
	return f, nil
}

// load gets what to draw: snapshots, or this host. When it returns, and before anything of a
// snapshot is parsed, all privileges are given up.
func load(c *cli.Context, s streams, p *progress, out *output, programs bool) ([]*network.Discovery, error) {
	inputs := c.StringSlice("input")
	if len(inputs) == 0 {
		d, err := discover(c, p)
		if err != nil {
			return nil, err
		}
		return []*network.Discovery{d}, giveUp(s, out, programs)
	}
	var sources []*snapshot.Source
	stdin := 0
	for _, input := range inputs {
		if input == "-" {
			stdin++
		}
		source, err := openSnapshot(input, s.in)
		if err != nil {
			return nil, err
		}
		sources = append(sources, source)
	}
	if stdin > 1 {
		return nil, usagef("standard input can be one of the snapshots, not %d of them", stdin)
	}
	if err := giveUp(s, out, programs); err != nil {
		return nil, err
	}
	var hosts []*network.Discovery
	for i, source := range sources {
		p.say("reading " + inputs[i])
		d, err := source.Read()
		if err != nil {
			return nil, err
		}
		hosts = append(hosts, d)
	}
	return hosts, nil
}

// discover looks at this host.
func discover(c *cli.Context, p *progress) (*network.Discovery, error) {
	opts := network.Options{NoEngines: c.Bool("no-engines"), NoLinks: true, Progress: p.say}
	for _, text := range c.StringSlice("engine-socket") {
		kind, path, ok := strings.Cut(text, "=")
		if !ok || kind == "" || path == "" {
			return nil, usagef("--engine-socket takes TYPE=PATH, such as docker=/run/docker.sock, not %q", text)
		}
		opts.EngineSockets = append(opts.EngineSockets, network.EngineSocket{Type: kind, Path: path})
	}
	p.say("looking at this host")
	d, err := network.Discover(c.Context, opts)
	if err != nil {
		return nil, fmt.Errorf("look at this host: %w", err)
	}
	return d, nil
}

// picture reads the theme, lays out where the format needs it, and writes.
func picture(ctx context.Context, g *graph.Graph, ch choice, out *output, p *progress) error {
	theme, err := ch.theme.Read()
	if err != nil {
		return usageError{err.Error()}
	}
	in := render.Input{Graph: g, Theme: theme, Options: ch.render}
	if ch.format.NeedsLayout {
		var opts layout.Options
		if ch.like != nil {
			p.say("reading " + ch.like.path)
			if opts.Like, err = ch.like.read(g); err != nil {
				return err
			}
		}
		p.say("placing things with " + ch.engine.Name)
		placed, err := ch.engine.New().Layout(ctx, g, opts)
		if err != nil {
			return fmt.Errorf("layout %s: %w", ch.engine.Name, err)
		}
		in.Layout = placed
	}
	p.say("writing " + ch.format.Name)
	return out.write(func(w io.Writer) error { return ch.format.Write(w, in) })
}

// printNotes repeats on standard error what the picture says it lacks.
func printNotes(w io.Writer, notes []graph.Note) {
	for _, n := range notes {
		fmt.Fprintf(w, "hostwire: note: %s\n", oneLine(n.Text))
	}
}

func layoutNames() []string {
	var names []string
	for _, info := range layout.Engines() {
		names = append(names, info.Name)
	}
	return names
}

func formatNames() []string {
	var names []string
	for _, f := range render.Formats() {
		names = append(names, f.Name)
	}
	return names
}
