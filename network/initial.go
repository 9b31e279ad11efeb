package network

import (
	"os"
	"strconv"
	"strings"

	"github.com/thediveo/lxkns/model"
	"github.com/thediveo/lxkns/species"
	"golang.org/x/sys/unix"
)

// initialInode is the inode number of the initial network namespace since Linux 6.18
// (PROC_NET_INIT_INO of include/uapi/linux/nsfs.h); older kernels number it like any other.
const initialInode = 0xeffffff9

// initialProcess returns a process that is in the initial namespaces and lets them be seen: PID 1,
// or where that is unreadable even for root, the kernel's own kthreadd, which is always PID 2. It is
// 0 if neither can be seen.
func initialProcess(proc string) model.PIDType {
	if _, ok := netnsOf(proc, 1); ok {
		return 1
	}
	if _, ok := netnsOf(proc, 2); ok && isKernelThreadDaemon(proc, 2) {
		return 2
	}
	return 0
}

// kernelThread is the flag of threads of the kernel itself (PF_KTHREAD of include/linux/sched.h).
const kernelThread = 0x200000

// isKernelThreadDaemon tells kthreadd from a process of a container that happens to be PID 2 in
// there: the daemon has no parent, and the kernel says that it is a thread of its own.
func isKernelThreadDaemon(proc string, pid model.PIDType) bool {
	stat, err := os.ReadFile(proc + "/" + strconv.Itoa(int(pid)) + "/stat")
	if err != nil {
		return false
	}
	_, rest, ok := strings.Cut(string(stat), " (kthreadd) ")
	fields := strings.Fields(rest)
	if !ok || len(fields) < 7 || fields[1] != "0" {
		return false
	}
	flags, err := strconv.ParseUint(fields[6], 10, 32)
	return err == nil && flags&kernelThread != 0
}

// threadOfKernel tells whether a process is one of the kernel thread daemon's threads, if it is PID 2
// that is the daemon. Programs that the kernel starts are its children too, but have arguments.
func threadOfKernel(p *model.Process) bool {
	return p.PPID == 2 && strings.Join(p.Cmdline, "") == ""
}

// netnsOf returns the identifier of a process's network namespace.
func netnsOf(proc string, pid model.PIDType) (id species.NamespaceID, ok bool) {
	return statNamespace(proc + "/" + strconv.Itoa(int(pid)) + "/ns/net")
}

func statNamespace(path string) (id species.NamespaceID, ok bool) {
	var stat unix.Stat_t
	if err := unix.Stat(path, &stat); err != nil {
		return species.NoneID, false
	}
	return species.NamespaceID{Dev: stat.Dev, Ino: stat.Ino}, true
}

// markInitial finds the initial network namespace. Where no process shows it, it goes by the inode
// number; failing that, by our own namespace, which is then said to be a guess.
func markInitial(proc string, netnses NetworkNamespaces) (findings []Finding) {
	if pid := initialProcess(proc); pid != 0 {
		if id, ok := netnsOf(proc, pid); ok && netnses[id] != nil {
			netnses[id].Initial = true
			return nil
		}
	}
	for id, netns := range netnses {
		if id.Ino == initialInode {
			netns.Initial = true
			return nil
		}
	}
	own, ok := statNamespace(proc + "/self/ns/net")
	if !ok || netnses[own] == nil {
		return nil
	}
	netnses[own].Initial = true
	return []Finding{{
		Kind:    FindingSystem,
		Subject: "initial network namespace",
		Message: "could not be told, as the namespaces of processes 1 and 2 are unreadable; hostwire's own is taken for it",
		Remedy:  "run as root, in the host's PID namespace",
		Netns:   netnses[own],
	}}
}
