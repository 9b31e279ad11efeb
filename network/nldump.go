package network

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// errDumpChanged tells that the kernel's tables changed while they were dumped (NLM_F_DUMP_INTR in
// linux/netlink.h): entries can be missing or double, and asking again is the cure.
var errDumpChanged = errors.New("the kernel's table changed while it was read")

// dumpAttempts is how often an interrupted dump is asked for again before its last answer is taken
// for what it is.
const dumpAttempts = 5

// Bounds of the wait for answers. The kernel gives them at once; this is only against waiting for
// ever, and against answers that take for ever as a whole, part by part.
const (
	maxPartTime  = 10 * time.Second // for each part.
	maxDumpTime  = 15 * time.Second // for a dump.
	maxVisitTime = 20 * time.Second // for all dumps of a look at a namespace.
)

// errTooSlow tells that the kernel took longer to answer than is waited for.
var errTooSlow = errors.New("the kernel did not answer in time")

// rawNetlinkSocket opens a netlink socket of the protocol in the network namespace of the calling
// thread. The caller closes it.
func rawNetlinkSocket(protocol int) (fd int, err error) {
	fd, err = unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, protocol)
	if err != nil {
		return -1, fmt.Errorf("open netlink socket: %w", err)
	}
	// It needs no bind: the kernel gives it an address with the first message.
	setPartTime(fd, maxPartTime)
	return fd, nil
}

// setPartTime bounds the wait for a part of an answer.
func setPartTime(fd int, wait time.Duration) {
	limit := unix.NsecToTimeval(int64(max(wait, time.Millisecond))) // zero would be without a bound.
	_ = unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &limit)
}

// dumpSequence numbers requests; sockets are not shared, so it only has to tell a request from the
// one before it on the same socket. It also keeps the time that they may take together.
type dumpSequence struct {
	number uint32
	until  time.Time // when the answers must be there; zero for no other bounds than a dump's own.
	late   bool      // something was not answered in time: then nothing more is asked.
}

// within gives all that follows this time together.
func (s *dumpSequence) within(limit time.Duration) { s.until = time.Now().Add(limit) }

// deadline is when an answer that may take as long as the limit must be there.
func (s *dumpSequence) deadline(limit time.Duration) time.Time {
	deadline := time.Now().Add(limit)
	if !s.until.IsZero() && s.until.Before(deadline) {
		return s.until
	}
	return deadline
}

// expired tells whether nothing more is to be asked, as time is over or something took too long.
func (s *dumpSequence) expired() bool {
	s.late = s.late || !s.until.IsZero() && !time.Now().Before(s.until)
	return s.late
}

// dumpBuffers are for the parts of dumps.
var dumpBuffers = sync.Pool{New: func() any { return new([64 * 1024]byte) }}

// dump asks for a table and hands over each entry's message type and payload, which is valid only
// during the call. It returns errDumpChanged, after all entries, if the table changed meanwhile.
func (s *dumpSequence) dump(fd int, request uint16, payload []byte, entry func(kind uint16, payload []byte)) error {
	deadline := s.deadline(maxDumpTime)
	if err := s.send(fd, request, unix.NLM_F_REQUEST|unix.NLM_F_DUMP, payload); err != nil {
		return fmt.Errorf("ask for a dump: %w", err)
	}
	pooled := dumpBuffers.Get().(*[64 * 1024]byte)
	defer dumpBuffers.Put(pooled)
	return s.receiveDump(pooled[:], deadline, netlinkParts(fd), entry)
}

// send sends a request under the next number.
func (s *dumpSequence) send(fd int, request, flags uint16, payload []byte) error {
	if s.expired() {
		return errTooSlow
	}
	s.number++
	message := make([]byte, unix.NLMSG_HDRLEN+len(payload))
	binary.NativeEndian.PutUint32(message[0:], uint32(len(message)))
	binary.NativeEndian.PutUint16(message[4:], request)
	binary.NativeEndian.PutUint16(message[6:], flags)
	binary.NativeEndian.PutUint32(message[8:], s.number)
	copy(message[unix.NLMSG_HDRLEN:], payload)
	return unix.Sendto(fd, message, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK})
}

// partSource receives the next part of an answer into the buffer, and waits for it no longer than it
// is told. Nothing, without an error, is a part that is not the kernel's.
type partSource func(buffer []byte, wait time.Duration) (n int, err error)

// netlinkParts receives from a socket of rawNetlinkSocket.
func netlinkParts(fd int) partSource {
	return func(buffer []byte, wait time.Duration) (int, error) {
		if wait < maxPartTime {
			setPartTime(fd, wait)
			defer setPartTime(fd, maxPartTime)
		}
		n, _, flags, from, err := unix.Recvmsg(fd, buffer, nil, 0)
		switch {
		case err == unix.EINTR:
			return 0, nil
		case err == unix.EAGAIN:
			return 0, errTooSlow
		case err != nil:
			return 0, err
		case flags&unix.MSG_TRUNC != 0:
			return 0, errors.New("answer larger than its buffer")
		}
		// Other processes may send to a netlink socket, too.
		if peer, ok := from.(*unix.SockaddrNetlink); !ok || peer.Pid != 0 {
			return 0, nil
		}
		return n, nil
	}
}

// receiveDump receives the parts of a dump until it ends or the deadline is over.
func (s *dumpSequence) receiveDump(buffer []byte, deadline time.Time, next partSource, entry func(kind uint16, payload []byte)) error {
	changed := false
	for {
		n, err := s.receive(buffer, deadline, next)
		if err != nil {
			return fmt.Errorf("receive a dump: %w", err)
		}
		done, intr, err := splitDump(buffer[:n], s.number, entry)
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

// receive receives one part of an answer until the deadline.
func (s *dumpSequence) receive(buffer []byte, deadline time.Time, next partSource) (n int, err error) {
	wait := time.Until(deadline)
	if wait <= 0 {
		err = errTooSlow
	} else {
		n, err = next(buffer, wait)
	}
	if errors.Is(err, errTooSlow) {
		s.late = true
	}
	return n, err
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
