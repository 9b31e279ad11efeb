package network

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func countOf(t *testing.T, dir string) int {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	return len(entries)
}

// comesTrue waits for a condition, without a goroutine that would have to be counted.
func comesTrue(condition func() bool) bool {
	for range 500 {
		if condition() {
			return true
		}
		time.Sleep(10 * time.Millisecond)
	}
	return false
}

func TestDiscoveryLeavesNothingBehind(t *testing.T) {
	a, b := testkit.Netns(t, "a"), testkit.Netns(t, "b")
	testkit.Run(t, "ip", "link", "add", "w", "netns", a, "type", "veth", "peer", "name", "w", "netns", b)
	own, _ := statNamespace("/proc/self/ns/net")
	discover := func(rounds int) {
		for range rounds {
			d, err := Discover(context.Background(), Options{NoEngines: true})
			require.NoError(t, err)
			n := named(t, d.Netns, a)
			require.NoError(t, n.OpenInNetworkNamespace(func() error { return nil }))
		}
	}
	discover(3)
	fds, goroutines, threads := countOf(t, "/proc/self/fd"), runtime.NumGoroutine(), countOf(t, "/proc/self/task")
	discover(10)
	assert.True(t, comesTrue(func() bool { return runtime.NumGoroutine() <= goroutines }),
		"%d goroutines before, %d after", goroutines, runtime.NumGoroutine())
	assert.True(t, comesTrue(func() bool { return countOf(t, "/proc/self/fd") <= fds }),
		"%d file descriptors before, %d after", fds, countOf(t, "/proc/self/fd"))
	// The runtime may make a thread or two of its own; ten discoveries with several threads each would
	// be many more.
	assert.True(t, comesTrue(func() bool { return countOf(t, "/proc/self/task") <= threads+4 }),
		"%d threads before, %d after", threads, countOf(t, "/proc/self/task"))

	// Every thread that is left is where it came from.
	tasks, err := os.ReadDir("/proc/self/task")
	require.NoError(t, err)
	for _, task := range tasks {
		if id, ok := statNamespace("/proc/self/task/" + task.Name() + "/ns/net"); ok {
			assert.Equal(t, own, id, "thread %s", task.Name())
		}
	}
}

func TestThreadThatCannotGoBackIsNotUsedAgain(t *testing.T) {
	a := testkit.Netns(t, "a")
	id, ok := statNamespace("/run/netns/" + a)
	require.True(t, ok)
	ns, err := openRef([]string{"/run/netns/" + a}, id)
	require.NoError(t, err)
	defer unix.Close(ns)
	own, _ := statNamespace("/proc/self/ns/net")
	var stuck int
	// What is called drops the privilege that going back takes, for its thread only.
	require.NoError(t, callInNamespace(ns, func() error {
		stuck = unix.Gettid()
		header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
		var none [2]unix.CapUserData
		return unix.Capset(&header, &none[0])
	}))
	assert.True(t, comesTrue(func() bool {
		_, err := os.Stat("/proc/self/task/" + strconv.Itoa(stuck))
		return os.IsNotExist(err)
	}), "the thread ends")
	for range 100 {
		done := make(chan struct{})
		go func() {
			defer close(done)
			in, _ := statNamespace(threadNetns)
			assert.Equal(t, own, in)
		}()
		<-done
	}
}

func TestDiscoveryEndsWithItsContext(t *testing.T) {
	testkit.RequireRoot(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := Discover(ctx, Options{NoEngines: true})
	assert.ErrorIs(t, err, context.Canceled)
}

// asOrdinaryUser is set for the part of the test that runs without root.
const asOrdinaryUser = "HOSTWIRE_TEST_AS_ORDINARY_USER"

func TestDiscoveryWithoutRoot(t *testing.T) {
	if os.Getenv(asOrdinaryUser) != "" {
		discoverAsOrdinaryUser(t)
		return
	}
	testkit.Netns(t, "unseen")
	dir, err := os.MkdirTemp("", "hostwire")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	require.NoError(t, os.Chmod(dir, 0o755))
	self, err := os.ReadFile("/proc/self/exe")
	require.NoError(t, err)
	binary := filepath.Join(dir, "network.test")
	require.NoError(t, os.WriteFile(binary, self, 0o755))
	cmd := exec.Command(binary, "-test.run", "^TestDiscoveryWithoutRoot$", "-test.v")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), asOrdinaryUser+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Contains(t, string(out), "PASS: TestDiscoveryWithoutRoot")
}

func discoverAsOrdinaryUser(t *testing.T) {
	require.NotZero(t, os.Geteuid())
	d, err := Discover(context.Background(), Options{NoEngines: true, NoPorts: true})
	require.NoError(t, err)
	own, ok := statNamespace("/proc/self/ns/net")
	require.True(t, ok)
	require.NotNil(t, d.Netns[own])
	assert.NotNil(t, d.Netns[own].NamedNifs["lo"], "one's own namespace is open to all")
	var privilege []Finding
	for _, finding := range d.Findings {
		if finding.Kind == FindingPrivilege {
			privilege = append(privilege, finding)
		}
		assert.NotEqual(t, FindingRelation, finding.Kind, "%s %s", finding.Subject, finding.Message)
	}
	require.NotEmpty(t, privilege)
	for _, finding := range privilege {
		assert.Contains(t, finding.Remedy, "root")
	}
}
