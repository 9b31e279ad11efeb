package network

import (
	"strconv"
	"strings"
	"testing"

	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func TestMayHaveDevice(t *testing.T) {
	told := func(m linkMessage) *NetworkNamespace {
		return &NetworkNamespace{facts: map[int]*linkFacts{1: {message: m}}}
	}
	for name, test := range map[string]struct {
		nif  NifAttrs
		want bool
	}{
		"hardware":                           {NifAttrs{}, true},
		"loopback":                           {NifAttrs{Loopback: true}, false},
		"veth":                               {NifAttrs{Kind: "veth"}, false},
		"CAN hardware":                       {NifAttrs{Kind: "can"}, true},
		"virtual CAN":                        {NifAttrs{Kind: "vcan"}, false},
		"any kind with a device, as is told": {NifAttrs{Kind: "netdevsim", Index: 1, Netns: told(linkMessage{parentDev: "0000:01:00.0"})}, true},
		"kind without a device":              {NifAttrs{Kind: "veth", Index: 1, Netns: told(linkMessage{})}, false},
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

	asker, err := netns.openDriverAsker()
	require.NoError(t, err)
	defer asker.close()
	nif := &NifAttrs{Name: "onlyhere"}
	asker.ask(nif)

	// What the library tells is what the kernel tells.
	info, err := unix.IoctlGetEthtoolDrvinfo(asker.fd, "onlyhere")
	require.NoError(t, err)
	require.Equal(t, "veth", nif.DriverInfo.Driver)
	require.Equal(t, driverText(info.Driver[:]), nif.DriverInfo.Driver)
	require.Equal(t, driverText(info.Version[:]), nif.DriverInfo.Version)
	require.Equal(t, driverText(info.Bus_info[:]), nif.DriverInfo.BusInfo)

	speed, err := strconv.Atoi(strings.TrimSpace(testkit.Run(t, "ip", "netns", "exec", lab, "cat", "/sys/class/net/onlyhere/speed")))
	require.NoError(t, err)
	require.Equal(t, speed, nif.Speed)
	require.Equal(t, strings.TrimSpace(testkit.Run(t, "ip", "netns", "exec", lab, "cat", "/sys/class/net/onlyhere/duplex")), nif.Duplex)

	gone := &NifAttrs{Name: "nosuch"}
	asker.ask(gone)
	require.Equal(t, NifAttrs{Name: "nosuch"}, *gone)
	_, _, err = ethtoolLinkSettings(asker.fd, "a-name-that-is-too-long")
	require.ErrorIs(t, err, unix.EINVAL)
}
