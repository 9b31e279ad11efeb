package network

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func TestNetworkNamespaceInAMountNamespaceWithoutProcesses(t *testing.T) {
	testkit.RequireRoot(t)
	tests := []struct {
		name string
		keep func(t *testing.T, mntns string) // takes hold of a mount namespace.
	}{
		{"held by an open file", func(t *testing.T, mntns string) {
			file, err := os.Open(mntns)
			require.NoError(t, err)
			t.Cleanup(func() { _ = file.Close() })
		}},
		{"held by a bind mount", func(t *testing.T, mntns string) {
			dir := t.TempDir()
			require.NoError(t, unix.Mount("none", dir, "tmpfs", 0, ""))
			t.Cleanup(func() { assert.NoError(t, unix.Unmount(dir, unix.MNT_DETACH)) })
			// A mount namespace can't be mounted where that would spread.
			require.NoError(t, unix.Mount("", dir, "", unix.MS_PRIVATE, ""))
			file := filepath.Join(dir, "mnt")
			require.NoError(t, os.WriteFile(file, nil, 0o600))
			require.NoError(t, unix.Mount(mntns, file, "", unix.MS_BIND, ""))
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			id := hideaway(t, "deephidden", func(path string) {
				dir := t.TempDir()
				script := fmt.Sprintf("mount -t tmpfs none %[1]s && touch %[1]s/net && mount --bind %[2]s %[1]s/net && echo ready && read x", dir, path)
				cmd := exec.Command("unshare", "--mount", "--propagation", "private", "sh", "-c", script)
				in, err := cmd.StdinPipe()
				require.NoError(t, err)
				out, err := cmd.StdoutPipe()
				require.NoError(t, err)
				require.NoError(t, cmd.Start())
				line, err := bufio.NewReader(out).ReadString('\n')
				require.NoError(t, err)
				require.Equal(t, "ready\n", line)
				test.keep(t, fmt.Sprintf("/proc/%d/ns/mnt", cmd.Process.Pid))
				require.NoError(t, in.Close())
				_ = cmd.Wait() // read meets the end and fails.
			})
			own, _ := statNamespace("/proc/self/ns/mnt")
			d := discoverLab(t)
			netns := d.Netns[id]
			require.NotNil(t, netns, "namespace was not discovered")
			findings := findingsAbout(d, netns)
			require.Len(t, findings, 1, "it is not shown as if it were empty")
			assert.Contains(t, findings[0].Message, "could not be looked into")
			in, _ := statNamespace("/proc/thread-self/ns/mnt")
			assert.Equal(t, own, in, "the calling thread stays where it was")
		})
	}
}
