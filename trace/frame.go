package trace

import (
	"fmt"

	"github.com/hostwire/hostwire/network"
	"github.com/vishvananda/netlink"
)

// vlanTag is a VLAN's protocol and identifier; zero for none.
type vlanTag struct {
	protocol netlink.VlanProtocol
	vid      uint16
}

func (t vlanTag) String() string {
	if t.protocol == netlink.VLAN_PROTOCOL_8021AD {
		return fmt.Sprintf("802.1ad %d", t.vid)
	}
	return fmt.Sprintf("VLAN %d", t.vid)
}

// tags are those that a frame carries. More than two are not followed.
type tags struct{ outer, inner vlanTag }

// push adds a tag; ok is false if there are too many.
func (t tags) push(tag vlanTag) (tags, bool) {
	return tags{tag, t.outer}, t.inner == vlanTag{}
}

// pop takes the outermost tag away.
func (t tags) pop() tags { return tags{outer: t.inner} }

// stage is where on its way through an interface a frame is.
type stage int

const (
	sending  stage = iota // it leaves by the interface: from the stack, a bridge, or an interface on top.
	arriving              // it comes in by the interface from outside.
	received              // the stack of the interface's namespace takes it in.
)

// passage is a frame at an interface.
type passage struct {
	nif   *network.NifAttrs
	tags  tags
	stage stage
}

// visit is a passage with how the frame got there.
type visit struct {
	passage
	from   int                       // visit before; -1 for the first.
	netns  *network.NetworkNamespace // namespace in which it happened.
	text   string                    // what happened on the way here; empty if nothing worth a word.
	nifs   []network.Interface       // interfaces passed since the visit before, that one's included.
	detour []Step                    // what happened to the packet around it, where it went through a tunnel.
	doubts []string
}

// exit is a place where frames leave what is known of the host.
type exit struct {
	at   int // the visit.
	nif  network.Interface
	text string // "leaves by eth0 to the outside".
}

// block is a place where frames stop.
type block struct {
	nif  network.Interface // the interface that does not pass it on.
	text string
}
