package render

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/snapshot/synthetic"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPortsAreListedOneALine(t *testing.T) {
	d, err := synthetic.Discover("host bridge:1 tenant:3 port:3")
	require.NoError(t, err)
	list, err := graph.ListPorts(d)
	require.NoError(t, err)
	var text strings.Builder
	require.NoError(t, WritePortsText(&text, list))
	lines := strings.Split(strings.TrimRight(text.String(), "\n"), "\n")
	assert.Len(t, lines, len(list)+1)
	assert.Regexp(t, `^tcp +0\.0\.0\.0 +8001 +edge-01 +docker +172\.17\.0\.2:80 +web +web +nginx\(\d+\)$`, find(lines, "8001"))
	for _, line := range lines {
		assert.Len(t, strings.Fields(line), 9, line)
	}
	var asJSON strings.Builder
	require.NoError(t, WritePortsJSON(&asJSON, list))
	var back []graph.ListedPort
	require.NoError(t, json.Unmarshal([]byte(asJSON.String()), &back))
	assert.Len(t, back, len(list))
}

func TestPortCellsAreOneHarmlessWord(t *testing.T) {
	assert.Equal(t, "-", portCell(""))
	for _, text := range []string{"a b", "a\tb\nc", "\x1b[2J", strings.Repeat("long ", 100000)} {
		cell := portCell(text)
		assert.Len(t, strings.Fields(cell), 1)
		assert.NotContains(t, cell, "\x1b")
		assert.LessOrEqual(t, len(cell), 2*maxValue)
	}
}

func find(lines []string, word string) string {
	for _, line := range lines {
		if strings.Contains(line, word) {
			return line
		}
	}
	return ""
}
