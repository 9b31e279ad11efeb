package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// terminal is a terminal that remembers what was written to it.
type terminal struct {
	program *os.File // the program's side.
	mu      sync.Mutex
	shown   bytes.Buffer
}

// newTerminal opens a pair of pseudoterminals (pty(7)).
func newTerminal(t *testing.T) *terminal {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	number, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	require.NoError(t, err)
	require.NoError(t, unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0))
	side, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	term := &terminal{program: side}
	var reading sync.WaitGroup
	reading.Go(func() {
		part := make([]byte, 4096)
		for {
			n, err := master.Read(part)
			term.mu.Lock()
			term.shown.Write(part[:n])
			term.mu.Unlock()
			if err != nil { // EIO, when the last one on the other side is gone.
				return
			}
		}
	})
	t.Cleanup(func() {
		_ = side.Close()
		reading.Wait()
		_ = master.Close()
	})
	return term
}

func (term *terminal) text() string {
	term.mu.Lock()
	defer term.mu.Unlock()
	return term.shown.String()
}

// sluggish is work that takes seconds in one stage.
type sluggish struct {
	args  []string
	stage string // as the progress line names it.
	stdin bool   // whether standard input stays open without a word.
	pipe  bool   // whether standard output is a pipe that nobody reads.
}

// sluggishWork lists some for every stage. Output files are in the directory.
func sluggishWork(t *testing.T, dir string) map[string]sluggish {
	// An engine that takes calls, but never answers.
	socket := filepath.Join(t.TempDir(), "engine.sock")
	listener, err := net.Listen("unix", socket)
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	made := func(tenants int, more ...string) []string {
		return append([]string{"draw", "--fold", "0", "-i", fmt.Sprintf("synthetic:host bridge:4 tenant:%d", tenants)}, more...)
	}
	out := func(extension string) string { return filepath.Join(dir, "x."+extension) }
	return map[string]sluggish{
		"looking":              {args: []string{"draw", "--engine-socket", "docker=" + socket, "-o", out("svg")}, stage: "waiting for container engines"},
		"capturing":            {args: []string{"capture", "--engine-socket", "docker=" + socket, "-o", out("json")}, stage: "waiting for container engines"},
		"reading":              {args: []string{"draw", "-i", "-", "-o", out("svg")}, stdin: true, stage: "reading -"},
		"placing":              {args: made(8000, "-o", out("svg")), stage: ""},
		"placing with fdp":     {args: made(600, "--layout", "fdp", "-o", out("svg")), stage: "placing things with fdp"},
		"drawing a bitmap":     {args: made(200, "--scale", "5", "-o", out("png")), stage: "writing png"},
		"writing to somewhere": {args: made(300, "-f", "svg"), pipe: true, stage: "writing svg"},
	}
}

// start starts the work, with a terminal or a pipe as standard error.
func (s sluggish) start(t *testing.T, stderr *os.File) (cmd *running) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*promptly)
	t.Cleanup(cancel)
	c := command(ctx, append([]string{program(t)}, s.args...)...)
	c.Stderr = stderr
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	for _, stream := range []struct {
		wanted bool
		mine   int
		set    func(*os.File)
	}{{s.stdin, 1, func(f *os.File) { c.Stdin = f }}, {s.pipe, 0, func(f *os.File) { c.Stdout = f }}} {
		if !stream.wanted {
			continue
		}
		reader, writer, err := os.Pipe()
		require.NoError(t, err)
		t.Cleanup(func() { _, _ = reader.Close(), writer.Close() })
		stream.set([]*os.File{reader, writer}[1-stream.mine])
	}
	require.NoError(t, c.Start())
	w := &running{pid: c.Process.Pid, ended: make(chan struct{})}
	go func() {
		_ = c.Wait()
		w.status = c.ProcessState.ExitCode()
		close(w.ended)
	}()
	return w
}

// running is a process that was started.
type running struct {
	pid    int
	status int // only after it ended.
	ended  chan struct{}
}

func TestAnInterruptEndsEveryStageAtOnce(t *testing.T) {
	dir := t.TempDir()
	for name, work := range sluggishWork(t, dir) {
		t.Run(name, func(t *testing.T) {
			var took time.Duration
			for range 3 { // other tests can keep the machine from doing anything at once.
				term := newTerminal(t)
				cmd := work.start(t, term.program)
				require.Eventually(t, func() bool { return bytes.Contains([]byte(term.text()), []byte(work.stage+" … ")) },
					2*promptly, 5*time.Millisecond, "the stage is never told: %q", term.text())
				signalled := time.Now()
				require.NoError(t, syscall.Kill(cmd.pid, syscall.SIGINT))
				<-cmd.ended
				took = time.Since(signalled)
				assert.Equal(t, exitInterrupted, cmd.status)
				assert.Eventually(t, func() bool { return bytes.HasSuffix([]byte(term.text()), []byte("\r\x1b[Khostwire: interrupted\r\n")) },
					time.Second, 5*time.Millisecond, "the progress line is wiped first: %q", term.text())
				assert.Empty(t, contents(t, dir))
				assert.Eventually(t, func() bool { return syscall.Kill(-cmd.pid, 0) == syscall.ESRCH }, 2*time.Second, 5*time.Millisecond, "a child is left")
				if took < time.Second {
					break
				}
			}
			assert.Less(t, took, time.Second)
		})
	}
}

func TestProgressIsToldOnlyOnTerminalsAndOnlyOfLongWork(t *testing.T) {
	dir := t.TempDir()
	long := sluggishWork(t, dir)["looking"]
	t.Run("long work on a terminal", func(t *testing.T) {
		term := newTerminal(t)
		cmd := long.start(t, term.program)
		<-cmd.ended
		require.Zero(t, cmd.status, "%q", term.text())
		assert.Contains(t, term.text(), "waiting for container engines … 1.")
		assert.Contains(t, term.text(), "\r\x1b[Khostwire: note: ", "the line is wiped")
	})
	t.Run("long work without a terminal", func(t *testing.T) {
		stderr, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
		require.NoError(t, err)
		defer stderr.Close()
		began := time.Now()
		cmd := long.start(t, stderr)
		<-cmd.ended
		require.Zero(t, cmd.status)
		assert.Greater(t, time.Since(began), time.Second, "it must be long to tell anything")
		said, err := os.ReadFile(stderr.Name())
		require.NoError(t, err)
		assert.Contains(t, string(said), "hostwire: note: ")
		assert.NotContains(t, string(said), "…")
		assert.NotContains(t, string(said), "\r")
	})
	t.Run("short work on a terminal", func(t *testing.T) {
		term := newTerminal(t)
		began := time.Now()
		cmd := sluggish{args: []string{"draw", "-i", small, "-o", filepath.Join(dir, "x.svg")}}.start(t, term.program)
		<-cmd.ended
		require.Zero(t, cmd.status)
		if time.Since(began) < time.Second {
			assert.Empty(t, term.text())
		}
	})
}
