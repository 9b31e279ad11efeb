package network

import (
	"bytes"
	"encoding/binary"
	"net"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// linkMessage is what an RTM_NEWLINK message says about an interface, as far as it matters here
// (rtnetlink(7), include/uapi/linux/if_link.h).
type linkMessage struct {
	index       int
	hardware    uint16 // ARPHRD_… type.
	flags       uint32 // IFF_…
	name        string
	alias       string
	kind        string // IFLA_INFO_KIND
	mtu         int
	state       OperState
	promiscuity uint32
	address     net.HardwareAddr
	permAddress net.HardwareAddr
	physPort    string // IFLA_PHYS_PORT_NAME; empty if none.
	parentDev   string // bus address of the device behind it (IFLA_PARENT_DEV_NAME).
	master      int    // IFLA_MASTER; 0 if none.
	link        int    // IFLA_LINK; an index in the namespace nsid, or else in the same namespace.
	hasLink     bool
	nsid        NSID // IFLA_LINK_NETNSID
	hasNSID     bool
	data        attributes // IFLA_INFO_DATA
	slaveKind   string     // IFLA_INFO_SLAVE_KIND: kind of the master.
	slaveData   attributes // IFLA_INFO_SLAVE_DATA
}

// Attributes that golang.org/x/sys/unix does not name (include/uapi/linux/if_link.h).
const (
	iflaParentDevName = 56
	ifInfomsgLen      = 16
)

// parseLinkMessage decodes the payload of an RTM_NEWLINK message; ok is false if it is none. The
// result does not refer to the payload.
func parseLinkMessage(payload []byte) (m linkMessage, ok bool) {
	if len(payload) < ifInfomsgLen {
		return m, false
	}
	m.hardware = binary.NativeEndian.Uint16(payload[2:])
	m.index = int(int32(binary.NativeEndian.Uint32(payload[4:])))
	m.flags = binary.NativeEndian.Uint32(payload[8:])
	if m.index <= 0 {
		return m, false
	}
	netlinkAttributes(payload[ifInfomsgLen:], func(kind uint16, value []byte) {
		switch kind {
		case unix.IFLA_IFNAME:
			m.name = cString(value)
		case unix.IFLA_IFALIAS:
			m.alias = cString(value)
		case unix.IFLA_MTU:
			m.mtu = int(u32(value))
		case unix.IFLA_OPERSTATE:
			m.state = OperState(u8(value))
		case unix.IFLA_PROMISCUITY:
			m.promiscuity = u32(value)
		case unix.IFLA_ADDRESS:
			m.address = hardwareAddr(value)
		case unix.IFLA_PERM_ADDRESS:
			m.permAddress = hardwareAddr(value)
		case unix.IFLA_PHYS_PORT_NAME:
			m.physPort = cString(value)
		case iflaParentDevName:
			m.parentDev = cString(value)
		case unix.IFLA_MASTER:
			m.master = int(u32(value))
		case unix.IFLA_LINK:
			m.link, m.hasLink = int(u32(value)), len(value) >= 4
		case unix.IFLA_LINK_NETNSID:
			m.nsid, m.hasNSID = NSID(u32(value)), len(value) >= 4
		case unix.IFLA_LINKINFO:
			m.parseLinkInfo(value)
		}
	})
	return m, true
}

func (m *linkMessage) parseLinkInfo(info []byte) {
	netlinkAttributes(info, func(kind uint16, value []byte) {
		switch kind {
		case unix.IFLA_INFO_KIND:
			m.kind = cString(value)
		case unix.IFLA_INFO_DATA:
			m.data = bytes.Clone(value)
		case unix.IFLA_INFO_SLAVE_KIND:
			m.slaveKind = cString(value)
		case unix.IFLA_INFO_SLAVE_DATA:
			m.slaveData = bytes.Clone(value)
		}
	})
}

// linkMessageOf makes do with what the netlink library decoded; kinds' data are missing.
func linkMessageOf(link netlink.Link) linkMessage {
	attrs := link.Attrs()
	m := linkMessage{
		index:       attrs.Index,
		flags:       attrs.RawFlags,
		name:        attrs.Name,
		alias:       attrs.Alias,
		kind:        kindOfLink(link),
		mtu:         attrs.MTU,
		state:       OperState(attrs.OperState),
		promiscuity: uint32(max(attrs.Promisc, 0)),
		address:     hardwareAddr(attrs.HardwareAddr),
		permAddress: hardwareAddr(attrs.PermHWAddr),
		master:      attrs.MasterIndex,
		link:        attrs.ParentIndex,
		hasLink:     attrs.ParentIndex != 0,
		parentDev:   attrs.ParentDev,
	}
	if attrs.Flags&net.FlagUp != 0 {
		m.flags |= unix.IFF_UP
	}
	if attrs.Flags&net.FlagLoopback != 0 {
		m.flags |= unix.IFF_LOOPBACK
	}
	if attrs.NetNsID >= 0 && (attrs.NetNsID > 0 || attrs.ParentIndex != 0) {
		m.nsid, m.hasNSID = NSID(attrs.NetNsID), true
	}
	if attrs.Slave != nil {
		m.slaveKind = attrs.Slave.SlaveType()
	}
	return m
}

// rawLink is a link together with all that the kernel said about it, on the way from a dump into
// the interfaces' Init.
type rawLink struct {
	netlink.Link // nil where nobody asks for it.
	message      linkMessage
}

// attributes are netlink attributes one after another, as nested in another attribute.
type attributes []byte

// get returns the value of the first attribute of the kind; nil if there is none.
func (a attributes) get(kind uint16) (value []byte) {
	netlinkAttributes(a, func(k uint16, v []byte) {
		if k == kind && value == nil {
			value = v
		}
	})
	return value
}

func (a attributes) has(kind uint16) bool    { return a.get(kind) != nil }
func (a attributes) u8(kind uint16) uint8    { return u8(a.get(kind)) }
func (a attributes) u16(kind uint16) uint16  { return u16(a.get(kind)) }
func (a attributes) u32(kind uint16) uint32  { return u32(a.get(kind)) }
func (a attributes) be16(kind uint16) uint16 { return be16(a.get(kind)) }
func (a attributes) be32(kind uint16) uint32 { return be32(a.get(kind)) }
func (a attributes) be64(kind uint16) uint64 { return be64(a.get(kind)) }

// ip returns an attribute's IP address, or nil if there is none or it is unspecified.
func (a attributes) ip(kind uint16) net.IP {
	value := a.get(kind)
	if len(value) != net.IPv4len && len(value) != net.IPv6len {
		return nil
	}
	if ip := net.IP(bytes.Clone(value)); !ip.IsUnspecified() {
		return ip
	}
	return nil
}

func u8(b []byte) uint8 {
	if len(b) < 1 {
		return 0
	}
	return b[0]
}

func u16(b []byte) uint16 {
	if len(b) < 2 {
		return 0
	}
	return binary.NativeEndian.Uint16(b)
}

func u32(b []byte) uint32 {
	if len(b) < 4 {
		return 0
	}
	return binary.NativeEndian.Uint32(b)
}

func be16(b []byte) uint16 {
	if len(b) < 2 {
		return 0
	}
	return binary.BigEndian.Uint16(b)
}

func be32(b []byte) uint32 {
	if len(b) < 4 {
		return 0
	}
	return binary.BigEndian.Uint32(b)
}

func be64(b []byte) uint64 {
	if len(b) < 8 {
		return 0
	}
	return binary.BigEndian.Uint64(b)
}

// cString returns a string attribute without its final zero byte.
func cString(b []byte) string {
	if end := bytes.IndexByte(b, 0); end >= 0 {
		b = b[:end]
	}
	return string(b)
}

// hardwareAddr returns a copy of a hardware address; nil if it is empty or all zero, as loopback's
// is.
func hardwareAddr(b []byte) net.HardwareAddr {
	for _, octet := range b {
		if octet != 0 {
			return net.HardwareAddr(bytes.Clone(b))
		}
	}
	return nil
}
