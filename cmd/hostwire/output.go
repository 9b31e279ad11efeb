package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
)

// unfinished are the files that were begun and not yet renamed to their place.
var unfinished struct {
	sync.Mutex
	paths map[string]bool
}

// begin creates a file for the output beside its place. There is no moment in which an interrupted
// run could leave it behind.
func begin(target string) (*os.File, error) {
	unfinished.Lock()
	defer unfinished.Unlock()
	f, err := os.CreateTemp(filepath.Dir(target), "."+filepath.Base(target)+".*.part")
	if err != nil {
		return nil, err
	}
	if unfinished.paths == nil {
		unfinished.paths = map[string]bool{}
	}
	unfinished.paths[f.Name()] = true
	return f, nil
}

// finished forgets a file that was renamed or removed.
func finished(path string) {
	unfinished.Lock()
	defer unfinished.Unlock()
	delete(unfinished.paths, path)
}

// removeUnfinished removes what an interrupted run leaves half-written. The run must end after it:
// the lock is kept, so that nothing new can be begun any more.
func removeUnfinished() {
	unfinished.Lock()
	for path := range unfinished.paths {
		_ = os.Remove(path)
	}
}

// output is where the result goes. It appears whole or not at all: a file is written beside its
// place and then renamed, standard output gets everything at once. Pipes and devices, which can't
// be renamed to, are written directly.
//
// It is opened before any work is done, so that a mistake shows early and privileges can be given
// up before the result is made.
type output struct {
	name   string    // for people.
	stream io.Writer // standard output, a pipe or a device; nil for a file.
	file   *os.File  // what was opened; nil for standard output.
	part   string    // the unfinished file beside target; empty for a stream.
	target string    // where it shall be.
	done   bool
}

// openOutput opens path, or stdout for "" and "-".
func openOutput(path string, stdout io.Writer) (*output, error) {
	if path == "" || path == "-" {
		return &output{name: "standard output", stream: stdout}, nil
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return nil, fmt.Errorf("write %s: it is a directory; name a file in it", path)
	case err == nil && !info.Mode().IsRegular():
		return openSpecial(path)
	}
	return openPart(path)
}

// openSpecial opens a pipe or a device that is written directly. Root does not write to one that a
// stranger put in the place, or made a symbolic link to.
func openSpecial(path string) (*output, error) {
	flags := os.O_WRONLY | syscall.O_NOCTTY
	if os.Geteuid() == 0 {
		place, err := os.Lstat(path)
		if err != nil {
			return nil, outputError(path, err)
		}
		if place.Mode()&os.ModeSymlink == 0 {
			flags |= syscall.O_NOFOLLOW
			err = harmless(path, place) // before opening, which waits where a pipe has no reader.
		} else if !belongsTo(place, 0) {
			err = fmt.Errorf("write %s: it is a symbolic link that root did not make; name another file", path)
		}
		if err != nil {
			return nil, err
		}
	}
	f, err := os.OpenFile(path, flags, 0)
	if err != nil {
		return nil, outputError(path, err)
	}
	info, err := f.Stat()
	if err != nil {
		err = outputError(path, err)
	} else {
		err = harmless(path, info)
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return &output{name: path, stream: f, file: f}, nil
}

// harmless refuses disks, and for root also what belongs to a stranger.
func harmless(path string, info os.FileInfo) error {
	uid, _, _ := sudoCaller()
	switch {
	case info.Mode()&os.ModeDevice != 0 && info.Mode()&os.ModeCharDevice == 0:
		return fmt.Errorf("write %s: it is a disk; name a file", path)
	case os.Geteuid() == 0 && !belongsTo(info, 0, uid):
		return fmt.Errorf("write %s: it is a pipe or device of somebody else; name another file", path)
	}
	return nil
}

// belongsTo tells whether a file is one of these users'.
func belongsTo(info os.FileInfo, uids ...int) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && slices.Contains(uids, int(stat.Uid))
}

// openPart opens a file beside path. A symbolic link in the place is followed only for callers who
// could write there anyway: root replaces the link, so that nobody can make it write where it
// should not.
func openPart(path string) (*output, error) {
	target := path
	if os.Geteuid() != 0 {
		if resolved, err := filepath.EvalSymlinks(path); err == nil {
			target = resolved
		}
	}
	f, err := begin(target)
	if err != nil {
		return nil, outputError(path, err)
	}
	o := &output{name: path, file: f, part: f.Name(), target: target}
	err = f.Chmod(outputMode(target))
	if uid, gid, ok := sudoCaller(); ok && err == nil {
		err = f.Chown(uid, gid)
	}
	if err != nil {
		o.discard()
		return nil, outputError(path, err)
	}
	return o, nil
}

// dir is the directory in which the output will be renamed, empty where it won't.
func (o *output) dir() string {
	if o.target == "" {
		return ""
	}
	return filepath.Dir(o.target)
}

// discard removes what was begun, unless the output is complete. It may be called at any time.
func (o *output) discard() {
	if o.done {
		return
	}
	o.done = true
	if o.file != nil {
		_ = o.file.Close()
	}
	if o.part != "" {
		_ = os.Remove(o.part)
		finished(o.part)
	}
}

// write writes the result and completes the output.
func (o *output) write(result func(io.Writer) error) error {
	defer o.discard()
	if o.stream != nil {
		var all bytes.Buffer
		if err := result(&all); err != nil {
			return err
		}
		if _, err := o.stream.Write(all.Bytes()); err != nil {
			return outputError(o.name, err)
		}
		if o.file != nil {
			if err := o.file.Close(); err != nil {
				return outputError(o.name, err)
			}
		}
		o.done = true
		return nil
	}
	buffered := bufio.NewWriterSize(diskWriter{o}, 1<<16)
	if err := result(buffered); err != nil {
		return err
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	if err := o.file.Close(); err != nil {
		return outputError(o.name, err)
	}
	if err := os.Rename(o.part, o.target); err != nil {
		return outputError(o.name, err)
	}
	o.done = true
	finished(o.part)
	return nil
}

// diskWriter gives errors of the disk the name of the output, so that they are told from errors of
// what is being written.
type diskWriter struct{ o *output }

func (w diskWriter) Write(p []byte) (int, error) {
	n, err := w.o.file.Write(p)
	if err != nil {
		return n, outputError(w.o.name, err)
	}
	return n, nil
}

// writeOutput opens path, writes and completes it, for results that need no preparation.
func writeOutput(path string, stdout io.Writer, result func(io.Writer) error) error {
	o, err := openOutput(path, stdout)
	if err != nil {
		return err
	}
	return o.write(result)
}

// outputMode is the mode of the file that is replaced, or what the umask leaves of rw-rw-rw-. A file
// that a stranger put in the place does not decide who may change root's.
func outputMode(path string) os.FileMode {
	uid, _, _ := sudoCaller()
	if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() && belongsTo(info, os.Geteuid(), uid) {
		return info.Mode().Perm()
	}
	mask := syscall.Umask(0)
	syscall.Umask(mask)
	return os.FileMode(0o666 &^ mask)
}

// sudoCaller is the user who called sudo, to whom the output shall belong.
func sudoCaller() (uid, gid int, ok bool) {
	if os.Geteuid() != 0 {
		return -1, -1, false
	}
	uid, err := strconv.Atoi(os.Getenv("SUDO_UID"))
	if err != nil || uid <= 0 {
		return -1, -1, false
	}
	gid, err = strconv.Atoi(os.Getenv("SUDO_GID"))
	if err != nil || gid < 0 {
		return -1, -1, false
	}
	return uid, gid, true
}

// outputError says what to do about the usual troubles with output files.
func outputError(name string, err error) error {
	cause := err
	var pathErr *os.PathError
	var linkErr *os.LinkError
	if errors.As(err, &pathErr) {
		cause = pathErr.Err
	} else if errors.As(err, &linkErr) {
		cause = linkErr.Err
	}
	remedy := ""
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		remedy = "; free some space, or name a file on another disk"
	case errors.Is(err, os.ErrNotExist):
		remedy = "; make the directory first"
	case errors.Is(err, os.ErrPermission), errors.Is(err, syscall.EROFS):
		remedy = "; name a file in a directory that you may write to"
	}
	return fmt.Errorf("write %s: %w%s", name, cause, remedy)
}
