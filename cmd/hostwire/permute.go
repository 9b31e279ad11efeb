package main

import (
	"strings"

	"github.com/urfave/cli/v2"
)

// permute moves flags before positional arguments, so that `hostwire diff OLD NEW -o FILE` works
// as people write it: the flag package that cli/v2 builds on stops at the first positional. What
// follows "--" is left alone.
func permute(app *cli.App, args []string) []string {
	if len(args) < 2 {
		return args
	}
	command, at := findCommand(app, args)
	if command == nil {
		return args
	}
	out := append([]string{}, args[:at+1]...)
	var positional []string
	rest := args[at+1:]
	for i := 0; i < len(rest); i++ {
		arg := rest[i]
		if arg == "--" {
			positional = append(positional, rest[i:]...)
			break
		}
		if arg == "-" || !strings.HasPrefix(arg, "-") {
			positional = append(positional, arg)
			continue
		}
		out = append(out, arg)
		if !strings.Contains(arg, "=") && takesValue(command, strings.TrimLeft(arg, "-")) && i+1 < len(rest) {
			i++
			out = append(out, rest[i])
		}
	}
	return append(out, positional...)
}

// findCommand finds the command word and where it stands.
func findCommand(app *cli.App, args []string) (*cli.Command, int) {
	for i, arg := range args[1:] {
		if !strings.HasPrefix(arg, "-") {
			return app.Command(arg), i + 1
		}
	}
	return nil, 0
}

// takesValue tells whether the command's flag of that name is followed by a value.
func takesValue(command *cli.Command, name string) bool {
	for _, f := range command.Flags {
		for _, n := range f.Names() {
			if n == name {
				_, isBool := f.(*cli.BoolFlag)
				return !isBool
			}
		}
	}
	return false
}
