package network

// Ovs is an interface that Open vSwitch's kernel datapath made: the datapath itself or one of its
// internal ports.
type Ovs interface {
	Interface
	Ovs() *OvsAttrs // returns the Open vSwitch attributes.
}

// OvsAttrs are the properties of an Open vSwitch datapath or internal port.
type OvsAttrs struct {
	NifAttrs
	Members Interfaces // interfaces attached to the datapath, by index; nil for an internal port.
}

func init() {
	registerKind("openvswitch", func() Interface { return &OvsAttrs{} })
}

// Ovs returns the Open vSwitch attributes.
func (n *OvsAttrs) Ovs() *OvsAttrs { return n }

func (n *OvsAttrs) addMember(member Interface) { n.Members = appendNew(n.Members, member) }
