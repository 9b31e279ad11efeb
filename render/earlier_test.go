package render

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hostwire/hostwire/layout"
)

func TestReadEarlier(t *testing.T) {
	box := func(s string) string { return `<svg><g id="a" data-box="` + s + `"></g></svg>` }
	for _, tt := range []struct {
		name, text string
		want       map[string]layout.Rect // nil if it is no picture.
	}{
		{"a card", box("1 2.5 30 40"), map[string]layout.Rect{"a": {X: 1, Y: 2.5, W: 30, H: 40}}},
		{"in a page", "<!DOCTYPE html><style>a>b{}</style>" + box("-1 -2 3 4") + "<script>1<2</script>", map[string]layout.Rect{"a": {X: -1, Y: -2, W: 3, H: 4}}},
		{"deeper", `<svg><a href="x"><g class="netns" data-box="1 2 3 4" id="b"/></a></svg>`, map[string]layout.Rect{"b": {X: 1, Y: 2, W: 3, H: 4}}},
		{"after its end", `<svg></svg><g id="a" data-box="1 2 3 4"/>`, nil},
		{"without an ID", `<svg><g data-box="1 2 3 4"/></svg>`, nil},
		{"too few numbers", box("1 2 3"), nil},
		{"too many numbers", box("1 2 3 4 5"), nil},
		{"no numbers", box("a b c d"), nil},
		{"not a number", box("NaN 1 1 1"), nil},
		{"without end", box("1 1 Inf 1"), nil},
		{"too far away", box("1e8 1 1 1"), nil},
		{"less than nothing", box("1 1 -1 1"), nil},
		{"another SVG", `<svg><rect x="1" y="1"/></svg>`, nil},
		{"no SVG", `{"hostwire": {}}`, nil},
		{"nothing", ``, nil},
		{"broken", `<svg><g id="a" data-box="1 2 3 4`, nil},
		{"entities", `<!DOCTYPE svg [<!ENTITY e "1 2 3 4">]><svg><g id="a" data-box="&e;"/></svg>`, nil},
		{"packed, but broken", "\x1f\x8b\x08nonsense", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e, err := ReadEarlier(strings.NewReader(tt.text))
			if tt.want == nil {
				require.Error(t, err)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, tt.want, e.boxes)
		})
	}
}

// A picture that ends in the middle tells of the cards before.
func TestReadEarlierOfHalfAPicture(t *testing.T) {
	e, err := ReadEarlier(strings.NewReader(`<svg><g id="a" data-box="1 2 3 4"><text>`))
	require.NoError(t, err)
	assert.Len(t, e.boxes, 1)
}

// Whatever IDs are like, each card and each free node is found again where it was.
func TestEarlierKnowsEveryCard(t *testing.T) {
	for name, s := range hostileNames {
		g, l := hostile(s)
		e, err := ReadEarlier(bytes.NewReader(writeHostile(t, "svg", s)))
		require.NoError(t, err, name)
		boxes := e.Boxes(g)
		for _, c := range l.Clusters {
			assert.InDelta(t, c.Rect.X, boxes[c.Cluster.ID].X, 0.01, name)
			assert.InDelta(t, c.Rect.H, boxes[c.Cluster.ID].H, 0.01, name)
		}
		for _, n := range g.Free {
			assert.Contains(t, boxes, n.ID, name)
		}
	}
}

func FuzzReadEarlier(f *testing.F) {
	f.Add([]byte(`<svg><g id="a" data-box="1 2 3 4"/></svg>`))
	f.Add([]byte(`<!DOCTYPE html><style>a>b{}</style><svg class="hostwire"><title>x</title><a href="y"><g id="b" class="netns" data-box="-1.5 2 3e3 0"><text>&lt;</text></g></a></svg>`))
	f.Add([]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"))
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := ReadEarlier(bytes.NewReader(data))
		if err != nil {
			return
		}
		for id, r := range e.boxes {
			if id == "" || !(r.W >= 0 && r.W <= farthest && r.X >= -farthest && r.X <= farthest) {
				t.Fatalf("%q: %v", id, r)
			}
		}
	})
}
