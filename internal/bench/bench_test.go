package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSizesRise(t *testing.T) {
	sizes, err := parseSizes("5,10,1000")
	require.NoError(t, err)
	assert.Equal(t, []int{5, 10, 1000}, sizes)
	for _, wrong := range []string{"", "5,x", "0", "10,5", "10001"} {
		_, err := parseSizes(wrong)
		assert.Error(t, err, wrong)
	}
}

func TestMedianIsNotMovedByOneSlowRun(t *testing.T) {
	m := median([]cost{
		{wall: 3 * time.Second, cpu: 5, peak: 1}, {wall: 1 * time.Second, cpu: 7, peak: 9}, {wall: time.Hour, cpu: 6, peak: 2},
	})
	assert.Equal(t, cost{wall: 3 * time.Second, cpu: 6, peak: 9}, m)
}

func TestMeasureTakesTurnsAndWarmsUp(t *testing.T) {
	var order []string
	fake := func(name string, limit int) contender {
		return contender{name: name, max: limit, run: func() (cost, error) {
			order = append(order, name)
			return cost{wall: time.Duration(len(order)), cpu: 1}, nil
		}}
	}
	r := results{}
	require.NoError(t, measure(r, []contender{fake("a", 0), fake("b", 0), fake("c", 9)}, 10, 2))
	assert.Equal(t, []string{"a", "b", "a", "b", "a", "b"}, order)
	assert.Equal(t, results{"a": {10: {wall: 5, cpu: 1}}, "b": {10: {wall: 6, cpu: 1}}}, r)
}

func TestTablesAreMarkdown(t *testing.T) {
	r := results{
		theFloor:   {10: {wall: 2 * time.Millisecond, cpu: time.Millisecond}, 100: {wall: 4 * time.Millisecond, cpu: 3 * time.Millisecond}},
		theCapture: {10: {wall: 20 * time.Millisecond, cpu: 10 * time.Millisecond, peak: 30 << 20}},
		thePicture: {100: {wall: 12 * time.Second, cpu: 11 * time.Second, peak: 1 << 20}},
	}
	var b strings.Builder
	names := []string{theFloor, theCapture, thePicture}
	writeTables(&b, names, []int{10, 100}, r)
	assert.Contains(t, b.String(), `| Time, by number of namespaces | 10 | 100 |
|:---|---:|---:|
| raw dumps (the floor) | 2 ms | 4 ms |
| hostwire capture | 20 ms | – |
| plotnetcfg and dot, SVG | – | 12.0 s |
`)
	assert.Contains(t, b.String(), "| hostwire capture | 30 MiB | – |\n")
	b.Reset()
	writeRatios(&b, names, []int{10, 100}, r)
	assert.Equal(t, `- growth from 10 to 100: raw dumps (the floor) ×2.0 (CPU ×3.0)
- 10 namespaces: (hostwire capture) / (raw dumps (the floor)) = 10.0 (CPU 10.0)
`, b.String())
}

func TestNoStageGrowsMuchMoreThanTheHost(t *testing.T) {
	list, err := measureStages(5)
	require.NoError(t, err)
	require.Len(t, list, 12)
	for _, g := range list {
		assert.NotZero(t, g.few, g.name)
	}
	var b strings.Builder
	assert.NoError(t, writeStages(&b, list), "%s", &b)
}

func TestAStageThatGrowsTooMuchIsNamed(t *testing.T) {
	var b strings.Builder
	err := writeStages(&b, []growth{
		{"linear", 3 * time.Millisecond, 10 * time.Millisecond},
		{"quadratic", 3 * time.Millisecond, 33 * time.Millisecond},
		{"too short to tell", 3 * time.Microsecond, 33 * time.Microsecond},
	})
	assert.ErrorContains(t, err, "too much: quadratic (×11.0)")
	assert.NotContains(t, err.Error(), "linear (")
	assert.NotContains(t, err.Error(), "short")
	assert.Contains(t, b.String(), "| quadratic | 3.00 ms | 33.00 ms | ×11.0 |\n")
}
