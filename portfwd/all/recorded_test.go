package all_test

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/hostwire/hostwire/portfwd"
	_ "github.com/hostwire/hostwire/portfwd/all"
	"github.com/hostwire/hostwire/portfwd/internal/rulestest"
	"github.com/stretchr/testify/require"
)

const recorded = "../testdata/rules"

// TestRecordedDockerRules restores what dockerd wrote. Each published port of the truth must come
// out, and nothing else.
func TestRecordedDockerRules(t *testing.T) {
	published := regexp.MustCompile(`^published \S+\s+(\S+) (\S+) -> (\S+)`)
	for _, set := range []string{"docker-28.5.2-iptables", "docker-29.7-dev-iptables", "docker-29.7-dev-nftables"} {
		t.Run(set, func(t *testing.T) {
			dir := filepath.Join(recorded, set)
			netns := testkit.Netns(t, "docker")
			restoreDir(t, netns, dir)
			var expected []string
			for line := range lines(t, filepath.Join(dir, "EXPECTED.txt")) {
				if m := published.FindStringSubmatch(line); m != nil {
					expected = append(expected, fmt.Sprintf("%s %s -> %s docker", m[1], m[2], m[3]))
				}
			}
			slices.Sort(expected)
			require.Len(t, expected, 12)
			forwards, findings := portfwd.Detect(&portfwd.System{Rules: rulestest.Rules(t, netns)})
			require.Empty(t, findings)
			require.Equal(t, expected, rulestest.Lines(forwards))
		})
	}
}

// TestRecordedDockerDNSRules restores what dockerd wrote into a container's namespace.
func TestRecordedDockerDNSRules(t *testing.T) {
	tests := map[string][]string{
		"docker-28.5.2-iptables":   {"tcp 127.0.0.11:53 -> 127.0.0.11:43347 docker", "udp 127.0.0.11:53 -> 127.0.0.11:58596 docker"},
		"docker-29.7-dev-nftables": {"tcp 127.0.0.11:53 -> 127.0.0.11:36221 docker", "udp 127.0.0.11:53 -> 127.0.0.11:40044 docker"},
	}
	for set, expected := range tests {
		t.Run(set, func(t *testing.T) {
			netns := testkit.Netns(t, "dns")
			dir := filepath.Join(recorded, set)
			if strings.HasSuffix(set, "nftables") {
				rulestest.RestoreFile(t, netns, "nft", filepath.Join(dir, "api-nft-list-ruleset.txt"))
			} else {
				rulestest.RestoreFile(t, netns, "iptables", filepath.Join(dir, "api-iptables-save.txt"))
			}
			forwards, findings := portfwd.Detect(&portfwd.System{Rules: rulestest.Rules(t, netns)})
			require.Empty(t, findings)
			require.Equal(t, expected, rulestest.Lines(forwards))
		})
	}
}

// TestRecordedKubeProxyRules restores what kube-proxy wrote for a set of services.
func TestRecordedKubeProxyRules(t *testing.T) {
	for _, set := range []string{"kube-proxy-v1.36.3-iptables-dual", "kube-proxy-v1.36.3-nftables-dual"} {
		t.Run(set, func(t *testing.T) {
			dir := filepath.Join(recorded, set)
			netns := testkit.Netns(t, "kube")
			restoreDir(t, netns, dir)
			var expected []string
			any := "0.0.0.0"
			for line := range lines(t, filepath.Join(dir, "EXPECTED.txt")) {
				if line == "[IPv6]" {
					any = "::"
				}
				line, _, _ = strings.Cut(line, "[aff")
				line, _, _ = strings.Cut(line, "[ext")
				f := strings.Fields(line)
				if len(f) < 6 || f[4] != "->" || f[5] == "(none)" {
					continue
				}
				host, port, err := net.SplitHostPort(f[2])
				require.NoError(t, err)
				if host == "*" {
					host = any
				}
				for _, endpoint := range f[5:] {
					l := fmt.Sprintf("%s %s -> %s kube-proxy", strings.ToLower(f[1]), net.JoinHostPort(host, port), endpoint)
					if n := len(f[5:]); n > 1 {
						l += fmt.Sprintf(" share=%.2f", 1/float64(n))
					}
					expected = append(expected, l+" "+f[3])
				}
			}
			slices.Sort(expected)
			require.Len(t, expected, 38)
			forwards, findings := portfwd.Detect(&portfwd.System{Rules: rulestest.Rules(t, netns)})
			require.Empty(t, findings)
			require.Equal(t, expected, rulestest.Lines(forwards))
		})
	}
}

// restoreDir restores the rules of a recorded set.
func restoreDir(t *testing.T, netns, dir string) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(dir, "nft-list-ruleset.txt")); err == nil {
		rulestest.RestoreFile(t, netns, "nft", filepath.Join(dir, "nft-list-ruleset.txt"))
		return
	}
	rulestest.RestoreFile(t, netns, "iptables", filepath.Join(dir, "iptables-save.txt"))
	rulestest.RestoreFile(t, netns, "ip6tables", filepath.Join(dir, "ip6tables-save.txt"))
}

// lines yields the lines of a file.
func lines(t *testing.T, file string) func(func(string) bool) {
	t.Helper()
	f, err := os.Open(file)
	require.NoError(t, err)
	t.Cleanup(func() { f.Close() })
	return func(yield func(string) bool) {
		for s := bufio.NewScanner(f); s.Scan(); {
			if !yield(s.Text()) {
				return
			}
		}
	}
}
