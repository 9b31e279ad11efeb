package layout

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/internal/typeface"
)

// extent is the room that a text takes in its box.
func extent(t Text) Rect {
	w := t.Style.Width(t.S)
	x := t.X
	switch t.Anchor {
	case Middle:
		x -= w / 2
	case End:
		x -= w
	}
	return Rect{X: x, Y: t.Y - 0.74*t.Style.Size, W: w, H: 0.96 * t.Style.Size}
}

// fits asserts that texts lie in a box of a size, and beside each other.
func fits(t *testing.T, texts []Text, w, h float64) {
	t.Helper()
	const eps = 1e-6
	for i, one := range texts {
		r := extent(one)
		assert.True(t, r.X >= -eps && r.X+r.W <= w+eps && r.Y >= 0 && r.Y+r.H <= h, "%q in %g×%g: %+v", one.S, w, h, r)
		for _, other := range texts[:i] {
			o := extent(other)
			assert.False(t, math.Min(r.X+r.W, o.X+o.W)-math.Max(r.X, o.X) > eps && math.Min(r.Y+r.H, o.Y+o.H)-math.Max(r.Y, o.Y) > eps,
				"%q on %q", one.S, other.S)
		}
	}
}

const longName = "br-with-a-name-that-nobody-would-choose-but-an-alias-may-well-be-as-long-as-this-or-longer"

var nodes = map[string]*graph.Node{
	"a name alone":              {Class: graph.Nif, Name: "lo"},
	"nothing at all":            {Class: graph.Nif},
	"name and tag":              {Class: graph.Nif, Name: "eth0", Tag: "virtio_net"},
	"name, alias and tag":       {Class: graph.Nif, Name: "eth0", Alias: "uplink to the rack", Tag: "veth"},
	"lines":                     {Class: graph.Nif, Name: "eth0", Lines: []string{"192.0.2.2/24", "fe80::42:acff:fe11:2/64"}},
	"a long line":               {Class: graph.Nif, Name: "eth0", Lines: []string{strings.Repeat("fe80::42:acff:fe11:2/64 ", 5)}},
	"a long name":               {Class: graph.Nif, Name: longName},
	"a long name and a tag":     {Class: graph.Nif, Name: longName, Tag: "bridge"},
	"a long tag":                {Class: graph.Nif, Name: "veth0", Tag: longName},
	"everything long":           {Class: graph.Nif, Name: longName, Alias: longName, Tag: longName, Lines: []string{longName, longName}},
	"letters of another script": {Class: graph.Nif, Name: "網路介面", Alias: "сеть", Tag: "שלום", Lines: []string{"🙂🙂🙂"}},
	"a port":                    {Class: graph.Port, Name: "tcp 0.0.0.0:8081", Tag: "→ web:80"},
	"a process":                 {Class: graph.Proc, Name: "qemu-system-x86_64(4711)"},
	"the outside":               {Class: graph.Outside, Name: "LAN", Lines: []string{"gw 192.0.2.1"}},
	"a long outside":            {Class: graph.Outside, Name: longName, Lines: []string{longName}},
	"a remote end":              {Class: graph.Remote, Name: "239.1.1.1"},
}

func TestTextFitsItsNode(t *testing.T) {
	for name, n := range nodes {
		t.Run(name, func(t *testing.T) {
			w, h := NodeSize(n)
			assert.Equal(t, [2]float64{math.Ceil(w), math.Ceil(h)}, [2]float64{w, h}, "whole pixels")
			assert.LessOrEqual(t, w, float64(RowWidthMax))
			for _, wider := range []float64{0, 1, 57, 400} {
				fits(t, NodeText(n, w+wider), w+wider, h)
			}
			if w < RowWidthMax {
				for _, one := range NodeText(n, w) {
					assert.Equal(t, one.Full, one.S, "there is room, so nothing is shortened")
				}
			}
		})
	}
}

func TestShortenedTextSaysWhatItWas(t *testing.T) {
	n := nodes["everything long"]
	shortened := 0
	for _, one := range NodeText(n, RowWidthMax) {
		assert.Equal(t, longName, one.Full)
		if one.S != one.Full {
			shortened++
			assert.Contains(t, one.S, "…")
		}
	}
	assert.GreaterOrEqual(t, shortened, 4)
}

func TestATagKeepsAThirdBesideALongName(t *testing.T) {
	for _, one := range NodeText(nodes["everything long"], RowWidthMax) {
		if one.Role == RoleTag {
			room := float64(RowWidthMax - RowIcon - RowPad)
			assert.InDelta(t, room/3, typeface.Text.Width(one.S), 12)
			return
		}
	}
	t.Error("no tag")
}

func TestTextFitsItsHeader(t *testing.T) {
	for _, c := range []*graph.Cluster{
		{Name: "web"},
		{Name: "web", Detail: "docker · nginx:1.27 · pid 12586"},
		{Name: longName, Detail: longName + longName},
		{},
	} {
		w := HeaderWidth(c)
		texts := HeaderText(c, w)
		fits(t, texts, w, HeaderHeight)
		if w < RowWidthMax {
			for _, one := range texts {
				assert.Equal(t, one.Full, one.S)
			}
		}
	}
}

func TestTextFitsItsSection(t *testing.T) {
	for _, s := range []graph.Section{
		{Title: "listening"},
		{Title: "routes", Lines: []string{"default via 10.0.0.1", longName + longName}},
	} {
		w, h := SectionSize(s)
		texts := SectionText(s, w)
		assert.Len(t, texts, 1+len(s.Lines))
		fits(t, texts, w, h)
	}
}

func TestGroupsAreNamedByTheirKind(t *testing.T) {
	assert.Equal(t, "compose project · ", GroupCaption(&graph.Group{Kind: "compose", Name: "shop"}))
	assert.Equal(t, "pod · ", GroupCaption(&graph.Group{Kind: "pod"}))
	assert.Empty(t, GroupCaption(&graph.Group{Name: "shop"}))
	assert.Greater(t, GroupWidth(&graph.Group{Kind: "pod", Name: "default/web"}), GroupWidth(&graph.Group{Name: "default/web"}))
	assert.LessOrEqual(t, GroupWidth(&graph.Group{Name: longName + longName}), float64(RowWidthMax+2*GroupPad))
}
