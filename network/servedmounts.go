package network

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
)

// servedMounts are the identifiers of mounts whose files come from a program (FUSE) or from another
// machine. A thread that asks such a server for anything can hang in the kernel for as long as the
// server likes, and neither giving up privileges nor ending works until then: both concern all
// threads. So nothing is ever asked of these mounts.
type servedMounts map[uint64]bool

// errServed says that something was not looked at because it is on such a mount, or behind one.
var errServed = errors.New("the file system is served by a program or another machine, which need not answer")

// remoteTypes are file systems that other machines serve. Users can't mount them, and a system whose
// root is on one lives off it anyway.
var remoteTypes = map[string]bool{
	"9p": true, "afs": true, "autofs": true, "ceph": true, "cifs": true, "coda": true, "lustre": true,
	"ncpfs": true, "nfs": true, "nfs4": true, "orangefs": true, "smb3": true, "smbfs": true,
}

// parseServedMounts reads proc_pid_mountinfo(5); it returns nil if there are none.
func parseServedMounts(r io.Reader) (served servedMounts, err error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 256<<10)
	for count := 0; lines.Scan(); count++ {
		if count == maxMounts {
			return nil, errServed // what follows is not known.
		}
		// 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
		before, after, _ := bytes.Cut(lines.Bytes(), []byte(" - "))
		kind, _, _ := bytes.Cut(after, []byte(" "))
		fuse := bytes.HasPrefix(kind, []byte("fuse"))
		if !fuse && !remoteTypes[string(kind)] {
			continue
		}
		fields := strings.Fields(string(before))
		if len(fields) < 5 || !fuse && fields[4] == "/" {
			continue
		}
		id, err := strconv.ParseUint(fields[0], 10, 64)
		if err != nil {
			continue
		}
		if served == nil {
			served = servedMounts{}
		}
		served[id] = true
	}
	if lines.Err() != nil {
		return nil, errServed
	}
	return served, nil
}

// readServedMounts reads which mounts below a process's root are served. Who is gone has none.
func readServedMounts(path string) (servedMounts, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, nil //nolint:nilerr // its root can't be opened either, then.
	}
	defer func() { _ = file.Close() }()
	return parseServedMounts(file)
}
