// Package use tests the examples of how to use hostwire, as far as one machine can.
package use

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

var build struct {
	sync.Once
	dir string
	err error
	out []byte
}

func TestMain(m *testing.M) {
	status := m.Run()
	if build.dir != "" {
		_ = os.RemoveAll(build.dir)
	}
	os.Exit(status)
}

// withHostwire puts hostwire into the PATH of the test, and returns its directory.
func withHostwire(t *testing.T) string {
	t.Helper()
	build.Do(func() {
		if build.dir, build.err = os.MkdirTemp("", "hostwire-use-"); build.err == nil {
			build.out, build.err = exec.Command("go", "build", "-o", build.dir+"/hostwire", "../../cmd/hostwire").CombinedOutput()
		}
	})
	require.NoError(t, build.err, "%s", build.out)
	t.Setenv("PATH", build.dir+":"+os.Getenv("PATH"))
	return build.dir
}

// files are the examples with one of the endings.
func files(t *testing.T, endings ...string) (found []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		for _, ending := range endings {
			if err == nil && !entry.IsDir() && strings.HasSuffix(path, ending) {
				found = append(found, path)
			}
		}
		return err
	}))
	require.NotEmpty(t, found)
	return found
}

// documents are the YAML documents of a file.
func documents(t *testing.T, file string) (docs []any) {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var doc any
		err := decoder.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return docs
		}
		require.NoError(t, err, file)
		docs = append(docs, doc)
	}
}

// scripts are the shell scripts in a YAML document, by the members that hold such.
func scripts(doc any) (found []string) {
	text := func(v any) {
		if s, ok := v.(string); ok {
			found = append(found, s)
		}
	}
	switch doc := doc.(type) {
	case map[string]any:
		for key, value := range doc {
			switch key {
			case "run", "cmd":
				text(value)
			case "script", "before_script", "after_script":
				for _, line := range value.([]any) {
					text(line)
				}
			}
			found = append(found, scripts(value)...)
		}
	case []any:
		for _, value := range doc {
			found = append(found, scripts(value)...)
		}
	}
	return found
}

func TestExamplesAreYAMLWithShellInIt(t *testing.T) {
	for _, file := range files(t, ".yml", ".yaml") {
		for _, doc := range documents(t, file) {
			require.IsType(t, map[bool]any{true: []any{}, false: map[string]any{}}[strings.Contains(file, "ansible")], doc, file)
			for _, script := range scripts(doc) {
				requireShell(t, file, script)
			}
		}
	}
}

func TestExamplesAreShell(t *testing.T) {
	for _, file := range files(t, ".sh") {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		requireShell(t, file, string(text))
	}
}

// requireShell has the shell read a script, and run nothing of it.
func requireShell(t *testing.T, file, script string) {
	t.Helper()
	cmd := exec.Command("sh", "-n")
	cmd.Stdin = strings.NewReader(script)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s: %s", file, out)
}

var (
	call = regexp.MustCompile(`(?m)\bhostwire(?:\.json)? (draw|capture|diff|show|path|ports|themes|layouts|formats|schema|completion)\b([^|>&\n]*)`)
	flag = regexp.MustCompile(`(?:^|\s)(--?[a-z][a-z-]*)`)
)

// TestExamplesCallHostwireAsItIs looks up every command and flag that an example names.
func TestExamplesCallHostwireAsItIs(t *testing.T) {
	withHostwire(t)
	help := map[string]string{}
	calls := 0
	for _, file := range append(files(t, ".sh", ".yml", ".yaml", ".md", ".rst"), "../README.md") {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, m := range call.FindAllStringSubmatch(string(text), -1) {
			calls++
			if help[m[1]] == "" {
				help[m[1]] = testkit.Run(t, "hostwire", m[1], "--help")
			}
			for _, f := range flag.FindAllStringSubmatch(m[2], -1) {
				assert.Regexp(t, `(?m)(^|[\s,])`+regexp.QuoteMeta(f[1])+`\b`, help[m[1]], "%s: %s", file, m[0])
			}
		}
	}
	assert.Greater(t, calls, 10)
}

func TestPicturesForPagesAreDrawn(t *testing.T) {
	withHostwire(t)
	dir := t.TempDir()
	testkit.Run(t, "docs/generate.sh", "../gallery/docker-bridge.json", dir)
	shown := regexp.MustCompile(`pictures/(network[a-z-]*(?:\.svg)?)`)
	for _, page := range files(t, ".md", ".rst", "conf.py") {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, m := range shown.FindAllStringSubmatch(string(text), -1) {
			if !strings.HasSuffix(m[1], ".svg") { // the shortcode adds the modes.
				m[1] += "-dark.svg"
			}
			assert.FileExists(t, filepath.Join(dir, m[1]), page)
		}
	}
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		return string(text)
	}
	assert.Contains(t, read("network.svg"), "prefers-color-scheme:dark")
	assert.NotContains(t, read("network-light.svg"), "prefers-color-scheme")
	assert.NotContains(t, read("network-dark.svg"), "prefers-color-scheme")
}

func TestFleetIsDrawnFromItsSnapshots(t *testing.T) {
	withHostwire(t)
	dir := t.TempDir()
	out, err := exec.Command("fleet/draw-fleet.sh", dir, dir+"/fleet.svg").CombinedOutput()
	require.Error(t, err)
	assert.Contains(t, string(out), "there is no snapshot")
	for _, lab := range []string{"docker-bridge", "overlay"} {
		text, err := os.ReadFile("../gallery/" + lab + ".json")
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, lab+" host.json"), text, 0o600))
	}
	testkit.Run(t, "fleet/draw-fleet.sh", dir, dir+"/fleet.svg")
	assert.FileExists(t, dir+"/fleet.svg")
}

// TestNodesAreGathered has a stand-in for kubectl, which hands out a cluster of two nodes.
func TestNodesAreGathered(t *testing.T) {
	withHostwire(t)
	dir := t.TempDir()
	kubectl := "#!/bin/sh\ncase \"$*\" in\n*rollout*) ;;\n*get*pods*) printf 'pod-a node-a\\npod-b node-b\\n' ;;\n" +
		"*exec*hostwire*capture*) cat ../gallery/overlay.json ;;\n*) exit 1 ;;\nesac\n"
	require.NoError(t, os.WriteFile(dir+"/kubectl", []byte(kubectl), 0o700))
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	testkit.Run(t, "fleet/kubernetes/gather.sh", dir+"/snapshots", dir+"/fleet.svg")
	assert.FileExists(t, dir+"/snapshots/node-a.json")
	assert.FileExists(t, dir+"/snapshots/node-b.json")
	assert.FileExists(t, dir+"/fleet.svg")
}

// TestTheCheckFailsOnADifference runs the job's script in a lab: against the lab's own snapshot, and
// again after a wire is gone.
func TestTheCheckFailsOnADifference(t *testing.T) {
	testkit.RequireRoot(t)
	testkit.RequireTool(t, "ip", "iproute2")
	testkit.RequireTool(t, "unshare", "util-linux")
	withHostwire(t)
	dir := t.TempDir()
	here, err := os.Getwd()
	require.NoError(t, err)
	check := here + "/ci/check-network.sh"
	script := "set -u\nhostwire capture -o wanted.json\n" +
		"sh " + check + " wanted.json same; echo same $?\n" +
		"ip link delete veth-api\n" +
		"sh " + check + " wanted.json other; echo other $?\n"
	cmd := exec.Command(here+"/../labs/run", "docker-bridge", "--", "sh", "-c", script)
	cmd.Dir = dir
	out, err := cmd.Output()
	require.NoError(t, err)
	assert.Contains(t, string(out), "same 0\n")
	assert.Contains(t, string(out), "other 3\n")
	for _, file := range []string{"same/network.svg", "same/changes.svg", "other/network.json", "other/network.svg", "other/changes.svg"} {
		assert.FileExists(t, filepath.Join(dir, file))
	}
	changes, err := os.ReadFile(dir + "/other/changes.txt")
	require.NoError(t, err)
	assert.Contains(t, string(changes), "veth-api")
}
