package layout

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestEnginesAreListedByName(t *testing.T) {
	Register(Info{Name: "test-b"})
	Register(Info{Name: "test-a", About: "first"})
	defer delete(engines, "test-a")
	defer delete(engines, "test-b")
	var names []string
	for _, e := range Engines() {
		names = append(names, e.Name)
	}
	assert.Equal(t, []string{"test-a", "test-b"}, names)
	info, ok := Find("test-a")
	assert.True(t, ok)
	assert.Equal(t, "first", info.About)
	_, ok = Find("none")
	assert.False(t, ok)
	assert.PanicsWithValue(t, "layout: engine test-a registered twice", func() { Register(Info{Name: "test-a"}) })
}
