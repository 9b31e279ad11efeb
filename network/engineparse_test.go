package network

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/thediveo/lxkns/model"
)

func TestParseListeningUnix(t *testing.T) {
	table := `Num       RefCount Protocol Flags    Type St Inode Path
0000000000000000: 00000002 00000000 00010000 0001 01 1234 /run/docker.sock
0000000000000000: 00000003 00000000 00000000 0001 03 1235 /run/docker.sock
0000000000000000: 00000002 00000000 00010000 0001 01 1236 @abstract
0000000000000000: 00000002 00000000 00010000 0001 01 1237 /run/with space/x.sock
nonsense
0000000000000000: 00000002 00000000 00010000 0001 01 1238
`
	require.Equal(t, map[string]string{"1234": "/run/docker.sock", "1237": "/run/with space/x.sock"}, parseListeningUnix(strings.NewReader(table)))
}

func TestListeningPathsOfOurselves(t *testing.T) {
	require.NotContains(t, listeningPaths("/proc", model.PIDType(os.Getpid())), "")
	require.Empty(t, listeningPaths("/proc", 1<<30))
}

func TestParseNSpid(t *testing.T) {
	assert.Equal(t, []model.PIDType{4711, 7, 1}, parseNSpid("Name:\tx\nNSpid:\t4711\t7\t1\nNSpgid:\t1\n"))
	assert.Nil(t, parseNSpid("Name:\tx\n"))
	assert.Nil(t, parseNSpid("NSpid:\tx\n"))
}

func TestParseCNI(t *testing.T) {
	tests := []struct {
		name, conf string
		expected   []toldNetwork
	}{
		{
			name: "nerdctl's own",
			conf: `{"cniVersion":"1.0.0","name":"shop_default","nerdctlID":"AB12","nerdctlLabels":{"com.docker.compose.project":"shop"},
				"plugins":[{"type":"bridge","bridge":"br-ab12","isGateway":true},{"type":"portmap"}]}`,
			expected: []toldNetwork{{nif: "br-ab12", EngineNetwork: EngineNetwork{Engine: "x", ID: "ab12", Name: "shop_default", Driver: "bridge",
				Labels: map[string]string{"com.docker.compose.project": "shop"}}}},
		},
		{
			name:     "a single plugin",
			conf:     `{"name":"lan","type":"macvlan","master":"eth0"}`,
			expected: []toldNetwork{{nif: "eth0", EngineNetwork: EngineNetwork{Engine: "x", Name: "lan", Driver: "macvlan"}}},
		},
		{name: "no interface in it", conf: `{"name":"lo","plugins":[{"type":"loopback"}]}`},
		{name: "no name", conf: `{"type":"bridge"}`},
		{name: "nonsense", conf: `{`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.expected, parseCNI([]byte(test.conf), "x"))
		})
	}
}

func TestDockerNetworksTellTheirInterfaces(t *testing.T) {
	const id = "0123456789abcdef0123"
	tests := []struct {
		network dockerNetwork
		nif     string
	}{
		{dockerNetwork{Name: "bridge", ID: id, Driver: "bridge", Options: map[string]string{"com.docker.network.bridge.name": "docker0"}}, "docker0"},
		{dockerNetwork{Name: "shop", ID: id, Driver: "bridge"}, "br-0123456789ab"},
		{dockerNetwork{Name: "lan", ID: id, Driver: "macvlan", Options: map[string]string{"parent": "eth0.7"}}, "eth0.7"},
		{dockerNetwork{Name: "odd", ID: "12", Driver: "bridge"}, ""},
		{dockerNetwork{Name: "overlay", ID: id, Driver: "overlay"}, ""},
	}
	for _, test := range tests {
		told := dockerNetworks([]dockerNetwork{test.network})
		require.Len(t, told, 1)
		assert.Equal(t, test.nif, told[0].nif, test.network.Name)
	}
	assert.Empty(t, dockerNetworks([]dockerNetwork{{Name: "host", Driver: "host"}, {Name: "none", Driver: "null"}}))
}

func FuzzParseCNI(f *testing.F) {
	f.Add([]byte(`{"name":"lan","plugins":[{"type":"bridge","bridge":"cni0"}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, n := range parseCNI(b, "x") {
			require.NotEmpty(t, n.Name)
		}
	})
}

func FuzzParseListeningUnix(f *testing.F) {
	f.Add("0000000000000000: 00000002 00000000 00010000 0001 01 1234 /run/docker.sock\n")
	f.Fuzz(func(t *testing.T, table string) {
		for _, path := range parseListeningUnix(strings.NewReader(table)) {
			require.True(t, strings.HasPrefix(path, "/"))
		}
	})
}
