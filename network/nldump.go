package network

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sys/unix"
)

// errDumpChanged tells that the kernel's tables changed while they were dumped (NLM_F_DUMP_INTR in
// linux/netlink.h): entries can be missing or double, and asking again is the cure.
var errDumpChanged = errors.New("the kernel's table changed while it was read")

// dumpAttempts is how often an interrupted dump is asked for again before its last answer is taken
// for what it is.
const dumpAttempts = 5

// dumpTimeout bounds the wait for each part of a dump, in seconds. The kernel answers at once; this
// is only against waiting for ever.
const dumpTimeout = 10

// rawNetlinkSocket opens a netlink socket of the protocol in the network namespace of the calling
// thread. The caller closes it.
func rawNetlinkSocket(protocol int) (fd int, err error) {
	fd, err = unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, protocol)
	if err != nil {
		return -1, fmt.Errorf("open netlink socket: %w", err)
	}
	// It needs no bind: the kernel gives it an address with the first message.
	_ = unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: dumpTimeout})
	return fd, nil
}

// dumpSequence numbers requests; sockets are not shared, so it only has to tell a request from the
// one before it on the same socket.
type dumpSequence uint32

// dumpBuffers are for the parts of dumps.
var dumpBuffers = sync.Pool{New: func() any { return new([64 * 1024]byte) }}

// dump asks for a table and hands over each entry's message type and payload, which is valid only
// during the call. It returns errDumpChanged, after all entries, if the table changed meanwhile.
func (s *dumpSequence) dump(fd int, request uint16, payload []byte, entry func(kind uint16, payload []byte)) error {
	*s++
	message := make([]byte, unix.NLMSG_HDRLEN+len(payload))
	binary.NativeEndian.PutUint32(message[0:], uint32(len(message)))
	binary.NativeEndian.PutUint16(message[4:], request)
	binary.NativeEndian.PutUint16(message[6:], unix.NLM_F_REQUEST|unix.NLM_F_DUMP)
	binary.NativeEndian.PutUint32(message[8:], uint32(*s))
	copy(message[unix.NLMSG_HDRLEN:], payload)
	if err := unix.Sendto(fd, message, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return fmt.Errorf("ask for a dump: %w", err)
	}
	pooled := dumpBuffers.Get().(*[64 * 1024]byte)
	defer dumpBuffers.Put(pooled)
	buffer := pooled[:]
	changed := false
	for {
		n, _, flags, from, err := unix.Recvmsg(fd, buffer, nil, 0)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return fmt.Errorf("receive a dump: %w", err)
		case flags&unix.MSG_TRUNC != 0:
			return errors.New("receive a dump: answer larger than its buffer")
		}
		// Other processes may send to a netlink socket, too.
		if peer, ok := from.(*unix.SockaddrNetlink); !ok || peer.Pid != 0 {
			continue
		}
		done, intr, err := splitDump(buffer[:n], uint32(*s), entry)
		changed = changed || intr
		if err != nil {
			return err
		}
		if done {
			break
		}
	}
	if changed {
		return errDumpChanged
	}
	return nil
}

// splitDump splits one received part of a dump into its messages. It tells whether the dump ended,
// and whether the table changed while it was read.
func splitDump(part []byte, sequence uint32, entry func(kind uint16, payload []byte)) (done, changed bool, err error) {
	for len(part) >= unix.NLMSG_HDRLEN {
		length := int(binary.NativeEndian.Uint32(part[0:]))
		kind := binary.NativeEndian.Uint16(part[4:])
		flags := binary.NativeEndian.Uint16(part[6:])
		if length < unix.NLMSG_HDRLEN || length > len(part) {
			return false, changed, errors.New("receive a dump: malformed netlink message")
		}
		payload := part[unix.NLMSG_HDRLEN:length]
		if binary.NativeEndian.Uint32(part[8:]) == sequence {
			changed = changed || flags&unix.NLM_F_DUMP_INTR != 0
			switch kind {
			case unix.NLMSG_DONE, unix.NLMSG_ERROR:
				// Both begin with a negative errno, or zero; old kernels leave it out of DONE.
				if len(payload) >= 4 {
					if errno := int32(binary.NativeEndian.Uint32(payload)); errno < 0 {
						return true, changed, fmt.Errorf("dump: %w", unix.Errno(-errno))
					}
				}
				return true, changed, nil
			case unix.NLMSG_NOOP, unix.NLMSG_OVERRUN:
			default:
				entry(kind, payload)
			}
		}
		part = part[min(aligned(length), len(part)):]
	}
	return false, changed, nil
}

// aligned rounds a length up to netlink's alignment of four bytes.
func aligned(length int) int { return (length + 3) &^ 3 }

// netlinkAttributes calls attribute for each attribute in the bytes, in their order, and stops at
// the first malformed one. Flags in the type (nested, byte order) are taken off.
func netlinkAttributes(b []byte, attribute func(kind uint16, value []byte)) {
	for len(b) >= unix.SizeofNlAttr {
		length := int(binary.NativeEndian.Uint16(b[0:]))
		if length < unix.SizeofNlAttr || length > len(b) {
			return
		}
		attribute(binary.NativeEndian.Uint16(b[2:])&attributeType, b[unix.SizeofNlAttr:length])
		b = b[min(aligned(length), len(b)):]
	}
}

// attributeType masks the flags NLA_F_NESTED and NLA_F_NET_BYTEORDER out of an attribute's type.
const attributeType = 1<<14 - 1
