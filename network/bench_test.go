package network

import (
	"context"
	"fmt"
	"testing"

	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/stretchr/testify/require"
)

// BenchmarkDiscover discovers the host with a number of further namespaces, each with a veth to one
// bridge.
func BenchmarkDiscover(b *testing.B) {
	testkit.RequireRoot(b)
	hub := testkit.Netns(b, "hub")
	testkit.IP(b, hub, "link", "add", "br0", "type", "bridge")
	made := 0
	for _, size := range []int{1, 10, 50} {
		for ; made < size; made++ {
			name := testkit.Netns(b, fmt.Sprintf("leaf%d", made))
			testkit.IP(b, hub, "link", "add", fmt.Sprintf("veth%d", made), "master", "br0", "type", "veth", "peer", "name", "eth0", "netns", name)
		}
		b.Run(fmt.Sprintf("namespaces=%d", size), func(b *testing.B) {
			for b.Loop() {
				d, err := Discover(context.Background(), Options{NoEngines: true})
				require.NoError(b, err)
				require.Greater(b, len(d.Netns), size)
			}
		})
	}
}
