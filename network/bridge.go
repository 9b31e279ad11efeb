package network

import (
	"github.com/vishvananda/netlink"
)

// GostwireInternalBridgeKey is the key of the label that bridges of "internal" Docker networks carry,
// those that are cut off from the outside. Its value is empty.
const GostwireInternalBridgeKey = "gostwire/bridge/internal"

// Bridge is a virtual switch.
type Bridge interface {
	Interface
	Bridge() *BridgeAttrs // returns the bridge attributes.
}

// BridgeAttrs are the properties of a virtual switch.
type BridgeAttrs struct {
	NifAttrs
	Ports         []Interface // interfaces that are its ports, all in the bridge's namespace, by index.
	VlanFiltering bool        // whether ports' VLANs matter (IFLA_BR_VLAN_FILTERING).
	STPState      string      // spanning tree protocol: "disabled", "kernel" or "user".
}

// BridgePortAttrs is the state of an interface as a port of a bridge.
type BridgePortAttrs struct {
	State string     // STP state: "disabled", "listening", "learning", "forwarding" or "blocking".
	VLANs []PortVLAN // VLANs that the port is a member of, by ID; nil where the bridge does not filter VLANs.
}

// PortVLAN is a bridge port's membership in a VLAN.
type PortVLAN struct {
	VID      uint16 // VLAN ID, 1 to 4094.
	PVID     bool   // untagged frames coming in belong to this VLAN.
	Untagged bool   // frames of this VLAN go out without a tag.
}

// Attributes of bridges and their ports (include/uapi/linux/if_link.h) that
// golang.org/x/sys/unix does not name.
const (
	iflaBrSTPState      = 5
	iflaBrVLANFiltering = 7
	iflaBrportState     = 1
)

// stpStates are the states of a bridge's spanning tree protocol (BR_NO_STP, BR_KERNEL_STP and
// BR_USER_STP of net/bridge/br_private.h).
var stpStates = []string{"disabled", "kernel", "user"}

// portStates are the states of a bridge's port (BR_STATE_… of include/uapi/linux/if_bridge.h).
var portStates = []string{"disabled", "listening", "learning", "forwarding", "blocking"}

func init() {
	registerKind("bridge", func() Interface { return &BridgeAttrs{} })
}

// Init takes over what the kernel says about a bridge.
func (n *BridgeAttrs) Init(nlh *netlink.Handle, netns *NetworkNamespace, link netlink.Link) {
	n.NifAttrs.Init(nlh, netns, link)
	data := n.message().data
	n.VlanFiltering = data.u8(iflaBrVLANFiltering) != 0
	n.STPState = nameOf(stpStates, data.u32(iflaBrSTPState))
}

// Nif returns the attributes that all kinds of interfaces have in common.
func (n *BridgeAttrs) Nif() *NifAttrs { return &n.NifAttrs }

// Bridge returns the bridge attributes.
func (n *BridgeAttrs) Bridge() *BridgeAttrs { return n }

// ResolveRelations finds the relations that all kinds have. A bridge's ports only become known with
// their own relations, as it is the ports that name their bridge.
func (n *BridgeAttrs) ResolveRelations(allns NetworkNamespaces) { resolveRelationsOf(n, allns) }

func (n *BridgeAttrs) addMember(port Interface) {
	n.Ports = appendNew(n.Ports, port)
	nif := port.Nif()
	nif.Bridge = n
	if data := nif.message().slaveData; data.has(iflaBrportState) {
		state := nameOf(portStates, uint32(data.u8(iflaBrportState)))
		if nif.BridgePort == nil {
			nif.BridgePort = &BridgePortAttrs{}
		}
		nif.BridgePort.State = state
	}
}

// nameOf returns the name at the index, or empty if there is none.
func nameOf(names []string, index uint32) string {
	if index >= uint32(len(names)) {
		return ""
	}
	return names[index]
}
