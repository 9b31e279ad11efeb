package snapshot

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// jsonReader reads JSON strictly (RFC 8259) from a text in memory. What is expected comes from the
// caller, so that its depth is bounded by the types that are read and not by the text.
type jsonReader struct {
	data   []byte
	pos    int   // of the next byte.
	budget int64 // bytes of memory that may still be spent on what is read.
}

// readError is what is wrong with a text, and where.
type readError struct {
	offset int    // in bytes from the beginning.
	path   string // member that was being read, such as "netns[2].nifs[4].mtu"; empty for the whole.
	what   string
}

func (e *readError) Error() string {
	if e.path == "" {
		return fmt.Sprintf("%s at byte %d", e.what, e.offset)
	}
	return fmt.Sprintf("%s: %s at byte %d", e.path, e.what, e.offset)
}

// within names the member that an error is in.
func within(name string, err error) error {
	if e, ok := err.(*readError); ok {
		switch {
		case e.path == "":
			e.path = name
		case e.path[0] == '[':
			e.path = name + e.path
		default:
			e.path = name + "." + e.path
		}
	}
	return err
}

// fail returns an error at the reader's position.
func (r *jsonReader) fail(format string, args ...any) error {
	return r.failAt(r.pos, format, args...)
}

func (r *jsonReader) failAt(offset int, format string, args ...any) error {
	return &readError{offset: offset, what: fmt.Sprintf(format, args...)}
}

// spend takes memory from the budget.
func (r *jsonReader) spend(bytes int) error {
	r.budget -= int64(bytes)
	if r.budget < 0 {
		return r.fail("holds more than hostwire takes into memory")
	}
	return nil
}

// next skips white space and returns the byte after it without taking it; 0 at the end.
func (r *jsonReader) next() byte {
	for r.pos < len(r.data) {
		switch c := r.data[r.pos]; c {
		case ' ', '\t', '\n', '\r':
			r.pos++
		default:
			return c
		}
	}
	return 0
}

// describe names what comes next, for errors.
func (r *jsonReader) describe() string {
	switch c := r.next(); {
	case r.pos >= len(r.data):
		return "the end of the text"
	case c == '{':
		return "an object"
	case c == '[':
		return "an array"
	case c == '"':
		return "a string"
	case c == '-' || c >= '0' && c <= '9':
		return "a number"
	case c == 't' || c == 'f':
		return "true or false"
	case c == 'n':
		return "null"
	default:
		return strconv.QuoteToASCII(string(rune(c)))
	}
}

// take takes one byte that must come next.
func (r *jsonReader) take(c byte) error {
	if r.next() != c || r.pos >= len(r.data) {
		return r.fail("expected %q, found %s", string(rune(c)), r.describe())
	}
	r.pos++
	return nil
}

// null takes a null if it comes next.
func (r *jsonReader) null() bool {
	if r.next() == 'n' && r.pos+4 <= len(r.data) && string(r.data[r.pos:r.pos+4]) == "null" {
		r.pos += 4
		return true
	}
	return false
}

// bool takes true or false.
func (r *jsonReader) bool() (bool, error) {
	r.next()
	for word, value := range map[string]bool{"true": true, "false": false} {
		if end := r.pos + len(word); end <= len(r.data) && string(r.data[r.pos:end]) == word {
			r.pos = end
			return value, nil
		}
	}
	return false, r.fail("expected true or false, found %s", r.describe())
}

// number takes a number and returns its digits.
func (r *jsonReader) number() (string, error) {
	if c := r.next(); c != '-' && (c < '0' || c > '9') {
		return "", r.fail("expected a number, found %s", r.describe())
	}
	start := r.pos
	digits := func() bool {
		from := r.pos
		for r.pos < len(r.data) && r.data[r.pos] >= '0' && r.data[r.pos] <= '9' {
			r.pos++
		}
		return r.pos > from
	}
	one := func(set string) bool {
		for i := range len(set) {
			if r.pos < len(r.data) && r.data[r.pos] == set[i] {
				r.pos++
				return true
			}
		}
		return false
	}
	one("-")
	ok := one("0") || digits()
	if ok && one(".") {
		ok = digits()
	}
	if ok && one("eE") {
		one("+-")
		ok = digits()
	}
	if !ok || r.pos-start > 64 {
		return "", r.failAt(start, "a number is not written as JSON demands")
	}
	return string(r.data[start:r.pos]), nil
}

// int takes an integer of so many bits.
func (r *jsonReader) int(bits int) (int64, error) {
	at := r.pos
	digits, err := r.number()
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(digits, 10, bits)
	if err != nil {
		return 0, r.failAt(at, "%s is not an integer of %d bits", digits, bits)
	}
	return n, nil
}

// uint takes a non-negative integer of so many bits.
func (r *jsonReader) uint(bits int) (uint64, error) {
	at := r.pos
	digits, err := r.number()
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(digits, 10, bits)
	if err != nil {
		return 0, r.failAt(at, "%s is not a non-negative integer of %d bits", digits, bits)
	}
	return n, nil
}

// string takes a string.
func (r *jsonReader) string() (string, error) {
	b, err := r.stringBytes()
	if err != nil {
		return "", err
	}
	return string(b), r.spend(len(b))
}

// stringBytes takes a string. The result is only good until the next read: it can be part of the
// text.
func (r *jsonReader) stringBytes() ([]byte, error) {
	if r.next() != '"' {
		return nil, r.fail("expected a string, found %s", r.describe())
	}
	start := r.pos + 1
	plain := true // no escapes and nothing but ASCII so far.
	for i := start; i < len(r.data); i++ {
		switch c := r.data[i]; {
		case c == '"':
			r.pos = i + 1
			if plain {
				return r.data[start:i], nil
			}
			return r.unescape(start, i)
		case c == '\\':
			plain = false
			i++
		case c < 0x20:
			return nil, r.failAt(i, "a string holds an unescaped control character")
		case c >= utf8.RuneSelf:
			plain = false
		}
	}
	return nil, r.failAt(start-1, "a string has no end")
}

// unescape turns the inside of a string literal into the string.
func (r *jsonReader) unescape(from, to int) ([]byte, error) {
	in := r.data[from:to]
	if !utf8.Valid(in) {
		return nil, r.failAt(from, "a string is not UTF-8")
	}
	out := make([]byte, 0, len(in))
	for i := 0; i < len(in); i++ {
		if in[i] != '\\' {
			out = append(out, in[i])
			continue
		}
		i++ // a backslash is never last: the quote after it would have been escaped.
		switch in[i] {
		case '"', '\\', '/':
			out = append(out, in[i])
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			unit, ok := hex4(in[i+1:])
			if !ok {
				return nil, r.failAt(from+i, `\u needs four hexadecimal digits`)
			}
			i += 4
			switch {
			case unit >= 0xd800 && unit < 0xdc00: // first half of a pair.
				low, ok := uint32(0), false
				if i+2 < len(in) && in[i+1] == '\\' && in[i+2] == 'u' {
					low, ok = hex4(in[i+3:])
				}
				if !ok || low < 0xdc00 || low >= 0xe000 {
					return nil, r.failAt(from+i, "half of a surrogate pair is missing")
				}
				i += 6
				out = utf8.AppendRune(out, rune(0x10000+(unit-0xd800)<<10+(low-0xdc00)))
			case unit >= 0xdc80 && unit < 0xdd00: // a byte of no character; see jsonWriter.string.
				out = append(out, byte(unit))
			case unit >= 0xdc00 && unit < 0xe000:
				return nil, r.failAt(from+i, "half of a surrogate pair is missing")
			default:
				out = utf8.AppendRune(out, rune(unit))
			}
		default:
			return nil, r.failAt(from+i, "a backslash is followed by %q", string(rune(in[i])))
		}
	}
	return out, nil
}

// hex4 reads four hexadecimal digits.
func hex4(b []byte) (uint32, bool) {
	if len(b) < 4 {
		return 0, false
	}
	n, err := strconv.ParseUint(string(b[:4]), 16, 16)
	return uint32(n), err == nil
}

// object takes an object; member is called with each name, and takes the value. The name is only
// good until the next read.
func (r *jsonReader) object(member func(name []byte) error) error {
	if err := r.take('{'); err != nil {
		return err
	}
	if r.next() == '}' {
		r.pos++
		return nil
	}
	for {
		name, err := r.stringBytes()
		if err != nil {
			return err
		}
		if err := r.take(':'); err != nil {
			return err
		}
		if err := member(name); err != nil {
			return err
		}
		if r.next() == '}' {
			r.pos++
			return nil
		}
		if err := r.take(','); err != nil {
			return err
		}
	}
}

// array takes an array; element is called for each element, and takes it.
func (r *jsonReader) array(element func(i int) error) error {
	if err := r.take('['); err != nil {
		return err
	}
	if r.next() == ']' {
		r.pos++
		return nil
	}
	for i := 0; ; i++ {
		if err := element(i); err != nil {
			return within("["+strconv.Itoa(i)+"]", err)
		}
		if r.next() == ']' {
			r.pos++
			return nil
		}
		if err := r.take(','); err != nil {
			return err
		}
	}
}

// count returns how many elements the array has that comes next, 0 if no array does. Of a text
// that is no JSON it may be any number.
func (r *jsonReader) count() int {
	if r.next() != '[' {
		return 0
	}
	n, depth, empty := 0, 0, true
	for i := r.pos; i < len(r.data); i++ {
		switch c := r.data[i]; c {
		case ' ', '\t', '\n', '\r':
			continue
		case '"':
			for i++; i < len(r.data) && r.data[i] != '"'; i++ {
				if r.data[i] == '\\' {
					i++
				}
			}
			empty = false
		case '[', '{':
			depth++
			empty = depth == 1
		case ']', '}':
			if depth--; depth == 0 {
				if empty {
					return n
				}
				return n + 1
			}
			empty = false
		case ',':
			if depth == 1 {
				n++
			}
		default:
			empty = false
		}
	}
	return n
}

// skip takes a value of any kind that is well-formed as far as its brackets and strings go.
func (r *jsonReader) skip() error {
	depth := 0
	for {
		switch c := r.next(); {
		case r.pos >= len(r.data):
			return r.fail("expected a value, found the end of the text")
		case c == '"':
			if _, err := r.stringBytes(); err != nil {
				return err
			}
		case c == '[' || c == '{':
			depth++
			r.pos++
			continue
		case c == ']' || c == '}':
			if depth == 0 {
				return r.fail("expected a value, found %s", r.describe())
			}
			depth--
			r.pos++
		case c == ',' || c == ':':
			if depth == 0 {
				return r.fail("expected a value, found %s", r.describe())
			}
			r.pos++
			continue
		default:
			for r.pos < len(r.data) && !bytes.ContainsRune([]byte(" \t\r\n,:[]{}\""), rune(r.data[r.pos])) {
				r.pos++
			}
		}
		if depth == 0 {
			return nil
		}
	}
}
