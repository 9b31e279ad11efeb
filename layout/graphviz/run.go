package graphviz

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
	"unicode"

	"github.com/hostwire/hostwire/internal/confine"
	"golang.org/x/sys/unix"
)

// Bounds on one run of Graphviz.
const (
	timeMax      = 120 * time.Second
	outputMax    = 64 << 20 // bytes of JSON; 10,000 namespaces need 20 MB.
	complaintMax = 4 << 10  // bytes of standard error that are kept.
	memoryMax    = 8 << 30  // bytes of address space; WebAssembly reserves it generously.
	fileMax      = 64 << 20 // bytes of any file it writes.
	nobody       = 65534    // user and group that it runs as when we are root.
)

// runner starts a Graphviz for one layout, perhaps several times, with a directory of its own.
type runner struct {
	program program
	time    time.Duration // at most this long for each run.
	output  int           // at most so many bytes of output.
	dir     string        // private directory, for the helper's cache of machine code.
	asNoOne bool          // give up root for nobody.
}

// newRunner makes the private directory. close removes it.
func newRunner(p program) (*runner, error) {
	r := &runner{program: p, time: timeMax, output: outputMax, asNoOne: os.Geteuid() == 0 && confine.Has(unix.CAP_SETUID) && confine.Has(unix.CAP_CHOWN) && nobodyIsMapped()}
	dir, err := os.MkdirTemp("", "hostwire-graphviz-") // mode 0700
	if err != nil {
		return nil, fmt.Errorf("make a private directory: %w", err)
	}
	r.dir = dir
	if r.asNoOne {
		err = os.Chown(dir, nobody, nobody)
	}
	if err != nil {
		r.close()
		return nil, fmt.Errorf("give the private directory away: %w", err)
	}
	return r, nil
}

func (r *runner) close() { _ = os.RemoveAll(r.dir) }

// nobodyIsMapped tells whether nobody exists in this user namespace: in a container without it,
// root is not the machine's root, and there is nobody to become.
func nobodyIsMapped() bool {
	data, err := os.ReadFile("/proc/self/uid_map")
	return err != nil || maps(string(data), nobody)
}

// maps tells whether a uid_map (user_namespaces(7)) has the given ID.
func maps(uidMap string, id uint64) bool {
	for line := range strings.Lines(uidMap) {
		var first, outside, count uint64
		if n, _ := fmt.Sscan(line, &first, &outside, &count); n == 3 && id >= first && id-first < count {
			return true
		}
	}
	return false
}

// run lays out a graph and returns Graphviz's JSON.
func (r *runner) run(ctx context.Context, engine string, dot []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, r.time)
	defer cancel()
	type answer struct {
		out []byte
		err error
	}
	done := make(chan answer, 1)
	go func() {
		// The thread takes on what it then hands to its child: no_new_privs, which can't be taken
		// off again, and the duty that the child dies with it. So it is never given back; Go ends
		// the thread along with this function.
		runtime.LockOSThread()
		out, err := r.start(ctx, engine, dot)
		done <- answer{out, err}
	}()
	a := <-done
	return a.out, a.err
}

func (r *runner) start(ctx context.Context, engine string, dot []byte) ([]byte, error) {
	// The open file is what gets executed: nobody may not be allowed to walk to its path.
	file, err := os.Open(r.program.path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return nil, fmt.Errorf("set no_new_privs: %w", err)
	}
	stdout, stderr := &bounded{max: r.output}, &bounded{max: complaintMax}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	stdout.full = stop
	cmd := exec.CommandContext(ctx, "/proc/self/fd/3", r.program.arguments(engine)...)
	cmd.Args[0] = r.program.path
	cmd.ExtraFiles = []*os.File{file}
	cmd.Dir = "/"
	cmd.Env = []string{"TMPDIR=" + r.dir, "HOME=" + r.dir, "LC_ALL=C"}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(dot), stdout, stderr
	cmd.WaitDelay = time.Second
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if r.asNoOne {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", r.program.path, err)
	}
	// It waits for its input or ends in the meantime; no limit is late enough to matter.
	limit(cmd.Process.Pid, r.time)
	err = cmd.Wait()
	switch {
	case stdout.over:
		return nil, fmt.Errorf("%s wrote more than %d bytes", r.program.path, r.output)
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return nil, fmt.Errorf("%s took longer than allowed: choose another layout, or draw less with --only, --hide or --fold: %w", r.program.path, ctx.Err())
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, fmt.Errorf("%s failed: %w%s", r.program.path, err, lastLine(stderr.buf.String()))
	}
	return stdout.buf.Bytes(), nil
}

// limit bounds what a child may use. It holds no file that it could grow and its output is bounded
// by the reader, so this is about memory and time.
func limit(pid int, t time.Duration) {
	for resource, max := range map[int]uint64{
		unix.RLIMIT_AS:    memoryMax,
		unix.RLIMIT_CPU:   uint64(t/time.Second) + 1,
		unix.RLIMIT_FSIZE: fileMax,
		unix.RLIMIT_CORE:  0,
	} {
		_ = unix.Prlimit(pid, resource, &unix.Rlimit{Cur: max, Max: max}, nil) // fails if it has ended, or lowered it itself.
	}
}

// bounded keeps what is written to it up to a number of bytes.
type bounded struct {
	buf  bytes.Buffer
	max  int
	over bool
	full func() // called when there is more; nil to go on and forget the rest.
}

func (b *bounded) Write(p []byte) (int, error) {
	if room := b.max - b.buf.Len(); len(p) > room {
		b.over = true
		b.buf.Write(p[:room])
		if b.full != nil {
			b.full()
			return room, io.ErrShortWrite
		}
		return len(p), nil
	}
	return b.buf.Write(p)
}

// lastLine is the last line of a program's complaint, fit for a terminal.
func lastLine(complaint string) string {
	complaint = strings.TrimSpace(complaint)
	if i := strings.LastIndexByte(complaint, '\n'); i >= 0 {
		complaint = complaint[i+1:]
	}
	complaint = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, complaint)
	if runes := []rune(complaint); len(runes) > 200 {
		complaint = string(runes[:200]) + "…"
	}
	if complaint == "" {
		return ""
	}
	return ": " + complaint
}
