package network

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/hostwire/hostwire/internal/unanswered"
	"github.com/thediveo/lxkns/model"
	"golang.org/x/sys/unix"
)

// The files below a process's root belong to whoever owns the container. They can be FIFOs,
// devices, links to files of the host, endless, or on a file system whose server never answers.
// Reading them here cannot leave that root, cannot have an effect on a device, and does not wait for
// long: what is known to be served by others is not touched, and for all else there is a time limit.

// Errors of reading a file below another process's root.
var (
	errNotRegular = errors.New("not a regular file")
	errNoAnswer   = errors.New("the file system does not answer")
	errStuck      = errors.New("left out, since the file systems of too many processes do not answer")
)

// fileTimeout bounds how long a process's files may take, all together. They are a few kilobytes,
// mostly in memory already.
const fileTimeout = 2 * time.Second

// maxStuck bounds how many threads of ours may hang on file systems that do not answer.
const maxStuck = 16

// rootFile is a file below a process's root as far as it was read.
type rootFile struct {
	text      string
	truncated bool // there is more than was asked for.
	err       error
}

// rootID identifies a root directory: processes with the same one see the same files. It is zero
// where the kernel does not tell mounts apart (before 5.8).
type rootID struct {
	mount, inode uint64
	major, minor uint32
}

// fileLimit names a file by its path from a process's root, with the bytes to read of it at most.
type fileLimit struct {
	path  string
	limit int
}

// rootFileReader reads files below the roots of processes.
type rootFileReader struct {
	proc    string        // where procfs is mounted.
	timeout time.Duration // for all files of one process.
	stuck   atomic.Int32  // threads at work, or waiting for a file system's answer.
}

// read reads the files below the root of a process, unless known says that the root's files are
// known already; then there are no contents. A file that does not exist, is not a regular file, or
// was not read in time has an error; an error of the root itself is the result's error.
func (r *rootFileReader) read(ctx context.Context, pid model.PIDType, files []fileLimit, known func(rootID) bool) (rootID, []rootFile, error) {
	if r.stuck.Load() >= maxStuck {
		return rootID{}, nil, errStuck
	}
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	type rootResult struct {
		id    rootID
		known bool
		err   error
	}
	// The channels have room for all that is ever sent: the goroutine can end even when nobody
	// listens any more by the time that the file system answers.
	roots := make(chan rootResult, 1)
	results := make(chan rootFile, len(files))
	r.stuck.Add(1)
	answered := unanswered.Asking()
	go func() {
		defer r.stuck.Add(-1)
		defer answered()
		base := r.proc + "/" + strconv.Itoa(int(pid))
		root, err := unix.Open(base+"/root", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if err != nil {
			roots <- rootResult{err: err}
			return
		}
		defer func() { _ = unix.Close(root) }()
		result := rootResult{id: identifyRoot(root)}
		result.known = result.id != rootID{} && known(result.id)
		roots <- result
		if result.known {
			return
		}
		served, err := readServedMounts(base + "/mountinfo")
		for _, file := range files {
			if ctx.Err() != nil {
				return
			}
			if err != nil {
				results <- rootFile{err: err}
				continue
			}
			results <- readBelow(&rootDir{root, served}, file)
		}
	}()
	var root rootResult
	select {
	case root = <-roots:
	case <-ctx.Done():
		return rootID{}, nil, errNoAnswer
	}
	if root.err != nil || root.known {
		return root.id, nil, root.err
	}
	contents := make([]rootFile, len(files))
	for i := range contents {
		select {
		case contents[i] = <-results:
		case <-ctx.Done():
			contents[i].err = errNoAnswer // as are all further ones, in no time.
		}
	}
	return root.id, contents, nil
}

// identifyRoot identifies a root directory, without asking the server of its file system.
func identifyRoot(root int) rootID {
	const wanted = unix.STATX_INO | unix.STATX_MNT_ID
	var stat unix.Statx_t
	err := unix.Statx(root, "", unix.AT_EMPTY_PATH|unix.AT_STATX_DONT_SYNC, wanted, &stat)
	if err != nil || stat.Mask&wanted != wanted {
		return rootID{}
	}
	return rootID{mount: stat.Mnt_id, inode: stat.Ino, major: stat.Dev_major, minor: stat.Dev_minor}
}

// readBelow reads one file, with all symbolic links resolved as if root were "/".
func readBelow(root *rootDir, file fileLimit) rootFile {
	fd, err := root.open(file.path, unix.S_IFREG)
	if err != nil {
		return rootFile{err: err}
	}
	defer func() { _ = unix.Close(fd) }()
	content, err := readAtMost(fd, file.limit+1)
	if err != nil {
		return rootFile{err: err}
	}
	if len(content) > file.limit {
		return rootFile{text: string(content[:file.limit]), truncated: true}
	}
	return rootFile{text: string(content)}
}

// readAtMost reads from a file up to its end or the limit, without waiting for more to come: the
// runtime's poller would.
func readAtMost(fd, limit int) (content []byte, err error) {
	for len(content) < limit {
		content = slices.Grow(content, min(limit-len(content), 4096))
		room := content[len(content):min(cap(content), limit)]
		n, err := unix.Read(fd, room)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return nil, err
		case n == 0:
			return content, nil
		}
		content = content[:len(content)+n]
	}
	return content, nil
}
