package graph

import (
	"testing"

	"github.com/hostwire/hostwire/network"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestALoopbackInterfaceIsUpWhenSwitchedOnAndHasNoMAC(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(a *network.NifAttrs)
		state  string
		mac    bool
	}{
		"loopback":                      {func(*network.NifAttrs) {}, "up", false},
		"loopback, switched off":        {func(a *network.NifAttrs) { a.AdminUp = false }, "unknown, switched off", false},
		"a driver that tells no state":  {func(a *network.NifAttrs) { a.Loopback = false }, "unknown", false},
		"an address with some zeros":    {func(a *network.NifAttrs) { a.L2Addr[5] = 1 }, "up", true},
		"no hardware address whatever":  {func(a *network.NifAttrs) { a.L2Addr = nil }, "up", false},
		"a loopback that says it is up": {func(a *network.NifAttrs) { a.State = network.Up }, "up", false},
	} {
		t.Run(name, func(t *testing.T) {
			m := edgeHost()
			tt.change(m.find("host", "lo").Nif())
			g, err := Project(m.d, Options{Detail: Full})
			require.NoError(t, err)
			facts := map[string]string{}
			for _, n := range g.AllNodes() {
				if n.Name == "lo" && n.Cluster.Kind == Host {
					for _, f := range n.Facts {
						facts[f.Name] = f.Value
					}
				}
			}
			assert.Equal(t, tt.state, facts["state"])
			assert.Equal(t, tt.mac, facts["mac"] != "", facts["mac"])
		})
	}
}
