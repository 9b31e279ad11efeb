package fdroom

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func TestMakeRoomLeavesRoomAndNothingOpen(t *testing.T) {
	before := room(t)
	files := openFiles(t)
	wanted := 4 * before
	var limit unix.Rlimit
	require.NoError(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &limit))
	if limit.Cur < uint64(wanted) {
		wanted = int(limit.Cur)
	}
	Make(wanted)
	assert.GreaterOrEqual(t, room(t), wanted)
	assert.Equal(t, files, openFiles(t))

	Make(0)
	assert.Equal(t, files, openFiles(t))
}

// room reads the size of the table of open files (proc_pid_status(5)).
func room(t *testing.T) (size int) {
	status, err := os.ReadFile("/proc/self/status")
	require.NoError(t, err)
	_, rest, ok := strings.Cut(string(status), "FDSize:")
	require.True(t, ok)
	_, err = fmt.Sscan(rest, &size)
	require.NoError(t, err)
	return size
}

func openFiles(t *testing.T) int {
	names, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	return len(names)
}
