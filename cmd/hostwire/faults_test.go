package main

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// lab makes a namespace with a wire in it.
func lab(t *testing.T) (netns string) {
	t.Helper()
	netns = testkit.Netns(t, "lab")
	testkit.IP(t, netns, "link", "add", "left", "type", "veth", "peer", "name", "right")
	return netns
}

// drawLab draws only the lab, as text.
func drawLab(netns string) []string {
	return []string{"draw", "-f", "text", "--no-engines", "--only", "netns=" + netns}
}

func TestADiskThatFillsUp(t *testing.T) {
	testkit.RequireRoot(t)
	e := inShell(t, "-m", `
		mount -t tmpfs -o size=64k small /mnt || exit 90
		echo old > /mnt/x.svg
		"$HOSTWIRE" draw -i 'synthetic:host bridge:4 tenant:60' -o /mnt/x.svg
		echo "status $?"; cat /mnt/x.svg; ls -A /mnt`)
	assert.Equal(t, "status 1\nold\nx.svg\n", e.stdout)
	assert.Contains(t, e.stderr, "write /mnt/x.svg: no space left on device; free some space")
	assert.Equal(t, 1, strings.Count(e.stderr, "\n"), "one line: %q", e.stderr)
}

func TestADirectoryThatIsReadOnly(t *testing.T) {
	testkit.RequireRoot(t)
	e := inShell(t, "-m", `
		mount -t tmpfs -o ro small /mnt || exit 90
		"$HOSTWIRE" draw -i 'synthetic:host tenant:2' -o /mnt/x.svg
		echo "status $?"`)
	assert.Equal(t, "status 1\n", e.stdout)
	assert.Contains(t, e.stderr, "write /mnt/x.svg: read-only file system; name a file in a directory that you may write to")
}

func TestAPipeThatIsClosed(t *testing.T) {
	for _, format := range []string{"svg", "text"} {
		ctx, cancel := context.WithTimeout(t.Context(), 2*promptly)
		defer cancel()
		reader, writer, err := os.Pipe()
		require.NoError(t, err)
		cmd := command(ctx, program(t), "draw", "-i", "synthetic:host bridge:9 tenant:300", "--fold", "0", "-f", format)
		cmd.Stdout = writer
		var first [1]byte
		read := make(chan error, 1)
		go func() {
			_, err := reader.Read(first[:])
			_ = reader.Close()
			read <- err
		}()
		e := finish(t, cmd)
		_ = writer.Close()
		require.NoError(t, <-read)
		assert.NotZero(t, first[0])
		status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
		require.True(t, ok)
		assert.Equal(t, unix.SIGPIPE, status.Signal(), "as every program in a pipeline ends: status %d: %s", e.status, e.stderr)
		assert.Empty(t, e.stderr)
	}
}

func TestASignalAtAnyMomentLeavesNothingBehind(t *testing.T) {
	dir, temporary := t.TempDir(), t.TempDir()
	out := filepath.Join(dir, "x.svg")
	dice := rand.New(rand.NewPCG(1, 2))
	statuses := map[int]int{}
	for round := range 24 {
		require.NoError(t, os.WriteFile(out, []byte("old"), 0o600))
		ctx, cancel := context.WithTimeout(t.Context(), 2*promptly)
		args := []string{"draw", "-i", "synthetic:host bridge:4 tenant:60", "-o", out, "--layout", []string{"wiring", "dot"}[round%2]}
		if round%3 == 2 {
			args = []string{"draw", "--no-engines", "-o", out, "--only", "netns=none"}
		}
		cmd := command(ctx, append([]string{program(t)}, args...)...)
		cmd.Env = append(cmd.Env, "TMPDIR="+temporary)
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		require.NoError(t, cmd.Start())
		time.Sleep(time.Duration(dice.IntN(400)) * time.Millisecond)
		signal := []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT}[round%4]
		_ = cmd.Process.Signal(signal)
		signalled := time.Now()
		_ = cmd.Wait()
		cancel()
		assert.Less(t, time.Since(signalled), 5*time.Second)
		status := cmd.ProcessState.ExitCode()
		statuses[status]++
		data, err := os.ReadFile(out)
		require.NoError(t, err)
		switch status {
		case exitDone:
			assert.True(t, bytes.HasSuffix(bytes.TrimSpace(data), []byte("</svg>")), "all of it")
		case exitInterrupted:
			assert.Contains(t, stderr.String(), "hostwire: interrupted")
			assert.True(t, string(data) == "old" || bytes.HasSuffix(bytes.TrimSpace(data), []byte("</svg>")), "all or nothing")
		case -1: // before the first line of the program.
			assert.Equal(t, "old", string(data))
		case 2: // the same for SIGQUIT, which Go's runtime answers with the stacks of all goroutines.
			assert.Equal(t, syscall.SIGQUIT, signal)
			assert.Contains(t, stderr.String(), "SIGQUIT")
			assert.Equal(t, "old", string(data))
		default:
			t.Errorf("status %d: %s", status, &stderr)
		}
		assert.Equal(t, []string{"x.svg"}, contents(t, dir), "signal %v", signal)
		assert.Empty(t, contents(t, temporary), "signal %v", signal)
		assert.Eventually(t, func() bool { return syscall.Kill(-cmd.Process.Pid, 0) == syscall.ESRCH }, 2*time.Second, 10*time.Millisecond, "a child is left")
	}
	t.Logf("statuses: %v", statuses)
	assert.NotZero(t, statuses[exitInterrupted]+statuses[-1], "some must have been in time")
}

func TestNoProcfs(t *testing.T) {
	testkit.RequireRoot(t)
	e := inShell(t, "-m", `mount -t tmpfs none /proc || exit 90; "$HOSTWIRE" draw -f text; echo "status $?"`)
	assert.Equal(t, "status 1\n", e.stdout)
	assert.Contains(t, e.stderr, "/proc")
	assert.Equal(t, 1, strings.Count(e.stderr, "\n"), "one line: %q", e.stderr)
}

func TestHiddenProcesses(t *testing.T) {
	netns := lab(t)
	testkit.RequireTool(t, "setpriv", "util-linux")
	const mount = "mount -t proc -o hidepid=2 none /proc || exit 90; "
	e := inShell(t, "-m", mount+`"$HOSTWIRE" `+quoted(drawLab(netns)))
	assert.Zero(t, e.status, e.stderr)
	assert.Contains(t, e.stdout, "left", "root sees all the same")
	assert.Empty(t, notesOn(e, netns))

	e = inShell(t, "-m", mount+`setpriv --reuid 65534 --regid 65534 --clear-groups "$HOSTWIRE" draw -f text --no-engines`)
	assert.Zero(t, e.status, e.stderr)
	assert.Contains(t, e.stdout, "only as far as an ordinary user may see it")
}

// notesOn returns the notes on the namespace or on all of the host. There can be others, on what other
// tests do meanwhile.
func notesOn(e ended, netns string) (notes []string) {
	for line := range strings.Lines(e.stderr) {
		if strings.Contains(line, netns) || strings.Contains(line, "note: this host") {
			notes = append(notes, line)
		}
	}
	return notes
}

func quoted(args []string) string {
	for i, arg := range args {
		args[i] = "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
	}
	return strings.Join(args, " ")
}

func TestAUserNamespaceWithoutRights(t *testing.T) {
	netns := lab(t)
	for _, flags := range []string{"-U", "-U -r", "-U -r -n"} {
		e := inShell(t, flags, `"$HOSTWIRE" draw -f text --no-engines`)
		assert.Zero(t, e.status, "%s: %s", flags, e.stderr)
		assert.Contains(t, e.stdout, "This picture is not complete", flags)
		assert.Contains(t, e.stderr, "this host: is ", "%s: what is missing is said", flags)
		assert.NotContains(t, e.stdout, "left", "%s: it is in %s", flags, netns)
	}
}

func TestASystemThatForbidsSomething(t *testing.T) {
	netns := lab(t)
	for _, tt := range []struct {
		filter       string
		shows, notes bool
		says         string
	}{
		{"setns is forbidden", false, true, "could not be looked into"},
		{"the kernel has no netfilter netlink", true, false, ""},
		{"openat2 and pidfd_getfd do not exist", true, true, ""},
		{"Landlock does not exist", true, false, ""},
	} {
		t.Run(tt.filter, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 2*promptly)
			defer cancel()
			cmd := command(ctx, append([]string{program(t)}, drawLab(netns)...)...)
			cmd.Env = append(cmd.Env, withoutCalls+"="+tt.filter)
			e := finish(t, cmd)
			assert.Zero(t, e.status, e.stderr)
			assert.Equal(t, tt.shows, strings.Contains(e.stdout, "left"), e.stdout)
			assert.Contains(t, e.stdout, netns)
			assert.Contains(t, e.stderr, tt.says)
			if !tt.notes {
				assert.Empty(t, notesOn(e, netns))
			}
		})
	}
}

func TestStandardOutputThatIsFull(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*promptly)
	defer cancel()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	require.NoError(t, err)
	defer full.Close()
	cmd := command(ctx, program(t), "draw", "-i", small, "-f", "svg")
	cmd.Stdout = full
	e := finish(t, cmd)
	assert.Equal(t, exitFailed, e.status)
	assert.Contains(t, e.stderr, "write standard output: no space left on device")
}
