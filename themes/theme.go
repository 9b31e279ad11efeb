package themes

// Theme says how a picture is coloured.
type Theme struct {
	Name   string  // what --theme takes: a built-in theme's name or the path of a file.
	About  string  // one line for people, no full stop.
	Scheme         // for everyone, or where Dark is set for readers in light mode.
	Dark   *Scheme // for readers in dark mode; nil if the theme looks the same to all.
}

// Scheme is one complete set of colours and wire styles.
type Scheme struct {
	Palette map[Role]Color       // has every role.
	Wires   map[string]WireStyle // by kind of wire, as in data-kind; has every kind.
}

// Role is what a colour is for.
type Role string

// The roles of colours.
const (
	Bg       Role = "bg"       // behind everything.
	Card     Role = "card"     // a namespace's card.
	Shadow   Role = "shadow"   // the thin shade below a card.
	Edge     Role = "edge"     // outlines of cards, rows and groups.
	Head     Role = "head"     // a card's header.
	Row      Role = "row"      // an interface's row.
	Group    Role = "group"    // the ground of a group.
	Band     Role = "band"     // the ground of a bridge with its ports.
	BandEdge Role = "bandedge" // its outline.
	Ink      Role = "ink"      // text that matters most.
	Mute     Role = "mute"     // remarks and facts.
	Icon     Role = "icon"     // what namespaces and interfaces are.
	Up       Role = "up"       // states of interfaces.
	Down     Role = "down"
	Dormant  Role = "dormant"
	Unknown  Role = "unknown"
	Note     Role = "note"     // ground of the notes on what a picture lacks.
	NoteEdge Role = "noteedge" // their outline and sign.
	NoteInk  Role = "noteink"  // their text.
	Focus    Role = "focus"    // what the pointer is on.
	Added    Role = "added"    // what came, went and changed, in pictures of what differs.
	Removed  Role = "removed"
	Changed  Role = "changed"
)

// roles are all roles, in the order in which theme files list them.
var roles = []Role{
	Bg, Card, Shadow, Edge, Head, Row, Group, Band, BandEdge, Ink, Mute, Icon,
	Up, Down, Dormant, Unknown, Note, NoteEdge, NoteInk, Focus,
	Added, Removed, Changed,
}

// standIns are roles that came later than others: a theme without a base that has none of a role
// takes the colour of its stand-in, so that themes written before stay complete.
var standIns = map[Role]Role{Added: Up, Removed: Down, Changed: Dormant}

// Roles lists all roles, in a fixed order.
func Roles() []Role { return append([]Role(nil), roles...) }

// kinds are the kinds of wires that a theme styles; they are those of package graph, which this
// package does not import.
var kinds = []string{
	"veth", "bridge", "bond", "team", "vrf", "ovs", "vlan", "macvlan", "ipvlan", "vxlan", "sriov",
	"tuntap", "uplink", "forward",
}

// Kinds lists the kinds of wires, in a fixed order.
func Kinds() []string { return append([]string(nil), kinds...) }

// WireStyle is how wires of one kind look.
type WireStyle struct {
	Color Color
	Dash  []float64 // lengths of dashes and gaps in turn, in CSS pixels; nil for a solid line.
	Width float64   // in CSS pixels.
}

// dashes are the names for patterns of dashes.
var dashes = map[string][]float64{
	"solid":      nil,
	"dashed":     {7, 4},
	"dotted":     {2, 3},
	"shortdash":  {4, 3},
	"longdash":   {12, 4},
	"dashdot":    {8, 3, 2, 3},
	"dashdotdot": {8, 3, 2, 3, 2, 3},
	"sparse":     {2, 6},
	"fine":       {1, 2},
}

// dashNames are the names in dashes, in the order for people.
var dashNames = []string{"solid", "dashed", "dotted", "shortdash", "longdash", "dashdot", "dashdotdot", "sparse", "fine"}

// Color is the colour of a role. Every loaded theme has all of them.
func (s *Scheme) Color(r Role) Color { return s.Palette[r] }

// Wire is the style of a kind of wire. A kind that no theme knows is drawn thin in the colour of
// remarks.
func (s *Scheme) Wire(kind string) WireStyle {
	if w, ok := s.Wires[kind]; ok {
		return w
	}
	return WireStyle{Color: s.Palette[Mute], Width: 1.5}
}

// clone copies a scheme, so that a derived theme leaves its base alone.
func (s *Scheme) clone() *Scheme {
	c := &Scheme{Palette: make(map[Role]Color, len(roles)), Wires: make(map[string]WireStyle, len(kinds))}
	for r, v := range s.Palette {
		c.Palette[r] = v
	}
	for k, v := range s.Wires {
		c.Wires[k] = v
	}
	return c
}
