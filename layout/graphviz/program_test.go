package graphviz

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hostwire/hostwire/internal/testkit"
)

func TestWhoIsTrusted(t *testing.T) {
	const owner, stranger = 1000, 1001
	for name, tc := range map[string]struct {
		mode     os.FileMode
		uid, gid uint32
		why      string
	}{
		"a program of root":                    {0o755, 0, 0, ""},
		"a program of the user":                {0o755, owner, 100, ""},
		"a program of someone else":            {0o755, stranger, 100, "belongs to user 1001"},
		"a program that everyone may write":    {0o757, 0, 0, "can be written by everyone"},
		"a program that a group may write":     {0o775, 0, 100, "can be written by group 100"},
		"a program of the user's own group":    {0o775, owner, owner, ""},
		"a program of root's group":            {0o775, owner, 0, ""},
		"a directory of root":                  {os.ModeDir | 0o755, 0, 0, ""},
		"a shared directory":                   {os.ModeDir | 0o777, 0, 0, "can be written by everyone"},
		"a shared directory with sticky bit":   {os.ModeDir | os.ModeSticky | 0o777, 0, 0, ""},
		"a stranger's directory, sticky":       {os.ModeDir | os.ModeSticky | 0o777, stranger, 0, "belongs to user 1001"},
		"a link in place of a directory":       {os.ModeSymlink | 0o777, 0, 0, "is a symbolic link"},
		"a sticky program, which means naught": {os.ModeSticky | 0o757, 0, 0, "can be written by everyone"},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, tc.why, distrust(tc.mode, tc.uid, tc.gid, []uint32{0, owner}))
		})
	}
}

// installed is a directory with an executable and a helper beside it.
func installed(t *testing.T) (exe, helper string) {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	for _, name := range []string{"hostwire", helperName} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"), 0o755))
	}
	return filepath.Join(dir, "hostwire"), filepath.Join(dir, helperName)
}

func TestTheHelperIsFoundBesideTheExecutable(t *testing.T) {
	exe, helper := installed(t)
	p, err := helperBeside(exe)
	require.NoError(t, err)
	assert.Equal(t, program{path: helper, helper: true}, p)

	link := filepath.Join(t.TempDir(), "hw") // as /usr/local/bin/hw -> /opt/hostwire/hostwire
	require.NoError(t, os.Symlink(exe, link))
	p, err = helperBeside(link)
	require.NoError(t, err)
	assert.Equal(t, helper, p.path)

	require.NoError(t, os.Remove(helper))
	_, err = helperBeside(exe)
	assert.ErrorIs(t, err, os.ErrNotExist)
}

func TestAHelperThatOthersMayChangeIsRefused(t *testing.T) {
	exe, helper := installed(t)
	require.NoError(t, os.Chmod(helper, 0o777))
	_, err := helperBeside(exe)
	assert.ErrorContains(t, err, "can be written by everyone")

	exe, helper = installed(t)
	require.NoError(t, os.Chmod(filepath.Dir(helper), 0o777))
	_, err = helperBeside(exe)
	assert.ErrorContains(t, err, "can be written by everyone")

	exe, helper = installed(t)
	require.NoError(t, os.Chmod(helper, 0o644))
	_, err = helperBeside(exe)
	assert.ErrorContains(t, err, "is not a program")

	exe, helper = installed(t)
	require.NoError(t, os.Remove(helper))
	require.NoError(t, os.Mkdir(helper, 0o755))
	_, err = helperBeside(exe)
	assert.ErrorContains(t, err, "is not a program")
}

func TestAHelperOfSomeoneElseIsRefused(t *testing.T) {
	testkit.RequireRoot(t)
	exe, helper := installed(t)
	require.NoError(t, os.Chown(helper, 4321, 4321))
	_, err := helperBeside(exe)
	assert.ErrorContains(t, err, "belongs to user 4321")
	require.NoError(t, os.Chown(exe, 4321, 4321)) // whoever owns hostwire itself is trusted already.
	_, err = helperBeside(exe)
	assert.NoError(t, err)
}

func TestWithoutAnyGraphvizTheErrorSaysWhatToInstall(t *testing.T) {
	defer func(dots []string) { systemDots = dots }(systemDots)
	systemDots = []string{filepath.Join(t.TempDir(), "dot")}
	_, err := findProgram()
	assert.EqualError(t, err, "needs Graphviz: install the helper with `go install github.com/hostwire/hostwire/cmd/...@latest`, or `apt-get install graphviz`")

	_, shared := installed(t)
	require.NoError(t, os.Chmod(shared, 0o777))
	systemDots = []string{shared}
	_, err = findProgram()
	assert.ErrorContains(t, err, "can be written by everyone; reinstall it")
}

func TestTheSystemsDotServesWithoutTheHelper(t *testing.T) {
	testkit.RequireTool(t, "dot", "graphviz")
	p, err := findProgram()
	require.NoError(t, err)
	assert.False(t, p.helper)
	assert.Equal(t, []string{"-Ktwopi", "-Tjson0"}, p.arguments("twopi"))
}
