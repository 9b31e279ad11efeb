package render

import (
	"math"
	"slices"
	"testing"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/layout"
	"github.com/hostwire/hostwire/themes"
)

func TestEveryIconIsDrawableAndInItsBox(t *testing.T) {
	check := func(name, data string, size float64) {
		t.Helper()
		if data == "" {
			return
		}
		p, ok := parsePath(data, 0, 0)
		if !ok || len(p.ops) == 0 {
			t.Errorf("%s: can't read %q", name, data)
			return
		}
		lines, _ := p.flatten(0.1, identity)
		for _, l := range lines {
			for _, pt := range l {
				if pt.X < -0.1 || pt.Y < -0.1 || pt.X > size+0.1 || pt.Y > size+0.1 {
					t.Errorf("%s leaves its box at %v", name, pt)
					return
				}
			}
		}
	}
	for kind, i := range clusterIcons {
		check(string(kind), i.line, 18)
		check(string(kind), i.dots, 18)
	}
	for kind, i := range kindIcons {
		check(kind, i.line, 14)
		check(kind, i.dots, 14)
	}
	for state, i := range stateIcons {
		check(string(state), i.data, 10)
	}
	for kind, like := range kindLike {
		if _, ok := kindIcons[like]; !ok {
			t.Errorf("%s is like %s, which has no icon", kind, like)
		}
	}
}

func TestEveryKindOfClusterAndStateHasAnIconOfItsOwn(t *testing.T) {
	seen := map[string]graph.ClusterKind{}
	for _, k := range []graph.ClusterKind{graph.Host, graph.Container, graph.Pod, graph.Process, graph.Bound, graph.Held, graph.Folded} {
		i, ok := clusterIcons[k]
		if !ok {
			t.Errorf("%s has none", k)
		}
		if other, taken := seen[i.line]; taken {
			t.Errorf("%s looks like %s", k, other)
		}
		seen[i.line] = k
	}
	for _, s := range stateOrder {
		if _, ok := stateIcons[s]; !ok || stateWords[s] == "" || stateSigns[s] == "" {
			t.Errorf("state %s has no sign", s)
		}
	}
}

func TestEveryKindOfWireHasAStyleAndWords(t *testing.T) {
	known := map[string]bool{}
	for _, k := range themes.Kinds() {
		known[k] = true
	}
	for _, k := range kindOrder {
		if !known[string(k)] || wireWords[k].legend == "" || wireWords[k].one == "" {
			t.Errorf("%s has no style or no words", k)
		}
	}
	if len(kindOrder) != len(known) || len(wireWords) != len(known) {
		t.Errorf("%d kinds in order, %d with words, %d with styles", len(kindOrder), len(wireWords), len(known))
	}
}

func TestIconCommands(t *testing.T) {
	p, ok := parsePath("m1 1h4v-1l-1 2c0 1 1 1 1 0s1-1 1 0z", 10, 20)
	if got := string(p.svgData([]byte{'"'})); !ok || got != `"M11 21h4v-1l-1 2c0 1 1 1 1 0c0-1 1-1 1 0z` {
		t.Errorf("path is %s", got)
	}
	circle, _ := parsePath(ring(5, 5, 3), 0, 0)
	lines, _ := circle.flatten(0.01, identity)
	for _, pt := range lines[0] {
		if math.Abs(dist(pt, layout.Point{X: 5, Y: 5})-3) > 0.02 {
			t.Fatalf("%v is not on the circle", pt)
		}
	}
	for _, bad := range []string{"x1 1", "m1", "m1 1q1 1 2 2", "M1 1"} {
		if _, ok := parsePath(bad, 0, 0); ok {
			t.Errorf("%q is taken", bad)
		}
	}
}

func pts(v ...float64) []layout.Point {
	var out []layout.Point
	for i := 0; i+1 < len(v); i += 2 {
		out = append(out, layout.Point{X: v[i], Y: v[i+1]})
	}
	return out
}

func TestCornersAreRoundedAsFarAsThereIsRoom(t *testing.T) {
	for name, c := range map[string]struct {
		points []layout.Point
		radius float64
		want   string
	}{
		"straight":                  {pts(0, 0, 10, 0), 8, `"M0 0h10`},
		"a corner":                  {pts(0, 0, 20, 0, 20, 30), 8, `"M0 0h12q8 0 8 8v22`},
		"half of a short piece":     {pts(0, 0, 20, 0, 20, 6, 40, 6), 8, `"M0 0h17q3 0 3 3q0 3 3 3h17`},
		"a point on the way":        {pts(0, 0, 5, 0, 10, 0), 8, `"M0 0h10`},
		"the same point twice":      {pts(0, 0, 0, 0, 10, 0, 10, 0), 8, `"M0 0h10`},
		"no radius":                 {pts(0, 0, 9, 0, 9, 9), 0, `"M0 0h9v9`},
		"there and back":            {pts(0, 0, 10, 0, 4, 0), 0, `"M0 0h10h-6`},
		"one point":                 {pts(3, 4), 8, `"M3 4`},
		"numbers with two decimals": {pts(0.333, 0, 0.666, 1.005), 8, `"M0.33 0l0.34 1`},
	} {
		t.Run(name, func(t *testing.T) {
			p := polyline(c.points, c.radius)
			if got := string(p.svgData([]byte{'"'})); got != c.want {
				t.Errorf("path is %s, want %s", got, c.want)
			}
		})
	}
}

// crossingWires is two wires that cross at 100, 100 and two that meet in a bundle.
func crossingWires(sameKind bool) *composer {
	b := newBuilder("", "", 300, 300)
	n := make([]*graph.Node, 4)
	for i := range n {
		n[i] = &graph.Node{ID: string(rune('a' + i)), Class: graph.Nif, Name: "n"}
	}
	to, kind := n[3], graph.Vxlan
	if sameKind {
		to, kind = n[1], graph.Veth
	}
	b.wire(&graph.Edge{Kind: graph.Veth, From: n[0], To: n[1]}, false, 0, 100, 200, 100)
	b.wire(&graph.Edge{Kind: kind, From: n[2], To: to}, false, 100, 0, 100, 200)
	theme, _ := themes.Load("light")
	return &composer{in: Input{Graph: b.g, Layout: b.l, Theme: theme}, scene: &Scene{}}
}

func gapsOf(c *composer) [][]gap {
	paths := make([]Path, len(c.in.Layout.Wires))
	for i, b := range c.bundles() {
		paths[i] = c.wirePath(c.in.Layout.Wires[i], b.hub)
	}
	return c.gaps(paths, c.wireOrder())
}

func TestTheUpperOfTwoCrossingWiresHasAGapAroundIt(t *testing.T) {
	got := gapsOf(crossingWires(false))
	if len(got[0]) != 0 || len(got[1]) != 1 || got[1][0].a != (layout.Point{X: 100, Y: 95}) || got[1][0].b != (layout.Point{X: 100, Y: 105}) {
		t.Errorf("gaps are %v", got)
	}
	if got := gapsOf(crossingWires(true)); len(got[1]) != 0 {
		t.Errorf("a bundle has gaps: %v", got)
	}
}

func TestWiresOfABundleAreDrawnTogetherAndHaveOneGap(t *testing.T) {
	c := crossingWires(false)
	l := c.in.Layout
	l.Wires = append(l.Wires, l.Wires[0], l.Wires[1])
	l.Wires[1].Bundle, l.Wires[3].Bundle = 1, 1
	if order := c.wireOrder(); !slices.Equal(order, []int{0, 1, 3, 2}) {
		t.Errorf("wires are drawn in the order %v", order)
	}
	got := gapsOf(c)
	if len(got[1]) != 1 || len(got[3]) != 0 || len(got[2]) != 1 {
		t.Errorf("gaps are %v", got)
	}
}

// Dashed lines that lie on each other where they meet must begin there.
func TestLinesBeginWhereMostOfTheirKindMeet(t *testing.T) {
	b := newBuilder("", "", 300, 300)
	n := make([]*graph.Node, 4)
	for i := range n {
		n[i] = &graph.Node{ID: string(rune('a' + i)), Class: graph.Nif, Name: "n"}
	}
	b.wire(&graph.Edge{Kind: graph.Vlan, From: n[0], To: n[3]}, false, 100, 10, 50, 10, 50, 90, 0, 90)
	b.wire(&graph.Edge{Kind: graph.Vlan, From: n[1], To: n[3]}, false, 100, 40, 50, 40, 50, 90, 0, 90)
	b.wire(&graph.Edge{Kind: graph.Forward, From: n[2], To: n[3], Directed: true}, false, 100, 70, 0, 70)
	b.wire(&graph.Edge{Kind: graph.Veth, From: n[0], To: n[1]}, false, 7, 7, 9, 7)
	c := &composer{in: Input{Graph: b.g, Layout: b.l}, scene: &Scene{}}
	for i, hub := range c.bundles() {
		path := c.wirePath(b.l.Wires[i], hub.hub)
		if got, want := path.points[0], []layout.Point{{Y: 90}, {Y: 90}, {X: 100, Y: 70}, {X: 7, Y: 7}}[i]; got != want {
			t.Errorf("line %d begins at %v", i, got)
		}
	}
}

func TestGapsTakeTheColourOfTheGround(t *testing.T) {
	c := crossingWires(false)
	c.grounds = []ground{{Box{X: 50, Y: 50, W: 200, H: 200}, themes.Card}, {Box{X: 90, Y: 90, W: 20, H: 20}, themes.Band}}
	if got := gapsOf(c); got[1][0].ground != themes.Band {
		t.Errorf("ground is %s", got[1][0].ground)
	}
}

func TestArrowsPointAtTheirEnd(t *testing.T) {
	p := arrowHead(layout.Point{X: 0, Y: 5}, layout.Point{X: 20, Y: 5})
	if got := string(p.svgData([]byte{'"'})); got != `"M20 5l-9 4v-8z` {
		t.Errorf("arrow is %s", got)
	}
}
