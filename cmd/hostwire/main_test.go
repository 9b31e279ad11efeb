package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// call runs hostwire as a user would and returns what it printed and its exit status.
func call(t *testing.T, stdin string, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	var out, errs bytes.Buffer
	status = run(context.Background(), append([]string{"hostwire"}, args...), streams{
		in: strings.NewReader(stdin), out: &out, err: &errs,
	})
	return out.String(), errs.String(), status
}

const small = "synthetic:host bridge:1 tenant:3 vxlan:1 macvlan:1 tap:1 port:2"

func TestMistakesInTheCall(t *testing.T) {
	for _, tt := range []struct {
		name string
		args []string
		says string
	}{
		{"an unknown command", []string{"darw"}, `unknown command "darw"; did you mean draw?`},
		{"an unknown flag", []string{"draw", "--layuot", "dot"}, "unknown flag --layuot; did you mean --layout?"},
		{"a flag without its value", []string{"draw", "-o"}, "flag needs an argument: -o"},
		{"an unknown format", []string{"draw", "-i", small, "-f", "svgg"}, `unknown format "svgg"; did you mean svg?`},
		{"an unknown extension", []string{"draw", "-i", small, "-o", "x.tiff"}, "no format for files named *.tiff"},
		{"an unknown layout engine", []string{"draw", "-i", small, "--layout", "wirring"}, `unknown layout engine "wirring"; did you mean wiring?`},
		{"an unknown theme", []string{"draw", "-i", small, "--theme", "drak"}, "did you mean dark?"},
		{"an unknown level of detail", []string{"draw", "-i", small, "--detail", "ful"}, "full"},
		{"an unknown filter field", []string{"draw", "-i", small, "--hide", "knid=veth"}, "kind"},
		{"an earlier picture for what is not placed", []string{"draw", "-i", small, "-f", "dot", "--like", "x.svg"}, "dot has none"},
		{"an earlier picture for Graphviz", []string{"draw", "-i", small, "-f", "svg", "--layout", "dot", "--like", "x.svg"}, "--layout wiring"},
		{"an earlier picture without a name", []string{"draw", "-i", small, "-f", "svg", "--like", ""}, "--like takes a file"},
		{"a fold below zero", []string{"draw", "-i", small, "--fold", "-3"}, "--fold"},
		{"something that cannot be redacted", []string{"draw", "-i", small, "--redact", "adresses"}, "did you mean addresses?"},
		{"standard input twice", []string{"draw", "-i", "-", "-i", "-"}, "standard input can be one of the snapshots"},
		{"a diff of nothing", []string{"diff"}, "diff takes an old and a new snapshot"},
		{"a field that differences do not have", []string{"diff", small, small, "--ignore", "atribute=mtu"}, "attribute"},
		{"a scale out of bounds", []string{"draw", "-i", small, "-f", "png", "--scale", "1000"}, "scale"},
		{"a paper nobody makes", []string{"draw", "-i", small, "-f", "pdf", "--paper", "a17"}, "paper"},
		{"an argument too many", []string{"draw", "host.svg"}, `draw takes no argument "host.svg"`},
		{"an engine socket without its type", []string{"draw", "--engine-socket", "/run/x.sock"}, "TYPE=PATH"},
		{"a shell without completion", []string{"completion", "tcsh"}, "bash, zsh and fish"},
		{"a theme that is not there to print", []string{"themes", "drak"}, "did you mean dark?"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			stdout, stderr, status := call(t, "", tt.args...)
			assert.Equal(t, exitUsage, status)
			assert.Empty(t, stdout)
			assert.Contains(t, stderr, tt.says)
			assert.Equal(t, 1, strings.Count(stderr, "\n"), "one line: %q", stderr)
		})
	}
}

func TestWhatCannotBeDone(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "foreign.json"), []byte(`{"a": 1}`), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "damaged.json"), []byte(`{"hostwire": {"sch`), 0o600))
	for _, tt := range []struct {
		name string
		args []string
		says string
	}{
		{"a snapshot that is not there", []string{"draw", "-i", filepath.Join(dir, "none.json")}, "no such file"},
		{"a foreign file", []string{"draw", "-i", filepath.Join(dir, "foreign.json")}, "foreign.json"},
		{"a damaged snapshot", []string{"draw", "-i", filepath.Join(dir, "damaged.json")}, "damaged.json"},
		{"an earlier picture that is not there", []string{"draw", "-i", small, "-f", "svg", "--like", filepath.Join(dir, "none.svg")}, "no such file"},
		{"something else in the place of an earlier picture", []string{"draw", "-i", small, "-f", "svg", "--like", filepath.Join(dir, "foreign.json")}, "no picture that hostwire drew"},
		{"a directory in the place of an earlier picture", []string{"draw", "-i", small, "-f", "svg", "--like", dir}, "this is none"},
		{"a directory as the input", []string{"draw", "-i", dir}, "directory"},
		{"a directory as the output", []string{"draw", "-i", small, "-f", "svg", "-o", dir}, "is a directory; name a file in it"},
		{"a directory that is not there", []string{"draw", "-i", small, "-o", filepath.Join(dir, "no/x.svg")}, "make the directory first"},
		{"a full disk", []string{"draw", "-i", small, "-f", "svg", "-o", "/dev/full"}, "no space left on device; free some space"},
		{"words that make no host", []string{"draw", "-i", "synthetic:host brigde:1"}, "bridge"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			stdout, stderr, status := call(t, "", tt.args...)
			assert.Equal(t, exitFailed, status)
			assert.Empty(t, stdout)
			assert.Contains(t, stderr, tt.says)
			assert.Equal(t, 1, strings.Count(stderr, "\n"), "one line: %q", stderr)
		})
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	hidden, err := filepath.Glob(filepath.Join(dir, ".*"))
	require.NoError(t, err)
	assert.Len(t, left, 2, "nothing may be left behind: %v", left)
	assert.Empty(t, hidden)
}

func TestAFailureLeavesTheOldOutputAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.svg")
	require.NoError(t, os.WriteFile(path, []byte("old"), 0o640))
	boom := assert.AnError
	err := writeOutput(path, nil, func(w io.Writer) error {
		_, _ = w.Write([]byte("half"))
		return boom
	})
	assert.ErrorIs(t, err, boom)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "old", string(data))
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	assert.Len(t, entries, 1)
}

func TestASymbolicLinkIsReplacedByRoot(t *testing.T) {
	if os.Geteuid() != 0 {
		return // for others, links lead where they could write anyway: the next test covers them.
	}
	dir := t.TempDir()
	victim := filepath.Join(dir, "victim")
	require.NoError(t, os.WriteFile(victim, []byte("precious"), 0o600))
	link := filepath.Join(dir, "x.dot")
	require.NoError(t, os.Symlink(victim, link))
	_, stderr, status := call(t, "", "draw", "-i", small, "-o", link)
	require.Equal(t, exitDone, status, stderr)
	data, err := os.ReadFile(victim)
	require.NoError(t, err)
	assert.Equal(t, "precious", string(data))
}

func TestEveryFormatIsTheSameTwice(t *testing.T) {
	for _, format := range formatNames() {
		t.Run(format, func(t *testing.T) {
			first, stderr, status := call(t, "", "draw", "-i", small, "-f", format)
			require.Equal(t, exitDone, status, stderr)
			require.NotEmpty(t, first)
			second, _, _ := call(t, "", "draw", "-i", small, "-f", format)
			assert.True(t, first == second, "two runs differ")
		})
	}
}

func TestTheFormatFollowsTheExtension(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.svg")
	_, stderr, status := call(t, "", "draw", "-i", small, "-o", path)
	require.Equal(t, exitDone, status, stderr)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Contains(t, string(data), "<svg")
	piped, _, _ := call(t, "", "draw", "-i", small)
	assert.Contains(t, piped, "graph", "DOT into a pipe")
}

func TestFlagsMayFollowArguments(t *testing.T) {
	app := newApp(streams{})
	got := permute(app, []string{"hostwire", "diff", "a.json", "-o", "x.svg", "b.json", "--exit-code", "--", "-c"})
	assert.Equal(t, []string{"hostwire", "diff", "-o", "x.svg", "--exit-code", "a.json", "b.json", "--", "-c"}, got)
}

func TestDiffTellsWhatDiffers(t *testing.T) {
	const larger = "synthetic:host bridge:1 tenant:4 vxlan:1 macvlan:1 tap:1 port:2"
	stdout, _, status := call(t, "", "diff", small, small, "--exit-code")
	assert.Equal(t, exitDone, status)
	assert.Equal(t, "no differences\n", stdout)
	stdout, stderr, status := call(t, "", "diff", small, larger, "--exit-code")
	assert.Equal(t, exitDiffers, status, stderr)
	assert.Contains(t, stdout, "+ namespace")
	_, _, status = call(t, "", "diff", small, larger)
	assert.Equal(t, exitDone, status, "without --exit-code a difference is no failure")
	for _, format := range []string{"json", "svg", "png", "pdf", "dot", "text"} {
		out, stderr, status := call(t, "", "diff", small, larger, "-f", format)
		assert.Equal(t, exitDone, status, stderr)
		assert.NotEmpty(t, out, format)
	}
}

func TestRedactionLeavesNoName(t *testing.T) {
	plain, _, _ := call(t, "", "draw", "-i", small, "-f", "text")
	require.Contains(t, plain, "edge-01")
	redacted, stderr, status := call(t, "", "draw", "-i", small, "-f", "text", "--redact", "all")
	require.Equal(t, exitDone, status, stderr)
	assert.NotContains(t, redacted, "edge-01")
	assert.NotContains(t, redacted, "172.17.0.")
}

func TestSeveralHostsMakeOnePicture(t *testing.T) {
	stdout, stderr, status := call(t, "", "draw", "-i", "synthetic:host:a bridge:1 tenant:2", "-i", "synthetic:host:b bridge:1 tenant:2", "-f", "svg")
	require.Equal(t, exitDone, status, stderr)
	assert.Contains(t, stdout, `data-name="a"`)
	assert.Contains(t, stdout, `data-name="b"`)
}

func TestTheListsNameWhatThereIs(t *testing.T) {
	for command, words := range map[string][]string{
		"themes":  {"auto", "light", "dark", "mono", "colorblind"},
		"layouts": {"wiring", "dot", "neato", "fdp", "sfdp", "circo", "twopi", "osage"},
		"formats": {"svg", "svgz", "png", "pdf", "dot", "text"},
		"schema":  {"$schema"},
	} {
		stdout, stderr, status := call(t, "", command)
		require.Equal(t, exitDone, status, stderr)
		for _, word := range words {
			assert.Contains(t, stdout, word, command)
		}
	}
	dark, _, status := call(t, "", "themes", "dark")
	assert.Equal(t, exitDone, status)
	path := filepath.Join(t.TempDir(), "mine.yaml")
	require.NoError(t, os.WriteFile(path, []byte(dark), 0o600))
	_, stderr, status := call(t, "", "draw", "-i", small, "-f", "svg", "--theme", path)
	assert.Equal(t, exitDone, status, stderr)
}

func TestHelpTeachesByExample(t *testing.T) {
	for _, command := range newApp(streams{}).Commands {
		stdout, _, status := call(t, "", command.Name, "--help")
		assert.Equal(t, exitDone, status)
		assert.Contains(t, stdout, "EXAMPLES", command.Name)
	}
}

func TestCompletionScriptsAreValidShell(t *testing.T) {
	for _, shell := range shells {
		stdout, _, status := call(t, "", "completion", shell)
		require.Equal(t, exitDone, status)
		assert.Contains(t, stdout, "hostwire")
	}
}

func TestNamesCannotTalkToTheTerminal(t *testing.T) {
	assert.Equal(t, `a\x1b[2Jb\x0ac\x202ed`, oneLine("a\x1b[2Jb\nc\u202ed"))
	assert.LessOrEqual(t, len(oneLine(strings.Repeat("x", 1<<20))), 2100)
}
