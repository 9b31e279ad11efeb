package network

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/thediveo/lxkns/model"
	"github.com/thediveo/lxkns/species"
	"golang.org/x/sys/unix"
)

// tunFile is a process's open file of a TUN/TAP device, attached to an interface or not.
type tunFile struct {
	pid model.PIDType
	fd  int
}

// sortTunFiles sorts open files by their processes, then by file descriptors.
func sortTunFiles(files []tunFile) {
	slices.SortFunc(files, func(a, b tunFile) int { return cmp.Or(cmp.Compare(a.pid, b.pid), cmp.Compare(a.fd, b.fd)) })
}

// Device numbers of TUN/TAP devices (Documentation/admin-guide/devices.txt of the kernel).
const (
	tunMajor = 10
	tunMinor = 200
)

// isTunDevice reports whether a file is a TUN/TAP device, under whatever path.
func isTunDevice(stat *unix.Statx_t) bool {
	return stat.Mode&unix.S_IFMT == unix.S_IFCHR && stat.Rdev_major == tunMajor && stat.Rdev_minor == tunMinor
}

// resolveTunTaps finds the processes that serve the TUN/TAP interfaces, from the files that
// processes have open, which come sorted. A process can hold interfaces of any namespace, so the
// name that its files tell is not enough: the kernel is asked for the namespace of each.
func resolveTunTaps(proc string, netnses NetworkNamespaces, processes model.ProcessTable, files []tunFile) (findings []Finding) {
	if len(files) == 0 {
		return nil
	}
	byName := map[string][]*TunTapAttrs{}
	for _, netns := range netnses.Sorted() {
		for _, nif := range netns.sortedNifs() {
			if tuntap, ok := nif.(TunTap); ok {
				attrs := tuntap.TunTap()
				byName[attrs.Name] = append(byName[attrs.Name], attrs)
			}
		}
	}
	for _, file := range files {
		process := processes[file.pid]
		if process == nil {
			continue
		}
		id, name, err := tunInterface(file)
		if err != nil {
			name = tunName(proc, file)
		}
		tuntap := pickTunTap(byName[name], process, id, err)
		switch {
		case tuntap != nil:
			if !slices.Contains(tuntap.Processors, process) {
				tuntap.Processors = append(tuntap.Processors, process)
			}
		case err != nil && !isGone(err) && len(byName[name]) > 0:
			findings = append(findings, Finding{
				Kind:    FindingRelation,
				Subject: fmt.Sprintf("process %s (PID %d)", process.Name, process.PID),
				Message: fmt.Sprintf("serves a TUN/TAP interface %s, but its namespace could not be told: %v", name, err),
			})
		}
	}
	return findings
}

// pickTunTap picks, from interfaces of the same name, the one in the namespace. Where the namespace
// could not be told (err), there must be no doubt: only one such interface, and in the process's own
// namespace.
func pickTunTap(candidates []*TunTapAttrs, process *model.Process, id species.NamespaceID, err error) *TunTapAttrs {
	if err != nil {
		if len(candidates) != 1 || process.Namespaces[model.NetNS] == nil {
			return nil
		}
		id = process.Namespaces[model.NetNS].ID()
	}
	for _, candidate := range candidates {
		if candidate.Netns != nil && candidate.Netns.Namespace != nil && candidate.Netns.ID() == id {
			return candidate
		}
	}
	return nil
}

// isGone reports whether an error only means that a process, or its file, is gone by now.
func isGone(err error) bool {
	return err == unix.ESRCH || err == unix.EBADF || err == unix.EBADFD || err == unix.ENOENT
}

// tunName returns the name of the interface that an open TUN/TAP file is attached to, in whatever
// namespace that is; empty if it is attached to none.
func tunName(proc string, file tunFile) string {
	info, err := os.ReadFile(proc + "/" + strconv.Itoa(int(file.pid)) + "/fdinfo/" + strconv.Itoa(file.fd))
	if err != nil {
		return ""
	}
	return parseTunInfo(string(info))
}

// parseTunInfo decodes the name of the interface from /proc/PID/fdinfo of a TUN/TAP device
// ("iff:\ttap0", tun_chr_show_fdinfo of drivers/net/tun.c); empty if it is not attached to one.
func parseTunInfo(info string) string {
	for line := range strings.Lines(info) {
		if name, found := strings.CutPrefix(line, "iff:"); found {
			return strings.TrimSpace(name)
		}
	}
	return ""
}

// tunInterface returns the network namespace and the name of the interface that an open TUN/TAP file
// is attached to, even when its process is in another namespace. It takes a copy of the file for a
// moment, as pidfd_getfd(2) allows to who could trace the process.
func tunInterface(file tunFile) (id species.NamespaceID, name string, err error) {
	pidfd, err := unix.PidfdOpen(int(file.pid), 0)
	if err != nil {
		return species.NoneID, "", err
	}
	defer func() { _ = unix.Close(pidfd) }()
	tun, err := unix.PidfdGetfd(pidfd, file.fd, 0)
	if err != nil {
		return species.NoneID, "", err
	}
	defer func() { _ = unix.Close(tun) }()
	// The process may have closed the file, and opened another one by this number.
	var stat unix.Stat_t
	if err := unix.Fstat(tun, &stat); err != nil {
		return species.NoneID, "", err
	}
	if stat.Mode&unix.S_IFMT != unix.S_IFCHR || stat.Rdev != unix.Mkdev(tunMajor, tunMinor) {
		return species.NoneID, "", unix.EBADF
	}
	request, err := unix.NewIfreq("")
	if err != nil {
		return species.NoneID, "", err
	}
	if err := unix.IoctlIfreq(tun, unix.TUNGETIFF, request); err != nil {
		return species.NoneID, "", err
	}
	netns, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(tun), unix.TUNGETDEVNETNS, 0)
	if errno != 0 {
		return species.NoneID, "", errno
	}
	defer func() { _ = unix.Close(int(netns)) }()
	if err := unix.Fstat(int(netns), &stat); err != nil {
		return species.NoneID, "", err
	}
	return species.NamespaceID{Dev: stat.Dev, Ino: stat.Ino}, request.Name(), nil
}
