package network

import (
	"testing"

	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The interface goes after routes and sockets were read that lead to it.
func TestRoutesAndSocketsOfAnInterfaceThatVanished(t *testing.T) {
	a, b := testkit.Netns(t, "a"), testkit.Netns(t, "b")
	testkit.Run(t, "ip", "link", "add", "w", "netns", a, "type", "veth", "peer", "name", "w", "netns", b)
	testkit.IP(t, a, "address", "add", "192.0.2.1/24", "dev", "w")
	testkit.IP(t, a, "link", "set", "w", "up")
	s := newScan(Options{}, findNamespaces(t.Context(), Options{}))
	t.Cleanup(s.close)
	s.look(t.Context())
	na := named(t, s.netns, a)
	w := nifNamed(t, na, "w")
	na.Portsv4 = append(na.Portsv4, ProcessSocket{Nifs: Interfaces{w, nifNamed(t, na, "lo")}})
	require.NotEmpty(t, na.Routesv4)
	require.Same(t, w, na.Routesv4[0].Nif)
	testkit.IP(t, a, "link", "delete", "w")
	na.removeNif(w)
	s.relate()
	for _, route := range na.Routesv4 {
		assert.Nil(t, route.Nif, "%v", route.Destination)
	}
	for _, socket := range na.Portsv4 {
		assert.NotContains(t, socket.Nifs, w)
		assert.Len(t, socket.Nifs, 1)
	}
}
