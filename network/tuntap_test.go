package network

import (
	"errors"
	"os"
	"os/exec"
	"testing"

	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/stretchr/testify/require"
	"github.com/thediveo/lxkns/model"
	"github.com/thediveo/lxkns/species"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

func TestParseTunInfo(t *testing.T) {
	for info, want := range map[string]string{
		"pos:\t0\nflags:\t0104002\nmnt_id:\t26\nino:\t143\niff:\ttap0\n": "tap0",
		"pos:\t0\niff:\t\n":   "", // not attached.
		"pos:\t0\nflags:\t02": "",
		"":                    "",
	} {
		require.Equal(t, want, parseTunInfo(info), "%q", info)
	}
}

func FuzzParseTunInfo(f *testing.F) {
	f.Add("pos:\t0\niff:\ttap0\n")
	f.Fuzz(func(t *testing.T, info string) { _ = parseTunInfo(info) })
}

func TestPickTunTap(t *testing.T) {
	namespace := func(ino uint64) model.Namespace { return fakeNamespace{id: species.NamespaceID{Dev: 4, Ino: ino}} }
	tap := func(ino uint64) *TunTapAttrs {
		return &TunTapAttrs{NifAttrs: NifAttrs{Netns: &NetworkNamespace{Namespace: namespace(ino)}}}
	}
	process := &model.Process{}
	process.Namespaces[model.NetNS] = namespace(1)
	here, there := tap(1), tap(2)
	id := func(ino uint64) species.NamespaceID { return species.NamespaceID{Dev: 4, Ino: ino} }
	failed := errors.New("not allowed")

	require.Same(t, there, pickTunTap([]*TunTapAttrs{here, there}, process, id(2), nil))
	require.Nil(t, pickTunTap([]*TunTapAttrs{here, there}, process, id(3), nil), "in a namespace out of sight")
	require.Nil(t, pickTunTap([]*TunTapAttrs{here, there}, process, species.NoneID, failed), "there are two of the name")
	require.Same(t, here, pickTunTap([]*TunTapAttrs{here}, process, species.NoneID, failed))
	require.Nil(t, pickTunTap([]*TunTapAttrs{there}, process, species.NoneID, failed), "a namesake elsewhere proves nothing")
	require.Nil(t, pickTunTap([]*TunTapAttrs{here}, &model.Process{}, species.NoneID, failed))
}

// fakeNamespace is a namespace of which only the identifier matters.
type fakeNamespace struct {
	model.Namespace
	id species.NamespaceID
}

func (n fakeNamespace) ID() species.NamespaceID { return n.id }

// openTunTap makes a TUN/TAP interface in the network namespace of the calling thread, and returns
// the file that serves it.
func openTunTap(name string, flags uint16) (*os.File, error) {
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	request, err := unix.NewIfreq(name)
	if err != nil {
		return nil, err
	}
	request.SetUint16(flags | unix.IFF_NO_PI)
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, request); err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), name), nil
}

func TestTunTaps(t *testing.T) {
	a, b := testkit.Netns(t, "a"), testkit.Netns(t, "b")
	if _, err := os.Stat("/dev/net/tun"); err != nil {
		testkit.Missing(t, "/dev/net/tun", "load the kernel module tun")
	}
	// Three interfaces of the same name and two processes: this one serves the TAP in a and the TUN
	// in b, though it is in neither; a process in b serves the other TAP in a, and shares this
	// process's first one.
	var tapA, otherA, tunB *os.File
	within(t, a, func() (err error) {
		if tapA, err = openTunTap("tap0", unix.IFF_TAP); err != nil {
			return err
		}
		otherA, err = openTunTap("tap1", unix.IFF_TAP|unix.IFF_MULTI_QUEUE)
		return err
	})
	within(t, b, func() (err error) {
		tunB, err = openTunTap("tap0", unix.IFF_TUN)
		return err
	})
	defer func() { _ = tapA.Close(); _ = tunB.Close() }()
	testkit.IP(t, b, "tuntap", "add", "dev", "idle", "mode", "tap", "user", "0", "group", "4711")

	cmd := exec.Command("ip", "netns", "exec", b, "sleep", "60")
	cmd.ExtraFiles = []*os.File{otherA, tapA}
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	require.NoError(t, otherA.Close())

	netnses := lookAt(t, a, b)
	tuntap := func(netns *NetworkNamespace, name string) *TunTapAttrs {
		nif, ok := netns.NamedNifs[name].(TunTap)
		require.True(t, ok, name)
		return nif.TunTap()
	}
	pids := func(n *TunTapAttrs) (pids []model.PIDType) {
		for _, process := range n.Processors {
			pids = append(pids, process.PID)
		}
		return pids
	}
	own, child := model.PIDType(os.Getpid()), model.PIDType(cmd.Process.Pid)

	require.Equal(t, TunTapModeTap, tuntap(netnses[0], "tap0").Mode)
	require.ElementsMatch(t, []model.PIDType{own, child}, pids(tuntap(netnses[0], "tap0")))
	require.Equal(t, []model.PIDType{child}, pids(tuntap(netnses[0], "tap1")))
	require.Equal(t, -1, tuntap(netnses[0], "tap0").Owner)
	require.Equal(t, -1, tuntap(netnses[0], "tap0").Group)

	require.Equal(t, TunTapModeTun, tuntap(netnses[1], "tap0").Mode)
	require.Equal(t, []model.PIDType{own}, pids(tuntap(netnses[1], "tap0")))

	_, files := readOpenFiles("/proc", model.ProcessTable{own: {PID: own}})
	require.Contains(t, files, tunFile{own, int(tapA.Fd())})
	require.Contains(t, files, tunFile{own, int(tunB.Fd())})
	require.Equal(t, "tap0", tunName("/proc", tunFile{own, int(tapA.Fd())}), "as procfs tells")
	require.Empty(t, tunName("/proc", tunFile{own, 0}))

	require.Empty(t, tuntap(netnses[1], "idle").Processors)
	require.Equal(t, 0, tuntap(netnses[1], "idle").Owner)
	require.Equal(t, 4711, tuntap(netnses[1], "idle").Group)

	// What the netlink library decodes comes to the same.
	handle, err := netnses[1].OpenNetlink()
	require.NoError(t, err)
	defer handle.Close()
	link, err := handle.LinkByName("idle")
	require.NoError(t, err)
	require.IsType(t, &netlink.Tuntap{}, link)
	again := NewInterface(handle, netnses[1], link).(TunTap).TunTap()
	require.Equal(t, TunTapModeTap, again.Mode)
	require.Equal(t, 4711, again.Group)
	require.Equal(t, "tap", again.Mode.String())
	require.Equal(t, "tun", TunTapModeTun.String())
}
