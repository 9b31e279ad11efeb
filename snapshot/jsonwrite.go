package snapshot

import (
	"io"
	"strconv"
	"unicode/utf8"
)

// jsonWriter collects JSON and passes it on in large pieces.
type jsonWriter struct {
	w   io.Writer
	buf []byte
	err error // first error of w; nothing is written after it.
}

// flushAt is the number of collected bytes that are worth a write.
const flushAt = 64 << 10

// raw adds text that is JSON already.
func (j *jsonWriter) raw(s string) { j.buf = append(j.buf, s...) }

// flush passes on what was collected, if it is at least so many bytes.
func (j *jsonWriter) flush(atLeast int) {
	if len(j.buf) < atLeast {
		return
	}
	if j.err == nil {
		_, j.err = j.w.Write(j.buf)
	}
	j.buf = j.buf[:0]
}

func (j *jsonWriter) int(n int64)   { j.buf = strconv.AppendInt(j.buf, n, 10) }
func (j *jsonWriter) uint(n uint64) { j.buf = strconv.AppendUint(j.buf, n, 10) }

const hexDigits = "0123456789abcdef"

// string adds a string. Names of interfaces, processes and files are bytes to the kernel and need
// not be UTF-8: a byte 0xNN that is part of no character is written as the lone surrogate \udcNN,
// which no text can contain, and becomes the byte again when it is read.
func (j *jsonWriter) string(s string) {
	b := append(j.buf, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c >= 0x20 && c != '"' && c != '\\' && c != 0x7f {
				i++
				continue
			}
			b = append(b, s[start:i]...)
			switch c {
			case '"', '\\':
				b = append(b, '\\', c)
			case '\n':
				b = append(b, '\\', 'n')
			case '\t':
				b = append(b, '\\', 't')
			default:
				b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
			}
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			b = append(b, s[start:i]...)
			b = append(b, '\\', 'u', 'd', 'c', hexDigits[c>>4], hexDigits[c&15])
			start = i + 1
		case r >= 0x80 && r < 0xa0 || r == 0x2028 || r == 0x2029:
			// C1 controls are commands to some terminals, and the separators end lines in JavaScript.
			b = append(b, s[start:i]...)
			b = append(b, '\\', 'u', hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
			start = i + size
		}
		i += size
	}
	b = append(b, s[start:]...)
	j.buf = append(b, '"')
}
