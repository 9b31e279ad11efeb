package main

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"
)

// flagHelp writes a flag for the help as people know it from other tools: short name first, the
// value named once, and a default only where it tells something.
func flagHelp(f cli.Flag) string {
	doc, ok := f.(cli.DocGenerationFlag)
	if !ok {
		return ""
	}
	value, usage := "", doc.GetUsage()
	if before, rest, ok := strings.Cut(usage, "`"); ok {
		if name, after, ok := strings.Cut(rest, "`"); ok {
			value, usage = name, before+name+after
		}
	}
	var names []string
	for _, name := range f.Names() {
		names = append([]string{dashed(name)}, names...)
	}
	left := strings.Join(names, ", ")
	if len(names) == 1 && len(f.Names()[0]) > 1 {
		left = "    " + left
	}
	if doc.TakesValue() {
		left += " " + cmp.Or(value, "VALUE")
		if text := doc.GetDefaultText(); text != "" && text != `""` {
			usage += " (default: " + strings.Trim(text, `"`) + ")"
		}
	}
	return fmt.Sprintf("%s\t%s", left, usage)
}
