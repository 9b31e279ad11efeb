package suggest

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestClosest(t *testing.T) {
	words := []string{"draw", "capture", "diff", "themes", "layouts", "formats", "schema"}
	for _, tt := range []struct{ name, word, want string }{
		{"a swapped pair of letters", "darw", "draw"},
		{"a missing letter", "captre", "capture"},
		{"an unambiguous beginning", "sch", "schema"},
		{"upper case", "DIFF", "diff"},
		{"nothing like it", "kubernetes", ""},
		{"an empty word", "", ""},
		{"an endless word", string(make([]byte, 1000)), ""},
	} {
		t.Run(tt.name, func(t *testing.T) { assert.Equal(t, tt.want, Closest(tt.word, words)) })
	}
	assert.Equal(t, "; did you mean themes?", DidYouMean("theme", words))
	assert.Empty(t, DidYouMean("zzzzzz", words))
}
