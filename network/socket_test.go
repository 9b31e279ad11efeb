package network

import (
	"math/rand/v2"
	"net"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/thediveo/lxkns/model"
	"golang.org/x/sys/unix"
)

func TestSocketStates(t *testing.T) {
	for state := TCP_ESTABLISHED; state <= TCP_NEW_SYN_RECV; state++ {
		require.NotContains(t, state.String(), "SocketState", "state %d has no name", state)
	}
	require.Equal(t, "SocketState(0)", SocketState(0).String())
	require.Equal(t, "SocketState(200)", SocketState(200).String())
	require.EqualValues(t, 1, TCP_ESTABLISHED)
	require.EqualValues(t, 7, TCP_CLOSE)
	require.EqualValues(t, 10, TCP_LISTEN)
	require.EqualValues(t, 12, TCP_NEW_SYN_RECV)
	require.Equal(t, "listening", Listening.String())
	require.Equal(t, "connected", Connected.String())
	require.Equal(t, "unconnected", Unconnected.String())
	require.Equal(t, "SocketSimplifiedState(99)", SocketSimplifiedState(99).String())
	require.Equal(t, "TCP", Protocol(unix.IPPROTO_TCP).String())
	require.Equal(t, "UDP", Protocol(unix.IPPROTO_UDP).String())
	require.Equal(t, "Protocol(132)", Protocol(132).String())

	require.Equal(t, Listening, simplified(unix.IPPROTO_UDP, UDP_LISTEN))
	require.Equal(t, Connected, simplified(unix.IPPROTO_UDP, UDP_ESTABLISHED))
	require.Equal(t, Unconnected, simplified(unix.IPPROTO_UDP, TCP_LISTEN))
	require.Equal(t, Listening, simplified(unix.IPPROTO_TCP, TCP_LISTEN))
	require.Equal(t, Connected, simplified(unix.IPPROTO_TCP, TCP_CLOSE_WAIT))
	require.Equal(t, Unconnected, simplified(unix.IPPROTO_TCP, TCP_CLOSE))
	require.Equal(t, Unconnected, simplified(unix.IPPROTO_TCP, TCP_TIME_WAIT))
}

// port builds a socket for sorting.
func port(protocol int, state SocketSimplifiedState, local, remote string) ProcessSocket {
	l, r := netip.MustParseAddrPort(local), netip.MustParseAddrPort(remote)
	family := AddressFamily(unix.AF_INET)
	if l.Addr().Is6() {
		family = unix.AF_INET6
	}
	return ProcessSocket{
		Family: family, Protocol: Protocol(protocol), SimplifiedState: state,
		LocalIP: ipOf(l.Addr()), LocalPort: l.Port(), RemoteIP: ipOf(r.Addr()), RemotePort: r.Port(),
	}
}

func TestProcessSocketsSort(t *testing.T) {
	sorted := ProcessSockets{
		port(unix.IPPROTO_TCP, Listening, "9.9.9.9:22", "0.0.0.0:0"),    // local port first.
		port(unix.IPPROTO_TCP, Listening, "9.0.0.1:80", "0.0.0.0:0"),    // as numbers, not as text.
		port(unix.IPPROTO_TCP, Listening, "10.0.0.1:80", "0.0.0.0:0"),   // local address.
		port(unix.IPPROTO_TCP, Listening, "[::1]:80", "[::]:0"),         // IPv6 after IPv4.
		port(unix.IPPROTO_TCP, Connected, "1.1.1.1:80", "9.0.0.1:9"),    // connected after listening.
		port(unix.IPPROTO_TCP, Connected, "1.1.1.1:80", "10.0.0.1:8"),   // remote address before remote port.
		port(unix.IPPROTO_TCP, Connected, "1.1.1.1:80", "10.0.0.1:9"),   // remote port.
		port(unix.IPPROTO_TCP, Unconnected, "1.1.1.1:80", "10.0.0.1:9"), // neither comes last.
		port(unix.IPPROTO_UDP, Listening, "0.0.0.0:80", "0.0.0.0:0"),    // UDP after TCP.
		port(unix.IPPROTO_TCP, Listening, "0.0.0.0:8080", "0.0.0.0:0"),  // port as a number.
		port(unix.IPPROTO_TCP, Listening, "[fe80::1]:8080", "[fe80::2]:1"),
	}
	for range 20 {
		shuffled := append(ProcessSockets(nil), sorted...)
		rand.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		shuffled.Sort()
		require.Equal(t, sorted, shuffled)
	}
}

func TestAssemblePorts(t *testing.T) {
	raw := func(family uint8, state SocketState, local, remote string, only v6only) rawSocket {
		return rawSocket{family: family, protocol: unix.IPPROTO_TCP, state: state, v6only: only,
			local: netip.MustParseAddrPort(local), remote: netip.MustParseAddrPort(remote)}
	}
	for name, test := range map[string]struct {
		raws      []rawSocket
		v4, v6    []string
		mapped    []bool
		ambiguous int
	}{
		"IPv4 stays IPv4": {
			raws:   []rawSocket{raw(unix.AF_INET, TCP_LISTEN, "127.0.0.1:1", "0.0.0.0:0", v6onlyUnknown)},
			v4:     []string{"127.0.0.1 0.0.0.0"},
			mapped: []bool{false},
		},
		"unspecified IPv6 address serves both": {
			raws:   []rawSocket{raw(unix.AF_INET6, TCP_LISTEN, "[::]:1", "[::]:0", v6onlyOff)},
			v4:     []string{"0.0.0.0 0.0.0.0"},
			mapped: []bool{true},
			v6:     []string{":: ::"},
		},
		"IPV6_V6ONLY keeps IPv4 out": {
			raws: []rawSocket{raw(unix.AF_INET6, TCP_LISTEN, "[::]:1", "[::]:0", v6onlyOn)},
			v6:   []string{":: ::"},
		},
		"not known whether it serves both": {
			raws:      []rawSocket{raw(unix.AF_INET6, TCP_LISTEN, "[::]:1", "[::]:0", v6onlyUnknown)},
			v6:        []string{":: ::"},
			ambiguous: 1,
		},
		"a specific IPv6 address serves no IPv4": {
			raws: []rawSocket{raw(unix.AF_INET6, TCP_LISTEN, "[::1]:1", "[::]:0", v6onlyOff)},
			v6:   []string{"::1 ::"},
		},
		"an IPv4 socket at the same address and port wins": {
			raws: []rawSocket{
				raw(unix.AF_INET6, TCP_LISTEN, "[::]:1", "[::]:0", v6onlyOff),
				raw(unix.AF_INET, TCP_LISTEN, "0.0.0.0:1", "0.0.0.0:0", v6onlyUnknown),
			},
			v4:     []string{"0.0.0.0 0.0.0.0"},
			mapped: []bool{false},
			v6:     []string{":: ::"},
		},
		"an IPv4 socket at a specific address does not": {
			raws: []rawSocket{
				raw(unix.AF_INET6, TCP_LISTEN, "[::]:1", "[::]:0", v6onlyOff),
				raw(unix.AF_INET, TCP_LISTEN, "10.0.0.1:1", "0.0.0.0:0", v6onlyUnknown),
			},
			v4:     []string{"0.0.0.0 0.0.0.0", "10.0.0.1 0.0.0.0"},
			mapped: []bool{true, false},
			v6:     []string{":: ::"},
		},
		"connection over IPv4 of an IPv6 socket": {
			raws:   []rawSocket{raw(unix.AF_INET6, TCP_ESTABLISHED, "[::ffff:10.0.0.1]:1", "[::ffff:10.0.0.2]:9", v6onlyUnknown)},
			v4:     []string{"10.0.0.1 10.0.0.2"},
			mapped: []bool{true},
			v6:     []string{"10.0.0.1 10.0.0.2"}, // net.IP writes IPv4-mapped addresses like this.
		},
		"connection over IPv6": {
			raws: []rawSocket{raw(unix.AF_INET6, TCP_ESTABLISHED, "[fd00::1]:1", "[fd00::2]:9", v6onlyUnknown)},
			v6:   []string{"fd00::1 fd00::2"},
		},
		"closing, with no address left": {
			raws: []rawSocket{raw(unix.AF_INET6, TCP_CLOSE, "[::]:1", "[::]:0", v6onlyOff)},
			v6:   []string{":: ::"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			v4, v6, ambiguous := assemblePorts(test.raws, nil, nil, func(rawSocket) Interfaces { return nil })
			text := func(sockets ProcessSockets, family int) (s []string) {
				for _, socket := range sockets {
					require.EqualValues(t, family, socket.Family)
					require.Len(t, socket.LocalIP, addressSize(uint8(family)))
					require.Len(t, socket.RemoteIP, addressSize(uint8(family)))
					s = append(s, socket.LocalIP.String()+" "+socket.RemoteIP.String())
				}
				return s
			}
			require.Equal(t, test.v4, text(v4, unix.AF_INET))
			require.Equal(t, test.v6, text(v6, unix.AF_INET6))
			require.Equal(t, test.ambiguous, ambiguous)
			var mapped []bool
			for _, socket := range v4 {
				mapped = append(mapped, socket.IPv4Mapped)
			}
			require.Equal(t, test.mapped, mapped)
		})
	}
}

func TestSocketOwners(t *testing.T) {
	five, seven := &model.Process{PID: 5}, &model.Process{PID: 7}
	owners := socketOwners{42: {7, 5, 7, 6}}
	processes := model.ProcessTable{5: five, 7: seven}
	pids, procs := owners.of(42, processes)
	require.Equal(t, []model.PIDType{5, 6, 7}, pids, "each once, in order")
	require.Equal(t, []*model.Process{five, seven}, procs, "6 is gone already")
	pids, procs = owners.of(43, processes)
	require.Empty(t, pids)
	require.Empty(t, procs)
	owners[0] = []model.PIDType{5}
	pids, _ = owners.of(0, processes)
	require.Empty(t, pids, "inode 0 is nobody's")
	require.Equal(t, []model.PIDType{7, 5, 7, 6}, owners[42], "the map is left alone")
}

func TestServingNifs(t *testing.T) {
	netns := &NetworkNamespace{Nifs: map[int]Interface{}}
	nif := func(index int, name string, addrs ...string) Interface {
		attrs := &NifAttrs{Netns: netns, Index: index, Name: name}
		for _, text := range addrs {
			addr := netip.MustParseAddr(text)
			if addr.Is4() {
				attrs.Addrsv4 = append(attrs.Addrsv4, Address{Address: ipOf(addr)})
			} else {
				attrs.Addrsv6 = append(attrs.Addrsv6, Address{Address: ipOf(addr)})
			}
		}
		netns.Nifs[index] = attrs
		return attrs
	}
	lo := nif(1, "lo", "127.0.0.1", "::1")
	eth0 := nif(2, "eth0", "10.0.0.1", "fd00::1")
	four := nif(3, "four", "192.168.0.1")
	nif(4, "bare")
	_, loopback, _ := net.ParseCIDR("127.0.0.0/8")
	_, everywhere, _ := net.ParseCIDR("0.0.0.0/0")
	netns.Routesv4 = []Route{
		{Family: unix.AF_INET, Type: unix.RTN_UNICAST, Table: unix.RT_TABLE_MAIN, Destination: *everywhere, Nif: eth0},
		{Family: unix.AF_INET, Type: unix.RTN_LOCAL, Table: unix.RT_TABLE_LOCAL, Destination: *loopback, DestinationPrefixLen: 8, Nif: lo},
	}
	serving := newServingNifs(netns)
	for name, test := range map[string]struct {
		local, remote string
		bound         int
		want          Interfaces
	}{
		"any IPv4 address":                   {"0.0.0.0:1", "0.0.0.0:0", 0, Interfaces{eth0, four, lo}},
		"any IPv6 address":                   {"[::]:1", "[::]:0", 0, Interfaces{eth0, lo}},
		"bound to an interface":              {"0.0.0.0:1", "0.0.0.0:0", 3, Interfaces{four}},
		"bound to an interface that is gone": {"0.0.0.0:1", "0.0.0.0:0", 9, nil},
		"an interface's address":             {"10.0.0.1:1", "0.0.0.0:0", 0, Interfaces{eth0}},
		"an IPv4-mapped address":             {"[::ffff:192.168.0.1]:1", "[::]:0", 0, Interfaces{four}},
		"an address that only routes know":   {"127.0.0.53:53", "0.0.0.0:0", 0, Interfaces{lo}},
		"connected without a local address":  {"0.0.0.0:1", "8.8.8.8:53", 0, Interfaces{eth0}},
		"a multicast group":                  {"224.0.0.251:5353", "0.0.0.0:0", 0, Interfaces{eth0, four, lo}},
		"an IPv6 address that nobody has":    {"[fd00::2]:1", "[::]:0", 0, nil},
	} {
		t.Run(name, func(t *testing.T) {
			raw := rawSocket{family: unix.AF_INET, boundIndex: test.bound,
				local: netip.MustParseAddrPort(test.local), remote: netip.MustParseAddrPort(test.remote)}
			if raw.local.Addr().Is6() {
				raw.family = unix.AF_INET6
			}
			require.Equal(t, test.want, serving.of(raw))
		})
	}
}
