package quality_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/hostwire/hostwire/layout"
	_ "github.com/hostwire/hostwire/layout/graphviz"
	"github.com/hostwire/hostwire/layout/quality"
	_ "github.com/hostwire/hostwire/layout/wiring"
	"github.com/hostwire/hostwire/snapshot"
)

// synthetics are hosts made up for the table: plain ones of every size, and mixed ones.
var synthetics = []string{
	"bridge:1 tenant:10",
	"bridge:3 tenant:100",
	"bridge:6 tenant:300",
	"bridge:17 tenant:1000",
	"bridge:2 tenant:8 vxlan:2 macvlan:2 vlan:3 bond:1 tap:2 port:6 compose:2",
	"bridge:4 tenant:40 vxlan:3 macvlan:6 vlan:4 bond:2 tap:5 router:5 port:20 pod:6 compose:6 lone:4",
	"router:12",
}

// dotMax is the number of cards up to which dot is asked too; it takes most of a minute for 1,000.
// HOSTWIRE_DOT_MAX overrides it.
const dotMax = 400

// How far wiring may fall short of dot on a single picture, and how much of dot's movement it may
// have: without an earlier picture, and like the picture before. The aims are 0, 1 and a quarter.
const (
	crossingsSlack = 0
	areaShare      = 1.00
	movementShare  = 0.31
	likeShare      = 0.09
)

// Widest and narrowest format of wiring's drawings.
const (
	widest    = 2.2
	narrowest = 1 / 1.4
)

// mostRemovals is the number of tenants that are taken out of a picture, each for itself, to see what
// that moves.
const mostRemovals = 8

// picture is one graph to lay out, as it is and with one tenant less, in several ways.
type picture struct {
	name  string
	graph *graph.Graph
	fewer []*graph.Graph
}

func open(t *testing.T, name, spec string) picture {
	t.Helper()
	d, err := snapshot.Open(spec, nil)
	require.NoError(t, err)
	g, err := graph.Project(d, graph.Options{})
	require.NoError(t, err)
	p := picture{name: name, graph: g}
	for _, id := range tenants(g) {
		p.fewer = append(p.fewer, quality.Without(g, id))
	}
	return p
}

// tenants are the cards that only one veth pair or macvlan ties to others; where there are many, some
// of them, evenly spread.
func tenants(g *graph.Graph) []string {
	wires := map[*graph.Cluster]int{}
	for _, e := range g.Edges {
		if a, b := e.From.Cluster, e.To.Cluster; a != nil && b != nil && a != b && e.Kind != graph.Forward {
			wires[a]++
			wires[b]++
		}
	}
	var ids []string
	for _, c := range g.Clusters {
		if wires[c] == 1 && c.Kind != graph.Host {
			ids = append(ids, c.ID)
		}
	}
	n := min(len(ids), mostRemovals)
	some := make([]string, n)
	for i := range some {
		some[i] = ids[(2*i+1)*len(ids)/(2*n)]
	}
	return some
}

// result is what the table says of one engine on one picture.
type result struct {
	quality.Report
	way   float64 // pixels that cards move on average when a tenant is added.
	like  float64 // the same where the picture before is known to the engine, if it can use that.
	moved float64 // the same as a share of the diagonal.
	time  time.Duration
}

func try(t *testing.T, engine string, p picture) result {
	t.Helper()
	info, ok := layout.Find(engine)
	require.True(t, ok)
	lay := func(g *graph.Graph, like map[string]layout.Rect) *layout.Layout {
		l, err := info.New().Layout(context.Background(), g, layout.Options{Like: like})
		require.NoError(t, err)
		return l
	}
	start := time.Now()
	l := lay(p.graph, nil)
	r := result{time: time.Since(start), Report: quality.Measure(l)}
	for _, fewer := range p.fewer {
		before := lay(fewer, nil)
		if info.Recalls {
			after := lay(p.graph, before.Places())
			r.like += quality.Way(before, after) / float64(len(p.fewer))
			report := quality.Measure(after)
			assert.Zero(t, report.Faults(), "%s: faults of a picture like an earlier one", p.name)
		}
		r.way += quality.Way(before, l) / float64(len(p.fewer))
		r.moved += quality.Moved(before, l) / float64(len(p.fewer))
	}
	return r
}

// TestTable prints how good wiring's pictures are beside dot's, and holds wiring to what it is
// meant for: `go test ./layout/quality -run TestTable -v`.
//
// What is summed is pixels, for ways as for areas: that is what a reader sees. Shares of a drawing's
// diagonal count a way the more the smaller the drawing is, and so punish the engine that wastes less;
// the sum of shares is printed too.
func TestTable(t *testing.T) {
	testkit.RequireTool(t, "dot", "graphviz")
	limit := dotMax
	if text := os.Getenv("HOSTWIRE_DOT_MAX"); text != "" {
		_, err := fmt.Sscan(text, &limit)
		require.NoError(t, err)
	}
	var pictures []picture
	files, err := filepath.Glob("../../examples/gallery/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, f := range files {
		pictures = append(pictures, open(t, strings.TrimSuffix(filepath.Base(f), ".json"), f))
	}
	for _, s := range synthetics {
		pictures = append(pictures, open(t, s, "synthetic:"+s))
	}

	var b strings.Builder
	fmt.Fprintf(&b, "\n%-48s %-7s %5s %5s %5s %7s %7s %6s %6s %8s %6s %6s %8s %8s %8s\n",
		"picture (cards/wires)", "engine", "faults", "over", "clip", "through", "cross", "same", "bends", "length", "Mpx", "w:h", "moved px", "moved ‰", "like px")
	row := func(p picture, engine string, r result) {
		name := fmt.Sprintf("%.38s (%d/%d)", p.name, len(p.graph.Clusters), len(p.graph.Edges))
		fmt.Fprintf(&b, "%-48s %-7s %5d %5d %5d %7d %7d %6d %6.0f %8.0f %6.1f %6.2f %8.1f %8.2f %8.1f  %s\n",
			name, engine, r.Faults(), r.Overlaps, r.Clipped, r.Through, r.Crossings, r.Coincident, r.Bends, r.Length, r.Area/1e6, r.Aspect, r.way, 1000*r.moved, r.like, r.time.Round(100*time.Microsecond))
	}
	var ours, dots result // sums over the pictures that both laid out.
	for _, p := range pictures {
		w := try(t, "wiring", p)
		row(p, "wiring", w)
		assert.Zero(t, w.Missing+w.Spilled+w.Loose, "%s: misplaced parts", p.name)
		assert.Zero(t, w.Overlaps, "%s: overlaps", p.name)
		assert.Zero(t, w.Clipped, "%s: clipped texts", p.name)
		assert.Zero(t, w.Through+w.ThroughOwn, "%s: wires through boxes", p.name)
		assert.Zero(t, w.Coincident, "%s: wires on one line", p.name)
		assert.Zero(t, w.LabelsCovered, "%s: covered labels", p.name)
		assert.LessOrEqual(t, w.Aspect, widest, "%s: too wide", p.name)
		assert.GreaterOrEqual(t, w.Aspect, narrowest, "%s: too narrow", p.name)
		if len(p.graph.Clusters) > limit {
			continue
		}
		d := try(t, "dot", p)
		row(p, "dot", d)
		assert.Zero(t, d.Missing+d.Overlaps+d.Spilled+d.Clipped+d.Loose, "%s: dot misplaces parts", p.name)
		assert.LessOrEqual(t, w.Crossings, d.Crossings+crossingsSlack, "%s: crossings", p.name)
		assert.LessOrEqual(t, w.Area, areaShare*d.Area, "%s: area", p.name)
		for _, sum := range []struct{ to, r *result }{{&ours, &w}, {&dots, &d}} {
			sum.to.Crossings += sum.r.Crossings
			sum.to.Area += sum.r.Area
			sum.to.way += sum.r.way
			sum.to.like += sum.r.like
			sum.to.moved += sum.r.moved
		}
	}
	fmt.Fprintf(&b, "wiring of dot: crossings %.0f %%, area %.0f %%, movement %.0f %% in pixels (%.0f of %.0f), %.0f %% in shares of the diagonals\n",
		100*float64(ours.Crossings)/float64(dots.Crossings), 100*ours.Area/dots.Area, 100*ours.way/dots.way, ours.way, dots.way, 100*ours.moved/dots.moved)
	fmt.Fprintf(&b, "like the picture before: movement %.0f %% in pixels (%.0f of %.0f)\n", 100*ours.like/dots.way, ours.like, dots.way)
	t.Log(b.String())
	assert.LessOrEqual(t, float64(ours.Crossings), 0.6*float64(dots.Crossings), "sum of crossings")
	assert.LessOrEqual(t, ours.Area, 0.6*dots.Area, "sum of areas")
	assert.LessOrEqual(t, ours.way, movementShare*dots.way, "movement after adding a tenant")
	assert.LessOrEqual(t, ours.like, likeShare*dots.way, "movement after adding a tenant to the picture before")
}
