package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/hostwire/hostwire/internal/suggest"
	"github.com/hostwire/hostwire/layout"
	"github.com/hostwire/hostwire/render"
	"github.com/hostwire/hostwire/snapshot"
	"github.com/hostwire/hostwire/themes"
	"github.com/urfave/cli/v2"
)

// table prints rows in aligned columns.
func table(w io.Writer, rows [][]string) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		if _, err := fmt.Fprintln(tw, strings.Join(row, "\t")); err != nil {
			return err
		}
	}
	return tw.Flush()
}

func themesCommand(s streams) *cli.Command {
	return &cli.Command{
		Name:      "themes",
		Usage:     "list the themes, or print one to start your own from",
		UsageText: "hostwire themes [NAME]",
		BashComplete: func(c *cli.Context) {
			fmt.Fprintln(c.App.Writer, strings.Join(themes.Names(), "\n"))
		},
		Action: func(c *cli.Context) error {
			switch c.NArg() {
			case 0:
				var rows [][]string
				for _, name := range themes.Names() {
					rows = append(rows, []string{name, themes.About(name)})
				}
				return table(s.out, rows)
			case 1:
				name := c.Args().First()
				source, err := themes.Source(name)
				if err != nil {
					return usagef("unknown theme %q%s; there are %s", name, suggest.DidYouMean(name, themes.Names()), strings.Join(themes.Names(), ", "))
				}
				return writeOutput("", s.out, func(w io.Writer) error {
					_, err := w.Write(source)
					return err
				})
			}
			return usagef("themes takes one name at most")
		},
		Description: `hostwire themes
hostwire themes dark > mine.yaml      then change it
hostwire draw --theme mine.yaml -o host.svg`,
	}
}

func layoutsCommand(s streams) *cli.Command {
	return &cli.Command{
		Name:      "layouts",
		Usage:     "list the layout engines",
		UsageText: "hostwire layouts",
		Action: func(c *cli.Context) error {
			if err := noArguments(c); err != nil {
				return err
			}
			var rows [][]string
			for _, info := range layout.Engines() {
				about := info.About
				if info.Name == defaultLayout {
					about += " (default)"
				}
				rows = append(rows, []string{info.Name, about})
			}
			return table(s.out, rows)
		},
		Description: "hostwire draw --layout dot -o host.svg",
	}
}

func formatsCommand(s streams) *cli.Command {
	return &cli.Command{
		Name:      "formats",
		Usage:     "list the output formats",
		UsageText: "hostwire formats",
		Action: func(c *cli.Context) error {
			if err := noArguments(c); err != nil {
				return err
			}
			var rows [][]string
			for _, f := range render.Formats() {
				rows = append(rows, []string{f.Name, strings.Join(f.Extensions, " "), f.About})
			}
			return table(s.out, rows)
		},
		Description: "hostwire draw -f text",
	}
}

func schemaCommand(s streams) *cli.Command {
	return &cli.Command{
		Name:      "schema",
		Usage:     "print the JSON Schema of snapshots",
		UsageText: "hostwire schema",
		Action: func(c *cli.Context) error {
			if err := noArguments(c); err != nil {
				return err
			}
			return writeOutput("", s.out, func(w io.Writer) error {
				_, err := w.Write(snapshot.Schema())
				return err
			})
		},
		Description: "hostwire schema > hostwire.schema.json",
	}
}
