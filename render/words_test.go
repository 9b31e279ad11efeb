package render

import (
	"encoding/json"
	"testing"

	"github.com/hostwire/hostwire/graph"
)

// A kind of wire also stands for relatives: the page's words for it must be true of all that occur,
// and of one wire say what that one is.
func TestThePageCallsWiresWhatTheyAre(t *testing.T) {
	b := newBuilder("h", "", 500, 300)
	host := b.cluster(&graph.Cluster{ID: "host", Kind: graph.Host, Name: "h"}, 24, 24, 450, 200)
	member := b.node(nif("m", "dummy", "m", "", graph.StateUp), host, 40, 80, 100)
	other := b.node(nif("o", "dummy", "o", "", graph.StateUp), host, 40, 120, 100)
	hsr := b.node(nif("hsr0", "hsr", "hsr0", "", graph.StateUp), host, 240, 80, 100)
	bond := b.node(nif("bond0", "bond", "bond0", "", graph.StateUp), host, 240, 120, 100)
	b.wire(&graph.Edge{ID: "to-hsr", Kind: graph.Bond, From: member, To: hsr}, false, 140, 90, 240, 90)
	b.wire(&graph.Edge{ID: "to-bond", Kind: graph.Bond, From: other, To: bond}, false, 140, 130, 240, 130)
	text, err := pageData(Input{Graph: b.g, Layout: b.l}, "")
	if err != nil {
		t.Fatal(err)
	}
	var data struct{ Words, Wires map[string]string }
	if err := json.Unmarshal([]byte(text), &data); err != nil {
		t.Fatal(err)
	}
	hsrID, bondID := b.g.Edges[0].ID, b.g.Edges[1].ID
	if data.Words["bond"] != "bond, HSR or PRP member" || data.Wires[hsrID] != "HSR member" || data.Wires[bondID] != "bond member" {
		t.Errorf("words are %v and %v", data.Words, data.Wires)
	}
}
