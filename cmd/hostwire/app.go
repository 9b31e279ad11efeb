package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/hostwire/hostwire/internal/suggest"
	"github.com/urfave/cli/v2"
)

// newApp puts the command line together. A further command is one more entry here.
func newApp(s streams) *cli.App {
	app := &cli.App{
		Name:  "hostwire",
		Usage: "draw the network that this host really has",
		UsageText: `hostwire draw -o host.svg          this host as a picture (sudo shows all of it)
hostwire draw                      … as a text tree in the terminal
hostwire capture -o host.json      this host as a snapshot, to look at elsewhere
hostwire draw -i host.json -o host.png --theme dark`,
		Description: `Namespaces, containers, interfaces, the wires between them and the ports
forwarded across them, as SVG, PNG, PDF, DOT or text. No running service and
no Graphviz are needed; root sees everything, others see what they may.`,
		Version:                   version(),
		HideHelpCommand:           true,
		EnableBashCompletion:      true,
		DisableSliceFlagSeparator: true,
		Reader:                    s.in,
		Writer:                    s.out,
		ErrWriter:                 s.err,
		ExitErrHandler:            func(*cli.Context, error) {}, // run prints errors and chooses the status.
		Commands: []*cli.Command{
			drawCommand(s),
			captureCommand(s),
			diffCommand(s),
			showCommand(s),
			pathCommand(s),
			portsCommand(s),
			themesCommand(s),
			layoutsCommand(s),
			formatsCommand(s),
			schemaCommand(s),
			completionCommand(s),
		},
		CommandNotFound: nil,
	}
	cli.FlagStringer = flagHelp
	app.OnUsageError = func(c *cli.Context, err error, _ bool) error { return flagError(c, err) }
	app.Action = func(c *cli.Context) error {
		if word := c.Args().First(); word != "" {
			return usagef("unknown command %q%s", word, suggest.DidYouMean(word, commandNames(app)))
		}
		return cli.ShowAppHelp(c)
	}
	for _, command := range app.Commands {
		command.OnUsageError = func(c *cli.Context, err error, _ bool) error { return flagError(c, err) }
		command.CustomHelpTemplate = commandHelp
		command.HideHelpCommand = true
	}
	return app
}

// commandHelp is cli's template with the examples, which our commands keep in Description, last.
const commandHelp = `{{.HelpName}}: {{.Usage}}

USAGE:
   {{.UsageText}}
{{if .VisibleFlags}}
OPTIONS:{{range .VisibleFlags}}
   {{.}}{{end}}
{{end}}{{if .Description}}
EXAMPLES:
   {{wrap .Description 3}}
{{end}}`

func commandNames(app *cli.App) []string {
	var names []string
	for _, command := range app.Commands {
		names = append(names, command.Name)
	}
	return names
}

// flagError says in our words what the flag package found wrong.
func flagError(c *cli.Context, err error) error {
	const undefined = "flag provided but not defined: "
	text := err.Error()
	if name, ok := strings.CutPrefix(text, undefined); ok {
		name = strings.TrimLeft(name, "-")
		var known []string
		for _, f := range append(c.Command.Flags, cli.HelpFlag) {
			known = append(known, f.Names()...)
		}
		hint := ""
		if near := suggest.Closest(name, known); near != "" {
			hint = "; did you mean " + dashed(near) + "?"
		}
		return usagef("unknown flag %s%s", dashed(name), hint)
	}
	return usageError{text}
}

func dashed(flag string) string {
	if len(flag) == 1 {
		return "-" + flag
	}
	return "--" + flag
}

// noArguments refuses positional arguments where a command takes none.
func noArguments(c *cli.Context) error {
	if c.Args().Present() {
		return usagef("%s takes no argument %q", c.Command.Name, c.Args().First())
	}
	return nil
}

// version is the module's version as the Go toolchain recorded it, or the commit it was built from.
func version() string {
	v, revision := "(unknown)", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		v = info.Main.Version
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" && len(setting.Value) >= 12 {
				revision = " " + setting.Value[:12]
			}
		}
	}
	return fmt.Sprintf("%s%s (%s, %s/%s)", v, revision, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
