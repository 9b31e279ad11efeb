package network

// Team is an interface that aggregates others under control of a user space daemon.
type Team interface {
	Interface
	Team() *TeamAttrs // returns the team attributes.
}

// TeamAttrs are the properties of a team interface.
type TeamAttrs struct {
	NifAttrs
	Members Interfaces // aggregated interfaces, by index.
}

func init() {
	registerKind("team", func() Interface { return &TeamAttrs{} })
}

// Team returns the team attributes.
func (n *TeamAttrs) Team() *TeamAttrs { return n }

func (n *TeamAttrs) addMember(member Interface) { n.Members = appendNew(n.Members, member) }
