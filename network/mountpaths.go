package network

import (
	"bufio"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/thediveo/lxkns/species"
	"golang.org/x/sys/unix"
)

// maxMounts bounds the mounts that are looked at.
const maxMounts = 200_000

// readMountPaths returns the bind mounts of network namespaces, as the initial mount namespace has
// them; where that cannot be read, as our own has them. It is never nil.
func readMountPaths(proc string) map[species.NamespaceID][]string {
	pids := []string{"self"}
	if pid := initialProcess(proc); pid != 0 {
		pids = []string{strconv.Itoa(int(pid)), "self"}
	}
	for _, pid := range pids {
		file, err := os.Open(proc + "/" + pid + "/mountinfo")
		if err != nil {
			continue
		}
		mounts, _, err := parseNamespaceMounts(file)
		_ = file.Close()
		if err == nil {
			return mounts
		}
	}
	return map[species.NamespaceID][]string{}
}

// parseNamespaceMounts reads proc_pid_mountinfo(5) for bind mounts: those of network namespaces, with
// their sorted paths, and those of mount namespaces, with the first path of each.
func parseNamespaceMounts(r io.Reader) (paths map[species.NamespaceID][]string, mountNamespaces map[species.NamespaceID]string, err error) {
	paths = map[species.NamespaceID][]string{}
	mountNamespaces = map[species.NamespaceID]string{}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 256*1024)
	for count := 0; count < maxMounts && lines.Scan(); count++ {
		// 36 35 0:4 net:[4026532201] /run/netns/lab rw shared:1 - nsfs nsfs rw
		before, _, ok := strings.Cut(lines.Text(), " - nsfs ")
		fields := strings.Fields(before)
		if !ok || len(fields) < 5 {
			continue
		}
		id, kind, ok := parseMountedNamespace(fields[2], fields[3])
		path := unescapeMount(fields[4])
		if !ok || !strings.HasPrefix(path, "/") {
			continue
		}
		switch kind {
		case "mnt":
			if first, ok := mountNamespaces[id]; !ok || path < first {
				mountNamespaces[id] = path
			}
		case "net":
			if !slices.Contains(paths[id], path) {
				paths[id] = append(paths[id], path)
			}
		}
	}
	for _, list := range paths {
		slices.Sort(list)
	}
	return paths, mountNamespaces, lines.Err()
}

// parseMountedNamespace decodes a mount's device, "0:4", and root, "net:[4026532201]".
func parseMountedNamespace(device, root string) (id species.NamespaceID, kind string, ok bool) {
	major, minor, _ := strings.Cut(device, ":")
	maj, err1 := strconv.ParseUint(major, 10, 32)
	min, err2 := strconv.ParseUint(minor, 10, 32)
	kind, root, found := strings.Cut(root, ":[")
	root, closed := strings.CutSuffix(root, "]")
	ino, err3 := strconv.ParseUint(root, 10, 64)
	if !found || !closed || err1 != nil || err2 != nil || err3 != nil {
		return id, "", false
	}
	return species.NamespaceID{Dev: unix.Mkdev(uint32(maj), uint32(min)), Ino: ino}, kind, true
}

// unescapeMount undoes the kernel's octal escapes for white space and backslashes in mount paths.
func unescapeMount(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+4 <= len(s) {
			if code, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(code))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
