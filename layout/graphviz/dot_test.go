package graphviz

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/hostwire/hostwire/layout"
)

// hostile gives every part of a graph a name that would do harm if it were written anywhere.
func hostile(g *graph.Graph) *graph.Graph {
	const name = "evil\" ]; x -> y [label=<<b>]>, image=\"/etc/passwd\"\x1b[31m\n}\\\\"
	for i, c := range g.Clusters {
		c.ID, c.Name, c.Detail = name, name, name
		for _, n := range c.Nodes {
			n.ID, n.Name, n.Alias, n.Tag, n.Lines = name, name, name, name, []string{name}
		}
		if i == 1 {
			c.Sections = []graph.Section{{Title: name, Lines: []string{name}}}
		}
	}
	for _, n := range g.Free {
		n.ID, n.Name = name, name
	}
	for _, e := range g.Edges {
		e.ID, e.Kind, e.Label, e.FromLabel, e.ToLabel = name, graph.EdgeKind(name), name, name, name
	}
	for _, group := range g.Groups {
		group.ID, group.Name, group.Kind = name, name, name
	}
	return g
}

func TestNoNameReachesGraphviz(t *testing.T) {
	known := regexp.MustCompile(`^[\w\s{}\[\]=,;:.<>"/+-]*$`)
	texts := map[string][]byte{"dot": newNested(hostile(dockerHost(3, 3))).dot()}
	b := newBlocks(hostile(dockerHost(3, 3)))
	for _, engine := range []string{"neato", "fdp", "sfdp", "circo", "twopi", "osage"} {
		texts[engine] = scatterDOT(engine, b.top.children, b.links(b.top))
	}
	for engine, text := range texts {
		assert.NotContains(t, string(text), "evil", engine)
		assert.NotContains(t, string(text), "passwd", engine)
		assert.Regexp(t, known, string(text), engine)
	}
}

func TestHostileNamesAreLaidOutLikeOthers(t *testing.T) {
	testkit.RequireTool(t, "dot", "graphviz")
	for _, p := range programs(t) {
		for _, engine := range []string{"dot", "twopi"} {
			l, err := with(engine, p).Layout(context.Background(), hostile(dockerHost(2, 2)), layout.Options{})
			require.NoError(t, err)
			assert.Positive(t, l.W)
		}
	}
}

func TestTheSameGraphGivesTheSameLayout(t *testing.T) {
	for which, p := range programs(t) {
		for _, info := range layout.Engines() {
			if p.helper && info.Name != "dot" && info.Name != "neato" {
				continue
			}
			first, err := with(info.Name, p).Layout(context.Background(), dockerHost(6, 3), layout.Options{})
			require.NoError(t, err)
			second, err := with(info.Name, p).Layout(context.Background(), dockerHost(6, 3), layout.Options{})
			require.NoError(t, err)
			first.Graph, second.Graph = nil, nil
			assert.Equal(t, first, second, "%s with %s", info.Name, which)
		}
	}
}

func TestTheGraphIsLeftAsItWas(t *testing.T) {
	testkit.RequireTool(t, "dot", "graphviz")
	dot, err := filepath.EvalSymlinks("/usr/bin/dot")
	if os.IsNotExist(err) {
		testkit.Missing(t, "/usr/bin/dot", "install Debian package graphviz")
	}
	for _, engine := range []string{"dot", "circo"} {
		g := dockerHost(3, 3)
		_, err = with(engine, program{path: dot}).Layout(context.Background(), g, layout.Options{})
		require.NoError(t, err)
		assert.Equal(t, dockerHost(3, 3), g)
	}
}
