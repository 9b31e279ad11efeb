package graph

import (
	"fmt"

	"github.com/hostwire/hostwire/internal/suggest"
	"github.com/hostwire/hostwire/trace"
)

// Detail is how much of what is known a graph shows.
type Detail int

// The levels of detail. Facts, for tooltips and the like, are complete at every level.
const (
	Normal  Detail = iota // addresses and what is special about each kind of interface.
	Minimal               // names and wires; no loopback interfaces.
	Full                  // everything, with listening ports, routes and tenants.
)

var detailNames = []string{Minimal: "minimal", Normal: "normal", Full: "full"}

// String is the word for a level of detail that ParseDetail understands.
func (d Detail) String() string {
	if d < 0 || int(d) >= len(detailNames) {
		return fmt.Sprintf("Detail(%d)", int(d))
	}
	return detailNames[d]
}

// ParseDetail returns the level of detail for a word, or an error that says which words there are.
func ParseDetail(word string) (Detail, error) {
	for d, name := range detailNames {
		if word == name {
			return Detail(d), nil
		}
	}
	return Normal, fmt.Errorf("unknown level of detail %q%s (there are minimal, normal and full)",
		word, suggest.DidYouMean(word, detailNames))
}

// FoldAuto as Options.Fold folds namespaces only where there are so many alike (more than
// foldAutoLimit) that nobody would read them all.
const FoldAuto = -1

// Options say what of a network a graph shows. The zero value shows everything at normal detail,
// each namespace on a card of its own.
type Options struct {
	Detail Detail
	Only   []Filter    // what to keep; nothing is left out if empty. See Filter.
	Hide   []Filter    // what to leave out, after Only.
	Fold   int         // how many similar namespaces to show before folding them into one card; 0 never, or FoldAuto.
	Path   *trace.Path // way to mark, of the same discovery; nil for none. Nothing is folded then.
	Stable bool        // leave out or replace what changes without meaning, such as PIDs and random names.
}
