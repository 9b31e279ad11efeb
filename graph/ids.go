package graph

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
)

// idMax bounds the length of the words that IDs are made of. Interface names have at most 15 bytes,
// but container names and paths come from strangers.
const idMax = 64

// ids hands out the IDs of one graph: XML names, no two alike. Who asks first gets the plain word,
// later ones get -2, -3, …; so callers ask in an order that depends on stable names only.
type ids map[string]bool

// unique returns word, or word with the first number that makes it unique.
func (used ids) unique(word string) string {
	if c := (word + "-")[0]; c == '-' || c == '.' || isDigit(c) { // may not begin an XML name.
		word = "_" + word
	}
	id := word
	for n := 2; used[id]; n++ {
		id = word + "-" + strconv.Itoa(n)
	}
	used[id] = true
	return id
}

// word makes a part of an ID from a name: bytes that may not stand in an XML name become "_", and
// then a few digits of the name's hash follow, so that different names stay apart whatever other
// names there are. Plain names, such as those that people give, stay as they are.
func word(name string) string {
	var b strings.Builder
	b.Grow(min(len(name), idMax) + 7)
	changed := false
	for i := 0; i < len(name) && b.Len() < idMax; i++ {
		c := name[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', isDigit(c), c == '.', c == '-', c == '_':
			b.WriteByte(c)
		default:
			b.WriteByte('_')
			changed = true
		}
	}
	if !changed && len(name) <= idMax && name != "" {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	return b.String() + "-" + hex.EncodeToString(sum[:3])
}

// partsWord is word for paths, addresses and other names in parts, with dashes between the parts:
// /run/netns/lab1 gives run-netns-lab1. Names that differ in what separates their parts get the
// same word; ids tells them apart.
func partsWord(name string) string {
	return word(strings.Join(strings.FieldsFunc(name, func(c rune) bool { return strings.ContainsRune("/: []", c) }), "-"))
}
