package follow

import (
	"context"
	"fmt"
	"io"
	"math/rand"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/hostwire/hostwire/portfwd/nftget"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// within runs a function on a thread in the named network namespace.
func within(t testing.TB, netns string, fn func() error) {
	t.Helper()
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine.
		f, err := os.Open("/run/netns/" + netns)
		if err == nil {
			defer f.Close()
			err = unix.Setns(int(f.Fd()), unix.CLONE_NEWNET)
		}
		if err == nil {
			err = fn()
		}
		done <- err
	}()
	require.NoError(t, <-done)
}

// The packets of the test go to these addresses and ports, at each of which a server tells where it
// is.
const (
	testAddrs = 4
	testPorts = 10
)

func testAddr(i int) netip.Addr { return netip.AddrFrom4([4]byte{127, 0, 0, byte(1 + i)}) }
func testPort(i int) uint16     { return uint16(8000 + i) }

// writer makes up rule sets.
type writer struct {
	*rand.Rand
	limits bool // with conditions that say nothing about where packets go to.
}

func (w *writer) addr() string { return testAddr(w.Intn(testAddrs)).String() }
func (w *writer) port() string { return fmt.Sprint(testPort(w.Intn(testPorts))) }

func (w *writer) pick(options ...string) string { return options[w.Intn(len(options))] }

func (w *writer) ports() string {
	a, b := w.Intn(testPorts), w.Intn(testPorts)
	if a == b {
		return w.port()
	}
	return fmt.Sprintf("%d-%d", testPort(min(a, b)), testPort(max(a, b)))
}

// matches writes zero to three conditions.
func (w *writer) matches() string {
	all := []string{
		"ip daddr " + w.addr(), "ip daddr != " + w.addr(), "ip daddr 127.0.0.2/31", "ip daddr { 127.0.0.1, 127.0.0.3-127.0.0.4 }",
		"ip daddr & 255.255.255.254 == 127.0.0.2", "tcp dport " + w.ports(), "tcp dport != " + w.ports(),
		"tcp dport { " + w.port() + ", 8007 }", "tcp dport != { 8001, 8003-8005 }", "tcp dport < " + w.port(), "tcp dport >= " + w.port(),
		"ip daddr . tcp dport { 127.0.0.1 . 8000-8004, 127.0.0.2-127.0.0.3 . 8005 }", "fib daddr type local", "ip protocol tcp",
		"meta l4proto { tcp, udp } th dport " + w.ports(), "iifname != \"eth0\"", "ct original ip daddr " + w.addr(),
	}
	if w.limits {
		all = append(all, "ct state new", "oifname \"lo\"", "oifname != \"lo\"", "meta mark 0", "ip saddr 127.0.0.0/8", "meta skuid != 0")
	}
	var some []string
	for range w.Intn(3) {
		some = append(some, all[w.Intn(len(all))])
	}
	return strings.Join(some, " ")
}

// rule writes a rule; chains from next on may be jumped to.
func (w *writer) rule(next, chains int) string {
	ends := []string{
		"accept", "return",
		"meta l4proto tcp dnat to " + w.addr() + ":" + w.port(), "dnat to " + w.addr(), "meta l4proto tcp dnat to :" + w.port(),
		"meta l4proto tcp redirect to :" + w.port(),
		"dnat to tcp dport map { 8000 : " + w.addr() + ", 8001-8004 : " + w.addr() + " }",
		"dnat ip to ip daddr . tcp dport map { 127.0.0.1 . 8001 : " + w.addr() + " . " + w.port() + ", 127.0.0.2 . 8002 : " + w.addr() + " . " + w.port() + " }",
		"tcp dport vmap { 8000-8002 : accept, 8005 : return }",
	}
	if next < chains {
		chain := fmt.Sprintf("c%d", next+w.Intn(chains-next))
		ends = append(ends, "jump "+chain, "goto "+chain, "jump "+chain,
			"ip daddr vmap { 127.0.0.1 : jump "+chain+", 127.0.0.2-127.0.0.3 : goto "+chain+" }",
			"meta l4proto . tcp dport vmap { tcp . 8003 : jump "+chain+", tcp . 8004 : accept, udp . 8005 : goto "+chain+" }")
	}
	return w.matches() + " " + w.pick(ends...)
}

func (w *writer) ruleset() string {
	const chains = 3
	var b strings.Builder
	b.WriteString("table ip made {\n")
	for c := range chains {
		fmt.Fprintf(&b, "chain c%d {\n", c)
		for range 1 + w.Intn(4) {
			fmt.Fprintf(&b, "\t%s\n", w.rule(c+1, chains))
		}
		b.WriteString("}\n")
	}
	for i, priority := range []int{-100, -90} {
		fmt.Fprintf(&b, "chain base%d { type nat hook output priority %d;\n", i, priority)
		for range 1 + w.Intn(5) {
			fmt.Fprintf(&b, "\t%s\n", w.rule(0, chains))
		}
		b.WriteString("}\n")
	}
	b.WriteString("}\n")
	return b.String()
}

// TestTheKernelForwardsAsFollowed makes rules up, loads them, and connects to everything: where a
// connection ends must be among what following all packets says, and, where nothing else limits the
// rules, it must be where following just its packet says.
func TestTheKernelForwardsAsFollowed(t *testing.T) {
	netns := testkit.Netns(t, "kernel")
	nft := testkit.RequireTool(t, "nft", "nftables")
	testkit.IP(t, netns, "link", "set", "lo", "up")
	within(t, netns, func() error {
		for a := range testAddrs {
			for p := range testPorts {
				at := netip.AddrPortFrom(testAddr(a), testPort(p))
				l, err := net.Listen("tcp", at.String())
				if err != nil {
					return err
				}
				t.Cleanup(func() { _ = l.Close() })
				go func() {
					for {
						conn, err := l.Accept()
						if err != nil {
							return
						}
						_, _ = conn.Write([]byte(at.String()))
						_ = conn.Close()
					}
				}()
			}
		}
		return nil
	})
	forwarded := 0
	for seed := range int64(60) {
		w := &writer{Rand: rand.New(rand.NewSource(seed)), limits: seed%2 == 1}
		rules := w.ruleset()
		cmd := exec.Command("ip", "netns", "exec", netns, nft, "-f", "-")
		cmd.Stdin = strings.NewReader("flush ruleset\n" + rules)
		if out, err := cmd.CombinedOutput(); err != nil {
			// Some of what is made up makes no sense to nft.
			t.Logf("seed %d: %s", seed, strings.SplitN(string(out), "\n", 2)[0])
			continue
		}
		var rs *nftget.Ruleset
		within(t, netns, func() error {
			conn, err := nftget.Open()
			if err != nil {
				return err
			}
			defer conn.Close()
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			defer cancel()
			rs, err = conn.Read(ctx)
			return err
		})
		all, problems := Ruleset(rs)
		if len(problems) > 0 { // a mark may hide where packets go to.
			require.Contains(t, rules, "meta mark", "seed %d: %v", seed, problems)
			continue
		}
		for a := range testAddrs {
			for p := range testPorts {
				to := netip.AddrPortFrom(testAddr(a), testPort(p))
				var got string
				within(t, netns, func() error {
					conn, err := net.DialTimeout("tcp", to.String(), 2*time.Second)
					if err != nil {
						return err
					}
					defer conn.Close()
					b, err := io.ReadAll(conn)
					got = string(b)
					return err
				})
				end := netip.MustParseAddrPort(got)
				if end != to {
					forwarded++
					require.True(t, includes(all, to, end), "seed %d: %s goes to %s, which is not among all:\n%s", seed, to, end, rules)
				}
				if !w.limits {
					require.Equal(t, followOne(t, rs, to, rules), end, "seed %d: connecting to %s:\n%s", seed, to, rules)
				}
			}
		}
	}
	require.Greater(t, forwarded, 200)
}

// followOne follows one packet and returns where it ends up.
func followOne(t *testing.T, rs *nftget.Ruleset, to netip.AddrPort, rules string) netip.AddrPort {
	t.Helper()
	w := &walker{family: IPv4, hook: unix.NF_INET_LOCAL_OUT, addrLen: 4, work: maxWork}
	addr := number(to.Addr().AsSlice())
	w.start[fieldAddr] = spans{{addr, addr}}
	w.start[fieldPort] = spans{single(uint64(to.Port()))}
	w.start[fieldProto] = spans{single(unix.IPPROTO_TCP)}
	w.start[fieldType] = spans{single(unix.RTN_LOCAL)}
	w.run(rs)
	if len(w.paths) == 0 {
		return to
	}
	require.Len(t, w.paths, 1, "one packet to %s goes one way: %s", to, rules)
	path := &w.paths[0]
	switch {
	case path.Redirect:
		return netip.AddrPortFrom(testAddr(0), path.ToPort)
	case path.To.IsValid():
		return netip.AddrPortFrom(path.To, path.ToPort)
	}
	return netip.AddrPortFrom(to.Addr(), path.ToPort)
}

// includes tells whether one of the paths leads packets from one place to the other.
func includes(all []Path, from, to netip.AddrPort) bool {
	for i := range all {
		p := &all[i]
		if p.Hook != unix.NF_INET_LOCAL_OUT || p.Proto != unix.IPPROTO_TCP || from.Port() < p.PortLo || from.Port() > p.PortHi ||
			p.AddrLo.IsValid() && (from.Addr().Less(p.AddrLo) || p.AddrHi.Less(from.Addr())) {
			continue
		}
		port := p.ToPort
		if !p.ToOne {
			port += from.Port() - p.PortLo
		}
		addr := from.Addr()
		if p.Redirect {
			addr = testAddr(0)
		} else if p.To.IsValid() {
			addr = p.To
		}
		if netip.AddrPortFrom(addr, port) == to {
			return true
		}
	}
	return false
}
