package network

import (
	"bytes"
	"context"
	"io"
	"os"
	"slices"

	"github.com/thediveo/lxkns/model"
	"github.com/thediveo/lxkns/species"
	"golang.org/x/sys/unix"
)

// maxHiddenMounts bounds how many mount namespaces without processes are visited.
const maxHiddenMounts = 256

// visitHiddenMounts looks for network namespaces that are bind-mounted in mount namespaces without
// any process, and in those that in turn are only bind-mounted there. What is mounted can only be
// seen by going there.
func (f *finder) visitHiddenMounts(ctx context.Context) {
	seen := map[species.NamespaceID]bool{}
	for len(f.hidden) > 0 && len(seen) < maxHiddenMounts && ctx.Err() == nil {
		hidden := f.hidden
		f.hidden = nil
		slices.SortFunc(hidden, func(a, b hiddenMounts) int { return compareRefs(a.ref, b.ref) })
		for _, h := range hidden {
			if !seen[h.id] && len(seen) < maxHiddenMounts {
				seen[h.id] = f.visitHidden(h, seen)
			}
		}
		for _, h := range hidden {
			_ = unix.Close(h.fd)
		}
	}
	for _, h := range f.hidden {
		_ = unix.Close(h.fd)
	}
	f.hidden = nil
}

// visitHidden visits one mount namespace and tells whether it could.
func (f *finder) visitHidden(h hiddenMounts, seen map[species.NamespaceID]bool) bool {
	visited := false
	done := make(chan struct{})
	go func() {
		defer close(done)
		// The thread ends with its goroutine: it shares its working directory with no other any more.
		offMainThread(func() {
			mountinfo, err := enterMounts(h.fd)
			if err != nil {
				return
			}
			paths, mounts, err := parseNamespaceMounts(bytes.NewReader(mountinfo))
			if err != nil {
				return
			}
			visited = true
			for id, list := range paths {
				for _, path := range list {
					f.add(id, append(slices.Clone(h.ref), path))
				}
			}
			for id, path := range mounts {
				if !seen[id] {
					f.noteMountNamespace(id, append(slices.Clone(h.ref), path), func() (int, error) {
						return openHiddenMount(path, mountinfo, id)
					})
				}
			}
		})
	}()
	<-done
	return visited
}

// openHiddenMount opens a bind mount of a namespace in the mount namespace that the thread is in.
func openHiddenMount(path string, mountinfo []byte, id species.NamespaceID) (fd int, err error) {
	served, err := parseServedMounts(bytes.NewReader(mountinfo))
	if err != nil {
		return -1, err
	}
	slash, err := unix.Open("/", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	root := &rootDir{slash, served}
	defer root.close()
	look, err := root.handle(path)
	if err != nil {
		return -1, err
	}
	defer unix.Close(look)
	return openHandle(look, id)
}

// enterMounts brings the thread into a mount namespace, for good, and returns what is mounted there
// as proc_pid_mountinfo(5) has it. proc need not be mounted there.
func enterMounts(fd int) ([]byte, error) {
	const maxMountinfo = 64 << 20
	self, err := unix.Open("/proc/thread-self", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(self)
	if err := unix.Unshare(unix.CLONE_FS); err != nil {
		return nil, err
	}
	if err := unix.Setns(fd, unix.CLONE_NEWNS); err != nil {
		return nil, err
	}
	mountinfo, err := unix.Openat(self, "mountinfo", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	file := os.NewFile(uintptr(mountinfo), "mountinfo")
	defer func() { _ = file.Close() }()
	return io.ReadAll(io.LimitReader(file, maxMountinfo))
}

// hiddenMounts is a mount namespace without processes.
type hiddenMounts struct {
	id  species.NamespaceID
	ref model.NamespaceRef
	fd  int // of the namespace.
}

// noteMountNamespace notes a mount namespace that something other than a process holds, if no
// process is in it. It is opened once.
func (f *finder) noteMountNamespace(id species.NamespaceID, ref model.NamespaceRef, open func() (int, error)) {
	if _, ok := f.known.mntns[id]; ok {
		return
	}
	f.mu.Lock()
	known := len(f.hidden) >= maxHiddenMounts || slices.ContainsFunc(f.hidden, func(h hiddenMounts) bool { return h.id == id })
	f.mu.Unlock()
	if known {
		return
	}
	fd, err := open()
	if err != nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hidden = append(f.hidden, hiddenMounts{id, ref, fd})
}
