package labs

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// sameLabs are all labs but kinds, which has what the kernel has.
func sameLabs() []string {
	var names []string
	for name := range labs {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// removals take one wire out of each lab, and name all that then may differ.
var removals = map[string]struct {
	command string
	names   []string // a difference must have one of these in it.
}{
	"docker-bridge": {"ip link delete veth-api", []string{"veth-api", "api"}},
	"overlay":       {"ip -n host-a link delete to-web-1", []string{"to-web-1", "web-1"}},
	"macvlan":       {"ip -n camera link delete eth0", []string{"camera"}},
	"routers":       {"ip -n office-b link delete eth0", []string{"office-b", "r3"}},
	"machines":      {"ip link set tap2 nomaster", []string{"tap2"}},
	"ports":         {"ip link delete veth-api", []string{"veth-api", "api"}},
	"oddities":      {"ip -n left link delete loop-a", []string{"loop-a", "loop-b"}},
}

// TestDiffsOfLabs builds each lab twice, in worlds of their own, and once more to remove a wire. The
// stable pictures of the first two are the same in every format, and there is no difference to
// tell; of the wire it is told that it is gone, and nothing else.
func TestDiffsOfLabs(t *testing.T) {
	needTools(t)
	program := hostwire(t)
	known, err := exec.Command(program, "formats").Output()
	require.NoError(t, err)
	for _, lab := range sameLabs() {
		t.Run(lab, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			one, two, less := filepath.Join(dir, "one.json"), filepath.Join(dir, "two.json"), filepath.Join(dir, "less.json")
			capture(t, lab, program, one, "true")
			// What runs meanwhile moves PIDs and indices.
			capture(t, lab, program, two, "for i in 1 2 3 4 5; do ip link add type veth; ip link delete veth0; done")
			for _, line := range strings.Split(strings.TrimSpace(string(known)), "\n") {
				format, _, _ := strings.Cut(line, " ")
				draw := func(snapshot string) string {
					out, err := exec.Command(program, "draw", "-i", snapshot, "--stable", "--detail", "full", "-f", format, "-o", "-").Output()
					require.NoError(t, err, format)
					return string(out)
				}
				assert.True(t, draw(one) == draw(two), "%s differs", format)
			}
			out, status := diff(t, program, one, two)
			assert.Zero(t, status, out)
			assert.Equal(t, 1, strings.Count(out, "\n"), "nothing but the summary: %s", out)

			removal, ok := removals[lab]
			require.True(t, ok, "there must be a wire to remove")
			capture(t, lab, program, less, removal.command+"; sleep 2")
			out, status = diff(t, program, one, less)
			assert.Equal(t, 3, status, out)
			lines := strings.Split(strings.TrimSpace(out), "\n")
			named := 0
			for _, line := range lines[:len(lines)-1] {
				if !strings.HasPrefix(line, "  ") {
					continue // a namespace, as a heading.
				}
				named++
				assert.True(t, slices.ContainsFunc(removal.names, func(name string) bool { return strings.Contains(line, name) }) || underNamed(lines, line, removal.names),
					"%q has nothing to do with %s in\n%s", line, removal.command, out)
			}
			assert.NotZero(t, named, out)
		})
	}
}

// underNamed tells whether a line stands below a heading with one of the names.
func underNamed(lines []string, line string, names []string) bool {
	heading := ""
	for _, l := range lines {
		if !strings.HasPrefix(l, "  ") {
			heading = l
		}
		if l == line {
			return slices.Contains(names, heading)
		}
	}
	return false
}

// capture builds a lab, runs a command in it, and takes its snapshot.
func capture(t *testing.T, lab, program, snapshot, command string) {
	t.Helper()
	cmd := exec.Command("./run", lab, "--", "sh", "-c", command+"; exec "+program+" capture --no-engines -o '"+snapshot+"'")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	_, err = os.Stat(snapshot)
	require.NoError(t, err)
}

// diff compares two snapshots, and returns what is told and the exit status.
func diff(t *testing.T, program, old, now string) (string, int) {
	t.Helper()
	cmd := exec.Command(program, "diff", old, now, "--exit-code")
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		require.ErrorAs(t, err, &exit)
		return string(out), exit.ExitCode()
	}
	return string(out), 0
}
