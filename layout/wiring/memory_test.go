package wiring

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/layout"
	"github.com/hostwire/hostwire/layout/quality"
	"github.com/hostwire/hostwire/snapshot"
)

func layLike(t *testing.T, g *graph.Graph, like map[string]layout.Rect) *layout.Layout {
	t.Helper()
	l, err := engine{}.Layout(context.Background(), g, layout.Options{Like: like})
	require.NoError(t, err)
	return l
}

// remembered are hosts of all kinds.
func remembered(t *testing.T) map[string]*graph.Graph {
	out := map[string]*graph.Graph{}
	files, err := filepath.Glob("../../examples/gallery/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	specs := []string{}
	for _, s := range []string{
		"tenant:3", "tenant:10", "bridge:1 tenant:14 port:1", "bridge:3 tenant:50", "bridge:6 tenant:300", "compose:30", "router:12",
		"bridge:2 tenant:8 vxlan:2 macvlan:2 vlan:3 bond:1 tap:2 port:6 compose:2", "macvlan:4 lone:9", "lone:30",
		"bridge:4 tenant:40 vxlan:3 macvlan:6 vlan:4 bond:2 tap:5 router:5 port:20 pod:6 compose:6 lone:4",
	} {
		specs = append(specs, "synthetic:"+s)
	}
	for _, f := range append(files, specs...) {
		d, err := snapshot.Open(f, nil)
		require.NoError(t, err)
		g, err := graph.Project(d, graph.Options{})
		require.NoError(t, err)
		out[f] = g
	}
	return out
}

// A picture of what did not change is the same, to the last bit, whether or not an earlier one is known.
func TestNothingMovesWhereNothingChanged(t *testing.T) {
	for name, g := range remembered(t) {
		l := lay(t, g)
		again := layLike(t, g, l.Places())
		if way := quality.Way(l, again); way != 0 {
			t.Errorf("%s: cards move by %.1f pixels", name, way)
		}
		if !reflect.DeepEqual(l.Wires, again.Wires) {
			t.Errorf("%s: wires differ", name)
		}
		if os.Getenv("V") != "" {
			b := again.Places()
			for id, r := range l.Places() {
				if q := b[id]; q != r {
					t.Logf("%s: %v -> %v", id, r, q)
				}
			}
		}
	}
}

// Whatever comes and goes, pictures like an earlier one have no faults, are hardly larger than those
// without an earlier one, and leave more where it was.
func TestSomeCardsComeAndGo(t *testing.T) {
	var with, without float64
	for name, g := range remembered(t) {
		for seed := range uint64(6) {
			r := rand.New(rand.NewPCG(seed, 5))
			fewer := g
			for range 1 + r.IntN(1+len(g.Clusters)/4) {
				if c := fewer.Clusters[r.IntN(len(fewer.Clusters))]; c.Kind != graph.Host {
					fewer = quality.Without(fewer, c.ID)
				}
			}
			for _, step := range [2][2]*graph.Graph{{fewer, g}, {g, fewer}} {
				before := lay(t, step[0])
				after, fresh := layLike(t, step[1], before.Places()), lay(t, step[1])
				q := quality.Measure(after)
				if q.Faults() > 0 {
					t.Errorf("%s, seed %d: %v", name, seed, q)
				}
				if q.Area > 1.6*fresh.W*fresh.H {
					t.Errorf("%s, seed %d: %.0f by %.0f instead of %.0f by %.0f", name, seed, after.W, after.H, fresh.W, fresh.H)
				}
				with += quality.Moved(before, after)
				without += quality.Moved(before, fresh)
			}
		}
	}
	if with > 0.6*without {
		t.Errorf("cards move by %.2f of the diagonals, and by %.2f without an earlier picture", with, without)
	}
}

// A made-up earlier picture does no harm.
func TestNonsenseIsNotRemembered(t *testing.T) {
	for name, g := range remembered(t) {
		fresh := lay(t, g)
		for seed := range uint64(20) {
			r := rand.New(rand.NewPCG(seed, 6))
			like := map[string]layout.Rect{}
			for id, box := range fresh.Places() {
				switch scale := []float64{0, 1, 10, 300, 1e4, 1e9, 1e300}[r.IntN(7)]; seed % 4 {
				case 0:
					like[id] = layout.Rect{X: scale * r.Float64(), Y: scale * r.Float64(), W: scale * r.Float64(), H: scale * r.Float64()}
				case 1: // all in one line.
					like[id] = layout.Rect{X: scale * r.Float64(), W: box.W, H: box.H}
				case 2: // all one below the other.
					like[id] = layout.Rect{Y: 300 * r.Float64() * scale, W: box.W, H: box.H}
				default: // half of them somewhere else.
					if like[id] = box; r.IntN(2) == 0 {
						like[id] = layout.Rect{X: box.X - scale, Y: box.Y + scale, W: box.W, H: box.H}
					}
				}
			}
			l := layLike(t, g, like)
			if q := quality.Measure(l); q.Faults() > 0 {
				t.Errorf("%s, seed %d: %v", name, seed, q)
			}
			if a := fresh.W * fresh.H; l.W*l.H > 5*a {
				t.Errorf("%s, seed %d: %.0f by %.0f instead of %.0f by %.0f", name, seed, l.W, l.H, fresh.W, fresh.H)
			}
		}
	}
}
