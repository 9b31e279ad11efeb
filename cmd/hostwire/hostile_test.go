package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unicode"

	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// plentyMemory is what no run on a small host may come near, in KiB.
const plentyMemory = 600 << 10

// etcs are directories that a container may have in the place of /etc, made by functions, with what
// the run must say of them ("" for nothing).
var etcs = []struct {
	name string
	make func(dir string) error
	says string
}{
	{"FIFOs", func(dir string) error {
		for _, file := range []string{"hosts", "resolv.conf", "hostname", "domainname"} {
			if err := unix.Mkfifo(filepath.Join(dir, file), 0o666); err != nil {
				return err
			}
		}
		return nil
	}, "not a regular file"},
	{"devices", func(dir string) error {
		for file, minor := range map[string]uint32{"hosts": 5, "resolv.conf": 8, "hostname": 5} { // zero, random
			if err := unix.Mknod(filepath.Join(dir, file), unix.S_IFCHR|0o666, int(unix.Mkdev(1, minor))); err != nil {
				return err
			}
		}
		return nil
	}, "not a regular file"},
	{"loops of symbolic links", func(dir string) error {
		if err := os.Symlink("resolv.conf", filepath.Join(dir, "hosts")); err != nil {
			return err
		}
		return os.Symlink("hosts", filepath.Join(dir, "resolv.conf"))
	}, "too many levels of symbolic links"},
	{"a gigabyte", func(dir string) error {
		line := bytes.Repeat([]byte("192.0.2.1 many-names\n"), 1<<16)
		if err := os.WriteFile(filepath.Join(dir, "hosts"), line, 0o600); err != nil {
			return err
		}
		return os.Truncate(filepath.Join(dir, "hosts"), 1<<30)
	}, "is larger than is read of it"},
	{"an endless file", func(dir string) error {
		return os.Symlink("/proc/kmsg", filepath.Join(dir, "hosts"))
	}, "not a file of a disk"},
	{"a directory", func(dir string) error { return os.Mkdir(filepath.Join(dir, "hosts"), 0o755) }, "not a regular file"},
}

// The run ends in time, says what it did not read, and shows all the rest.
func TestContainersWithHostileFiles(t *testing.T) {
	unshare := testkit.RequireTool(t, "unshare", "util-linux")
	var labs []string
	for i, etc := range etcs {
		dir := openDir(t)
		require.NoError(t, etc.make(dir), etc.name)
		netns := testkit.Netns(t, fmt.Sprintf("etc%d", i))
		testkit.IP(t, netns, "link", "add", fmt.Sprintf("left%d", i), "type", "veth", "peer", "name", "right")
		testkit.Start(t, netns, unshare, "-m", "sh", "-c", "mount --bind "+dir+" /etc && exec sleep 600")
		labs = append(labs, netns)
	}
	time.Sleep(300 * time.Millisecond)
	ctx, cancel := context.WithTimeout(t.Context(), 2*promptly)
	defer cancel()
	cmd := command(ctx, program(t), "draw", "-f", "text", "--detail", "full", "--no-engines", "--fold", "0", "--only", "netns="+strings.Join(labs, ","))
	e := finish(t, cmd)
	require.Zero(t, e.status, e.stderr)
	for i := range labs {
		assert.Contains(t, e.stdout, fmt.Sprintf("left%d", i))
	}
	captured := finish(t, command(ctx, program(t), "capture", "--no-engines"))
	for _, etc := range etcs {
		assert.Contains(t, captured.stdout, etc.says, etc.name)
	}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	require.True(t, ok)
	assert.Less(t, usage.Maxrss, int64(plentyMemory), "KiB of memory")
	t.Logf("%v, %d KiB", e.took, usage.Maxrss)
}

// engines that do as they like, by name; each gets one connection.
var engines = map[string]func(net.Conn){
	"hangs":              func(c net.Conn) { _, _ = io.Copy(io.Discard, c) },
	"streams zeros":      func(c net.Conn) { stream(c, make([]byte, 1<<16)) },
	"streams headers":    func(c net.Conn) { stream(c, []byte("HTTP/1.1 200 OK\r\nX: y\r\nX: y\r\n")) },
	"streams containers": endlessJSON(`{"Id":"x","Names":["/x"],"Labels":{"a":"b"}},`),
	"streams nesting":    endlessJSON(`[[[[[[[[[[[[[[[[`),
	"hangs up":           func(net.Conn) {},
}

func stream(c net.Conn, block []byte) {
	for {
		if _, err := c.Write(block); err != nil {
			return
		}
	}
}

func endlessJSON(block string) func(net.Conn) {
	return func(c net.Conn) {
		_, _ = c.Write([]byte("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nApi-Version: 1.44\r\n\r\n["))
		stream(c, bytes.Repeat([]byte(block), 256))
	}
}

func TestEnginesOfStrangers(t *testing.T) {
	netns := lab(t)
	dir := openDir(t)
	args := []string{"draw", "-f", "text", "--only", "netns=" + netns}
	var open sync.Map
	count := 0
	for name, serve := range engines {
		for _, kind := range []string{"docker", "podman", "containerd", "cri"} {
			path := filepath.Join(dir, fmt.Sprintf("%s-%d.sock", kind, count))
			count++
			listener, err := net.Listen("unix", path)
			require.NoError(t, err, name)
			t.Cleanup(func() { _ = listener.Close() })
			go func() {
				for {
					c, err := listener.Accept()
					if err != nil {
						return
					}
					open.Store(c, true)
					go func() {
						serve(c)
						_ = c.Close()
					}()
				}
			}()
			args = append(args, "--engine-socket", kind+"="+path)
		}
	}
	t.Cleanup(func() {
		open.Range(func(c, _ any) bool {
			_ = c.(net.Conn).Close()
			return true
		})
	})
	ctx, cancel := context.WithTimeout(t.Context(), 2*promptly)
	defer cancel()
	cmd := command(ctx, append([]string{program(t)}, args...)...)
	e := finish(t, cmd)
	require.Zero(t, e.status, e.stderr)
	assert.Contains(t, e.stdout, "left", "the rest of the picture is right")
	assert.Contains(t, e.stdout, "engine ")
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	require.True(t, ok)
	assert.Less(t, usage.Maxrss, int64(plentyMemory), "KiB of memory")
	t.Logf("%v, %d KiB", e.took, usage.Maxrss)
}

// Whatever is in the environment, in shared directories or where the output goes: none of it is run,
// loaded, believed or written through.
func TestNothingPlantedIsBelieved(t *testing.T) {
	testkit.RequireRoot(t)
	testkit.RequireTool(t, "dot", "graphviz")
	planted := openDir(t)
	ran := filepath.Join(planted, "ran")
	bin := filepath.Join(planted, "bin")
	require.NoError(t, os.Mkdir(bin, 0o777))
	for _, name := range []string{"dot", "hostwire-graphviz", "sh", "ip", "nft", "iptables", "iptables-save", "docker", "podman", "ethtool", "ss", "lsb_release", "hostname", "getent", "modprobe"} {
		require.NoError(t, os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\necho $0 >> "+ran+"\n"), 0o777))
	}
	// Caches of code, as go-graphviz and wazero have them, and settings of engines' clients.
	for _, cache := range []string{"go-graphviz/wazero-v1.9.0-amd64-linux", ".cache/wazero", ".docker", ".config/containers"} {
		require.NoError(t, os.MkdirAll(filepath.Join(planted, cache), 0o777))
		for _, name := range []string{"config.json", "containers.conf", "module"} {
			require.NoError(t, os.WriteFile(filepath.Join(planted, cache, name), []byte("\x7fELF planted"), 0o666))
		}
	}
	require.NoError(t, filepath.WalkDir(planted, func(path string, _ os.DirEntry, err error) error {
		if err == nil {
			err = os.Lchown(path, 54321, 54321)
		}
		return err
	}))
	clean := hostwire(t, "draw", "-i", small, "-f", "svg", "--layout", "dot")
	require.Zero(t, clean.status, clean.stderr)
	run := func(args ...string) ended {
		ctx, cancel := context.WithTimeout(t.Context(), 2*promptly)
		defer cancel()
		cmd := command(ctx, append([]string{program(t)}, args...)...)
		cmd.Env = append(withoutVariables(cmd.Env, "PATH", "HOME", "TMPDIR"), "PATH="+bin+":.", "HOME="+planted, "TMPDIR="+planted,
			"XDG_CACHE_HOME="+planted, "XDG_CONFIG_HOME="+planted, "XDG_RUNTIME_DIR="+planted, "GRAPHVIZ_DOT="+bin+"/dot", "GVBINDIR="+bin,
			"DOCKER_HOST=unix://"+planted+"/docker.sock", "CONTAINER_HOST=unix://"+planted+"/podman.sock", "KUBECONFIG="+planted+"/config.json",
			"HOST_PROC="+planted)
		cmd.Dir = bin
		return finish(t, cmd)
	}
	hostile := run("draw", "-i", small, "-f", "svg", "--layout", "dot")
	require.Zero(t, hostile.status, hostile.stderr)
	assert.True(t, clean.stdout == hostile.stdout, "the same picture")
	discovered := run("draw", "-f", "text", "--only", "netns=none")
	require.Zero(t, discovered.status, discovered.stderr)
	assert.NotContains(t, discovered.stderr, planted)
	_, err := os.Stat(ran)
	assert.ErrorIs(t, err, os.ErrNotExist, "a planted program was run")
}

func TestRootDoesNotWriteThroughWhatIsPlantedInTheOutputsPlace(t *testing.T) {
	testkit.RequireRoot(t)
	dir := openDir(t)
	victim := filepath.Join(t.TempDir(), "victim")
	require.NoError(t, os.WriteFile(victim, []byte("precious"), 0o600))
	plant := func(name string, make func(path string) error) string {
		path := filepath.Join(dir, name)
		require.NoError(t, make(path))
		require.NoError(t, os.Lchown(path, 54321, 54321))
		return path
	}
	link := func(target string) func(string) error {
		return func(path string) error { return os.Symlink(target, path) }
	}
	for _, tt := range []struct {
		name, path, says string
	}{
		{"a link to a file", plant("file.svg", link(victim)), ""},
		{"a link to nowhere", plant("nowhere.svg", link(filepath.Join(filepath.Dir(victim), "new"))), ""},
		{"a link to a device", plant("null.svg", link("/dev/null")), "symbolic link that root did not make"},
		{"a FIFO", plant("fifo.svg", func(path string) error { return unix.Mkfifo(path, 0o666) }), "pipe or device of somebody else"},
		{"a disk", plant("disk.svg", func(path string) error {
			return unix.Mknod(path, unix.S_IFBLK|0o666, int(unix.Mkdev(259, 1<<19)))
		}), "it is a disk"},
		{"a file that everyone may change", plant("open.svg", func(path string) error {
			return os.WriteFile(path, nil, 0o666)
		}), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if strings.HasPrefix(tt.name, "a file that") {
				require.NoError(t, os.Chmod(tt.path, 0o666))
			}
			e := hostwire(t, "draw", "-i", small, "-o", tt.path)
			if tt.says != "" {
				assert.Equal(t, exitFailed, e.status)
				assert.Contains(t, e.stderr, tt.says)
				return
			}
			require.Zero(t, e.status, e.stderr)
			info, err := os.Lstat(tt.path)
			require.NoError(t, err)
			assert.True(t, info.Mode().IsRegular(), "it was replaced")
			assert.Zero(t, info.Mode().Perm()&0o022, "a stranger's file does not say who may change root's: %v", info.Mode())
		})
	}
	data, err := os.ReadFile(victim)
	require.NoError(t, err)
	assert.Equal(t, "precious", string(data))
	assert.Len(t, contents(t, filepath.Dir(victim)), 1)
}

func TestEndlessSnapshotsAndThemes(t *testing.T) {
	dir := t.TempDir()
	fifo, large := filepath.Join(dir, "fifo.yaml"), filepath.Join(dir, "large.yaml")
	require.NoError(t, unix.Mkfifo(fifo, 0o600))
	require.NoError(t, os.WriteFile(large, nil, 0o600))
	require.NoError(t, os.Truncate(large, 1<<30))
	for _, tt := range []struct {
		args []string
		says string
	}{
		{[]string{"draw", "-i", "/dev/zero"}, "larger than"},
		{[]string{"draw", "-i", large}, "larger than"},
		{[]string{"draw", "-i", small, "-f", "svg", "--theme", large}, "larger"},
		{[]string{"draw", "-i", small, "-f", "svg", "--theme", "/dev/zero"}, "this is none"},
		{[]string{"draw", "-i", small, "-f", "svg", "--theme", fifo}, "this is none"},
		{[]string{"draw", "-i", small, "-f", "svg", "--like", large}, "larger than"},
		{[]string{"draw", "-i", small, "-f", "svg", "--like", "/dev/zero"}, "this is none"},
		{[]string{"draw", "-i", small, "-f", "svg", "--like", fifo}, "this is none"},
		{[]string{"draw", "-i", small, "-f", "svg", "--like", bomb(t)}, "larger than"},
		{[]string{"draw", "-i", "synthetic:host tenant:999999999"}, "tenant"},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 2*promptly)
		defer cancel()
		cmd := command(ctx, append([]string{program(t)}, tt.args...)...)
		e := finish(t, cmd)
		assert.Contains(t, []int{exitFailed, exitUsage}, e.status, tt.args)
		assert.Contains(t, e.stderr, tt.says)
		assert.Equal(t, 1, strings.Count(e.stderr, "\n"), "one line: %q", e.stderr)
		usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
		require.True(t, ok)
		assert.Less(t, usage.Maxrss, int64(1<<20), "KiB of memory for %v", tt.args)
	}
}

// bomb is a small file that unpacks to 100 MiB.
func bomb(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	for range 100 {
		_, err := z.Write(make([]byte, 1<<20))
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	path := filepath.Join(t.TempDir(), "bomb.svgz")
	require.NoError(t, os.WriteFile(path, b.Bytes(), 0o600))
	return path
}

// What strangers may call things, as far as the kernel lets them, on a real host: no terminal is
// told anything by it.
func TestNamesOfStrangersOnThisHost(t *testing.T) {
	netns := testkit.Netns(t, "names")
	names := []string{"\x1b[31mred", `<b>"&'{|}`, "\xff\xfe\xc3", "\u202egnp.x", "a\nb\tc"}
	for i, name := range names {
		cmd := exec.Command("ip", "-n", netns, "link", "add", name, "type", "veth", "peer", "name", fmt.Sprintf("peer%d", i))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Logf("%q is refused already: %s", name, out)
			continue
		}
		testkit.IP(t, netns, "link", "set", fmt.Sprintf("peer%d", i), "alias", name+"</text><script>planted\x1b]0;title\x07")
	}
	for _, format := range formatNames() {
		e := hostwire(t, "draw", "-f", format, "--no-engines", "--only", "netns="+netns)
		require.Zero(t, e.status, e.stderr)
		f, _ := chooseFormat(format, "-", false)
		if f.Binary {
			continue
		}
		for _, text := range []string{e.stdout, e.stderr} {
			if format == "svg" || format == "html" {
				assert.False(t, strings.Contains(text, "<script>planted"), format)
			}
			for _, r := range text {
				if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar) {
					t.Fatalf("%s: %U in the output", format, r)
				}
			}
		}
	}
}
