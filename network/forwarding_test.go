package network

import (
	"testing"

	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/stretchr/testify/require"
)

func TestForwardingIsReadForEachInterface(t *testing.T) {
	router, leaf := testkit.Netns(t, "router"), testkit.Netns(t, "leaf")
	connect(t, router, "east", leaf, "eth0")
	testkit.IP(t, router, "link", "add", "west", "type", "bridge")
	sysctl := func(setting string) { testkit.Run(t, "ip", "netns", "exec", router, "sysctl", "-qw", setting) }
	sysctl("net.ipv4.ip_forward=0")
	sysctl("net.ipv4.conf.east.forwarding=1")
	sysctl("net.ipv6.conf.all.forwarding=1")
	found := lookAt(t, router, leaf)
	east, west, eth0 := found[0].NamedNifs["east"].Nif(), found[0].NamedNifs["west"].Nif(), found[1].NamedNifs["eth0"].Nif()
	require.Equal(t, "on", east.Forwardingv4)
	require.Equal(t, "off", west.Forwardingv4)
	require.Equal(t, "on", east.Forwardingv6)
	require.Equal(t, "on", west.Forwardingv6)
	require.Empty(t, eth0.Forwardingv4, "there is nothing to forward between")
}

func TestParseForwarding(t *testing.T) {
	attribute := func(kind byte, value ...byte) []byte {
		return append([]byte{byte(4 + len(value)), 0, kind, 0}, value...)
	}
	message := func(attributes ...[]byte) []byte {
		m := []byte{2, 0, 0, 0}
		for _, a := range attributes {
			m = append(m, a...)
		}
		return m
	}
	index, on, ok := parseForwarding(message(attribute(1, 0xff, 0xff, 0xff, 0xff), attribute(2, 1, 0, 0, 0)))
	require.True(t, ok)
	require.True(t, on)
	require.EqualValues(t, netconfIfindexAll, index)
	for name, m := range map[string][]byte{
		"nothing":            nil,
		"no attributes":      message(),
		"no setting":         message(attribute(1, 5, 0, 0, 0)),
		"a setting cut off":  message(attribute(1, 5, 0, 0, 0), attribute(2, 1)),
		"an attribute's end": append(message(attribute(2, 1, 0, 0, 0)), 8, 0, 1),
	} {
		_, _, ok := parseForwarding(m)
		require.False(t, ok, name)
	}
}

func FuzzParseForwarding(f *testing.F) {
	f.Add([]byte{2, 0, 0, 0, 8, 0, 1, 0, 5, 0, 0, 0, 8, 0, 2, 0, 1, 0, 0, 0})
	f.Fuzz(func(_ *testing.T, payload []byte) { parseForwarding(payload) })
}
