package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const gallery = "../../examples/gallery/"

func TestShow(t *testing.T) {
	for _, tt := range []struct {
		name string
		args []string
		says []string
	}{
		{"all namespaces", nil, []string{"NAME ", "edge-01 ", "172.20.0.2/24"}},
		{"a namespace", []string{"web"}, []string{"edge-01:veth-web  veth", "default via 172.20.0.1 dev eth0", "name servers 192.0.2.53", "tcp 0.0.0.0:80 socat", "tcp 0.0.0.0:8081 of edge-01 → 172.20.0.2:80 (nftables); served by socat"}},
		{"the host", []string{"edge-01"}, []string{"kernel ", "forwarded ports\n", "tcp 192.0.2.2:9000 → api:8080 (nftables)"}},
		{"an interface", []string{"web:eth0"}, []string{"web:eth0  —  veth", "peer ", "passed on to: 172.20.0.2:80"}},
		{"an interface by its name alone", []string{"veth-api"}, []string{"edge-01:veth-api  —  port of br0"}},
		{"who has an address", []string{"172.20.0.3/24"}, []string{"api:eth0"}},
		{"a namespace by its path", []string{"/run/netns/api"}, []string{"api  —"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			args := append([]string{"show", "-i", gallery + "ports.json"}, tt.args...)
			stdout, stderr, status := call(t, "", args...)
			require.Equal(t, exitDone, status, stderr)
			for _, says := range tt.says {
				assert.Contains(t, stdout, says)
			}
			stdout, _, status = call(t, "", append(args, "-f", "json")...)
			require.Equal(t, exitDone, status)
			assert.True(t, json.Valid([]byte(stdout)))
		})
	}
}

func TestNamesThatStandForNothingOrForMore(t *testing.T) {
	for name, says := range map[string]string{
		"wbe":       "did you mean web?",
		"eth0":      "name one of them: api:eth0, edge-01:eth0, web:eth0",
		"192.0.2.9": `nothing is called "192.0.2.9"`,
		"\x1b[31m":  `nothing is called "\x1b[31m"`,
		"web:eth9":  "did you mean web:eth0?",
	} {
		stdout, stderr, status := call(t, "", "show", "-i", gallery+"ports.json", name)
		assert.Equal(t, exitFailed, status, name)
		assert.Empty(t, stdout)
		assert.Contains(t, stderr, says)
		assert.Equal(t, 1, strings.Count(stderr, "\n"), "one line: %q", stderr)
	}
}

func TestShowShowsNoEscapes(t *testing.T) {
	for _, name := range []string{"right", "right:x|{y}", `a"<b>&c`} {
		stdout, stderr, status := call(t, "", "show", "-i", gallery+"oddities.json", name)
		require.Equal(t, exitDone, status, stderr)
		assert.NotContains(t, stdout, "\x1b")
		assert.NotContains(t, stdout, "\a")
	}
}

func TestPath(t *testing.T) {
	for _, tt := range []struct {
		name, lab, from, to string
		status              int
		says                []string
	}{
		{"a forwarded port", "ports", "lan", "192.0.2.2:8081", exitDone, []string{"lan (192.0.2.1) → 192.0.2.2:8081 (web)", "nftables rewrites", "tcp port 80 is served by socat", "? "}},
		{"through a VXLAN", "overlay", "web-1", "db-2", exitDone, []string{"vx42 wraps it", "bridge switch, in by port1, out by port2", "vx42 unwraps it", "answers come back the same way"}},
		{"over routers", "routers", "10.1.0.10", "office-b:22", exitDone, []string{"veth east → r3:west"}},
		{"without a way", "routers", "office-b", "10.0.12.1", exitFailed, []string{"stops: ", "r3 has no route to 10.0.12.1, which is on r1:east"}},
		{"to one that is down", "docker-bridge", "web", "db", exitFailed, []string{"db:eth0 has it, but is down"}},
		{"to oneself", "docker-bridge", "web", "127.0.0.1", exitDone, []string{"127.0.0.1 is its own, on lo"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			args := []string{"path", "-i", gallery + tt.lab + ".json", tt.from, tt.to}
			stdout, stderr, status := call(t, "", args...)
			require.Equal(t, tt.status, status, stderr)
			assert.Empty(t, stderr)
			for _, says := range tt.says {
				assert.Contains(t, stdout, says)
			}
			stdout, _, status = call(t, "", append(args, "-f", "json")...)
			require.Equal(t, tt.status, status)
			var way struct {
				Outcome string
				Steps   []struct{ In, Kind, What string }
			}
			require.NoError(t, json.Unmarshal([]byte(stdout), &way))
			assert.Contains(t, []string{"arrives", "stops"}, way.Outcome)
		})
	}
}

func TestPathIsMarkedInPictures(t *testing.T) {
	file := filepath.Join(t.TempDir(), "way.svg")
	stdout, stderr, status := call(t, "", "path", "-i", gallery+"overlay.json", "web-1", "db-2", "-o", file)
	require.Equal(t, exitDone, status, stderr)
	assert.Contains(t, stdout, "vx42 wraps it")
	svg, err := os.ReadFile(file)
	require.NoError(t, err)
	// Both veths of the tenants, both ports and both wires of the switch, two ports of each bridge,
	// and the VXLANs over their lower interfaces; and the legend's sample.
	assert.Equal(t, 2+2+2+4+2+1, strings.Count(string(svg), `class="marked-wire"`))
	stdout, _, status = call(t, "", "draw", "-i", gallery+"overlay.json", "-f", "svg")
	require.Equal(t, exitDone, status)
	assert.NotContains(t, stdout, "marked")
}

func TestMistakesInPaths(t *testing.T) {
	for _, tt := range []struct {
		args   []string
		status int
		says   string
	}{
		{[]string{"web"}, exitUsage, "path takes who sends and where to"},
		{[]string{"wbe", "api"}, exitFailed, "did you mean web?"},
		{[]string{"web", "api:99999"}, exitFailed, "99999 is no port"},
		{[]string{"web", "api/udp"}, exitFailed, "udp goes with a port"},
		{[]string{"web", "api", "-f", "svgg"}, exitUsage, "did you mean svg?"},
		{[]string{"web", "api", "-i", "x.json"}, exitUsage, "one snapshot"},
	} {
		stdout, stderr, status := call(t, "", append([]string{"path", "-i", gallery + "ports.json"}, tt.args...)...)
		assert.Equal(t, tt.status, status, tt.args)
		assert.Empty(t, stdout)
		assert.Contains(t, stderr, tt.says)
	}
}
