package main

import (
	"fmt"
	"io"

	"github.com/hostwire/hostwire/network"
	"github.com/hostwire/hostwire/snapshot"
	"github.com/urfave/cli/v2"
)

func captureCommand(s streams) *cli.Command {
	flags := append([]cli.Flag{
		&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "write to `FILE`; - is standard output"},
		redactFlag(),
	}, engineFlags()...)
	return &cli.Command{
		Name:         "capture",
		Usage:        "write this host as a snapshot, to look at elsewhere",
		UsageText:    "hostwire capture [-o FILE]",
		Flags:        flags,
		BashComplete: complete(flags),
		Action:       func(c *cli.Context) error { return capture(c, s) },
		Description: `sudo hostwire capture -o host.json
ssh root@server hostwire capture | hostwire draw -i - -o server.svg`,
	}
}

func capture(c *cli.Context, s streams) error {
	if err := noArguments(c); err != nil {
		return err
	}
	what, err := redaction(c)
	if err != nil {
		return err
	}
	out, err := openOutput(c.String("output"), s.out)
	if err != nil {
		return err
	}
	defer out.discard()
	p := startProgress(s.err, s.progress)
	d, err := discover(c, p)
	if err == nil {
		err = giveUp(s, out, false)
	}
	if err == nil {
		d, err = redact(d, what)
	}
	if err == nil {
		p.say("writing the snapshot")
		err = out.write(func(w io.Writer) error { return snapshot.Encode(w, d) })
	}
	p.end()
	if err != nil {
		return err
	}
	printFindings(s.err, d.Findings)
	return nil
}

func printFindings(w io.Writer, findings []network.Finding) {
	for _, f := range findings {
		text := f.Subject + " " + f.Message
		if f.Remedy != "" {
			text += "; " + f.Remedy
		}
		fmt.Fprintf(w, "hostwire: note: %s\n", oneLine(text))
	}
}
