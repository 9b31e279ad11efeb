package network

import (
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

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
