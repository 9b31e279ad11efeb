package network

import (
	"os"
	"strconv"
	"strings"

	"github.com/thediveo/lxkns/model"
	"golang.org/x/sys/unix"
)

// readOpenFiles finds out which of the processes have which sockets and TUN/TAP devices open, for
// discoveries whose namespaces someone else found.
func readOpenFiles(proc string, processes model.ProcessTable) (owners socketOwners, tuns []tunFile) {
	owners = socketOwners{}
	for pid := range processes {
		dir, err := os.Open(proc + "/" + strconv.Itoa(int(pid)) + "/fd")
		if err != nil {
			continue
		}
		names, _ := dir.Readdirnames(-1)
		for _, name := range names {
			fd, err := strconv.Atoi(name)
			if err != nil {
				continue
			}
			target, err := os.Readlink(dir.Name() + "/" + name)
			if err != nil {
				continue
			}
			if inode, ok := parseSocketLink(target); ok {
				owners[inode] = append(owners[inode], pid)
				continue
			}
			var stat unix.Statx_t
			if strings.HasPrefix(target, "/") &&
				unix.Statx(int(dir.Fd()), name, unix.AT_STATX_DONT_SYNC, unix.STATX_TYPE, &stat) == nil && isTunDevice(&stat) {
				tuns = append(tuns, tunFile{pid, fd})
			}
		}
		_ = dir.Close()
	}
	sortTunFiles(tuns)
	return owners, tuns
}

// parseSocketLink decodes the link of an open socket, "socket:[12345]".
func parseSocketLink(target string) (inode uint64, ok bool) {
	number, ok := strings.CutPrefix(target, "socket:[")
	if !ok {
		return 0, false
	}
	number, ok = strings.CutSuffix(number, "]")
	if !ok {
		return 0, false
	}
	inode, err := strconv.ParseUint(number, 10, 64)
	return inode, err == nil
}
