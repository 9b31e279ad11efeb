package render

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/hostwire/hostwire/layout"
)

// markedExample has the way from the host to the container web marked, and one forwarded port.
func markedExample() (*graph.Graph, *layout.Layout) {
	g, l := example()
	for _, e := range g.Edges {
		if e.Kind == graph.Veth && e.To.ID == "web-eth0" || e.Kind == graph.Forward && e.From.ID == "p8081" {
			e.Mark, e.From.Mark, e.To.Mark = true, true, true
		}
	}
	return g, l
}

func TestMarksAreInEveryFormat(t *testing.T) {
	g, l := markedExample()
	for format, want := range map[string][]struct {
		sign  string
		count int // how often it occurs; nodes: one port, two interfaces.
	}{
		"svg":      {{`class="marked-wire"`, 3}, {`class="marked-tube"`, 3}, {`class="marked-row"`, 3}, {"the way of the packet", 1}}, // two wires, and one in the legend.
		"dot":      {{`class="wire wire-veth marked"`, 1}, {`class="wire wire-forward marked"`, 1}, {`color="#c97000:#`, 2}, {` marked", id=`, 5}, {`color="#c97000", penwidth="4"`, 3}},
		"mermaid":  {{"classDef marked ", 1}, {" marked\n", 1}, {" stroke:#c97000,stroke-width:5px\n", 1}},
		"drawio":   {{` marked="yes"`, 5}, {"strokeWidth=4;strokeColor=#c97000;", 5}},
		"json":     {{`"marked": true`, 5}},
		"text":     {{"» ▲ veth1b9363c", 1}, {"» ▲ eth0", 1}, {"» → tcp 0.0.0.0:8081", 1}, {"» ↔ web:eth0  (veth)", 1}, {"» the way of the packet", 1}},
		"markdown": {{"| **»** `veth1b9363c` |", 1}, {"| **»** veth pair |", 1}, {"| **»** `tcp 0.0.0.0:8081` |", 1}, {"\n**»** the way of the packet\n", 1}},
	} {
		t.Run(format, func(t *testing.T) {
			doc := writeGraph(t, format, "light", g, l, Options{})
			plainDoc := write(t, format, "light", Options{})
			for _, w := range want {
				if got := strings.Count(doc, w.sign); got != w.count {
					t.Errorf("%q occurs %d times, want %d", w.sign, got, w.count)
				}
				if strings.Contains(plainDoc, w.sign) {
					t.Errorf("%q occurs where nothing is marked", w.sign)
				}
			}
		})
	}
}

func TestGraphvizTakesMarks(t *testing.T) {
	dot := testkit.RequireTool(t, "dot", "graphviz")
	g, l := markedExample()
	cmd := exec.Command(dot, "-Tsvg")
	cmd.Stdin, cmd.Stderr = strings.NewReader(writeGraph(t, "dot", "light", g, l, Options{})), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(out, []byte(`stroke="#c97000"`)); n < 3+2*2 {
		t.Errorf("%d shapes have the colour of marks, want three boxes and two lines at each of two wires", n)
	}
}
