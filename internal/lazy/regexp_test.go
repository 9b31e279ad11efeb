package lazy

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestExpressionsAreCompiledOnceAndWhenNeeded(t *testing.T) {
	word := Regexp(`^[a-z]+$`)
	assert.True(t, word().MatchString("abc"))
	assert.Same(t, word(), word())
	wrong := Regexp(`(`)
	assert.Panics(t, func() { wrong() })
}
