package gallery

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEveryPictureIsAsHostwireDrawsItsSnapshot(t *testing.T) {
	snapshots, err := filepath.Glob("*.json")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(snapshots), 5)
	dir := t.TempDir()
	program := filepath.Join(dir, "hostwire")
	out, err := exec.Command("go", "build", "-o", program, "../../cmd/hostwire").CombinedOutput()
	require.NoError(t, err, string(out))
	for _, snapshot := range snapshots {
		for _, ext := range []string{".svg", ".png"} {
			name := strings.TrimSuffix(snapshot, ".json") + ext
			t.Run(name, func(t *testing.T) {
				drawn := filepath.Join(dir, name)
				out, err := exec.Command(program, "draw", "-i", snapshot, "-o", drawn).CombinedOutput()
				require.NoError(t, err, string(out))
				want, err := os.ReadFile(name)
				require.NoError(t, err, "run ./regenerate")
				got, err := os.ReadFile(drawn)
				require.NoError(t, err)
				require.True(t, bytes.Equal(want, got), "%s is no longer what hostwire draws; look at it, then run ./regenerate", name)
			})
		}
	}
}
