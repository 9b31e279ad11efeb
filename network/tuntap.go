package network

import (
	"github.com/thediveo/lxkns/model"
	"github.com/vishvananda/netlink"
)

// TunTap is an interface whose other side is a process.
type TunTap interface {
	Interface
	TunTap() *TunTapAttrs // returns the TUN/TAP attributes.
}

// TunTapAttrs are the properties of a TUN/TAP interface.
type TunTapAttrs struct {
	NifAttrs
	Mode       TunTapMode       // whether it carries IP packets (TUN) or Ethernet frames (TAP).
	Processors []*model.Process // processes holding the other side, in whatever namespace they are, by PID; nil if none.
	Owner      int              // user allowed to attach (UID, IFLA_TUN_OWNER); -1 if none is named.
	Group      int              // group allowed to attach (GID, IFLA_TUN_GROUP); -1 if none is named.
}

// TunTapMode tells TUN from TAP.
type TunTapMode int

// Modes of TUN/TAP interfaces.
const (
	TunTapModeTun TunTapMode = TunTapMode(netlink.TUNTAP_MODE_TUN) // layer 3: IP packets.
	TunTapModeTap TunTapMode = TunTapMode(netlink.TUNTAP_MODE_TAP) // layer 2: Ethernet frames.
)

// Attributes of TUN/TAP interfaces (include/uapi/linux/if_link.h).
const (
	iflaTunOwner = 1
	iflaTunGroup = 2
	iflaTunType  = 3
)

func init() {
	registerKind("tun", func() Interface { return &TunTapAttrs{Owner: -1, Group: -1} })
}

// String returns "tun" or "tap".
func (m TunTapMode) String() string {
	switch m {
	case TunTapModeTun:
		return "tun"
	case TunTapModeTap:
		return "tap"
	}
	return "unknown"
}

// Init takes what netlink tells about a TUN/TAP interface.
func (n *TunTapAttrs) Init(nlh *netlink.Handle, netns *NetworkNamespace, link netlink.Link) {
	n.NifAttrs.Init(nlh, netns, link)
	n.Owner, n.Group = -1, -1
	if raw, ok := link.(*rawLink); ok {
		n.decode(raw.message.data)
		return
	}
	if tuntap, ok := link.(*netlink.Tuntap); ok {
		n.Mode = TunTapMode(tuntap.Mode)
		// The library does not tell "none" from root.
		if tuntap.Owner != 0 {
			n.Owner = int(tuntap.Owner)
		}
		if tuntap.Group != 0 {
			n.Group = int(tuntap.Group)
		}
	}
}

// decode takes over the attributes in IFLA_INFO_DATA. The kernel leaves out users and groups that
// are not set (tun_fill_info of drivers/net/tun.c).
func (n *TunTapAttrs) decode(data attributes) {
	n.Mode = TunTapMode(data.u8(iflaTunType))
	if data.has(iflaTunOwner) {
		n.Owner = int(data.u32(iflaTunOwner))
	}
	if data.has(iflaTunGroup) {
		n.Group = int(data.u32(iflaTunGroup))
	}
}

// Nif returns the common network interface attributes.
func (n *TunTapAttrs) Nif() *NifAttrs { return &n.NifAttrs }

// TunTap returns the TUN/TAP attributes.
func (n *TunTapAttrs) TunTap() *TunTapAttrs { return n }
