package proxy

import (
	"bufio"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/hostwire/hostwire/portfwd"
	"github.com/hostwire/hostwire/portfwd/internal/rulestest"
	"github.com/stretchr/testify/require"
)

// listener makes a listening socket out of "tcp 127.0.0.1:80".
func listener(t *testing.T, text string, pid int) portfwd.Listener {
	t.Helper()
	protocol, addr, _ := strings.Cut(text, " ")
	return portfwd.Listener{Protocol: protocol, Addr: netip.MustParseAddrPort(addr), PIDs: []int{pid}}
}

func TestProgramsThatPassTrafficOn(t *testing.T) {
	tests := []struct {
		name      string
		command   string
		listeners []string
		published []portfwd.Published
		forwards  []string
		findings  []string
	}{
		{
			name:      "docker-proxy of a port on an IPv4-only network, for IPv6 clients",
			command:   "/usr/bin/docker-proxy -proto tcp -host-ip :: -host-port 8081 -container-ip 172.17.0.2 -container-port 80 -use-listen-fd",
			listeners: []string{"tcp [::]:8081"},
			forwards:  []string{"tcp [::]:8081 -> 172.17.0.2:80 docker-proxy"},
		},
		{
			name:      "docker-proxy that listens no more",
			command:   "docker-proxy -proto tcp -host-ip 0.0.0.0 -host-port 8081 -container-ip 172.17.0.2 -container-port 80",
			listeners: []string{"tcp 0.0.0.0:8082", "udp 0.0.0.0:8081"},
		},
		{
			name:      "docker-proxy that says nonsense",
			command:   "docker-proxy -proto tcp -host-ip 0.0.0.0 -host-port 99999 -container-ip nowhere -container-port",
			listeners: []string{"tcp 0.0.0.0:8082"},
		},
		{
			name:      "socat on both families",
			command:   "socat -d -T 5 TCP-LISTEN:8080,fork,reuseaddr TCP:10.0.0.5:80",
			listeners: []string{"tcp [::]:8080", "tcp 0.0.0.0:8080"},
			forwards:  []string{"tcp 0.0.0.0:8080 -> 10.0.0.5:80 socat", "tcp [::]:8080 -> 10.0.0.5:80 socat"},
		},
		{
			name:      "socat with a bound address, the other way around",
			command:   "socat UDP6-SENDTO:[fd00::5]:53 udp6-recvfrom:5353,bind=[::1],fork",
			listeners: []string{"udp [::1]:5353", "udp [::]:5353"},
			forwards:  []string{"udp [::1]:5353 -> [fd00::5]:53 socat"},
		},
		{
			name:      "socat to a file, a name or another protocol",
			command:   "socat TCP-LISTEN:8080 /dev/null",
			listeners: []string{"tcp 0.0.0.0:8080"},
		},
		{
			name:      "pasta as Podman starts it",
			command:   "/usr/bin/pasta --config-net --dns-forward 169.254.1.1 -t 127.0.0.1/8080-8081:80-81 -u none -T none -U none --no-map-gw --quiet --netns /run/user/1000/netns/netns-1",
			listeners: []string{"tcp 127.0.0.1:8080", "tcp 127.0.0.1:8081", "tcp 127.0.0.1:8082"},
			forwards:  []string{"tcp 127.0.0.1:8080 -> tap:80 pasta", "tcp 127.0.0.1:8081 -> tap:81 pasta"},
		},
		{
			name:      "pasta for a process",
			command:   "pasta.avx2 -f -t 9000,9001:91 -u 53 4711",
			listeners: []string{"tcp 0.0.0.0:9000", "tcp [::]:9001", "udp 0.0.0.0:53"},
			forwards:  []string{"tcp 0.0.0.0:9000 -> in-4711:9000 pasta", "tcp [::]:9001 -> in-4711:91 pasta", "udp 0.0.0.0:53 -> in-4711:53 pasta"},
		},
		{
			name:      "rootlessport, of which only the engine knows more",
			command:   "rootlessport",
			listeners: []string{"tcp 0.0.0.0:8080", "tcp 0.0.0.0:8081"},
			published: []portfwd.Published{{Protocol: "tcp", Host: netip.MustParseAddrPort("0.0.0.0:8080"), ContainerPort: 80, PID: 99}},
			forwards:  []string{"tcp 0.0.0.0:8080 -> in-99:80 rootlessport"},
			findings:  []string{"   ?: rootlessport accepts tcp port 8081 and does not tell where it passes that on to"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			const pid = 17
			s := &portfwd.System{
				Processes: []portfwd.Process{{PID: pid, Args: strings.Fields(test.command)}, {PID: 18}},
				Published: test.published,
			}
			for _, l := range test.listeners {
				s.Listeners = append(s.Listeners, listener(t, l, pid))
			}
			s.Listeners = append(s.Listeners, listener(t, "tcp 0.0.0.0:7", 18))
			forwards, findings := detect(s)
			require.Equal(t, test.forwards, rulestest.Lines(forwards))
			require.Equal(t, test.findings, rulestest.FindingLines(findings))
		})
	}
}

// TestRecordedDockerProxies reads the command lines that dockerd started.
func TestRecordedDockerProxies(t *testing.T) {
	f, err := os.Open("../testdata/rules/docker-28.5.2-iptables/docker-proxy-cmdlines.txt")
	require.NoError(t, err)
	defer f.Close()
	n := 0
	for lines := bufio.NewScanner(f); lines.Scan(); n++ {
		pid, command, _ := strings.Cut(lines.Text(), "\t")
		_, err := strconv.Atoi(pid)
		require.NoError(t, err)
		intents := dockerProxy(strings.Fields(command)[1:])
		require.Len(t, intents, 1, command)
		require.Contains(t, command, " -host-port "+strconv.Itoa(int(intents[0].portMin))+" ")
		require.Contains(t, command, " -container-ip "+intents[0].to.String()+" ")
	}
	require.Equal(t, 12, n)
}

func FuzzCommandLines(f *testing.F) {
	f.Add("socat TCP-LISTEN:8080,bind=[::1] TCP:[fd00::5]:80")
	f.Add("pasta -t 127.0.0.1/8080-8081:80-81,~22 --netns x")
	f.Add("docker-proxy -proto tcp -host-ip=:: -host-port 8081 -container-ip 172.17.0.2 -container-port 80")
	f.Fuzz(func(t *testing.T, line string) {
		args := strings.Fields(line)
		for _, parse := range programs {
			for _, i := range parse(args) {
				require.NotZero(t, i.portMin)
				require.LessOrEqual(t, i.portMin, i.portMax)
			}
		}
	})
}
