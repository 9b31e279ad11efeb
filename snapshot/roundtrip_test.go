package snapshot

import (
	"bytes"
	"strings"
	"testing"

	"github.com/hostwire/hostwire/network"
	"github.com/hostwire/hostwire/snapshot/synthetic"
	"github.com/stretchr/testify/require"
)

// bigHost has a bit of everything.
const bigHost = "bridge:3 tenant:60 vxlan:4 macvlan:11 vlan:9 bond:3 tap:5 router:4 port:20 pod:41 compose:3 lone:2 ipv6"

func made(t testing.TB, spec string) *network.Discovery {
	t.Helper()
	d, err := synthetic.Discover(spec)
	require.NoError(t, err)
	return d
}

func encoded(t testing.TB, d *network.Discovery) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, Encode(&b, d))
	return b.Bytes()
}

func TestSyntheticHostSurvives(t *testing.T) {
	d := made(t, bigHost)
	text := encoded(t, d)
	validate(t, compiled(t), text)
	back, err := Decode(bytes.NewReader(text))
	require.NoError(t, err)
	requireEqual(t, d, back)
	require.Equal(t, string(text), string(encoded(t, back)))
	if strings.Count(string(text), "\n") < 500 {
		t.Error("interfaces do not have lines of their own")
	}
}
