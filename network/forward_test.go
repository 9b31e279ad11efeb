package network

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/hostwire/hostwire/portfwd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/thediveo/lxkns/model"
)

// discoverPorts discovers this host with sockets and forwarded ports, but without engines.
func discoverPorts(t testing.TB) *Discovery {
	t.Helper()
	testkit.RequireRoot(t)
	d, err := Discover(context.Background(), Options{NoEngines: true})
	require.NoError(t, err)
	return d
}

// loadRules loads nftables rules into a named namespace.
func loadRules(t testing.TB, netns, rules string) {
	t.Helper()
	nft := testkit.RequireTool(t, "nft", "nftables")
	file := filepath.Join(t.TempDir(), "rules.nft")
	require.NoError(t, os.WriteFile(file, []byte(rules), 0o600))
	testkit.Run(t, "ip", "netns", "exec", netns, nft, "-f", file)
}

// serve starts a program in a named namespace that answers connections with a word, and returns its
// PID when it listens.
func serve(t testing.TB, netns, listen, word string) model.PIDType {
	t.Helper()
	socat := testkit.RequireTool(t, "socat", "socat")
	pid := testkit.Start(t, netns, socat, listen+",fork,reuseaddr", "SYSTEM:echo "+word)
	_, port, _ := strings.Cut(strings.Split(listen, ",")[0], ":")
	require.Eventually(t, func() bool {
		return strings.Contains(testkit.Run(t, "ip", "netns", "exec", netns, "ss", "-Hltn"), ":"+port+" ")
	}, 5*time.Second, 20*time.Millisecond, "%s does not listen", listen)
	return model.PIDType(pid)
}

// answer connects from a named namespace and returns what comes back.
func answer(t testing.TB, netns, to string) string {
	t.Helper()
	return strings.TrimSpace(testkit.Run(t, "ip", "netns", "exec", netns, "timeout", "5", "socat", "-u", "TCP:"+to, "-"))
}

// forwardText writes a forwarded port in one line.
func forwardText(f ForwardedPort) string {
	to := "nobody"
	if f.DestinationNetns != nil && len(f.DestinationNetns.Paths) > 0 {
		to = filepath.Base(f.DestinationNetns.Paths[0])
		to = to[strings.LastIndexByte(to, '-')+1:]
	}
	ports := fmt.Sprint(f.PortMin)
	if f.PortMax > f.PortMin {
		ports += fmt.Sprintf("-%d", f.PortMax)
	}
	var nifs []string
	for _, nif := range f.Nifs {
		nifs = append(nifs, nif.Nif().Name)
	}
	return fmt.Sprintf("%s %s to %s port %d in %s %v by %d, %s %.2f", f.Protocol, net.JoinHostPort(f.IP.String(), ports),
		f.ForwardIP, f.ForwardPortMin, to, nifs, len(f.PIDs), f.Source, f.Share)
}

func forwardTexts(forwards []ForwardedPort) (texts []string) {
	for _, f := range forwards {
		texts = append(texts, forwardText(f))
	}
	return texts
}

// forwardLab builds a host with two tenants on a bridge.
func forwardLab(t testing.TB) (host, web, api string) {
	host, web, api = testkit.Netns(t, "host"), testkit.Netns(t, "web"), testkit.Netns(t, "api")
	testkit.IP(t, host, "link", "add", "br0", "type", "bridge")
	testkit.IP(t, host, "addr", "add", "10.77.0.1/24", "dev", "br0")
	testkit.IP(t, host, "addr", "add", "fd77::1/64", "dev", "br0", "nodad")
	testkit.IP(t, host, "link", "set", "br0", "up")
	testkit.IP(t, host, "link", "set", "lo", "up")
	for i, tenant := range []string{web, api} {
		port := fmt.Sprintf("port%d", i)
		testkit.Run(t, "ip", "link", "add", port, "netns", host, "type", "veth", "peer", "name", "eth0", "netns", tenant)
		testkit.IP(t, host, "link", "set", port, "master", "br0", "up")
		testkit.IP(t, tenant, "addr", "add", fmt.Sprintf("10.77.0.%d/24", i+2), "dev", "eth0")
		testkit.IP(t, tenant, "addr", "add", fmt.Sprintf("fd77::%d/64", i+2), "dev", "eth0", "nodad")
		testkit.IP(t, tenant, "link", "set", "eth0", "up")
		testkit.IP(t, tenant, "link", "set", "lo", "up")
	}
	return host, web, api
}

func TestForwardsLeadToWhoServesThem(t *testing.T) {
	host, web, api := forwardLab(t)
	webPID := serve(t, web, "TCP-LISTEN:80", "web")
	apiPID := serve(t, api, "TCP6-LISTEN:9001,ipv6only=0", "api")
	own := serve(t, host, "TCP-LISTEN:2222", "own")
	socat := model.PIDType(testkit.Start(t, host, "socat", "TCP-LISTEN:7000,fork,reuseaddr", "TCP:10.77.0.2:80"))
	loadRules(t, host, `table inet edge {
		chain in { type nat hook prerouting priority -100; jump ports; }
		chain out { type nat hook output priority -100; oifname != "lo" jump ports; ip daddr 10.77.0.1 jump ports; ip6 daddr fd77::1 jump ports; }
		chain ports {
			tcp dport 8080 dnat ip to 10.77.0.2:80
			ip6 daddr fd77::1 tcp dport 9000-9002 dnat ip6 to fd77::3
			ip daddr 10.77.0.1 tcp dport 22 redirect to :2222
			tcp dport 8081 dnat ip to 10.77.0.99:80
			tcp dport 8082 dnat ip to numgen inc mod 2 map { 0 : 10.77.0.2 . 80, 1 : 10.77.0.3 . 9001 }
		}
	}`)
	d := discoverPorts(t)
	n := named(t, d.Netns, host)
	require.Equal(t, []string{
		"TCP 0.0.0.0:7000 to 10.77.0.2 port 80 in web [eth0] by 1, socat 1.00",
		"TCP 0.0.0.0:8080 to 10.77.0.2 port 80 in web [eth0] by 1, nftables 1.00",
		"TCP 0.0.0.0:8081 to 10.77.0.99 port 80 in nobody [] by 0, nftables 1.00",
		"TCP 0.0.0.0:8082 to 10.77.0.2 port 80 in web [eth0] by 1, nftables 0.50",
		"TCP 0.0.0.0:8082 to 10.77.0.3 port 9001 in api [eth0] by 1, nftables 0.50",
		"TCP 10.77.0.1:22 to <nil> port 2222 in host [br0] by 1, nftables 1.00",
	}, forwardTexts(n.ForwardedPortsv4))
	require.Equal(t, []string{
		"TCP [fd77::1]:9000-9002 to fd77::3 port 9000 in api [eth0] by 1, nftables 1.00",
	}, forwardTexts(n.ForwardedPortsv6))
	assert.Equal(t, []model.PIDType{webPID}, n.ForwardedPortsv4[1].PIDs)
	assert.Equal(t, []model.PIDType{apiPID}, n.ForwardedPortsv4[4].PIDs)
	assert.Equal(t, []model.PIDType{own}, n.ForwardedPortsv4[5].PIDs)
	assert.Equal(t, []model.PIDType{apiPID}, n.ForwardedPortsv6[0].PIDs)
	assert.NotContains(t, n.ForwardedPortsv4[0].PIDs, socat, "who passes on does not serve")
	assert.Empty(t, findingsAbout(d, n))

	// All of it is proved.
	assert.Equal(t, "web", answer(t, host, "127.0.0.1:7000"))
	assert.Equal(t, "web", answer(t, web, "10.77.0.1:7000"))
	assert.Equal(t, "web", answer(t, host, "10.77.0.1:8080"))
	assert.Equal(t, "api", answer(t, host, "[fd77::1]:9001"))
	assert.Equal(t, "own", answer(t, api, "10.77.0.1:22"))
	assert.ElementsMatch(t, []string{"web", "api"}, []string{answer(t, host, "10.77.0.1:8082"), answer(t, host, "10.77.0.1:8082")})
}

func TestRulesThatAreNotUnderstoodAreFindings(t *testing.T) {
	netns := testkit.Netns(t, "odd")
	loadRules(t, netns, `table ip edge { chain in { type nat hook prerouting priority -100; tcp dport & 1 == 1 dnat to 10.0.0.1; }; }`)
	d := discoverPorts(t)
	n := named(t, d.Netns, netns)
	require.Empty(t, n.ForwardedPortsv4)
	findings := findingsAbout(d, n)
	require.Len(t, findings, 1)
	assert.Equal(t, FindingRules, findings[0].Kind)
	assert.Regexp(t, `rule with handle \d+ in chain "in" of IPv4 table "edge": compares what is not understood`, findings[0].Message)
}

func TestRulesOfTheOlderPacketFilterAreFindings(t *testing.T) {
	legacy := testkit.RequireTool(t, "iptables-legacy", "iptables")
	with, without, routeless := testkit.Netns(t, "with"), testkit.Netns(t, "without"), testkit.Netns(t, "routeless")
	for _, netns := range []string{with, routeless} {
		testkit.Run(t, "ip", "netns", "exec", netns, legacy, "-t", "nat", "-A", "PREROUTING", "-p", "tcp", "--dport", "80", "-j", "DNAT", "--to-destination", "10.0.0.1")
	}
	for _, netns := range []string{with, without} {
		testkit.IP(t, netns, "link", "set", "lo", "up")
	}
	testkit.Run(t, "ip", "netns", "exec", without, legacy, "-t", "nat", "-S")
	d := discoverPorts(t)
	require.Empty(t, findingsAbout(d, named(t, d.Netns, without)))
	require.Empty(t, findingsAbout(d, named(t, d.Netns, routeless)), "nothing gets anywhere without routes")
	findings := findingsAbout(d, named(t, d.Netns, with))
	require.Len(t, findings, 1)
	assert.Contains(t, findings[0].Message, "IPv4 NAT rules of the kernel's older packet filter")
}

func TestResolveForwardedPortWithoutDestination(t *testing.T) {
	netns := &NetworkNamespace{Nifs: map[int]Interface{}}
	port := ForwardedPort{ForwardedPortRange: portfwd.ForwardedPortRange{
		Protocol: "tcp", IP: net.IPv4zero, PortMin: 80, PortMax: 80, ForwardIP: net.IPv4(10, 0, 0, 1), ForwardPortMin: 80,
	}}
	ResolveForwardedPort(&port, netns)
	assert.Nil(t, port.DestinationNetns)
	assert.Nil(t, port.Nifs)
	assert.Nil(t, port.PIDs)
	ResolveForwardedPort(nil, netns)
	ResolveForwardedPort(&port, nil)
}
