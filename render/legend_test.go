package render

import (
	"strings"
	"testing"

	"github.com/hostwire/hostwire/graph"
)

func TestLegendColumnsAreAlignedAndFit(t *testing.T) {
	var entries []entry
	for _, word := range []string{"veth pair", "bridge port", "bond, HSR or PRP member", "VLAN or similar on its parent", "uplink", "up", "down", "state unknown"} {
		entries = append(entries, entry{nil, keyLength, word})
	}
	last := len(entries)
	for _, room := range []float64{4000, 1600, 900, 700, 420, 200, 10} {
		at, columns := legendColumns(entries, room)
		if len(at) != columns || columns < 1 || columns > last {
			t.Fatalf("room %g: %d columns at %v", room, columns, at)
		}
		last = columns
		for i, e := range entries {
			end := at[i%columns] + e.width()
			if columns > 1 && end > room {
				t.Errorf("room %g: %q ends at %g", room, e.word, end)
			}
			if next := i%columns + 1; next < columns && end+legendGap > at[next] {
				t.Errorf("room %g: %q ends at %g, the next column starts at %g", room, e.word, end, at[next])
			}
		}
	}
	if _, columns := legendColumns(entries, 4000); columns != len(entries) {
		t.Errorf("%d of %d entries are in one line where all fit", columns, len(entries))
	}
	if _, columns := legendColumns(entries, 10); columns != 1 {
		t.Errorf("%d columns where nothing fits, want 1", columns)
	}
}

// What a layout leaves around the drawing must not show: engines differ in it.
func TestRoomAroundTheDrawingIsTheSameForEveryLayout(t *testing.T) {
	size := func(pad float64) (w, h float64) {
		b := newBuilder("h", "", 500, 300+2*pad)
		host := b.cluster(&graph.Cluster{ID: "host", Kind: graph.Host, Name: "h"}, 24, pad+20, 450, 200)
		a := b.node(nif("a", "veth", "a", "veth", graph.StateUp), host, 40, pad+80, 200)
		z := b.node(nif("z", "veth", "z", "veth", graph.StateUp), host, 260, pad+80, 200)
		b.wire(&graph.Edge{Kind: graph.Veth, From: a, To: z}, false, 140, pad+80, 140, pad, 360, pad, 360, pad+80) // above the card.
		scene := Compose(Input{Graph: b.g, Layout: b.l})
		for _, item := range scene.Items {
			if g, ok := item.(*Group); ok && g.Class == "netns netns-host" {
				return scene.H, g.Items[1].(*Shape).Box.Y
			}
		}
		t.Fatal("no card")
		return
	}
	h, y := size(0)
	for _, pad := range []float64{10, 200} {
		if h2, y2 := size(pad); h2 != h || y2 != y {
			t.Errorf("%g around: height %g and card at %g, want %g and %g", pad, h2, y2, h, y)
		}
	}
}

func TestAPictureCanDoWithoutTitle(t *testing.T) {
	for format, sign := range map[string]string{
		"svg": `class="title-block"`, "drawio": `id="hw-title"`, "dot": `point-size="20"`, "mermaid": "\ntitle: ",
	} {
		if !strings.Contains(write(t, format, "light", Options{}), sign) {
			t.Errorf("%s has no title", format)
		}
		if strings.Contains(write(t, format, "light", Options{NoTitle: true}), sign) {
			t.Errorf("%s has a title", format)
		}
	}
	if doc := write(t, "svg", "light", Options{NoTitle: true}); !strings.Contains(doc, `<title id="hw-title">Wiring of edge-01</title>`) {
		t.Error("the picture has no name for who can't see it")
	}
}
