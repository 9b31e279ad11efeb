package network

import (
	"testing"

	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/thediveo/lxkns/species"
	"golang.org/x/sys/unix"
)

func TestNamespacesThatCannotHaveSocketsAreNotAsked(t *testing.T) {
	testkit.RequireRoot(t)
	empty, populated := plainNetns(1), plainNetns(2, process(10, "a"))
	tunnel, held := plainNetns(3), plainNetns(4)
	tunnel.addNif(&NifAttrs{Index: 2, Name: "vx", Kind: "vxlan"})
	empty.addNif(&NifAttrs{Index: 2, Name: "eth0", Kind: "veth"})
	c := &visitContext{sockets: map[species.NamespaceID]bool{held.ID(): true}}
	assert.False(t, c.mayHaveSockets(empty))
	assert.True(t, c.mayHaveSockets(populated))
	assert.True(t, c.mayHaveSockets(tunnel), "the kernel itself listens")
	assert.True(t, c.mayHaveSockets(held), "a process elsewhere has one")
	assert.True(t, (&visitContext{}).mayHaveSockets(empty), "nobody looked")
}

func TestSocketOfAProcessElsewhereIsFound(t *testing.T) {
	netns := testkit.Netns(t, "a")
	id, ok := statNamespace("/run/netns/" + netns)
	require.True(t, ok)
	testkit.IP(t, netns, "link", "set", "lo", "up")
	ns, err := openRef([]string{"/run/netns/" + netns}, id)
	require.NoError(t, err)
	defer unix.Close(ns)
	var socket int
	require.NoError(t, callInNamespace(ns, func() (err error) {
		if socket, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0); err != nil {
			return err
		}
		if err = unix.Bind(socket, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}, Port: 4711}); err != nil {
			return err
		}
		return unix.Listen(socket, 1)
	}))
	defer unix.Close(socket)
	d, err := Discover(t.Context(), Options{NoEngines: true, NoPorts: true})
	require.NoError(t, err)
	require.NotNil(t, d.Netns[id])
	require.Len(t, d.Netns[id].Portsv4, 1)
	assert.EqualValues(t, 4711, d.Netns[id].Portsv4[0].LocalPort)
}
