package network

import (
	"runtime"
	"strconv"

	"github.com/thediveo/lxkns/model"
	"golang.org/x/sys/unix"
)

// utsHostnames returns the host names that uname(2) tells to each of the processes: those of their
// UTS namespaces. Processes whose namespace could not be entered are not in the result, and denied
// tells whether that was for lack of privilege.
//
// The namespaces are visited by one thread, one after the other. A thread that cannot return to
// the namespace that it came from is not used again.
func utsHostnames(proc string, pids []model.PIDType) (hostnames map[model.PIDType]string, denied bool) {
	hostnames = map[model.PIDType]string{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		offMainThread(func() { denied = visitAllUTS(proc, pids, hostnames) })
	}()
	<-done
	return hostnames, denied
}

// visitAllUTS fills in the host names of the processes. It is called on a locked thread, which it
// unlocks only where it came from.
func visitAllUTS(proc string, pids []model.PIDType, hostnames map[model.PIDType]string) (denied bool) {
	own, err := unix.Open("/proc/thread-self/ns/uts", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		runtime.UnlockOSThread()
		return false
	}
	defer func() { _ = unix.Close(own) }()
	moved := false
	names := map[uint64]string{} // by the namespaces' inode numbers.
	for _, pid := range pids {
		hostname, ok, err := visitUTS(proc, pid, own, names, &moved)
		denied = denied || err == unix.EPERM || err == unix.EACCES
		if ok {
			hostnames[pid] = hostname
		}
	}
	if !moved || unix.Setns(own, unix.CLONE_NEWUTS) == nil {
		runtime.UnlockOSThread()
	}
	return denied
}

// visitUTS returns the host name of a process's UTS namespace, and takes the calling thread there
// unless the name is known, or the namespace is its own.
func visitUTS(proc string, pid model.PIDType, own int, names map[uint64]string, moved *bool) (hostname string, ok bool, err error) {
	fd, err := unix.Open(proc+"/"+strconv.Itoa(int(pid))+"/ns/uts", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", false, err
	}
	defer func() { _ = unix.Close(fd) }()
	var here, there unix.Stat_t
	if err := unix.Fstat(fd, &there); err != nil {
		return "", false, err
	}
	if name, known := names[there.Ino]; known {
		return name, true, nil
	}
	if err := unix.Fstat(own, &here); err != nil {
		return "", false, err
	}
	if *moved || here.Ino != there.Ino {
		if err := unix.Setns(fd, unix.CLONE_NEWUTS); err != nil {
			return "", false, err
		}
		*moved = true
	}
	var uts unix.Utsname
	if err := unix.Uname(&uts); err != nil {
		return "", false, err
	}
	name := unix.ByteSliceToString(uts.Nodename[:])
	if !isSaneName(name) {
		name = ""
	}
	names[there.Ino] = name
	return name, true, nil
}
