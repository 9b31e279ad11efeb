package render

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/hostwire/hostwire/graph"
)

func init() {
	Register(Format{
		Name: "json", About: "the graph that pictures show, for programs (a snapshot of the host is what capture writes)",
		Extensions: []string{".json"}, DefaultTheme: "light", Write: writeJSON,
	})
}

// The document's parts. Field names and their meaning stay; new ones may come, and then jsonVersion
// stays, too. Lists are in drawing order and never null; what is empty or zero is left out, apart
// from lists of the top level.

// jsonVersion is raised when a field changes its meaning or goes.
const jsonVersion = 1

type jsonGraph struct {
	Format   string        `json:"format"` // "hostwire-graph".
	Version  int           `json:"version"`
	Title    string        `json:"title"`
	Subtitle string        `json:"subtitle,omitempty"`
	Summary  string        `json:"summary"`
	Counts   jsonCounts    `json:"counts"`
	Groups   []jsonGroup   `json:"groups"`   // parents before their children.
	Clusters []jsonCluster `json:"clusters"` // network namespaces, the host's first.
	Nodes    []jsonNode    `json:"nodes"`    // cluster by cluster, then those of none.
	Edges    []jsonEdge    `json:"edges"`    // sorted by ID.
	Notes    []string      `json:"notes"`    // what the graph lacks, and why.
}

// jsonCounts counts what is folded as often as it stands for.
type jsonCounts struct {
	Namespaces int            `json:"namespaces"`
	Interfaces int            `json:"interfaces"`
	Ports      int            `json:"ports"`
	Wires      map[string]int `json:"wires"` // by kind.
}

type jsonGroup struct {
	ID     string `json:"id"`
	Kind   string `json:"kind"`
	Name   string `json:"name"`
	Engine string `json:"engine,omitempty"`
	Parent string `json:"parent,omitempty"` // ID of the group around it.
}

type jsonCluster struct {
	ID       string        `json:"id"`
	Netns    string        `json:"netns"` // stable ID of the namespace.
	Kind     string        `json:"kind"`  // host, container, pod, process, bound, held, folded.
	Name     string        `json:"name"`
	Detail   string        `json:"detail,omitempty"`
	Group    string        `json:"group,omitempty"` // ID of the group around it.
	Count    int           `json:"count"`           // how many namespaces it stands for.
	Change   string        `json:"change,omitempty"`
	Facts    []jsonFact    `json:"facts,omitempty"`
	Sections []jsonSection `json:"sections,omitempty"`
}

type jsonNode struct {
	ID      string     `json:"id"`
	Class   string     `json:"class"` // nif, port, outside, remote, process.
	Kind    string     `json:"kind"`
	Name    string     `json:"name"`
	Alias   string     `json:"alias,omitempty"`
	Tag     string     `json:"tag,omitempty"`
	State   string     `json:"state,omitempty"`   // up, down, dormant, unknown; of interfaces only.
	Cluster string     `json:"cluster,omitempty"` // ID of the cluster that it is in.
	Count   int        `json:"count"`             // how many interfaces or ports it stands for.
	Change  string     `json:"change,omitempty"`  // added, removed, changed; in the graph of a difference.
	Marked  bool       `json:"marked,omitempty"`  // on the way of a packet that was asked for.
	Lines   []string   `json:"lines,omitempty"`
	Facts   []jsonFact `json:"facts,omitempty"`
}

type jsonEdge struct {
	ID        string     `json:"id"`
	Kind      string     `json:"kind"`
	From      string     `json:"from"` // ID of the node that depends, where there is a direction.
	To        string     `json:"to"`   // ID of the node that it leads to.
	Directed  bool       `json:"directed,omitempty"`
	Label     string     `json:"label,omitempty"`
	FromLabel string     `json:"fromLabel,omitempty"`
	ToLabel   string     `json:"toLabel,omitempty"`
	Count     int        `json:"count"` // how many wires it stands for.
	Change    string     `json:"change,omitempty"`
	Marked    bool       `json:"marked,omitempty"` // on the way of a packet that was asked for.
	Facts     []jsonFact `json:"facts,omitempty"`
}

// jsonFact is one detail. A name may come several times: an interface has several addresses.
type jsonFact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type jsonSection struct {
	Title string   `json:"title"`
	Lines []string `json:"lines"`
}

func writeJSON(w io.Writer, in Input) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", " ")
	e.SetEscapeHTML(false)
	if err := e.Encode(newJSONGraph(in, jsonText)); err != nil {
		return err
	}
	bw := bufio.NewWriterSize(w, 1<<16)
	writeEscaped(bw, b.String())
	return bw.Flush()
}

// converter converts the graph, its text by text.
type converter struct{ text func(string) string }

func newJSONGraph(in Input, text func(string) string) jsonGraph {
	c := converter{text}
	g := in.Graph
	title := in.Options.Title
	if title == "" {
		title = g.Title
	}
	stats := g.Stats()
	doc := jsonGraph{
		Format: "hostwire-graph", Version: jsonVersion, Title: c.text(title), Subtitle: c.text(g.Subtitle), Summary: g.Summary(),
		Counts: jsonCounts{Namespaces: stats.Namespaces, Interfaces: stats.Interfaces, Ports: stats.Ports, Wires: map[string]int{}},
		Groups: []jsonGroup{}, Clusters: []jsonCluster{}, Nodes: []jsonNode{}, Edges: []jsonEdge{}, Notes: []string{},
	}
	for kind, n := range stats.Wires {
		doc.Counts.Wires[c.text(string(kind))] += n
	}
	for _, gr := range g.Groups {
		out := jsonGroup{ID: gr.ID, Kind: c.text(gr.Kind), Name: c.text(gr.Name), Engine: c.text(gr.Engine)}
		if gr.Parent != nil {
			out.Parent = gr.Parent.ID
		}
		doc.Groups = append(doc.Groups, out)
	}
	for _, cl := range g.Clusters {
		doc.Clusters = append(doc.Clusters, c.cluster(cl))
		for _, n := range cl.Nodes {
			doc.Nodes = append(doc.Nodes, c.node(n))
		}
	}
	for _, n := range g.Free {
		doc.Nodes = append(doc.Nodes, c.node(n))
	}
	for _, e := range g.Edges {
		doc.Edges = append(doc.Edges, jsonEdge{
			ID: e.ID, Kind: c.text(string(e.Kind)), From: e.From.ID, To: e.To.ID, Directed: e.Directed,
			Label: c.text(e.Label), FromLabel: c.text(e.FromLabel), ToLabel: c.text(e.ToLabel),
			Count: max(1, e.Count), Change: string(e.Change), Marked: e.Mark, Facts: c.facts(e.Facts),
		})
	}
	for _, n := range g.Notes {
		doc.Notes = append(doc.Notes, c.text(n.Text))
	}
	return doc
}

func (c converter) cluster(cl *graph.Cluster) jsonCluster {
	out := jsonCluster{
		ID: cl.ID, Netns: c.text(cl.Netns), Kind: c.text(string(cl.Kind)), Name: c.text(cl.Name), Detail: c.text(cl.Detail),
		Count: max(1, cl.Count), Change: string(cl.Change), Facts: c.facts(cl.Facts),
	}
	if cl.Group != nil {
		out.Group = cl.Group.ID
	}
	for _, s := range cl.Sections {
		out.Sections = append(out.Sections, jsonSection{c.text(s.Title), append([]string{}, c.texts(s.Lines)...)})
	}
	return out
}

func (c converter) node(n *graph.Node) jsonNode {
	out := jsonNode{
		ID: n.ID, Class: c.text(string(n.Class)), Kind: c.text(n.Kind), Name: c.text(n.Name), Alias: c.text(n.Alias), Tag: c.text(n.Tag),
		State: c.text(string(n.State)), Count: max(1, n.Count), Change: string(n.Change), Marked: n.Mark, Lines: c.texts(n.Lines), Facts: c.facts(n.Facts),
	}
	if n.Cluster != nil {
		out.Cluster = n.Cluster.ID
	}
	return out
}

func (c converter) facts(facts []graph.Fact) []jsonFact {
	var out []jsonFact
	for _, f := range facts {
		out = append(out, jsonFact{c.text(f.Name), c.text(f.Value)})
	}
	return out
}

func (c converter) texts(list []string) []string {
	var out []string
	for _, s := range list {
		out = append(out, c.text(s))
	}
	return out
}

// jsonText makes text fit for JSON without losing more than must be: what is absurdly long is cut,
// and bytes that are no UTF-8 are written as in all pictures (\xFF), so that names that differ do so
// in the document, too.
func jsonText(s string) string {
	s = shorten(s, maxValue)
	if utf8.ValidString(s) {
		return s
	}
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			b.WriteString(`\x`)
			b.WriteByte(digits[s[i]>>4])
			b.WriteByte(digits[s[i]&15])
		} else {
			b.WriteString(s[i : i+size])
		}
		i += size
	}
	return b.String()
}

// writeEscaped writes a JSON document with every character escaped that could control a terminal or
// turn text around; they only occur within strings. For JSON's readers it is the same document.
func writeEscaped(w *bufio.Writer, doc string) {
	const digits = "0123456789abcdef"
	unit := func(u rune) { // bufio.Writer keeps errors for Flush.
		_, _ = w.WriteString(`\u`)
		for shift := 12; shift >= 0; shift -= 4 {
			_ = w.WriteByte(digits[u>>shift&15])
		}
	}
	for _, r := range doc {
		switch {
		case r == '\n' || r >= ' ' && r < 0x7f:
			_ = w.WriteByte(byte(r))
		case unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S) && r != utf8.RuneError:
			_, _ = w.WriteRune(r)
		case r >= 0x10000:
			high, low := utf16.EncodeRune(r)
			unit(high)
			unit(low)
		default:
			unit(r)
		}
	}
}
