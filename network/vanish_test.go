package network

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// lookThenChange looks into all namespaces, lets the change happen, and only then resolves relations.
func lookThenChange(t *testing.T, change func()) (*scan, []Finding) {
	t.Helper()
	testkit.RequireRoot(t)
	s := newScan(Options{NoSockets: true}, findNamespaces(t.Context(), Options{}))
	t.Cleanup(s.close)
	s.look(t.Context())
	change()
	s.relate()
	return s, s.finish()
}

func TestInterfaceVanishesBetweenTwoLooks(t *testing.T) {
	a, b := testkit.Netns(t, "a"), testkit.Netns(t, "b")
	testkit.Run(t, "ip", "link", "add", "w", "netns", a, "type", "veth", "peer", "name", "w", "netns", b)
	testkit.Run(t, "ip", "link", "add", "stays", "netns", a, "type", "veth", "peer", "name", "stays", "netns", b)
	testkit.Run(t, "ip", "link", "add", "p", "netns", a, "type", "veth", "peer", "name", "p", "netns", b)
	testkit.IP(t, a, "link", "add", "br0", "type", "bridge")

	// The interface is gone before the second namespace is looked into.
	s := newScan(Options{NoSockets: true}, findNamespaces(t.Context(), Options{}))
	t.Cleanup(s.close)
	s.look(t.Context())
	na, nb := named(t, s.netns, a), named(t, s.netns, b)
	testkit.IP(t, a, "link", "delete", "w")
	nb.removeNif(nifNamed(t, nb, "w"))
	s.relate()
	findings := s.finish()

	assert.Nil(t, na.NamedNifs["w"], "it is gone, and nothing claims otherwise")
	assert.Nil(t, nb.NamedNifs["w"])
	assert.Same(t, nifNamed(t, nb, "stays"), peerOf(t, nifNamed(t, na, "stays")))
	assert.Empty(t, findingsAbout(&Discovery{Findings: findings}, na, nb))
}

func TestBridgeVanishesBetweenTwoLooks(t *testing.T) {
	a := testkit.Netns(t, "a")
	testkit.IP(t, a, "link", "add", "br0", "type", "bridge")
	testkit.IP(t, a, "link", "add", "p", "type", "veth", "peer", "name", "q")
	testkit.IP(t, a, "link", "set", "p", "master", "br0")
	s := newScan(Options{NoSockets: true}, findNamespaces(t.Context(), Options{}))
	t.Cleanup(s.close)
	s.look(t.Context())
	na := named(t, s.netns, a)
	testkit.IP(t, a, "link", "delete", "br0")
	na.removeNif(nifNamed(t, na, "br0"))
	s.relate()
	findings := s.finish()
	p := nifNamed(t, na, "p")
	assert.Nil(t, p.Nif().Controller)
	assert.Empty(t, p.Nif().Unresolved)
	assert.Same(t, nifNamed(t, na, "q"), peerOf(t, p))
	assert.Empty(t, findingsAbout(&Discovery{Findings: findings}, na))
}

func TestPeerMovesToAnotherNamespaceBetweenTwoLooks(t *testing.T) {
	a, b, c := testkit.Netns(t, "a"), testkit.Netns(t, "b"), testkit.Netns(t, "c")
	testkit.Run(t, "ip", "link", "add", "w", "netns", a, "type", "veth", "peer", "name", "w", "netns", b)
	s := newScan(Options{NoSockets: true}, findNamespaces(t.Context(), Options{}))
	t.Cleanup(s.close)
	s.look(t.Context())
	na, nb, nc := named(t, s.netns, a), named(t, s.netns, b), named(t, s.netns, c)
	// As if b had been looked into after the move, and c before.
	testkit.IP(t, b, "link", "set", "w", "netns", c)
	nb.removeNif(nifNamed(t, nb, "w"))
	s.relate()
	findings := s.finish()
	assert.Same(t, nifNamed(t, nc, "w"), peerOf(t, nifNamed(t, na, "w")))
	assert.Same(t, nifNamed(t, na, "w"), peerOf(t, nifNamed(t, nc, "w")))
	assert.Nil(t, nb.NamedNifs["w"])
	assert.Empty(t, findingsAbout(&Discovery{Findings: findings}, na, nb, nc))
}

// A new pair takes the indices of an old one: each fits, but only the kernel tells what is wired.
func TestReusedIndicesDoNotMakeWires(t *testing.T) {
	a, b, c := testkit.Netns(t, "a"), testkit.Netns(t, "b"), testkit.Netns(t, "c")
	pair := func(other string) {
		testkit.Run(t, "ip", "link", "add", "w", "index", "500", "netns", a, "type", "veth", "peer", "name", "w", "index", "501", "netns", other)
	}
	pair(b)
	s, findings := lookThenChange(t, func() {
		testkit.IP(t, a, "link", "delete", "w")
		pair(c)
	})
	na, nb, nc := named(t, s.netns, a), named(t, s.netns, b), named(t, s.netns, c)
	// What was seen in b before is either still told as it was, or gone: but never half of each.
	if w := nb.NamedNifs["w"]; w != nil {
		assert.Same(t, w, peerOf(t, nifNamed(t, na, "w")))
		assert.Same(t, nifNamed(t, na, "w"), peerOf(t, w))
	} else {
		assert.Same(t, nifNamed(t, nc, "w"), peerOf(t, nifNamed(t, na, "w")))
	}
	assert.Empty(t, findingsAbout(&Discovery{Findings: findings}, na, nb, nc))
}

func TestNamespaceVanishesBetweenFindingAndLooking(t *testing.T) {
	a, b := testkit.Netns(t, "a"), testkit.Netns(t, "b")
	testkit.Run(t, "ip", "link", "add", "w", "netns", a, "type", "veth", "peer", "name", "w", "netns", b)
	found := findNamespaces(t.Context(), Options{})
	s := newScan(Options{NoSockets: true}, found)
	t.Cleanup(s.close)
	na, nb := named(t, s.netns, a), named(t, s.netns, b)
	testkit.Run(t, "ip", "netns", "delete", b)
	s.look(t.Context())
	s.relate()
	findings := s.finish()
	assert.NotContains(t, s.netns, nb.ID())
	assert.Empty(t, findingsAbout(&Discovery{Findings: findings}, na, nb), "what is gone is no finding")
	if w := na.NamedNifs["w"]; w != nil {
		// The kernel ends namespaces in its own time; until then the wire dangles.
		assert.Nil(t, peerOf(t, w))
	}
}

func TestNamespaceVanishesBetweenTwoLooks(t *testing.T) {
	a, b := testkit.Netns(t, "a"), testkit.Netns(t, "b")
	testkit.Run(t, "ip", "link", "add", "w", "netns", a, "type", "veth", "peer", "name", "w", "netns", b)
	var nb *NetworkNamespace
	s := newScan(Options{NoSockets: true}, findNamespaces(t.Context(), Options{}))
	t.Cleanup(s.close)
	s.look(t.Context())
	na := named(t, s.netns, a)
	nb = named(t, s.netns, b)
	testkit.Run(t, "ip", "netns", "delete", b)
	s.visits[nb].fds.close() // what keeps it alive is a look of ours.
	s.relate()
	findings := s.finish()
	assert.Empty(t, findingsAbout(&Discovery{Findings: findings}, na, nb))
}

// crowd makes a namespace with so many interfaces that a dump comes in several parts.
func crowd(t *testing.T) (netns string, names []string) {
	t.Helper()
	netns = testkit.Netns(t, "crowd")
	var batch strings.Builder
	for i := range 60 {
		fmt.Fprintf(&batch, "link add crowd%da type veth peer name crowd%db\n", i, i)
		names = append(names, fmt.Sprintf("crowd%da", i), fmt.Sprintf("crowd%db", i))
	}
	cmd := exec.Command("ip", "-n", netns, "-batch", "-")
	cmd.Stdin = strings.NewReader(batch.String())
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return netns, names
}

// routeSocket opens a route netlink socket in a named namespace.
func routeSocket(t *testing.T, netns string) (fd int) {
	t.Helper()
	id, ok := statNamespace("/run/netns/" + netns)
	require.True(t, ok)
	ns, err := openRef([]string{"/run/netns/" + netns}, id)
	require.NoError(t, err)
	defer unix.Close(ns)
	require.NoError(t, callInNamespace(ns, func() (err error) {
		fd, err = rawNetlinkSocket(unix.NETLINK_ROUTE)
		return err
	}))
	t.Cleanup(func() { _ = unix.Close(fd) })
	return fd
}

func TestInterruptedDumpIsAskedForAgain(t *testing.T) {
	netns, names := crowd(t)
	fd := routeSocket(t, netns)
	for _, test := range []struct {
		name          string
		interruptions int
		attempts      int
		err           error
	}{
		{"once", 1, 2, nil},
		{"nearly always", dumpAttempts - 1, dumpAttempts, nil},
		{"always", dumpAttempts + 1, dumpAttempts, errDumpChanged},
	} {
		t.Run(test.name, func(t *testing.T) {
			var sequence dumpSequence
			attempts := 0
			var got map[string]bool
			err := dumpStable(
				func() error {
					attempts++
					first := attempts <= test.interruptions
					return sequence.dump(fd, unix.RTM_GETLINK, linkRequest(unix.AF_UNSPEC, 0, rtextFilterSkipStats),
						func(kind uint16, payload []byte) {
							if first {
								first = false
								// Between two parts of the dump, the table changes.
								testkit.IP(t, netns, "link", "add", "late", "type", "bridge")
								testkit.IP(t, netns, "link", "delete", "late")
							}
							link, ok := newRawLink(kind, payload)
							require.True(t, ok)
							got[link.message.name] = true
						})
				},
				func() { got = map[string]bool{} })
			assert.ErrorIs(t, err, test.err)
			assert.Equal(t, test.attempts, attempts)
			if test.err == nil {
				for _, name := range names {
					assert.True(t, got[name], "%s is missing", name)
				}
			}
		})
	}
}

func TestDumpWithErrorsIsNotAskedForAgain(t *testing.T) {
	attempts, failure := 0, errors.New("no")
	err := dumpStable(func() error { attempts++; return failure }, func() {})
	assert.Same(t, failure, err)
	assert.Equal(t, 1, attempts)
}

func TestDiscoveryWhileInterfacesComeAndGo(t *testing.T) {
	netns, names := crowd(t)
	other := testkit.Netns(t, "other")
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for i := 0; ; i++ {
			select {
			case <-done:
				return
			default:
			}
			name := fmt.Sprintf("churn%d", i)
			_ = exec.Command("ip", "link", "add", name, "netns", netns, "type", "veth", "peer", "name", name, "netns", other).Run()
			_ = exec.Command("ip", "-n", netns, "link", "delete", name).Run()
		}
	}()
	defer func() { close(done); <-ended }()
	for range 5 {
		d := discoverLab(t)
		n := named(t, d.Netns, netns)
		for i := 0; i < len(names); i += 2 {
			a, b := n.NamedNifs[names[i]], n.NamedNifs[names[i+1]]
			if a != nil && b != nil {
				assert.Same(t, b, peerOf(t, a))
				assert.Same(t, a, peerOf(t, b))
			}
		}
		for _, finding := range findingsAbout(d, n, named(t, d.Netns, other)) {
			assert.Equal(t, FindingNetns, finding.Kind, "only that a table did not keep still: %s %s", finding.Subject, finding.Message)
		}
		requireMutualPeers(t, d)
	}
}

// requireMutualPeers checks all wires of a discovery.
func requireMutualPeers(t *testing.T, d *Discovery) {
	t.Helper()
	for _, netns := range d.Netns {
		for _, nif := range netns.Nifs {
			if veth, ok := nif.(Veth); ok && veth.Veth().Peer != nil {
				back := veth.Veth().Peer.(Veth).Veth().Peer
				require.Same(t, nif, back, "%s of %s", nif.Nif().Name, netns.DisplayName())
			}
		}
	}
}
