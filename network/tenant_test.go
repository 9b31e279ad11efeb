package network

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hostwire/hostwire/internal/plainns"
	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/hostwire/hostwire/internal/unanswered"
	"github.com/stretchr/testify/require"
	"github.com/thediveo/lxkns/model"
	"github.com/thediveo/lxkns/species"
	"golang.org/x/sys/unix"
)

func TestTenantName(t *testing.T) {
	for name, tenant := range map[string]Tenant{
		"web":     {Process: &model.Process{ProTaskCommon: model.ProTaskCommon{Name: "nginx"}, Container: &model.Container{Name: "web"}}},
		"nginx":   {Process: &model.Process{ProTaskCommon: model.ProTaskCommon{Name: "nginx"}, Cmdline: []string{"/usr/sbin/nginx"}}},
		"sleeper": {Process: &model.Process{Cmdline: []string{"/bin/sleeper"}}},
		"":        {},
	} {
		require.Equal(t, name, tenant.Name())
	}
}

func TestTenantsSort(t *testing.T) {
	tenant := func(pid model.PIDType, name string) *Tenant {
		return &Tenant{Process: &model.Process{PID: pid, ProTaskCommon: model.ProTaskCommon{Name: name}}}
	}
	sorted := Tenants{tenant(1, "systemd"), tenant(900, "agetty"), tenant(30, "bash"), tenant(200, "bash"), tenant(7, "zsh")}
	shuffled := Tenants{sorted[3], sorted[4], sorted[1], sorted[0], sorted[2]}
	shuffled.Sort()
	require.Equal(t, sorted, shuffled)
}

func TestParseBoundingCaps(t *testing.T) {
	status := "Name:\tsleep\nCapInh:\t0000000000000000\nCapBnd:\t000001ffa80425fb\nCapAmb:\t0000000000000000\n"
	require.Equal(t, []byte{0x00, 0x00, 0x01, 0xff, 0xa8, 0x04, 0x25, 0xfb}, parseBoundingCaps(status))
	require.Nil(t, parseBoundingCaps("Name:\tsleep\n"))
	require.Nil(t, parseBoundingCaps("CapBnd:\txyz\n"))
	require.Nil(t, parseBoundingCaps("CapBnd:\t\n"))
}

func TestParseStartTime(t *testing.T) {
	const stat = "4711 (a) b (c)) S 1 4711 4711 0 -1 4194560 100 0 0 0 0 0 0 0 20 0 1 0 987654 1000 100 18446744073709551615\n"
	start, ok := parseStartTime(stat)
	require.True(t, ok)
	require.EqualValues(t, 987654, start)
	for _, stat := range []string{"", "4711 (sh) S 1", "4711 (sh) S 1 4711 4711 0 -1 4194560 100 0 0 0 0 0 0 0 20 0 1 0 x 1000"} {
		_, ok := parseStartTime(stat)
		require.False(t, ok, stat)
	}
}

func TestTenantWhosePIDIsSomeoneElsesByNow(t *testing.T) {
	process := model.NewProcess(model.PIDType(os.Getpid()), false)
	require.NotNil(t, process)
	require.NotEmpty(t, NewTenant(process).BoundingCaps)
	process.Starttime++
	tenants, problems := newTenants(context.Background(), "/proc", []*model.Process{process})
	require.Equal(t, Tenants{{Process: process}}, tenants)
	require.Empty(t, problems)
}

func TestTenantProcesses(t *testing.T) {
	host, pod := &plainns.Namespace{NSID: species.NamespaceID{Dev: 4, Ino: 1}}, &plainns.Namespace{NSID: species.NamespaceID{Dev: 4, Ino: 2}}
	process := func(pid model.PIDType, netns *plainns.Namespace, leader bool) *model.Process {
		process := &model.Process{PID: pid}
		process.Namespaces[model.NetNS] = netns
		if leader {
			netns.Seniors = append(netns.Seniors, process)
		}
		return process
	}
	one := process(1, host, true)
	hostContainer := process(40, host, false) // shares the host's network.
	pause, app := process(50, pod, true), process(60, pod, true)
	nested := process(70, pod, false) // started from the app, such as by an engine in a container.
	containers := model.Containers{
		{Name: "nested", Process: nested}, {Name: "app", Process: app}, {Name: "hostnet", Process: hostContainer},
		{Name: "gone"}, {Name: "unseen", Process: &model.Process{PID: 80}},
		{Name: "elsewhere", Process: process(90, &plainns.Namespace{NSID: species.NamespaceID{Dev: 4, Ino: 3}}, true)},
	}
	require.Equal(t, map[species.NamespaceID][]*model.Process{
		host.NSID: {one, hostContainer},
		pod.NSID:  {pause, app, nested},
	}, tenantProcesses(model.NamespaceMap{host.NSID: host, pod.NSID: pod}, containers))
}

// startHostile starts a thread with mount and UTS namespaces of its own, an empty /etc, and what
// setup puts there, and returns its ID. Like a container's process, it lives until the test ends.
func startHostile(t *testing.T, setup func() error) model.PIDType {
	t.Helper()
	testkit.RequireRoot(t)
	type started struct {
		tid int
		err error
	}
	ready, end, ended := make(chan started), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		// The thread is never unlocked: it ends with the goroutine, and its namespaces with it.
		offMainThread(func() {
			ready <- started{unix.Gettid(), func() error {
				if err := unix.Unshare(unix.CLONE_NEWNS | unix.CLONE_NEWUTS); err != nil {
					return fmt.Errorf("unshare: %w", err)
				}
				if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
					return fmt.Errorf("make mounts private: %w", err)
				}
				if err := unix.Mount("etc", "/etc", "tmpfs", 0, ""); err != nil {
					return fmt.Errorf("mount /etc: %w", err)
				}
				if err := unix.Sethostname([]byte("hostile")); err != nil {
					return fmt.Errorf("set host name: %w", err)
				}
				return setup()
			}()}
			<-end
		})
	}()
	t.Cleanup(func() { close(end); <-ended })
	thread := <-ready
	require.NoError(t, thread.err)
	return model.PIDType(thread.tid)
}

func TestTenantConfiguration(t *testing.T) {
	write := func(name, content string) error { return os.WriteFile("/etc/"+name, []byte(content), 0o644) }
	all := func(errs ...error) error {
		for _, err := range errs {
			if err != nil {
				return err
			}
		}
		return nil
	}
	const plain = "nameserver 10.0.0.53\n"
	for name, test := range map[string]struct {
		setup    func() error
		want     DnsConfiguration
		problems []string
	}{
		"plain files": {
			setup: func() error {
				return all(write("resolv.conf", "nameserver 10.0.0.53\nsearch lab\n"), write("hosts", "10.0.0.1 web\n"), write("hostname", "web\n"), write("domainname", "lab.example\n"))
			},
			want: DnsConfiguration{EtcHostname: "web", EtcDomainname: "lab.example", Searchlist: []string{"lab"},
				Hosts: mustHosts("10.0.0.1 web"), Nameservers: mustNameservers(plain)},
		},
		"nothing there": {setup: func() error { return nil }},
		"symbolic links within the root": {
			setup: func() error {
				return all(os.Mkdir("/etc/real", 0o755), write("real/conf", plain), os.Symlink("/etc/real/conf", "/etc/resolv.conf"), os.Symlink("real/../real/nothing", "/etc/hosts"))
			},
			want: DnsConfiguration{Nameservers: mustNameservers(plain)},
		},
		"FIFOs": {
			setup: func() error {
				return all(unix.Mkfifo("/etc/resolv.conf", 0o644), unix.Mkfifo("/etc/hosts", 0o644), write("hostname", "web"))
			},
			want:     DnsConfiguration{EtcHostname: "web"},
			problems: []string{"/etc/resolv.conf could not be read: not a regular file", "/etc/hosts could not be read: not a regular file"},
		},
		"devices, directories and sockets": {
			setup: func() error {
				socket, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
				if err != nil {
					return err
				}
				defer func() { _ = unix.Close(socket) }()
				return all(unix.Mknod("/etc/resolv.conf", unix.S_IFCHR|0o644, int(unix.Mkdev(1, 5))), // endless zeros
					os.Mkdir("/etc/hosts", 0o755), unix.Bind(socket, &unix.SockaddrUnix{Name: "/etc/hostname"}),
					unix.Mknod("/etc/domainname", unix.S_IFBLK|0o644, int(unix.Mkdev(7, 0))))
			},
			problems: []string{"/etc/resolv.conf could not be read: not a regular file", "/etc/hosts could not be read: not a regular file",
				"/etc/hostname could not be read: not a regular file", "/etc/domainname could not be read: not a regular file"},
		},
		"loops and magic links": {
			setup: func() error {
				return all(os.Symlink("hosts", "/etc/resolv.conf"), os.Symlink("resolv.conf", "/etc/hosts"), os.Symlink("/proc/self/root/etc/hostname", "/etc/hostname"))
			},
			problems: []string{"/etc/resolv.conf could not be read: too many levels of symbolic links",
				"/etc/hosts could not be read: too many levels of symbolic links",
				"/etc/hostname could not be read: too many levels of symbolic links"},
		},
		"sparse and endless files": {
			setup: func() error {
				return all(write("hosts", "10.0.0.1 first\n"), os.Truncate("/etc/hosts", 1<<30),
					write("resolv.conf", plain+strings.Repeat("# filler\n", 8<<10)))
			},
			want:     DnsConfiguration{Hosts: mustHosts("10.0.0.1 first"), Nameservers: mustNameservers(plain)},
			problems: []string{"/etc/resolv.conf is larger than is read of it", "/etc/hosts is larger than is read of it"},
		},
		"control characters and invalid text": {
			setup: func() error {
				return all(write("hostname", "web\x1b]0;title\x07\n"), write("hosts", "10.0.0.1 ok b\x00d \xff\xfe\n"))
			},
			want: DnsConfiguration{Hosts: mustHosts("10.0.0.1 ok")},
		},
	} {
		t.Run(name, func(t *testing.T) {
			pid := startHostile(t, test.setup)
			tenants, problems := newTenants(context.Background(), "/proc", []*model.Process{{PID: pid}})
			test.want.Hostname = "hostile"
			require.Equal(t, test.want, tenants[0].DNS)
			require.NotEmpty(t, tenants[0].BoundingCaps)
			var messages []string
			for _, problem := range problems {
				messages = append(messages, problem.message)
			}
			require.Equal(t, test.problems, messages)
		})
	}
}

func mustHosts(text string) map[string]net.IP { hosts, _ := parseHosts(text); return hosts }

func mustNameservers(text string) []net.IP {
	nameservers, _ := parseResolvConf(text)
	return nameservers
}

func TestLinksOutOfTheRoot(t *testing.T) {
	// The "root" is a directory, so that the host's files are outside of it.
	proc := t.TempDir()
	etc := filepath.Join(proc, "77", "root", "etc")
	require.NoError(t, os.MkdirAll(etc, 0o755))
	secret := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(secret, []byte("nameserver 6.6.6.6\n6.6.6.6 secret\nsecret\n"), 0o600))
	require.NoError(t, os.Symlink(secret, filepath.Join(etc, "resolv.conf")))
	up := strings.Repeat("../", 40)
	require.NoError(t, os.Symlink(up+secret[1:], filepath.Join(etc, "hosts")))
	require.NoError(t, os.Symlink("/etc/shadow", filepath.Join(etc, "hostname")))
	result := newDNSReader(proc).read(context.Background(), 77)
	require.Empty(t, result.problems, "the files simply do not exist in there")
	require.Equal(t, DnsConfiguration{}, result.dns)

	// An absolute link means the root's own file.
	require.NoError(t, os.WriteFile(filepath.Join(etc, "shadow"), []byte("inside\n"), 0o600))
	result = newDNSReader(proc).read(context.Background(), 77)
	require.Equal(t, DnsConfiguration{EtcHostname: "inside"}, result.dns)
}

// startSilent starts a process on whose /etc/dead a file system is mounted that never answers, and
// in whose /etc/hosts is a link to it. giveUp ends all waiting for an answer.
func startSilent(t *testing.T) (pid model.PIDType, giveUp func()) {
	t.Helper()
	testkit.RequireRoot(t)
	fuse, err := unix.Open("/dev/fuse", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		testkit.Missing(t, "/dev/fuse", "load the kernel module fuse")
	}
	giveUp = sync.OnceFunc(func() { _ = unix.Close(fuse) })
	t.Cleanup(giveUp)
	pid = startHostile(t, func() error {
		if err := os.WriteFile("/etc/resolv.conf", []byte("nameserver 10.0.0.53\n"), 0o644); err != nil {
			return err
		}
		if err := os.Mkdir("/etc/dead", 0o755); err != nil {
			return err
		}
		if err := os.Symlink("dead/hosts", "/etc/hosts"); err != nil {
			return err
		}
		return unix.Mount("dead", "/etc/dead", "fuse", unix.MS_NODEV|unix.MS_NOSUID, fmt.Sprintf("fd=%d,rootmode=40000,user_id=0,group_id=0", fuse))
	})
	return pid, giveUp
}

func TestFileSystemThatIsServedIsNotAsked(t *testing.T) {
	pid, _ := startSilent(t)
	reader := newDNSReader("/proc")
	result := reader.read(context.Background(), pid)
	require.Equal(t, DnsConfiguration{Nameservers: mustNameservers("nameserver 10.0.0.53\n")}, result.dns)
	require.Equal(t, problemsOf("/etc/hosts", errServed), result.problems)
	require.Zero(t, reader.files.stuck.Load(), "no thread hangs")

	root, err := openRoot("/proc", int(pid))
	require.NoError(t, err)
	defer root.close()
	for path, want := range map[string]error{
		"/etc/dead": errServed, "/etc/dead/x": errServed, "/etc/dead/../dead/x": errServed, "etc/../../etc/hosts": errServed,
		"/none": unix.ENOENT, "/etc/resolv.conf/x": unix.ENOTDIR, "/proc/self/root/etc/resolv.conf": unix.ELOOP,
		"/../etc/./resolv.conf": nil, "/": nil, "/..": nil,
	} {
		fd, err := root.handle(path)
		require.ErrorIs(t, err, want, path)
		if err == nil {
			require.NoError(t, unix.Close(fd))
		}
	}
}

func TestFileSystemThatNeverAnswers(t *testing.T) {
	pid, giveUp := startSilent(t)
	// As if the file system had been mounted only after it was looked at what is mounted.
	proc := t.TempDir()
	base := filepath.Join(proc, strconv.Itoa(int(pid)))
	require.NoError(t, os.Mkdir(base, 0o755))
	require.NoError(t, os.Symlink(fmt.Sprintf("/proc/%d/root", pid), filepath.Join(base, "root")))
	reader := newDNSReader(proc)
	reader.files.timeout = 200 * time.Millisecond
	start := time.Now()
	result := reader.read(context.Background(), pid)
	require.Less(t, time.Since(start), 5*time.Second)
	require.Equal(t, mustNameservers("nameserver 10.0.0.53\n"), result.dns.Nameservers, "what was read before counts")
	require.Len(t, result.problems, 3)
	require.Equal(t, dnsProblem{FindingNetns, "/etc/hosts could not be read: the file system does not answer"}, result.problems[0])
	require.EqualValues(t, 1, reader.files.stuck.Load(), "a thread hangs")
	require.EqualValues(t, 1, unanswered.Threads())

	reader.files.stuck.Store(maxStuck)
	result = reader.read(context.Background(), model.PIDType(os.Getpid()))
	require.Equal(t, problemsOf("root directory", errStuck), result.problems, "no more threads are risked")
	reader.files.stuck.Store(1)

	giveUp()
	require.Eventually(t, func() bool { return reader.files.stuck.Load() == 0 }, 10*time.Second, 10*time.Millisecond)
	require.Zero(t, unanswered.Threads())
}

func TestFilesOfARootAreReadOnce(t *testing.T) {
	pid := startHostile(t, func() error { return os.WriteFile("/etc/hostname", []byte("first\n"), 0o644) })
	reader := newDNSReader("/proc")
	require.Equal(t, "first", reader.read(context.Background(), pid).dns.EtcHostname)
	require.NoError(t, os.WriteFile(fmt.Sprintf("/proc/%d/root/etc/hostname", pid), []byte("second\n"), 0o644))
	require.Equal(t, "first", reader.read(context.Background(), pid).dns.EtcHostname)
	require.Len(t, reader.known, 1)
	require.Equal(t, "second", newDNSReader("/proc").read(context.Background(), pid).dns.EtcHostname)
}

func TestProcessThatIsGone(t *testing.T) {
	tenants, problems := newTenants(context.Background(), "/proc", []*model.Process{{PID: 1<<22 + 1}})
	require.Equal(t, DnsConfiguration{}, tenants[0].DNS)
	require.Nil(t, tenants[0].BoundingCaps)
	require.Empty(t, problems)
}

func TestVisitingUTSNamespacesReturns(t *testing.T) {
	var own unix.Utsname
	require.NoError(t, unix.Uname(&own))
	pid := startHostile(t, func() error { return nil })
	for range 20 {
		hostnames, denied := utsHostnames("/proc", []model.PIDType{pid, model.PIDType(os.Getpid()), pid, 1<<22 + 1})
		require.False(t, denied)
		require.Equal(t, map[model.PIDType]string{
			pid:                        "hostile",
			model.PIDType(os.Getpid()): unix.ByteSliceToString(own.Nodename[:]),
		}, hostnames)
	}
	home, err := os.Readlink("/proc/self/ns/uts")
	require.NoError(t, err)
	away := func() (count int) {
		threads, err := filepath.Glob("/proc/self/task/*/ns/uts")
		require.NoError(t, err)
		for _, thread := range threads {
			if uts, err := os.Readlink(thread); err == nil && uts != home {
				count++
			}
		}
		return count
	}
	// A thread that was elsewhere ends, which the kernel takes a moment for.
	require.Eventually(t, func() bool { return away() == 1 }, 5*time.Second, 5*time.Millisecond, "only the hostile thread is elsewhere")
}

func TestTenantOfThisProcess(t *testing.T) {
	var uts unix.Utsname
	require.NoError(t, unix.Uname(&uts))
	tenant := NewTenant(&model.Process{PID: model.PIDType(os.Getpid())})
	require.Equal(t, unix.ByteSliceToString(uts.Nodename[:]), tenant.DNS.Hostname)
	require.NotEmpty(t, tenant.BoundingCaps)
}
