package subset

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"sync"
)

// checksum adds up the 32-bit words of a table, the last one filled with zeros.
func checksum(data []byte) uint32 {
	var sum uint32
	for len(data) >= 4 {
		sum += binary.BigEndian.Uint32(data)
		data = data[4:]
	}
	var last [4]byte
	copy(last[:], data)
	return sum + binary.BigEndian.Uint32(last[:])
}

func pad4(b []byte) []byte {
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

// write makes a font file of the tables, and sets the checksum in head.
func (f *Font) write() []byte {
	n := len(f.tables)
	power, log := 1, 0
	for power*2 <= n {
		power, log = power*2, log+1
	}
	out := []byte{0, 1, 0, 0}
	for _, v := range []int{n, 16 * power, log, 16*n - 16*power} {
		out = binary.BigEndian.AppendUint16(out, uint16(v))
	}
	offset := 12 + 16*n
	for _, t := range f.tables {
		out = append(out, t.tag...)
		out = binary.BigEndian.AppendUint32(out, checksum(t.data))
		out = binary.BigEndian.AppendUint32(out, uint32(offset))
		out = binary.BigEndian.AppendUint32(out, uint32(len(t.data)))
		offset += (len(t.data) + 3) &^ 3
	}
	headAt := 0
	for _, t := range f.tables {
		if t.tag == "head" {
			headAt = len(out)
		}
		out = pad4(append(out, t.data...))
	}
	binary.BigEndian.PutUint32(out[headAt+8:], 0xB1B0AFBA-checksum(out))
	for _, t := range f.tables { // WOFF holds the same table.
		if t.tag == "head" {
			copy(t.data, out[headAt:headAt+len(t.data)])
		}
	}
	return out
}

// WOFF is the font as WOFF 1.0 (https://www.w3.org/TR/WOFF/), which all browsers read and which
// needs no more than zlib.
func (f *Font) WOFF() []byte {
	n := len(f.tables)
	var directory, body []byte
	offset := 44 + 20*n
	for _, t := range f.tables {
		packed := deflate(t.data)
		if len(packed) >= len(t.data) {
			packed = t.data
		}
		sum := checksum(t.data)
		if t.tag == "head" { // its checksum does not count its own adjustment.
			plain := append([]byte(nil), t.data...)
			binary.BigEndian.PutUint32(plain[8:], 0)
			sum = checksum(plain)
		}
		directory = append(directory, t.tag...)
		for _, v := range []int{offset + len(body), len(packed), len(t.data)} {
			directory = binary.BigEndian.AppendUint32(directory, uint32(v))
		}
		directory = binary.BigEndian.AppendUint32(directory, sum)
		body = pad4(append(body, packed...))
	}
	out := append([]byte("wOFF"), 0, 1, 0, 0)
	out = binary.BigEndian.AppendUint32(out, uint32(offset+len(body)))
	out = binary.BigEndian.AppendUint16(out, uint16(n))
	out = append(out, 0, 0)
	out = binary.BigEndian.AppendUint32(out, uint32(len(f.TTF)))
	out = append(out, 0, 1, 0, 0)          // version of the file: of no meaning.
	out = append(out, make([]byte, 20)...) // no metadata, no private data.
	return append(append(out, directory...), body...)
}

// compressors are for reuse, as a font has many tables. Best compression saves a hundredth of a
// picture, and takes longer than all the rest of a small one: its state is of more than half a
// megabyte and is cleared for every table.
var compressors = sync.Pool{New: func() any {
	w, err := zlib.NewWriterLevel(nil, zlib.BestSpeed)
	if err != nil {
		panic("subset: " + err.Error()) // the level is a constant that zlib knows.
	}
	return w
}}

func deflate(data []byte) []byte {
	var b bytes.Buffer
	w := compressors.Get().(*zlib.Writer)
	defer compressors.Put(w)
	w.Reset(&b)
	_, _ = w.Write(data) // a bytes.Buffer takes everything.
	_ = w.Close()
	return b.Bytes()
}
