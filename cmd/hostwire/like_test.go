package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A picture of the same host like the one before is the same to the last byte, whatever form the one
// before has, and whether or not it is overwritten.
func TestDrawLikeBefore(t *testing.T) {
	specs, err := filepath.Glob(gallery + "*.json")
	require.NoError(t, err)
	require.NotEmpty(t, specs)
	for _, spec := range append(specs, small, "synthetic:host bridge:3 tenant:50 port:5 compose:2") {
		t.Run(filepath.Base(spec), func(t *testing.T) {
			dir := t.TempDir()
			first := filepath.Join(dir, "first.svg")
			draw := func(args ...string) []byte {
				t.Helper()
				_, stderr, status := call(t, "", append([]string{"draw", "-i", spec, "--fold", "0"}, args...)...)
				require.Zero(t, status, stderr)
				content, err := os.ReadFile(args[1])
				require.NoError(t, err)
				return content
			}
			want := draw("-o", first)
			assert.Equal(t, want, draw("-o", first, "--like", filepath.Join(dir, ".", "first.svg")), "overwritten")
			for _, ext := range []string{"svgz", "html"} {
				other := filepath.Join(dir, "other."+ext)
				draw("-o", other)
				assert.Equal(t, want, draw("-o", filepath.Join(dir, "again.svg"), "--like", other), ext)
			}
		})
	}
}

// The first run has no picture yet that it could be like.
func TestDrawLikeItselfForTheFirstTime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.svg")
	for range 2 {
		_, stderr, status := call(t, "", "draw", "-i", small, "-o", path, "--like", path)
		require.Zero(t, status, stderr)
	}
	_, stderr, status := call(t, "", "draw", "-i", small, "-o", path, "--like", path+".svg")
	assert.Equal(t, exitFailed, status)
	assert.Contains(t, stderr, "no such file")
}

// A container more leaves all others where they were, but for the room that its own wire takes; a damaged
// picture is none.
func TestDrawLikeBeforeWithOneMore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.svg")
	at := func(spec string) map[string][2]float64 {
		_, stderr, status := call(t, "", "draw", "-i", spec, "-o", path, "--like", path)
		require.Zero(t, status, stderr)
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		boxes := map[string][2]float64{}
		for _, part := range strings.Split(string(content), "<g ")[1:] {
			tag, _, _ := strings.Cut(part, ">")
			if _, box, ok := strings.Cut(tag, `data-box="`); ok {
				_, id, _ := strings.Cut(tag, `id="`)
				id, _, _ = strings.Cut(id, `"`)
				var at [2]float64
				_, err := fmt.Sscan(box, &at[0], &at[1])
				require.NoError(t, err)
				boxes[id] = at
			}
		}
		return boxes
	}
	before := at("synthetic:host bridge:1 tenant:4")
	after := at("synthetic:host bridge:1 tenant:5")
	require.Len(t, before, 6, "%v", before)
	require.Len(t, after, 7, "%v", after)
	for id, box := range before {
		assert.InDelta(t, box[0], after[id][0], 12, id)
		assert.InDelta(t, box[1], after[id][1], 0, id)
	}
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, content[:3000], 0o600))
	_, stderr, status := call(t, "", "draw", "-i", small, "-f", "svg", "--like", path)
	assert.Equal(t, exitFailed, status)
	assert.Contains(t, stderr, "no picture that hostwire drew")
}
