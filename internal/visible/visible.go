package visible

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// String returns s with stand-ins for all that must not be drawn as it is:
//
//   - control characters become \n, \x1B, \x00 and the like, or \u0085 above ASCII;
//   - bytes that are not UTF-8 become \xFF and the like;
//   - marks that switch the direction of writing, other invisible format characters, line and
//     paragraph separators, and what is no character become ‹U+202E› and the like.
//
// Everything else stays; most strings are returned as they are. Text written from right to left
// keeps its letters. A backslash stays a backslash: the result is for people, not for parsing back.
func String(s string) string {
	if clean(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			b.WriteString(`\x`)
			hex(&b, rune(s[i]), 2)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\r':
			b.WriteString(`\r`)
		case r < ' ' || r == 0x7f:
			b.WriteString(`\x`)
			hex(&b, r, 2)
		case unicode.Is(unicode.Cc, r):
			b.WriteString(`\u`)
			hex(&b, r, 4)
		case hidden(r):
			b.WriteString("‹U+")
			hex(&b, r, 4)
			b.WriteString("›")
		default:
			b.WriteString(s[i : i+size])
		}
		i += size
	}
	return b.String()
}

// clean tells whether s is printable ASCII throughout, the common case, or otherwise fine.
func clean(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' || c >= 0x7f {
			return cleanRunes(s[i:])
		}
	}
	return true
}

func cleanRunes(s string) bool {
	for i, r := range s {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(s[i:]); size == 1 {
				return false
			}
		}
		if r < ' ' || r == 0x7f || r > 0x7f && (unicode.Is(unicode.Cc, r) || hidden(r)) {
			return false
		}
	}
	return true
}

// hidden tells whether a rune above ASCII has no look of its own. That includes what XML forbids
// (U+FFFE, U+FFFF) and private and unassigned code points, which no font of the reader's need have.
func hidden(r rune) bool {
	if r < 0x80 || r == '\uFFFD' {
		return false
	}
	return !unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S) && r != '\u00a0' && r != '\u3000'
}

// hex writes at least width digits.
func hex(b *strings.Builder, r rune, width int) {
	const digits = "0123456789ABCDEF"
	for shift := 28; shift >= 0; shift -= 4 {
		if shift < 4*width || r>>shift != 0 {
			b.WriteByte(digits[r>>shift&15])
		}
	}
}
