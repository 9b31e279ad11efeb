package nftget

import (
	"context"
	"encoding/binary"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// kernel is a socket whose other end answers as the test says.
type kernel struct {
	answers func(kind uint16) []byte // to the last question; nil for nothing, yet.
	asked   []uint16
}

func (k *kernel) send(message []byte) error {
	k.asked = append(k.asked, binary.NativeEndian.Uint16(message[4:])&0xff)
	return nil
}

func (k *kernel) receive(buffer []byte) (int, error) {
	answer := k.answers(k.asked[len(k.asked)-1])
	if answer == nil {
		return 0, unix.EAGAIN
	}
	return copy(buffer, answer), nil
}

func (k *kernel) await(milliseconds int) (bool, error) {
	time.Sleep(time.Duration(min(milliseconds, 5)) * time.Millisecond)
	return false, nil
}

func (k *kernel) close() error { return nil }

// message builds a netlink message.
func message(kind uint16, payload []byte) []byte {
	b := make([]byte, unix.NLMSG_HDRLEN, unix.NLMSG_HDRLEN+len(payload))
	binary.NativeEndian.PutUint32(b, uint32(unix.NLMSG_HDRLEN+len(payload)))
	binary.NativeEndian.PutUint16(b[4:], kind)
	return append(b, payload...)
}

func failure(errno unix.Errno) []byte {
	return message(unix.NLMSG_ERROR, binary.NativeEndian.AppendUint32(nil, uint32(-int32(errno))))
}

// natChain is the answer to the question for chains: one, of a table with translations.
func natChain() []byte {
	payload := []byte{unix.NFPROTO_IPV4, 0, 0, 1}
	payload = append(payload, stringAttr(unix.NFTA_CHAIN_TABLE, "nat")...)
	payload = append(payload, stringAttr(unix.NFTA_CHAIN_NAME, "in")...)
	payload = append(payload, stringAttr(unix.NFTA_CHAIN_TYPE, "nat")...)
	// NFTA_HOOK_HOOKNUM, nested: NF_INET_PRE_ROUTING, which is 0.
	hook := make([]byte, 12)
	binary.NativeEndian.PutUint16(hook, 12)
	binary.NativeEndian.PutUint16(hook[2:], unix.NFTA_CHAIN_HOOK|unix.NLA_F_NESTED)
	binary.NativeEndian.PutUint16(hook[4:], 8)
	binary.NativeEndian.PutUint16(hook[6:], unix.NFTA_HOOK_HOOKNUM)
	payload = append(payload, hook...)
	chain := message(unix.NFNL_SUBSYS_NFTABLES<<8|unix.NFT_MSG_NEWCHAIN, payload)
	return append(chain, message(unix.NLMSG_DONE, make([]byte, 4))...)
}

func TestAKernelWithoutNFTablesHasNoRules(t *testing.T) {
	for _, errno := range []unix.Errno{unix.EINVAL, unix.EOPNOTSUPP, unix.EPROTONOSUPPORT} {
		k := &kernel{answers: func(uint16) []byte { return failure(errno) }}
		rules, err := (&Conn{socket: k}).Read(t.Context())
		require.NoError(t, err, errno)
		assert.Empty(t, rules.Tables)
		assert.Equal(t, []uint16{unix.NFT_MSG_GETCHAIN}, k.asked, "it is asked once")
	}
}

func TestErrorsOfAKernelWithNFTablesAreErrors(t *testing.T) {
	for _, errno := range []unix.Errno{unix.EPERM, unix.ENOMEM} {
		_, err := (&Conn{socket: &kernel{answers: func(uint16) []byte { return failure(errno) }}}).Read(t.Context())
		require.ErrorIs(t, err, errno)
	}
	k := &kernel{answers: func(kind uint16) []byte {
		if kind == unix.NFT_MSG_GETCHAIN {
			return natChain()
		}
		return failure(unix.EINVAL)
	}}
	_, err := (&Conn{socket: k}).Read(t.Context())
	require.ErrorIs(t, err, unix.EINVAL, "it has chains, so it knows the question")
	assert.Equal(t, []uint16{unix.NFT_MSG_GETCHAIN, unix.NFT_MSG_GETRULE}, k.asked)
}

func TestRulesThatComeInDripsEnd(t *testing.T) {
	part := natChain()
	part = part[:len(part)-unix.NLMSG_HDRLEN-4] // and never that it is done.
	for name, answers := range map[string]func(uint16) []byte{
		"always one more": func(uint16) []byte { time.Sleep(time.Millisecond); return part },
		"nothing":         func(uint16) []byte { return nil },
		"of others":       func(uint16) []byte { time.Sleep(time.Millisecond); return []byte{} },
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			begin := time.Now()
			_, err := (&Conn{socket: &kernel{answers: answers}}).Read(ctx)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			assert.Less(t, time.Since(begin), 5*time.Second)
		})
	}
}

func TestReadingHasABoundOfItsOwn(t *testing.T) {
	begin := time.Now()
	_, err := (&Conn{socket: &kernel{answers: func(uint16) []byte { return nil }}, limit: 50 * time.Millisecond}).Read(context.Background())
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.Less(t, time.Since(begin), 5*time.Second)
}
