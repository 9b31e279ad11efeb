package render

import (
	"encoding/xml"
	"math"
	"strconv"
	"strings"
	"testing"
)

// drawioFile is the XML that draw.io reads, as far as we write it.
type drawioFile struct {
	XMLName xml.Name `xml:"mxfile"`
	Diagram struct {
		Name  string `xml:"name,attr"`
		Model struct {
			Root struct {
				Cells   []drawioCell `xml:"mxCell"`
				Objects []struct {
					ID      string     `xml:"id,attr"`
					Label   string     `xml:"label,attr"`
					Tooltip string     `xml:"tooltip,attr"`
					Class   string     `xml:"class,attr"`
					Kind    string     `xml:"kind,attr"`
					Cell    drawioCell `xml:"mxCell"`
				} `xml:"UserObject"`
			} `xml:"root"`
		} `xml:"mxGraphModel"`
	} `xml:"diagram"`
}

type drawioCell struct {
	ID     string `xml:"id,attr"`
	Parent string `xml:"parent,attr"`
	Style  string `xml:"style,attr"`
	Vertex string `xml:"vertex,attr"`
	Edge   string `xml:"edge,attr"`
	Source string `xml:"source,attr"`
	Target string `xml:"target,attr"`
}

// checkDrawio parses strictly and checks that all is where it belongs; it returns labels and
// tooltips.
func checkDrawio(t testing.TB, doc []byte) string {
	t.Helper()
	var f drawioFile
	d := xml.NewDecoder(strings.NewReader(string(doc)))
	d.Strict = true
	if err := d.Decode(&f); err != nil {
		t.Fatalf("not XML: %v", err)
	}
	var text strings.Builder
	ids := map[string]bool{}
	add := func(id string) {
		if id == "" || ids[id] {
			t.Fatalf("ID %q is empty or taken", id)
		}
		ids[id] = true
	}
	var cells []drawioCell
	for _, c := range f.Diagram.Model.Root.Cells {
		add(c.ID)
		cells = append(cells, c)
	}
	for _, o := range f.Diagram.Model.Root.Objects {
		add(o.ID)
		cells = append(cells, o.Cell)
		text.WriteString(o.Label + "\n" + o.Tooltip + "\n")
		if strings.Contains(strings.ReplaceAll(o.Tooltip, "<br>", ""), "<") {
			t.Fatalf("markup in the tooltip %q", o.Tooltip)
		}
	}
	for _, c := range cells {
		for _, id := range []string{c.Parent, c.Source, c.Target} {
			if id != "" && !ids[id] {
				t.Fatalf("%q is not in the drawing", id)
			}
		}
		if strings.Contains(c.Style, "html=1") || strings.Contains(c.Style, "shape=image") || strings.Contains(c.Style, "\"") {
			t.Fatalf("style %q", c.Style)
		}
		if c.Edge == "1" && (c.Source == "" || c.Target == "") {
			t.Fatalf("a connector joins %q and %q", c.Source, c.Target)
		}
	}
	return text.String()
}

func TestHostileNamesAreHarmlessAndReadableInDrawio(t *testing.T) {
	for name, s := range hostileNames {
		t.Run(name, func(t *testing.T) {
			text := checkDrawio(t, writeHostile(t, "drawio", s))
			checkHarmless(t, text)
			if !strings.Contains(text, beginning(s)) {
				t.Errorf("%q is not in the text", beginning(s))
			}
		})
	}
}

// drawioScript reads a drawing with the reader that draw.io is built on, draws it, and tells where
// everything is.
const drawioScript = `
function read(doc) {
  const xml = mxUtils.parseXml(doc);
  const scratch = document.getElementById('scratch');
  scratch.replaceChildren();
  const graph = new mxGraph(scratch);
  graph.foldingEnabled = false;
  graph.convertValueToString = cell => mxUtils.isNode(cell.value) ? cell.value.getAttribute('label') || '' : String(cell.value || '');
  new mxCodec(xml).decode(xml.querySelector('mxGraphModel'), graph.getModel());
  const out = {vertices: {}, edges: {}, text: scratch.textContent, images: scratch.querySelectorAll('image, img, script, a, iframe, foreignObject b').length};
  const visit = cell => {
    const s = graph.view.getState(cell);
    if (cell.vertex && s) out.vertices[cell.id] = {x: s.x, y: s.y, w: s.width, h: s.height};
    if (cell.edge && s) out.edges[cell.id] = {from: cell.source && cell.source.id, to: cell.target && cell.target.id, points: s.absolutePoints.map(p => ({x: p.x, y: p.y}))};
    for (let i = 0; i < cell.getChildCount(); i++) visit(cell.getChildAt(i));
  };
  visit(graph.getModel().getRoot());
  return out;
}`

type drawioPicture struct {
	Error    string
	Text     string
	Images   int
	Vertices map[string]struct{ X, Y, W, H float64 }
	Edges    map[string]struct {
		From, To string
		Points   []struct{ X, Y float64 }
	}
}

func drawDrawio(t testing.TB, docs map[string]string) map[string]drawioPicture {
	t.Helper()
	program := reader(t, "mxgraph/javascript/mxClient.min.js")
	var got map[string]drawioPicture
	inPage(t, &got, docs, "mxClient; "+drawioScript, program)
	return got
}

func TestDrawioPlacesEverythingAsTheLayoutDoes(t *testing.T) {
	_, l := example()
	p := drawDrawio(t, map[string]string{"x": write(t, "drawio", "light", Options{})})["x"]
	if p.Error != "" || p.Images > 0 {
		t.Fatalf("%s, %d images", p.Error, p.Images)
	}
	near := func(a, b float64) bool { return math.Abs(a-b) < 1.5 }
	for _, b := range l.Nodes {
		v, ok := p.Vertices[b.Node.ID]
		if !ok || !near(v.X, b.Rect.X) || !near(v.Y, b.Rect.Y) || !near(v.W, b.Rect.W) || !near(v.H, b.Rect.H) {
			t.Errorf("%s is at %+v, want %+v", b.Node.ID, v, b.Rect)
		}
	}
	for _, b := range l.Clusters {
		if v := p.Vertices[b.Cluster.ID]; !near(v.X, b.Rect.X) || !near(v.W, b.Rect.W) {
			t.Errorf("%s is at %+v, want %+v", b.Cluster.ID, v, b.Rect)
		}
	}
	for _, w := range l.Wires {
		e, ok := p.Edges[w.Edge.ID]
		if !ok || e.From != w.Edge.From.ID || e.To != w.Edge.To.ID || len(e.Points) != len(w.Points) {
			t.Errorf("%s is %+v, want %+v", w.Edge.ID, e, w.Points)
			continue
		}
		for i, at := range w.Points {
			if !near(e.Points[i].X, at.X) || !near(e.Points[i].Y, at.Y) {
				t.Errorf("%s goes through %+v, want %+v", w.Edge.ID, e.Points[i], at)
			}
		}
	}
	for _, want := range []string{"edge-01", "docker0", "172.18.0.1/16", "tcp 0.0.0.0:8081", "→ web:80", "compose project · shop"} {
		if !strings.Contains(strings.ReplaceAll(p.Text, "\u00a0", " "), want) {
			t.Errorf("%q is not drawn", want)
		}
	}
}

func TestHostileNamesAreDrawnAsTextByDrawiosReader(t *testing.T) {
	docs := map[string]string{}
	for name, s := range hostileNames {
		docs[name] = string(writeHostile(t, "drawio", s))
	}
	for name, p := range drawDrawio(t, docs) {
		if p.Error != "" || p.Images > 0 || len(p.Edges) != 3 {
			t.Errorf("%s: %s, %d images, %d edges", name, p.Error, p.Images, len(p.Edges))
		}
		if want := beginning(hostileNames[name]); !strings.Contains(strings.ReplaceAll(p.Text, "\u00a0", " "), want) {
			t.Errorf("%s: %q is not drawn", name, want)
		}
	}
}

func TestDrawioTellsDifferencesByMoreThanColour(t *testing.T) {
	g, l := differing()
	doc := writeGraph(t, "drawio", "light", g, l, Options{})
	checkDrawio(t, []byte(doc))
	for _, want := range []string{`label="+ newcomer"`, `label="− leaver"`, `label="~ ▲ eth0`, `label="+ "`, "strokeWidth=2;dashed=1;dashPattern=6 4", `change="removed"`} {
		if !strings.Contains(doc, want) {
			t.Errorf("%s is not in the drawing", want)
		}
	}
}

func TestDrawioIDsOfOurOwnAreNoneOfTheGraph(t *testing.T) {
	b := newBuilder("x", "", 100, 100)
	for i, id := range []string{"hw-title", "hw-x-notes", "hw-x-x-"} {
		b.node(nif(id, "veth", "n"+strconv.Itoa(i), "", ""), nil, 0, 0, 100)
	}
	if got := drawioPrefix(b.g); got != "hw-x-x-x-" {
		t.Errorf("prefix is %q", got)
	}
}
