package network

import (
	"context"
	"os"
	"strings"

	"github.com/thediveo/lxkns/model"
	"golang.org/x/sys/unix"
)

// maxOSRelease bounds how much of os-release is read, in bytes.
const maxOSRelease = 64 * 1024

// readHost reads what the host itself is called and runs.
func readHost(ctx context.Context, proc string) (host HostInfo) {
	pid := initialProcess(proc)
	if pid != 0 {
		names, _ := utsHostnames(proc, []model.PIDType{pid})
		host.Name = names[pid]
	}
	if host.Name == "" {
		host.Name, _ = os.Hostname()
	}
	var uts unix.Utsname
	if err := unix.Uname(&uts); err == nil {
		host.Kernel = unix.ByteSliceToString(uts.Release[:])
	}
	// kthreadd has the initial namespaces, but it also has the root directory of the time when there
	// was nothing else yet.
	for _, pid := range []model.PIDType{1, model.PIDType(os.Getpid())} {
		if host.OS = readOSName(ctx, proc, pid); host.OS != "" {
			break
		}
	}
	return host
}

func readOSName(ctx context.Context, proc string, pid model.PIDType) string {
	reader := rootFileReader{proc: proc, timeout: fileTimeout}
	_, files, err := reader.read(ctx, pid, []fileLimit{
		{path: "/etc/os-release", limit: maxOSRelease}, {path: "/usr/lib/os-release", limit: maxOSRelease},
	}, func(rootID) bool { return false })
	if err != nil {
		return ""
	}
	for _, file := range files {
		if name := parseOSRelease(file.text); file.err == nil && name != "" {
			return name
		}
	}
	return ""
}

// parseOSRelease returns PRETTY_NAME of os-release(5); empty if there is none.
func parseOSRelease(text string) string {
	for line := range strings.Lines(text) {
		value, ok := strings.CutPrefix(strings.TrimSpace(line), "PRETTY_NAME=")
		if !ok {
			continue
		}
		if len(value) >= 2 && (value[0] == '"' || value[0] == '\'') && value[len(value)-1] == value[0] {
			value = value[1 : len(value)-1]
		}
		return strings.NewReplacer(`\"`, `"`, `\$`, `$`, "\\`", "`", `\\`, `\`).Replace(value)
	}
	return ""
}
