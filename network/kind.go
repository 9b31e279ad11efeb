package network

import (
	"fmt"

	"github.com/vishvananda/netlink"
)

// NifMaker returns a new and empty interface of one kind.
type NifMaker func() Interface

// nifMakers are the kinds with properties of their own, by the kernel's names for them
// (IFLA_INFO_KIND). It is filled by the kinds' files before main and only read from then on.
var nifMakers = map[string]NifMaker{}

// registerKind announces what to make of interfaces of the kind.
func registerKind(kind string, maker NifMaker) {
	if _, exists := nifMakers[kind]; exists {
		panic(fmt.Sprintf("network: interface kind %q registered twice", kind))
	}
	nifMakers[kind] = maker
}

// initializer takes over what the kernel says about an interface; all kinds do.
type initializer interface {
	Init(nlh *netlink.Handle, netns *NetworkNamespace, link netlink.Link)
}

// relater is a kind with relations beyond those that all kinds have. It is called after the common
// relations of all interfaces are known.
type relater interface {
	relate(r *relations)
}

// controller is a kind that other interfaces can be members of (IFLA_MASTER). Members come in the
// order of their indices.
type controller interface {
	addMember(member Interface)
}

// NewInterface returns an interface of the type that fits the link's kind, such as *VethAttrs for
// a veth; for kinds without a type of their own, a plain *NifAttrs. The netlink handle is used to
// ask for addresses and for what the netlink library leaves out; without one (nil) these stay
// unknown. Relations are left unresolved.
func NewInterface(nlh *netlink.Handle, netns *NetworkNamespace, link netlink.Link) Interface {
	kind := kindOfLink(link)
	maker, ok := nifMakers[kind]
	if !ok {
		maker = func() Interface { return &NifAttrs{} }
	}
	nif := maker()
	nif.(initializer).Init(nlh, netns, link)
	return nif
}

// kindOfLink returns the kernel's name for a link's kind; empty for hardware and loopback.
func kindOfLink(link netlink.Link) string {
	if raw, ok := link.(*rawLink); ok {
		return raw.message.kind
	}
	switch kind := link.Type(); kind {
	case "device": // the library's name for "no kind"
		return ""
	case "tuntap":
		return "tun"
	default:
		return kind
	}
}
