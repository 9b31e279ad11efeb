package network

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Numbers of include/uapi/linux/rtnetlink.h that golang.org/x/sys/unix does not name.
const (
	rtextFilterBrvlanCompressed = 1 << 2
	rtextFilterSkipStats        = 1 << 3
)

// dumpStable asks for a table until its dump was not interrupted by a change, a bounded number of
// times. Before each attempt it calls begin, so that entries of an interrupted dump are forgotten.
// If the table never kept still, it returns errDumpChanged with the entries of the last attempt.
func dumpStable(dump func() error, begin func()) (err error) {
	for range dumpAttempts {
		begin()
		if err = dump(); !errors.Is(err, errDumpChanged) {
			return err
		}
	}
	return err
}

// linkRequest is the payload of an RTM_GETLINK request: interfaces of a family (AF_BRIDGE for those
// that are bridge ports), all or only the one with the index, with what the filter mask adds.
func linkRequest(family uint8, index int, mask uint32) []byte {
	payload := make([]byte, ifInfomsgLen+8)
	payload[0] = family
	binary.NativeEndian.PutUint32(payload[4:], uint32(index))
	binary.NativeEndian.PutUint16(payload[ifInfomsgLen:], 8)
	binary.NativeEndian.PutUint16(payload[ifInfomsgLen+2:], unix.IFLA_EXT_MASK)
	binary.NativeEndian.PutUint32(payload[ifInfomsgLen+4:], mask)
	return payload
}

// Bounds of one namespace: whoever owns it can fill it as they like.
const (
	maxNifs      = 50_000
	maxAddresses = 100_000
)

// errTooMany tells that there are more entries than are kept.
var errTooMany = errors.New("there are more than are read")

// dumpLinks returns the interfaces of the namespace that the netlink socket is in, with errTooMany
// if there are more than the limit. decode makes them out of messages: newRawLink or newBareLink.
func dumpLinks(fd int, sequence *dumpSequence, limit int, decode func(kind uint16, payload []byte) (*rawLink, bool)) (links []*rawLink, err error) {
	more := false
	err = dumpStable(
		func() error {
			return sequence.dump(fd, unix.RTM_GETLINK, linkRequest(unix.AF_UNSPEC, 0, rtextFilterSkipStats),
				func(kind uint16, payload []byte) {
					if len(links) >= limit {
						more = true
					} else if link, ok := decode(kind, payload); ok {
						links = append(links, link)
					}
				})
		},
		func() { links, more = nil, false })
	if err == nil && more {
		err = errTooMany
	}
	return links, err
}

// newRawLink decodes an RTM_NEWLINK message; ok is false if it is none.
func newRawLink(kind uint16, payload []byte) (link *rawLink, ok bool) {
	if link, ok = newBareLink(kind, payload); ok {
		link.Link = deserializeLink(payload, &link.message)
	}
	return link, ok
}

// newBareLink is newRawLink without the netlink library, which takes most of the time.
func newBareLink(kind uint16, payload []byte) (link *rawLink, ok bool) {
	if kind != unix.RTM_NEWLINK {
		return nil, false
	}
	message, ok := parseLinkMessage(payload)
	if !ok {
		return nil, false
	}
	return &rawLink{message: message}, true
}

// deserializeLink returns the link as the netlink library sees it. The library trusts the kernel to
// send sane attributes, so where it fails, a generic link has to do.
func deserializeLink(payload []byte, message *linkMessage) (link netlink.Link) {
	generic := func() netlink.Link {
		attrs := netlink.NewLinkAttrs()
		attrs.Index, attrs.Name = message.index, message.name
		return &netlink.GenericLink{LinkAttrs: attrs, LinkType: message.kind}
	}
	defer func() {
		if recover() != nil {
			link = generic()
		}
	}()
	// The library keeps slices of what it decodes.
	link, err := netlink.LinkDeserialize(&unix.NlMsghdr{Type: unix.RTM_NEWLINK}, append([]byte(nil), payload...))
	if err != nil {
		return generic()
	}
	return link
}

// dumpAddresses returns the IP addresses in the namespace that the netlink socket is in, with
// errTooMany if there are more than the limit.
func dumpAddresses(fd int, sequence *dumpSequence, limit int) (addresses []Address, err error) {
	more := false
	err = dumpStable(
		func() error {
			return sequence.dump(fd, unix.RTM_GETADDR, make([]byte, ifaddrmsgLen), func(kind uint16, payload []byte) {
				if kind != unix.RTM_NEWADDR {
					return
				}
				if len(addresses) >= limit {
					more = true
				} else if a, ok := parseAddressMessage(payload); ok {
					addresses = append(addresses, a)
				}
			})
		},
		func() { addresses, more = nil, false })
	if err == nil && more {
		err = errTooMany
	}
	return addresses, err
}

// answerBuffers are for the answers to single requests.
var answerBuffers = sync.Pool{New: func() any { return new([32 * 1024]byte) }}

// request sends a request that is answered with a single message, and hands the answer's payload to
// the function. Errors of the kernel come back as they are.
func (s *dumpSequence) request(fd int, request uint16, payload []byte, answer func(kind uint16, payload []byte)) error {
	deadline := s.deadline(maxDumpTime)
	if err := s.send(fd, request, unix.NLM_F_REQUEST, payload); err != nil {
		return fmt.Errorf("ask: %w", err)
	}
	pooled := answerBuffers.Get().(*[32 * 1024]byte)
	defer answerBuffers.Put(pooled)
	buffer, next := pooled[:], netlinkParts(fd)
	for {
		n, err := s.receive(buffer, deadline, next)
		if err != nil {
			return fmt.Errorf("receive an answer: %w", err)
		}
		answered := false
		done, _, err := splitDump(buffer[:n], s.number, func(kind uint16, payload []byte) {
			answered = true
			answer(kind, payload)
		})
		if err != nil || done || answered {
			return err
		}
	}
}

// getLink asks for one interface; the error is ENODEV if there is none.
func getLink(fd int, sequence *dumpSequence, index int) (link *rawLink, err error) {
	err = sequence.request(fd, unix.RTM_GETLINK, linkRequest(unix.AF_UNSPEC, index, rtextFilterSkipStats),
		func(kind uint16, payload []byte) { link, _ = newRawLink(kind, payload) })
	if err == nil && link == nil {
		err = errors.New("unexpected answer when asking for an interface")
	}
	return link, err
}

// getNSID asks what the namespace of the socket calls the one that the file descriptor refers to
// (RTM_GETNSID of rtnetlink). It is NSID_NONE if it has no name for it.
func getNSID(fd int, sequence *dumpSequence, target int) (nsid NSID, err error) {
	const (
		netnsaNSID = 1
		netnsaFD   = 3
		rtgenmsg   = 4 // struct rtgenmsg is one byte, and attributes start aligned
	)
	payload := make([]byte, rtgenmsg+8)
	binary.NativeEndian.PutUint16(payload[rtgenmsg:], 8)
	binary.NativeEndian.PutUint16(payload[rtgenmsg+2:], netnsaFD)
	binary.NativeEndian.PutUint32(payload[rtgenmsg+4:], uint32(target))
	nsid = NSID_NONE
	err = sequence.request(fd, unix.RTM_GETNSID, payload, func(kind uint16, answer []byte) {
		if kind == unix.RTM_NEWNSID && len(answer) >= rtgenmsg {
			if value := attributes(answer[rtgenmsg:]).get(netnsaNSID); len(value) >= 4 {
				nsid = NSID(u32(value))
			}
		}
	})
	return nsid, err
}

// askLink asks for one interface of the namespace.
func (n *NetworkNamespace) askLink(index int) (message linkMessage, err error) {
	err = n.OpenInNetworkNamespace(func() error {
		fd, err := rawNetlinkSocket(unix.NETLINK_ROUTE)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		var sequence dumpSequence
		link, err := getLink(fd, &sequence, index)
		if err == nil {
			message = link.message
		}
		return err
	})
	return message, err
}
