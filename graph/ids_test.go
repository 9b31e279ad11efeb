package graph

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestWordsOfIDs(t *testing.T) {
	for _, name := range []string{"eth0", "eth0.100", "br-959a226ec3a3", "A_b-c.d"} {
		assert.Equal(t, name, word(name), "plain names stay as they are")
	}
	seen := map[string]string{}
	for _, name := range []string{"", " ", "a b", "a_b", "a:b", "ä", "\x00", strings.Repeat("x", 65), strings.Repeat("x", 66), `"><script>`, "-", "日本"} {
		w := word(name)
		assert.True(t, isXMLName("x"+w), "%q became %q", name, w)
		assert.LessOrEqual(t, len(w), idMax+7)
		assert.Empty(t, seen[w], "%q and %q share a word", name, seen[w])
		seen[w] = name
	}
	assert.Equal(t, "run-netns-lab1", partsWord("/run/netns/lab1"))
	assert.Equal(t, "tcp-2001-db8-1-80", partsWord("tcp [2001:db8::1]:80"))
}

func TestIDsAreUniqueXMLNames(t *testing.T) {
	used := ids{}
	var got []string
	for _, w := range []string{"a", "a", "a-2", "a", "9", "-", "", "."} {
		id := used.unique(w)
		assert.True(t, isXMLName(id), id)
		got = append(got, id)
	}
	assert.Equal(t, []string{"a", "a-2", "a-2-2", "a-3", "_9", "_-", "_", "_."}, got)
}
