package render

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/internal/visible"
)

// middleCut makes foreign text fit for a label of at most n characters; both ends are kept.
func middleCut(s string, n int) string {
	s = plain(s)
	if r := []rune(s); len(r) > n {
		s = string(r[:n/2]) + "…" + string(r[len(r)-(n-n/2-1):])
	}
	return s
}

// changeSigns mark what differs, in the graph of a difference.
var changeSigns = map[graph.Change]string{graph.Added: "+ ", graph.Removed: "− ", graph.Changed: "~ "}

// changeWord is the change as a word for classes, empty if there is none that is known.
func changeWord(c graph.Change) string {
	if changeSigns[c] == "" {
		return ""
	}
	return string(c)
}

// mermaidText escapes one line of a quoted label of Mermaid. A label is read several times: by the
// lexer, which ends it at a quote; by rules that look for directives, comments and styles anywhere;
// as Markdown, with lists, links, mathematics and icons; and as HTML at last. Entity codes of the form
// #34; pass all of them, so that everything but letters, digits and a few marks becomes one; of these
// again some where they would mean something.
func mermaidText(s string) string {
	var b strings.Builder
	b.Grow(len(s) + 16)
	runes := []rune(mermaidShown(s))
	at := func(i int) rune {
		if i < 0 || i >= len(runes) {
			return ' '
		}
		return runes[i]
	}
	for i, r := range runes {
		ok := false
		switch {
		case r == ' ': // blanks at the ends or side by side would be lost.
			ok = at(i-1) != ' ' && i+1 < len(runes) && at(i+1) != ' '
		case r == 's' || r == 'S': // "style" begins a rule.
			ok = !hasFold(runes[i:], "style")
		case r == 'c' || r == 'C': // so does "classDef".
			ok = !hasFold(runes[i:], "classdef")
		case r == 'w' || r == 'W': // "www." is a link.
			ok = !hasFold(runes[i:], "www.")
		case r == '.' || r == ')': // "1. " is a list.
			ok = i == 0 || at(i+1) != ' ' || strings.Trim(string(runes[:i]), "0123456789") != ""
		case r == '-': // "- " is a list, "--" at the beginning a line.
			ok = i > 0 && at(i+1) != ' '
		case r == ':': // "://" is a link, ":fa-" an icon.
			ok = at(i+1) != '/' && !unicode.IsLetter(at(i-1)) || isHex(at(i-1)) && (isHex(at(i+1)) || at(i+1) == ':') && !hasFold(runes[i+1:], "fa-")
		case strings.ContainsRune(",/(·→×▲▼◆○⚠…–", r):
			ok = true
		case r < 0x80:
			ok = r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		default:
			ok = unicode.In(r, unicode.L, unicode.M, unicode.N)
		}
		if ok {
			b.WriteRune(r)
			continue
		}
		if r == ' ' {
			r = 0xa0
		}
		b.WriteByte('#')
		b.WriteString(strconv.Itoa(int(r)))
		b.WriteByte(';')
	}
	return b.String()
}

// mermaidLookalikes are for what some versions of Mermaid read as Markdown, mathematics, icons or
// codes of their own after they have decoded entities.
var mermaidLookalikes = strings.NewReplacer(
	"*", "∗", "`", "ˋ", `\`, "∖", "$$", "$＄", "~~", "~∼", "](", "］(", "][", "］[", ":fa-", "∶fa-", "ﬂ", "fl", "¶", "⁋",
)

// mermaidShown is how text looks in Mermaid's picture.
func mermaidShown(s string) string {
	s = mermaidLookalikes.Replace(s)
	if !strings.Contains(s, "_") {
		return s
	}
	runes := []rune(s)
	word := func(i int) bool {
		return i >= 0 && i < len(runes) && (unicode.IsLetter(runes[i]) || unicode.IsDigit(runes[i]))
	}
	for i, r := range runes {
		if r == '_' && !(word(i-1) && word(i+1)) { // Markdown's emphasis, unless within a word.
			runes[i] = '＿'
		}
	}
	return string(runes)
}

func isHex(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'f' || r >= 'A' && r <= 'F'
}

func hasFold(runes []rune, word string) bool {
	return len(runes) >= len(word) && strings.EqualFold(string(runes[:len(word)]), word)
}

// mdText writes foreign text as one piece of Markdown, within a line or a cell of a table. Words
// stand as they are; everything else becomes code, which no reader takes for markup, a link, a
// mention of somebody or the number of an issue.
func mdText(s string) string {
	s = plain(s)
	if s == "" {
		return ""
	}
	colons := strings.Count(s, ":")
	for _, r := range s {
		ok := r == ' ' || r == ',' || r == '·' || r == '(' || r == ')' || r == '/' && !strings.Contains(s, "//") || r == '→' || r == '×' ||
			r == '-' && !strings.Contains(s, "--") || r == '.' && !strings.Contains(strings.ToLower(s), "www.") || r == ':' && colons == 1 && !strings.Contains(s, ":/") ||
			unicode.In(r, unicode.L, unicode.M, unicode.N)
		if !ok {
			return mdCode(s)
		}
	}
	if strings.TrimSpace(s) != s || strings.Contains(s, "  ") {
		return mdCode(s)
	}
	return s
}

// mdCode writes foreign text as code within a line of Markdown. What would end the code, the cell or
// the row is written as entities in HTML's element instead of between backticks, where none count.
func mdCode(s string) string {
	s = plain(s)
	if s == "" {
		return ""
	}
	if !strings.ContainsAny(s, "`|\\<>&") && strings.TrimSpace(s) == s && !strings.Contains(s, "  ") {
		return "`" + s + "`"
	}
	var b strings.Builder
	b.WriteString("<code>")
	for i, r := range s {
		blank := r == ' ' && (i == 0 || i == len(s)-1 || s[i-1] == ' ')
		switch {
		case blank:
			b.WriteString("&#160;")
		case r == ' ' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= 0x80:
			b.WriteRune(r)
		default:
			b.WriteString("&#" + strconv.Itoa(int(r)) + ";")
		}
	}
	b.WriteString("</code>")
	return b.String()
}

// tooltipHTML writes the lines of a tooltip as HTML text, for programs that show one as HTML.
func tooltipHTML(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = xmlEscape(visible.String(l))
	}
	return strings.Join(lines, "<br>")
}
