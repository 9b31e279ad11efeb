package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"syscall"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

const netnsDir = "/run/netns"

// world is a host with a bridge, to which namespaces are added.
type world struct {
	bridge *netlink.Bridge
	count  int
}

// newWorld makes the mounts private and the host's own part.
func newWorld() (*world, error) {
	for _, m := range []struct {
		source, target, kind string
		flags                uintptr
	}{
		{"", "/", "", syscall.MS_REC | syscall.MS_PRIVATE},
		{"proc", "/proc", "proc", 0},
		{"bench", "/run", "tmpfs", 0},
		{"bench", "/sys", "sysfs", 0},
	} {
		if err := unix.Mount(m.source, m.target, m.kind, m.flags, ""); err != nil {
			return nil, fmt.Errorf("mount %s: %w", m.target, err)
		}
	}
	if err := os.MkdirAll(netnsDir, 0o755); err != nil {
		return nil, err
	}
	if err := unix.Sethostname([]byte("bench")); err != nil {
		return nil, err
	}
	w := &world{bridge: &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: "br0"}}}
	if err := netlink.LinkAdd(w.bridge); err != nil {
		return nil, fmt.Errorf("add bridge: %w", err)
	}
	return w, netlink.LinkSetUp(w.bridge)
}

// grow adds namespaces until there are n, the host's own not counted.
func (w *world) grow(n int) error {
	for ; w.count < n; w.count++ {
		if err := w.add(w.count); err != nil {
			return fmt.Errorf("add namespace %d: %w", w.count, err)
		}
	}
	return nil
}

// add makes one namespace, bind-mounted, with a veth to the bridge.
func (w *world) add(i int) error {
	path := filepath.Join(netnsDir, fmt.Sprintf("tenant-%d", i))
	if err := os.WriteFile(path, nil, 0o444); err != nil {
		return err
	}
	made := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine.
		err := unix.Unshare(unix.CLONE_NEWNET)
		if err == nil {
			err = unix.Mount("/proc/thread-self/ns/net", path, "", unix.MS_BIND, "")
		}
		made <- err
	}()
	if err := <-made; err != nil {
		return err
	}
	ns, err := netns.GetFromPath(path)
	if err != nil {
		return err
	}
	defer ns.Close()
	veth := &netlink.Veth{
		LinkAttrs: netlink.LinkAttrs{Name: fmt.Sprintf("veth%d", i), MasterIndex: w.bridge.Index, Flags: unix.IFF_UP},
		PeerName:  "eth0", PeerNamespace: netlink.NsFd(ns),
	}
	return netlink.LinkAdd(veth)
}
