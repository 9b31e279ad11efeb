package render

import (
	"strings"
	"testing"
)

// markdownScript has a reader of GitHub's Markdown make HTML, and tells what a browser finds in it.
const markdownScript = `
function read(doc) {
  const scratch = document.createElement('div');
  scratch.innerHTML = marked.parse(doc, {gfm: true, async: false});
  const text = s => [...scratch.querySelectorAll(s)].map(e => e.textContent.replace(/\u00a0/g, ' '));
  return {
    text: scratch.textContent.replace(/\u00a0/g, ' '), heads: text('h1, h2'), elements: [...new Set([...scratch.querySelectorAll('*')].map(e => e.localName))].sort().join(' '),
    tables: [...scratch.querySelectorAll('table')].map(t => [...t.rows].map(r => [...r.cells].map(c => c.textContent.replace(/\u00a0/g, ' ')))),
  };
}`

type markdownPage struct {
	Error, Text, Elements string
	Heads                 []string
	Tables                [][][]string
}

func readMarkdown(t testing.TB, docs map[string]string) map[string]markdownPage {
	t.Helper()
	var got map[string]markdownPage
	inPage(t, &got, docs, markdownScript, reader(t, "marked/lib/marked.umd.js"))
	return got
}

func TestTheReportHasATableForEachThing(t *testing.T) {
	g, _ := example()
	p := readMarkdown(t, map[string]string{"x": write(t, "markdown", "light", Options{})})["x"]
	if p.Error != "" || len(p.Heads) != 10 || p.Heads[0] != "edge-01" || len(p.Tables) != 9 {
		t.Fatalf("%s, %q, %d tables", p.Error, p.Heads, len(p.Tables))
	}
	namespaces, wires, ports := p.Tables[0], p.Tables[7], p.Tables[8]
	if len(namespaces) != 1+len(g.Clusters) || strings.Join(namespaces[2], "|") != "web|container|docker · nginx:1.27 · pid 12586|compose project · shop|1" {
		t.Errorf("namespaces are %q", namespaces)
	}
	if len(wires) != 1+len(g.Edges)-2 || strings.Join(wires[1], "|") != "veth pair|edge-01 : veth1b9363c|–|web : eth0|" {
		t.Errorf("wires are %q", wires)
	}
	if len(ports) != 3 || strings.Join(ports[1], "|") != "tcp 0.0.0.0:8081|edge-01|web : eth0|" {
		t.Errorf("ports are %q", ports)
	}
	host := p.Tables[1]
	if strings.Join(host[1], "|") != "eth0|hardware|▲ up||192.0.2.2/24|virtio_net" {
		t.Errorf("the host's interfaces are %q", host)
	}
	if !strings.Contains(p.Text, "This picture is not complete:") || !strings.Contains(p.Text, "Docker did not answer within 2 s") {
		t.Error("the notes are missing")
	}
}

// markdownElements is all that a report may be made of.
const markdownElements = "blockquote br code del em h1 h2 li p strong table tbody td th thead tr ul"

func TestHostileNamesAreHarmlessAndReadableInMarkdown(t *testing.T) {
	docs, names := map[string]string{}, map[string]string{
		"table": "a|b", "escaped bar": `a\|b`, "two backslashes": `a\\|b`, "code": "`a`` ```b", "link": "[a](https://x.example) ![b](c)", "autolink": "https://x.example www.x.example a@b.example",
		"mention": "@somebody #123 !45", "list": "1. one", "bullet": "- one", "heading": "# one", "emphasis": "*a* _b_ __c__ ~~d~~", "rule": "---", "emoji": ":smile:", "math": "$a$",
		"reference": "[x]: https://x.example", "HTML": "<img src=x onerror=alert(1)>", "front matter": "+++",
	}
	for name, s := range hostileNames {
		names[name] = s
	}
	for name, s := range names {
		docs[name] = string(writeHostile(t, "markdown", s))
		checkHarmless(t, docs[name])
	}
	plainPage := readMarkdown(t, map[string]string{"x": string(writeHostile(t, "markdown", "plain"))})["x"]
	shape := func(p markdownPage) string {
		var out []string
		for _, table := range p.Tables {
			for _, row := range table {
				out = append(out, itoa(len(row)))
			}
		}
		return strings.Join(out, " ")
	}
	for name, p := range readMarkdown(t, docs) {
		want := strings.TrimSpace(strings.ReplaceAll(plain(names[name]), "\u00a0", " "))
		if p.Error != "" || shape(p) != shape(plainPage) || len(p.Heads) != len(plainPage.Heads) && want != "" {
			t.Errorf("%s: %s: tables of %s, want %s; %d headings", name, p.Error, shape(p), shape(plainPage), len(p.Heads))
		}
		for _, e := range strings.Fields(p.Elements) {
			if !strings.Contains(" "+markdownElements+" ", " "+e+" ") || e == "em" {
				t.Errorf("%s: element %s", name, e)
			}
		}
		if len(p.Tables) > 0 && len(p.Tables[0]) > 1 && strings.TrimSpace(p.Tables[0][1][0]) != want {
			t.Errorf("%s: the namespace is called %.200q, want %.200q", name, p.Tables[0][1][0], want)
		}
	}
}

func TestMarkdownTellsDifferencesByMoreThanColour(t *testing.T) {
	g, l := differing()
	doc := writeGraph(t, "markdown", "light", g, l, Options{})
	for _, want := range []string{"| **+** `newcomer` |", "| **−** ~~`leaver`~~ |", "| **~** `eth0` | hardware |", "| **+** veth pair |"} {
		if !strings.Contains(doc, want) {
			t.Errorf("%s is not in\n%s", want, doc)
		}
	}
}

func TestMarkdownEscapes(t *testing.T) {
	for name, c := range map[string]struct {
		escape   func(string) string
		in, want string
	}{
		"words stand as they are":      {mdText, "docker · nginx:1.27 (pid 7)", "docker · nginx:1.27 (pid 7)"},
		"anything odd is code":         {mdText, "a*b", "`a*b`"},
		"links are code":               {mdText, "http://x", "`http://x`"},
		"nothing is nothing":           {mdCode, "", ""},
		"bars are entities":            {mdCode, "a|b", "<code>a&#124;b</code>"},
		"blanks are kept":              {mdCode, " a  b", "<code>&#160;a &#160;b</code>"},
		"a block starts with no list":  {escapeBlock, "1. x", `1\. x`},
		"nor with a bullet":            {escapeBlock, "- x", `\- x`},
		"an address is no list either": {escapeBlock, "10.0.0.1", `10\.0.0.1`},
	} {
		if got := c.escape(c.in); got != c.want {
			t.Errorf("%s: %q becomes %q, want %q", name, c.in, got, c.want)
		}
	}
}
