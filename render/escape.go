package render

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/hostwire/hostwire/internal/visible"
)

// maxValue is the longest value of a fact that is written out in full, in bytes. The kernel's own
// names are shorter by far; what is longer comes from paths, labels and command lines.
const maxValue = 4096

// shorten cuts what is absurdly long and says so.
func shorten(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	cut := limit
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "… (" + strconv.Itoa(len(s)) + " bytes)"
}

// plain makes foreign text fit to be shown in one line, in any format, before escaping for it.
func plain(s string) string { return visible.String(shorten(s, maxValue)) }

// quoteShort shows a foreign word in an error.
func quoteShort(s string) string { return `"` + visible.String(shorten(s, 60)) + `"` }

// xmlEscape escapes s for XML 1.0 character data and double-quoted attribute values. Control
// characters that XML can't hold, and line breaks where they must not be lost, become visible
// before this; should one still come it becomes U+FFFD.
func xmlEscape(s string) string {
	i := 0
	for i < len(s) && xmlSafe(s[i]) {
		i++
	}
	if i == len(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	b.WriteString(s[:i])
	for _, r := range s[i:] {
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '"':
			b.WriteString("&quot;")
		case r == '\'':
			b.WriteString("&#39;")
		case r == '\n':
			b.WriteString("&#10;")
		case r == '\t':
			b.WriteString("&#9;")
		case r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == 0xfffe || r == 0xffff:
			b.WriteRune(utf8.RuneError)
		default: // range has made U+FFFD of bytes that are no UTF-8.
			b.WriteRune(r)
		}
	}
	return b.String()
}

func xmlSafe(c byte) bool {
	return c >= ' ' && c < 0x7f && c != '&' && c != '<' && c != '>' && c != '"' && c != '\''
}

// xmlID makes s an XML name without colons (NCName), as id attributes must be. The graph's IDs are
// such names already and stay as they are.
func xmlID(s string) string {
	ok := s != ""
	for i := 0; i < len(s) && ok; i++ {
		c := s[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
		ok = letter || i > 0 && (c >= '0' && c <= '9' || c == '-' || c == '.')
	}
	if ok {
		return s
	}
	const digits = "0123456789abcdef"
	var b strings.Builder
	b.WriteString("_")
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.' {
			b.WriteByte(c)
		} else {
			b.WriteByte('_')
			b.WriteByte(digits[c>>4])
			b.WriteByte(digits[c&15])
		}
	}
	return b.String()
}

// xmlClass makes one word of a class attribute of s.
func xmlClass(s string) string {
	if xmlID(s) == s {
		return s
	}
	return strings.Trim(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return '_'
	}, shorten(s, 60)), "_")
}

// dotQuote writes s as a double-quoted string of the DOT language. There a quote is the only
// character that must be escaped; but Graphviz reads backslash sequences in most values later on
// (\n, \N, \G), so a backslash is doubled to stay one.
func dotQuote(s string) string {
	var b strings.Builder
	b.Grow(len(s) + 8)
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"':
			b.WriteString(`\"`)
		case r == '\\':
			b.WriteString(`\\`)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '&': // values are read for HTML entities, too.
			b.WriteString("&amp;")
		case r < ' ' || r == 0x7f:
			b.WriteRune(utf8.RuneError)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// dotID writes s as the name of a node, an edge's end or a subgraph. Names are compared and never
// read for escapes, apart from the quote.
func dotID(s string) string { return `"` + strings.ReplaceAll(xmlID(s), `"`, `\"`) + `"` }

// dotText makes foreign text fit for a label in DOT: Graphviz refuses HTML-like labels of more than
// 16 KiB, and nobody reads names that long. Both ends are kept.
func dotText(s string) string {
	const most = 120
	s = plain(s)
	if r := []rune(s); len(r) > most {
		s = string(r[:most/2]) + "…" + string(r[len(r)-most/2:])
	}
	return dotHTML(s)
}

// dotHTML escapes s for text in an HTML-like label. Graphviz drops leading, trailing and repeated
// blanks there unless they are no-break ones, and takes an empty table cell for a mistake.
func dotHTML(s string) string {
	if s == "" {
		return "&#160;"
	}
	s = xmlEscape(s)
	if strings.Contains(s, "  ") || s[0] == ' ' || s[len(s)-1] == ' ' {
		s = strings.ReplaceAll(s, " ", "&#160;")
	}
	// The label is delimited by angle brackets, which xmlEscape has replaced. Graphviz takes ']]>'
	// and comments for nothing special without them.
	return s
}

// termEscape makes s fit for a terminal: nothing in it moves the cursor, changes colours, or writes
// from right to left.
func termEscape(s string) string { return visible.String(s) }

// pdfHex writes s as a PDF text string (UTF-16BE with a byte order mark) in hexadecimal.
func pdfHex(s string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	b.Grow(4*len(s) + 6)
	b.WriteString("<FEFF")
	unit := func(u rune) {
		b.WriteByte(digits[u>>12&15])
		b.WriteByte(digits[u>>8&15])
		b.WriteByte(digits[u>>4&15])
		b.WriteByte(digits[u&15])
	}
	for _, r := range s {
		if r >= 0x10000 {
			r -= 0x10000
			unit(0xD800 + r>>10)
			unit(0xDC00 + r&0x3FF)
		} else {
			unit(r)
		}
	}
	b.WriteByte('>')
	return b.String()
}
