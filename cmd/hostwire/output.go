package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
)

// unfinished are the files that were begun and not yet renamed to their place.
var unfinished struct {
	sync.Mutex
	paths map[string]bool
}

func setUnfinished(path string, begun bool) {
	unfinished.Lock()
	defer unfinished.Unlock()
	if unfinished.paths == nil {
		unfinished.paths = map[string]bool{}
	}
	if begun {
		unfinished.paths[path] = true
	} else {
		delete(unfinished.paths, path)
	}
}

// removeUnfinished removes what an interrupted run leaves half-written.
func removeUnfinished() {
	unfinished.Lock()
	defer unfinished.Unlock()
	for path := range unfinished.paths {
		_ = os.Remove(path)
	}
}

// writeOutput writes to the file at path, or to stdout for "" and "-". The output appears whole or
// not at all: a file is written beside its place and then renamed, standard output gets everything
// at once. Pipes and devices, which can't be renamed to, are written directly.
func writeOutput(path string, stdout io.Writer, write func(io.Writer) error) error {
	if path == "" || path == "-" {
		return writeStream(stdout, "standard output", write)
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return fmt.Errorf("write %s: it is a directory; name a file in it", path)
	case err == nil && !info.Mode().IsRegular():
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return outputError(path, err)
		}
		return errors.Join(writeStream(f, path, write), closeError(path, f))
	}
	return writeFile(path, write)
}

func writeStream(w io.Writer, name string, write func(io.Writer) error) error {
	var all bytes.Buffer
	if err := write(&all); err != nil {
		return err
	}
	if _, err := w.Write(all.Bytes()); err != nil {
		return outputError(name, err)
	}
	return nil
}

func closeError(name string, f *os.File) error {
	if err := f.Close(); err != nil {
		return outputError(name, err)
	}
	return nil
}

// writeFile writes beside path and renames. A symbolic link in the place is followed only for
// callers who could write there anyway: root replaces the link, so that nobody can make it write
// where it should not.
func writeFile(path string, write func(io.Writer) error) (err error) {
	target := path
	if os.Geteuid() != 0 {
		if resolved, err := filepath.EvalSymlinks(path); err == nil {
			target = resolved
		}
	}
	f, err := os.CreateTemp(filepath.Dir(target), "."+filepath.Base(target)+".*.part")
	if err != nil {
		return outputError(path, err)
	}
	part := f.Name()
	setUnfinished(part, true)
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(part)
		}
		setUnfinished(part, false)
	}()
	buffered := bufio.NewWriterSize(&diskWriter{f: f, name: path}, 1<<16)
	if err := write(buffered); err != nil {
		return err
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	if err := f.Chmod(outputMode(target)); err != nil {
		return outputError(path, err)
	}
	if uid, gid, ok := sudoCaller(); ok {
		if err := f.Chown(uid, gid); err != nil {
			return outputError(path, err)
		}
	}
	if err := f.Close(); err != nil {
		return outputError(path, err)
	}
	if err := os.Rename(part, target); err != nil {
		return outputError(path, err)
	}
	return nil
}

// diskWriter gives errors of the disk the name of the output, so that they are told from errors of
// what is being written.
type diskWriter struct {
	f    *os.File
	name string
}

func (w *diskWriter) Write(p []byte) (int, error) {
	n, err := w.f.Write(p)
	if err != nil {
		return n, outputError(w.name, err)
	}
	return n, nil
}

// outputMode is the mode of the file that is replaced, or what the umask leaves of rw-rw-rw-.
func outputMode(path string) os.FileMode {
	if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() {
		return info.Mode().Perm()
	}
	mask := syscall.Umask(0)
	syscall.Umask(mask)
	return os.FileMode(0o666 &^ mask)
}

// sudoCaller is the user who called sudo, to whom the output shall belong.
func sudoCaller() (uid, gid int, ok bool) {
	if os.Geteuid() != 0 {
		return 0, 0, false
	}
	uid, err := strconv.Atoi(os.Getenv("SUDO_UID"))
	if err != nil || uid <= 0 {
		return 0, 0, false
	}
	gid, err = strconv.Atoi(os.Getenv("SUDO_GID"))
	if err != nil || gid < 0 {
		return 0, 0, false
	}
	return uid, gid, true
}

// outputError says what to do about the usual troubles with output files.
func outputError(name string, err error) error {
	var cause error = err
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
