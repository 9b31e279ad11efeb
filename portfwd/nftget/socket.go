package nftget

import "golang.org/x/sys/unix"

// netlinkSocket is the file descriptor of a netlink socket.
type netlinkSocket int

func (s netlinkSocket) send(message []byte) error {
	return unix.Sendto(int(s), message, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK})
}

func (s netlinkSocket) receive(buffer []byte) (n int, err error) {
	n, _, flags, from, err := unix.Recvmsg(int(s), buffer, nil, unix.MSG_DONTWAIT)
	if err == unix.EINTR {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	// Other processes may send to a netlink socket, too.
	if peer, ok := from.(*unix.SockaddrNetlink); !ok || peer.Pid != 0 {
		return 0, nil
	}
	if flags&unix.MSG_TRUNC != 0 {
		return 0, errTooLarge
	}
	return n, nil
}

func (s netlinkSocket) await(milliseconds int) (came bool, err error) {
	n, err := unix.Poll([]unix.PollFd{{Fd: int32(s), Events: unix.POLLIN}}, milliseconds)
	if err == unix.EINTR {
		err = nil
	}
	return n > 0, err
}

func (s netlinkSocket) close() error { return unix.Close(int(s)) }
