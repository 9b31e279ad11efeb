package network

import (
	"testing"

	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func TestDumpsOfMoreThanIsRead(t *testing.T) {
	a := testkit.Netns(t, "many")
	testkit.IP(t, a, "link", "add", "left", "type", "veth", "peer", "name", "right")
	for _, address := range []string{"192.0.2.1/24", "192.0.2.2/24", "192.0.2.3/24"} {
		testkit.IP(t, a, "address", "add", address, "dev", "left")
	}
	id, ok := statNamespace("/run/netns/" + a)
	require.True(t, ok)
	ns, err := openRef([]string{"/run/netns/" + a}, id)
	require.NoError(t, err)
	defer unix.Close(ns)
	require.NoError(t, callInNamespace(ns, func() error {
		fd, err := rawNetlinkSocket(unix.NETLINK_ROUTE)
		require.NoError(t, err)
		defer unix.Close(fd)
		var sequence dumpSequence
		links, err := dumpLinks(fd, &sequence, 2, newRawLink)
		assert.ErrorIs(t, err, errTooMany)
		assert.Len(t, links, 2)
		addresses, err := dumpAddresses(fd, &sequence, 2)
		assert.ErrorIs(t, err, errTooMany)
		assert.Len(t, addresses, 2)
		links, err = dumpLinks(fd, &sequence, maxNifs, newBareLink)
		assert.NoError(t, err)
		assert.Greater(t, len(links), 2)
		addresses, err = dumpAddresses(fd, &sequence, maxAddresses)
		assert.NoError(t, err)
		assert.Len(t, addresses, 3)
		return nil
	}))
}
