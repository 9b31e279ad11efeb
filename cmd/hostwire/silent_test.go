package main

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/hostwire/hostwire/internal/unanswered"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// silentMount mounts, in a shell, a file system whose server never answers.
const silentMount = "exec 9<>/dev/fuse && mount -i -t fuse -o fd=9,rootmode=40000,user_id=0,group_id=0 dead "

// File systems that never answer, in the places of what is looked at in containers: the run ends in
// time, says what it did not read, and shows all the rest. A thread that waited for an answer would
// keep the process from giving up its privileges, and from ending.
func TestFileSystemsThatNeverAnswer(t *testing.T) {
	testkit.RequireRoot(t)
	if _, err := os.Stat("/dev/fuse"); err != nil {
		testkit.Missing(t, "/dev/fuse", "load the kernel module fuse")
	}
	unshare := testkit.RequireTool(t, "unshare", "util-linux")
	ready := t.TempDir()
	start := func(netns, script string) {
		t.Helper()
		mark := fmt.Sprintf("%s/%s", ready, netns)
		// From the mount on the shell starts no more programs, whose libraries might be out of reach.
		testkit.Start(t, netns, unshare, "-m", "--propagation", "private", "sh", "-c",
			fmt.Sprintf("mkfifo %[1]s.end && exec 8<>%[1]s.end && %[2]s && : > %[1]s && read end <&8", mark, script))
		require.Eventually(t, func() bool { return unix.Access(mark, unix.F_OK) == nil }, 10*time.Second, 10*time.Millisecond)
	}
	var labs []string
	for name, script := range map[string]string{
		"file":   "mount -t tmpfs none /etc && mkdir /etc/dead && ln -s dead/hosts /etc/hosts && " + silentMount + "/etc/dead",
		"etc":    silentMount + "/etc",
		"engine": "mount -t tmpfs none /run && mkdir /run/docker && " + silentMount + "/run/docker",
	} {
		netns := testkit.Netns(t, name)
		testkit.IP(t, netns, "link", "add", "left"+name, "type", "veth", "peer", "name", "right")
		start(netns, script)
		labs = append(labs, "left"+name)
	}
	// A namespace that nothing but a mount behind such a file system holds.
	hidden := testkit.Netns(t, "hidden")
	holder := testkit.Netns(t, "holder")
	start(holder, "mount -t tmpfs none /mnt && mkdir -p /mnt/dead/deep && touch /mnt/dead/deep/net && mount --bind /run/netns/"+hidden+
		" /mnt/dead/deep/net && "+silentMount+"/mnt/dead")
	testkit.Run(t, "ip", "netns", "delete", hidden)

	e := hostwire(t, "draw", "-f", "text", "--detail", "full", "--fold", "0")
	require.Zero(t, e.status, e.stderr)
	for _, left := range labs {
		assert.Contains(t, e.stdout, left, "the rest of the picture is right")
	}
	assert.Contains(t, e.stderr, "/etc/hosts could not be read: the file system is served by a program")
	assert.Contains(t, e.stderr, "could not be looked into: the file system is served by a program")
	t.Logf("%v", e.took)
}

// Where a thread hangs all the same, no privilege can be given up: then nothing is drawn, rather
// than drawn with privileges or never.
func TestPrivilegesAreNotGivenUpWhileAThreadHangs(t *testing.T) {
	answered := unanswered.Asking()
	err := giveUp(streams{confine: true}, &output{}, false)
	require.ErrorContains(t, err, "does not answer")
	answered()
	require.True(t, allAnswer(time.Minute))
}
