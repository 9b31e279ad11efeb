package nftget

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// maxBytes bounds the messages of one dump.
const maxBytes = 256 << 20

// maxTime bounds the reading of one ruleset, whatever the caller's context allows.
const maxTime = 10 * time.Second

// buffers are for what the kernel answers, and are used again: most namespaces have next to no rules.
var buffers = sync.Pool{New: func() any { return new([1 << 16]byte) }}

// errChanged says that the ruleset changed while it was read.
var errChanged = errors.New("ruleset changed while it was read")

// errTooLarge says that a dump has more bytes than are read.
var errTooLarge = errors.New("ruleset is too large")

// Conn is a netlink connection to the packet filter of one network namespace.
type Conn struct {
	socket socket
	seq    uint32
	limit  time.Duration // of reading a ruleset; maxTime if zero.
}

// socket is what messages go through.
type socket interface {
	send(message []byte) error
	// receive does not wait: the error is EAGAIN where nothing has come yet.
	receive(buffer []byte) (n int, err error)
	// await waits until something has come, or for so many milliseconds.
	await(milliseconds int) (came bool, err error)
	close() error
}

// Open opens a connection to the packet filter of the network namespace that the calling thread is
// in; the connection stays there when the thread moves on. The caller closes it.
func Open() (*Conn, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_NETFILTER)
	if err != nil {
		return nil, fmt.Errorf("open netfilter netlink socket: %w", err)
	}
	// It needs no bind: the kernel gives it an address with the first message.
	return &Conn{socket: netlinkSocket(fd)}, nil
}

// Close closes the connection.
func (c *Conn) Close() error { return c.socket.close() }

// Unsupported tells whether an error of opening or reading means that the kernel has no nftables, and
// so no rules.
func Unsupported(err error) bool {
	for _, unsupported := range []error{unix.EPROTONOSUPPORT, unix.EAFNOSUPPORT, unix.EOPNOTSUPP, unix.ESOCKTNOSUPPORT} {
		if errors.Is(err, unsupported) {
			return true
		}
	}
	return false
}

// Read reads the rules that translate destination addresses, with all that they lead to. Where
// there are none that is one short question to the kernel, and the ruleset is empty. A kernel
// without nftables has none.
func (c *Conn) Read(ctx context.Context) (*Ruleset, error) {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(c.limit, maxTime))
	defer cancel()
	const attempts = 4
	for attempt := 1; ; attempt++ {
		b, err := c.read(ctx)
		switch {
		case err == nil:
			return b.finish(), nil
		case Unsupported(err):
			return &Ruleset{}, nil
		case errors.Is(err, errChanged), errors.Is(err, unix.ENOENT): // a table went away between two dumps.
			if attempt < attempts {
				continue
			}
		}
		return nil, fmt.Errorf("read packet filter rules: %w", err)
	}
}

func (c *Conn) read(ctx context.Context) (*builder, error) {
	b := newBuilder()
	// The first message of a dump tells the ruleset's generation; if that differs between two
	// dumps, they are of different rulesets. The kernel itself flags a change within one dump.
	generation := uint16(0)
	first := true
	collect := func(m nfMessage, resourceID uint16) error {
		if first {
			generation, first = resourceID, false
		} else if generation != resourceID {
			return errChanged
		}
		b.add(m)
		return nil
	}
	err := c.dump(ctx, unix.NFT_MSG_GETCHAIN, unix.NFPROTO_UNSPEC, nil, collect)
	if errors.Is(err, unix.EINVAL) {
		// There is netfilter netlink, but no nf_tables behind it (nfnetlink_rcv_msg of
		// net/netfilter/nfnetlink.c); nothing is wrong with the question itself.
		err = unix.EOPNOTSUPP
	}
	if err != nil {
		return nil, err
	}
	for _, table := range b.natTables() {
		name := stringAttr(unix.NFTA_RULE_TABLE, table.Name)
		if err := c.dump(ctx, unix.NFT_MSG_GETRULE, byte(table.Family), name, collect); err != nil {
			return nil, err
		}
		wanted := table.lookedUp()
		if len(wanted) == 0 {
			continue
		}
		if err := c.dump(ctx, unix.NFT_MSG_GETSET, byte(table.Family), stringAttr(unix.NFTA_SET_TABLE, table.Name), collect); err != nil {
			return nil, err
		}
		for _, set := range wanted {
			if table.Sets[set] == nil {
				continue
			}
			attrs := append(stringAttr(unix.NFTA_SET_ELEM_LIST_TABLE, table.Name), stringAttr(unix.NFTA_SET_ELEM_LIST_SET, set)...)
			if err := c.dump(ctx, unix.NFT_MSG_GETSETELEM, byte(table.Family), attrs, collect); err != nil {
				return nil, err
			}
		}
	}
	return b, nil
}

// lookedUp returns the names of the sets that the table's rules refer to, sorted.
func (t *Table) lookedUp() []string {
	var names []string
	for _, chain := range t.Chains {
		for _, rule := range chain.Rules {
			for _, e := range rule.Exprs {
				if lookup, ok := e.(*expr.Lookup); ok {
					names = append(names, lookup.SetName)
				}
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// stringAttr marshals a zero-terminated string as a netlink attribute.
func stringAttr(kind uint16, s string) []byte {
	length := 4 + len(s) + 1
	b := make([]byte, (length+3)&^3)
	binary.NativeEndian.PutUint16(b, uint16(length))
	binary.NativeEndian.PutUint16(b[2:], kind)
	copy(b[4:], s)
	return b
}

// dump asks for all objects of a kind and hands them to collect, together with the generation of
// the ruleset that they belong to.
func (c *Conn) dump(ctx context.Context, kind uint16, family byte, attrs []byte, collect func(nfMessage, uint16) error) error {
	c.seq++
	request := make([]byte, unix.NLMSG_HDRLEN+4, unix.NLMSG_HDRLEN+4+len(attrs))
	request[unix.NLMSG_HDRLEN] = family
	request = append(request, attrs...)
	binary.NativeEndian.PutUint32(request, uint32(len(request)))
	binary.NativeEndian.PutUint16(request[4:], unix.NFNL_SUBSYS_NFTABLES<<8|kind)
	binary.NativeEndian.PutUint16(request[6:], unix.NLM_F_REQUEST|unix.NLM_F_DUMP)
	binary.NativeEndian.PutUint32(request[8:], c.seq)
	if err := c.socket.send(request); err != nil {
		return err
	}
	var (
		pooled      = buffers.Get().(*[1 << 16]byte) // the kernel fills up to 32 KiB at once.
		buffer      = pooled[:]
		total       int
		interrupted bool
		result      error
	)
	defer buffers.Put(pooled)
	for done := false; !done; {
		if err := ctx.Err(); err != nil {
			return err
		}
		// The kernel mostly answers while the question is sent.
		n, err := c.socket.receive(buffer)
		if err == unix.EAGAIN {
			if err := c.await(ctx); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		if total += n; total > maxBytes {
			return errTooLarge
		}
		block := slices.Clone(buffer[:n]) // what is decoded refers to it.
		eachMessage(block, func(kind, flags uint16, payload []byte) bool {
			interrupted = interrupted || flags&unix.NLM_F_DUMP_INTR != 0
			switch kind {
			case unix.NLMSG_DONE:
				done = true
				return false
			case unix.NLMSG_ERROR:
				done = true
				if len(payload) >= 4 {
					if errno := -int32(binary.NativeEndian.Uint32(payload)); errno != 0 {
						result = unix.Errno(errno)
					}
				}
				return false
			}
			if m, ok := parseMessage(kind, payload); ok && result == nil {
				result = collect(m, binary.BigEndian.Uint16(payload[2:]))
			}
			return true
		})
	}
	if result == nil && interrupted {
		return errChanged
	}
	return result
}

// await waits for something to read, no longer than the context allows.
func (c *Conn) await(ctx context.Context) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		wait := 100 * time.Millisecond // so that a cancelled context is noticed.
		if deadline, ok := ctx.Deadline(); ok {
			wait = max(min(wait, time.Until(deadline)), time.Millisecond)
		}
		if came, err := c.socket.await(int(wait.Milliseconds())); came || err != nil {
			return err
		}
	}
}
