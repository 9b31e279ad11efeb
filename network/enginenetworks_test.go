package network

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hostwire/hostwire/internal/testkit"
)

// What is no file is not opened in the place of a network's configuration, though a pipe may tell of a
// fine one.
func TestCNIConfigurationsAreFiles(t *testing.T) {
	testkit.RequireRoot(t)
	unshare := testkit.RequireTool(t, "unshare", "util-linux")
	const conf = `{"name":"%s","nerdctlID":"1","plugins":[{"type":"bridge","bridge":"br-%s"}]}`
	pid := startAndWait(t, unshare, "--mount", "--propagation", "private", "sh", "-c", `
		mount -t tmpfs none /etc && mkdir -p /etc/cni/net.d && cd /etc/cni/net.d || exit
		mkfifo 1.conflist && mknod 2.conflist c 1 5 && mkdir 3.conflist && ln -s /dev/zero 4.conflist || exit
		exec 3<>1.conflist && printf '`+conf+`' pipe pipe >&3
		printf '`+conf+`' file file >5.conflist && echo ready && exec sleep 60`)
	told := make(chan []toldNetwork, 1)
	go func() { told <- cniNetworks(&engineSocket{kind: engineContainerd, root: pid, fd: -1}, "containerd") }()
	select {
	case networks := <-told:
		require.Len(t, networks, 1)
		assert.Equal(t, "file", networks[0].Name)
	case <-time.After(10 * time.Second):
		t.Fatal("the pipe is read")
	}
}
