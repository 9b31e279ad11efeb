package network

import (
	"encoding/binary"
	"errors"
	"iter"
	"strings"
)

// protoMessage is a message of Protocol Buffers, of which a few fields are written and read by their
// numbers; see https://protobuf.dev/programming-guides/encoding/.
type protoMessage []byte

// Wire types of fields.
const (
	protoVarint  = 0
	protoFixed64 = 1
	protoBytes   = 2
	protoFixed32 = 5
)

// bytes returns the message with one more field: a text, or a message in it.
func (m protoMessage) bytes(number int, value []byte) protoMessage {
	m = binary.AppendUvarint(m, uint64(number)<<3|protoBytes)
	m = binary.AppendUvarint(m, uint64(len(value)))
	return append(m, value...)
}

// text returns the message with one more field.
func (m protoMessage) text(number int, value string) protoMessage {
	return m.bytes(number, []byte(value))
}

// number returns the message with one more field: a number, a truth value or one of an enumeration.
func (m protoMessage) number(number int, value uint64) protoMessage {
	return binary.AppendUvarint(binary.AppendUvarint(m, uint64(number)<<3|protoVarint), value)
}

// protoField is a field of a message. A field of another type than expected is as good as empty.
type protoField struct {
	number uint64
	value  uint64 // of a number.
	bytes  []byte // of a text or message; part of what is read.
}

// text returns the field's text.
func (f protoField) text() string { return strings.ToValidUTF8(string(f.bytes), "\uFFFD") }

// errProto says that bytes are no message.
var errProto = errors.New("not a message of Protocol Buffers")

// protoFields goes through the fields of a message, and ends with an error where it is none.
func protoFields(message []byte) iter.Seq2[protoField, error] {
	return func(yield func(protoField, error) bool) {
		for rest := message; len(rest) > 0; {
			field, size := nextProtoField(rest)
			if size == 0 {
				yield(protoField{}, errProto)
				return
			}
			if !yield(field, nil) {
				return
			}
			rest = rest[size:]
		}
	}
}

// nextProtoField decodes the first field of a message and returns its size in bytes, which is 0 if
// it is none. The size is never more than there is.
func nextProtoField(message []byte) (field protoField, size int) {
	tag, size := binary.Uvarint(message)
	if size <= 0 || tag>>3 == 0 {
		return field, 0
	}
	field.number = tag >> 3
	rest := message[size:]
	switch tag & 7 {
	case protoVarint:
		value, n := binary.Uvarint(rest)
		if n <= 0 {
			return field, 0
		}
		field.value = value
		return field, size + n
	case protoFixed64, protoFixed32:
		n := 8
		if tag&7 == protoFixed32 {
			n = 4
		}
		if len(rest) < n {
			return field, 0
		}
		return field, size + n
	case protoBytes:
		length, n := binary.Uvarint(rest)
		if n <= 0 || length > uint64(len(rest)-n) {
			return field, 0
		}
		field.bytes = rest[n : n+int(length)]
		return field, size + n + int(length)
	}
	return field, 0
}

// protoEntry decodes an entry of a map of texts into the map, which it makes if there is none.
func protoEntry(entry []byte, into *map[string]string) error {
	var key, value string
	for f, err := range protoFields(entry) {
		if err != nil {
			return err
		}
		switch f.number {
		case 1:
			key = f.text()
		case 2:
			value = f.text()
		}
	}
	if *into == nil {
		*into = map[string]string{}
	}
	(*into)[key] = value
	return nil
}

// protoTexts returns the texts of the fields with the numbers, empty where there is none.
func protoTexts(message []byte, numbers ...uint64) ([]string, error) {
	texts := make([]string, len(numbers))
	for f, err := range protoFields(message) {
		if err != nil {
			return nil, err
		}
		for i, number := range numbers {
			if f.number == number {
				texts[i] = f.text()
			}
		}
	}
	return texts, nil
}

// protoList decodes the messages of a repeated field with the number, so many of them at most; more
// tells whether there are more.
func protoList[T any](message []byte, number uint64, most int, parse func([]byte) (T, error)) (list []T, more bool, err error) {
	for f, err := range protoFields(message) {
		switch {
		case err != nil:
			return nil, false, err
		case f.number != number:
			continue
		case len(list) == most:
			return list, true, nil
		}
		element, err := parse(f.bytes)
		if err != nil {
			return nil, false, err
		}
		list = append(list, element)
	}
	return list, false, nil
}
