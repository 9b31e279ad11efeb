package network

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/thediveo/lxkns/model"
)

// recordedHost is a host with rules that an engine wrote elsewhere, with tenants at the addresses
// that the rules lead to, and a client on the wire outside.
type recordedHost struct {
	*engineLab
	client string
	pids   map[model.PIDType]string // tenants' servers, by PID.
}

func newRecordedHost(t *testing.T) *recordedHost {
	t.Helper()
	h := &recordedHost{engineLab: newEngineLab(t), client: testkit.Netns(t, "client"), pids: map[model.PIDType]string{}}
	withoutDAD(t, h.netns)
	withoutDAD(t, h.client)
	connect(t, h.netns, "eth0", h.client, "eth0")
	h.address(h.netns, "eth0", "192.0.2.10/24", "2001:db8:1::10/64")
	for i := range 16 { // some services remember their clients, so there are many of these.
		h.address(h.client, "eth0", fmt.Sprintf("192.0.2.%d/24", 16+i), fmt.Sprintf("2001:db8:1::%d/64", 16+i))
	}
	testkit.IP(t, h.client, "route", "add", "default", "via", "192.0.2.10")
	testkit.IP(t, h.client, "-6", "route", "add", "default", "via", "2001:db8:1::10")
	testkit.Run(t, "ip", "netns", "exec", h.netns, "sh", "-c",
		"echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding")
	return h
}

// withoutDAD lets addresses of interfaces that are made later in a namespace be used at once. What a
// host forwards it asks for neighbours from its link-local address, and it does not ask at all as
// long as that may be somebody else's, too (ndisc_send_ns of net/ipv6/ndisc.c).
func withoutDAD(t testing.TB, netns string) {
	t.Helper()
	testkit.Run(t, "ip", "netns", "exec", netns, "sh", "-c", "echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad")
}

func (h *recordedHost) address(netns, nif string, addresses ...string) {
	h.t.Helper()
	for _, address := range addresses {
		args := []string{"address", "add", address, "dev", nif}
		if strings.Contains(address, ":") {
			args = append(args, "nodad")
		}
		testkit.IP(h.t, netns, args...)
	}
}

func (h *recordedHost) bridge(name string, addresses ...string) {
	h.t.Helper()
	testkit.IP(h.t, h.netns, "link", "add", name, "type", "bridge")
	h.address(h.netns, name, addresses...)
	testkit.IP(h.t, h.netns, "link", "set", name, "up")
}

// tenant adds a tenant to a bridge, with a server that answers with the tenant's name. Gateways and
// addresses are of IPv4 and IPv6; the latter may be empty.
func (h *recordedHost) tenant(name, bridge string, gateways, addresses [2]string, ports ...string) {
	h.t.Helper()
	netns := testkit.Netns(h.t, name)
	testkit.IP(h.t, netns, "link", "set", "lo", "up")
	withoutDAD(h.t, netns)
	port := fmt.Sprintf("port%d", len(h.pids))
	connect(h.t, h.netns, port, netns, "eth0")
	testkit.IP(h.t, h.netns, "link", "set", port, "master", bridge)
	for i, address := range addresses {
		if address != "" {
			h.address(netns, "eth0", address)
			testkit.IP(h.t, netns, "route", "add", "default", "via", gateways[i])
		}
	}
	server := fmt.Sprintf("echo %s >/proc/sys/kernel/hostname && exec %s/srv %s", name, h.dir, strings.Join(ports, " "))
	pid := testkit.Start(h.t, netns, testkit.RequireTool(h.t, "unshare", "util-linux"), "--uts", "sh", "-c", server)
	h.pids[model.PIDType(pid)] = name
	require.Eventually(h.t, func() bool {
		out := testkit.Run(h.t, "ip", "netns", "exec", netns, "ss", "-Hltnu")
		return strings.Count(out, "\n") >= len(ports)
	}, 5*time.Second, 20*time.Millisecond, "%s does not listen", name)
}

// accounts are uses of objects that count packets, which have to be made by a tool few have.
var accounts = regexp.MustCompile(`-m nfacct --nfacct-name +\S+`)

// restore loads the recorded rules of a directory.
func (h *recordedHost) restore(set string) {
	h.t.Helper()
	dir := filepath.Join("../portfwd/testdata/rules", set)
	for file, tool := range map[string][]string{
		"iptables-save.txt":    {"iptables-nft-restore", "iptables"},
		"ip6tables-save.txt":   {"ip6tables-nft-restore", "iptables"},
		"nft-list-ruleset.txt": {"nft", "nftables", "-f"},
	} {
		rules, err := os.ReadFile(filepath.Join(dir, file))
		if os.IsNotExist(err) {
			continue
		}
		require.NoError(h.t, err)
		path := filepath.Join(h.dir, file)
		require.NoError(h.t, os.WriteFile(path, accounts.ReplaceAll(rules, nil), 0o600))
		args := append([]string{"netns", "exec", h.netns, testkit.RequireTool(h.t, tool[0], tool[1])}, append(tool[2:], path)...)
		testkit.Run(h.t, "ip", args...)
	}
}

// prove connects to all that the host is said to forward, and returns what it leads to. Each server
// that is named must answer, and no other.
func (h *recordedHost) prove() (proved []string) {
	h.t.Helper()
	d := discoverPorts(h.t)
	home := named(h.t, d.Netns, h.netns)
	assert.Empty(h.t, findingsAbout(d, home))
	claims := map[string][]string{}
	for _, f := range slices.Concat(home.ForwardedPortsv4, home.ForwardedPortsv6) {
		at := strings.ToLower(f.Protocol.String()) + " " + net.JoinHostPort(f.IP.String(), fmt.Sprint(f.PortMin))
		require.Len(h.t, f.PIDs, 1, "%s to %s", at, f.ForwardIP)
		require.NotNil(h.t, f.DestinationNetns)
		name := h.pids[f.PIDs[0]]
		require.Contains(h.t, f.DestinationNetns.Paths[0], "-"+name)
		claims[at] = append(claims[at], name)
	}
	for at, servers := range claims {
		slices.Sort(servers)
		answers := map[string]bool{}
		for try := 0; try < 200 && len(answers) < len(servers); try++ {
			answers[h.ask(at, 16+try%16)] = true
		}
		var names []string
		for name := range answers {
			names = append(names, name)
		}
		slices.Sort(names)
		assert.Equal(h.t, servers, names, at)
		proved = append(proved, at+" "+strings.Join(servers, ","))
	}
	slices.Sort(proved)
	return proved
}

// ask connects from one of the client's addresses, or from the host itself if it is asked for its
// loopback address, and returns what is answered.
func (h *recordedHost) ask(at string, from int) string {
	network, to, _ := strings.Cut(at, " ")
	host, port, err := net.SplitHostPort(to)
	require.NoError(h.t, err)
	ip, netns := net.ParseIP(host), h.client
	source := net.ParseIP(fmt.Sprintf("192.0.2.%d", from))
	if ip.To4() == nil {
		source = net.ParseIP(fmt.Sprintf("2001:db8:1::%d", from))
	}
	switch {
	case ip.IsLoopback():
		netns, source = h.netns, nil
	case ip.Equal(net.IPv4zero):
		host = "192.0.2.10"
	case ip.Equal(net.IPv6unspecified):
		host = "2001:db8:1::10"
	}
	var answer string
	within(h.t, netns, func() error {
		dialer := net.Dialer{Timeout: 2 * time.Second}
		if source != nil && network == "tcp" {
			dialer.LocalAddr = &net.TCPAddr{IP: source}
		}
		conn, err := dialer.Dial(network, net.JoinHostPort(host, port))
		if err != nil {
			answer = err.Error()
			return nil
		}
		defer func() { _ = conn.Close() }()
		_ = conn.SetDeadline(time.Now().Add(2 * time.Second))
		b := make([]byte, 100)
		if network == "udp" {
			_, _ = conn.Write([]byte("?")) // what is lost is not answered.
		}
		n, err := conn.Read(b)
		if err != nil && err != io.EOF {
			answer = err.Error()
			return nil
		}
		answer = string(b[:n])
		return nil
	})
	return answer
}

func TestRecordedDockerRulesLeadWhereTheySay(t *testing.T) {
	for _, set := range []string{"docker-28.5.2-iptables", "docker-29.7-dev-iptables", "docker-29.7-dev-nftables"} {
		t.Run(set, func(t *testing.T) {
			t.Parallel()
			truth, err := os.ReadFile(filepath.Join("../portfwd/testdata/rules", set, "EXPECTED.txt"))
			require.NoError(t, err)
			backend := regexp.MustCompile(`network backend .* netid (\S+)`).FindStringSubmatch(string(truth))
			require.NotNil(t, backend)
			h := newRecordedHost(t)
			h.bridge("docker0", "172.17.0.1/16", "fd00:d0c::1/64")
			h.bridge("br-"+backend[1], "172.30.0.1/24", "fd00:d0c:1::1/64")
			h.restore(set)
			gateways := [2]string{"172.17.0.1", "fd00:d0c::1"}
			h.tenant("web", "docker0", gateways, [2]string{"172.17.0.2/16", "fd00:d0c::2/64"}, "80", "443")
			h.tenant("web6", "docker0", gateways, [2]string{"172.17.0.3/16", "fd00:d0c::3/64"}, "80")
			h.tenant("api", "br-"+backend[1], [2]string{"172.30.0.1", "fd00:d0c:1::1"},
				[2]string{"172.30.0.2/24", "fd00:d0c:1::2/64"}, "9000", "9001", "9002", "53/udp")
			// What comes over the loopback device is the engine's proxies' to pass on, not the rules'.
			proxy := testkit.RequireTool(t, "docker-proxy", "docker.io")
			for _, way := range []string{
				"-host-ip 127.0.0.1 -host-port 8443 -container-ip 172.17.0.2 -container-port 443",
				"-host-ip ::1 -host-port 8082 -container-ip fd00:d0c::3 -container-port 80",
			} { // which tell the engine at file descriptor 3 that they listen.
				testkit.Start(t, h.netns, "sh", "-c", "exec "+proxy+" -proto tcp "+way+" 3>/dev/null")
			}
			require.Eventually(t, func() bool {
				return strings.Count(testkit.Run(t, "ip", "netns", "exec", h.netns, "ss", "-Hltn"), "\n") == 2
			}, 5*time.Second, 20*time.Millisecond)
			assert.Equal(t, []string{
				"tcp 0.0.0.0:8081 web", "tcp 0.0.0.0:9000 api", "tcp 0.0.0.0:9001 api", "tcp 0.0.0.0:9002 api", "tcp 127.0.0.1:8443 web",
				"tcp [::1]:8082 web6", "tcp [::]:8081 web", "tcp [::]:9000 api", "tcp [::]:9001 api", "tcp [::]:9002 api",
				"udp 0.0.0.0:5353 api", "udp [::]:5353 api",
			}, h.prove())
		})
	}
}

func TestRecordedKubeProxyRulesLeadWhereTheySay(t *testing.T) {
	for _, set := range []string{"kube-proxy-v1.36.3-iptables-dual", "kube-proxy-v1.36.3-nftables-dual"} {
		t.Run(set, func(t *testing.T) {
			t.Parallel()
			h := newRecordedHost(t)
			h.bridge("cni0", "10.244.0.1/16", "fd00:10:244::1/56")
			h.restore(set)
			// Endpoints on other nodes live here too.
			for _, pod := range []struct {
				name, v4, v6 string
				ports        []string
			}{
				{"dns", "0.2", ":2", []string{"53/udp", "53"}},
				{"web1", "0.5", ":5", []string{"8080"}},
				{"web2", "0.6", ":6", []string{"8080"}},
				{"web3", "1.7", "", []string{"8080"}},
				{"api1", "0.11", ":b", []string{"8443"}},
				{"api2", "1.12", "1::c", []string{"8443"}},
				{"local", "0.20", ":14", []string{"8080"}},
				{"sticky1", "0.31", ":1f", []string{"8080"}},
				{"sticky2", "1.32", "1::20", []string{"8080"}},
			} {
				addresses := [2]string{"10.244." + pod.v4 + "/16", ""}
				if pod.v6 != "" {
					addresses[1] = "fd00:10:244:" + pod.v6 + "/56"
				}
				h.tenant(pod.name, "cni0", [2]string{"10.244.0.1", "fd00:10:244::1"}, addresses, pod.ports...)
			}
			node4, node6 := "0.0.0.0", "[::]"
			if strings.Contains(set, "nftables") { // which takes node ports at the node's own addresses only.
				node4, node6 = "192.0.2.10", "[2001:db8:1::10]"
			}
			expected := []string{
				"tcp 10.96.0.10:80 web1,web2,web3", "tcp 10.96.0.44:443 api1,api2", "tcp 10.96.0.53:53 dns",
				"tcp 10.96.0.77:80 sticky1,sticky2", "tcp 10.96.0.90:80 local", "tcp 192.0.2.100:443 api1,api2",
				"tcp 198.51.100.7:443 api1,api2", "udp 10.96.0.53:53 dns",
				"tcp " + node4 + ":30080 web1,web2,web3", "tcp " + node4 + ":30090 local", "tcp " + node4 + ":30443 api1,api2",
				"tcp [2001:db8:1::100]:443 api1,api2", "tcp [2001:db8:51::7]:443 api1,api2",
				"tcp [fd00:10:96::10]:80 web1,web2", "tcp [fd00:10:96::44]:443 api1,api2", "tcp [fd00:10:96::53]:53 dns",
				"tcp [fd00:10:96::77]:80 sticky1,sticky2", "tcp [fd00:10:96::90]:80 local", "udp [fd00:10:96::53]:53 dns",
				"tcp " + node6 + ":30080 web1,web2", "tcp " + node6 + ":30090 local", "tcp " + node6 + ":30443 api1,api2",
			}
			slices.Sort(expected)
			// The load balancer's address is in the client's network; it is the node's to take here.
			testkit.IP(t, h.client, "route", "add", "192.0.2.100/32", "via", "192.0.2.10")
			testkit.IP(t, h.client, "-6", "route", "add", "2001:db8:1::100/128", "via", "2001:db8:1::10")
			assert.Equal(t, expected, h.prove())
		})
	}
}
