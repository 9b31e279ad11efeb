package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// asHostwire makes the test binary be hostwire: tests that need a process of its own start it this
// way, since what they test is for good or ends it.
const asHostwire = "HOSTWIRE_TEST_AS_HOSTWIRE"

func TestMain(m *testing.M) {
	switch {
	case os.Getenv(withoutCalls) != "":
		runWithoutCalls(os.Getenv(withoutCalls))
		return
	case os.Getenv(asHostwire) != "":
		main()
		return
	}
	status := m.Run()
	if openProgram.dir != "" {
		_ = os.RemoveAll(openProgram.dir)
	}
	os.Exit(status)
}

// openProgram is a copy of the program in a directory that everyone can walk to.
var openProgram struct {
	sync.Once
	dir, path string
	err       error
}

// program returns the path of hostwire, for every user.
func program(t testing.TB) string {
	t.Helper()
	openProgram.Do(func() {
		self, err := os.ReadFile("/proc/self/exe")
		if err == nil {
			openProgram.dir, err = os.MkdirTemp("/tmp", "hwt-program-")
		}
		if err == nil {
			err = os.Chmod(openProgram.dir, 0o755)
		}
		if err == nil {
			openProgram.path = filepath.Join(openProgram.dir, "hostwire")
			err = os.WriteFile(openProgram.path, self, 0o755)
		}
		openProgram.err = err
	})
	require.NoError(t, openProgram.err)
	return openProgram.path
}

// promptly is how long a run may take in whatever surroundings. A machine busy with other tests
// takes several times as long as the two seconds that hostwire waits for others.
const promptly = 15 * time.Second

// ended is what came of a process.
type ended struct {
	stdout, stderr string
	status         int // -1 if a signal ended it.
	took           time.Duration
}

// command prepares a command line of which hostwire is a part, with some of the environment.
func command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env = append(withoutVariables(os.Environ(), "SUDO_UID", "SUDO_GID"), asHostwire+"=1")
	cmd.WaitDelay = time.Second
	return cmd
}

func withoutVariables(environment []string, names ...string) []string {
	var kept []string
next:
	for _, variable := range environment {
		for _, name := range names {
			if strings.HasPrefix(variable, name+"=") {
				continue next
			}
		}
		kept = append(kept, variable)
	}
	return kept
}

// finish runs a prepared command to its end, which must come promptly.
func finish(t testing.TB, cmd *exec.Cmd) ended {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if cmd.Stdout == nil {
		cmd.Stdout = &stdout
	}
	if cmd.Stderr == nil {
		cmd.Stderr = &stderr
	}
	start := time.Now()
	err := cmd.Run()
	e := ended{stdout: stdout.String(), stderr: stderr.String(), took: time.Since(start)}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) && !errors.Is(err, exec.ErrWaitDelay) {
		require.NoError(t, err)
	}
	e.status = cmd.ProcessState.ExitCode()
	assert.Less(t, e.took, promptly, "the run must end in time: %s", e.stderr)
	assert.NotContains(t, e.stderr, "goroutine ", "a crash")
	return e
}

// hostwire runs the program as it is.
func hostwire(t testing.TB, args ...string) ended {
	t.Helper()
	return under(t, nil, args...)
}

// under runs the program by way of others, such as setpriv with its arguments.
func under(t testing.TB, wrapper []string, args ...string) ended {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*promptly)
	defer cancel()
	return finish(t, command(ctx, append(append(append([]string(nil), wrapper...), program(t)), args...)...))
}

// inShell runs a shell script in mount and other namespaces of its own, in which $HOSTWIRE is the
// program. flags are those of unshare(1).
func inShell(t testing.TB, flags, script string) ended {
	t.Helper()
	testkit.RequireRoot(t)
	unshare := testkit.RequireTool(t, "unshare", "util-linux")
	ctx, cancel := context.WithTimeout(t.Context(), 2*promptly)
	defer cancel()
	cmd := command(ctx, append(append([]string{unshare}, strings.Fields(flags)...), "/bin/sh", "-c", script)...)
	cmd.Env = append(cmd.Env, "HOSTWIRE="+program(t))
	return finish(t, cmd)
}

// openDir returns a new directory in which everyone may do everything, as in /tmp but without the
// sticky bit.
func openDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "hwt-")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	require.NoError(t, os.Chmod(dir, 0o777))
	return dir
}

// contents lists a directory, hidden files too.
func contents(t testing.TB, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

// pipeSize tells how many bytes wait in a pipe (FIONREAD of ioctl_tty(2)).
func pipeSize(fd uintptr) (int, error) { return unix.IoctlGetInt(int(fd), unix.TIOCINQ) }
