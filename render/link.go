package render

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/hostwire/hostwire/internal/suggest"
)

// placeholders are what may stand in braces in a link template: {netns} is the namespace's ID as in
// data-netns, {name} its name, {nif} the interface's name and {kind} its kind.
var placeholders = []string{"{netns}", "{nif}", "{name}", "{kind}"}

// checkTemplate tells what is wrong with a link template. Only addresses that a browser fetches are
// taken, never ones that run something.
func checkTemplate(t string) error {
	fail := func(format string, args ...any) error {
		return fmt.Errorf("link template %s: %s", quoteShort(t), fmt.Sprintf(format, args...))
	}
	for _, r := range t {
		if r <= ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || strings.ContainsRune("\"<>\\^`|", r) {
			return fail("%s does not belong into an address", quoteShort(string(r)))
		}
	}
	for rest := t; ; {
		i := strings.IndexAny(rest, "{}")
		if i < 0 {
			break
		}
		end := strings.IndexByte(rest[i:], '}')
		if rest[i] == '}' || end < 0 {
			return fail("expected braces in pairs, around one of %s", strings.Join(placeholders, " "))
		}
		word := rest[i : i+end+1]
		known := false
		for _, p := range placeholders {
			known = known || p == word
		}
		if !known {
			return fail("no placeholder %s%s (they are %s)", quoteShort(word), suggest.DidYouMean(word, placeholders), strings.Join(placeholders, " "))
		}
		rest = rest[i+end+1:]
	}
	colon, stop := strings.IndexByte(t, ':'), strings.IndexAny(t, "/?#")
	if colon >= 0 && (stop < 0 || colon < stop) {
		switch scheme := strings.ToLower(t[:colon]); {
		case strings.Contains(scheme, "{"):
			return fail("a placeholder can't be part of the scheme")
		case scheme != "http" && scheme != "https":
			return fail("expected http:, https: or a relative address, got scheme %s", quoteShort(scheme))
		}
		return nil
	}
	return nil
}

// expandTemplate fills a template that checkTemplate took. Values are escaped so that they stay
// within one segment or parameter.
func expandTemplate(t, netns, nif, name, kind string) string {
	escape := func(s string) string {
		s = strings.ReplaceAll(url.QueryEscape(shorten(s, maxValue)), "+", "%20")
		if strings.Trim(s, ".") == "" { // "." and ".." would walk up the path.
			s = strings.ReplaceAll(s, ".", "%2E")
		}
		return s
	}
	return strings.NewReplacer(
		"{netns}", escape(netns), "{nif}", escape(nif), "{name}", escape(name), "{kind}", escape(kind),
	).Replace(t)
}
