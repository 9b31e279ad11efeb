package network

import (
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// requireSameItems compares two lists of items, each told in one line, in any order.
func requireSameItems(t *testing.T, theirs, ours []string, atLeast int) {
	t.Helper()
	slices.Sort(theirs)
	slices.Sort(ours)
	require.GreaterOrEqual(t, len(theirs), atLeast, "the lab is smaller than meant")
	require.Equal(t, theirs, ours)
}

// ipRoute is a route as "ip -j route" tells it.
type ipRoute struct {
	Type     string    `json:"type"`
	Dst      string    `json:"dst"`
	Gateway  string    `json:"gateway"`
	Via      *ipVia    `json:"via"`
	Dev      string    `json:"dev"`
	Table    any       `json:"table"`
	Metric   int       `json:"metric"`
	Pref     string    `json:"pref"`
	Nexthops []ipRoute `json:"nexthops"`
}

type ipVia struct {
	Host string `json:"host"`
}

// routeLines tells a route of iproute2 in one line for each way.
func (r ipRoute) routeLines(t *testing.T, family int) (lines []string) {
	if r.Type == "" {
		r.Type = "unicast"
	}
	dst := r.Dst
	switch {
	case dst == "default" && family == unix.AF_INET:
		dst = "0.0.0.0/0"
	case dst == "default":
		dst = "::/0"
	case !strings.Contains(dst, "/"):
		addr, err := netip.ParseAddr(dst)
		require.NoError(t, err)
		dst = netip.PrefixFrom(addr, addr.BitLen()).String()
	}
	table := map[any]int{nil: unix.RT_TABLE_MAIN, "main": unix.RT_TABLE_MAIN, "local": unix.RT_TABLE_LOCAL, "default": unix.RT_TABLE_DEFAULT}[r.Table]
	if table == 0 {
		_, err := fmt.Sscan(fmt.Sprint(r.Table), &table)
		require.NoError(t, err)
	}
	pref := map[string]int{"": 0, "medium": 0, "high": 1, "low": 3}[r.Pref]
	ways := r.Nexthops
	if len(ways) == 0 {
		ways = []ipRoute{r}
	}
	for _, way := range ways {
		gateway := way.Gateway
		if way.Via != nil {
			gateway = way.Via.Host
		}
		lines = append(lines, fmt.Sprintf("%s %s via %q dev %q table %d metric %d pref %d", r.Type, dst, gateway, way.Dev, table, r.Metric, pref))
	}
	return lines
}

func TestRoutesAgreeWithIproute2(t *testing.T) {
	lab, peer := testkit.Netns(t, "routes"), testkit.Netns(t, "peer")
	testkit.IP(t, lab, "link", "set", "lo", "up")
	for i := range 3 {
		connect(t, lab, fmt.Sprintf("eth%d", i), peer, fmt.Sprintf("eth%d", i))
		testkit.IP(t, lab, "addr", "add", fmt.Sprintf("10.%d.0.1/24", i), "dev", fmt.Sprintf("eth%d", i))
		testkit.IP(t, lab, "addr", "add", fmt.Sprintf("fd0%d::1/64", i), "dev", fmt.Sprintf("eth%d", i), "nodad")
	}
	var batch strings.Builder
	add := func(format string, args ...any) { fmt.Fprintf(&batch, "route add "+format+"\n", args...) }
	for i := range 120 {
		table := []string{"main", "100", "4711", "default"}[i%4]
		add("10.100.%d.0/24 via 10.%d.0.2 table %s metric %d", i, i%3, table, i)
		add("fd10:%x::/48 via fd0%d::2 table %s metric %d pref %s", i+1, i%3, table, i+1, []string{"low", "medium", "high"}[i%3])
	}
	for i, kind := range []string{"blackhole", "unreachable", "prohibit", "throw"} {
		add("%s 10.200.%d.0/24", kind, i)
		add("%s 10.201.%d.0/24 table 300", kind, i)
		add("%s fd20:%x::/48", kind, i+1)
	}
	add("local 10.210.0.0/24 dev lo")
	add("10.220.0.0/16 nexthop via 10.0.0.2 weight 1 nexthop via 10.1.0.2 weight 5 nexthop dev eth2")
	add("fd30::/48 nexthop via fd00::2 nexthop via fd01::2 nexthop via fd02::2")
	add("default via 10.0.0.2 metric 10")
	add("default via 10.1.0.2 metric 20")
	add("default via fd00::2 pref high")
	add("10.230.0.0/16 via inet6 fd00::77 dev eth0")
	add("fd40::/64 dev eth1 metric 5")
	fmt.Fprintf(&batch, "nexthop add id 1 via 10.0.0.9 dev eth0\nnexthop add id 2 via 10.1.0.9 dev eth1\nnexthop add id 3 group 1/2\n")
	add("10.240.0.0/16 nhid 1")
	add("10.241.0.0/16 nhid 3")
	file := t.TempDir() + "/batch"
	require.NoError(t, os.WriteFile(file, []byte(batch.String()), 0o644))
	testkit.IP(t, lab, "-batch", file)

	compare := func(t *testing.T) {
		netns := lookAt(t, lab)[0]
		for _, family := range []int{unix.AF_INET, unix.AF_INET6} {
			flag, routes := "-4", netns.Routesv4
			if family == unix.AF_INET6 {
				flag, routes = "-6", netns.Routesv6
			}
			var listed []ipRoute
			require.NoError(t, json.Unmarshal([]byte(testkit.IP(t, lab, "-j", flag, "route", "show", "table", "all")), &listed))
			var theirs, ours []string
			for _, route := range listed {
				theirs = append(theirs, route.routeLines(t, family)...)
			}
			for _, route := range routes {
				require.EqualValues(t, family, route.Family)
				ones, _ := route.Destination.Mask.Size()
				require.Equal(t, ones, route.DestinationPrefixLen)
				gateway, dev := "", ""
				if route.NextHop != nil {
					gateway = route.NextHop.String()
				}
				if route.Nif != nil {
					dev = route.Nif.Nif().Name
					require.Equal(t, route.Index, route.Nif.Nif().Index)
				}
				ours = append(ours, fmt.Sprintf("%s %s via %q dev %q table %d metric %d pref %d",
					route.Type, route.Destination.String(), gateway, dev, route.Table, route.Priority, route.Preference))
			}
			requireSameItems(t, theirs, ours, 140)
		}
	}
	t.Run("as the kernel tells them", compare)
	t.Run("with routes that only name their nexthop object", func(t *testing.T) {
		within(t, lab, func() error {
			return os.WriteFile("/proc/sys/net/ipv4/nexthop_compat_mode", []byte("0"), 0)
		})
		netns := lookAt(t, lab)[0]
		var hops []string
		for _, route := range netns.Routesv4 {
			if route.Destination.IP[1] == 240 || route.Destination.IP[1] == 241 {
				hops = append(hops, fmt.Sprintf("%s %s %s", route.Destination.String(), route.NextHop, route.Nif.Nif().Name))
			}
		}
		require.Equal(t, []string{"10.240.0.0/16 10.0.0.9 eth0", "10.241.0.0/16 10.0.0.9 eth0", "10.241.0.0/16 10.1.0.9 eth1"}, hops)
	})
}

var ssPID = regexp.MustCompile(`pid=(\d+)`)

// ssStates are the names that ss(8) has for states.
var ssStates = map[string]SocketState{
	"ESTAB": TCP_ESTABLISHED, "SYN-SENT": TCP_SYN_SENT, "SYN-RECV": TCP_SYN_RECV, "FIN-WAIT-1": TCP_FIN_WAIT1,
	"FIN-WAIT-2": TCP_FIN_WAIT2, "TIME-WAIT": TCP_TIME_WAIT, "UNCONN": TCP_CLOSE, "CLOSE-WAIT": TCP_CLOSE_WAIT,
	"LAST-ACK": TCP_LAST_ACK, "LISTEN": TCP_LISTEN, "CLOSING": TCP_CLOSING,
}

// ssLines turns the output of ss(8) into lines such as ours, and those of IPv6 sockets that handle
// IPv4 into lines of mapped ones.
func ssLines(t *testing.T, output string, family int) (lines, mapped []string) {
	for line := range strings.Lines(output) {
		fields := strings.Fields(line)
		require.GreaterOrEqual(t, len(fields), 6, line)
		state, ok := ssStates[fields[1]]
		require.True(t, ok, line)
		address := func(text string) (netip.Addr, string) {
			i := strings.LastIndex(text, ":")
			host, port := strings.Trim(text[:i], "[]"), text[i+1:]
			host, _, _ = strings.Cut(host, "%")
			if port == "*" {
				port = "0"
			}
			if host == "*" || host == "" {
				host = "::"
				if family == unix.AF_INET {
					host = "0.0.0.0"
				}
			}
			addr, err := netip.ParseAddr(host)
			require.NoError(t, err, line)
			return addr, port
		}
		local, localPort := address(fields[4])
		remote, remotePort := address(fields[5])
		var pids []string
		for _, match := range ssPID.FindAllStringSubmatch(line, -1) {
			pids = append(pids, match[1])
		}
		slices.Sort(pids)
		tell := func(local, remote netip.Addr) string {
			return fmt.Sprintf("%s %s %s:%s %s:%s %v", fields[0], state, net.IP(local.AsSlice()), localPort, net.IP(remote.AsSlice()), remotePort, slices.Compact(pids))
		}
		lines = append(lines, tell(local, remote))
		if family != unix.AF_INET6 {
			continue
		}
		listens := state == TCP_LISTEN || fields[0] == "udp" && state == UDP_LISTEN
		dual := local.IsUnspecified() && listens && !strings.Contains(line, "v6only:1")
		if dual || local.Is4In6() {
			four := func(addr netip.Addr) netip.Addr {
				if addr.IsUnspecified() {
					return netip.IPv4Unspecified()
				}
				return addr.Unmap()
			}
			mapped = append(mapped, tell(four(local), four(remote)))
		}
	}
	return lines, mapped
}

func TestSocketsAgreeWithSs(t *testing.T) {
	testkit.RequireTool(t, "ss", "iproute2")
	lab := testkit.Netns(t, "ss")
	testkit.IP(t, lab, "link", "set", "lo", "up")
	within(t, lab, func() error {
		for i := range 40 {
			for _, socket := range []struct {
				kind          int
				v6only        bool
				local, remote string
			}{
				{unix.SOCK_STREAM, false, fmt.Sprintf("127.0.0.1:%d", 10000+i), ""},
				{unix.SOCK_STREAM, i%2 == 0, fmt.Sprintf("[::]:%d", 11000+i), ""},
				{unix.SOCK_DGRAM, false, fmt.Sprintf("0.0.0.0:%d", 12000+i), ""},
				{unix.SOCK_DGRAM, i%2 == 0, fmt.Sprintf("[::]:%d", 13000+i), ""},
				{unix.SOCK_STREAM, false, fmt.Sprintf("127.0.0.1:%d", 20000+i), fmt.Sprintf("127.0.0.1:%d", 10000+i)},
				{unix.SOCK_STREAM, false, fmt.Sprintf("[::1]:%d", 21000+i), fmt.Sprintf("[::1]:%d", 11000+i)},
				{unix.SOCK_STREAM, false, fmt.Sprintf("[::]:%d", 22000+i), fmt.Sprintf("[::ffff:127.0.0.1]:%d", 10000+i)},
				{unix.SOCK_DGRAM, false, fmt.Sprintf("127.0.0.1:%d", 23000+i), fmt.Sprintf("127.0.0.1:%d", 12000+i)},
				{unix.SOCK_DGRAM, false, fmt.Sprintf("[::1]:%d", 24000+i), "[::1]:9"},
			} {
				if _, err := openSocket(t, socket.kind, socket.v6only, socket.local, socket.remote); err != nil {
					return err
				}
			}
		}
		return nil
	})
	netns := lookAt(t, lab)[0]
	four, _ := ssLines(t, testkit.Run(t, "ip", "netns", "exec", lab, "ss", "-Htunape4"), unix.AF_INET)
	six, mapped := ssLines(t, testkit.Run(t, "ip", "netns", "exec", lab, "ss", "-Htunape6"), unix.AF_INET6)

	tell := func(s ProcessSocket) string {
		pids := []string{}
		for _, pid := range s.PIDs {
			pids = append(pids, fmt.Sprint(pid))
		}
		return fmt.Sprintf("%s %s %s:%d %s:%d %v", strings.ToLower(s.Protocol.String()), s.State, s.LocalIP, s.LocalPort, s.RemoteIP, s.RemotePort, pids)
	}
	var ours, oursMapped, oursSix []string
	for _, socket := range netns.Portsv4 {
		if socket.IPv4Mapped {
			oursMapped = append(oursMapped, tell(socket))
		} else {
			ours = append(ours, tell(socket))
		}
	}
	for _, socket := range netns.Portsv6 {
		oursSix = append(oursSix, tell(socket))
	}
	requireSameItems(t, four, ours, 240)
	requireSameItems(t, six, oursSix, 240)
	requireSameItems(t, mapped, oursMapped, 80)
}
