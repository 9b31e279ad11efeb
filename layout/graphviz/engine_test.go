package graphviz

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/hostwire/hostwire/layout"
	"github.com/hostwire/hostwire/layout/quality"
)

var (
	built    sync.Once
	buildErr error
	buildDir string
)

func TestMain(m *testing.M) {
	code := m.Run()
	if buildDir != "" {
		_ = os.RemoveAll(buildDir)
	}
	os.Exit(code)
}

// helper builds the helper program once and returns where it is.
func helper(t testing.TB) program {
	t.Helper()
	built.Do(func() {
		if buildDir, buildErr = os.MkdirTemp("", "hostwire-graphviz-test-"); buildErr != nil {
			return
		}
		out, err := exec.Command("go", "build", "-o", filepath.Join(buildDir, helperName), "github.com/hostwire/hostwire/cmd/hostwire-graphviz").CombinedOutput()
		if err != nil {
			t.Logf("go build: %s", out)
		}
		buildErr = err
	})
	require.NoError(t, buildErr)
	return program{path: filepath.Join(buildDir, helperName), helper: true}
}

// programs are both ways to run Graphviz.
func programs(t testing.TB) map[string]program {
	t.Helper()
	real, err := filepath.EvalSymlinks(testkit.RequireTool(t, "dot", "graphviz"))
	require.NoError(t, err)
	return map[string]program{"helper": helper(t), "system dot": {path: real}}
}

func with(name string, p program) layout.Engine {
	return &engine{name: name, find: func() (program, error) { return p, nil }}
}

var samples = map[string]func() *graph.Graph{
	"nothing":           func() *graph.Graph { return &graph.Graph{} },
	"a card alone":      func() *graph.Graph { b := builder{&graph.Graph{}}; b.card("alone", nil); return b.g },
	"one tenant":        func() *graph.Graph { return dockerHost(1, 0) },
	"a Docker host":     func() *graph.Graph { return dockerHost(3, 3) },
	"many tenants":      func() *graph.Graph { return dockerHost(30, 8) },
	"a chain":           func() *graph.Graph { return chain(6) },
	"a mesh":            func() *graph.Graph { return mesh(6) },
	"groups in a group": nestedGroups,
}

func TestEveryEnginePlacesEverySampleWithoutOverlaps(t *testing.T) {
	for which, p := range programs(t) {
		for _, info := range layout.Engines() {
			for name, sample := range samples {
				if p.helper && name != "a Docker host" && name != "groups in a group" {
					continue // it takes most of a second to start.
				}
				t.Run(which+"/"+info.Name+"/"+name, func(t *testing.T) {
					l, err := with(info.Name, p).Layout(context.Background(), sample(), layout.Options{})
					require.NoError(t, err)
					r := quality.Measure(l)
					t.Log(r)
					assert.Zero(t, r.Missing, "missing")
					assert.Zero(t, r.Overlaps, "overlaps")
					assert.Zero(t, r.Spilled, "spilled")
					assert.Zero(t, r.Clipped, "clipped")
					assert.Zero(t, r.Loose, "loose")
					assert.Zero(t, r.Through, "wires through boxes")
				})
			}
		}
	}
}
