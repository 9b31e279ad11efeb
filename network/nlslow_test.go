package network

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/hostwire/hostwire/internal/testkit"
)

// dripping answers with one more part every so often, and never with the last one.
func dripping(part []byte, every time.Duration) (next partSource, parts *int) {
	parts = new(int)
	return func(buffer []byte, wait time.Duration) (int, error) {
		if every > wait {
			time.Sleep(wait)
			return 0, errTooSlow
		}
		time.Sleep(every)
		*parts++
		return copy(buffer, part), nil
	}, parts
}

func TestADumpThatComesInDripsEnds(t *testing.T) {
	s := dumpSequence{number: 5}
	for name, part := range map[string][]byte{
		"parts of the dump":           netlinkMessage(unix.RTM_NEWLINK, 0, 5, make([]byte, 16)),
		"parts of another one":        netlinkMessage(unix.NLMSG_DONE, 0, 4, nil),
		"what is not of the kernel's": nil,
	} {
		t.Run(name, func(t *testing.T) {
			s.late = false
			next, parts := dripping(part, time.Millisecond)
			entries := 0
			begin := time.Now()
			err := s.receiveDump(make([]byte, 100), begin.Add(50*time.Millisecond), next, func(uint16, []byte) { entries++ })
			require.ErrorIs(t, err, errTooSlow)
			assert.Less(t, time.Since(begin), 5*time.Second)
			assert.Greater(t, *parts, 1)
			assert.True(t, s.late)
			if name == "parts of the dump" {
				assert.Equal(t, *parts, entries, "what came in time is there")
			}
		})
	}
}

func TestThePartThatNeverComesIsNotWaitedForLongerThanTheDump(t *testing.T) {
	var s dumpSequence
	next, _ := dripping(nil, time.Hour)
	require.ErrorIs(t, s.receiveDump(nil, time.Now().Add(20*time.Millisecond), next, func(uint16, []byte) {}), errTooSlow)
}

// A request of type NLMSG_NOOP is not answered (netlink_rcv_skb of net/netlink/af_netlink.c): to a
// socket that is a kernel that hangs.
func TestAKernelThatDoesNotAnswerIsNotWaitedForLongerThanTheLook(t *testing.T) {
	fd, err := rawNetlinkSocket(unix.NETLINK_ROUTE)
	require.NoError(t, err)
	defer func() { _ = unix.Close(fd) }()
	for name, ask := range map[string]func(*dumpSequence) error{
		"dump":    func(s *dumpSequence) error { return s.dump(fd, unix.NLMSG_NOOP, nil, func(uint16, []byte) {}) },
		"request": func(s *dumpSequence) error { return s.request(fd, unix.NLMSG_NOOP, nil, func(uint16, []byte) {}) },
	} {
		t.Run(name, func(t *testing.T) {
			var s dumpSequence
			s.within(100 * time.Millisecond)
			begin := time.Now()
			require.ErrorIs(t, ask(&s), errTooSlow)
			assert.Less(t, time.Since(begin), 5*time.Second)
			assert.True(t, s.late)
			begin = time.Now()
			require.ErrorIs(t, ask(&s), errTooSlow, "the time is for all together")
			assert.Less(t, time.Since(begin), 80*time.Millisecond)
		})
	}
	wait, err := unix.GetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO)
	require.NoError(t, err)
	assert.EqualValues(t, maxPartTime, wait.Nano(), "later questions have all their time again")
}

func TestDeadlinesOfDumps(t *testing.T) {
	var s dumpSequence
	assert.WithinDuration(t, time.Now().Add(time.Minute), s.deadline(time.Minute), 5*time.Second)
	assert.False(t, s.expired())
	s.within(time.Hour)
	assert.WithinDuration(t, time.Now().Add(time.Minute), s.deadline(time.Minute), 5*time.Second)
	assert.False(t, s.expired())
	s.within(-time.Second)
	assert.Equal(t, s.until, s.deadline(time.Minute))
	assert.True(t, s.expired())
}

// A namespace for which the time is over has a finding of the limit, once, and the look ends.
func TestALookThatTakesTooLongSaysSo(t *testing.T) {
	testkit.RequireRoot(t)
	netns := testkit.Netns(t, "slow")
	d := discoverPorts(t)
	n := named(t, d.Netns, netns)
	v := visit{netns: n, fds: askingFds{netns: -1, route: -1}}
	within(t, netns, func() (err error) {
		v.fds.route, err = rawNetlinkSocket(unix.NETLINK_ROUTE)
		return err
	})
	defer v.fds.close()
	v.readInTime(&visitContext{}, -1, -time.Second)
	require.NoError(t, v.err)
	require.Len(t, v.findings, 1)
	assert.Equal(t, FindingLimit, v.findings[0].Kind)
	assert.Contains(t, v.findings[0].Message, "took too long to answer")
	assert.True(t, v.fds.sequence.until.IsZero())

	v.findings, v.fds.sequence.late = nil, false
	v.readInTime(&visitContext{}, -1, maxVisitTime)
	assert.Empty(t, v.findings)
	assert.NotEmpty(t, n.Nifs, "%+v", v)
}
