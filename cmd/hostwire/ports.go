package main

import (
	"io"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/internal/suggest"
	"github.com/hostwire/hostwire/network"
	"github.com/hostwire/hostwire/render"
	"github.com/urfave/cli/v2"
)

func portsCommand(s streams) *cli.Command {
	flags := append(inputFlags(),
		&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "write to `FILE`; - is standard output"},
		&cli.StringFlag{Name: "format", Aliases: []string{"f"}, Value: "text", Usage: "write `FORMAT`: text or json"},
	)
	flags = append(flags, engineFlags()...)
	return &cli.Command{
		Name:         "ports",
		Usage:        "list every listening and forwarded port, and who serves it",
		UsageText:    "hostwire ports [-i SNAPSHOT] [-f text|json] [-o FILE]",
		Flags:        flags,
		BashComplete: complete(flags),
		Action:       func(c *cli.Context) error { return ports(c, s) },
		Description: `sudo hostwire ports
sudo hostwire ports | grep 8080
hostwire ports -i host.json -f json | jq '.[] | select(.through == "docker")'`,
	}
}

func ports(c *cli.Context, s streams) error {
	if err := noArguments(c); err != nil {
		return err
	}
	write := render.WritePortsText
	switch f := c.String("format"); f {
	case "text":
	case "json":
		write = render.WritePortsJSON
	default:
		return usagef("ports are written as text or json, not %q%s", f, suggest.DidYouMean(f, []string{"text", "json"}))
	}
	out, err := openOutput(c.String("output"), s.out)
	if err != nil {
		return err
	}
	defer out.discard()
	p := startProgress(s.err, s.progress)
	hosts, err := load(c, s, p, out, false)
	var list []graph.ListedPort
	var findings []network.Finding
	for _, d := range hosts {
		if err == nil {
			var one []graph.ListedPort
			one, err = graph.ListPorts(d)
			list = append(list, one...)
			findings = append(findings, d.Findings...)
		}
	}
	if err == nil {
		err = out.write(func(w io.Writer) error { return write(w, list) })
	}
	p.end()
	if err != nil {
		return err
	}
	printFindings(s.err, portFindings(findings))
	return nil
}

// portFindings are the findings that make a list of ports incomplete.
func portFindings(all []network.Finding) []network.Finding {
	var out []network.Finding
	for _, f := range all {
		if f.Kind != network.FindingRelation {
			out = append(out, f)
		}
	}
	return out
}
