package network

import (
	"context"
	"slices"
	"testing"

	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/stretchr/testify/require"
)

// discoverLab discovers this host without engines and forwarded ports, which tests of namespaces and
// interfaces do not need.
func discoverLab(t testing.TB) *Discovery {
	t.Helper()
	testkit.RequireRoot(t)
	d, err := Discover(context.Background(), Options{NoEngines: true, NoPorts: true, NoSockets: true})
	require.NoError(t, err)
	return d
}

// named returns the namespace that is bind-mounted under the name in /run/netns.
func named(t testing.TB, netnses NetworkNamespaces, name string) *NetworkNamespace {
	t.Helper()
	for _, netns := range netnses {
		if slices.Contains(netns.Paths, "/run/netns/"+name) {
			return netns
		}
	}
	t.Fatalf("namespace %s was not discovered", name)
	return nil
}

// nifNamed returns the interface of the name in a namespace.
func nifNamed(t testing.TB, netns *NetworkNamespace, name string) Interface {
	t.Helper()
	nif := netns.NamedNifs[name]
	if nif == nil {
		t.Fatalf("interface %s was not discovered in %s", name, netns.NifsString())
	}
	return nif
}

// findingsAbout returns the findings on the namespaces of the names.
func findingsAbout(d *Discovery, netnses ...*NetworkNamespace) (findings []Finding) {
	for _, finding := range d.Findings {
		if slices.Contains(netnses, finding.Netns) {
			findings = append(findings, finding)
		}
	}
	return findings
}
