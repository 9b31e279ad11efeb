package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/hostwire/hostwire/internal/suggest"
	"github.com/hostwire/hostwire/themes"
	"github.com/urfave/cli/v2"
)

// completionScripts ask hostwire itself for what may come next (--generate-bash-completion), and
// fall back to file names. They are ours, one for each shell.
var completionScripts = map[string]string{
	"bash": `# hostwire completion for bash. Use: source <(hostwire completion bash)
_hostwire() {
    local cur=${COMP_WORDS[COMP_CWORD]} words
    words=$("${COMP_WORDS[@]:0:COMP_CWORD}" ${cur:+"$cur"} --generate-bash-completion 2>/dev/null)
    local IFS=$'\n'
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o bashdefault -o default -F _hostwire hostwire
`,
	"zsh": `#compdef hostwire
# hostwire completion for zsh. Use: source <(hostwire completion zsh)
_hostwire() {
    local -a found
    found=("${(@f)$(${words[1,CURRENT-1]} ${words[CURRENT]} --generate-bash-completion 2>/dev/null)}")
    if [[ -n "${found[1]}" ]]; then
        compadd -- "${found[@]}"
    fi
    _files
}
if [ "$funcstack[1]" = "_hostwire" ]; then
    _hostwire "$@"
else
    compdef _hostwire hostwire
fi
`,
	"fish": `# hostwire completion for fish. Use: hostwire completion fish | source
function __hostwire_complete
    set -l before (commandline -opc)
    set -l cur (commandline -ct)
    $before $cur --generate-bash-completion 2>/dev/null
end
complete -c hostwire -a '(__hostwire_complete)'
`,
}

var shells = []string{"bash", "zsh", "fish"}

func completionCommand(s streams) *cli.Command {
	return &cli.Command{
		Name:      "completion",
		Usage:     "print a completion script for bash, zsh or fish",
		UsageText: "hostwire completion bash|zsh|fish",
		BashComplete: func(c *cli.Context) {
			fmt.Fprintln(c.App.Writer, strings.Join(shells, "\n"))
		},
		Action: func(c *cli.Context) error {
			shell := c.Args().First()
			script, ok := completionScripts[shell]
			if !ok || c.NArg() != 1 {
				return usagef("completion is for bash, zsh and fish, not %q%s", shell, suggest.DidYouMean(shell, shells))
			}
			_, err := io.WriteString(s.out, script)
			return err
		},
		Description: `source <(hostwire completion bash)
hostwire completion fish > ~/.config/fish/completions/hostwire.fish`,
	}
}

// flagValues are the words that may follow a flag.
var flagValues = map[string]func() []string{
	"--layout": layoutNames,
	"--theme":  themes.Names,
	"--format": formatNames,
	"-f":       formatNames,
	"--detail": func() []string { return []string{"minimal", "normal", "full"} },
	"--fonts":  func() []string { return []string{"embed", "none"} },
	"--paper":  func() []string { return []string{"a4", "a3", "letter"} },
	"--only":   func() []string { return []string{"netns=", "kind=", "state=", "name="} },
	"--hide":   func() []string { return []string{"netns=", "kind=", "state=", "name=", "kind=loopback"} },
}

// complete offers what may follow the last words of the call: a flag's values, or flags.
func complete(flags []cli.Flag) cli.BashCompleteFunc {
	return func(c *cli.Context) {
		words := os.Args[:max(0, len(os.Args)-1)] // the last is cli's own --generate-bash-completion.
		for back := 1; back <= 2 && back <= len(words); back++ {
			if values, ok := flagValues[words[len(words)-back]]; ok {
				fmt.Fprintln(c.App.Writer, strings.Join(values(), "\n"))
				return
			}
		}
		if last := words[max(0, len(words)-1)]; len(words) > 0 && takesFile(last) {
			return // the shell offers file names.
		}
		for _, f := range flags {
			fmt.Fprintln(c.App.Writer, dashed(f.Names()[0]))
		}
	}
}

func takesFile(word string) bool {
	switch word {
	case "-o", "--output", "-i", "--input":
		return true
	}
	return false
}
