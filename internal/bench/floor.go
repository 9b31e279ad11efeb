package main

import (
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// floor dumps links, addresses and routes of every namespace on all cores and looks at none of it:
// what the kernel needs to hand everything over.
func floor() error {
	names, err := os.ReadDir(netnsDir)
	if err != nil {
		return err
	}
	work := make(chan string)
	errs := make(chan error, runtime.NumCPU())
	var wg sync.WaitGroup
	for range runtime.NumCPU() {
		wg.Add(1)
		go func() {
			defer wg.Done()
			runtime.LockOSThread() // never unlocked: the thread ends in a foreign namespace.
			buf := make([]byte, 1<<16)
			for path := range work {
				if err := dumpIn(path, buf); err != nil {
					errs <- err
					return
				}
			}
		}()
	}
	var failed error
	for _, name := range names {
		select {
		case work <- filepath.Join(netnsDir, name.Name()):
		case failed = <-errs:
		}
	}
	close(work)
	wg.Wait()
	select {
	case failed = <-errs:
	default:
	}
	return failed
}

func dumpIn(path string, buf []byte) error {
	ns, err := netns.GetFromPath(path)
	if err != nil {
		return err
	}
	defer ns.Close()
	if err := netns.Set(ns); err != nil {
		return err
	}
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	for _, kind := range []byte{unix.RTM_GETLINK, unix.RTM_GETADDR, unix.RTM_GETROUTE} {
		request := make([]byte, unix.SizeofNlMsghdr+unix.SizeofIfInfomsg)
		request[0], request[4] = byte(len(request)), kind
		request[6] = unix.NLM_F_REQUEST
		request[7] = unix.NLM_F_DUMP >> 8
		if err := unix.Sendto(fd, request, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
			return err
		}
		for done := false; !done; {
			n, _, err := unix.Recvfrom(fd, buf, 0)
			if err != nil {
				return err
			}
			done = endsDump(buf[:n])
		}
	}
	return nil
}

// endsDump looks for NLMSG_DONE or NLMSG_ERROR among the messages of one datagram.
func endsDump(data []byte) bool {
	for len(data) >= unix.SizeofNlMsghdr {
		length := int(data[0]) | int(data[1])<<8 | int(data[2])<<16 | int(data[3])<<24
		kind := int(data[4]) | int(data[5])<<8
		if kind == unix.NLMSG_DONE || kind == unix.NLMSG_ERROR || length < unix.SizeofNlMsghdr {
			return true
		}
		data = data[min(len(data), (length+3)&^3):]
	}
	return false
}
