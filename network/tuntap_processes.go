package network

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/thediveo/lxkns/model"
	"github.com/thediveo/lxkns/species"
	"golang.org/x/sys/unix"
)

// tunFile is a process's open file of a TUN/TAP device that is attached to an interface.
type tunFile struct {
	pid  model.PIDType
	fd   int
	name string // of the interface, in the interface's own namespace.
}

// resolveTunTaps finds the processes that serve the TUN/TAP interfaces. A process can hold
// interfaces of any namespace, so the name that its files tell is not enough: the kernel is asked
// for the namespace of each. Without any TUN/TAP interface, nothing is looked at.
func resolveTunTaps(proc string, netnses NetworkNamespaces, processes model.ProcessTable) (findings []Finding) {
	byName := map[string][]*TunTapAttrs{}
	for _, netns := range netnses.Sorted() {
		for _, nif := range netns.sortedNifs() {
			if tuntap, ok := nif.(TunTap); ok {
				attrs := tuntap.TunTap()
				byName[attrs.Name] = append(byName[attrs.Name], attrs)
			}
		}
	}
	if len(byName) == 0 {
		return nil
	}
	for _, file := range findTunFiles(proc, processes) {
		process := processes[file.pid]
		id, name, err := tunInterface(file)
		if err == nil {
			file.name = name // the file may have been attached anew since.
		}
		candidates := byName[file.name]
		if len(candidates) == 0 {
			continue // of a namespace that is out of sight.
		}
		tuntap := pickTunTap(candidates, process, id, err)
		if tuntap != nil {
			if !slices.Contains(tuntap.Processors, process) {
				tuntap.Processors = append(tuntap.Processors, process)
			}
			continue
		}
		if err != nil && !isGone(err) {
			findings = append(findings, Finding{
				Kind:    FindingRelation,
				Subject: fmt.Sprintf("process %s (PID %d)", process.Name, process.PID),
				Message: fmt.Sprintf("serves a TUN/TAP interface %s, but its namespace could not be told: %v", file.name, err),
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

// findTunFiles returns the files of TUN/TAP devices that processes have open and attached to an
// interface, by PID and file descriptor.
func findTunFiles(proc string, processes model.ProcessTable) (files []tunFile) {
	pids := make([]model.PIDType, 0, len(processes))
	for pid := range processes {
		pids = append(pids, pid)
	}
	slices.Sort(pids)
	for _, pid := range pids {
		base := proc + "/" + strconv.Itoa(int(pid))
		for _, fd := range openFiles(base + "/fd") {
			number := strconv.Itoa(fd)
			// Only the link is read: asking for the file itself could wait for a dead server.
			target, err := os.Readlink(base + "/fd/" + number)
			if err != nil || !mayBeTunDevice(target) {
				continue
			}
			info, err := os.ReadFile(base + "/fdinfo/" + number)
			if err != nil {
				continue
			}
			if name := parseTunInfo(string(info)); name != "" {
				files = append(files, tunFile{pid: pid, fd: fd, name: name})
			}
		}
	}
	return files
}

// openFiles returns the file descriptors listed in a process's fd directory, in order.
func openFiles(directory string) (fds []int) {
	dir, err := os.Open(directory)
	if err != nil {
		return nil
	}
	defer func() { _ = dir.Close() }()
	names, _ := dir.Readdirnames(-1)
	for _, name := range names {
		if fd, err := strconv.Atoi(name); err == nil && fd >= 0 {
			fds = append(fds, fd)
		}
	}
	slices.Sort(fds)
	return fds
}

// mayBeTunDevice reports whether an open file's link can be that of a TUN/TAP device: a node named
// so, wherever it is. Sockets, pipes, and the like have no path.
func mayBeTunDevice(target string) bool {
	target = strings.TrimSuffix(target, " (deleted)")
	return strings.HasPrefix(target, "/") && strings.HasSuffix(target, "tun")
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

// Device numbers of /dev/net/tun (Documentation/admin-guide/devices.txt of the kernel).
const (
	tunMajor = 10
	tunMinor = 200
)
