package network

import (
	"encoding/binary"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// sockDiagMessage builds a struct inet_diag_msg.
func sockDiagMessage(family uint8, state SocketState, local, remote string, inode uint32, attributes ...[]byte) []byte {
	message := make([]byte, sizeofInetDiagMsg)
	message[0], message[1] = family, uint8(state)
	source, destination := netip.MustParseAddrPort(local), netip.MustParseAddrPort(remote)
	binary.BigEndian.PutUint16(message[4:], source.Port())
	binary.BigEndian.PutUint16(message[6:], destination.Port())
	copy(message[8:], source.Addr().AsSlice())
	copy(message[24:], destination.Addr().AsSlice())
	binary.NativeEndian.PutUint32(message[40:], 3)
	binary.NativeEndian.PutUint32(message[68:], inode)
	for _, attribute := range attributes {
		message = append(message, attribute...)
	}
	return message
}

func TestParseSockDiag(t *testing.T) {
	for name, test := range map[string]struct {
		message []byte
		want    rawSocket
	}{
		"IPv4, connected": {
			sockDiagMessage(unix.AF_INET, TCP_ESTABLISHED, "10.0.0.1:80", "10.0.0.2:4711", 99),
			rawSocket{family: unix.AF_INET, state: TCP_ESTABLISHED, inode: 99,
				local: netip.MustParseAddrPort("10.0.0.1:80"), remote: netip.MustParseAddrPort("10.0.0.2:4711")},
		},
		"IPv6, for both families": {
			sockDiagMessage(unix.AF_INET6, TCP_LISTEN, "[::]:80", "[::]:0", 98, attribute(4, []byte{1}), attribute(inetDiagSkV6Only, []byte{0})),
			rawSocket{family: unix.AF_INET6, state: TCP_LISTEN, inode: 98, v6only: v6onlyOff,
				local: netip.MustParseAddrPort("[::]:80"), remote: netip.MustParseAddrPort("[::]:0")},
		},
		"IPv6 only": {
			sockDiagMessage(unix.AF_INET6, TCP_LISTEN, "[::]:80", "[::]:0", 98, attribute(inetDiagSkV6Only, []byte{1})),
			rawSocket{family: unix.AF_INET6, state: TCP_LISTEN, inode: 98, v6only: v6onlyOn,
				local: netip.MustParseAddrPort("[::]:80"), remote: netip.MustParseAddrPort("[::]:0")},
		},
	} {
		t.Run(name, func(t *testing.T) {
			test.want.protocol, test.want.boundIndex = unix.IPPROTO_TCP, 3
			socket, ok := parseSockDiag(test.message, unix.IPPROTO_TCP)
			require.True(t, ok)
			require.Equal(t, test.want, socket)
		})
	}
	for name, message := range map[string][]byte{
		"nothing":        nil,
		"too short":      make([]byte, sizeofInetDiagMsg-1),
		"another family": make([]byte, sizeofInetDiagMsg),
	} {
		t.Run(name, func(t *testing.T) {
			_, ok := parseSockDiag(message, unix.IPPROTO_TCP)
			require.False(t, ok)
		})
	}
}

func FuzzParseSockDiag(f *testing.F) {
	f.Add(sockDiagMessage(unix.AF_INET, TCP_LISTEN, "1.2.3.4:5", "0.0.0.0:0", 1))
	f.Add(sockDiagMessage(unix.AF_INET6, TCP_LISTEN, "[::1]:5", "[::]:0", 1, attribute(inetDiagSkV6Only, []byte{0})))
	f.Fuzz(func(t *testing.T, message []byte) {
		socket, ok := parseSockDiag(message, unix.IPPROTO_UDP)
		if !ok {
			return
		}
		if size := addressSize(socket.family); len(socket.local.Addr().AsSlice()) != size {
			t.Errorf("local address %s does not have %d bytes", socket.local, size)
		}
		_, _ = mappedToIPv4(socket)
	})
}

func TestParseProcNetSockets(t *testing.T) {
	const tcp = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0CEA 00000000:0000 0A 00000000:00000000 00:00000000 00000000   101        0 23456 1 0000000000000000 100 0 0 10 0
   1: 0F02000A:0016 0202000A:C001 01 00000000:00000000 02:000A7C0F 00000000     0        0 34567 4 0000000000000000 20 4 31 10 -1
   2: 0F02000A:0016 zz02000A:C001 01 00000000:00000000 02:000A7C0F 00000000     0        0 34567 4
   3: short
`
	sockets, truncated, err := parseProcNetSockets(strings.NewReader(tcp), unix.AF_INET, unix.IPPROTO_TCP, 10)
	require.NoError(t, err)
	require.False(t, truncated)
	require.Equal(t, []rawSocket{
		{family: unix.AF_INET, protocol: unix.IPPROTO_TCP, state: TCP_LISTEN, inode: 23456,
			local: netip.MustParseAddrPort("127.0.0.1:3306"), remote: netip.MustParseAddrPort("0.0.0.0:0")},
		{family: unix.AF_INET, protocol: unix.IPPROTO_TCP, state: TCP_ESTABLISHED, inode: 34567,
			local: netip.MustParseAddrPort("10.0.2.15:22"), remote: netip.MustParseAddrPort("10.0.2.2:49153")},
	}, sockets)

	const udp6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
 1234: 000080FE00000000FF00000000010203:0222 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 17 2 0000000000000000 0
`
	sockets, truncated, err = parseProcNetSockets(strings.NewReader(udp6), unix.AF_INET6, unix.IPPROTO_UDP, 10)
	require.NoError(t, err)
	require.False(t, truncated)
	require.Equal(t, []rawSocket{
		{family: unix.AF_INET6, protocol: unix.IPPROTO_UDP, state: UDP_LISTEN, inode: 17,
			local: netip.MustParseAddrPort("[fe80::ff:302:100]:546"), remote: netip.MustParseAddrPort("[::]:0")},
	}, sockets)

	sockets, truncated, err = parseProcNetSockets(strings.NewReader(tcp), unix.AF_INET, unix.IPPROTO_TCP, 1)
	require.NoError(t, err)
	require.True(t, truncated)
	require.Len(t, sockets, 1)
}

func FuzzParseProcNetSockets(f *testing.F) {
	f.Add("0: 0100007F:0CEA 00000000:0000 0A 0:0 00:0 0 101 0 23456 1", false)
	f.Add("0: 000080FE00000000FF00000000010203:0222 00000000000000000000000000000000:0000 07 0:0 0:0 0 0 0 17 2", true)
	f.Fuzz(func(t *testing.T, text string, six bool) {
		family := uint8(unix.AF_INET)
		if six {
			family = unix.AF_INET6
		}
		sockets, _, _ := parseProcNetSockets(strings.NewReader(text), family, unix.IPPROTO_TCP, 3)
		if len(sockets) > 3 {
			t.Errorf("kept %d sockets", len(sockets))
		}
		for _, socket := range sockets {
			if len(socket.local.Addr().AsSlice()) != addressSize(family) {
				t.Errorf("address %s is of another family", socket.local)
			}
		}
	})
}

func TestParseSockStat(t *testing.T) {
	var stat sockStat
	require.True(t, stat.parse("sockets: used 291\nTCP: inuse 14 orphan 0 tw 2 alloc 19 mem 3\nUDP: inuse 5 mem 1\nUDPLITE: inuse 7\nRAW: inuse 1\nFRAG: inuse 0 memory 0\n"))
	require.True(t, stat.parse("TCP6: inuse 6\nUDP6: inuse 3\nUDPLITE6: inuse 0\n"))
	require.Equal(t, sockStat{tcp: 14, tcp6: 6, timeWait: 2, udp: 5, udp6: 3}, stat)
	require.False(t, stat.parse("something else\n"))
	require.False(t, stat.parse("TCP: inuse many\n"))
	require.False(t, stat.parse(""))
}

func FuzzParseSockStat(f *testing.F) {
	f.Add("TCP: inuse 14 orphan 0 tw 2 alloc 19 mem 3\nUDP: inuse 5 mem 1\n")
	f.Fuzz(func(t *testing.T, text string) {
		var stat sockStat
		_ = stat.parse(text)
		if min(stat.tcp, stat.tcp6, stat.timeWait, stat.udp, stat.udp6) < 0 {
			t.Errorf("negative count in %+v", stat)
		}
	})
}
