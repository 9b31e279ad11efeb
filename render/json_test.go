package render

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/hostwire/hostwire/internal/testkit"
)

// jq runs a filter on a document.
func jq(t testing.TB, doc, filter string, args ...string) string {
	t.Helper()
	cmd := exec.Command(testkit.RequireTool(t, "jq", "jq"), append(append([]string{"-r"}, args...), filter)...)
	cmd.Stdin = strings.NewReader(doc)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("jq %s: %v: %s", filter, err, stderr.String())
	}
	return strings.TrimSpace(string(out))
}

func TestProgramsFindTheirWayInTheGraph(t *testing.T) {
	doc := write(t, "json", "light", Options{})
	for filter, want := range map[string]string{
		`.format + " " + (.version | tostring)`: "hostwire-graph 1",
		`.title`:                                "edge-01",
		`.counts | "\(.namespaces) \(.interfaces) \(.ports) \(.wires.veth)"`:          "200 16 2 198",
		`[.clusters[].name] | join(" ")`:                                              "edge-01 web api 196 more lab1",
		`.clusters[] | select(.id == "web") | .netns + " " + .group + " " + .kind`:    "docker-web g-shop container",
		`.nodes[] | select(.id == "web-eth0") | "\(.cluster) \(.state) \(.lines[0])"`: "web up 172.17.0.2/16",
		`[.nodes[] | select(.class == "port") | .name] | join(", ")`:                  "tcp 0.0.0.0:8081, tcp 127.0.0.1:9000",
		`.edges[] | select(.kind == "macvlan") | .from + " " + .to`:                   "lab-eth1 host-eth0",
		`[.edges[] | select(.directed)] | length`:                                     "2",
		`.edges[] | select(.label) | "\(.label) \(.count)"`:                           "× 196 196",
		`.notes | length`: "2",
		`.nodes[] | select(.id == "host-x") | .name`: `a"<b>&c`,
		// Every reference leads somewhere.
		`[.nodes[].id] as $ids | [.edges[] | .from, .to | select(. as $i | $ids | index($i) | not)] | length`:        "0",
		`[.clusters[].id] as $ids | [.nodes[].cluster // empty | select(. as $i | $ids | index($i) | not)] | length`: "0",
		`[.groups[].id] as $ids | [.clusters[].group // empty | select(. as $i | $ids | index($i) | not)] | length`:  "0",
		`[.groups[].id, .clusters[].id, .nodes[].id, .edges[].id] | length - (unique | length)`:                      "0",
		`[.. | nulls] | length`: "0",
	} {
		if got := jq(t, doc, filter); got != want {
			t.Errorf("%s is %q, want %q", filter, got, want)
		}
	}
}

func TestAnEmptyGraphHasListsInJSON(t *testing.T) {
	b := newBuilder("", "", 0, 0)
	doc := writeGraph(t, "json", "light", b.g, b.l, Options{})
	if got := jq(t, doc, `[.groups, .clusters, .nodes, .edges, .notes | type] | unique | join(" ")`); got != "array" {
		t.Errorf("lists are %s", got)
	}
}

func TestHostileNamesComeBackFromJSON(t *testing.T) {
	for name, s := range hostileNames {
		t.Run(name, func(t *testing.T) {
			doc := writeHostile(t, "json", s)
			checkHarmless(t, string(doc))
			var got jsonGraph
			d := json.NewDecoder(bytes.NewReader(doc))
			d.DisallowUnknownFields()
			if err := d.Decode(&got); err != nil {
				t.Fatal(err)
			}
			want := s
			if !utf8.ValidString(s) || len(s) > maxValue {
				want = jsonText(s)
			}
			for what, value := range map[string]string{
				"title": got.Title, "cluster": got.Clusters[0].Name, "node": got.Nodes[0].Name, "line": got.Nodes[0].Lines[0],
				"fact": got.Nodes[0].Facts[0].Value, "label": got.Edges[0].Label, "note": got.Notes[0], "section": got.Clusters[1].Sections[0].Lines[1],
			} {
				if value != want {
					t.Errorf("%s is %.100q, want %.100q", what, value, want)
				}
			}
			if jq(t, string(doc), ".nodes | length") != "4" {
				t.Error("jq finds other nodes")
			}
		})
	}
}

func TestBytesThatAreNoUTF8StayApartInJSON(t *testing.T) {
	for in, want := range map[string]string{"a\xff": `a\xFF`, "a\xfe": `a\xFE`, "ü": "ü", "\ufffd": "\ufffd"} {
		if got := jsonText(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

func TestJSONTellsDifferences(t *testing.T) {
	g, l := differing()
	doc := writeGraph(t, "json", "light", g, l, Options{})
	if got := jq(t, doc, `[.clusters[], .nodes[], .edges[] | .change // "same"] | group_by(.) | map("\(.[0]) \(length)") | join(", ")`); got != "added 4, changed 3, removed 4" {
		t.Errorf("changes are %s", got)
	}
}

func FuzzJSON(f *testing.F) {
	for _, s := range hostileNames {
		if len(s) < 1000 {
			f.Add(s)
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		doc := writeHostile(t, "json", s)
		checkHarmless(t, string(doc))
		if !json.Valid(doc) {
			t.Fatalf("not JSON: %s", doc)
		}
	})
}
