package network

import (
	"strconv"
	"strings"
	"testing"

	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/safchain/ethtool"
	"github.com/stretchr/testify/require"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

func TestMayHaveDevice(t *testing.T) {
	behind := netlink.NewLinkAttrs()
	behind.ParentDev = "0000:01:00.0"
	for name, test := range map[string]struct {
		nif  NifAttrs
		want bool
	}{
		"hardware":                           {NifAttrs{}, true},
		"loopback":                           {NifAttrs{Loopback: true}, false},
		"veth":                               {NifAttrs{Kind: "veth"}, false},
		"CAN hardware":                       {NifAttrs{Kind: "can"}, true},
		"virtual CAN":                        {NifAttrs{Kind: "vcan"}, false},
		"any kind with a device, as is told": {NifAttrs{Kind: "netdevsim", Link: &netlink.Device{LinkAttrs: behind}}, true},
		"kind without a device":              {NifAttrs{Kind: "veth", Link: &netlink.Device{}}, false},
	} {
		require.Equal(t, test.want, mayHaveDevice(&test.nif), name)
	}
}

func TestDecodeLinkSettings(t *testing.T) {
	require.Equal(t, 400_000, decodeSpeed(400_000))
	require.Equal(t, 0, decodeSpeed(0xffffffff))
	require.Equal(t, "full", decodeDuplex(1))
	require.Equal(t, "half", decodeDuplex(0))
	require.Empty(t, decodeDuplex(0xff))
	require.Equal(t, "5.15.0", driverText([]byte("5.15.0\x00garbage")))
	require.Empty(t, driverText([]byte("\x1b[31m\x00")))
	require.Empty(t, driverText(nil))
}

func TestAskingADriver(t *testing.T) {
	// Of hardware there is none to count on, but veths answer ethtool as well, with a fixed speed.
	lab, peer := testkit.Netns(t, "driver"), testkit.Netns(t, "peer")
	connect(t, lab, "onlyhere", peer, "eth0")
	netns := lookAt(t, lab)[0]
	require.Zero(t, netns.NamedNifs["onlyhere"].Nif().DriverInfo, "veths are not asked in a discovery")

	fd, err := netns.OpenEthtool()
	require.NoError(t, err)
	defer func() { _ = unix.Close(fd) }()
	nif := &NifAttrs{Name: "onlyhere"}
	askDriver(fd, nif)

	var info ethtool.DrvInfo
	within(t, lab, func() error {
		library, err := ethtool.NewEthtool()
		if err != nil {
			return err
		}
		defer library.Close()
		info, err = library.DriverInfo("onlyhere")
		return err
	})
	require.Equal(t, "veth", nif.DriverInfo.Driver)
	require.Equal(t, NifDriverInfo{Driver: info.Driver, Version: info.Version, FwVersion: info.FwVersion, BusInfo: info.BusInfo, EromVersion: info.EromVersion}, nif.DriverInfo)

	speed, err := strconv.Atoi(strings.TrimSpace(testkit.Run(t, "ip", "netns", "exec", lab, "cat", "/sys/class/net/onlyhere/speed")))
	require.NoError(t, err)
	require.Equal(t, speed, nif.Speed)
	require.Equal(t, strings.TrimSpace(testkit.Run(t, "ip", "netns", "exec", lab, "cat", "/sys/class/net/onlyhere/duplex")), nif.Duplex)

	gone := &NifAttrs{Name: "nosuch"}
	askDriver(fd, gone)
	require.Equal(t, NifAttrs{Name: "nosuch"}, *gone)
	_, _, err = ethtoolLinkSettings(fd, "a-name-that-is-too-long")
	require.ErrorIs(t, err, unix.EINVAL)
}
