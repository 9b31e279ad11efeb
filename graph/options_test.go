package graph

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestParseDetail(t *testing.T) {
	for _, d := range []Detail{Minimal, Normal, Full} {
		got, err := ParseDetail(d.String())
		assert.NoError(t, err)
		assert.Equal(t, d, got)
	}
	_, err := ParseDetail("ful")
	assert.EqualError(t, err, `unknown level of detail "ful"; did you mean full? (there are minimal, normal and full)`)
}
