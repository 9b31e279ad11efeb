package graphviz

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/hostwire/hostwire/layout"
)

// script is a program that stands in for Graphviz. Everybody may run it, nobody may be who does.
func script(t *testing.T, body string) program {
	t.Helper()
	path := filepath.Join(t.TempDir(), "graphviz")
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\n"+body+"\n"), 0o755))
	return program{path: path, helper: true}
}

func run(t *testing.T, p program, change func(*runner)) (string, error) {
	t.Helper()
	r, err := newRunner(p)
	require.NoError(t, err)
	defer r.close()
	if change != nil {
		change(r)
	}
	out, err := r.run(context.Background(), "dot", []byte("graph {}"))
	return string(out), err
}

func TestItGetsTheGraphAndTheEngine(t *testing.T) {
	out, err := run(t, script(t, `echo "$@"; cat`), nil)
	require.NoError(t, err)
	assert.Equal(t, "dot\ngraph {}", out)
}

func TestItTakesTooLong(t *testing.T) {
	start := time.Now()
	_, err := run(t, script(t, "sleep 60"), func(r *runner) { r.time = 300 * time.Millisecond })
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.ErrorContains(t, err, "took longer than allowed")
	assert.Less(t, time.Since(start), 10*time.Second)
}

func TestTheCallerGivesUp(t *testing.T) {
	r, err := newRunner(script(t, "sleep 60"))
	require.NoError(t, err)
	defer r.close()
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	_, err = r.run(ctx, "dot", nil)
	require.Error(t, err)
}

func TestItFails(t *testing.T) {
	_, err := run(t, script(t, `printf 'warning\n\033[31mboom\033[0m\n' >&2; exit 3`), nil)
	require.ErrorContains(t, err, "exit status 3")
	assert.True(t, strings.HasSuffix(err.Error(), "[31mboom[0m"), "%q", err)
	assert.NotContains(t, err.Error(), "\033")
	_, err = run(t, script(t, "kill -SEGV $$"), nil)
	assert.ErrorContains(t, err, "segmentation fault")
	_, err = run(t, program{path: filepath.Join(t.TempDir(), "none")}, nil)
	assert.ErrorIs(t, err, os.ErrNotExist)
}

func TestItWritesWithoutEnd(t *testing.T) {
	start := time.Now()
	_, err := run(t, script(t, "exec yes"), func(r *runner) { r.output = 1 << 20 })
	require.ErrorContains(t, err, "wrote more than 1048576 bytes")
	assert.Less(t, time.Since(start), 10*time.Second)

	_, err = run(t, script(t, "yes complaint | head -c 1000000 >&2; exit 1"), nil)
	require.ErrorContains(t, err, "exit status 1")
	assert.Less(t, len(err.Error()), 500)
}

func TestItWritesRubbish(t *testing.T) {
	for name, body := range map[string]string{
		"nothing":                   "true",
		"no JSON":                   "echo hello",
		"no size":                   "echo '{}'",
		"not what was asked for":    `echo '{"bb":"0,0,10,10","objects":[{"name":"other","pos":"1,1"}]}'`,
		"numbers that are none":     `echo '{"bb":"0,0,NaN,10"}'`,
		"an endless list of braces": `head -c 100000 /dev/zero | tr '\0' '['`,
	} {
		t.Run(name, func(t *testing.T) {
			for _, engine := range []string{"dot", "neato"} {
				_, err := with(engine, script(t, body)).Layout(context.Background(), chain(3), layout.Options{})
				require.Error(t, err)
				assert.NotContains(t, err.Error(), "\n")
			}
		})
	}
}

func TestItRunsWithoutPrivilegesAndWithinLimits(t *testing.T) {
	testkit.RequireRoot(t)
	p := script(t, `id -u; id -g; id -G
grep -E '^(NoNewPrivs|CapEff|CapPrm)' /proc/self/status
ulimit -c; ulimit -t; ulimit -v; ulimit -f
env | grep -v -e ^PWD= -e ^_= -e ^OLDPWD= -e ^SHLVL= | cut -d= -f1 | sort
pwd; stat -c '%a %u' "$TMPDIR"`)
	p.helper = false // which sets its limits itself
	out, err := run(t, p, nil)
	require.NoError(t, err)
	assert.Equal(t, strings.Join([]string{
		"65534", "65534", "65534",
		"CapPrm:\t0000000000000000", "CapEff:\t0000000000000000", "NoNewPrivs:\t1",
		"0", "121", "4194304", "131072",
		"HOME", "LC_ALL", "TMPDIR",
		"/", "700 65534", "",
	}, "\n"), out)
	status, err := os.ReadFile("/proc/self/status")
	require.NoError(t, err)
	assert.Contains(t, string(status), "NoNewPrivs:\t0", "we ourselves may still gain privileges")
}

func TestItsDirectoryIsPrivateAndGoesAway(t *testing.T) {
	r, err := newRunner(program{})
	require.NoError(t, err)
	info, err := os.Lstat(r.dir)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o700), info.Mode().Perm())
	r.close()
	_, err = os.Lstat(r.dir)
	assert.ErrorIs(t, err, os.ErrNotExist)
}

func TestAnUnsafeTemporaryDirectoryIsNotUsed(t *testing.T) {
	shared := filepath.Join(t.TempDir(), "shared")
	require.NoError(t, os.Mkdir(shared, 0o755))
	require.NoError(t, os.Chmod(shared, 0o777)) // and no sticky bit: anyone may rename what is in it.
	t.Setenv("TMPDIR", shared)
	r, err := newRunner(program{})
	require.NoError(t, err)
	defer r.close()
	assert.NotContains(t, r.dir, shared)
}

// planted is a temporary directory in which someone else put a cache of machine code.
func planted(t *testing.T) (tmp, cache string) {
	t.Helper()
	tmp = t.TempDir()
	require.NoError(t, os.Chmod(tmp, 0o777|os.ModeSticky))
	cache = filepath.Join(tmp, "go-graphviz")
	require.NoError(t, os.Mkdir(cache, 0o755))
	require.NoError(t, os.Chmod(cache, 0o777))
	return tmp, cache
}

func TestAPlantedCacheIsNotUsed(t *testing.T) {
	p := helper(t)
	tmp, cache := planted(t)
	t.Setenv("TMPDIR", tmp)
	_, err := with("dot", p).Layout(context.Background(), chain(2), layout.Options{})
	require.NoError(t, err)

	cmd := exec.Command(p.path, "dot") // started by hand, it must protect itself.
	cmd.Stdin = strings.NewReader("graph { a -- b }")
	out, err := cmd.Output()
	require.NoError(t, err)
	assert.Contains(t, string(out), `"bb"`)

	for _, dir := range []string{tmp, cache} {
		entries, err := os.ReadDir(dir)
		require.NoError(t, err)
		for _, e := range entries {
			assert.Equal(t, "go-graphviz", e.Name(), "left in %s", dir)
		}
	}
}

func TestTheHelperRefusesWhatItCannotDo(t *testing.T) {
	p := helper(t)
	for name, tc := range map[string]struct {
		args    []string
		in, say string
	}{
		"no engine":          {nil, "", "usage"},
		"an unknown engine":  {[]string{"patchwork"}, "graph {}", "usage"},
		"not a graph":        {[]string{"dot"}, "hello", "lay out with dot"},
		"nothing":            {[]string{"dot"}, "", "lay out with dot"},
		"a graph cut in two": {[]string{"dot"}, "digraph { a -> ", "lay out with dot"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command(p.path, tc.args...)
			cmd.Stdin = strings.NewReader(tc.in)
			out, err := cmd.CombinedOutput()
			var exit *exec.ExitError
			require.ErrorAs(t, err, &exit)
			assert.Equal(t, 1, exit.ExitCode())
			assert.Contains(t, string(out), "hostwire-graphviz: "+tc.say)
		})
	}
}

func TestTheHelperLimitsItself(t *testing.T) {
	cmd := exec.Command(helper(t).path, "dot") // waits for its input
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	cmd.Env = []string{"TMPDIR=" + t.TempDir()}
	require.NoError(t, cmd.Start())
	require.Eventually(t, func() bool {
		limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", cmd.Process.Pid))
		require.NoError(t, err)
		at := map[string]string{}
		for line := range strings.Lines(string(limits)) {
			for _, name := range []string{"Max cpu time", "Max file size", "Max core file size", "Max address space"} {
				if rest, ok := strings.CutPrefix(line, name); ok {
					at[name] = strings.Fields(rest)[1]
				}
			}
		}
		return at["Max cpu time"] == "300" && at["Max file size"] == "67108864" &&
			at["Max core file size"] == "0" && at["Max address space"] == "8589934592"
	}, 10*time.Second, 20*time.Millisecond)
	require.NoError(t, in.Close())
	assert.Error(t, cmd.Wait(), "nothing is not a graph")
}

func TestSeveralRunsAtOnce(t *testing.T) {
	p := script(t, "cat")
	var wg sync.WaitGroup
	for range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			out, err := run(t, p, nil)
			assert.NoError(t, err)
			assert.Equal(t, "graph {}", out)
		}()
	}
	wg.Wait()
}

func TestNobodyElseLinksGraphviz(t *testing.T) {
	for _, pkg := range []string{"github.com/hostwire/hostwire/cmd/hostwire", "github.com/hostwire/hostwire/layout/graphviz"} {
		out, err := exec.Command("go", "list", "-deps", pkg).CombinedOutput()
		require.NoError(t, err, "%s", out)
		assert.NotContains(t, string(out), "goccy/go-graphviz", pkg)
		assert.NotContains(t, string(out), "wazero", pkg)
		assert.NotContains(t, string(out), "hostwire-graphviz", pkg)
	}
}

func TestMapsOfUsers(t *testing.T) {
	assert.True(t, maps("         0          0 4294967295\n", nobody))
	assert.True(t, maps("0 1000 1\n1 100000 65536\n", nobody))
	assert.False(t, maps("0 1000 1\n", nobody))
	assert.False(t, maps("", nobody))
	assert.False(t, maps("rubbish\n", nobody))
}
