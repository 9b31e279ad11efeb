package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"image/png"
	"io"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/hostwire/hostwire/layout"
	"github.com/hostwire/hostwire/network"
	"github.com/hostwire/hostwire/render"
	"github.com/hostwire/hostwire/snapshot"
	"github.com/hostwire/hostwire/themes"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/thediveo/lxkns/model"
)

// poisons are what texts of strangers are put together from.
var poisons = []string{
	`<`, `>`, `&`, `"`, `'`, "`", `\`, `{`, `}`, `[`, `]`, `(`, `)`, `|`, `#`, `;`, `%`, `*`, `_`, `~`, `$`, `=`, `@`, `:`, `//`,
	"\n", "\r\n", "\t", "\x00", "\x01", "\x1b[31m", "\x1b]0;t\x07", "\u009b2J", "\x7f", "\xff", "\xc3", "\xed\xa0\x80", "\xf4\x90\x80\x80",
	"\u202e", "\u2066", "\u200f", "\u200b", "\ufeff", "\u2028", "\u2029", "\ufffe", "\ufffd",
	`</text>`, `</title>`, `</style>`, `</script>`, `<script>alert(1)</script>`, `<img src=x onerror=alert(1)>`, `]]>`, `-->`, `<!--`, `&#60;`, `&lt;`,
	`javascript:alert(1)`, `"]; a -> b [x="`, `\N`, `\G`, `%%{init: {}}%%`, `end`, "```", `![](http://x)`, `) Tj ET endstream endobj`, `data:text/html,x`,
	"plain", "世界", "🦊", "שלום", "é\u0301", " ",
}

func poison(dice *rand.Rand) string {
	if dice.IntN(40) == 0 {
		return strings.Repeat(poisons[dice.IntN(len(poisons))], 1<<20)[:1<<20]
	}
	var b strings.Builder
	b.WriteString("Q" + fmt.Sprint(dice.IntN(1000)))
	for range 1 + dice.IntN(12) {
		b.WriteString(poisons[dice.IntN(len(poisons))])
	}
	return b.String()
}

// poisoned is a made-up host on which everything that a stranger can name has such a name.
func poisoned(t *testing.T, dice *rand.Rand) *network.Discovery {
	t.Helper()
	d, err := snapshot.Open("synthetic:host bridge:2 tenant:4 vxlan:1 macvlan:1 tap:1 port:2", nil)
	require.NoError(t, err)
	p := func() string { return poison(dice) }
	d.Host = network.HostInfo{Name: p(), OS: p(), Kernel: p()}
	labels := func() model.Labels {
		return model.Labels{p(): p(), "com.docker.compose.project": p(), network.LabelImage: p()}
	}
	for _, n := range d.Netns.Sorted() {
		for i := range n.Paths {
			n.Paths[i] = "/run/netns/" + p()
		}
		nifs := n.NifList()
		nifs.Sort()
		n.NamedNifs = map[string]network.Interface{}
		for _, nif := range nifs {
			attrs := nif.Nif()
			attrs.Name, attrs.Alias, attrs.Labels = p(), p(), labels()
			n.NamedNifs[attrs.Name] = nif
		}
		for _, tenant := range n.Tenants {
			tenant.Process.Name, tenant.Process.Cmdline = p(), []string{p(), p()}
			tenant.DNS.Hostname, tenant.DNS.EtcHostname, tenant.DNS.Searchlist = p(), p(), []string{p()}
		}
	}
	for _, c := range d.Containers {
		c.Name, c.ID, c.Labels = p(), p(), labels()
	}
	for i := range d.Networks {
		d.Networks[i].Name, d.Networks[i].Driver, d.Networks[i].Labels = p(), p(), labels()
	}
	d.Findings = append(d.Findings, network.Finding{Kind: network.FindingEngine, Subject: p(), Message: p(), Remedy: p()})
	return d
}

// strict are parsers of the formats; what they get must also be free of anything active.
var strict = map[string]func(t *testing.T, doc []byte){
	"svg":      strictSVG,
	"svgz":     func(t *testing.T, doc []byte) { strictSVG(t, unzipped(t, doc)) },
	"drawio":   func(t *testing.T, doc []byte) { strictXML(t, doc) },
	"json":     func(t *testing.T, doc []byte) { assert.True(t, json.Valid(doc) && utf8.Valid(doc)) },
	"png":      func(t *testing.T, doc []byte) { _, err := png.Decode(bytes.NewReader(doc)); assert.NoError(t, err) },
	"pdf":      func(t *testing.T, doc []byte) { byTool(t, doc, "pdftotext", "poppler-utils", "-", "-") },
	"dot":      func(t *testing.T, doc []byte) { byTool(t, doc, "dot", "graphviz", "-Tcanon") },
	"html":     strictHTML,
	"mermaid":  plainText, // its own parser reads the same names in package render.
	"markdown": plainText,
	"text":     plainText,
}

func unzipped(t *testing.T, doc []byte) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(doc))
	require.NoError(t, err)
	doc, err = io.ReadAll(z)
	require.NoError(t, err)
	return doc
}

func strictXML(t *testing.T, doc []byte) (elements []xml.StartElement) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(doc))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return elements
		}
		require.NoError(t, err)
		if element, ok := token.(xml.StartElement); ok {
			elements = append(elements, element.Copy())
		}
	}
}

func strictSVG(t *testing.T, doc []byte) {
	t.Helper()
	for _, element := range strictXML(t, doc) {
		if name := strings.ToLower(element.Name.Local); name == "script" || name == "foreignobject" || name == "image" || name == "iframe" {
			t.Fatalf("element %s", name)
		}
		for _, attribute := range element.Attr {
			name, value := strings.ToLower(attribute.Name.Local), attribute.Value
			if strings.HasPrefix(name, "on") || name == "href" && !strings.HasPrefix(value, "#") {
				t.Fatalf("attribute %s=%.80q", name, value)
			}
		}
	}
	plainText(t, doc)
}

func strictHTML(t *testing.T, doc []byte) {
	t.Helper()
	text := strings.ToLower(string(doc))
	assert.Equal(t, 2, strings.Count(text, "<script"), "scripts")
	assert.Equal(t, 2, strings.Count(text, "</script"), "scripts")
	assert.NotContains(t, text[strings.Index(text, "<body"):strings.Index(text, "<script")], "<img")
	plainText(t, doc)
}

// plainText refuses what controls a terminal, or turns or hides text.
func plainText(t *testing.T, doc []byte) {
	t.Helper()
	require.True(t, utf8.Valid(doc))
	for _, r := range string(doc) {
		if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)) {
			t.Fatalf("%U in the output", r)
		}
	}
}

func byTool(t *testing.T, doc []byte, name, debianPackage string, args ...string) {
	t.Helper()
	cmd := exec.Command(testkit.RequireTool(t, name, debianPackage), args...)
	cmd.Stdin = bytes.NewReader(doc)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, stderr.String())
	assert.NotEmpty(t, out)
	assert.Empty(t, stderr.String())
}

// Whatever strangers write, from the model through the projection and the layout to every format
// there is: it parses, does nothing, and is of sane size.
func TestWhatStrangersWriteIsHarmlessInEveryFormat(t *testing.T) {
	for seed := range uint64(3) {
		d := poisoned(t, rand.New(rand.NewPCG(seed, 11)))
		var file bytes.Buffer
		require.NoError(t, snapshot.Encode(&file, d))
		assert.True(t, json.Valid(file.Bytes()))
		again, err := snapshot.Decode(&file)
		require.NoError(t, err, "seed %d", seed)
		for _, detail := range []graph.Detail{graph.Minimal, graph.Full} {
			g, err := graph.Project(again, graph.Options{Detail: detail})
			require.NoError(t, err)
			engine, ok := layout.Find(defaultLayout)
			require.True(t, ok)
			placed, err := engine.New().Layout(context.Background(), g, layout.Options{})
			require.NoError(t, err)
			for _, format := range render.Formats() {
				t.Run(fmt.Sprintf("%s, seed %d, detail %d", format.Name, seed, detail), func(t *testing.T) {
					check := strict[format.Name]
					require.NotNil(t, check, "a new format needs a strict parser here")
					name := format.DefaultTheme
					if name == "" {
						name = "light"
					}
					theme, err := themes.Load(name)
					require.NoError(t, err)
					var doc bytes.Buffer
					require.NoError(t, format.Write(&doc, render.Input{Graph: g, Layout: placed, Theme: theme, Options: render.Options{Scale: 1, Fonts: "none"}}))
					check(t, doc.Bytes())
					assert.Less(t, doc.Len(), 16<<20, "bytes")
				})
			}
		}
	}
}

// The same goes for a snapshot of someone else's that is drawn by name from a shell.
func TestErrorsAndNotesAreOneHarmlessLine(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "a\x1b[31m\u202eb.json")
	_, stderr, status := call(t, "", "draw", "-i", name)
	assert.Equal(t, exitFailed, status)
	plainText(t, []byte(stderr))
	assert.Equal(t, 1, strings.Count(stderr, "\n"))
}
