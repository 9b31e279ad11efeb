package network_test

import (
	"testing"

	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/stretchr/testify/require"
	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Numbers of include/uapi/linux/openvswitch.h.
const (
	ovsCmdNew = 1

	ovsDPName      = 1
	ovsDPUpcallPID = 2

	ovsVportType      = 2
	ovsVportName      = 3
	ovsVportUpcallPID = 5

	ovsVportTypeNetdev = 1
)

// ovsHeader is struct ovs_header: the datapath's interface index.
type ovsHeader uint32

func (ovsHeader) Len() int { return 4 }

func (h ovsHeader) Serialize() []byte {
	b := make([]byte, 4)
	nl.NativeEndian().PutUint32(b, uint32(h))
	return b
}

// makeOVSDatapath makes an Open vSwitch datapath, as its daemon would, and a dummy interface that is
// attached to it.
func makeOVSDatapath(t *testing.T, name, port string) {
	t.Helper()
	send := func(family string, datapath int, attrs ...*nl.RtAttr) {
		t.Helper()
		f, err := netlink.GenlFamilyGet(family)
		require.NoError(t, err)
		request := nl.NewNetlinkRequest(int(f.ID), unix.NLM_F_ACK)
		request.AddData(&nl.Genlmsg{Command: ovsCmdNew, Version: uint8(f.Version)})
		request.AddData(ovsHeader(datapath))
		for _, attr := range attrs {
			request.AddData(attr)
		}
		_, err = request.Execute(unix.NETLINK_GENERIC, 0)
		require.NoError(t, err)
	}
	send("ovs_datapath", 0,
		nl.NewRtAttr(ovsDPName, nl.ZeroTerminated(name)),
		nl.NewRtAttr(ovsDPUpcallPID, nl.Uint32Attr(0)))
	testkit.Run(t, "ip", "link", "add", port, "type", "dummy")
	datapath, err := netlink.LinkByName(name)
	require.NoError(t, err)
	send("ovs_vport", datapath.Attrs().Index,
		nl.NewRtAttr(ovsVportType, nl.Uint32Attr(ovsVportTypeNetdev)),
		nl.NewRtAttr(ovsVportName, nl.ZeroTerminated(port)),
		nl.NewRtAttr(ovsVportUpcallPID, nl.Uint32Attr(0)))
}
