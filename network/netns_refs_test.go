package network

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/thediveo/lxkns/species"
	"golang.org/x/sys/unix"
)

// hideaway makes a namespace with an interface to tell it by and lets keep take hold of it, then
// removes its name, so that nothing but what keep holds is left of it.
func hideaway(t *testing.T, marker string, keep func(path string)) species.NamespaceID {
	t.Helper()
	name := testkit.Netns(t, "hidden")
	testkit.IP(t, name, "link", "add", marker, "type", "bridge")
	id, ok := statNamespace("/run/netns/" + name)
	require.True(t, ok)
	keep("/run/netns/" + name)
	testkit.Run(t, "ip", "netns", "delete", name)
	return id
}

// requireReachable checks that the namespace is discovered with its interface, and that every way of
// opening something in it works.
func requireReachable(t *testing.T, d *Discovery, id species.NamespaceID, marker string) {
	t.Helper()
	netns := d.Netns[id]
	require.NotNil(t, netns, "namespace was not discovered")
	nifNamed(t, netns, marker)
	assert.Empty(t, findingsAbout(d, netns))

	handle, err := netns.OpenNetlink()
	require.NoError(t, err)
	defer handle.Close()
	_, err = handle.LinkByName(marker)
	assert.NoError(t, err)

	fd, err := netns.OpenEthtool()
	require.NoError(t, err)
	defer unix.Close(fd)
	request, err := unix.NewIfreq(marker)
	require.NoError(t, err)
	assert.NoError(t, unix.IoctlIfreq(fd, unix.SIOCGIFINDEX, request))

	require.NoError(t, netns.OpenInNetworkNamespace(func() error {
		in, ok := statNamespace(threadNetns)
		assert.True(t, ok)
		assert.Equal(t, id, in)
		return nil
	}))
	own, _ := statNamespace("/proc/self/ns/net")
	in, _ := statNamespace(threadNetns)
	assert.Equal(t, own, in, "the calling thread stays where it was")
}

func TestNamespaceHeldOnlyByAnOpenFile(t *testing.T) {
	var file *os.File
	id := hideaway(t, "heldbyfd", func(path string) {
		var err error
		file, err = os.Open(path)
		require.NoError(t, err)
	})
	defer file.Close()
	requireReachable(t, discoverLab(t), id, "heldbyfd")
}

func TestNamespaceHeldOnlyByASocket(t *testing.T) {
	socket := -1
	id := hideaway(t, "heldbysocket", func(path string) {
		file, err := os.Open(path)
		require.NoError(t, err)
		defer file.Close()
		require.NoError(t, callInNamespace(int(file.Fd()), func() (err error) {
			socket, err = unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
			return err
		}))
	})
	defer unix.Close(socket)
	requireReachable(t, discoverLab(t), id, "heldbysocket")
}

func TestNamespaceBindMountedOnlyInAnotherMountNamespace(t *testing.T) {
	unshare := testkit.RequireTool(t, "unshare", "util-linux")
	id := hideaway(t, "heldbymount", func(path string) {
		// The link in the path is one that only means what it should within the other root.
		startAndWait(t, unshare, "--mount", "--propagation", "private", "sh", "-c",
			"mount -t tmpfs none /mnt && mkdir /mnt/deep && touch '/mnt/deep/a name' && "+
				"mount --bind "+path+" '/mnt/deep/a name' && echo ready && exec sleep 60")
	})
	d := discoverLab(t)
	requireReachable(t, d, id, "heldbymount")
	assert.Empty(t, d.Netns[id].Paths, "the initial mount namespace has no path to it")
	assert.Contains(t, d.Netns[id].Ref().String(), "/mnt/deep/a name")
}

// startAndWait starts a program that says when it is ready, and ends it with the test.
func startAndWait(t *testing.T, name string, args ...string) (pid int) {
	t.Helper()
	cmd := exec.Command(name, args...)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	line, _ := bufio.NewReader(out).ReadString('\n')
	require.Equal(t, "ready", strings.TrimSpace(line), "%s did not start", name)
	return cmd.Process.Pid
}

func TestNamespaceOfAProcessInAnotherMountNamespaceUnderItsBindMounts(t *testing.T) {
	a := testkit.Netns(t, "a")
	link := filepath.Join(t.TempDir(), "bound")
	require.NoError(t, os.WriteFile(link, nil, 0o600))
	testkit.Run(t, "mount", "--bind", "/run/netns/"+a, link)
	t.Cleanup(func() { testkit.Run(t, "umount", link) })

	d := discoverLab(t)
	netns := named(t, d.Netns, a)
	assert.Contains(t, netns.Paths, link)
	assert.Contains(t, netns.Paths, "/run/netns/"+a)
	assert.IsIncreasing(t, netns.Paths)
}

func TestOpenRefusesWhatIsNotTheNamespace(t *testing.T) {
	testkit.RequireRoot(t)
	a, b := testkit.Netns(t, "a"), testkit.Netns(t, "b")
	other, ok := statNamespace("/run/netns/" + b)
	require.True(t, ok)

	_, err := openNamespaceFile("/run/netns/"+a, other)
	assert.ErrorIs(t, err, errNamespaceGone, "a path can lead to another namespace by now")

	fifo := filepath.Join(t.TempDir(), "fifo")
	require.NoError(t, unix.Mkfifo(fifo, 0o600))
	_, err = openNamespaceFile(fifo, other)
	assert.ErrorIs(t, err, errNamespaceGone, "a FIFO must not be waited for")

	_, err = openRef([]string{"/proc/self/fd/999999"}, other)
	assert.ErrorIs(t, err, errNamespaceGone)
	_, err = openRef([]string{"/a", "/b", "/c"}, other)
	assert.Error(t, err)
}

func TestSymbolicLinksDoNotLeadOutOfAProcessRoot(t *testing.T) {
	testkit.RequireRoot(t)
	a := testkit.Netns(t, "a")
	id, ok := statNamespace("/run/netns/" + a)
	require.True(t, ok)
	unshare := testkit.RequireTool(t, "unshare", "util-linux")
	pid := startAndWait(t, unshare, "--mount", "--propagation", "private", "sh", "-c",
		"mount -t tmpfs none /mnt && mkdir -p /mnt/root/bin && ln -s /run/netns/"+a+" /mnt/root/way && "+
			"mount --bind /mnt/root /mnt/root && echo ready && exec sleep 60")
	_, err := openInRootOf(pid, "/mnt/root/way", id)
	assert.NoError(t, err, "the link leads somewhere within this root")
	_, err = openInRootOf(pid, "/mnt/root/none", id)
	assert.ErrorIs(t, err, errNamespaceGone)
}
