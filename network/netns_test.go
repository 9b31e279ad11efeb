package network

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hostwire/hostwire/internal/plainns"
	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/thediveo/lxkns/model"
	"github.com/thediveo/lxkns/species"
	"golang.org/x/sys/unix"
)

func plainNetns(ino uint64, tenants ...*model.Process) *NetworkNamespace {
	n := &NetworkNamespace{
		Namespace: &plainns.Namespace{NSID: species.NamespaceID{Dev: 4, Ino: ino}, NSType: species.CLONE_NEWNET, Seniors: tenants},
		Nifs:      map[int]Interface{}, NamedNifs: map[string]Interface{},
	}
	for _, proc := range tenants {
		n.Tenants = append(n.Tenants, &Tenant{Process: proc})
		proc.Namespaces[model.NetNS] = n.Namespace
	}
	return n
}

func process(pid model.PIDType, name string) *model.Process {
	return &model.Process{PID: pid, ProTaskCommon: model.ProTaskCommon{Name: name}, Cmdline: []string{"/usr/bin/" + name}}
}

func TestDisplayNames(t *testing.T) {
	initial := process(1, "systemd")
	assert.Equal(t, (&Tenant{Process: initial}).Name(), plainNetns(1, process(100, "aaa"), initial).DisplayName(), "PID 1 comes first")
	two := plainNetns(2, process(300, "zebra"), process(200, "apache"))
	assert.Equal(t, (&Tenant{Process: two.Tenants[1].Process}).Name(), two.DisplayName())
	empty := plainNetns(4026532000)
	assert.Equal(t, "net:[4026532000]", empty.DisplayName())
	empty.Paths = []string{"/run/netns/lab", "/run/netns/lab2"}
	assert.Equal(t, "/run/netns/lab", empty.DisplayName())
	// PID 1's namespaces are unreadable: it is nobody's tenant, but it is a tenant's parent.
	child := process(50, "cron")
	child.Parent = initial
	hardened := plainNetns(3, child)
	hardened.Initial = true
	assert.Equal(t, "systemd", hardened.DisplayName())
	assert.Empty(t, (&NetworkNamespace{}).DisplayName())
}

func TestNamespacesSortWithTheInitialOneFirst(t *testing.T) {
	initial := plainNetns(9, process(1, "zinit"))
	unreadable := plainNetns(8, process(2000, "zother"))
	a, b, unnamed := plainNetns(7, process(10, "a")), plainNetns(6, process(11, "b")), plainNetns(5)
	all := NetworkNamespaces{}
	for _, n := range []*NetworkNamespace{b, initial, unnamed, a} {
		all[n.ID()] = n
	}
	assert.Equal(t, NetworkNamespaceList{initial, a, b, unnamed}, all.Sorted())
	names := strings.Split(all.String(), ", ")
	assert.Len(t, names, 4)
	assert.Equal(t, initial.DisplayName(), names[0])

	unreadable.Initial = true
	list := NetworkNamespaceList{b, unreadable, a}
	list.Sort()
	assert.Equal(t, NetworkNamespaceList{unreadable, a, b}, list)
}

func TestNamespacesByProcessAndContainer(t *testing.T) {
	proc := process(10, "a")
	n := plainNetns(7, proc)
	all := NetworkNamespaces{n.ID(): n}
	assert.Same(t, n, all.ByProcess(proc))
	assert.Nil(t, all.ByProcess(process(11, "b")))
	assert.Nil(t, all.ByProcess(nil))
	assert.Same(t, n, all.ByContainer(&model.Container{Process: proc}))
	assert.Nil(t, all.ByContainer(&model.Container{}))
	assert.Nil(t, all.ByContainer(nil))
}

func TestNamespaceListsItsInterfaces(t *testing.T) {
	n := plainNetns(4026532000)
	n.addNif(&NifAttrs{Name: "eth0", Index: 2})
	n.addNif(&NifAttrs{Name: "lo", Index: 1})
	assert.Equal(t, "net:[4026532000]: [lo(1), eth0(2)]", n.NifsString())
	assert.Len(t, n.NifList(), 2)
}

func TestInitialNamespaceWhereProcess1IsUnreadable(t *testing.T) {
	own, ok := statNamespace("/proc/self/ns/net")
	require.True(t, ok)
	// procWith makes a tree like procfs; a process's link to its namespace can be one to nowhere.
	procWith := func(one, two, stat string) string {
		proc := t.TempDir()
		for pid, target := range map[string]string{"1": one, "2": two, "self": "/proc/self/ns/net"} {
			require.NoError(t, os.MkdirAll(filepath.Join(proc, pid, "ns"), 0o755))
			require.NoError(t, os.Symlink(target, filepath.Join(proc, pid, "ns/net")))
		}
		require.NoError(t, os.WriteFile(filepath.Join(proc, "2/stat"), []byte(stat), 0o600))
		return proc
	}
	const (
		kthreadd = "2 (kthreadd) S 0 0 0 0 -1 2129984 0 0"
		other    = "2 (kthreadd) S 1 0 0 0 -1 2129984 0 0"
		plain    = "2 (kthreadd) S 0 0 0 0 -1 4194560 0 0"
	)
	for _, test := range []struct {
		name     string
		proc     string
		process  model.PIDType
		findings int
	}{
		{"process 1 tells", procWith("/proc/self/ns/net", "/nowhere", kthreadd), 1, 0},
		{"process 1 is unreadable, kthreadd tells", procWith("/nowhere", "/proc/self/ns/net", kthreadd), 2, 0},
		{"process 2 only poses as kthreadd", procWith("/nowhere", "/proc/self/ns/net", other), 0, 1},
		{"process 2 is no thread of the kernel", procWith("/nowhere", "/proc/self/ns/net", plain), 0, 1},
		{"both are unreadable", procWith("/nowhere", "/nowhere", kthreadd), 0, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, test.process, initialProcess(test.proc))
			n := plainNetns(0)
			n.Namespace.(*plainns.Namespace).NSID = own
			decoy := plainNetns(1)
			all := NetworkNamespaces{own: n, decoy.ID(): decoy}
			findings := markInitial(test.proc, all)
			assert.True(t, n.Initial)
			assert.False(t, decoy.Initial)
			if own.Ino == initialInode {
				assert.Empty(t, findings, "the inode number tells")
			} else {
				assert.Len(t, findings, test.findings)
			}
		})
	}
}

func TestDiscoveryHasOneInitialNamespace(t *testing.T) {
	d := discoverLab(t)
	var initial NetworkNamespaceList
	for _, n := range d.Netns {
		if n.Initial {
			initial = append(initial, n)
		}
	}
	require.Len(t, initial, 1)
	assert.Same(t, initial[0], d.Netns.Sorted()[0])
	if id, ok := netnsOf("/proc", 2); ok && isKernelThreadDaemon("/proc", 2) {
		assert.Equal(t, id, initial[0].ID())
	}
	assert.NotEmpty(t, d.Host.Name)
	assert.NotEmpty(t, d.Host.Kernel)
}

func TestBindMountsAreRead(t *testing.T) {
	const mountinfo = `25 30 0:23 / /sys rw,nosuid shared:7 - sysfs sysfs rw
100 60 0:4 net:[4026532201] /run/netns/lab rw shared:1 - nsfs nsfs rw
101 60 0:4 net:[4026532201] /run/netns/a\040b\134c rw - nsfs nsfs rw
102 60 0:4 net:[4026532201] /run/netns/lab rw - nsfs nsfs rw
103 60 0:4 mnt:[4026532300] /run/mnt/ns rw - nsfs nsfs rw
104 60 0:4 net:[oops] /run/netns/bad rw - nsfs nsfs rw
105 60 0:4 net:[4026532202 /run/netns/bad rw - nsfs nsfs rw
106 60 x:4 net:[4026532203] /run/netns/bad rw - nsfs nsfs rw
107 60 0:4 net:[4026532204] relative rw - nsfs nsfs rw
108 60 8:1 /net:[4026532205] /srv rw - ext4 /dev/sda1 rw
short - nsfs nsfs rw
`
	paths, mounts, err := parseNamespaceMounts(strings.NewReader(mountinfo))
	require.NoError(t, err)
	id := func(ino uint64) species.NamespaceID { return species.NamespaceID{Dev: unix.Mkdev(0, 4), Ino: ino} }
	assert.Equal(t, map[species.NamespaceID][]string{id(4026532201): {`/run/netns/a b\c`, "/run/netns/lab"}}, paths)
	assert.Equal(t, map[species.NamespaceID]string{id(4026532300): "/run/mnt/ns"}, mounts)
	assert.Equal(t, `a\9b\`, unescapeMount(`a\9b\`), "what is no escape stays")
}

func FuzzMountinfo(f *testing.F) {
	f.Add("100 60 0:4 net:[4026532201] /run/netns/a\\040b rw - nsfs nsfs rw\n")
	f.Add("90 28 0:50 / /mnt rw - fuse.sshfs me@there: rw\n")
	f.Fuzz(func(t *testing.T, text string) {
		if served, err := parseServedMounts(strings.NewReader(text)); len(served) > strings.Count(text, " - ") || err != nil && served != nil {
			t.Errorf("%d served mounts, %v", len(served), err)
		}
		paths, _, _ := parseNamespaceMounts(strings.NewReader(text))
		for _, list := range paths {
			for _, path := range list {
				if !strings.HasPrefix(path, "/") {
					t.Errorf("path %q", path)
				}
			}
		}
	})
}

func TestOSReleaseTellsTheSystemsName(t *testing.T) {
	for text, want := range map[string]string{
		"NAME=x\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n": "Debian GNU/Linux 12 (bookworm)",
		"PRETTY_NAME='single'":         "single",
		"PRETTY_NAME=plain":            "plain",
		`PRETTY_NAME="a \"b\" \\ \$c"`: `a "b" \ $c`,
		"NAME=none":                    "",
		"":                             "",
	} {
		assert.Equal(t, want, parseOSRelease(text))
	}
}

func TestOpenInNetworkNamespacePassesErrorsOn(t *testing.T) {
	a := testkit.Netns(t, "a")
	d := discoverLab(t)
	n := named(t, d.Netns, a)
	assert.Same(t, os.ErrClosed, n.OpenInNetworkNamespace(func() error { return os.ErrClosed }))
	testkit.Run(t, "ip", "netns", "delete", a)
	called := false
	assert.Error(t, n.OpenInNetworkNamespace(func() error { called = true; return nil }))
	assert.False(t, called)
	fd, err := n.OpenEthtool()
	assert.Error(t, err)
	assert.Equal(t, -1, fd)
	_, err = n.OpenNetlink()
	assert.Error(t, err)
	_, err = (&NetworkNamespace{}).OpenNetlink()
	assert.Error(t, err)
}
