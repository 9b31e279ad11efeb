package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// stranger is a user who has nothing to do with the tests.
const stranger = "54321"

// servedLab makes a namespace in which another user's process serves a port that another one is
// redirected to.
func servedLab(t *testing.T) (netns string) {
	t.Helper()
	netns = lab(t)
	nft, socat := testkit.RequireTool(t, "nft", "nftables"), testkit.RequireTool(t, "socat", "socat")
	setpriv := testkit.RequireTool(t, "setpriv", "util-linux")
	testkit.Start(t, netns, setpriv, "--reuid", stranger, "--regid", stranger, "--clear-groups", socat, "TCP-LISTEN:8080,fork", "/dev/null")
	cmd := exec.Command("ip", "netns", "exec", netns, nft, "-f", "-")
	cmd.Stdin = strings.NewReader("table ip nat {\n chain in {\n type nat hook prerouting priority dstnat; policy accept;\n tcp dport 80 redirect to :8080\n }\n}\n")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	require.Eventually(t, func() bool {
		return strings.Contains(testkit.Run(t, "ip", "netns", "exec", netns, "ss", "-tln"), ":8080")
	}, 10*time.Second, 20*time.Millisecond)
	return netns
}

// The table of capabilities in the README is this test: with all of them everything is there, also
// for another user than root; without one of them it says so.
func TestTheCapabilitiesThatItTakes(t *testing.T) {
	netns := servedLab(t)
	setpriv := testkit.RequireTool(t, "setpriv", "util-linux")
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	all := []string{"sys_admin", "sys_ptrace", "dac_read_search", "net_admin"}
	for _, capability := range all {
		assert.Contains(t, string(readme), "`CAP_"+strings.ToUpper(capability)+"`")
	}
	users := map[string]func(capabilities []string) []string{
		"root": func(capabilities []string) []string {
			return []string{setpriv, "--bounding-set", "-all" + plus(capabilities), "--inh-caps", "-all"}
		},
		"another user": func(capabilities []string) []string {
			return []string{setpriv, "--reuid", "65534", "--regid", "65534", "--clear-groups",
				"--inh-caps", strings.TrimPrefix(plus(capabilities), ","), "--ambient-caps", strings.TrimPrefix(plus(capabilities), ",")}
		},
	}
	args := []string{"draw", "-f", "text", "--detail", "full", "--no-engines", "--only", "netns=" + netns}
	t.Run("another user, by the file's capabilities", func(t *testing.T) {
		setcap := testkit.RequireTool(t, "setcap", "libcap2-bin")
		data, err := os.ReadFile(program(t))
		require.NoError(t, err)
		path := filepath.Join(openDir(t), "hostwire")
		require.NoError(t, os.WriteFile(path, data, 0o755))
		testkit.Run(t, setcap, "cap_"+strings.Join(all, ",cap_")+"=ep", path)
		ctx, cancel := context.WithTimeout(t.Context(), 2*promptly)
		defer cancel()
		e := finish(t, command(ctx, append([]string{setpriv, "--reuid", "65534", "--regid", "65534", "--clear-groups", path}, args...)...))
		require.Zero(t, e.status, e.stderr)
		assert.Contains(t, e.stdout, "tcp 0.0.0.0:8080 socat")
		assert.Empty(t, notesOn(e, netns))
	})
	for user, with := range users {
		t.Run(user+" with all of them", func(t *testing.T) {
			e := under(t, with(all), args...)
			require.Zero(t, e.status, e.stderr)
			for _, seen := range []string{"left", "tcp 0.0.0.0:8080 socat", "tcp 0.0.0.0:80 "} {
				assert.Contains(t, e.stdout, seen)
			}
			assert.Empty(t, notesOn(e, netns))
		})
		for i, capability := range all {
			t.Run(user+" without "+capability, func(t *testing.T) {
				without := append(append([]string(nil), all[:i]...), all[i+1:]...)
				e := under(t, with(without), args...)
				require.Zero(t, e.status, e.stderr)
				for name, text := range map[string]string{"picture": e.stdout, "standard error": e.stderr} {
					assert.Contains(t, text, "CAP_"+strings.ToUpper(capability), name)
				}
			})
		}
	}
}

// With capabilities of its own, hostwire is no way to other users' files.
func TestFilesThatTheCallerMayNotRead(t *testing.T) {
	testkit.RequireRoot(t)
	setpriv := testkit.RequireTool(t, "setpriv", "util-linux")
	dir := openDir(t)
	for _, name := range []string{"secret.json", "secret.yaml", "secret.svg"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("secret: words\n"), 0o600))
	}
	as := []string{setpriv, "--reuid", "65534", "--regid", "65534", "--clear-groups",
		"--inh-caps", "+dac_read_search,+dac_override", "--ambient-caps", "+dac_read_search,+dac_override"}
	for _, args := range [][]string{
		{"draw", "-i", filepath.Join(dir, "secret.json")},
		{"diff", filepath.Join(dir, "secret.json"), small},
		{"draw", "-i", small, "-f", "svg", "--theme", filepath.Join(dir, "secret.yaml")},
		{"draw", "-i", small, "-f", "svg", "--like", filepath.Join(dir, "secret.svg")},
	} {
		e := under(t, as, args...)
		assert.NotZero(t, e.status)
		assert.Contains(t, e.stderr, "permission denied")
		assert.NotContains(t, e.stderr, "words")
	}
}

func plus(capabilities []string) (list string) {
	for _, c := range capabilities {
		list += ",+" + c
	}
	return list
}

// powerless fails unless every thread of the process has lost all capabilities for good.
func powerless(t *testing.T, pid int, uid string) {
	t.Helper()
	tasks, err := os.ReadDir("/proc/" + strconv.Itoa(pid) + "/task")
	require.NoError(t, err)
	for _, task := range tasks {
		status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/task/" + task.Name() + "/status")
		if err != nil {
			continue // it ended.
		}
		fields := map[string]string{}
		for line := range strings.Lines(string(status)) {
			name, value, _ := strings.Cut(line, ":")
			fields[name] = strings.Join(strings.Fields(value), " ")
		}
		for _, set := range []string{"CapEff", "CapPrm", "CapInh", "CapAmb"} {
			assert.Equal(t, "0000000000000000", fields[set], "%s of thread %s", set, task.Name())
		}
		assert.Equal(t, "1", fields["NoNewPrivs"], "thread %s", task.Name())
		assert.Equal(t, strings.Join([]string{uid, uid, uid, uid}, " "), fields["Uid"], "thread %s", task.Name())
	}
}

// While hostwire waits for a snapshot's first byte it has no power left: so it has none when it
// parses it, nor after that.
func TestASnapshotIsNeverParsedWithPrivileges(t *testing.T) {
	testkit.RequireRoot(t)
	for _, sudo := range []bool{false, true} {
		t.Run("sudo "+strconv.FormatBool(sudo), func(t *testing.T) {
			dir := openDir(t)
			out := filepath.Join(dir, "x.svg")
			ctx, cancel := context.WithTimeout(t.Context(), 2*promptly)
			defer cancel()
			cmd := command(ctx, program(t), "draw", "-i", "-", "-o", out)
			uid := "0"
			if sudo {
				uid = stranger
				cmd.Env = append(cmd.Env, "SUDO_UID="+stranger, "SUDO_GID="+stranger)
			}
			stdin, err := cmd.StdinPipe()
			require.NoError(t, err)
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			require.NoError(t, cmd.Start())
			pid := cmd.Process.Pid
			// When the pipe is empty, the first bytes were taken; the rest is not there yet.
			first := []byte(`{"hostwire": `)
			_, err = stdin.Write(first)
			require.NoError(t, err)
			require.Eventually(t, func() bool { return waiting(t, stdin) == 0 }, 10*time.Second, time.Millisecond)
			powerless(t, pid, uid)
			assert.NoError(t, stdin.Close())
			assert.Error(t, cmd.Wait(), "the snapshot is damaged")
			assert.Contains(t, stderr.String(), "standard input")
			assert.Empty(t, contents(t, dir))
		})
	}
}

// A theme that cannot be parsed ends the run only after all power is gone, and so after hostwire
// waited for the snapshot: it is parsed then and not before. That it was opened before shows where
// only root can.
func TestAThemeIsNeverParsedWithPrivileges(t *testing.T) {
	neverParsedWithPrivileges(t, "--theme", "mine.yaml", exitUsage)
}

// Likewise for the earlier picture.
func TestAnEarlierPictureIsNeverParsedWithPrivileges(t *testing.T) {
	neverParsedWithPrivileges(t, "--like", "mine.svg", exitFailed)
}

// neverParsedWithPrivileges lets a flag name a file of nonsense.
func neverParsedWithPrivileges(t *testing.T, flag, name string, status int) {
	testkit.RequireRoot(t)
	file := filepath.Join(openDir(t), name)
	require.NoError(t, os.WriteFile(file, []byte("nonsense: [\n"), 0o600))
	whole, err := os.ReadFile(gallery + "overlay.json")
	require.NoError(t, err)
	for _, args := range [][]string{
		{"draw", "-i", "-"}, {"path", "-i", "-", "web-1", "db-2"}, {"diff", "-", small},
	} {
		t.Run(args[0], func(t *testing.T) {
			dir := openDir(t)
			ctx, cancel := context.WithTimeout(t.Context(), 2*promptly)
			defer cancel()
			cmd := command(ctx, append([]string{program(t), args[0], flag, file, "-o", filepath.Join(dir, "x.svg")}, args[1:]...)...)
			cmd.Env = append(cmd.Env, "SUDO_UID="+stranger, "SUDO_GID="+stranger)
			stdin, err := cmd.StdinPipe()
			require.NoError(t, err)
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			require.NoError(t, cmd.Start())
			_, err = stdin.Write(whole[:1])
			require.NoError(t, err)
			require.Eventually(t, func() bool { return waiting(t, stdin) == 0 }, 10*time.Second, time.Millisecond, "it ended before: %s", &stderr)
			powerless(t, cmd.Process.Pid, stranger)
			_, err = stdin.Write(whole[1:])
			require.NoError(t, err)
			require.NoError(t, stdin.Close())
			_ = cmd.Wait()
			assert.Equal(t, status, cmd.ProcessState.ExitCode(), stderr.String())
			assert.Contains(t, stderr.String(), name)
			assert.Empty(t, contents(t, dir))
		})
	}
}

// waiting tells how many bytes are in a pipe.
func waiting(t *testing.T, pipe any) int {
	t.Helper()
	f, ok := pipe.(interface{ Fd() uintptr })
	require.True(t, ok, "%T", pipe)
	n, err := pipeSize(f.Fd())
	require.NoError(t, err)
	return n
}

// What sudo's caller asked for is theirs, also where only root may look.
func TestTheOutputBelongsToTheCallerOfSudo(t *testing.T) {
	testkit.RequireRoot(t)
	for name, mode := range map[string]os.FileMode{"their own directory": 0o755, "everybody's directory": 0o777 | os.ModeSticky} {
		for _, format := range []string{"svg", "json"} {
			t.Run(name+", "+format, func(t *testing.T) {
				dir := openDir(t)
				require.NoError(t, os.Chmod(dir, mode))
				if mode&os.ModeSticky == 0 {
					require.NoError(t, os.Chown(dir, 54321, 54321))
				}
				out := filepath.Join(dir, "x."+format)
				ctx, cancel := context.WithTimeout(t.Context(), 2*promptly)
				defer cancel()
				args := []string{"draw", "--no-engines", "--only", "netns=none", "-o", out}
				if format == "json" {
					args = []string{"capture", "--no-engines", "-o", out}
				}
				cmd := command(ctx, append([]string{program(t)}, args...)...)
				cmd.Env = append(cmd.Env, "SUDO_UID="+stranger, "SUDO_GID="+stranger)
				e := finish(t, cmd)
				require.Zero(t, e.status, e.stderr)
				info, err := os.Lstat(out)
				require.NoError(t, err)
				stat, ok := info.Sys().(*syscall.Stat_t)
				require.True(t, ok)
				assert.Equal(t, stranger+":"+stranger, strconv.Itoa(int(stat.Uid))+":"+strconv.Itoa(int(stat.Gid)))
				assert.Equal(t, []string{"x." + format}, contents(t, dir))
			})
		}
	}
}
