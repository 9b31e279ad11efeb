// Package testkit is what tests of several packages share: they say what they need, build real
// network namespaces, and leave nothing behind.
//
// A missing part skips the test with a reason; under HOSTWIRE_CI=1 it fails it, since there every
// part is meant to be installed. It is imported by tests only.
package testkit

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// Missing ends the test because a part that it needs is not there.
func Missing(t testing.TB, part, remedy string) {
	t.Helper()
	if os.Getenv("HOSTWIRE_CI") == "1" {
		t.Fatalf("%s is missing under HOSTWIRE_CI=1: %s", part, remedy)
	}
	t.Skipf("%s is missing: %s", part, remedy)
}

// RequireRoot ends the test unless it runs as root.
func RequireRoot(t testing.TB) {
	t.Helper()
	if os.Geteuid() != 0 {
		Missing(t, "root", "run the tests with sudo")
	}
}

// RequireTool ends the test unless the program is installed, and returns its path.
func RequireTool(t testing.TB, name, debianPackage string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		for _, dir := range []string{"/usr/sbin/", "/sbin/"} {
			if _, err := os.Stat(dir + name); err == nil {
				return dir + name
			}
		}
		Missing(t, name, "install Debian package "+debianPackage)
	}
	return path
}

// Run runs a command that must succeed within 30 seconds, and returns its standard output.
func Run(t testing.TB, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v: %s", name, strings.Join(args, " "), err, stderr.String())
	}
	return string(out)
}

var serial atomic.Uint32

// Netns makes a network namespace under a name of its own in /run/netns, and removes it when the
// test ends. It needs root and iproute2. The name starts with hwt, so that strays can be told.
func Netns(t testing.TB, hint string) string {
	t.Helper()
	RequireRoot(t)
	RequireTool(t, "ip", "iproute2")
	name := fmt.Sprintf("hwt%d-%d-%s", os.Getpid(), serial.Add(1), hint)
	Run(t, "ip", "netns", "add", name)
	t.Cleanup(func() {
		if out, err := exec.Command("ip", "netns", "delete", name).CombinedOutput(); err != nil && !strings.Contains(string(out), "No such file") {
			t.Errorf("removing namespace %s: %v: %s", name, err, out)
		}
	})
	return name
}

// IP runs ip(8) inside a named network namespace.
func IP(t testing.TB, netns string, args ...string) string {
	t.Helper()
	return Run(t, "ip", append([]string{"-n", netns}, args...)...)
}

// Start starts a program inside a named network namespace and ends it with the test. The program
// is what /run/netns would see as a tenant; its PID is returned.
func Start(t testing.TB, netns string, name string, args ...string) int {
	t.Helper()
	cmd := exec.Command("ip", append([]string{"netns", "exec", netns, name}, args...)...)
	if err := cmd.Start(); err != nil {
		t.Fatalf("starting %s in %s: %v", name, netns, err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd.Process.Pid
}
