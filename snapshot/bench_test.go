package snapshot

import (
	"bytes"
	"io"
	"testing"
)

// sizes are hosts of 1,000 namespaces, and of 10,000 interfaces.
var sizes = map[string]string{
	"namespaces=1000":  "bridge:4 tenant:1000 port:20",
	"interfaces=10000": "bridge:4 tenant:3330 port:20",
}

func BenchmarkEncode(b *testing.B) {
	for name, spec := range sizes {
		b.Run(name, func(b *testing.B) {
			d := made(b, spec)
			b.SetBytes(int64(len(encoded(b, d))))
			b.ReportAllocs()
			for b.Loop() {
				if err := Encode(io.Discard, d); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	for name, spec := range sizes {
		b.Run(name, func(b *testing.B) {
			text := encoded(b, made(b, spec))
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Decode(bytes.NewReader(text)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
