package network

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/stretchr/testify/require"
	"github.com/thediveo/lxkns/model"
	"golang.org/x/sys/unix"
)

// openSocket opens a socket at an address, in the network namespace of the calling thread. A TCP
// socket listens, unless a remote address is given to connect to.
func openSocket(t *testing.T, kind int, v6only bool, local, remote string) (fd int, err error) {
	address := netip.MustParseAddrPort(local)
	family := unix.AF_INET
	if address.Addr().Is6() {
		family = unix.AF_INET6
	}
	fd, err = unix.Socket(family, kind|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	if family == unix.AF_INET6 {
		only := 0
		if v6only {
			only = 1
		}
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, only); err != nil {
			return -1, err
		}
	}
	if err := unix.Bind(fd, sockaddr(address)); err != nil {
		return -1, fmt.Errorf("bind %s: %w", local, err)
	}
	if remote != "" {
		if err := unix.Connect(fd, sockaddr(netip.MustParseAddrPort(remote))); err != nil {
			return -1, fmt.Errorf("connect to %s: %w", remote, err)
		}
	} else if kind == unix.SOCK_STREAM {
		if err := unix.Listen(fd, 16); err != nil {
			return -1, err
		}
	}
	return fd, nil
}

func sockaddr(address netip.AddrPort) unix.Sockaddr {
	if address.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(address.Port()), Addr: address.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(address.Port()), Addr: address.Addr().As16()}
}

// portText tells a socket in one line.
func portText(s ProcessSocket) string {
	text := fmt.Sprintf("%s %s %s %s", s.Protocol, s.SimplifiedState, net.JoinHostPort(s.LocalIP.String(), fmt.Sprint(s.LocalPort)), net.JoinHostPort(s.RemoteIP.String(), fmt.Sprint(s.RemotePort)))
	if s.IPv4Mapped {
		text += " mapped"
	}
	var names []string
	for _, nif := range s.Nifs {
		names = append(names, nif.Nif().Name)
	}
	return text + " " + strings.Join(names, ",")
}

func TestSocketsInANamespace(t *testing.T) {
	lab, peer := testkit.Netns(t, "sockets"), testkit.Netns(t, "peer")
	testkit.IP(t, lab, "link", "set", "lo", "up")
	connect(t, lab, "eth0", peer, "eth0")
	testkit.IP(t, lab, "addr", "add", "10.7.0.1/24", "dev", "eth0")
	testkit.IP(t, lab, "addr", "add", "fd07::1/64", "dev", "eth0", "nodad")

	var shared int
	within(t, lab, func() (err error) {
		for _, socket := range []struct {
			kind          int
			v6only        bool
			local, remote string
		}{
			{unix.SOCK_STREAM, false, "127.0.0.1:1001", ""},
			{unix.SOCK_STREAM, false, "[::]:1002", ""},
			{unix.SOCK_STREAM, true, "[::]:1003", ""},
			{unix.SOCK_STREAM, false, "[fd07::1]:1004", ""},
			{unix.SOCK_STREAM, false, "127.0.0.9:1005", ""},
			{unix.SOCK_DGRAM, false, "0.0.0.0:1006", ""},
			{unix.SOCK_DGRAM, false, "[::]:1007", ""},
			{unix.SOCK_DGRAM, true, "[::]:1008", ""},
			{unix.SOCK_DGRAM, false, "10.7.0.1:1009", "10.7.0.99:53"},
			{unix.SOCK_DGRAM, false, "[::]:1010", "[::ffff:127.0.0.1]:53"},
			{unix.SOCK_STREAM, false, "[::]:1011", "[::ffff:127.0.0.1]:1001"},
		} {
			if _, err := openSocket(t, socket.kind, socket.v6only, socket.local, socket.remote); err != nil {
				return err
			}
		}
		shared, err = openSocket(t, unix.SOCK_STREAM, false, "10.7.0.1:2000", "")
		return err
	})
	// The shared socket has three processes, none of them in the socket's namespace but one.
	file := os.NewFile(uintptr(shared), "shared")
	var holders []model.PIDType
	for _, command := range [][]string{{"sleep", "60"}, {"ip", "netns", "exec", lab, "sleep", "60"}} {
		cmd := exec.Command(command[0], command[1:]...)
		cmd.ExtraFiles = []*os.File{file}
		require.NoError(t, cmd.Start())
		t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
		holders = append(holders, model.PIDType(cmd.Process.Pid))
	}
	own := model.PIDType(os.Getpid())

	netns := lookAt(t, lab)[0]
	var v4, v6 []string
	for _, socket := range netns.Portsv4 {
		v4 = append(v4, portText(socket))
		if socket.LocalPort == 2000 {
			require.ElementsMatch(t, append(holders, own), socket.PIDs)
			require.Len(t, socket.Processes, 3)
			continue
		}
		if socket.LocalPort == 1001 && socket.SimplifiedState == Connected {
			require.Empty(t, socket.PIDs, "not accepted yet, thus nobody's")
			continue
		}
		require.Equal(t, []model.PIDType{own}, socket.PIDs, portText(socket))
		require.Len(t, socket.Processes, 1)
	}
	for _, socket := range netns.Portsv6 {
		v6 = append(v6, portText(socket))
		require.False(t, socket.IPv4Mapped)
		require.Equal(t, []model.PIDType{own}, socket.PIDs)
	}
	require.Equal(t, []string{
		"TCP listening 127.0.0.1:1001 0.0.0.0:0 lo",
		"TCP connected 127.0.0.1:1001 127.0.0.1:1011 lo",
		"TCP listening 0.0.0.0:1002 0.0.0.0:0 mapped eth0,lo",
		"TCP listening 127.0.0.9:1005 0.0.0.0:0 lo",
		"UDP listening 0.0.0.0:1006 0.0.0.0:0 eth0,lo",
		"UDP listening 0.0.0.0:1007 0.0.0.0:0 mapped eth0,lo",
		"UDP connected 10.7.0.1:1009 10.7.0.99:53 eth0",
		"UDP connected 127.0.0.1:1010 127.0.0.1:53 mapped lo",
		"TCP connected 127.0.0.1:1011 127.0.0.1:1001 mapped lo",
		"TCP listening 10.7.0.1:2000 0.0.0.0:0 eth0",
	}, v4)
	require.Equal(t, []string{
		"TCP listening [::]:1002 [::]:0 eth0,lo",
		"TCP listening [::]:1003 [::]:0 eth0,lo",
		"TCP listening [fd07::1]:1004 [::]:0 eth0",
		"UDP listening [::]:1007 [::]:0 eth0,lo",
		"UDP listening [::]:1008 [::]:0 eth0,lo",
		"UDP connected 127.0.0.1:1010 127.0.0.1:53 lo",
		"TCP connected 127.0.0.1:1011 127.0.0.1:1001 lo",
	}, v6)

	t.Run("the tables in procfs tell the same, but for IPV6_V6ONLY", func(t *testing.T) {
		var table []rawSocket
		within(t, lab, func() error {
			for _, protocol := range []uint8{unix.IPPROTO_TCP, unix.IPPROTO_UDP} {
				for _, family := range []uint8{unix.AF_INET, unix.AF_INET6} {
					sockets, truncated, err := procNetSockets("/proc/thread-self/net", family, protocol, maxSockets)
					require.NoError(t, err)
					require.False(t, truncated)
					table = append(table, sockets...)
				}
			}
			return nil
		})
		diag, problems := netns.readSockets("/proc")
		require.Empty(t, problems)
		for i := range diag {
			diag[i].v6only, diag[i].boundIndex = v6onlyUnknown, 0
		}
		require.ElementsMatch(t, diag, table)
	})
	t.Run("procfs takes over where SOCK_DIAG is not to be had", func(t *testing.T) {
		diag, _ := netns.readSockets("/proc")
		for i := range diag {
			diag[i].v6only, diag[i].boundIndex = v6onlyUnknown, 0
		}
		another, err := rawNetlinkSocket(unix.NETLINK_ROUTE) // has no answers to such questions.
		require.NoError(t, err)
		defer func() { _ = unix.Close(another) }()
		for _, fd := range []int{-1, another} {
			r := socketReader{netns: netns, proc: "/proc", fd: fd, enterErr: unix.EPERM}
			r.readAll(unix.IPPROTO_TCP, r.tcp)
			r.readAll(unix.IPPROTO_UDP, r.udp)
			require.Empty(t, r.problems)
			require.ElementsMatch(t, diag, r.raws)
		}
		_, _, ambiguous := assemblePorts(diag, nil, nil, func(rawSocket) Interfaces { return nil })
		require.Equal(t, 4, ambiguous)
	})
	t.Run("no more sockets are read than are wanted", func(t *testing.T) {
		within(t, lab, func() error {
			fd, err := rawNetlinkSocket(unix.NETLINK_SOCK_DIAG)
			require.NoError(t, err)
			defer func() { _ = unix.Close(fd) }()
			var sequence dumpSequence
			sockets, truncated, err := dumpSockets(fd, &sequence, querySockets(unix.IPPROTO_TCP, unix.AF_INET, listening), 2)
			require.NoError(t, err)
			require.True(t, truncated)
			require.Len(t, sockets, 2)
			_, truncated, err = dumpSockets(fd, &sequence, querySockets(unix.IPPROTO_TCP, unix.AF_INET, listening), 3)
			require.NoError(t, err)
			require.False(t, truncated, "three there are")
			return nil
		})
		r := socketReader{}
		r.truncated(unix.IPPROTO_TCP, true)
		r.truncated(unix.IPPROTO_TCP, true)
		r.truncated(unix.IPPROTO_UDP, false)
		require.Len(t, r.problems, 1)
		require.Equal(t, FindingLimit, r.problems[0].kind)
	})
	t.Run("a namespace without sockets", func(t *testing.T) {
		raws, problems := lookAt(t, peer)[0].readSockets("/proc")
		require.Empty(t, raws)
		require.Empty(t, problems)
	})
	t.Run("processes without lxkns", func(t *testing.T) {
		owners, _ := readOpenFiles("/proc", model.ProcessTable{own: {PID: own}, holders[0]: {PID: holders[0]}})
		var stat unix.Stat_t
		require.NoError(t, unix.Fstat(shared, &stat))
		pids, _ := owners.of(stat.Ino, nil)
		require.ElementsMatch(t, []model.PIDType{own, holders[0]}, pids)
	})
}

func TestParseSocketLink(t *testing.T) {
	inode, ok := parseSocketLink("socket:[12345]")
	require.True(t, ok)
	require.EqualValues(t, 12345, inode)
	for _, target := range []string{"", "/dev/null", "socket:[12345", "socket:[]", "socket:[x]", "net:[12345]"} {
		_, ok := parseSocketLink(target)
		require.False(t, ok, target)
	}
}
