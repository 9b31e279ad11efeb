package network

import (
	"errors"
	"fmt"
	"os"
	"runtime"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// OpenInNetworkNamespace calls opener on a thread that is in this network namespace, for opening
// what belongs to it: sockets, mostly. The opener must not switch threads or keep the thread; what
// it returns is returned. An error of the switch itself wraps the system's error.
func (n *NetworkNamespace) OpenInNetworkNamespace(opener func() error) error {
	if n == nil {
		return errors.New("no network namespace to enter")
	}
	if tid := n.visitor.Load(); tid != 0 && int(tid) == unix.Gettid() {
		return opener()
	}
	fd, err := n.open()
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return callInNamespace(fd, opener)
}

// OpenNetlink returns a handle for route netlink in this network namespace. The caller ends it with
// its Delete.
func (n *NetworkNamespace) OpenNetlink() (*netlink.Handle, error) {
	var handle *netlink.Handle
	err := n.OpenInNetworkNamespace(func() (err error) {
		handle, err = netlink.NewHandle(unix.NETLINK_ROUTE)
		return err
	})
	if err != nil {
		return nil, err
	}
	return handle, nil
}

// OpenEthtool returns a socket in this network namespace that ethtool's ioctls can be sent through.
// The caller closes it. On errors it is -1.
func (n *NetworkNamespace) OpenEthtool() (fd int, err error) {
	fd = -1
	err = n.OpenInNetworkNamespace(func() (err error) {
		fd, err = unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, unix.IPPROTO_IP)
		return err
	})
	if err != nil {
		return -1, fmt.Errorf("open socket for ethtool: %w", err)
	}
	return fd, nil
}

// open returns a file descriptor for the namespace, which the caller closes.
func (n *NetworkNamespace) open() (fd int, err error) {
	if n == nil || n.Namespace == nil {
		return -1, errors.New("network namespace is not one of this system")
	}
	return openNamespace(n.Namespace, n.refs, n.Paths)
}

// callInNamespace calls the function on a thread of its own in the network namespace. The thread
// goes back into use only after it is proven to be where it came from; otherwise it ends with its
// goroutine.
func callInNamespace(fd int, call func() error) error {
	var result error
	done := make(chan struct{})
	go func() {
		defer close(done)
		result = errors.New("call in network namespace did not return")
		offMainThread(func() {
			home, err := unix.Open(threadNetns, unix.O_RDONLY|unix.O_CLOEXEC, 0)
			if err != nil {
				result = fmt.Errorf("open own network namespace: %w", err)
				return
			}
			defer unix.Close(home)
			if result = enterNamespace(fd); result == nil {
				result = call()
			}
			if returnTo(home) {
				runtime.UnlockOSThread()
			}
		})
	}()
	<-done
	return result
}

// offMainThread calls the function with the goroutine locked to a thread that is not the process's
// main one. It is up to the function to unlock it, or to leave the thread to end with the
// goroutine. The main thread is spared as it cannot end, and as it stands for the whole process in
// /proc.
func offMainThread(call func()) {
	runtime.LockOSThread()
	if unix.Gettid() != os.Getpid() {
		call()
		return
	}
	// As long as this goroutine holds the main thread, another one cannot get it.
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		call()
	}()
	<-done
	runtime.UnlockOSThread()
}

// threadNetns is the path of the calling thread's network namespace.
const threadNetns = "/proc/thread-self/ns/net"

// returnTo switches the thread back and tells whether it is really there.
func returnTo(home int) bool {
	if err := enterNamespace(home); err != nil {
		return false
	}
	return sameNamespace(home, threadNetns)
}
