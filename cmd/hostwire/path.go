package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/network"
	"github.com/hostwire/hostwire/render"
	"github.com/urfave/cli/v2"
)

func pathCommand(s streams) *cli.Command {
	flags := append([]cli.Flag{snapshotFlag()}, pictureFlags()...)
	flags = append(flags, &cli.StringFlag{Name: "detail", Value: "normal", Usage: "`LEVEL` of detail of a picture: minimal, normal or full"})
	flags = append(flags, engineFlags()...)
	return &cli.Command{
		Name:         "path",
		Usage:        "tell the way that a packet takes, hop by hop, or why it does not arrive",
		UsageText:    "hostwire path [-i SNAPSHOT] FROM TO[:PORT[/udp]] [-f text|json] [-o FILE]",
		Flags:        flags,
		BashComplete: complete(flags),
		Action:       func(c *cli.Context) error { return path(c, s) },
		Description: `sudo hostwire path web db:5432              from a container to a port of another
sudo hostwire path 172.17.0.2 192.0.2.7     from an address to an address
sudo hostwire path web 192.0.2.2:8081 -o way.svg     a picture with the way marked
hostwire path -i host.json web api -f json
Exit status 1 tells that the packet stops on this host.`,
	}
}

// errStops ends `path` where the packet does not get anywhere; the answer is printed already.
var errStops = errors.New("the packet stops")

func path(c *cli.Context, s streams) error {
	if n := c.NArg(); n != 2 {
		return usagef("path takes who sends and where to, not %d arguments", n)
	}
	var ch choice
	var write func(io.Writer, *graph.Way) error
	switch f, file := c.String("format"), c.String("output"); {
	case f == "text", f == "" && (file == "" || file == "-" || strings.HasSuffix(file, ".txt")):
		write = render.WriteWayText
	case f == "json", f == "" && strings.HasSuffix(file, ".json"):
		write = render.WriteWayJSON
	default:
		var err error
		if ch, err = choose(c, s); err != nil {
			return err
		}
	}
	var way *graph.Way
	err := answer(c, s, write == nil && ch.format.NeedsLayout && ch.engine.Programs, func(d *network.Discovery, out *output, p *progress) error {
		var err error
		if way, err = graph.FindWay(d, c.Args().Get(0), c.Args().Get(1)); err != nil {
			return fmt.Errorf("path: %w", err)
		}
		if write != nil {
			return out.write(func(w io.Writer) error { return write(w, way) })
		}
		ch.project.Path = way.Path
		g, err := graph.Project(d, ch.project)
		if err != nil {
			return err
		}
		if err := picture(c.Context, g, ch, out, p); err != nil {
			return err
		}
		if ch.path != "" && ch.path != "-" { // the picture is elsewhere, so the words are for here.
			return render.WriteWayText(s.out, way)
		}
		return nil
	})
	if err == nil && way.Outcome == "stops" {
		return errStops
	}
	return err
}
