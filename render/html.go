package render

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	_ "embed" // the page's style sheet and script.
	"encoding/base64"
	"encoding/json"
	"io"
	"strings"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/themes"
)

func init() {
	Register(Format{
		Name: "html", About: "page to look around in: zoom, search, filter, follow wires; one file, no network",
		Extensions: []string{".html", ".htm"}, NeedsLayout: true, DefaultTheme: "auto", Write: writeHTML,
	})
}

//go:embed page.css
var pageCSS string

//go:embed page.js
var pageJS string

// pageGraph is what the page's script knows: the graph, and words for its kinds of wires.
type pageGraph struct {
	jsonGraph
	Words map[string]string `json:"words"`           // kinds of wires in words, true of all that occur.
	Wires map[string]string `json:"wires,omitempty"` // wires that are something more exact, by their ID.
	Links map[string]string `json:"links,omitempty"` // where more is told of an interface, by its ID.
}

// writeHTML writes the SVG and, around it, a page. The page works without its script, too: then it
// shows the picture. It can't load or send anything: its policy allows no source but the one script,
// by its hash, and styles and fonts that are in the page.
func writeHTML(w io.Writer, in Input) error {
	links := in.Options.LinkTemplate
	in.Options.LinkTemplate = "" // a click shows details, which have the link.
	var svg bytes.Buffer
	if err := writeSVG(&svg, in); err != nil {
		return err
	}
	data, err := pageData(in, links)
	if err != nil {
		return err
	}
	title := in.Options.Title
	if title == "" {
		title = in.Graph.Title
	}
	if title = plain(title); title == "" {
		title = "Wiring"
	}
	hash := sha256.Sum256([]byte(pageJS))
	b := bufio.NewWriterSize(w, 1<<16)
	for _, part := range []string{ // bufio.Writer keeps errors for Flush.
		"<!DOCTYPE html>\n<html lang=\"en\" data-theme=\"auto\"", themeSides(in.Theme), ">\n<head>\n<meta charset=\"utf-8\">\n",
		`<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'sha256-`,
		base64.StdEncoding.EncodeToString(hash[:]),
		`'; style-src 'unsafe-inline'; font-src data:; img-src data:; base-uri 'none'; form-action 'none'">`, "\n",
		`<meta name="viewport" content="width=device-width, initial-scale=1">`, "\n",
		`<meta name="referrer" content="no-referrer">`, "\n", `<meta name="generator" content="hostwire">`, "\n",
		`<link rel="icon" href="data:,">`, "\n",
		"<title>", xmlEscape(title), "</title>\n<style>\n", pageColors(in), pageCSS, "</style>\n</head>\n<body>\n",
		pageHead(title), "<main>\n<div class=\"stage\" data-ui=\"stage\" tabindex=\"0\" role=\"region\" aria-label=\"Picture\"><div class=\"sheet\" data-ui=\"sheet\">\n",
	} {
		_, _ = b.WriteString(part)
	}
	_, _ = b.Write(svg.Bytes())
	for _, part := range []string{
		"</div></div>\n<aside data-ui=\"details\" aria-label=\"Details\" aria-live=\"polite\" hidden></aside>\n</main>\n", pageHelp,
		"<script type=\"application/json\" data-ui=\"data\">", data, "</script>\n<script>", pageJS, "</script>\n</body>\n</html>\n",
	} {
		_, _ = b.WriteString(part)
	}
	return b.Flush()
}

// themeSides tells the page whether readers may choose between light and dark.
func themeSides(t *themes.Theme) string {
	if t.Dark == nil {
		return ""
	}
	return ` data-sides="2"`
}

// pageData is the graph as JSON that can stand in a script element: < and & are escaped in it.
func pageData(in Input, links string) (string, error) {
	doc := pageGraph{jsonGraph: newJSONGraph(in, plain), Words: map[string]string{}, Wires: map[string]string{}, Links: map[string]string{}}
	for _, kind := range kindsIn(in.Graph) {
		doc.Words[plain(string(kind))] = legendWord(in.Graph, kind)
	}
	for _, e := range in.Graph.Edges {
		if word := wireWord(e); word != doc.Words[plain(string(e.Kind))] {
			doc.Wires[e.ID] = word
		}
	}
	if links != "" {
		for _, c := range in.Graph.Clusters {
			for _, n := range c.Nodes {
				if n.Class == graph.Nif {
					doc.Links[n.ID] = expandTemplate(links, c.Netns, n.Name, c.Name, n.Kind)
				}
			}
		}
	}
	out, err := json.Marshal(doc) // escapes <, > and & in strings; nothing else holds them.
	return string(out), err
}

// pageColors are the theme's colours as custom properties: for the page, and for the picture where
// the reader asks for a side that is not the system's.
func pageColors(in Input) string {
	var b strings.Builder
	properties := func(s *themes.Scheme) string {
		var p strings.Builder
		for _, r := range themes.Roles() {
			p.WriteString("--" + string(r) + ":" + s.Color(r).Hex() + ";")
		}
		kinds := append([]string{}, themes.Kinds()...)
		for _, k := range kindsIn(in.Graph) {
			if _, ok := wireWords[k]; !ok {
				kinds = append(kinds, string(k))
			}
		}
		for _, k := range kinds {
			p.WriteString("--" + wirePaint + xmlClass(k) + ":" + s.Wire(k).Color.Hex() + ";")
		}
		return p.String()
	}
	darkness := func(s *themes.Scheme) string {
		if s.Color(themes.Bg).Luminance() < 0.2 {
			return "color-scheme:dark;"
		}
		return "color-scheme:light;"
	}
	t := in.Theme
	b.WriteString(":root{" + darkness(&t.Scheme) + properties(&t.Scheme) + "}\n")
	if t.Dark != nil {
		b.WriteString("@media (prefers-color-scheme:dark){:root{" + darkness(t.Dark) + properties(t.Dark) + "}}\n")
		b.WriteString(`:root[data-theme="light"],:root[data-theme="light"] svg.hostwire{` + darkness(&t.Scheme) + properties(&t.Scheme) + "}\n")
		b.WriteString(`:root[data-theme="dark"],:root[data-theme="dark"] svg.hostwire{` + darkness(t.Dark) + properties(t.Dark) + "}\n")
	}
	return b.String()
}

// pageHead is what stands above the picture. The script makes it work, and shows it.
func pageHead(title string) string {
	return `<header data-ui="bar" hidden>
<h1>` + xmlEscape(title) + `</h1>
<div class="search" role="search"><input type="search" data-ui="search" placeholder="Search (/)" aria-label="Search names, addresses and facts" autocomplete="off" spellcheck="false"><output data-ui="found" aria-live="polite"></output></div>
<div class="tools" role="group" aria-label="View">
<button type="button" data-ui="out" title="Zoom out (-)" aria-label="Zoom out">−</button>
<button type="button" data-ui="zoom" title="Actual size (1)" aria-label="Actual size">100 %</button>
<button type="button" data-ui="in" title="Zoom in (+)" aria-label="Zoom in">+</button>
<button type="button" data-ui="fit" title="Fit the window (0)">Fit</button>
<button type="button" data-ui="theme" title="Light or dark (t)" hidden>Auto</button>
<button type="button" data-ui="help" title="Keys (?)" aria-label="Help">?</button>
</div>
<div class="kinds" data-ui="kinds"></div>
</header>
`
}

const pageHelp = `<dialog data-ui="keys" aria-label="Keys">
<h2>Keys</h2>
<dl>
<dt><kbd>/</kbd></dt><dd>search; <kbd>Enter</kbd> and <kbd>Shift</kbd>+<kbd>Enter</kbd>, or <kbd>n</kbd> and <kbd>p</kbd>, go through what was found</dd>
<dt><kbd>Tab</kbd> <kbd>Enter</kbd></dt><dd>go from thing to thing, show its details</dd>
<dt><kbd>f</kbd></dt><dd>follow the wire to its other end</dd>
<dt><kbd>+</kbd> <kbd>-</kbd> <kbd>1</kbd> <kbd>0</kbd></dt><dd>zoom in and out, actual size, fit the window</dd>
<dt><kbd>←</kbd> <kbd>→</kbd> <kbd>↑</kbd> <kbd>↓</kbd></dt><dd>move; or drag the picture</dd>
<dt><kbd>Ctrl</kbd>+wheel</dt><dd>zoom at the pointer</dd>
<dt><kbd>t</kbd></dt><dd>light, dark, or as the system has it</dd>
<dt><kbd>Esc</kbd></dt><dd>show everything again</dd>
</dl>
<form method="dialog"><button>Close</button></form>
</dialog>
`
