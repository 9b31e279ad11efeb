package soak

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Bounds of the churn.
const (
	churners   = 2  // goroutines that make and remove, each for itself.
	population = 24 // namespaces that each of them has at a time.
)

// churn makes and removes things until its standard input ends. Before it makes anything, it logs
// what will then be true:
//
//	at NAME INODE       an interface of this name may be in the namespace with the inode number
//	wire KIND A B       interface A is joined to interface B
//	box NAME INODE      the container of this name is in the namespace with the inode number
//	beside NAME BOX     an interface of this name may be in the namespace that the container is in
//
// Names are never used again, so a line once written stays true for all that bears the name. Inode
// numbers are used again: only the last line tells namespaces that had the same one apart.
func churn(in io.Reader, out io.Writer) {
	go func() {
		_, _ = io.Copy(io.Discard, in)
		os.Exit(0) // with us, being process 1 of its PID namespace, all children and mounts end.
	}()
	engine := &engine{boxes: map[string]int{}}
	err := engine.listen(os.Getenv(engineSocket)) // before a mount can hide where the socket is to be.
	var dir string
	if err == nil {
		dir, err = privateTmpfs()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "churn:", err)
		os.Exit(1)
	}
	truth := &truth{out: bufio.NewWriter(out)}
	for i := range churners {
		go (&churner{truth: truth, engine: engine, dir: dir, dice: rand.New(rand.NewPCG(uint64(i), 7))}).run()
	}
	for {
		time.Sleep(time.Second)
		truth.report()
	}
}

// privateTmpfs makes this mount namespace one that others never see mounts of.
func privateTmpfs() (string, error) {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return "", fmt.Errorf("make mounts private: %w", err)
	}
	const dir = "/run"
	if err := unix.Mount("churn", dir, "tmpfs", 0, "mode=0755"); err != nil {
		return "", fmt.Errorf("mount tmpfs: %w", err)
	}
	return dir, nil
}

// truth is the log, and a count of what happened.
type truth struct {
	mutex  sync.Mutex
	out    *bufio.Writer
	serial int
	counts map[string]int
}

func (l *truth) number() int {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.serial++
	return l.serial
}

// say logs lines; they have left the process when it returns.
func (l *truth) say(lines ...string) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	for _, line := range lines {
		fmt.Fprintln(l.out, line)
	}
	if l.out.Flush() != nil {
		os.Exit(0)
	}
}

func (l *truth) count(what string, err error) {
	if err != nil {
		what += " failed: " + err.Error()
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.counts == nil {
		l.counts = map[string]int{}
	}
	l.counts[what]++
}

func (l *truth) report() {
	l.mutex.Lock()
	var lines []string
	for what, n := range l.counts {
		lines = append(lines, fmt.Sprintf("count %d %s", n, what))
	}
	l.mutex.Unlock()
	l.say(lines...)
}

// space is a namespace of the churn.
type space struct {
	fd      int // holds it; -1 if something else does.
	inode   uint64
	handle  *netlink.Handle
	mount   string        // bind mount, empty for none.
	child   *exec.Cmd     // process living in it, nil for none.
	box     string        // container that the process is, empty for none.
	thread  chan struct{} // closed to end a thread living in it, nil for none.
	socket  net.Listener  // nil for none.
	ends    []string      // veth ends that were made in it.
	bridges []string
}

type churner struct {
	truth  *truth
	engine *engine
	dir    string
	dice   *rand.Rand
	spaces []*space
}

func (c *churner) run() {
	for {
		for len(c.spaces) < population {
			s, err := c.makeSpace()
			c.truth.count("namespace", err)
			if err != nil {
				time.Sleep(10 * time.Millisecond)
				continue
			}
			c.spaces = append(c.spaces, s)
		}
		for range 4 {
			c.step()
		}
		c.end(c.spaces[0])
		c.spaces = c.spaces[1:]
	}
}

func (c *churner) any() *space { return c.spaces[c.dice.IntN(len(c.spaces))] }

// step changes one thing.
func (c *churner) step() {
	s := c.any()
	switch c.dice.IntN(8) {
	case 0:
		c.truth.count("bridge", c.makeBridge(s))
	case 1:
		c.truth.count("macvlan", c.makeMacvlan(s, c.any()))
	case 2:
		c.truth.count("move", c.move(s, c.any()))
	case 3:
		c.truth.count("deletion", c.remove(s))
	default:
		c.truth.count("veth", c.makePair(s, c.any()))
	}
}

// at returns what to log before an interface of this name gets into a namespace.
func at(name string, s *space) string {
	line := fmt.Sprintf("at %s %d", name, s.inode)
	if s.box != "" {
		line += "\nbeside " + name + " " + s.box
	}
	return line
}

func (c *churner) makePair(s, other *space) error {
	n := c.truth.number()
	a, b := fmt.Sprintf("hs%s%da", own, n), fmt.Sprintf("hs%s%db", own, n)
	c.truth.say(at(a, s), at(b, other), "wire veth "+a+" "+b, "wire veth "+b+" "+a)
	attrs := netlink.NewLinkAttrs()
	attrs.Name = a
	veth := &netlink.Veth{LinkAttrs: attrs, PeerName: b}
	if s != other {
		veth.PeerNamespace = netlink.NsFd(other.fd)
	}
	if err := s.handle.LinkAdd(veth); err != nil {
		return err
	}
	s.ends = append(s.ends, a)
	other.ends = append(other.ends, b)
	if len(s.bridges) == 0 || c.dice.IntN(2) == 0 {
		return nil
	}
	bridge := s.bridges[c.dice.IntN(len(s.bridges))]
	c.truth.say("wire bridge " + a + " " + bridge)
	return withLink(s.handle, bridge, func(master netlink.Link) error { return s.handle.LinkSetMaster(veth, master) })
}

func withLink(h *netlink.Handle, name string, do func(netlink.Link) error) error {
	link, err := h.LinkByName(name)
	if err != nil {
		return err
	}
	return do(link)
}

func (c *churner) makeBridge(s *space) error {
	name := fmt.Sprintf("hb%s%d", own, c.truth.number())
	c.truth.say(at(name, s))
	attrs := netlink.NewLinkAttrs()
	attrs.Name = name
	if err := s.handle.LinkAdd(&netlink.Bridge{LinkAttrs: attrs}); err != nil {
		return err
	}
	s.bridges = append(s.bridges, name)
	return nil
}

// makeMacvlan puts a MACVLAN on an end in s, and into other.
func (c *churner) makeMacvlan(s, other *space) error {
	if len(s.ends) == 0 {
		return nil
	}
	lower := s.ends[c.dice.IntN(len(s.ends))]
	return withLink(s.handle, lower, func(link netlink.Link) error {
		name := fmt.Sprintf("hm%s%d", own, c.truth.number())
		c.truth.say(at(name, s), at(name, other), "wire macvlan "+name+" "+lower)
		attrs := netlink.NewLinkAttrs()
		attrs.Name, attrs.ParentIndex = name, link.Attrs().Index
		if s != other {
			attrs.Namespace = netlink.NsFd(other.fd)
		}
		return s.handle.LinkAdd(&netlink.Macvlan{LinkAttrs: attrs, Mode: netlink.MACVLAN_MODE_BRIDGE})
	})
}

func (c *churner) move(s, other *space) error {
	if len(s.ends) == 0 || s == other {
		return nil
	}
	i := c.dice.IntN(len(s.ends))
	name := s.ends[i]
	return withLink(s.handle, name, func(link netlink.Link) error {
		c.truth.say(at(name, other))
		if err := s.handle.LinkSetNsFd(link, other.fd); err != nil {
			return err
		}
		s.ends = append(s.ends[:i], s.ends[i+1:]...)
		other.ends = append(other.ends, name)
		return nil
	})
}

func (c *churner) remove(s *space) error {
	if len(s.ends) == 0 {
		return nil
	}
	i := c.dice.IntN(len(s.ends))
	name := s.ends[i]
	s.ends = append(s.ends[:i], s.ends[i+1:]...)
	return withLink(s.handle, name, s.handle.LinkDel)
}

// makeSpace makes a namespace that is held by an open file only, or also by a bind mount, a process
// or a thread.
func (c *churner) makeSpace() (*space, error) {
	s := &space{}
	held := c.dice.IntN(4)
	made := make(chan error, 1)
	if held == 3 {
		s.thread = make(chan struct{})
	}
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine.
		made <- c.fill(s, held)
		if s.thread != nil {
			<-s.thread
		}
	}()
	if err := <-made; err != nil {
		return nil, err
	}
	return s, nil
}

// fill makes a namespace on the calling thread.
func (c *churner) fill(s *space, held int) (err error) {
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("unshare: %w", err)
	}
	const here = "/proc/thread-self/ns/net"
	if s.fd, err = unix.Open(here, unix.O_RDONLY|unix.O_CLOEXEC, 0); err != nil {
		return err
	}
	var stat unix.Stat_t
	if err := unix.Fstat(s.fd, &stat); err != nil {
		return err
	}
	s.inode = stat.Ino
	if s.handle, err = netlink.NewHandle(unix.NETLINK_ROUTE); err != nil {
		return err
	}
	switch held {
	case 1:
		s.mount = filepath.Join(c.dir, "n"+strconv.Itoa(c.truth.number()))
		if err := os.WriteFile(s.mount, nil, 0o600); err != nil {
			return err
		}
		return unix.Mount(here, s.mount, "", unix.MS_BIND, "")
	case 2:
		n := c.truth.number()
		s.box = fmt.Sprintf("hc%s%d", own, n)
		c.truth.say(fmt.Sprintf("box %s %d", s.box, s.inode))
		s.child = exec.Command("/bin/sleep", strconv.Itoa(boxSleep+n)) // tells whose process it is.
		if err := s.child.Start(); err != nil {
			return err
		}
		c.engine.list(s.box, s.child.Process.Pid)
		c.truth.count("container", nil)
		return nil
	}
	if c.dice.IntN(4) != 0 {
		return nil
	}
	if s.socket, err = net.Listen("tcp4", "0.0.0.0:8080"); err != nil {
		return err
	}
	return forwardTo(8080)
}

// forwardTo makes a rule that redirects port 80 to another one.
func forwardTo(port uint16) error {
	conn, err := nftables.New()
	if err != nil {
		return err
	}
	table := conn.AddTable(&nftables.Table{Family: nftables.TableFamilyIPv4, Name: "churn"})
	chain := conn.AddChain(&nftables.Chain{
		Name: "in", Table: table, Type: nftables.ChainTypeNAT,
		Hooknum: nftables.ChainHookPrerouting, Priority: nftables.ChainPriorityNATDest,
	})
	big := func(port uint16) []byte { return []byte{byte(port >> 8), byte(port)} }
	conn.AddRule(&nftables.Rule{Table: table, Chain: chain, Exprs: []expr.Any{
		&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: 1},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: []byte{unix.IPPROTO_TCP}},
		&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseTransportHeader, Offset: 2, Len: 2},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: big(80)},
		&expr.Immediate{Register: 1, Data: big(port)},
		&expr.Redir{RegisterProtoMin: 1},
	}})
	if err := conn.Flush(); err != nil && !errors.Is(err, unix.EOPNOTSUPP) {
		return err
	}
	return nil
}

// end lets go of the namespace by all that holds it.
func (c *churner) end(s *space) {
	s.handle.Close()
	if s.socket != nil {
		_ = s.socket.Close()
	}
	if s.mount != "" {
		_ = unix.Unmount(s.mount, unix.MNT_DETACH)
		_ = os.Remove(s.mount)
	}
	if s.child != nil {
		// Either way happens: an engine that forgets first, and one that has not noticed yet.
		if c.dice.IntN(2) == 0 {
			c.engine.unlist(s.box, 0)
		}
		_ = s.child.Process.Kill()
		_ = s.child.Wait()
		c.engine.unlist(s.box, afterlife)
	}
	if s.thread != nil {
		close(s.thread)
	}
	_ = unix.Close(s.fd)
}
