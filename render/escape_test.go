package render

import (
	"encoding/xml"
	"os/exec"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/hostwire/hostwire/internal/testkit"
)

func TestEscapes(t *testing.T) {
	for name, c := range map[string]struct {
		escape   func(string) string
		in, want string
	}{
		"XML leaves plain text alone":                     {xmlEscape, "eth0 · ü", "eth0 · ü"},
		"XML escapes markup and quotes":                   {xmlEscape, `<a href="x">'&'</a>`, "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;"},
		"XML keeps line breaks in attributes":             {xmlEscape, "a\nb\tc", "a&#10;b&#9;c"},
		"XML replaces what it can't hold":                 {xmlEscape, "\x00\x1b\uffff\xff", "\ufffd\ufffd\ufffd\ufffd"},
		"an ID stays":                                     {xmlID, "docker-web--eth0.100", "docker-web--eth0.100"},
		"what is no XML name becomes one":                 {xmlID, "1 a:b", "_1_20a_3ab"},
		"names that differ stay apart":                    {xmlID, "a_20b", "a_20b"},
		"an empty ID is one":                              {xmlID, "", "_"},
		"a class is one word":                             {xmlClass, `a b"><`, "a_b"},
		"DOT leaves plain text alone":                     {dotQuote, "eth0", `"eth0"`},
		"DOT escapes quotes and keeps backslashes":        {dotQuote, `a"b\N\`, `"a\"b\\N\\"`},
		"DOT takes an entity for text":                    {dotQuote, "&lt;", `"&amp;lt;"`},
		"DOT labels escape markup":                        {dotHTML, "<b>&", "&lt;b&gt;&amp;"},
		"DOT labels keep blanks":                          {dotHTML, " a  b", "&#160;a&#160;&#160;b"},
		"DOT labels are never empty":                      {dotHTML, "", "&#160;"},
		"DOT labels are short":                            {dotText, strings.Repeat("a", 100) + strings.Repeat("z", 100), strings.Repeat("a", 60) + "…" + strings.Repeat("z", 60)},
		"terminals see no escapes":                        {termEscape, "\x1b[2J", `\x1B[2J`},
		"PDF strings are hexadecimal":                     {pdfHex, "(a", "<FEFF00280061>"},
		"PDF strings take runes beyond the basic plane":   {pdfHex, "🦊", "<FEFFD83EDD8A>"},
		"PDF addresses are ASCII":                         {pdfURI, "/ü", "<2F254333254243>"},
		"errors show names short and harmless":            {quoteShort, "\x1b" + strings.Repeat("x", 99), `"\x1B` + strings.Repeat("x", 59) + `… (100 bytes)"`},
		"what is too long ends between runes":             {func(s string) string { return shorten(s, 3) }, "äöü", "ä… (6 bytes)"},
		"plain text is one line and says how much it was": {plain, strings.Repeat("a", maxValue) + "\n", strings.Repeat("a", maxValue) + "… (4097 bytes)"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.escape(c.in); got != c.want {
				t.Errorf("%q becomes %q, want %q", c.in, got, c.want)
			}
		})
	}
}

func FuzzXMLEscape(f *testing.F) {
	for _, s := range hostileNames {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		doc := `<a b="` + xmlEscape(s) + `">` + xmlEscape(s) + `</a>`
		var got struct {
			B    string `xml:"b,attr"`
			Text string `xml:",chardata"`
		}
		if err := xml.Unmarshal([]byte(doc), &got); err != nil {
			t.Fatalf("%q: %v", doc, err)
		}
		if utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0xfffd && r < 0x10000 || r == '\r' }) {
			if got.Text != s || got.B != s {
				t.Fatalf("%q comes back as %q and %q", s, got.Text, got.B)
			}
		}
	})
}

// FuzzDOT escapes for DOT and lets Graphviz read it. It is slow: a process for every input.
func FuzzDOT(f *testing.F) {
	dot := testkit.RequireTool(f, "dot", "graphviz")
	for _, s := range hostileNames {
		if len(s) < 1000 {
			f.Add(s)
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		cmd := exec.Command(dot, "-Tcanon")
		cmd.Stdin = strings.NewReader("digraph { " + dotID(s) + " [tooltip=" + dotQuote(plain(s)) + ", label=<" + dotText(s) + ">]; }")
		if out, err := cmd.CombinedOutput(); err != nil || strings.Contains(string(out), "arning") && !strings.Contains(s, "arning") {
			t.Fatalf("%q: %v: %s", s, err, out)
		}
	})
}

func TestDisplayOrderTurnsRightToLeftAround(t *testing.T) {
	for in, want := range map[string]string{"eth0": "eth0", "שלום": "םולש", "a שלום b": "a םולש b"} {
		if got := string(displayOrder(in)); got != want {
			t.Errorf("%q is shown as %q, want %q", in, got, want)
		}
	}
}
