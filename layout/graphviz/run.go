package graphviz

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
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
	memoryMax    = 4 << 30  // bytes of address space; dot needs 300 MB for 1,000 namespaces.
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
	r := &runner{program: p, time: timeMax, output: outputMax, asNoOne: os.Geteuid() == 0 && mayActForOthers() && nobodyIsMapped()}
	dir, err := privateDir(r.asNoOne)
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

// mayActForOthers tells whether root has what it takes to start, end and clean up after nobody:
// a confined root has lost it.
func mayActForOthers() bool {
	for _, c := range []int{unix.CAP_SETUID, unix.CAP_SETGID, unix.CAP_CHOWN, unix.CAP_KILL, unix.CAP_DAC_OVERRIDE} {
		if !confine.Has(c) {
			return false
		}
	}
	return true
}

// privateDir makes a directory for this user alone where nobody else can replace it: in the
// temporary directory, unless that is the caller's and not safe, or others are to get through to
// it and can't.
func privateDir(forOthers bool) (string, error) {
	parent, err := filepath.EvalSymlinks(os.TempDir())
	if err == nil {
		err = trustedPath(parent, nil)
	}
	if err == nil && forOthers {
		err = open(parent)
	}
	if err != nil {
		if other := trustedPath("/tmp", nil); other != nil {
			return "", fmt.Errorf("neither %s nor /tmp is safe: %w", os.TempDir(), err)
		}
		parent = "/tmp"
	}
	return os.MkdirTemp(parent, "hostwire-graphviz-") // mode 0700, and not there before.
}

// open tells whether everyone can walk along a path.
func open(path string) error {
	for at := path; at != filepath.Dir(at); at = filepath.Dir(at) {
		info, err := os.Stat(at)
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o001 == 0 {
			return fmt.Errorf("%s is closed to others", at)
		}
	}
	return nil
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
	var out []byte
	var err error
	onOwnThread(func() { out, err = r.start(ctx, engine, dot) })
	return out, err
}

// onOwnThread runs f on a thread that ends with it. The thread takes on what it then hands to its
// child: no_new_privs, which can't be taken off again, and the duty that the child dies with it.
func onOwnThread(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // and never unlocked: Go ends the thread along with the goroutine.
		if unix.Gettid() == os.Getpid() {
			// The main thread can't end. While we sit on it, another goroutine gets another one.
			onOwnThread(f)
			runtime.UnlockOSThread()
			return
		}
		f()
	}()
	<-done
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
	if !r.program.helper {
		// The helper limits itself. prlimit(2) on a process that is nobody's needs more privileges
		// than root has in many a container, so the shell sets the limits before it becomes dot.
		cmd = exec.CommandContext(ctx, shell, append([]string{"-c", r.limits() + `exec "$0" "$@"`, "/proc/self/fd/3"}, r.program.arguments(engine)...)...)
	}
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

// shell is where POSIX systems have theirs.
const shell = "/bin/sh"

// limits are the shell's commands that bound memory, time and files.
func (r *runner) limits() string {
	return fmt.Sprintf("ulimit -v %d && ulimit -t %d && ulimit -f %d && ulimit -c 0 && ",
		memoryMax>>10, int(r.time/time.Second)+1, fileMax>>9)
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
