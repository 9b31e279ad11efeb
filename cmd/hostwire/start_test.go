package main

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkStart measures whole processes: what is spent before main, and from there to a file.
func BenchmarkStart(b *testing.B) {
	dir := b.TempDir()
	program := filepath.Join(dir, "hostwire")
	out, err := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", program, ".").CombinedOutput()
	require.NoError(b, err, string(out))
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
