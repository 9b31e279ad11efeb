package network

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/thediveo/lxkns/model"
	"github.com/thediveo/lxkns/species"
	"golang.org/x/sys/unix"
)

// errNamespaceGone tells that a namespace cannot be reached any more, as what kept it has ended.
var errNamespaceGone = errors.New("the namespace is gone")

// openNamespace returns a file descriptor for the network namespace, which the caller closes. It
// tries all known ways and makes sure that it is the very namespace, since process IDs and paths
// can mean something else by now.
func openNamespace(netns model.Namespace, more []model.NamespaceRef, paths []string) (fd int, err error) {
	if netns == nil {
		return -1, errors.New("no namespace to open")
	}
	var failure error
	for _, ref := range namespaceRefs(netns, more, paths) {
		fd, err := openRef(ref, netns.ID())
		if err == nil {
			return fd, nil
		}
		// Losing the right to look says more than that a process ended.
		if failure == nil || errors.Is(failure, errNamespaceGone) {
			failure = err
		}
	}
	if failure == nil {
		failure = errNamespaceGone
	}
	return -1, fmt.Errorf("open %s:[%d]: %w", netns.Type().Name(), netns.ID().Ino, failure)
}

// namespaceRefs lists the ways to a network namespace, the most likely first.
func namespaceRefs(netns model.Namespace, more []model.NamespaceRef, paths []string) (refs []model.NamespaceRef) {
	if ref := netns.Ref(); len(ref) > 0 {
		refs = append(refs, ref)
	}
	pids := slices.Clone(netns.LeaderPIDs())
	slices.Sort(pids)
	for _, pid := range append(pids, netns.LooseThreadIDs()...) {
		refs = append(refs, model.NamespaceRef{"/proc/" + strconv.Itoa(int(pid)) + "/ns/net"})
	}
	refs = append(refs, more...)
	for _, path := range paths {
		refs = append(refs, model.NamespaceRef{path})
	}
	return refs
}

// openRef opens what a reference leads to, if it is the network namespace with the identifier.
func openRef(ref model.NamespaceRef, id species.NamespaceID) (fd int, err error) {
	switch {
	case len(ref) == 1:
		if pid, number, ok := parseFdPath(ref[0]); ok {
			if target, err := os.Readlink(ref[0]); err == nil && strings.HasPrefix(target, "socket:") {
				return openSocketNamespace(pid, number, id)
			}
		}
		return openNamespaceFile(ref[0], id)
	case len(ref) == 2:
		pid, ok := pidOfProcPath(ref[0])
		if !ok || !strings.HasSuffix(ref[0], "/ns/mnt") {
			return -1, fmt.Errorf("mount namespace %s has no process to look through", ref[0])
		}
		return openInRootOf(pid, ref[1], id)
	default:
		return -1, fmt.Errorf("reference %s is out of reach", ref)
	}
}

// openInRootOf opens a path as a process sees it. No symbolic link in it leads out of that
// process's root.
func openInRootOf(pid int, path string, id species.NamespaceID) (fd int, err error) {
	root, err := openRoot("/proc", pid)
	if err != nil {
		return -1, goneOr(err)
	}
	defer root.close()
	look, err := root.handle(path)
	if err != nil {
		return -1, goneOr(err)
	}
	defer unix.Close(look)
	return openHandle(look, id)
}

// openNamespaceFile opens a file of nsfs by its path here.
func openNamespaceFile(path string, id species.NamespaceID) (fd int, err error) {
	look, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, goneOr(err)
	}
	defer unix.Close(look)
	return openHandle(look, id)
}

// openHandle opens the file of nsfs that a handle (O_PATH) is of. Only when it is known to be the
// right one it is really opened: anything else could be a FIFO or a device to which opening means
// something.
func openHandle(look int, id species.NamespaceID) (fd int, err error) {
	if err := verifyNamespace(look, id); err != nil {
		return -1, err
	}
	fd, err = unix.Open("/proc/self/fd/"+strconv.Itoa(look), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, goneOr(err)
	}
	return fd, nil
}

// openSocketNamespace opens the network namespace that another process's socket belongs to.
func openSocketNamespace(pid, number int, id species.NamespaceID) (fd int, err error) {
	pidfd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return -1, goneOr(err)
	}
	defer unix.Close(pidfd)
	socket, err := unix.PidfdGetfd(pidfd, number, 0)
	if err != nil {
		return -1, goneOr(err)
	}
	defer unix.Close(socket)
	fd, err = unix.IoctlRetInt(socket, unix.SIOCGSKNS)
	if err != nil {
		return -1, goneOr(err)
	}
	unix.CloseOnExec(fd)
	if err := verifyNamespace(fd, id); err != nil {
		_ = unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// verifyNamespace makes sure that a file descriptor is of the namespace with the identifier. An
// identifier without a device is one that only tells the inode.
func verifyNamespace(fd int, id species.NamespaceID) error {
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil {
		return err
	}
	var fs unix.Statfs_t
	if err := unix.Fstatfs(fd, &fs); err != nil {
		return err
	}
	if fs.Type != unix.NSFS_MAGIC || stat.Ino != id.Ino || id.Dev != 0 && stat.Dev != id.Dev {
		return errNamespaceGone
	}
	return nil
}

// goneOr tells errors that come of something having ended from others.
func goneOr(err error) error {
	for _, ended := range []error{unix.ENOENT, unix.ESRCH, unix.EBADF, unix.ENOTDIR, unix.ENXIO} {
		if errors.Is(err, ended) {
			return errNamespaceGone
		}
	}
	return err
}

// parseFdPath takes apart a path of the form /proc/PID/fd/NUMBER.
func parseFdPath(path string) (pid, number int, ok bool) {
	fields := strings.Split(path, "/")
	if len(fields) != 5 || fields[0] != "" || fields[1] != "proc" || fields[3] != "fd" {
		return 0, 0, false
	}
	pid, err := strconv.Atoi(fields[2])
	if err != nil || pid <= 0 {
		return 0, 0, false
	}
	number, err = strconv.Atoi(fields[4])
	return pid, number, err == nil && number >= 0
}

// pidOfProcPath returns the process that a path of the form /proc/PID/… is about.
func pidOfProcPath(path string) (pid int, ok bool) {
	rest, ok := strings.CutPrefix(path, "/proc/")
	if !ok {
		return 0, false
	}
	number, _, _ := strings.Cut(rest, "/")
	pid, err := strconv.Atoi(number)
	return pid, err == nil && pid > 0
}
