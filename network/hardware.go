package network

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"github.com/safchain/ethtool"
	"golang.org/x/sys/unix"
)

// NifDriverInfo is what ethtool tells about an interface's driver and device (struct
// ethtool_drvinfo of include/uapi/linux/ethtool.h).
type NifDriverInfo struct {
	Driver      string `json:"driver"`                // driver's short name; empty where there is none.
	Version     string `json:"version,omitempty"`     // driver's version; often the kernel's.
	FwVersion   string `json:"fwversion,omitempty"`   // firmware version; can be "N/A".
	BusInfo     string `json:"businfo,omitempty"`     // address on the bus, such as "0000:01:00.0".
	EromVersion string `json:"eromversion,omitempty"` // expansion ROM's version.
}

// SysfsBusPath returns the directory in sysfs of the PCI device behind the interface, such as
// "/sys/bus/pci/devices/0000:01:00.0"; empty if there is no PCI device behind it. Devices on other
// buses, such as USB, are not covered.
func (n *NifAttrs) SysfsBusPath() string {
	if !isPCIAddress(n.DriverInfo.BusInfo) {
		return ""
	}
	return "/sys" + pciDevices + n.DriverInfo.BusInfo
}

// deviceKinds are kinds of interfaces (IFLA_INFO_KIND) that, unlike most kinds, hardware has.
var deviceKinds = map[string]bool{"can": true, "wwan": true, "dsa": true}

// mayHaveDevice reports whether an interface can have a device behind it. Virtual interfaces come
// by the thousand and are not worth asking: they only name their own kind as their driver.
func mayHaveDevice(nif *NifAttrs) bool {
	if nif.Loopback {
		return false
	}
	if nif.Kind == "" || deviceKinds[nif.Kind] {
		return true
	}
	return nif.message().parentDev != ""
}

// discoverHardware asks the drivers of a namespace's interfaces, as far as there are devices behind
// them. Driver and bus address come by ethtool's ioctls through a socket in the interfaces' own
// namespace, since /sys/class/net shows the namespace of whoever mounted it.
func (n *NetworkNamespace) discoverHardware() (findings []Finding) {
	var asker *driverAsker
	defer func() {
		if asker != nil {
			asker.close()
		}
	}()
	for _, nif := range n.sortedNifs() {
		nif := nif.Nif()
		if !mayHaveDevice(nif) {
			continue
		}
		if asker == nil {
			var err error
			if asker, err = n.openDriverAsker(); err != nil {
				return []Finding{{
					Kind:    FindingNetns,
					Subject: subjectOf(n),
					Message: fmt.Sprintf("drivers could not be asked: %v", err),
					Netns:   n,
				}}
			}
		}
		asker.ask(nif)
	}
	return nil
}

// driverAsker has what it takes to ask the drivers of a namespace's interfaces.
type driverAsker struct {
	library *ethtool.Ethtool // for driver and device.
	fd      int              // for the link's settings, which the library prints warnings about.
}

// openDriverAsker opens the sockets in the namespace; close closes them.
func (n *NetworkNamespace) openDriverAsker() (*driverAsker, error) {
	a := &driverAsker{}
	var err error
	if a.fd, err = n.OpenEthtool(); err != nil {
		return nil, err
	}
	if err := n.OpenInNetworkNamespace(func() (err error) { a.library, err = ethtool.NewEthtool(); return }); err != nil {
		_ = unix.Close(a.fd)
		return nil, err
	}
	return a, nil
}

func (a *driverAsker) close() {
	a.library.Close()
	_ = unix.Close(a.fd)
}

// ask fills in what the driver of an interface tells. Drivers that do not answer are left out: there
// might be none, and the interface might be gone.
func (a *driverAsker) ask(nif *NifAttrs) {
	info, err := driverInfo(a.library, nif.Name)
	if err != nil {
		return
	}
	nif.DriverInfo = NifDriverInfo{
		Driver:      driverText([]byte(info.Driver)),
		Version:     driverText([]byte(info.Version)),
		FwVersion:   driverText([]byte(info.FwVersion)),
		BusInfo:     driverText([]byte(info.BusInfo)),
		EromVersion: driverText([]byte(info.EromVersion)),
	}
	nif.Physical = nif.DriverInfo.Driver != ""
	if speed, duplex, err := ethtoolLinkSettings(a.fd, nif.Name); err == nil {
		nif.Speed, nif.Duplex = decodeSpeed(speed), decodeDuplex(duplex)
	}
}

// steadyRoom is the part of a goroutine's stack that driverInfo occupies, in bytes.
const steadyRoom = 24 << 10

// driverInfo asks through the library, from above a large frame. The library hands the kernel the
// address of a variable on the stack as a number, which the runtime does not follow when it moves a
// stack. With this frame alive it never moves: the stack has grown to 32 or 64 KiB before, has room
// for the library's few small frames, and is not shrunk while more than a quarter of it is in use.
//
//go:noinline
func driverInfo(library *ethtool.Ethtool, name string) (ethtool.DrvInfo, error) {
	var room [steadyRoom]byte
	for i := 0; i < len(room); i += 4096 { // the frame is real, not optimised away.
		room[i] = byte(len(name))
	}
	info, err := library.DriverInfo(name)
	if err == nil && room[0] != byte(len(name)) {
		err = unix.EFAULT
	}
	return info, err
}

// driverText returns a text that a driver, or a device's firmware, wrote into a field; empty if it
// is not text.
func driverText(field []byte) string {
	text := unix.ByteSliceToString(field)
	if !isSaneName(text) {
		return ""
	}
	return text
}

// Numbers of include/uapi/linux/ethtool.h.
const (
	ethtoolGLinkSettings = 0x4c
	duplexHalf           = 0
	duplexFull           = 1
	linkModeWords        = 127 // most that the kernel's int8 count of words can ask for.
)

// linkSettings is struct ethtool_link_settings with room for its three link mode masks.
type linkSettings struct {
	command   uint32
	speed     uint32
	duplex    uint8
	_         [6]uint8 // port, PHY address, autonegotiation, MDI-X.
	maskWords int8
	_         [4]uint8
	_         [7]uint32
	_         [3 * linkModeWords]uint32
}

// ethtoolRequest is struct ifreq as ethtool's ioctls use it.
type ethtoolRequest struct {
	name [unix.IFNAMSIZ]byte
	data unsafe.Pointer
	_    [16]byte // the rest of the union.
}

// ethtoolLinkSettings asks for speed (Mbit/s) and duplex. The kernel wants to be told how many words
// its link mode masks have, and tells when asked with none (ETHTOOL_GLINKSETTINGS in ethtool.h).
func ethtoolLinkSettings(fd int, name string) (speed uint32, duplex uint8, err error) {
	if len(name) >= unix.IFNAMSIZ {
		return 0, 0, unix.EINVAL
	}
	settings := &linkSettings{}
	request := &ethtoolRequest{data: unsafe.Pointer(settings)}
	copy(request.name[:], name)
	var pins runtime.Pinner // the kernel follows the pointer in the request.
	pins.Pin(settings)
	defer pins.Unpin()
	ask := func() error {
		settings.command = ethtoolGLinkSettings
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(request)))
		if errno != 0 {
			return errno
		}
		return nil
	}
	if err := ask(); err != nil {
		return 0, 0, err
	}
	if settings.maskWords >= 0 {
		return 0, 0, errors.New("link settings: kernel does not tell the size of its masks")
	}
	settings.maskWords = -settings.maskWords
	if settings.maskWords < 0 { // -128 has no counterpart.
		return 0, 0, errors.New("link settings: masks are too large")
	}
	if err := ask(); err != nil {
		return 0, 0, err
	}
	return settings.speed, settings.duplex, nil
}

// decodeSpeed returns a speed in Mbit/s, 0 if it is unknown (SPEED_UNKNOWN is all ones).
func decodeSpeed(speed uint32) int {
	if int32(speed) < 0 {
		return 0
	}
	return int(speed)
}

// decodeDuplex returns "full", "half", or "" if unknown.
func decodeDuplex(duplex uint8) string {
	switch duplex {
	case duplexFull:
		return "full"
	case duplexHalf:
		return "half"
	}
	return ""
}
