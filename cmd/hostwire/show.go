package main

import (
	"fmt"
	"io"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/internal/suggest"
	"github.com/hostwire/hostwire/network"
	"github.com/hostwire/hostwire/render"
	"github.com/urfave/cli/v2"
)

func showCommand(s streams) *cli.Command {
	flags := append([]cli.Flag{snapshotFlag(),
		&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "write to `FILE`; - is standard output"},
		&cli.StringFlag{Name: "format", Aliases: []string{"f"}, Value: "text", Usage: "write `FORMAT`: text or json"},
	}, engineFlags()...)
	return &cli.Command{
		Name:         "show",
		Usage:        "tell all about a namespace, container or interface; without a name, list them",
		UsageText:    "hostwire show [-i SNAPSHOT] [NAME|NAMESPACE:INTERFACE|ADDRESS|PID] [-f text|json]",
		Flags:        flags,
		BashComplete: complete(flags),
		Action:       func(c *cli.Context) error { return show(c, s) },
		Description: `sudo hostwire show                     all namespaces
sudo hostwire show web                 a container: interfaces, routes, names, ports, who serves them
sudo hostwire show web:eth0            an interface
sudo hostwire show 172.17.0.2          whoever has the address
hostwire show -i host.json web -f json`,
	}
}

// snapshotFlag is for commands that look at one host.
func snapshotFlag() cli.Flag {
	return &cli.StringSliceFlag{Name: "input", Aliases: []string{"i"}, Usage: "look at `SNAPSHOT` instead of this host; - is standard input, synthetic:WORDS a made-up host"}
}

func show(c *cli.Context, s streams) error {
	if c.NArg() > 1 {
		return usagef("show takes one name, not %d", c.NArg())
	}
	asJSON := false
	switch f := c.String("format"); f {
	case "text":
	case "json":
		asJSON = true
	default:
		return usagef("things are shown as text or json, not %q%s", f, suggest.DidYouMean(f, []string{"text", "json"}))
	}
	return answer(c, s, false, func(d *network.Discovery, out *output, _ *progress) error {
		if c.NArg() == 0 {
			rows, err := graph.ListSpaces(d)
			if err != nil {
				return err
			}
			write := render.WriteSpacesText
			if asJSON {
				write = render.WriteSpacesJSON
			}
			return out.write(func(w io.Writer) error { return write(w, rows) })
		}
		shown, err := graph.Show(d, c.Args().First())
		if err != nil {
			return fmt.Errorf("show: %w", err)
		}
		write := render.WriteShownText
		if asJSON {
			write = render.WriteShownJSON
		}
		return out.write(func(w io.Writer) error { return write(w, shown) })
	})
}

// answer loads one host and lets write tell something about it.
func answer(c *cli.Context, s streams, programs bool, write func(*network.Discovery, *output, *progress) error) error {
	if n := len(c.StringSlice("input")); n > 1 {
		return usagef("%s looks at one snapshot, not %d", c.Command.Name, n)
	}
	out, err := openOutput(c.String("output"), s.out)
	if err != nil {
		return err
	}
	defer out.discard()
	p := startProgress(s.err, s.progress)
	hosts, err := load(c, s, p, out, programs)
	if err == nil {
		err = write(hosts[0], out, p)
	}
	p.end()
	if err == nil {
		printFindings(s.err, portFindings(hosts[0].Findings))
	}
	return err
}
