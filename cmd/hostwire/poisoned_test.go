package main

import (
	"image/png"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hostwire/hostwire/network"
	"github.com/hostwire/hostwire/snapshot"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// saved writes a discovery into a snapshot's file.
func saved(t *testing.T, name string, d *network.Discovery) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	f, err := os.Create(path)
	require.NoError(t, err)
	require.NoError(t, snapshot.Encode(f, d))
	require.NoError(t, f.Close())
	return path
}

// addressesOf returns an address of each of the host's namespaces that has one.
func addressesOf(d *network.Discovery) (list []string) {
	for _, n := range d.Netns.Sorted() {
		nifs := n.NifList()
		nifs.Sort()
		for _, nif := range nifs {
			if addresses := nif.Nif().Addrsv4; len(addresses) > 0 && !addresses[0].Address.IsLoopback() {
				list = append(list, addresses[0].Address.String())
				break
			}
		}
	}
	return list
}

// Whatever a snapshot of strangers holds, each command that reads one answers in what its format
// allows, and its messages are harmless lines.
func TestCommandsOnSnapshotsOfStrangers(t *testing.T) {
	dice := rand.New(rand.NewPCG(0, 23))
	d, other := poisoned(t, dice), poisoned(t, dice)
	file, changed := saved(t, "a.json", d), saved(t, "b.json", other)
	addresses := addressesOf(d)
	require.Greater(t, len(addresses), 2)
	var calls [][]string
	for _, format := range []string{"text", "json"} {
		calls = append(calls, []string{"show", "-i", file, "-f", format}, []string{"ports", "-i", file, "-f", format})
		for _, address := range addresses {
			calls = append(calls, []string{"show", "-i", file, "-f", format, address})
		}
		for _, c := range d.Containers {
			calls = append(calls, []string{"show", "-i", file, "-f", format, "--", c.Name})
		}
	}
	for format := range strict {
		calls = append(calls, []string{"diff", "--scale", "0.1", "-f", format, file, changed})
		for _, to := range addresses[1:] {
			calls = append(calls, []string{"path", "-i", file, "--scale", "0.1", "-f", format, addresses[0], net.JoinHostPort(to, "80")})
			if format != "text" && format != "json" {
				break // a picture each is enough.
			}
		}
	}
	served := map[string]bool{}
	for _, args := range calls {
		stdout, stderr, status := call(t, "", args...)
		plainText(t, []byte(stderr))
		said := strings.Join(args[:2], " ") + " " + stderr
		if len(said) > 500 {
			said = said[:500]
		}
		require.Contains(t, []int{exitDone, exitFailed}, status, said)
		for line := range strings.Lines(stderr) {
			require.True(t, strings.HasPrefix(line, "hostwire: ") || strings.HasPrefix(line, "  "), "%.200q", line)
		}
		if stdout == "" {
			require.Equal(t, exitFailed, status, said)
			continue
		}
		format := args[slices.Index(args, "-f")+1]
		strict[format](t, []byte(stdout))
		assert.Less(t, len(stdout), 32<<20, said)
		served[args[0]+" "+format] = true
	}
	for _, what := range []string{"show text", "show json", "ports text", "ports json"} {
		assert.True(t, served[what], what)
	}
	for format := range strict {
		assert.True(t, served["diff "+format], "diff as %s", format)
		assert.True(t, served["path "+format], "path as %s", format)
	}
}

// A raster of whatever size is bounded: by what most viewers take, unless a scale is asked for.
func TestPicturesOfAnySizeAreWrittenInTime(t *testing.T) {
	dice := rand.New(rand.NewPCG(0, 23))
	file, changed := saved(t, "a.json", poisoned(t, dice)), saved(t, "b.json", poisoned(t, dice))
	for name, args := range map[string][]string{
		"hostile names": {"diff", "-f", "png", file, changed},
		"a huge host":   {"draw", "-f", "png", "-i", "synthetic:host bridge:4 tenant:2000", "--fold", "0"},
	} {
		t.Run(name, func(t *testing.T) {
			e := hostwire(t, args...)
			require.Zero(t, e.status, e.stderr)
			picture, err := png.DecodeConfig(strings.NewReader(e.stdout))
			require.NoError(t, err)
			assert.LessOrEqual(t, picture.Width*picture.Height, 250_000_000)
			t.Logf("%d × %d pixels in %v", picture.Width, picture.Height, e.took)
		})
	}
}
