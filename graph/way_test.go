package graph

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hostwire/hostwire/snapshot/synthetic"
)

func TestWaysAreMarked(t *testing.T) {
	d, err := synthetic.Discover("host:h tenant:3 bridge:1")
	require.NoError(t, err)
	way, err := FindWay(d, "web", "api")
	require.NoError(t, err)
	require.Equal(t, "arrives", way.Outcome)
	g, err := Project(d, Options{Path: way.Path, Fold: 1})
	require.NoError(t, err)
	var marked []string
	for _, e := range g.Edges {
		if e.Mark {
			marked = append(marked, string(e.Kind))
		}
	}
	slices.Sort(marked)
	require.Equal(t, []string{"bridge", "bridge", "veth", "veth"}, marked)
	unmarked, err := Project(d, Options{})
	require.NoError(t, err)
	for _, n := range unmarked.AllNodes() {
		require.False(t, n.Mark, n.ID)
	}
}
