package render

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/hostwire/hostwire/graph"
)

// WriteDiffText writes differences for terminals and CI logs: a line each, below the namespace they
// are in, and a line that sums them up.
func WriteDiffText(w io.Writer, d *graph.Diff) error {
	var b strings.Builder
	const none = "\x00" // no namespace is called that.
	netns := none
	for _, one := range d.Differences {
		if one.Netns != netns {
			netns = one.Netns
			if netns == "" {
				b.WriteString("between and around namespaces\n")
			} else {
				fmt.Fprintf(&b, "%s\n", plain(netns))
			}
		}
		fmt.Fprintf(&b, "  %s\n", plain(one.String()))
	}
	fmt.Fprintf(&b, "%s\n", d.Summary())
	_, err := io.WriteString(w, b.String())
	return err
}

// WriteDiffJSON writes differences as one JSON object: "summary" and the list "differences".
func WriteDiffJSON(w io.Writer, d *graph.Diff) error {
	list := d.Differences
	if list == nil {
		list = []graph.Difference{}
	}
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	return e.Encode(struct {
		Summary     string             `json:"summary"`
		Differences []graph.Difference `json:"differences"`
	}{d.Summary(), list})
}
