package confine

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// TestMain doubles as the process that is confined: confinement is for good, so it needs one of
// its own.
func TestMain(m *testing.M) {
	if dir := os.Getenv("CONFINE_DIR"); dir != "" {
		confined(dir)
		return
	}
	os.Exit(m.Run())
}

// confined applies a plan and reports what still works, a word a line.
func confined(dir string) {
	who := Become{UID: -1, GID: -1}
	if os.Getenv("CONFINE_AS") == "nobody" {
		who = Become{UID: 65534, GID: 65534}
	}
	who.Override = os.Getenv("CONFINE_AS") == "override"
	if err := Apply(Plan{Dir: dir}, who); err != nil {
		fmt.Println("apply:", err)
		os.Exit(1)
	}
	try := func(name string, err error) {
		if err == nil {
			fmt.Println(name)
		}
	}
	try("writes-inside", os.WriteFile(filepath.Join(dir, "in"), nil, 0o600))
	try("renames-inside", os.Rename(filepath.Join(dir, "in"), filepath.Join(dir, "out")))
	try("writes-outside", os.WriteFile(filepath.Join(filepath.Dir(dir), "elsewhere"), nil, 0o600))
	_, err := os.ReadFile("/etc/hostname")
	try("reads-outside", err)
	try("becomes-root", syscall.Setuid(0))
	try("runs-programs", exec.Command("/bin/true").Run())
	try("has-sys-admin", is(Has(unix.CAP_SYS_ADMIN)))
	try("has-override", is(Has(unix.CAP_DAC_OVERRIDE)))
	try("leaves-namespace", unix.Unshare(unix.CLONE_NEWNET))
	fmt.Println("uid", os.Getuid())
}

func is(yes bool) error {
	if yes {
		return nil
	}
	return errors.New("no")
}

func run(t *testing.T, as string, mode os.FileMode) string {
	t.Helper()
	testkit.RequireRoot(t)
	top, err := os.MkdirTemp("/tmp", "hwt-confine-")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(top) })
	require.NoError(t, os.Chmod(top, 0o777))
	dir := filepath.Join(top, "out")
	require.NoError(t, os.Mkdir(dir, 0o777))
	require.NoError(t, os.Chmod(dir, mode))
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "CONFINE_DIR="+dir, "CONFINE_AS="+as)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	return string(out)
}

func TestAConfinedRootWritesOnlyToItsDirectory(t *testing.T) {
	requireLandlock(t)
	got := run(t, "", 0o755)
	assert.Equal(t, "writes-inside\nrenames-inside\nbecomes-root\nuid 0\n", got, "setuid(0) changes nothing for uid 0")
}

func TestAConfinedCallerOfSudoIsNobodyElse(t *testing.T) {
	requireLandlock(t)
	got := run(t, "nobody", 0o777)
	assert.Equal(t, "writes-inside\nrenames-inside\nuid 65534\n", got)
}

func TestRootMayOverrideModesOnlyWhereItIsToldTo(t *testing.T) {
	requireLandlock(t)
	got := run(t, "override", 0o755)
	assert.Equal(t, "writes-inside\nrenames-inside\nbecomes-root\nhas-override\nuid 0\n", got)
}

func requireLandlock(t *testing.T) {
	t.Helper()
	data, err := os.ReadFile("/sys/kernel/security/lsm")
	if err == nil && !strings.Contains(string(data), "landlock") {
		testkit.Missing(t, "Landlock", "run a kernel of 5.13 or later that has it on")
	}
}

func TestChooseWhoToBecome(t *testing.T) {
	testkit.RequireRoot(t)
	top := t.TempDir()
	require.NoError(t, os.Chmod(top, 0o755))
	made := func(name string, uid int, mode os.FileMode) string {
		dir := filepath.Join(top, name)
		require.NoError(t, os.Mkdir(dir, 0o755))
		require.NoError(t, os.Chmod(dir, mode))
		require.NoError(t, os.Chown(dir, uid, uid))
		return dir
	}
	const caller, other = 1234, 4321
	theirs, roots, others, shared := made("theirs", caller, 0o755), made("roots", 0, 0o700), made("others", other, 0o755), made("shared", 0, 0o777|os.ModeSticky)
	taken := filepath.Join(shared, "taken")
	require.NoError(t, os.WriteFile(taken, nil, 0o600))
	require.NoError(t, os.Chown(taken, other, other))
	for _, tt := range []struct {
		name, dir, path string
		uid             int
		want            Become
	}{
		{"the caller of sudo, in their own directory", theirs, theirs + "/x", caller, Become{UID: caller, GID: caller}},
		{"root without capabilities, in root's directory", roots, roots + "/x", caller, Become{UID: -1, GID: -1}},
		{"root that overrides, in somebody else's directory", others, others + "/x", caller, Become{UID: -1, GID: -1, Override: true}},
		{"the caller of sudo, for a new file in a sticky directory", shared, shared + "/new", caller, Become{UID: caller, GID: caller}},
		{"root, for somebody's file in a sticky directory of root's", shared, taken, caller, Become{UID: -1, GID: -1}},
		{"root itself, without sudo", roots, roots + "/x", -1, Become{UID: -1, GID: -1}},
		{"the caller of sudo, for standard output", "", "", caller, Become{UID: caller, GID: caller}},
	} {
		t.Run(tt.name, func(t *testing.T) { assert.Equal(t, tt.want, Choose(tt.dir, tt.path, tt.uid, tt.uid)) })
	}
}
