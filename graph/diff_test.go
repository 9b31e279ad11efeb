package graph

import (
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/hostwire/hostwire/network"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func compare(t testing.TB, before, after *maker, ignore ...string) *Diff {
	t.Helper()
	var fs []Filter
	for _, text := range ignore {
		f, err := ParseIgnore(text)
		require.NoError(t, err)
		fs = append(fs, f)
	}
	opts := Options{Stable: true, Detail: Full}
	d := Compare(projected(t, before, opts), projected(t, after, opts), fs)
	require.NoError(t, d.Graph.Validate())
	return d
}

func lines(d *Diff) []string {
	var out []string
	for _, diff := range d.Differences {
		out = append(out, strings.TrimPrefix(diff.Netns+": ", ": ")+diff.String())
	}
	return out
}

// find returns an interface by the name of its container, or "host", and its own.
func (m *maker) find(container, nif string) network.Interface {
	for _, n := range m.d.Netns {
		if n.Initial && container == "host" {
			return n.NamedNifs[nif]
		}
		for _, t := range n.Tenants {
			if c := t.Process.Container; c != nil && c.Name == container {
				return n.NamedNifs[nif]
			}
		}
	}
	panic("no such container " + container)
}

// drop removes an interface, and its peer with it.
func (m *maker) drop(nif network.Interface) {
	for _, gone := range []network.Interface{nif, peerOf(nif)} {
		if a := attrs(gone); a != nil {
			delete(a.Netns.Nifs, a.Index)
			delete(a.Netns.NamedNifs, a.Name)
		}
	}
}

func (m *maker) dropNetns(container string) {
	n := m.find(container, "lo").Nif().Netns
	for _, nif := range n.Nifs {
		m.drop(nif)
	}
	delete(m.d.Netns, n.ID())
}

func TestCompareTellsWhatDiffers(t *testing.T) {
	for _, tt := range []struct {
		name    string
		change  func(m *maker)
		want    []string
		summary string
		ignore  []string
	}{
		{"nothing", func(*maker) {}, nil, "no differences", nil},
		{"a removed veth pair", func(m *maker) { m.drop(m.find("db", "eth0")) }, []string{
			"edge-01: - interface veth→db:eth0 (veth)",
			"db: - interface eth0 (veth)",
		}, "2 removed", nil},
		{"a state", func(m *maker) { m.find("web", "eth0").Nif().State = network.Down }, []string{
			"web: ~ interface eth0 (veth): state up → down",
		}, "1 changed", nil},
		{"an address that became another, and one more", func(m *maker) {
			a := m.find("web", "eth0").Nif()
			a.Addrsv4 = nil
			address(a, "172.17.0.7/16")
			b := m.find("api", "eth0").Nif()
			address(b, "10.1.1.1/24")
		}, []string{
			"api: ~ interface eth0 (veth): address + 10.1.1.1/24",
			"web: ~ interface eth0 (veth): address 172.17.0.2/16 → 172.17.0.7/16",
		}, "2 changed", nil},
		{"a port that moves to another bridge", func(m *maker) {
			port := peerOf(m.find("db", "eth0"))
			enslave(port, m.find("host", "docker0"))
		}, []string{
			"edge-01: - wire veth→db:eth0 in edge-01 – br→shop_backend in edge-01 (bridge)",
			"edge-01: + wire veth→db:eth0 in edge-01 – docker0 in edge-01 (bridge)",
		}, "1 added, 1 removed", nil},
		{"a removed container", func(m *maker) { m.dropNetns("db") }, []string{
			"edge-01: - interface veth→db:eth0 (veth)",
			"db: - namespace db (container)",
		}, "2 removed", nil},
		{"an added container", func(m *maker) {
			m.tenant(m.find("host", "lo").Nif().Netns, m.find("host", "docker0").(*network.BridgeAttrs), "veth1234567", m.docker("mq", "mq:1"), "172.17.0.9/16")
		}, []string{
			"edge-01: + interface veth→mq:eth0 (veth)",
			"mq: + namespace mq (container)",
		}, "2 added", nil},
		{"a renamed container", func(m *maker) { m.d.Containers.FirstWithName("db").Name = "database" }, []string{
			"edge-01: ~ interface veth→database:eth0 (veth): name veth→db:eth0 → veth→database:eth0",
			"database: ~ namespace database (container): name db → database",
			"database: ~ namespace database (container): container db · docker · postgres:17 → database · docker · postgres:17",
		}, "2 changed", nil},
		{"a renamed interface", func(m *maker) {
			a := m.find("db", "eth0").Nif()
			delete(a.Netns.NamedNifs, "eth0")
			a.Name = "net1"
			a.Netns.NamedNifs["net1"] = a.Interface()
		}, []string{
			"edge-01: ~ interface veth→db:net1 (veth): name veth→db:eth0 → veth→db:net1",
			"db: ~ interface net1 (veth): name eth0 → net1",
		}, "2 changed", nil},
		{"a renamed network card", func(m *maker) {
			a := m.find("host", "eth0").Nif()
			a.Name = "enp1s0"
		}, []string{
			"edge-01: ~ namespace edge-01 (host): routes - default via 192.0.2.1 dev eth0",
			"edge-01: ~ namespace edge-01 (host): routes + default via 192.0.2.1 dev enp1s0",
			"edge-01: ~ interface enp1s0 (hardware): name eth0 → enp1s0",
		}, "2 changed", nil},
		{"a forwarded port that leads elsewhere", func(m *maker) {
			host := m.find("host", "lo").Nif().Netns
			host.ForwardedPortsv4[0].ForwardPortMin = 8080
		}, []string{
			"edge-01: ~ forwarded port tcp 0.0.0.0:8081 (port): leads to web:80 → web:8080",
			"edge-01: ~ wire tcp 0.0.0.0:8081 in edge-01 – eth0 in web (forward): passed on to 172.17.0.2:80 → 172.17.0.2:8080",
		}, "2 changed", nil},
		{"what is ignored", func(m *maker) {
			m.find("web", "eth0").Nif().State = network.Down
			m.find("web", "eth0").Nif().MTU = 9000
			m.dropNetns("db")
			m.drop(m.find("host", "tap9"))
			m.tenant(m.find("host", "lo").Nif().Netns, m.find("host", "docker0").(*network.BridgeAttrs), "veth1234567", m.docker("mq", "mq:1"), "172.17.0.9/16")
		}, []string{
			"web: ~ interface eth0 (veth): mtu 1500 → 9000",
			"- process qemu",
		}, "1 removed, 1 changed", []string{"attribute=state,address", "netns=db,mq", "name=veth*", "kind=tun,tuntap"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			after := edgeHost()
			tt.change(after)
			d := compare(t, edgeHost(), after, tt.ignore...)
			assert.Equal(t, tt.want, lines(d))
			assert.Equal(t, tt.summary, d.Summary())
			// The other way round, what was removed is added.
			back := compare(t, after, edgeHost(), tt.ignore...)
			assert.Len(t, back.Differences, len(d.Differences))
		})
	}
}

func TestTheGraphOfADiffKeepsWhatWasRemovedInItsPlace(t *testing.T) {
	after := edgeHost()
	after.dropNetns("db")
	after.find("web", "eth0").Nif().State = network.Down
	g := compare(t, edgeHost(), after).Graph
	var cards []string
	for _, c := range g.Clusters {
		cards = append(cards, strings.TrimSpace(c.Name+" "+string(c.Change)))
	}
	assert.Equal(t, []string{"edge-01", "lab1", "api", "db removed", "web"}, cards)
	changes := map[string]Change{}
	for _, n := range g.AllNodes() {
		if n.Change != Unchanged {
			changes[n.ID] = n.Change
		}
	}
	assert.Equal(t, map[string]Change{
		"host--veth-to-db-eth0": Removed, "docker-db--eth0": Removed, "docker-db--lo": Removed, "docker-web--eth0": Changed,
	}, changes)
	for _, e := range g.Edges {
		assert.Equal(t, e.From.Change == Removed, e.Change == Removed, e.ID)
	}
	web := g.AllNodes()[slices.IndexFunc(g.AllNodes(), func(n *Node) bool { return n.ID == "docker-web--eth0" })]
	assert.Contains(t, web.Lines, "state up → down")
	assert.Contains(t, web.Facts, Fact{"was state", "up"})
}

func TestListsOnCardsKeepWhatWasRemoved(t *testing.T) {
	after := edgeHost()
	host := after.find("host", "lo").Nif().Netns
	host.Routesv4[0].NextHop = ip("192.0.2.254")
	host.Portsv4 = []network.ProcessSocket{{Protocol: 6, LocalIP: net.IPv4zero, LocalPort: 22, SimplifiedState: network.Listening}}
	want := []Section{
		{"listening", []string{"+ tcp 0.0.0.0:22"}},
		{"routes", []string{"- default via 192.0.2.1 dev eth0", "+ default via 192.0.2.254 dev eth0"}},
	}
	assert.Equal(t, want, compare(t, edgeHost(), after).Graph.Clusters[0].Sections)
	want = []Section{
		{"listening", []string{"tcp 0.0.0.0:22"}},
		{"routes", []string{"default via 192.0.2.254 dev eth0"}},
	}
	assert.Equal(t, want, compare(t, edgeHost(), after, "attribute=routes,listening").Graph.Clusters[0].Sections)
}

func TestComparingRandomHosts(t *testing.T) {
	for seed := range uint64(60) {
		a, b := randomHost(seed, 1, true), randomHost(seed+1, 1, true)
		same := compare(t, a, randomHost(seed, 2, true))
		require.Empty(t, lines(same), "topology %d built again", seed)
		there, back := compare(t, a, b), compare(t, b, a)
		require.Equal(t, lines(there), lines(compare(t, a, b)))
		count := func(d *Diff, change Change) (n int) {
			for _, diff := range d.Differences {
				if diff.Change == change {
					n++
				}
			}
			return n
		}
		require.Equal(t, count(there, Added), count(back, Removed), "topology %d: %v\n%v", seed, lines(there), lines(back))
		require.Equal(t, count(there, Changed), count(back, Changed))
	}
}

func TestParseIgnoreSaysWhatIsWrong(t *testing.T) {
	_, err := ParseIgnore("atribute=mtu")
	assert.EqualError(t, err, `unknown filter field "atribute"; did you mean attribute? (there are netns, kind, name, attribute)`)
}
