package network

import (
	"errors"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// rootDir is the root directory of a process, below which strangers may have put what they like.
type rootDir struct {
	fd     int
	served servedMounts
}

// openRoot opens the root of a process; 0 means this program's own.
func openRoot(proc string, pid int) (*rootDir, error) {
	base, root := proc+"/self", "/"
	if pid != 0 {
		base = proc + "/" + strconv.Itoa(pid)
		root = base + "/root"
	}
	fd, err := unix.Open(root, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	served, err := readServedMounts(base + "/mountinfo")
	if err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	return &rootDir{fd, served}, nil
}

func (r *rootDir) close() { _ = unix.Close(r.fd) }

// handle opens a handle (O_PATH) of what is at a path below the root, with all symbolic links
// resolved as if it were "/". The path leads neither out of it nor through the magic links of
// procfs, and to no served file system.
func (r *rootDir) handle(path string) (fd int, err error) {
	if len(r.served) > 0 {
		return walkBelow(r.fd, path, r.served)
	}
	return openBelow(r.fd, path)
}

// open opens what is at a path below the root for reading, if it is of the type, such as
// unix.S_IFREG: opening anything else could wait, or mean something to a device.
func (r *rootDir) open(path string, kind uint32) (fd int, err error) {
	handle, err := r.handle(path)
	if err != nil {
		return -1, err
	}
	defer func() { _ = unix.Close(handle) }()
	var stat unix.Stat_t
	if err := unix.Fstat(handle, &stat); err != nil {
		return -1, err
	}
	if stat.Mode&unix.S_IFMT != kind {
		return -1, errNotRegular
	}
	var fs unix.Statfs_t
	if err := unix.Fstatfs(handle, &fs); err != nil {
		return -1, err
	}
	if madeUpTypes[int64(fs.Type)] {
		return -1, errMadeUp
	}
	// The handle's own file: there is no path left that someone could redirect meanwhile.
	return unix.Open("/proc/self/fd/"+strconv.Itoa(handle), unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
}

// errMadeUp says that a file is one of the kernel's.
var errMadeUp = errors.New("not a file of a disk")

// madeUpTypes are file systems whose files the kernel makes up. Some of them wait for something to
// happen, and some take what they tell away from others, such as /proc/kmsg.
var madeUpTypes = map[int64]bool{
	unix.BINFMTFS_MAGIC: true, unix.BPF_FS_MAGIC: true, unix.CGROUP2_SUPER_MAGIC: true, unix.CGROUP_SUPER_MAGIC: true,
	unix.DEBUGFS_MAGIC: true, unix.EFIVARFS_MAGIC: true, unix.NSFS_MAGIC: true, unix.PROC_SUPER_MAGIC: true,
	unix.PSTOREFS_MAGIC: true, unix.SECURITYFS_MAGIC: true, unix.SELINUX_MAGIC: true, unix.SMACK_MAGIC: true,
	unix.SYSFS_MAGIC: true, unix.TRACEFS_MAGIC: true,
}

// openBelow opens a handle where no mount is served. It is tried again where a rename on the way
// made it impossible for the kernel to tell (openat2(2), EAGAIN).
func openBelow(root int, path string) (handle int, err error) {
	for range 5 {
		handle, err = unix.Openat2(root, path, &unix.OpenHow{
			Flags:   unix.O_PATH | unix.O_CLOEXEC,
			Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS,
		})
		if err != unix.EAGAIN && err != unix.EINTR {
			break
		}
	}
	return handle, err
}

// maxLinks is how many symbolic links the kernel follows in a path.
const maxLinks = 40

// walkBelow opens a handle where some mounts are served: step by step, and no further than to the
// root of such a mount, which the kernel knows without asking.
func walkBelow(root int, path string, served servedMounts) (handle int, err error) {
	if _, err := unservedType(root, served); err != nil {
		return -1, err
	}
	var way []int // directories from the root on, which it is not part of.
	up := func() {
		_ = unix.Close(way[len(way)-1])
		way = way[:len(way)-1]
	}
	defer func() {
		for len(way) > 0 {
			up()
		}
	}()
	links := 0
	rest := strings.Split(path, "/")
	for len(rest) > 0 {
		name := rest[0]
		rest = rest[1:]
		switch name {
		case "", ".":
			continue
		case "..":
			if len(way) > 0 {
				up()
			}
			continue
		}
		in := root
		if len(way) > 0 {
			in = way[len(way)-1]
		}
		next, err := unix.Openat2(in, name, &unix.OpenHow{Flags: unix.O_PATH | unix.O_NOFOLLOW | unix.O_CLOEXEC})
		if err != nil {
			return -1, err
		}
		way = append(way, next)
		kind, err := unservedType(next, served)
		if err != nil {
			return -1, err
		}
		if kind != unix.S_IFLNK {
			continue
		}
		target, err := readLink(next)
		if err != nil {
			return -1, err
		}
		if links++; links > maxLinks {
			return -1, unix.ELOOP
		}
		up()
		for strings.HasPrefix(target, "/") && len(way) > 0 {
			up()
		}
		rest = append(strings.Split(target, "/"), rest...)
	}
	in := root
	if len(way) > 0 {
		in = way[len(way)-1]
	}
	return unix.FcntlInt(uintptr(in), unix.F_DUPFD_CLOEXEC, 3)
}

// unservedType returns the type of an open file (S_IFMT), unless its mount is served or not known.
func unservedType(fd int, served servedMounts) (kind uint32, err error) {
	const wanted = unix.STATX_TYPE | unix.STATX_MNT_ID
	var stat unix.Statx_t
	if err := unix.Statx(fd, "", unix.AT_EMPTY_PATH|unix.AT_STATX_DONT_SYNC, wanted, &stat); err != nil {
		return 0, err
	}
	if stat.Mask&wanted != wanted || served[stat.Mnt_id] {
		return 0, errServed
	}
	return uint32(stat.Mode) & unix.S_IFMT, nil
}

// readLink reads a symbolic link that is open, unless it is one of procfs, which can be magic.
func readLink(fd int) (string, error) {
	var fs unix.Statfs_t
	if err := unix.Fstatfs(fd, &fs); err != nil {
		return "", err
	}
	if fs.Type == unix.PROC_SUPER_MAGIC {
		return "", unix.ELOOP
	}
	var target [unix.PathMax]byte
	n, err := unix.Readlinkat(fd, "", target[:])
	if err != nil {
		return "", err
	}
	return string(target[:n]), nil
}
