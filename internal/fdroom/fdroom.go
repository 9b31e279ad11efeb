// Package fdroom makes room for many open files before they are needed. The kernel starts a process
// with a table for 64 files and makes a larger one whenever that is full; each time, a process with
// several threads waits for an RCU grace period, which takes ten milliseconds and more, with all its
// threads that open something (expand_fdtable of fs/file.c in Linux).
//
// It opens nothing for longer than a moment, and never raises limits.
package fdroom

import "golang.org/x/sys/unix"

// Make makes room for that many open files, as far as the process may open as many. It returns when
// the kernel is done, and is meant to run beside work that does not open many files yet. Where it
// fails, the table grows as it would have.
func Make(files int) {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) != nil || limit.Cur < 1 {
		return
	}
	highest := int(min(uint64(files), limit.Cur)) - 1
	fd, err := unix.Open("/", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	defer unix.Close(fd)
	// The table grows to hold the number that is asked for, and stays as large.
	if last, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, highest); err == nil {
		_ = unix.Close(last)
	}
}
