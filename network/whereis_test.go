package network

import (
	"fmt"
	"maps"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/stretchr/testify/require"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

func TestNifWithAddress(t *testing.T) {
	w := newWiring()
	w.nif("host", "eth1", &NifAttrs{}, "10.0.0.1", "fd00::1")
	eth0 := w.nif("host", "eth0", &NifAttrs{}, "10.0.0.1")
	w.nif("other", "eth0", &NifAttrs{}, "10.0.0.2")
	host := w.netns["host"]
	require.Equal(t, eth0, host.NifWithAddress(net.IP{10, 0, 0, 1}), "the first by name")
	require.Equal(t, eth0, host.NifWithAddress(net.ParseIP("10.0.0.1")), "in 16 bytes, too")
	require.Equal(t, "eth1", host.NifWithAddress(net.ParseIP("fd00::1")).Nif().Name)
	require.Nil(t, host.NifWithAddress(net.IP{10, 0, 0, 2}))
	require.Nil(t, host.NifWithAddress(nil))
}

// wiring builds namespaces and interfaces that need no kernel.
type wiring struct{ netns map[string]*NetworkNamespace }

func newWiring() *wiring { return &wiring{map[string]*NetworkNamespace{}} }

// nif adds an interface with addresses to a namespace.
func (w *wiring) nif(netns, name string, nif Interface, addresses ...string) Interface {
	n := w.netns[netns]
	if n == nil {
		n = &NetworkNamespace{Nifs: map[int]Interface{}, NamedNifs: map[string]Interface{}, Paths: []string{netns}}
		w.netns[netns] = n
	}
	attrs := nif.Nif()
	attrs.Netns, attrs.Name, attrs.Index = n, name, len(n.Nifs)+1
	for _, text := range addresses {
		addr := netip.MustParseAddr(text)
		attrs.addAddress(Address{Address: ipOf(addr), Family: map[bool]int{true: unix.AF_INET, false: unix.AF_INET6}[addr.Is4()]})
	}
	n.addNif(nif)
	return nif
}

// veth adds a pair.
func (w *wiring) veth(a, nameA, b, nameB string, addresses ...string) (Interface, Interface) {
	one, other := &VethAttrs{}, &VethAttrs{}
	w.nif(a, nameA, one)
	w.nif(b, nameB, other, addresses...)
	one.Peer, other.Peer = other, one
	return one, other
}

// bridge makes interfaces the ports of a bridge.
func (w *wiring) bridge(netns, name string, ports []Interface, addresses ...string) Interface {
	bridge := &BridgeAttrs{Ports: ports}
	w.nif(netns, name, bridge, addresses...)
	for _, port := range ports {
		port.Nif().Bridge, port.Nif().Controller = bridge, bridge
	}
	return bridge
}

// bond makes interfaces the members of a bond.
func (w *wiring) bond(netns, name string, members []Interface, addresses ...string) Interface {
	bond := &BondAttrs{Members: members}
	w.nif(netns, name, bond, addresses...)
	for _, member := range members {
		member.Nif().Controller = bond
	}
	return bond
}

func (w *wiring) vlan(netns, name string, lower Interface, vid uint16, protocol netlink.VlanProtocol, addresses ...string) Interface {
	vlan := &VlanAttrs{Master: lower, VID: vid, VlanProtocol: protocol}
	w.nif(netns, name, vlan, addresses...)
	lower.Nif().Slaves = append(lower.Nif().Slaves, vlan)
	return vlan
}

func (w *wiring) macvlan(netns, name string, lower Interface, mode netlink.MacvlanMode, addresses ...string) Interface {
	macvlan := &MacvlanAttrs{Master: lower, Mode: MacvlanMode(mode)}
	w.nif(netns, name, macvlan, addresses...)
	lower.Nif().Slaves = append(lower.Nif().Slaves, macvlan)
	return macvlan
}

func (w *wiring) ipvlan(netns, name string, lower Interface, flag string, addresses ...string) Interface {
	ipvlan := &IpvlanAttrs{Master: lower, Flag: flag}
	w.nif(netns, name, ipvlan, addresses...)
	lower.Nif().Slaves = append(lower.Nif().Slaves, ipvlan)
	return ipvlan
}

func TestSegments(t *testing.T) {
	const q, ad = netlink.VLAN_PROTOCOL_8021Q, netlink.VLAN_PROTOCOL_8021AD
	for name, test := range map[string]struct {
		build func(w *wiring) (from Interface)
		want  []string // interfaces reached, as "namespace/name".
	}{
		"veth pair": {
			func(w *wiring) Interface { a, _ := w.veth("a", "eth0", "b", "eth0"); return a },
			[]string{"b/eth0"},
		},
		"veth without its peer": {
			func(w *wiring) Interface { return w.nif("a", "eth0", &VethAttrs{}) },
			nil,
		},
		"netkit pair": {
			func(w *wiring) Interface {
				one, other := &NetkitAttrs{}, &NetkitAttrs{}
				w.nif("a", "nk0", one)
				w.nif("b", "nk0", other)
				one.Peer, other.Peer = other, one
				return one
			},
			[]string{"b/nk0"},
		},
		"out of a bridge into all that hangs off it": {
			func(w *wiring) Interface {
				a, _ := w.veth("host", "va", "a", "eth0")
				b, _ := w.veth("host", "vb", "b", "eth0")
				return w.bridge("host", "br0", []Interface{a, b})
			},
			[]string{"a/eth0", "b/eth0"},
		},
		"from one container to the other, and to the bridge": {
			func(w *wiring) Interface {
				va, a := w.veth("host", "va", "a", "eth0")
				vb, _ := w.veth("host", "vb", "b", "eth0")
				w.bridge("host", "br0", []Interface{va, vb})
				return a
			},
			[]string{"b/eth0", "host/br0"},
		},
		"bridges in a loop": {
			func(w *wiring) Interface {
				a1, b1 := w.veth("a", "one", "b", "one")
				a2, b2 := w.veth("a", "two", "b", "two")
				v, c := w.veth("a", "vc", "c", "eth0")
				w.bridge("a", "br", []Interface{a1, a2, v})
				w.bridge("b", "br", []Interface{b1, b2})
				return c
			},
			[]string{"a/br", "b/br", "c/eth0"}, // around the loop, and back: without STP, so it is.
		},
		"macvlans reach each other, but not what they stand on": {
			func(w *wiring) Interface {
				lower, _ := w.veth("host", "eth0", "outside", "eth0")
				w.macvlan("b", "mv0", lower, netlink.MACVLAN_MODE_BRIDGE)
				w.macvlan("c", "mv0", lower, netlink.MACVLAN_MODE_PRIVATE)
				return w.macvlan("a", "mv0", lower, netlink.MACVLAN_MODE_BRIDGE)
			},
			[]string{"b/mv0", "outside/eth0"},
		},
		"what stands under macvlans does not reach them": {
			func(w *wiring) Interface {
				lower, _ := w.veth("host", "eth0", "outside", "eth0")
				w.macvlan("a", "mv0", lower, netlink.MACVLAN_MODE_BRIDGE)
				return lower
			},
			[]string{"outside/eth0"},
		},
		"from outside to macvlans": {
			func(w *wiring) Interface {
				lower, outside := w.veth("host", "eth0", "outside", "eth0")
				w.macvlan("a", "mv0", lower, netlink.MACVLAN_MODE_PRIVATE)
				return outside
			},
			[]string{"a/mv0", "host/eth0"},
		},
		"ipvlans": {
			func(w *wiring) Interface {
				lower, _ := w.veth("host", "eth0", "outside", "eth0")
				w.ipvlan("b", "ipvl0", lower, "bridge")
				w.ipvlan("c", "ipvl0", lower, "vepa")
				return w.ipvlan("a", "ipvl0", lower, "bridge")
			},
			[]string{"b/ipvl0", "outside/eth0"},
		},
		"VLANs of the same tag": {
			func(w *wiring) Interface {
				a, b := w.veth("a", "eth0", "b", "eth0")
				w.vlan("b", "eth0.10", b, 10, q)
				w.vlan("b", "eth0.20", b, 20, q)
				w.vlan("b", "eth0.s10", b, 10, ad)
				return w.vlan("a", "eth0.10", a, 10, q)
			},
			[]string{"b/eth0.10"},
		},
		"VLAN through a bridge, to one standing on the bridge, and to a bridge of its own": {
			func(w *wiring) Interface {
				va, a := w.veth("host", "va", "a", "eth0")
				vb, b := w.veth("host", "vb", "b", "eth0")
				bridge := w.bridge("host", "br0", []Interface{va, vb})
				w.vlan("host", "br0.10", bridge, 10, q)
				b10 := w.vlan("b", "eth0.10", b, 10, q)
				w.bridge("b", "br10", []Interface{b10})
				return w.vlan("a", "eth0.10", a, 10, q)
			},
			[]string{"b/br10", "host/br0.10"},
		},
		"a VLAN on a bridge's port keeps its frames from the bridge": {
			func(w *wiring) Interface {
				va, a := w.veth("host", "va", "a", "eth0")
				vb, b := w.veth("host", "vb", "b", "eth0")
				w.bridge("host", "br0", []Interface{va, vb})
				w.vlan("host", "va.10", va, 10, q)
				w.vlan("b", "eth0.10", b, 10, q)
				return w.vlan("a", "eth0.10", a, 10, q)
			},
			[]string{"host/va.10"},
		},
		"bonds at both ends, one of them in a bridge": {
			func(w *wiring) Interface {
				a1, b1 := w.veth("a", "eth0", "b", "eth0")
				a2, b2 := w.veth("a", "eth1", "b", "eth1")
				bond := w.bond("b", "bond0", []Interface{b1, b2})
				v, _ := w.veth("b", "vc", "c", "eth0")
				w.bridge("b", "br0", []Interface{bond, v})
				return w.bond("a", "bond0", []Interface{a1, a2})
			},
			[]string{"b/br0", "c/eth0"},
		},
		"Open vSwitch decides by flows that are not known": {
			func(w *wiring) Interface {
				port, a := w.veth("host", "va", "a", "eth0")
				port.Nif().Controller = w.nif("host", "ovs-system", &OvsAttrs{Members: Interfaces{port}})
				return a
			},
			nil,
		},
		"members of a VRF are on their own": {
			func(w *wiring) Interface {
				member, a := w.veth("host", "va", "a", "eth0")
				member.Nif().Controller = w.nif("host", "vrf0", &VrfAttrs{Members: Interfaces{member}})
				return a
			},
			[]string{"host/va"},
		},
		"controllers in a circle, as no kernel has them": {
			func(w *wiring) Interface {
				member, a := w.veth("host", "va", "a", "eth0")
				one := w.bond("host", "bond0", []Interface{member})
				two := w.bond("host", "bond1", []Interface{one})
				one.Nif().Controller, two.(*BondAttrs).NifAttrs.Controller = two, one
				return a
			},
			nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			var reached []string
			for _, nif := range segmentOf(test.build(newWiring())).reached {
				reached = append(reached, nif.Nif().Netns.Paths[0]+"/"+nif.Nif().Name)
			}
			require.ElementsMatch(t, test.want, reached)
		})
	}
}

func TestNifInBridgedNetwork(t *testing.T) {
	w := newWiring()
	va, _ := w.veth("host", "va", "a", "eth0", "172.17.0.2", "fd17::2")
	vb, b := w.veth("host", "vb", "b", "port")
	vc, _ := w.veth("b", "vc", "c", "eth0", "172.17.0.3")
	w.bridge("b", "inner", []Interface{b, vc}, "172.17.0.4")
	bridge := w.bridge("host", "br0", []Interface{va, vb}, "172.17.0.1")
	w.macvlan("d", "mv0", bridge, netlink.MACVLAN_MODE_BRIDGE, "172.17.0.5")
	w.nif("host", "eth0", &NifAttrs{}, "10.0.0.1")
	w.vlan("host", "br0.7", bridge, 7, netlink.VLAN_PROTOCOL_8021Q, "172.17.0.7")
	w.veth("host", "lonely", "e", "eth0", "172.17.0.9")
	host := w.netns["host"]
	for address, want := range map[string]string{
		"172.17.0.1":        "host/br0",
		"172.17.0.2":        "a/eth0",
		"::ffff:172.17.0.2": "a/eth0",
		"fd17::2":           "a/eth0",
		"172.17.0.3":        "c/eth0",
		"172.17.0.4":        "b/inner",
		"172.17.0.5":        "d/mv0",
		"172.17.0.7":        "", // another VLAN is another network.
		"172.17.0.9":        "",
		"10.0.0.1":          "",
	} {
		got := ""
		if nif := host.NifInBridgedNetwork(bridge, net.ParseIP(address)); nif != nil {
			got = nif.Nif().Netns.Paths[0] + "/" + nif.Nif().Name
		}
		require.Equal(t, want, got, address)
	}
	require.NotNil(t, host.NifInBridgedNetwork(bridge.Nif(), net.IP{172, 17, 0, 2}), "the attributes stand for their bridge")
	require.Nil(t, host.NifInBridgedNetwork(va, net.IP{172, 17, 0, 2}), "no bridge")
	require.Nil(t, host.NifInBridgedNetwork(nil, net.IP{172, 17, 0, 2}))
	require.Nil(t, host.NifInBridgedNetwork(bridge, nil))
}

func TestWhereIsByWays(t *testing.T) {
	w := newWiring()
	a, _ := w.veth("host", "va", "a", "eth0", "10.1.0.1")
	b, _ := w.veth("host", "vb", "b", "eth0", "10.2.0.1", "fe80::b")
	w.nif("b", "eth1", &NifAttrs{}, "10.3.0.1")
	host, other := w.netns["host"], w.netns["b"]
	way := func(destination, nextHop string, nif Interface) {
		r := route(unix.RTN_UNICAST, unix.RT_TABLE_MAIN, 0, nif.Nif().Index, destination)
		r.Nif, r.NextHop = nif, net.ParseIP(nextHop)
		if r.Family == unix.AF_INET {
			host.Routesv4 = append(host.Routesv4, r)
		} else {
			host.Routesv6 = append(host.Routesv6, r)
		}
	}
	way("0.0.0.0/0", "10.1.0.99", a) // a next hop that does not exist, or not on this host.
	way("0.0.0.0/0", "10.2.0.1", b)
	way("::/0", "fe80::b", b)
	netns, nif := host.WhereIs(net.IP{10, 3, 0, 1})
	require.Same(t, other, netns, "there is one way that leads there")
	require.Equal(t, "eth1", nif.Nif().Name)
	for _, address := range []string{"10.4.0.1", "127.0.0.1", "224.0.0.1", "fe80::c", "::1", "ff02::1"} {
		netns, nif := host.WhereIs(net.ParseIP(address))
		require.Nil(t, netns, address)
		require.Nil(t, nif, address)
	}
}

func TestWhereIs(t *testing.T) {
	// Containers a and b on a bridge of the router; c behind b; the server behind a veth pair; m1 and
	// m2 as macvlans on an interface of the router towards the server.
	router, a, b, c := testkit.Netns(t, "router"), testkit.Netns(t, "a"), testkit.Netns(t, "b"), testkit.Netns(t, "c")
	server, m1, m2, alone := testkit.Netns(t, "server"), testkit.Netns(t, "m1"), testkit.Netns(t, "m2"), testkit.Netns(t, "alone")
	ip := func(netns string, args ...string) { t.Helper(); testkit.IP(t, netns, args...) }

	for _, netns := range []string{router, a, b, c, server, m1, m2, alone} {
		ip(netns, "link", "set", "lo", "up")
	}
	ip(router, "link", "add", "br0", "type", "bridge")
	ip(router, "link", "set", "br0", "up")
	ip(router, "addr", "add", "172.20.0.1/16", "dev", "br0")
	ip(router, "addr", "add", "fd20::1/64", "dev", "br0", "nodad")
	for i, netns := range []string{a, b} {
		name := fmt.Sprintf("v%d", i)
		connect(t, router, name, netns, "eth0")
		ip(router, "link", "set", name, "master", "br0")
		ip(netns, "addr", "add", fmt.Sprintf("172.20.0.%d/16", i+2), "dev", "eth0")
		ip(netns, "addr", "add", fmt.Sprintf("fd20::%d/64", i+2), "dev", "eth0", "nodad")
		ip(netns, "route", "add", "default", "via", "172.20.0.1")
		ip(netns, "route", "add", "default", "via", "fd20::1")
	}
	connect(t, b, "eth1", c, "eth0")
	ip(b, "addr", "add", "10.3.0.1/24", "dev", "eth1")
	ip(c, "addr", "add", "10.3.0.2/24", "dev", "eth0")
	ip(c, "route", "add", "default", "via", "10.3.0.1")
	connect(t, router, "up0", server, "eth0")
	ip(router, "addr", "add", "192.168.77.1/24", "dev", "up0")
	ip(server, "addr", "add", "192.168.77.2/24", "dev", "eth0")
	ip(server, "addr", "add", "198.51.100.1/32", "dev", "eth0")
	ip(server, "route", "add", "default", "via", "192.168.77.1")
	ip(router, "route", "add", "10.3.0.0/24", "via", "172.20.0.3")
	ip(router, "route", "add", "198.51.100.0/24", "via", "192.168.77.2")
	ip(router, "route", "add", "blackhole", "203.0.113.0/24")
	for i, netns := range []string{m1, m2} {
		name := fmt.Sprintf("mv%d", i)
		ip(router, "link", "add", name, "link", "up0", "netns", netns, "type", "macvlan", "mode", "bridge")
		ip(netns, "link", "set", name, "up")
		ip(netns, "addr", "add", fmt.Sprintf("192.168.77.%d/24", 10+i), "dev", name)
	}
	ip(server, "addr", "add", "198.51.100.2/32", "dev", "lo")
	ip(server, "-6", "addr", "add", "fd77::2/128", "dev", "lo")
	ip(router, "route", "add", "198.51.100.2/32", "dev", "up0")
	ip(router, "route", "add", "fd77::2/128", "dev", "up0")
	ip(alone, "addr", "add", "172.20.0.3/32", "dev", "lo") // a namesake of b's.

	names := []string{router, a, b, c, server, m1, m2, alone}
	netnses := map[string]*NetworkNamespace{}
	for i, netns := range lookAt(t, names...) {
		netnses[names[i]] = netns
	}
	for _, test := range []struct {
		about, from, address, want, nif string
	}{
		{"own address", router, "172.20.0.1", router, "br0"},
		{"own loopback network", router, "127.0.0.53", router, "lo"},
		{"own IPv4 address in 16 bytes", router, "::ffff:172.20.0.1", router, "br0"},
		{"over a bridge", router, "172.20.0.2", a, "eth0"},
		{"over a bridge, IPv6", router, "fd20::3", b, "eth0"},
		{"from container to container", a, "172.20.0.3", b, "eth0"},
		{"by a default route, then on link", a, "192.168.77.2", server, "eth0"},
		{"by a next hop", router, "10.3.0.2", c, "eth0"},
		{"over four namespaces", c, "198.51.100.1", server, "eth0"},
		{"into a macvlan, from outside", server, "192.168.77.10", m1, "mv0"},
		{"from macvlan to macvlan", m1, "192.168.77.11", m2, "mv1"},
		{"into a macvlan, from under it", router, "192.168.77.10", "", ""},
		{"an address of another interface, which answers ARP all the same", router, "198.51.100.2", server, "lo"},
		{"an address of another interface, which does not answer IPv6's solicitations", router, "fd77::2", "", ""},
		{"a black hole", router, "203.0.113.5", "", ""},
		{"routed in circles", c, "198.51.100.77", "", ""},
		{"an address that is only where no route leads", alone, "172.20.0.2", "", ""},
		{"an address that nobody has", router, "172.20.0.200", "", ""},
		{"no route at all", m1, "8.8.8.8", "", ""},
	} {
		t.Run(test.about, func(t *testing.T) {
			netns, nif := netnses[test.from].WhereIs(net.ParseIP(test.address))
			if test.want == "" {
				require.Nil(t, netns)
				require.Nil(t, nif)
				return
			}
			require.NotNil(t, nif)
			require.Equal(t, test.nif, nif.Nif().Name)
			require.Same(t, netnses[test.want], netns)
			require.Same(t, netns, nif.Nif().Netns)
		})
	}
	netns, nif := netnses[router].WhereIs(nil)
	require.Nil(t, netns)
	require.Nil(t, nif)

	t.Run("packets get there, and nowhere else", func(t *testing.T) { requireSameReach(t, netnses) })
}

// requireSameReach compares where packets are said to go with where the kernel takes them: from
// each namespace to each address of any of them. Datagrams tell on arrival where they were sent from
// and to; answers are not needed.
func requireSameReach(t *testing.T, netnses map[string]*NetworkNamespace) {
	t.Helper()
	const port = 7777
	addresses := map[netip.Addr]bool{netip.MustParseAddr("203.0.113.5"): true, netip.MustParseAddr("172.20.0.200"): true}
	var mutex sync.Mutex
	arrived := map[string]bool{}
	for name, netns := range netnses {
		within(t, name, func() error {
			for _, pattern := range []string{"ipv4/ip_forward", "ipv6/conf/all/forwarding", "ipv4/conf/*/rp_filter"} {
				value := "1"
				if strings.HasSuffix(pattern, "rp_filter") {
					value = "0" // packets may come from where answers would not go.
				}
				files, err := filepath.Glob("/proc/sys/net/" + pattern)
				if err != nil {
					return err
				}
				for _, file := range files {
					if err := os.WriteFile(file, []byte(value), 0); err != nil {
						return err
					}
				}
			}
			fd, err := openSocket(t, unix.SOCK_DGRAM, false, fmt.Sprintf("[::]:%d", port), "")
			if err != nil {
				return err
			}
			if fd, err = unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0); err != nil {
				return err
			}
			file := os.NewFile(uintptr(fd), name)
			defer func() { _ = file.Close() }()
			conn, err := net.FilePacketConn(file)
			if err != nil {
				return err
			}
			t.Cleanup(func() { _ = conn.Close() })
			go func() {
				buffer := make([]byte, 200)
				for {
					n, _, err := conn.ReadFrom(buffer)
					if err != nil {
						return
					}
					mutex.Lock()
					arrived[string(buffer[:n])+" in "+name] = true
					mutex.Unlock()
				}
			}()
			return nil
		})
		for _, nif := range netns.Nifs {
			for _, address := range slices.Concat(nif.Nif().Addrsv4, nif.Nif().Addrsv6) {
				addr, _ := netip.AddrFromSlice(address.Address)
				if !addr.IsLinkLocalUnicast() {
					addresses[addr] = true
				}
			}
		}
	}
	require.Greater(t, len(addresses), 15)
	said := map[string]bool{}
	for from, netns := range netnses {
		within(t, from, func() error {
			for to := range addresses {
				datagram := fmt.Sprintf("%s to %s", from, to)
				where, _ := netns.WhereIs(to.AsSlice())
				for name, netns := range netnses {
					if netns == where {
						said[datagram+" in "+name] = true
					}
				}
				family := unix.AF_INET
				if to.Is6() {
					family = unix.AF_INET6
				}
				fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
				if err != nil {
					return err
				}
				// Where there is no route, there is no sending.
				_ = unix.Sendto(fd, []byte(datagram), 0, sockaddr(netip.AddrPortFrom(to, port)))
				_ = unix.Close(fd)
			}
			return nil
		})
	}
	require.Greater(t, len(said), 60)
	lines := func(m map[string]bool) []string { return slices.Sorted(maps.Keys(m)) }
	for range 100 {
		mutex.Lock()
		count := len(arrived)
		mutex.Unlock()
		if count >= len(said) {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	time.Sleep(200 * time.Millisecond) // nothing more is to come.
	mutex.Lock()
	defer mutex.Unlock()
	require.Equal(t, lines(said), lines(arrived))
}
