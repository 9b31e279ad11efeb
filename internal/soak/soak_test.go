package soak

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/thediveo/lxkns/model"
	"golang.org/x/sys/unix"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/hostwire/hostwire/layout"
	_ "github.com/hostwire/hostwire/layout/wiring" // makes its engine known.
	"github.com/hostwire/hostwire/network"
	"github.com/hostwire/hostwire/snapshot"
)

// churnProcess is set, to the part of all its names, for the process that makes and removes.
const churnProcess = "HOSTWIRE_SOAK_CHURN"

// own is a part of all names of this churn, so that two of them on one machine can be told apart.
var own = os.Getenv(churnProcess)

// TestMain doubles as the churn.
func TestMain(m *testing.M) {
	if own != "" {
		churn(os.Stdin, os.Stdout)
		return
	}
	own = strconv.FormatInt(int64(os.Getpid()%(36*36*36)), 36) + "-"
	os.Exit(m.Run())
}

// memoryTime is how long a logged truth is remembered for certain. What the churn made is long gone
// by then.
const memoryTime = time.Minute

// ledger is what the churn logged, in two generations, so that it does not grow.
type ledger struct {
	mutex    sync.Mutex
	now, old map[string]bool
	turned   time.Time
	counts   map[string]string
}

func newLedger() *ledger {
	return &ledger{now: map[string]bool{}, old: map[string]bool{}, turned: time.Now(), counts: map[string]string{}}
}

func (l *ledger) follow(log io.Reader) {
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		line := lines.Text()
		l.mutex.Lock()
		if rest, ok := strings.CutPrefix(line, "count "); ok {
			n, what, _ := strings.Cut(rest, " ")
			l.counts[what] = n
		} else {
			l.now[line] = true
		}
		if time.Since(l.turned) > memoryTime {
			l.old, l.now, l.turned = l.now, make(map[string]bool, len(l.now)), time.Now()
		}
		l.mutex.Unlock()
	}
}

func (l *ledger) holds(line string) bool {
	// The log can be a moment behind what it announces, as it goes through a pipe.
	for range 100 {
		l.mutex.Lock()
		ok := l.now[line] || l.old[line]
		l.mutex.Unlock()
		if ok {
			return true
		}
		time.Sleep(10 * time.Millisecond)
	}
	return false
}

// startChurn starts the churn in namespaces of its own, with an engine at a socket, and ends it with
// the test.
func startChurn(t *testing.T) (l *ledger, socket string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "soak") // the path of a socket must be short.
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket = filepath.Join(dir, "engine.sock")
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), churnProcess+"="+own, engineSocket+"="+socket)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET | unix.CLONE_NEWNS | unix.CLONE_NEWPID}
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	l = newLedger()
	followed := make(chan struct{})
	go func() {
		defer close(followed)
		l.follow(stdout)
	}()
	t.Cleanup(func() {
		_ = stdin.Close()
		<-followed
		_ = cmd.Wait()
	})
	require.Eventually(t, func() bool {
		conn, err := net.Dial("unix", socket)
		if err != nil {
			return false
		}
		_ = conn.Close()
		return true
	}, 20*time.Second, 10*time.Millisecond, "the engine")
	return l, socket
}

// ours tells whether an interface is one of the churn's.
func ours(name string) bool {
	for _, kind := range []string{"hs", "hb", "hm"} {
		if strings.HasPrefix(name, kind+own) {
			return true
		}
	}
	return false
}

// tally counts what was checked.
type tally struct {
	discoveries, namespaces, nifs, wires, unresolved int
	findings                                         map[string]int
	slow                                             int // looks at which the engine did not answer in time.

	boxes, passing, homeless, neighbours int // containers; of them, those that start or end, or have no namespace; interfaces beside them.
}

// check compares a discovery with the log, and returns what is wrong.
func (y *tally) check(d *network.Discovery, l *ledger) (wrong []string) {
	must := func(format string, args ...any) {
		if line := fmt.Sprintf(format, args...); !l.holds(line) {
			wrong = append(wrong, line)
		}
	}
	wire := func(kind string, from *network.NifAttrs, to network.Interface) {
		if to == nil {
			if from.Unresolved != "" {
				y.unresolved++
			}
			return
		}
		y.wires++
		must("wire %s %s %s", kind, from.Name, to.Nif().Name)
		for _, known := range to.Nif().Netns.Nifs {
			if known == to {
				return
			}
		}
		wrong = append(wrong, fmt.Sprintf("%s %s leads to an interface that its namespace does not have", kind, from.Name))
	}
	y.discoveries++
	for id, n := range d.Netns {
		mine := false
		for _, nif := range n.Nifs {
			attrs := nif.Nif()
			if !ours(attrs.Name) {
				continue
			}
			mine = true
			y.nifs++
			must("at %s %d", attrs.Name, id.Ino)
			if veth, ok := nif.(network.Veth); ok {
				wire("veth", attrs, veth.Veth().Peer)
			}
			if macvlan, ok := nif.(network.Macvlan); ok {
				wire("macvlan", attrs, macvlan.Macvlan().Master)
			}
			if attrs.Controller != nil {
				wire("bridge", attrs, attrs.Controller)
			}
		}
		if mine {
			y.namespaces++
		}
		for _, ports := range [][]network.ForwardedPort{n.ForwardedPortsv4, n.ForwardedPortsv6} {
			for i := range ports {
				if p := &ports[i]; mine && (p.PortMin != 80 || p.ForwardPortMin != 8080) {
					wrong = append(wrong, fmt.Sprintf("port %d is forwarded to %d", p.PortMin, p.ForwardPortMin))
				}
			}
		}
	}
	for _, f := range d.Findings {
		if f.Netns != nil && mine(f.Netns) {
			y.findings[string(f.Kind)+": "+withoutNames(f.Message)]++
		}
	}
	return wrong
}

// checkContainers compares the containers of a discovery with the log, and returns what is wrong.
func (y *tally) checkContainers(d *network.Discovery, l *ledger, socket string) (wrong []string) {
	must := func(format string, args ...any) {
		if line := fmt.Sprintf(format, args...); !l.holds(line) {
			wrong = append(wrong, line)
		}
	}
	for _, c := range d.Containers {
		n, ok := strings.CutPrefix(c.Name, "hc"+own)
		if !ok {
			continue
		}
		y.boxes++
		if c.Engine == nil || c.Engine.API != "unix://"+socket {
			wrong = append(wrong, c.Name+" is not of its engine")
		}
		if c.Process == nil || c.Process.Container != c || c.Process.PID != c.PID || d.Processes[c.PID] != c.Process {
			wrong = append(wrong, c.Name+" and its process do not know each other")
			continue
		}
		// Between its fork and its start it has the command line of the churn, and when it ends, none.
		if line := c.Process.Cmdline; len(line) == 2 {
			if serial, err := strconv.Atoi(n); err != nil || line[1] != strconv.Itoa(boxSleep+serial) {
				wrong = append(wrong, fmt.Sprintf("%s is the process %v", c.Name, line))
			}
		} else {
			y.passing++
		}
		if ns := c.Process.Namespaces[model.NetNS]; ns != nil {
			must("box %s %d", c.Name, ns.ID().Ino)
		}
		home := d.Netns.ByContainer(c)
		if home == nil {
			y.homeless++
			continue
		}
		must("box %s %d", c.Name, home.ID().Ino)
		for name := range home.NamedNifs {
			if ours(name) {
				y.neighbours++
				must("beside %s %s", name, c.Name)
			}
		}
	}
	// That containers vanish is nothing that an engine is to blame for.
	for _, f := range d.Findings {
		if f.Kind == network.FindingEngine && strings.HasSuffix(f.Subject, " at "+socket) {
			y.findings[string(f.Kind)+": "+withoutNames(f.Message)]++
			if strings.Contains(f.Message, "did not answer within") { // which a machine as busy as this may cause.
				y.slow++
			} else {
				wrong = append(wrong, f.Message)
			}
		}
	}
	return wrong
}

func mine(n *network.NetworkNamespace) bool {
	for name := range n.NamedNifs {
		if ours(name) {
			return true
		}
	}
	return false
}

// withoutNames cuts a message down to what is the same for all of its kind.
func withoutNames(message string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return -1
		}
		return r
	}, message)
}

// use takes a discovery through the rest of the pipeline: whatever refers to something that is not
// there is found by writing a snapshot.
func use(d *network.Discovery, place bool) error {
	var file bytes.Buffer
	if err := snapshot.Encode(&file, d); err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	g, err := graph.Project(d, graph.Options{Detail: graph.Full})
	if err != nil || !place {
		return err
	}
	if _, err := snapshot.Decode(&file); err != nil {
		return fmt.Errorf("decode: %w", err)
	}
	engine, _ := layout.Find("wiring")
	_, err = engine.New().Layout(context.Background(), g, layout.Options{})
	return err
}

// usage is what the process holds.
type usage struct {
	goroutines, threads, fds int
	heap, rss                int // KiB
}

func (u usage) String() string {
	return fmt.Sprintf("%d goroutines, %d threads, %d file descriptors, heap %d KiB, resident %d KiB", u.goroutines, u.threads, u.fds, u.heap, u.rss)
}

// measure takes the smallest of several looks: what ends of its own accord has then ended.
func measure(t *testing.T) usage {
	t.Helper()
	least := usage{goroutines: 1 << 30, threads: 1 << 30, fds: 1 << 30}
	for range 20 {
		least.goroutines = min(least.goroutines, runtime.NumGoroutine())
		least.threads = min(least.threads, count(t, "/proc/self/task"))
		least.fds = min(least.fds, count(t, "/proc/self/fd"))
		time.Sleep(20 * time.Millisecond)
	}
	runtime.GC()
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	least.heap = int(memory.HeapAlloc >> 10)
	statm, err := os.ReadFile("/proc/self/statm")
	require.NoError(t, err)
	pages, err := strconv.Atoi(strings.Fields(string(statm))[1])
	require.NoError(t, err)
	least.rss = pages * os.Getpagesize() >> 10
	return least
}

func count(t *testing.T, dir string) int {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	return len(entries)
}

// strayThreads returns the threads that are in another network namespace than the process.
func strayThreads(t *testing.T) (strays []string) {
	t.Helper()
	home, err := os.Readlink("/proc/self/ns/net")
	require.NoError(t, err)
	tasks, err := os.ReadDir("/proc/self/task")
	require.NoError(t, err)
	for _, task := range tasks {
		if at, err := os.Readlink("/proc/self/task/" + task.Name() + "/ns/net"); err == nil && at != home {
			strays = append(strays, task.Name()+" in "+at)
		}
	}
	return strays
}

// duration of the test: a few seconds unless HOSTWIRE_SOAK says otherwise.
func duration(t *testing.T) time.Duration {
	t.Helper()
	if text := os.Getenv("HOSTWIRE_SOAK"); text != "" {
		d, err := time.ParseDuration(text)
		require.NoError(t, err, "HOSTWIRE_SOAK")
		return d
	}
	return 5 * time.Second
}

func TestDiscoveryWhileEverythingComesAndGoes(t *testing.T) {
	testkit.RequireRoot(t)
	testkit.RequireTool(t, "sleep", "coreutils")
	end := time.Now().Add(duration(t))
	warm := time.Now().Add(duration(t) / 5)
	l, socket := startChurn(t)
	y := &tally{findings: map[string]int{}}
	var before usage
	for round := 0; time.Now().Before(end); round++ {
		d, err := network.Discover(context.Background(), network.Options{EngineSockets: []network.EngineSocket{{Type: "docker", Path: socket}}})
		require.NoError(t, err)
		require.Empty(t, y.check(d, l), "what the churn never made true")
		require.Empty(t, y.checkContainers(d, l, socket), "what the churn never made true of containers")
		require.NoError(t, use(d, round%8 == 0))
		require.Eventually(t, func() bool { return len(strayThreads(t)) == 0 }, 5*time.Second, 20*time.Millisecond, "threads in other namespaces")
		if before.heap == 0 && time.Now().After(warm) {
			before = measure(t)
		}
	}
	after := measure(t)
	t.Logf("%d discoveries saw %d namespaces, %d interfaces and %d wires of the churn; %d ends were gone meanwhile",
		y.discoveries, y.namespaces, y.nifs, y.wires, y.unresolved)
	t.Logf("%d containers with %d interfaces beside them; %d were starting or ending, %d had no namespace any more",
		y.boxes, y.neighbours, y.passing, y.homeless)
	t.Logf("the churn: %s", counts(l))
	t.Logf("findings: %v", y.findings)
	t.Logf("before: %s", before)
	t.Logf("after:  %s", after)
	t.Logf("the engine did not answer in time at %d of %d discoveries", y.slow, y.discoveries)
	require.LessOrEqual(t, y.slow, 1+y.discoveries/20, "discoveries at which the engine did not answer in time: a busy machine may cause a few")
	require.NotZero(t, y.wires, "the churn must be seen")
	require.NotZero(t, y.boxes, "containers must be seen")
	require.LessOrEqual(t, after.goroutines, before.goroutines+2, "goroutines")
	require.LessOrEqual(t, after.threads, before.threads+4, "threads; the Go runtime may make some of its own")
	require.LessOrEqual(t, after.fds, before.fds+2, "file descriptors")
	require.LessOrEqual(t, after.heap, before.heap+16<<10, "heap, KiB")
	require.LessOrEqual(t, after.rss, before.rss*3/2+64<<10, "resident memory, KiB")
}

func counts(l *ledger) string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	var parts []string
	for what, n := range l.counts {
		parts = append(parts, n+" "+what)
	}
	sort.Strings(parts)
	return strings.Join(parts, ", ")
}
