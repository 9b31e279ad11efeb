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
	Processors []*model.Process // processes holding the other side, by PID; nil if none.
	Owner      int              // user allowed to attach (UID); -1 for any with the privilege.
	Group      int              // group allowed to attach (GID); -1 if none.
}

// TunTapMode tells TUN from TAP.
type TunTapMode int

// Modes of TUN/TAP interfaces.
const (
	TunTapModeTun TunTapMode = TunTapMode(netlink.TUNTAP_MODE_TUN) // layer 3: IP packets.
	TunTapModeTap TunTapMode = TunTapMode(netlink.TUNTAP_MODE_TAP) // layer 2: Ethernet frames.
)

func init() {
	registerKind("tun", func() Interface { return &TunTapAttrs{Owner: -1, Group: -1} })
}

// Init takes what netlink tells about a TUN/TAP interface.
func (n *TunTapAttrs) Init(nlh *netlink.Handle, netns *NetworkNamespace, link netlink.Link) {
	n.NifAttrs.Init(nlh, netns, link)
	n.Owner, n.Group = -1, -1
	if tuntap, ok := link.(*netlink.Tuntap); ok {
		n.Mode = TunTapMode(tuntap.Mode)
	}
}

// Nif returns the common network interface attributes.
func (n *TunTapAttrs) Nif() *NifAttrs { return &n.NifAttrs }

// TunTap returns the TUN/TAP attributes.
func (n *TunTapAttrs) TunTap() *TunTapAttrs { return n }
