package network

import (
	"testing"

	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func peerOf(t testing.TB, nif Interface) Interface {
	t.Helper()
	veth, ok := nif.(Veth)
	require.True(t, ok, "%s is no veth", nif.Nif().Name)
	return veth.Veth().Peer
}

func TestVethPeersAreFoundAcrossNamespaces(t *testing.T) {
	a, b, c := testkit.Netns(t, "a"), testkit.Netns(t, "b"), testkit.Netns(t, "c")
	// Equal indices at both ends, where the kernel leaves IFLA_LINK out.
	testkit.Run(t, "ip", "link", "add", "same0", "index", "777", "netns", a, "type", "veth", "peer", "name", "same1", "index", "777", "netns", b)
	// The very same indices once more, so that nothing but the NSID tells the wires apart.
	testkit.Run(t, "ip", "link", "add", "same2", "index", "778", "netns", a, "type", "veth", "peer", "name", "same3", "index", "777", "netns", c)
	testkit.Run(t, "ip", "link", "add", "same4", "index", "778", "netns", b, "type", "veth", "peer", "name", "same5", "index", "778", "netns", c)
	testkit.IP(t, a, "link", "add", "here0", "type", "veth", "peer", "name", "here1")

	d := discoverLab(t)
	na, nb, nc := named(t, d.Netns, a), named(t, d.Netns, b), named(t, d.Netns, c)
	for _, wire := range []struct {
		from *NetworkNamespace
		nif  string
		to   *NetworkNamespace
		peer string
	}{
		{na, "same0", nb, "same1"},
		{na, "same2", nc, "same3"},
		{nb, "same4", nc, "same5"},
		{na, "here0", na, "here1"},
	} {
		from, to := nifNamed(t, wire.from, wire.nif), nifNamed(t, wire.to, wire.peer)
		assert.Same(t, to, peerOf(t, from), "peer of %s", wire.nif)
		assert.Same(t, from, peerOf(t, to), "peer of %s", wire.peer)
		assert.Nil(t, from.Nif().Lower, "a peer is not a lower interface")
		assert.Empty(t, from.Nif().Unresolved)
	}
	assert.Empty(t, findingsAbout(d, na, nb, nc))
}

func TestInterfacesMovedAwayKeepTheirLowerInterface(t *testing.T) {
	home, away := testkit.Netns(t, "home"), testkit.Netns(t, "away")
	testkit.IP(t, home, "link", "add", "low", "index", "900", "type", "veth", "peer", "name", "lowpeer", "index", "901")
	testkit.IP(t, home, "link", "add", "mv", "link", "low", "type", "macvlan", "mode", "bridge")
	testkit.IP(t, home, "link", "add", "mt", "link", "low", "type", "macvtap", "mode", "vepa")
	testkit.IP(t, home, "link", "add", "vx", "type", "vxlan", "id", "4242", "dev", "low", "group", "239.1.2.3", "dstport", "4789")
	testkit.IP(t, home, "link", "add", "vxhere", "type", "vxlan", "id", "4243", "dev", "low", "remote", "192.0.2.9", "local", "192.0.2.1", "dstport", "4790", "srcport", "40000", "50000", "ttl", "7", "nolearning", "proxy")
	for _, name := range []string{"mv", "mt", "vx"} {
		testkit.IP(t, home, "link", "set", name, "netns", away)
	}
	// An interface of the lower's index, which must not be taken for it.
	testkit.IP(t, away, "link", "add", "decoy", "index", "900", "type", "bridge")

	d := discoverLab(t)
	nh, na := named(t, d.Netns, home), named(t, d.Netns, away)
	low := nifNamed(t, nh, "low")
	for _, name := range []string{"mv", "mt", "vx"} {
		nif := nifNamed(t, na, name)
		assert.Same(t, low, nif.Nif().Lower, "lower of %s", name)
		assert.Contains(t, low.Nif().Slaves, nif)
	}
	assert.Same(t, low, nifNamed(t, na, "mv").(Macvlan).Macvlan().Master)
	assert.Equal(t, "bridge", nifNamed(t, na, "mv").(Macvlan).Macvlan().Mode.String())
	assert.Equal(t, "vepa", nifNamed(t, na, "mt").(Macvlan).Macvlan().Mode.String())
	vx := nifNamed(t, na, "vx").(Vxlan).Vxlan()
	assert.Same(t, low, vx.Master)
	assert.EqualValues(t, 4242, vx.VID)
	assert.Equal(t, "239.1.2.3", vx.Groupv4.String())
	assert.Empty(t, vx.Remotes, "a group is no remote")
	assert.True(t, vx.Learning)

	here := nifNamed(t, nh, "vxhere").(Vxlan).Vxlan()
	assert.Same(t, low, here.Master)
	assert.Equal(t, "192.0.2.1", here.Sourcev4.String())
	assert.EqualValues(t, 4790, here.DestinationPort)
	assert.EqualValues(t, 40000, here.SourcePortLow)
	assert.EqualValues(t, 50000, here.SourcePortHigh)
	assert.EqualValues(t, 7, here.TTL)
	assert.True(t, here.ArpProxy)
	assert.False(t, here.Learning)
	require.Len(t, here.Remotes, 1)
	assert.Equal(t, "192.0.2.9", here.Remotes[0].String())

	assert.Nil(t, nifNamed(t, na, "decoy").Nif().Slaves)
	assert.Empty(t, findingsAbout(d, nh, na))
}

func TestMovedMacvlanWithTheIndexOfItsLowerInterface(t *testing.T) {
	home, away := testkit.Netns(t, "home"), testkit.Netns(t, "away")
	testkit.IP(t, home, "link", "add", "low", "index", "950", "type", "veth", "peer", "name", "lowpeer")
	// An index is free to be used in another namespace; made there, the interface can have the one of
	// its lower interface.
	testkit.Run(t, "ip", "-n", home, "link", "add", "mv", "index", "950", "netns", away, "link", "low", "type", "macvlan", "mode", "private")

	d := discoverLab(t)
	nh, na := named(t, d.Netns, home), named(t, d.Netns, away)
	mv := nifNamed(t, na, "mv")
	require.Equal(t, 950, mv.Nif().Index)
	assert.Same(t, nifNamed(t, nh, "low"), mv.(Macvlan).Macvlan().Master)
	assert.Empty(t, findingsAbout(d, nh, na))
}

func TestVxlanRemotesComeFromTheForwardingDatabase(t *testing.T) {
	a := testkit.Netns(t, "a")
	testkit.RequireTool(t, "bridge", "iproute2")
	testkit.IP(t, a, "link", "add", "vx", "type", "vxlan", "id", "5", "dstport", "4789")
	for _, remote := range []string{"192.0.2.20", "192.0.2.3", "192.0.2.11"} {
		testkit.Run(t, "bridge", "-n", a, "fdb", "append", "00:00:00:00:00:00", "dev", "vx", "dst", remote)
	}
	testkit.Run(t, "bridge", "-n", a, "fdb", "append", "02:00:00:00:00:01", "dev", "vx", "dst", "192.0.2.77")

	d := discoverLab(t)
	vx := nifNamed(t, named(t, d.Netns, a), "vx").(Vxlan).Vxlan()
	var remotes []string
	for _, remote := range vx.Remotes {
		remotes = append(remotes, remote.String())
	}
	assert.Equal(t, []string{"192.0.2.3", "192.0.2.11", "192.0.2.20"}, remotes)
	assert.Nil(t, vx.Master)
	assert.Empty(t, vx.Unresolved)
}

func TestBridgePortsAndTheirState(t *testing.T) {
	a, b := testkit.Netns(t, "a"), testkit.Netns(t, "b")
	testkit.IP(t, a, "link", "add", "br0", "type", "bridge", "stp_state", "1")
	testkit.IP(t, a, "link", "add", "plain", "type", "bridge")
	for _, port := range []string{"p1", "p2"} {
		testkit.Run(t, "ip", "link", "add", port, "netns", a, "type", "veth", "peer", "name", port, "netns", b)
		testkit.IP(t, a, "link", "set", port, "master", "br0")
	}
	testkit.IP(t, a, "link", "add", "p3", "type", "veth", "peer", "name", "p4")
	testkit.IP(t, a, "link", "set", "p3", "master", "plain")
	testkit.IP(t, a, "link", "set", "plain", "up")
	testkit.IP(t, a, "link", "set", "p3", "up")
	testkit.IP(t, a, "link", "set", "p4", "up")

	d := discoverLab(t)
	na := named(t, d.Netns, a)
	br := nifNamed(t, na, "br0").(Bridge).Bridge()
	p1, p2 := nifNamed(t, na, "p1"), nifNamed(t, na, "p2")
	assert.Equal(t, []Interface{p1, p2}, br.Ports)
	assert.Equal(t, "kernel", br.STPState)
	assert.Same(t, nifNamed(t, na, "br0"), p1.Nif().Bridge)
	assert.Same(t, nifNamed(t, na, "br0"), p1.Nif().Controller)
	assert.Equal(t, &BridgePortAttrs{State: "disabled"}, p1.Nif().BridgePort)
	assert.Empty(t, br.Slaves, "ports are no slaves")

	plain := nifNamed(t, na, "plain").(Bridge).Bridge()
	assert.Equal(t, "disabled", plain.STPState)
	p3 := nifNamed(t, na, "p3")
	assert.Equal(t, []Interface{p3}, plain.Ports)
	assert.Equal(t, &BridgePortAttrs{State: "forwarding"}, p3.Nif().BridgePort)
	assert.Nil(t, nifNamed(t, na, "p4").Nif().BridgePort)
}

func TestWireThatLeadsOutOfSightIsAFinding(t *testing.T) {
	a, b := testkit.Netns(t, "a"), testkit.Netns(t, "b")
	testkit.Run(t, "ip", "link", "add", "w", "netns", a, "type", "veth", "peer", "name", "w", "netns", b)
	testkit.IP(t, a, "link", "add", "low", "type", "veth", "peer", "name", "lowpeer")
	testkit.IP(t, a, "link", "add", "mv", "link", "low", "type", "macvlan")
	testkit.IP(t, a, "link", "set", "mv", "netns", b)

	found := findNamespaces(t.Context(), Options{})
	whole := newScan(Options{NoSockets: true}, found)
	defer whole.close()
	id := named(t, whole.netns, a).ID()
	delete(found.netns, id)

	// What is left is a host where namespace a cannot be found by any means.
	s := newScan(Options{NoSockets: true}, found)
	defer s.close()
	s.look(t.Context())
	s.relate()
	findings := s.finish()
	nb := named(t, s.netns, b)
	w, mv := nifNamed(t, nb, "w"), nifNamed(t, nb, "mv")
	assert.Nil(t, peerOf(t, w))
	assert.Equal(t, "peer", w.Nif().Unresolved)
	assert.Nil(t, mv.Nif().Lower)
	assert.Equal(t, "lower", mv.Nif().Unresolved)
	about := findingsAbout(&Discovery{Findings: findings}, nb)
	require.Len(t, about, 2)
	for _, finding := range about {
		assert.Equal(t, FindingRelation, finding.Kind)
		assert.Contains(t, []Interface{w, mv}, finding.Nif)
		assert.Contains(t, finding.Message, "out of sight")
	}
}

// resolving one interface after the other, as importers of the package may, comes to the same.
func TestRelationsResolvedOneByOne(t *testing.T) {
	a, b := testkit.Netns(t, "a"), testkit.Netns(t, "b")
	testkit.Run(t, "ip", "link", "add", "w", "netns", a, "type", "veth", "peer", "name", "w", "netns", b)
	testkit.IP(t, a, "link", "add", "br0", "type", "bridge")
	testkit.IP(t, a, "link", "set", "w", "master", "br0")
	testkit.IP(t, a, "link", "add", "low", "type", "veth", "peer", "name", "lowpeer")
	testkit.IP(t, a, "link", "add", "mv", "link", "low", "type", "macvlan")

	all := NetworkNamespaces{}
	for id, netns := range findNamespaces(t.Context(), Options{}).netns {
		all[id] = NewNetworkNamespace(netns, nil)
	}
	na, nb := named(t, all, a), named(t, all, b)
	br := nifNamed(t, na, "br0")
	require.Nil(t, peerOf(t, nifNamed(t, na, "w")))
	br.(*BridgeAttrs).ResolveRelations(all)
	assert.Equal(t, []Interface{nifNamed(t, na, "w")}, br.(Bridge).Bridge().Ports)
	nifNamed(t, nb, "w").(*VethAttrs).ResolveRelations(all)
	assert.Same(t, nifNamed(t, na, "w"), peerOf(t, nifNamed(t, nb, "w")))
	nifNamed(t, na, "mv").Nif().ResolveRelations(all)
	assert.Same(t, nifNamed(t, na, "low"), nifNamed(t, na, "mv").(Macvlan).Macvlan().Master)
}

// Many namespaces stand on one that is not the initial one, and all interfaces have the same indices:
// it must not take a question about each for each.
func TestFewQuestionsFindACommonLowerInterface(t *testing.T) {
	const leaves = 24
	var names []string
	for range leaves {
		names = append(names, testkit.Netns(t, "leaf"))
	}
	hub := testkit.Netns(t, "hub")
	testkit.IP(t, hub, "link", "add", "low", "index", "4000", "type", "veth", "peer", "name", "lowpeer", "index", "4001")
	for _, leaf := range names {
		testkit.Run(t, "ip", "-n", hub, "link", "add", "mv", "index", "4000", "netns", leaf, "link", "low", "type", "macvlan")
	}
	s := newScan(Options{NoSockets: true}, findNamespaces(t.Context(), Options{}))
	defer s.close()
	s.look(t.Context())
	// Only these, as other tests' namespaces have wires of their own.
	mine := NetworkNamespaces{}
	for _, name := range append(names, hub) {
		n := named(t, s.netns, name)
		mine[n.ID()] = n
	}
	newRelations(mine, s.nsids).resolve()
	low := nifNamed(t, named(t, mine, hub), "low")
	for _, leaf := range names {
		assert.Same(t, low, nifNamed(t, named(t, mine, leaf), "mv").Nif().Lower)
	}
	assert.Len(t, low.Nif().Slaves, leaves)
	asked := questionBudget - s.nsids.budget
	assert.LessOrEqual(t, asked, 2*leaves, "questions for %d namespaces", leaves)
	t.Logf("%d questions for %d namespaces", asked, leaves)
}
