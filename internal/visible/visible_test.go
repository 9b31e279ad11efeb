package visible

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestString(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"plain text stays":                      {"eth0 <a>&\"b\" \\n", "eth0 <a>&\"b\" \\n"},
		"letters of any script stay":            {"größe 世界 שלום é 🦊", "größe 世界 שלום é 🦊"},
		"a terminal escape shows":               {"a\x1b[31mb", `a\x1B[31mb`},
		"line breaks and tabs show":             {"a\nb\tc\r", `a\nb\tc\r`},
		"NUL and DEL show":                      {"\x00\x7f", `\x00\x7F`},
		"C1 controls show":                      {"\u009b31m", `\u009B31m`},
		"bytes that are no UTF-8 show":          {"a\xffb\xc3", `a\xFFb\xC3`},
		"a replacement character stays":         {"\uFFFD", "\uFFFD"},
		"direction switches show":               {"a\u202eb\u2066", "a‹U+202E›b‹U+2066›"},
		"invisible characters show":             {"a\u200bb\ufeff\u2028", "a‹U+200B›b‹U+FEFF›‹U+2028›"},
		"non-characters show":                   {"\ufffe\U0010ffff", "‹U+FFFE›‹U+10FFFF›"},
		"an encoded surrogate is not UTF-8":     {"\xed\xa0\x80", `\xED\xA0\x80`},
		"tags, the invisible alphabet, do show": {"\U000e0041", "‹U+E0041›"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := String(c.in); got != c.want {
				t.Errorf("String(%q) = %q, want %q", c.in, got, c.want)
			}
		})
	}
}

func FuzzString(f *testing.F) {
	f.Add("eth0")
	f.Add("a\u202e\x00\xff\ufffe")
	f.Fuzz(func(t *testing.T, s string) {
		got := String(s)
		if !utf8.ValidString(got) {
			t.Fatalf("%q is not UTF-8", got)
		}
		for _, r := range got {
			if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Cs) {
				t.Fatalf("%q holds %U", got, r)
			}
		}
		if String(got) != got {
			t.Fatalf("not at rest: %q", got)
		}
		if strings.Contains(got, "\n") {
			t.Fatal("more than one line")
		}
	})
}
