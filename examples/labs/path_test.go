package labs

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hostwire/hostwire/network"
	"github.com/hostwire/hostwire/trace"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// inLab is set for the test program that runs inside a lab.
const inLab = "HOSTWIRE_TEST_LAB"

// insideLab runs one test of this program once more, inside a lab, where it finds its lab's name in
// the environment.
func insideLab(t *testing.T, lab, test string) {
	t.Helper()
	needTools(t)
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command("./run", lab, "--", self, "-test.run", "^"+test+"$", "-test.v")
	cmd.Env = append(os.Environ(), inLab+"="+lab)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Contains(t, string(out), "--- PASS: "+test, "the test must have run inside the lab")
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, "agree") {
			t.Log(strings.TrimSpace(line))
		}
	}
}

// TestPathsAgreeWithPackets sends a datagram from every address to every address of labs, and
// compares where it arrives, and whether an answer comes back, with the way that is told for it.
func TestPathsAgreeWithPackets(t *testing.T) {
	if os.Getenv(inLab) != "" {
		comparePaths(t)
		return
	}
	for _, lab := range []string{"docker-bridge", "overlay", "routers", "macvlan", "ports", "machines", "oddities"} {
		t.Run(lab, func(t *testing.T) {
			t.Parallel()
			insideLab(t, lab, "TestPathsAgreeWithPackets")
		})
	}
}

// lookAround is a discovery of the lab, with its namespaces by name.
func lookAround(t *testing.T) (*network.Discovery, map[string]*network.NetworkNamespace) {
	t.Helper()
	d, err := network.Discover(context.Background(), network.Options{NoEngines: true})
	require.NoError(t, err)
	named := map[string]*network.NetworkNamespace{}
	for _, n := range d.Netns {
		switch {
		case n.Initial:
			named["-"] = n
		case len(n.Paths) > 0:
			named[filepath.Base(n.Paths[0])] = n
		}
	}
	return d, named
}

// within runs a function on a thread inside a namespace of the lab.
func within(t *testing.T, name string, f func() error) {
	t.Helper()
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine.
		if name != "-" {
			fd, err := unix.Open("/run/netns/"+name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
			if err == nil {
				err = unix.Setns(fd, unix.CLONE_NEWNET)
			}
			if err != nil {
				done <- err
				return
			}
		}
		done <- f()
	}()
	require.NoError(t, <-done, name)
}

// echo answers all datagrams to a port of a namespace, and tells what arrived.
func echo(t *testing.T, name string, port int, arrived func(what string)) {
	within(t, name, func() error {
		conn, err := net.ListenUDP("udp4", &net.UDPAddr{Port: port})
		if err != nil {
			return err
		}
		t.Cleanup(func() { _ = conn.Close() })
		go func() {
			buffer := make([]byte, 200)
			for {
				n, from, err := conn.ReadFromUDP(buffer)
				if err != nil {
					return
				}
				arrived(string(buffer[:n]))
				_, _ = conn.WriteToUDP(buffer[:n], from)
			}
		}()
		return nil
	})
}

func comparePaths(t *testing.T) {
	const port = 7777
	d, spaces := lookAround(t)
	var mutex sync.Mutex
	arrived, answered := map[string]string{}, map[string]bool{}
	addresses := map[netip.Addr]bool{netip.MustParseAddr("203.0.113.5"): true, netip.MustParseAddr("127.0.0.1"): true}
	own := map[string][]netip.Addr{}
	for name, n := range spaces {
		for _, nif := range n.Nifs {
			for _, a := range nif.Nif().Addrsv4 {
				addr, _ := netip.AddrFromSlice(a.Address)
				addresses[addr] = true
				if !addr.IsLoopback() {
					own[name] = append(own[name], addr)
				}
			}
		}
		// Somebody who is not there, on each of the networks.
		for _, addr := range own[name] {
			b := addr.As4()
			b[3] = 199
			addresses[netip.AddrFrom4(b)] = true
		}
		echo(t, name, port, func(what string) {
			mutex.Lock()
			defer mutex.Unlock()
			arrived[what] = name
		})
	}
	type pair struct{ from, source, to string }
	var pairs []pair
	for from := range spaces {
		for to := range addresses {
			pairs = append(pairs, pair{from, "", to.String()})
			for _, source := range own[from] {
				if !to.IsLoopback() {
					pairs = append(pairs, pair{from, source.String(), to.String()})
				}
			}
		}
	}
	// Datagrams wait in the kernel until it is known that nobody has an address.
	var senders sync.WaitGroup
	for from := range spaces {
		within(t, from, func() error {
			for _, p := range pairs {
				if p.from != from {
					continue
				}
				conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(p.source)})
				if err != nil {
					continue // an address of an interface that is down.
				}
				what := fmt.Sprint(p)
				if _, err := conn.WriteToUDP([]byte(what), &net.UDPAddr{IP: net.ParseIP(p.to), Port: port}); err != nil {
					_ = conn.Close()
					continue
				}
				senders.Go(func() {
					defer func() { _ = conn.Close() }()
					_ = conn.SetReadDeadline(time.Now().Add(4 * time.Second))
					if n, _, err := conn.ReadFromUDP(make([]byte, 200)); err == nil && n > 0 {
						mutex.Lock()
						defer mutex.Unlock()
						answered[what] = true
					}
				})
			}
			return nil
		})
	}
	senders.Wait()
	mutex.Lock()
	defer mutex.Unlock()
	disagree, outside := 0, 0
	for _, p := range pairs {
		q := trace.Query{From: spaces[p.from], To: netip.MustParseAddr(p.to)}
		if p.source != "" {
			q.Source = netip.MustParseAddr(p.source)
		}
		path := trace.Trace(d, q, trace.Options{})
		said, back := "", false
		for name, n := range spaces {
			if n == path.Netns {
				said = name
			}
		}
		if path.Outcome == trace.Leaves {
			outside++
		}
		if b := trace.Back(d, path, trace.Options{}); b != nil {
			back = b.Outcome == trace.Arrives && b.Netns == spaces[p.from]
		}
		what := fmt.Sprint(p)
		if said != arrived[what] || back != answered[what] {
			disagree++
			t.Errorf("%s: said %q, answer %v; was %q, answer %v\n%s %s %v", what, said, back, arrived[what], answered[what], path.Outcome, path.Reason, path.Doubts)
		}
		if path.Outcome == trace.Stops {
			assert.NotEmpty(t, path.Reason, what)
		}
	}
	assert.GreaterOrEqual(t, len(arrived), len(spaces), "each has its loopback at least")
	t.Logf("%d of %d ways agree, %d of them arrive, %d leave", len(pairs)-disagree, len(pairs), len(arrived), outside)
}

// TestPathsToPortsAgreeWithConnections tries TCP connections from everywhere to the ports of the lab
// with forwarded ones: whether somebody accepts must be as told, but where the answer says that it
// does not know whom a rule is for.
func TestPathsToPortsAgreeWithConnections(t *testing.T) {
	if os.Getenv(inLab) == "" {
		insideLab(t, "ports", "TestPathsToPortsAgreeWithConnections")
		return
	}
	d, spaces := lookAround(t)
	agree, unsure, served := 0, 0, 0
	for from, n := range spaces {
		within(t, from, func() error {
			for _, to := range []string{"192.0.2.1", "192.0.2.2", "172.20.0.1", "172.20.0.2", "172.20.0.3", "127.0.0.1"} {
				for _, port := range []uint16{80, 8080, 8081, 9000, 4444} {
					path := trace.Trace(d, trace.Query{From: n, To: netip.MustParseAddr(to), Protocol: "tcp", Port: port}, trace.Options{})
					said := path.Outcome == trace.Arrives && len(path.Servers) > 0
					if back := trace.Back(d, path, trace.Options{}); back == nil || back.Outcome != trace.Arrives {
						said = false
					}
					conn, err := net.DialTimeout("tcp4", netip.AddrPortFrom(netip.MustParseAddr(to), port).String(), 300*time.Millisecond)
					if err == nil {
						served++
						_ = conn.Close()
					}
					switch {
					case said == (err == nil):
						agree++
					case strings.Contains(fmt.Sprint(path.Doubts), "the rule of nftables"):
						unsure++
					default:
						t.Errorf("%s to %s:%d: said %v (%s %s), was %v", from, to, port, said, path.Outcome, path.Reason, err)
					}
				}
			}
			return nil
		})
	}
	path := trace.Trace(d, trace.Query{From: spaces["lan"], To: netip.MustParseAddr("192.0.2.2"), Protocol: "tcp", Port: 8081}, trace.Options{})
	assert.Same(t, spaces["web"], path.Netns)
	path = trace.Trace(d, trace.Query{From: spaces["lan"], To: netip.MustParseAddr("192.0.2.2"), Protocol: "tcp", Port: 9000}, trace.Options{})
	assert.Same(t, spaces["api"], path.Netns)
	assert.Greater(t, served, 4)
	assert.Less(t, unsure, 10)
	t.Logf("%d connections agree, %d are not told for certain, %d were accepted", agree, unsure, served)
}
