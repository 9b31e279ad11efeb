package network

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
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
