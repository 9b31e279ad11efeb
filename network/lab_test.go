package network

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// lookAt discovers this host without container engines and packet filters, and returns the network
// namespaces that testkit made under the names.
func lookAt(t *testing.T, names ...string) []*NetworkNamespace {
	t.Helper()
	d, err := Discover(context.Background(), Options{NoEngines: true, NoPorts: true})
	require.NoError(t, err)
	netnses := make([]*NetworkNamespace, len(names))
	for _, netns := range d.Netns {
		for i, name := range names {
			if slices.ContainsFunc(netns.Paths, func(path string) bool { return strings.HasSuffix(path, "/run/netns/"+name) }) {
				netnses[i] = netns
			}
		}
	}
	for i, name := range names {
		require.NotNil(t, netnses[i], "namespace %s is not found", name)
	}
	return netnses
}

// within calls a function on a thread in the network namespace that testkit made under the name.
func within(t testing.TB, name string, call func() error) {
	t.Helper()
	fd, err := unix.Open("/run/netns/"+name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	require.NoError(t, err)
	defer func() { _ = unix.Close(fd) }()
	require.NoError(t, callInNamespace(fd, call))
}

// connect connects two namespaces by a veth pair of the given interface names.
func connect(t testing.TB, a, nifA, b, nifB string) {
	t.Helper()
	testkit.IP(t, a, "link", "add", nifA, "type", "veth", "peer", "name", nifB, "netns", b)
	testkit.IP(t, a, "link", "set", nifA, "up")
	testkit.IP(t, b, "link", "set", nifB, "up")
}
