package main

import (
	"io"
	"strings"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/network"
	"github.com/hostwire/hostwire/render"
	"github.com/hostwire/hostwire/snapshot"
	"github.com/urfave/cli/v2"
)

func diffCommand(s streams) *cli.Command {
	flags := append(pictureFlags(),
		&cli.StringFlag{Name: "detail", Value: "full", Usage: "`LEVEL` of detail to compare: minimal, normal or full"},
		&cli.StringSliceFlag{Name: "only", Usage: "compare only what matches `FIELD=PATTERN` (netns, kind, state, name); may be repeated"},
		&cli.StringSliceFlag{Name: "hide", Usage: "leave out what matches `FIELD=PATTERN`; may be repeated"},
		&cli.StringSliceFlag{Name: "ignore", Usage: "count differences that match `FIELD=PATTERN` (netns, kind, name, attribute) as none; may be repeated"},
		&cli.BoolFlag{Name: "exit-code", Usage: "exit with status 3 if there are differences"},
		&cli.BoolFlag{Name: "no-stable", Usage: "compare random names, MACs, indices, PIDs and the like, too"},
	)
	flags = append(flags, engineFlags()...)
	return &cli.Command{
		Name:         "diff",
		Usage:        "tell what differs between two snapshots, or a snapshot and this host now",
		UsageText:    "hostwire diff OLD [NEW] [-o FILE] [-f FORMAT] [--exit-code]",
		Flags:        flags,
		BashComplete: complete(flags),
		Action:       func(c *cli.Context) error { return diff(c, s) },
		Description: `hostwire diff old.json new.json
hostwire diff old.json new.json -o changes.svg       one picture; what was removed is still in it
sudo hostwire diff wanted.json --exit-code           this host now; status 3 if it differs
hostwire diff old.json new.json -f json
hostwire diff old.json new.json --ignore attribute=mtu --ignore kind=loopback`,
	}
}

func diff(c *cli.Context, s streams) error {
	if n := c.NArg(); n < 1 || n > 2 {
		return usagef("diff takes an old and a new snapshot, or an old one alone for this host now, not %d arguments", n)
	}
	var d difference
	var err error
	switch f, path := c.String("format"), c.String("output"); {
	case f == "text", f == "" && (path == "" || path == "-" || strings.HasSuffix(path, ".txt")):
		d.asText = true
	case f == "json", f == "" && strings.HasSuffix(path, ".json"):
		d.asJSON = true
	}
	if d.choice, err = chooseDiff(c, s, d.asText || d.asJSON); err != nil {
		return err
	}
	for _, text := range c.StringSlice("ignore") {
		f, err := graph.ParseIgnore(text)
		if err != nil {
			return usageError{err.Error()}
		}
		d.ignore = append(d.ignore, f)
	}
	out, err := openOutput(d.choice.path, s.out)
	if err != nil {
		return err
	}
	defer out.discard()
	p := startProgress(s.err, s.progress)
	differences, err := d.run(c, s, p, out)
	p.end()
	if err != nil {
		return err
	}
	printNotes(s.err, differences.Graph.Notes)
	if c.Bool("exit-code") && len(differences.Differences) > 0 {
		return errDiffers
	}
	return nil
}

// difference is one run of diff.
type difference struct {
	asText, asJSON bool // else it is a picture.
	choice         choice
	ignore         []graph.Filter
}

// chooseDiff reads the flags; text and JSON are not formats of pictures.
func chooseDiff(c *cli.Context, s streams, words bool) (choice, error) {
	if !words {
		return choose(c, s)
	}
	project, err := projection(c)
	return choice{path: c.String("output"), project: project}, err
}

func (d difference) run(c *cli.Context, s streams, p *progress, out *output) (*graph.Diff, error) {
	before, after, err := d.load(c, s, p, out)
	if err != nil {
		return nil, err
	}
	opts := d.choice.project
	opts.Stable, opts.Fold = !c.Bool("no-stable"), 0
	old, err := graph.Project(before, opts)
	if err != nil {
		return nil, err
	}
	now, err := graph.Project(after, opts)
	if err != nil {
		return nil, err
	}
	differences := graph.Compare(old, now, d.ignore)
	switch {
	case d.asText:
		err = out.write(func(w io.Writer) error { return render.WriteDiffText(w, differences) })
	case d.asJSON:
		err = out.write(func(w io.Writer) error { return render.WriteDiffJSON(w, differences) })
	default:
		err = picture(c.Context, differences.Graph, d.choice, out, p)
	}
	return differences, err
}

// load gets both sides; all privileges are given up before anything of a snapshot is parsed.
func (d difference) load(c *cli.Context, s streams, p *progress, out *output) (before, after *network.Discovery, err error) {
	p.say("reading the snapshots")
	old, err := openSnapshot(c.Args().Get(0), s.in)
	if err != nil {
		return nil, nil, err
	}
	var now *snapshot.Source
	if c.NArg() == 2 {
		if c.Args().Get(0) == "-" && c.Args().Get(1) == "-" {
			return nil, nil, usagef("standard input can be one of the two snapshots, not both")
		}
		if now, err = openSnapshot(c.Args().Get(1), s.in); err != nil {
			return nil, nil, err
		}
	} else if after, err = discover(c, p); err != nil {
		return nil, nil, err
	}
	if err := giveUp(s, out, d.choice.format.NeedsLayout && d.choice.engine.Programs); err != nil {
		return nil, nil, err
	}
	if before, err = old.Read(); err == nil && now != nil {
		after, err = now.Read()
	}
	return before, after, err
}
