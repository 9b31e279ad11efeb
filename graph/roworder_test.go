package graph

import (
	"strings"
	"testing"

	"github.com/hostwire/hostwire/network"
	"github.com/stretchr/testify/assert"
)

func TestRowsFollowTheWiring(t *testing.T) {
	m := newMaker()
	host := m.host()
	m.nif(host, &network.NifAttrs{}, "dummy", "dummy0")
	eth10, eth2 := m.hardware(host, "eth10"), m.hardware(host, "eth2")
	bond := m.nif(host, &network.BondAttrs{}, "bond", "bond0")
	enslave(m.hardware(host, "eth3"), bond)
	vlan := m.nif(host, &network.VlanAttrs{Master: eth2, VID: 5}, "vlan", "eth2.5")
	vlan.Nif().Lower = eth2
	br1, br0 := m.bridge(host, "br1"), m.bridge(host, "br0")
	enslave(eth10, br1)
	m.tenant(host, br0, "veth10", m.docker("a", "a"), "10.0.0.2/24")
	m.tenant(host, br0, "veth9", m.docker("b", "b"), "10.0.0.3/24")
	m.nif(host, &network.TunTapAttrs{}, "tun", "tap0")
	m.nif(host, &network.VxlanAttrs{}, "vxlan", "vx0")
	m.veth(host, "p0", host, "p1")
	// A damaged model in which two interfaces stand on each other.
	x := m.nif(host, &network.NifAttrs{}, "rmnet", "x")
	y := m.nif(host, &network.NifAttrs{}, "rmnet", "y")
	x.Nif().Lower, y.Nif().Lower = y, x
	var rows []string
	for _, n := range projected(t, m, Options{}).Clusters[0].Nodes {
		rows = append(rows, n.Name)
	}
	assert.Equal(t, "bond0 eth3 eth2 eth2.5 br0 veth9 veth10 br1 eth10 p0 p1 vx0 tap0 dummy0 lo x y", strings.Join(rows, " "))
}
