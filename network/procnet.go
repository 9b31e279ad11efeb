package network

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"math"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// procNetSockets is the fallback where the kernel has no SOCK_DIAG for a protocol: the tables in a
// process's /proc/PID/net, which are those of the process's network namespace. They do not tell
// IPV6_V6ONLY nor the interface a socket is bound to.
func procNetSockets(procNet string, family, protocol uint8, limit int) (sockets []rawSocket, truncated bool, err error) {
	name := "/tcp"
	if protocol == unix.IPPROTO_UDP {
		name = "/udp"
	}
	if family == unix.AF_INET6 {
		name += "6"
	}
	f, err := os.Open(procNet + name)
	if err != nil {
		return nil, false, err
	}
	defer func() { _ = f.Close() }()
	return parseProcNetSockets(f, family, protocol, limit)
}

// parseProcNetSockets decodes the format of /proc/net/tcp, tcp6, udp and udp6 (proc_net_tcp.rst in
// the kernel's documentation). Lines that do not look like it are left out.
func parseProcNetSockets(r io.Reader, family, protocol uint8, limit int) (sockets []rawSocket, truncated bool, err error) {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 10 {
			continue
		}
		local, ok := parseProcNetAddress(fields[1], family)
		if !ok {
			continue // such as the heading.
		}
		remote, ok := parseProcNetAddress(fields[2], family)
		if !ok {
			continue
		}
		state, err := strconv.ParseUint(fields[3], 16, 8)
		if err != nil {
			continue
		}
		inode, err := strconv.ParseUint(fields[9], 10, 64)
		if err != nil {
			continue
		}
		if len(sockets) >= limit {
			return sockets, true, nil
		}
		sockets = append(sockets, rawSocket{
			family:   family,
			protocol: protocol,
			state:    SocketState(state),
			local:    local,
			remote:   remote,
			inode:    inode,
		})
	}
	return sockets, false, lines.Err()
}

// parseProcNetAddress decodes "0100007F:0050". The address is printed as 32-bit words in the
// machine's byte order, the port as a plain number.
func parseProcNetAddress(s string, family uint8) (netip.AddrPort, bool) {
	address, port, found := strings.Cut(s, ":")
	size := 4
	if family == unix.AF_INET6 {
		size = 16
	}
	if !found || len(address) != 2*size {
		return netip.AddrPort{}, false
	}
	raw, err := hex.DecodeString(address)
	if err != nil {
		return netip.AddrPort{}, false
	}
	for word := 0; word < size; word += 4 {
		binary.NativeEndian.PutUint32(raw[word:], binary.BigEndian.Uint32(raw[word:]))
	}
	number, err := strconv.ParseUint(port, 16, 16)
	if err != nil {
		return netip.AddrPort{}, false
	}
	addr, _ := netip.AddrFromSlice(raw)
	return netip.AddrPortFrom(addr, uint16(number)), true
}

// sockStat counts a network namespace's sockets, as /proc/net/sockstat and sockstat6 tell them for
// little cost. Not counted are connections that a listening socket has not set up yet.
type sockStat struct {
	tcp, tcp6 int
	timeWait  int // TCP, of both families.
	udp, udp6 int
}

// readSockStat reads the counts from a process's /proc/PID/net. It reports false if they are not to
// be had.
func readSockStat(procNet string) (stat sockStat, ok bool) {
	for _, name := range []string{"/sockstat", "/sockstat6"} {
		text, err := readSmallFile(procNet + name)
		if err != nil {
			if name == "/sockstat6" && errors.Is(err, unix.ENOENT) {
				continue // IPv6 is off.
			}
			return sockStat{}, false
		}
		if !stat.parse(string(text)) {
			return sockStat{}, false
		}
	}
	return stat, true
}

// readSmallFile reads a file of procfs of at most a page, in as few system calls as there can be.
func readSmallFile(path string) ([]byte, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = unix.Close(fd) }()
	page := make([]byte, 4096)
	n, err := unix.Read(fd, page)
	return page[:max(n, 0)], err
}

// parse takes over the counts of one file, such as "TCP: inuse 2 orphan 0 tw 1 alloc 3 mem 0". It
// reports false if this is not its format.
func (s *sockStat) parse(text string) (ok bool) {
	counts := map[string]*int{
		"TCP: inuse": &s.tcp, "TCP: tw": &s.timeWait, "TCP6: inuse": &s.tcp6,
		"UDP: inuse": &s.udp, "UDP6: inuse": &s.udp6,
	}
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		for i := 1; i+1 < len(fields); i += 2 {
			count := counts[fields[0]+" "+fields[i]]
			if count == nil {
				continue
			}
			number, err := strconv.Atoi(fields[i+1])
			if err != nil || number < 0 || number > math.MaxInt32 {
				return false
			}
			*count = number
			ok = true
		}
	}
	return ok
}
