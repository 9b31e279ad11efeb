package network

import (
	"testing"

	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/stretchr/testify/assert"
)

// Between two looks, what a MACVLAN could stand on makes place for another interface of its index,
// which is what it really stands on.
func TestALowerInterfaceThatTookAnothersIndex(t *testing.T) {
	a, b, c := testkit.Netns(t, "a"), testkit.Netns(t, "b"), testkit.Netns(t, "c")
	testkit.Run(t, "ip", "link", "add", "old", "index", "700", "netns", a, "type", "veth", "peer", "name", "oldpeer")
	testkit.Run(t, "ip", "link", "add", "new", "index", "700", "netns", c, "type", "veth", "peer", "name", "newpeer", "netns", c)
	found := findNamespaces(t.Context(), Options{})
	s := newScan(Options{NoSockets: true, NoPorts: true}, found)
	t.Cleanup(s.close)
	s.look(t.Context())
	na, nb := named(t, s.netns, a), named(t, s.netns, b)
	stale := nifNamed(t, na, "old")
	testkit.IP(t, a, "link", "delete", "old")
	testkit.IP(t, c, "link", "set", "new", "netns", a)
	testkit.Run(t, "ip", "-n", a, "link", "add", "link", "new", "name", "mv", "netns", b, "type", "macvlan")
	// As if b had been looked into only now.
	link, from := na.Nifs[700], s.nsids.open(nb)
	assert.Same(t, stale, link)
	raws, err := dumpLinks(from.route, &from.sequence, maxNifs, newRawLink)
	assert.NoError(t, err)
	for _, raw := range raws {
		if raw.message.name == "mv" {
			nb.addNif(NewInterface(nil, nb, raw))
		}
	}
	s.relate()
	lower := nifNamed(t, nb, "mv").Nif().Lower
	if assert.NotNil(t, lower) {
		assert.Equal(t, "new", lower.Nif().Name)
		assert.Same(t, na, lower.Nif().Netns)
	}
	assert.Nil(t, na.NamedNifs["old"])
}
