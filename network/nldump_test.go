package network

import (
	"encoding/binary"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// netlinkMessage builds a netlink message.
func netlinkMessage(kind, flags uint16, sequence uint32, payload []byte) []byte {
	message := make([]byte, unix.NLMSG_HDRLEN, unix.NLMSG_HDRLEN+aligned(len(payload)))
	binary.NativeEndian.PutUint32(message[0:], uint32(unix.NLMSG_HDRLEN+len(payload)))
	binary.NativeEndian.PutUint16(message[4:], kind)
	binary.NativeEndian.PutUint16(message[6:], flags)
	binary.NativeEndian.PutUint32(message[8:], sequence)
	message = append(message, payload...)
	return append(message, make([]byte, aligned(len(payload))-len(payload))...)
}

// attribute builds a netlink attribute.
func attribute(kind uint16, value []byte) []byte {
	b := make([]byte, unix.SizeofNlAttr)
	binary.NativeEndian.PutUint16(b[0:], uint16(unix.SizeofNlAttr+len(value)))
	binary.NativeEndian.PutUint16(b[2:], kind)
	b = append(b, value...)
	return append(b, make([]byte, aligned(len(value))-len(value))...)
}

// native32 is a number as the kernel has it in attributes.
func native32(n uint32) []byte { return binary.NativeEndian.AppendUint32(nil, n) }

func TestSplitDump(t *testing.T) {
	const kind = 77
	errno := func(e unix.Errno) []byte { return native32(uint32(-int32(e))) }
	entry := netlinkMessage(kind, unix.NLM_F_MULTI, 5, []byte("abc"))
	for name, test := range map[string]struct {
		part    []byte
		entries int
		done    bool
		changed bool
		err     error
	}{
		"nothing":                           {},
		"entries without an end":            {part: append(entry[:len(entry):len(entry)], entry...), entries: 2},
		"entry and end":                     {part: append(entry[:len(entry):len(entry)], netlinkMessage(unix.NLMSG_DONE, 0, 5, errno(0))...), entries: 1, done: true},
		"end without errno":                 {part: netlinkMessage(unix.NLMSG_DONE, 0, 5, nil), done: true},
		"end with errno":                    {part: netlinkMessage(unix.NLMSG_DONE, 0, 5, errno(unix.EINVAL)), done: true, err: unix.EINVAL},
		"error":                             {part: netlinkMessage(unix.NLMSG_ERROR, 0, 5, errno(unix.ENOENT)), done: true, err: unix.ENOENT},
		"answer to an earlier request":      {part: netlinkMessage(kind, 0, 4, []byte("abc"))},
		"changed while reading, in entries": {part: netlinkMessage(kind, unix.NLM_F_DUMP_INTR, 5, nil), entries: 1, changed: true},
		"changed while reading, at the end": {part: netlinkMessage(unix.NLMSG_DONE, unix.NLM_F_DUMP_INTR, 5, errno(0)), done: true, changed: true},
	} {
		t.Run(name, func(t *testing.T) {
			entries := 0
			done, changed, err := splitDump(test.part, 5, func(k uint16, payload []byte) {
				require.EqualValues(t, kind, k)
				entries++
			})
			require.Equal(t, test.entries, entries)
			require.Equal(t, test.done, done)
			require.Equal(t, test.changed, changed)
			require.True(t, errors.Is(err, test.err), "%v", err)
		})
	}
	t.Run("message longer than what was received", func(t *testing.T) {
		_, _, err := splitDump(entry[:len(entry)-4], 5, func(uint16, []byte) { t.Error("took half a message") })
		require.Error(t, err)
	})
}

func FuzzSplitDump(f *testing.F) {
	f.Add(netlinkMessage(unix.NLMSG_DONE, 0, 1, native32(0)))
	f.Add(append(netlinkMessage(20, 2, 1, attribute(3, []byte("x"))), 1, 2, 3))
	f.Fuzz(func(t *testing.T, part []byte) {
		_, _, _ = splitDump(part, 1, func(_ uint16, payload []byte) {
			netlinkAttributes(payload, func(_ uint16, value []byte) {
				if len(value) > len(payload) {
					t.Error("attribute is larger than what it is in")
				}
			})
		})
	})
}
