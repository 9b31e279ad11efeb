package graph

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func filters(t testing.TB, texts ...string) (fs []Filter) {
	t.Helper()
	for _, text := range texts {
		f, err := ParseFilter(text)
		require.NoError(t, err)
		fs = append(fs, f)
	}
	return fs
}

// rowsOf writes which clusters and rows a graph has: "host: eth0 lo; web: eth0".
func rowsOf(g *Graph) string {
	var cards []string
	for _, c := range g.Clusters {
		var rows []string
		for _, n := range c.Nodes {
			rows = append(rows, n.Name)
		}
		cards = append(cards, c.Name+": "+strings.Join(rows, " "))
	}
	return strings.Join(cards, "; ")
}

func TestFiltersKeepAndHide(t *testing.T) {
	for _, tt := range []struct {
		name       string
		only, hide []string
		want       string
		free       int
		edges      int
	}{
		{"hiding loopback interfaces", nil, []string{"kind=loopback"},
			"edge-01: eth0 br-959a226ec3a3 veth277e408 vethc01d77e vx42 docker0 veth1b9363c tap9 tcp 0.0.0.0:8081 tcp 0.0.0.0:9000; lab1: eth1; api: eth0; db: eth0; web: eth0", 3, 14},
		{"hiding a namespace takes its wires away", []string{}, []string{"netns=web,lab*,db,api"},
			"edge-01: eth0 br-959a226ec3a3 veth277e408 vethc01d77e vx42 docker0 veth1b9363c tap9 lo tcp 0.0.0.0:8081 tcp 0.0.0.0:9000", 3, 8},
		{"only one namespace keeps what it is wired to, as far as the bridge", []string{"netns=web"}, nil,
			"edge-01: docker0 veth1b9363c tcp 0.0.0.0:8081; web: eth0 lo", 0, 3},
		{"only a namespace by its path", []string{"netns=/run/netns/lab1"}, nil,
			"edge-01: eth0; lab1: eth1 lo", 1, 2},
		{"only a kind drops cards without any", []string{"kind=macvlan"}, nil, "lab1: eth1", 0, 0},
		{"several of one field add up, several fields agree", []string{"kind=veth", "kind=bridge", "name=docker0,eth*"}, nil,
			"edge-01: docker0; api: eth0; db: eth0; web: eth0", 0, 0},
		{"only a state keeps forwarded ports, which have none", []string{"state=down"}, nil,
			"edge-01: tap9 tcp 0.0.0.0:8081 tcp 0.0.0.0:9000; lab1: lo", 1, 1},
		{"hiding forwarded ports and the outside", nil, []string{"kind=port,outside,remote,process,veth"},
			"edge-01: eth0 br-959a226ec3a3 vx42 docker0 tap9 lo; lab1: eth1 lo; api: lo; db: lo; web: lo", 0, 3},
		{"an exception takes back", nil, []string{"netns=*,!edge*"},
			"edge-01: eth0 br-959a226ec3a3 veth277e408 vethc01d77e vx42 docker0 veth1b9363c tap9 lo tcp 0.0.0.0:8081 tcp 0.0.0.0:9000", 3, 8},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := projected(t, edgeHost(), Options{Only: filters(t, tt.only...), Hide: filters(t, tt.hide...)})
			assert.Equal(t, tt.want, rowsOf(g))
			assert.Len(t, g.Free, tt.free, draft(g))
			assert.Len(t, g.Edges, tt.edges, draft(g))
			assert.Contains(t, g.Subtitle, "filtered: ")
		})
	}
}

func TestAFilterThatPicksNothingIsTold(t *testing.T) {
	g := projected(t, edgeHost(), Options{Only: filters(t, "netns=wbe", "kind=vteh,veth"), Hide: filters(t, "kind=vxcan")})
	assert.Equal(t, []Note{{"filter netns=wbe picks nothing"}}, g.Notes)
	assert.Empty(t, g.Clusters)
}

func TestParseFilterSaysWhatIsWrong(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"a mistyped field", "knid=veth", `unknown filter field "knid"; did you mean kind? (there are netns, kind, state, name)`},
		{"no field", "veth", `filter "veth" is not of the form FIELD=PATTERN, such as kind=loopback`},
		{"no pattern", "kind", `filter "kind" lacks a pattern: kind=PATTERN`},
		{"an empty pattern", "kind=veth,", `filter "kind=veth," has an empty pattern; to pick anything write kind=*`},
		{"a lone exception mark", "kind=!", `filter "kind=!" has an empty pattern; to pick anything write kind=*`},
		{"a mistyped state", "state=donw", `unknown state "donw" in filter "state=donw"; did you mean down? (there are up, down, dormant, unknown)`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseFilter(tt.text)
			assert.EqualError(t, err, tt.want)
		})
	}
}

func TestPatterns(t *testing.T) {
	for _, tt := range []struct {
		pattern, word string
		want          bool
	}{
		{"eth0", "eth0", true},
		{"eth0", "eth00", false},
		{"eth?", "eth0", true},
		{"eth?", "eth", false},
		{"eth*", "eth", true},
		{"*", "", true},
		{"*a*b*c", "xxaxxbxxbc", true},
		{"*a*b*c", "xxaxxbxxb", false},
		{"default/*", "default/web/1", true},
		{"f?r", "für", true},
		{`a\*b`, "a*b", true},
		{`a\*b`, "axb", false},
		{`a\,b`, "a,b", true},
		{`a\`, `a\`, true},
		{"Web", "web", false},
		{strings.Repeat("*a", 100) + "b", strings.Repeat("a", 10000), false},
	} {
		assert.Equal(t, tt.want, pattern(tt.pattern).matches(tt.word), "%s and %s", tt.pattern, tt.word)
	}
}

func FuzzParseFilter(f *testing.F) {
	for _, text := range []string{"kind=veth", "netns=web,!db*", `name=a\,b?`, "state=up", "=", "kind=,", "knid=x", `name=\`, "name=!\\"} {
		f.Add(text, "eth0")
	}
	f.Fuzz(func(t *testing.T, text, word string) {
		filter, err := ParseFilter(text)
		if err != nil {
			assert.NotContains(t, err.Error(), "\n")
			return
		}
		again, err := ParseFilter(filter.String())
		require.NoError(t, err)
		assert.Equal(t, filter, again)
		filter.matches(word)
	})
}
