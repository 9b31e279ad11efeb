package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// released builds the program as releases are built.
func released(t testing.TB) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "hostwire")
	build := exec.Command(testkit.RequireTool(t, "go", "golang"), "build", "-trimpath", "-ldflags=-s -w", "-o", program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))
	return program
}

// Every start pays for each package that is linked: its initialization, and its share of a binary
// that has to come into memory. These were linked once, or are only one import away.
func TestWhatStartsSlowlyIsNotLinked(t *testing.T) {
	out, err := exec.Command(testkit.RequireTool(t, "go", "golang"), "list", "-deps", ".").CombinedOutput()
	require.NoError(t, err, string(out))
	linked := strings.Fields(string(out))
	require.Contains(t, linked, "github.com/hostwire/hostwire/network")
	for _, path := range linked {
		for _, slow := range []string{
			"github.com/containerd/", "github.com/distribution/", "github.com/docker/", "github.com/goccy/go-graphviz",
			"github.com/gogo/protobuf", "github.com/golang/protobuf", "github.com/google/go-cmp", "github.com/opencontainers/",
			"github.com/sirupsen/logrus", "github.com/tetratelabs/wazero", "github.com/thediveo/lxkns/discover", "github.com/thediveo/whalewatcher",
			"go.opentelemetry.io/", "google.golang.org/", "html/template", "k8s.io/", "testing",
		} {
			assert.False(t, path == slow || strings.HasPrefix(path, slow) && strings.HasSuffix(slow, "/") || strings.HasPrefix(path, slow+"/"), path)
		}
	}
}

func TestStartIsCheap(t *testing.T) {
	const (
		maxSize  = 18 << 20  // of the binary.
		maxBytes = 512 << 10 // that initialization allocates, which stands for its time on every machine.
	)
	program := released(t)
	info, err := os.Stat(program)
	require.NoError(t, err)
	assert.Less(t, info.Size(), int64(maxSize))
	run := exec.Command(program, "--version")
	run.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	out, err := run.CombinedOutput()
	require.NoError(t, err, string(out))
	// init internal/godebug @0.5 ms, 0.03 ms clock, 312 bytes, 8 allocs
	inits := regexp.MustCompile(`(?m)^init (\S+) @.* clock, (\d+) bytes`).FindAllStringSubmatch(string(out), -1)
	require.NotEmpty(t, inits)
	sum := 0
	for _, init := range inits {
		bytes, err := strconv.Atoi(init[2])
		require.NoError(t, err)
		sum += bytes
	}
	assert.Less(t, sum, maxBytes, "%s", out)
	t.Logf("%d KiB, %d bytes allocated by %d packages", info.Size()>>10, sum, len(inits))
}

// BenchmarkStart measures whole processes: what is spent before main, and from there to a file.
func BenchmarkStart(b *testing.B) {
	dir := b.TempDir()
	program := released(b)
	const five = "synthetic:host bridge:1 tenant:5"
	for _, run := range []struct {
		name string
		args []string
	}{
		{"version", []string{"--version"}},
		{"svg", []string{"draw", "-i", five, "-o", filepath.Join(dir, "x.svg")}},
		{"png", []string{"draw", "-i", five, "-o", filepath.Join(dir, "x.png")}},
		{"dot", []string{"draw", "-i", five, "-o", filepath.Join(dir, "x.dot")}},
	} {
		b.Run(run.name, func(b *testing.B) {
			for b.Loop() {
				out, err := exec.Command(program, run.args...).CombinedOutput()
				require.NoError(b, err, string(out))
			}
		})
	}
}
