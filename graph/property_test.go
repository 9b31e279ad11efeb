package graph

import (
	"fmt"
	"math/rand/v2"
	"net"
	"testing"

	"github.com/hostwire/hostwire/network"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/thediveo/lxkns/model"
)

// randomHost builds the topology that the first seed says, with numbers as the second one says:
// inode numbers, PIDs, indices, hardware addresses and, if wanted, made-up names.
func randomHost(topology, numbers uint64, renamed bool) *maker {
	dice, chance := rand.New(rand.NewPCG(topology, 1)), rand.New(rand.NewPCG(numbers, 2))
	letters := rand.New(rand.NewPCG(topology, 3))
	m := newMaker()
	inodes, pids := map[uint64]bool{}, map[model.PIDType]bool{}
	m.inode = func() uint64 {
		for {
			if n := uint64(4026531840 + chance.IntN(1<<20)); !inodes[n] {
				inodes[n] = true
				return n
			}
		}
	}
	m.pid = func() model.PIDType {
		for {
			if n := model.PIDType(2 + chance.IntN(1<<22)); !pids[n] {
				pids[n] = true
				return n
			}
		}
	}
	m.index = func() int { return chance.IntN(50) }
	made := map[string]bool{}
	madeUp := func(stem string, digits int) string {
		source := letters
		if renamed {
			source = chance
		}
		for {
			name := stem
			for range digits {
				name += string("0123456789abcdef"[source.IntN(16)])
			}
			if !made[name] {
				made[name] = true
				return name
			}
		}
	}
	host := m.host()
	eth0 := m.hardware(host, "eth0", "192.0.2.2/24")
	var bridges []*network.BridgeAttrs
	for i := range 1 + dice.IntN(3) {
		b := m.bridge(host, madeUp("br-", 12), fmt.Sprintf("172.%d.0.1/16", 17+i))
		if dice.IntN(2) == 0 {
			m.d.Networks = append(m.d.Networks, network.EngineNetwork{Engine: "docker.com", Name: fmt.Sprintf("net%d", i), Nif: b})
		}
		bridges = append(bridges, b)
	}
	var spaces []*network.NetworkNamespace
	names := []string{"web", "api", "db", "a\"<b>&c", "x|{y}"}
	for i := range dice.IntN(12) {
		var n *network.NetworkNamespace
		switch dice.IntN(5) {
		case 0:
			n = m.docker(names[dice.IntN(len(names))], "nginx", labelProject, []string{"", "shop"}[dice.IntN(2)])
		case 1:
			n = m.netns(fmt.Sprintf("/run/netns/lab%d", dice.IntN(20)))
			m.lo(n)
		case 2:
			n = m.netns("/run/docker/netns/" + madeUp("", 12))
		default:
			n = m.netns()
			m.process(n, []string{"sleep", "nginx"}[dice.IntN(2)])
			m.lo(n)
		}
		spaces = append(spaces, n)
		if dice.IntN(3) > 0 {
			k := dice.IntN(len(bridges))
			addr := fmt.Sprintf("172.%d.0.%d", 17+k, 2+i)
			end := m.tenant(host, bridges[k], madeUp("veth", 7), n, addr+"/16")
			if dice.IntN(2) == 0 {
				m.forward(host, uint16(8000+i), end, addr, 80)
			}
		}
		switch dice.IntN(6) {
		case 0:
			mv := m.nif(n, &network.MacvlanAttrs{Master: eth0, Mode: 3}, "macvlan", "mv0")
			mv.Nif().Lower = eth0
		case 1:
			tap := m.nif(n, &network.TunTapAttrs{Mode: network.TunTapModeTap, Owner: -1, Group: -1}, "tun", "tap0").(*network.TunTapAttrs)
			tap.Processors = []*model.Process{m.process(nil, "qemu")}
		case 2:
			m.nif(n, &network.VxlanAttrs{VID: uint32(dice.IntN(3)), Groupv4: net.IP{239, 1, 1, 1}, DestinationPort: 4789}, "vxlan", "vx0")
		}
	}
	// Wires between namespaces that bear the same names at their ends.
	for range dice.IntN(5) {
		if len(spaces) < 2 {
			break
		}
		a, b := spaces[dice.IntN(len(spaces))], spaces[dice.IntN(len(spaces))]
		m.veth(a, fmt.Sprintf("l%d", len(a.Nifs)), b, fmt.Sprintf("r%d", len(b.Nifs)))
	}
	return m
}

func TestGraphsOfRandomHosts(t *testing.T) {
	for seed := range uint64(100) {
		first := randomHost(seed, 1, false)
		for _, opts := range []Options{{}, {Detail: Full}, {Detail: Minimal}, {Stable: true}, {Stable: true, Detail: Full}, {Fold: 1}, {Only: filters(t, "netns=*web*")}} {
			g := projected(t, first, opts)
			require.Equal(t, g, projected(t, first, opts), "the same model gives the same graph")
			require.Equal(t, projected(t, randomHost(seed, 1, false), opts), g, "an equal model gives an equal graph")
			if !opts.Stable {
				continue
			}
			for numbers := uint64(2); numbers < 5; numbers++ {
				other := projected(t, randomHost(seed, numbers, true), opts)
				require.Equal(t, draft(g), draft(other), "topology %d built again has the same stable graph", seed)
				require.Equal(t, g, other)
			}
		}
		// Numbers alone do not change IDs, even if they show.
		ids := func(m *maker) (ids []string) {
			g := projected(t, m, Options{})
			for _, n := range g.AllNodes() {
				ids = append(ids, n.ID)
			}
			for _, e := range g.Edges {
				ids = append(ids, e.ID)
			}
			return ids
		}
		require.Equal(t, ids(first), ids(randomHost(seed, 9, false)), "topology %d", seed)
	}
}

func TestEqualPairsStayPairs(t *testing.T) {
	chains := func(numbers uint64) *maker {
		chance := rand.New(rand.NewPCG(numbers, 0))
		m := newMaker()
		used := map[model.PIDType]bool{}
		m.pid = func() model.PIDType {
			for {
				if pid := model.PIDType(2 + chance.IntN(1<<20)); !used[pid] {
					used[pid] = true
					return pid
				}
			}
		}
		m.host()
		for range 6 {
			a, b, c := m.netns(), m.netns(), m.netns()
			m.process(a, "left")
			m.process(b, "router")
			m.process(c, "right")
			m.veth(a, "eth0", b, "west")
			m.veth(b, "east", c, "eth0")
		}
		return m
	}
	want := draft(projected(t, chains(1), Options{Stable: true}))
	assert.Contains(t, want, "veth proc-left-3--eth0 -- proc-router-3--west\n")
	assert.Contains(t, want, "veth proc-right-3--eth0 -- proc-router-3--east\n")
	for numbers := range uint64(10) {
		assert.Equal(t, want, draft(projected(t, chains(numbers), Options{Stable: true})))
	}
}

func TestTwoNamesNeverShareAnID(t *testing.T) {
	m := newMaker()
	host := m.host()
	for _, name := range []string{"a.b", "a_b", "a:b", "a b", "a-b", "a@b", "ä", "ö", "1", "-", ".", "\x1b[31m", "\""} {
		m.nif(host, &network.NifAttrs{}, "dummy", name)
	}
	for _, path := range []string{"/run/netns/a-b", "/run/netns-a/b", "/run-netns/a-b", "/9", "/run/netns/host", "/host"} {
		m.netns(path)
	}
	m.docker("host--lo", "x") // a name made to look like another's ID.
	m.docker("a--b", "x")
	n := m.docker("a", "x")
	m.nif(n, &network.NifAttrs{}, "dummy", "b--lo")
	g := projected(t, m, Options{}) // validates.
	assert.Len(t, g.Clusters, 10)
}

func BenchmarkProject1000Namespaces(b *testing.B) {
	m := crowd(1000, 100, 0)
	for _, opts := range []Options{{}, {Fold: FoldAuto}, {Stable: true}} {
		b.Run(fmt.Sprintf("fold %d stable %t", opts.Fold, opts.Stable), func(b *testing.B) {
			for b.Loop() {
				if _, err := Project(m.d, opts); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
