package wiring

// brickPitch is the distance of a bridge's ports where they stand like bricks: half of a row and of the gap
// to the next, so that wires to and from one column run through the gaps of the other.
const brickPitch = 17

// brickGapMax is how much more than usual there may be between two of one column.
const brickGapMax = 40

// A card with so many rows would be much higher than wide: there, bridges with so many ports have them
// in two columns on each side.
const (
	brickRows = 600
	brickKids = 3
)

// bricked tells whether kids on a side of a root stand in two columns like bricks: the first one in the
// outer column, the second one lower by half of a row in the inner one, and so on. All of them have to be
// alike, with one wire to the root and at most one that leaves the card.
func (r *row) bricked(s side) bool {
	if len(r.card.rows) < brickRows || len(r.kids[s]) < brickKids || r.parent != nil {
		return false
	}
	for _, k := range r.kids[s] {
		if k.minH > 2*slotFirst || len(k.ends) > 2 {
			return false
		}
		for _, e := range k.ends {
			if e.wire != k.tree && e.wire.inside() {
				return false
			}
		}
	}
	return true
}
