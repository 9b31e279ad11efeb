package synthetic

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWordsBecomeARecipe(t *testing.T) {
	for spec, want := range map[string]Recipe{
		"host":                                {Host: "edge-01"},
		" host  bridge:4\ttenant:250 vxlan:2": {Host: "edge-01", Bridges: 4, Tenants: 250, Vxlans: 2},
		"tenant":                              {Host: "edge-01", Bridges: 1, Tenants: 1},
		"tenant:0 lone":                       {Host: "edge-01", Lone: 1},
		"host:db-7.example pod:2 ipv6":        {Host: "db-7.example", Pods: 2, IPv6: true},
		"tap:3 compose:2 port:9":              {Host: "edge-01", Bridges: 1, Taps: 3, Projects: 2, Ports: 9},
	} {
		got, err := Parse(spec)
		require.NoError(t, err, spec)
		assert.Equal(t, want, got, spec)
	}
}

func TestErrorsTeachTheGrammar(t *testing.T) {
	for spec, want := range map[string]string{
		"":                             "bridge:4 tenant:250",
		"bridge:4 tennant:3":           "did you mean tenant?",
		"frobnicate":                   "there are host, bridge, tenant",
		"tenant:many":                  `tenant needs a count such as tenant:4, not "many"`,
		"tenant:-1":                    "needs a count",
		"tenant:":                      `nothing follows the colon of "tenant:"`,
		"bridge:501":                   "bridge goes up to 500, 501 is more",
		"bridge bridge:2":              "bridge is there twice",
		"ipv6:2":                       "ipv6 takes no count",
		"host:a<b":                     "only letters, digits",
		"host:" + repeated(65, "x"):    "64 are the most",
		"port:3":                       "add tenant, pod or compose",
		"tenant:60000 lone:60000":      "that is 120001 network namespaces, at most 100000",
		"compose:99999999999999999999": "needs a count",
		repeated(5000, " "):            "4096",
	} {
		_, err := Discover(spec)
		require.Error(t, err, spec)
		assert.Contains(t, err.Error(), want, spec)
		assert.NotContains(t, err.Error(), "\n", spec)
	}
}

func repeated(n int, s string) string { return strings.Repeat(s, n) }

func TestHelpNamesEveryWord(t *testing.T) {
	for _, name := range names() {
		assert.Contains(t, Help(), "  "+name)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("host:a bridge:4 tenant:25 vxlan:2 ipv6")
	f.Fuzz(func(t *testing.T, spec string) {
		r, err := Parse(spec)
		if err == nil && r.Namespaces() < 500 && r.Ports+r.Vxlans+r.Taps+r.Vlans < 2000 {
			if got := len(r.Build().Netns); got != r.Namespaces() {
				t.Errorf("%q: %d namespaces, want %d", spec, got, r.Namespaces())
			}
		}
	})
}
