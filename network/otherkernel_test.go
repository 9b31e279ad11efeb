package network_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/hostwire/hostwire/network"
	"github.com/hostwire/hostwire/snapshot"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// keepOtherKernel writes the discovery made in the other kernel as a snapshot to a file.
var keepOtherKernel = flag.String("otherkernel", "", "write the snapshot of the other kernel's lab to `FILE`")

// insideOtherKernel names the directory for results, and is set only for the part of the test that
// runs in the other kernel.
const insideOtherKernel = "HOSTWIRE_OTHER_KERNEL"

// TestOtherKernel boots user-mode Linux with this machine's file system, which has the kinds of
// interfaces that the running kernel lacks. This very test is its init: it builds a lab, discovers
// it, and checks what it finds.
func TestOtherKernel(t *testing.T) {
	if results := os.Getenv(insideOtherKernel); results != "" && os.Getpid() == 1 {
		inOtherKernel(t, results)
		return
	}
	testkit.RequireRoot(t)
	linux := testkit.RequireTool(t, "linux.uml", "user-mode-linux")
	testkit.RequireTool(t, "modprobe", "kmod")
	testkit.RequireTool(t, "bridge", "iproute2")
	self, err := os.Executable()
	require.NoError(t, err)
	results := t.TempDir()

	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, linux,
		"umid=hostwire-"+strconv.Itoa(os.Getpid()), "mem=256M", "quiet", "panic=-1",
		"rootfstype=hostfs", "rootflags=/", "ro",
		"con=null", "con0=null,fd:1", "ssl=null",
		insideOtherKernel+"="+results,
		"init="+self, "--", "-test.run=^TestOtherKernel$", "-test.v", "-test.timeout=150s")
	// Its control socket goes there.
	cmd.Env = append(os.Environ(), "HOME="+results)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	var console bytes.Buffer
	cmd.Stdout, cmd.Stderr = &console, &console
	started := time.Now()
	err = cmd.Run()
	t.Logf("the other kernel ran for %v", time.Since(started).Round(time.Millisecond))
	require.NoError(t, ctx.Err(), "%s", console.String())
	verdict, readErr := os.ReadFile(filepath.Join(results, "verdict"))
	require.NoError(t, readErr, "the other kernel ended early (%v):\n%s", err, console.String())
	require.Equal(t, "passed", string(verdict), "%s", console.String())

	captured, err := os.ReadFile(filepath.Join(results, "snapshot.json"))
	require.NoError(t, err)
	if *keepOtherKernel != "" {
		require.NoError(t, os.WriteFile(*keepOtherKernel, captured, 0o644))
	}
	// What was seen there, and only there, reads the same from its snapshot here.
	d, err := snapshot.Decode(bytes.NewReader(captured))
	require.NoError(t, err)
	checkOtherKernel(t, d)
}

// inOtherKernel is init. It must not return before the kernel is told to stop.
func inOtherKernel(t *testing.T, results string) {
	passed := t.Run("inside", func(t *testing.T) {
		for _, m := range []struct{ source, target, kind, options string }{
			{"proc", "/proc", "proc", ""},
			{"sysfs", "/sys", "sysfs", ""},
			{"tmpfs", "/run", "tmpfs", "mode=755"},
		} {
			require.NoError(t, unix.Mount(m.source, m.target, m.kind, 0, m.options), m.target)
		}
		require.NoError(t, os.Mkdir("/run/results", 0o755))
		require.NoError(t, unix.Mount("none", "/run/results", "hostfs", 0, results))
		require.NoError(t, unix.Mount("tmpfs", "/tmp", "tmpfs", 0, ""))
		t.Setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
		require.NoError(t, unix.Sethostname([]byte("manykinds")))

		buildOtherKernelLab(t)
		d, err := network.Discover(t.Context(), network.Options{NoEngines: true})
		require.NoError(t, err)
		checkOtherKernel(t, d)
		checkHandlesInOtherKernel(t, d)
		var encoded bytes.Buffer
		require.NoError(t, snapshot.Encode(&encoded, d))
		require.NoError(t, os.WriteFile("/run/results/snapshot.json", encoded.Bytes(), 0o644))
	})
	verdict := "failed"
	if passed {
		verdict = "passed"
	}
	_ = os.WriteFile("/run/results/verdict", []byte(verdict), 0o644)
	unix.Sync()
	if err := unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF); err != nil {
		fmt.Println("power off:", err)
	}
	select {}
}

// otherKernelLab is made of commands of ip(8) and bridge(8), one a line, in the initial namespace.
const otherKernelLab = `
ip link set lo up
ip netns add web
ip netns add db
ip netns add edge

ip link add uplink0 type dummy
ip link add uplink1 type dummy
ip link add bond0 type bond mode active-backup miimon 100
ip link set uplink0 master bond0
ip link set uplink1 master bond0
ip link set uplink0 up
ip link set uplink1 up
ip link set bond0 up
ip addr add 192.0.2.1/24 dev bond0
ip addr add 2001:db8::1/64 dev bond0 nodad

ip link add link bond0 name bond0.100 type vlan id 100
ip link add link bond0 name stag type vlan proto 802.1ad id 200
ip link add link stag name ctag type vlan id 30
ip link add link bond0 name vlan42 type vlan id 42
ip link set vlan42 netns web
ip link add link bond0 name vlansame index 300 type vlan id 43
ip -n web link add filler index 301 type dummy

ip link add port2 type dummy
ip link add team0 type team
ip link set port2 master team0

ip link add vrf-red type vrf table 1001
ip link add port3 type dummy
ip link set port3 master vrf-red
ip link set vrf-red up

ip link add port4 type dummy
ip link add link port4 name ipvl0 type ipvlan mode l3 vepa
ip link set ipvl0 netns web
ip link add link port4 name ipvt0 type ipvtap mode l3 vepa

ip link add port5 type dummy
ip link add link port5 name mvt0 type macvtap mode passthru

ip link add gnv0 type geneve id 77 remote 192.0.2.77 dstport 6081
ip link set gnv0 netns db
ip link add vx0 type vxlan id 88 dev bond0 group 239.0.0.88 dstport 4789
ip link set vx0 netns db

ip link add gre1 type gre local 192.0.2.1 remote 192.0.2.9 ikey 5 okey 6 ttl 64 dev bond0
ip link set gre1 netns edge
ip link add gretap1 type gretap local 192.0.2.1 remote 192.0.2.10 key 7
ip link add erspan1 type erspan local 192.0.2.1 remote 192.0.2.11 key 8 seq erspan_ver 1 erspan 123
ip link add ipip1 type ipip local 192.0.2.1 remote 192.0.2.12 ttl 32 dev bond0
ip link add sit1 type sit local 192.0.2.1 remote 192.0.2.13
ip link add ip6tnl1 type ip6tnl local 2001:db8::1 remote 2001:db8::2 encaplimit 3 dev bond0
ip link add ip6gre1 type ip6gre local 2001:db8::1 remote 2001:db8::3 key 9
ip link add ip6gretap1 type ip6gretap local 2001:db8::1 remote 2001:db8::4
ip link add vti1 type vti local 192.0.2.1 remote 192.0.2.14 ikey 10 okey 11
ip link add vti61 type vti6 local 2001:db8::1 remote 2001:db8::5 ikey 12 okey 13

ip link add port6 type dummy
ip link add link port6 name macsec0 type macsec port 11 encrypt on
ip link add port7 type dummy
ip link add port8 type dummy
ip link add hsr0 type hsr slave1 port7 slave2 port8 version 1
ip link add port9 type dummy
ip link add port10 type dummy
ip link add prp0 type hsr slave1 port9 slave2 port10 proto 1

ip link add br0 type bridge vlan_filtering 1 stp_state 1
ip link add vweb type veth peer name eth0 netns web
ip link add vdb type veth peer name eth0 netns db
ip link set vweb master br0 up
ip link set vdb master br0 up
ip link set br0 up
ip -n web link set eth0 up
ip -n db link set eth0 up
ip -n web addr add 10.0.10.2/24 dev eth0
ip -n db addr add 10.0.20.2/24 dev eth0
bridge vlan add vid 10 pvid untagged dev vweb
bridge vlan add vid 20-22 dev vdb

ip link add can0 type vxcan peer name can1
ip link set can1 netns edge
ip link add mon0 type nlmon
ip link add ifbx type ifb
`

// otherKernelModules are loaded beforehand, as the other kernel does not find any by itself.
var otherKernelModules = []string{
	"ipv6", "unix_diag", "udp_diag", "dummy", "bonding", "8021q", "team", "team_mode_roundrobin", "vrf", "ipvlan", "ipvtap", "macvtap",
	"geneve", "vxlan", "ip_gre", "ipip", "sit", "ip6_tunnel", "ip6_gre", "ip_vti", "ip6_vti", "macsec", "hsr",
	"bridge", "veth", "vxcan", "nlmon", "ifb", "openvswitch", "nf_tables",
}

func buildOtherKernelLab(t *testing.T) {
	t.Helper()
	release := strings.TrimSpace(testkit.Run(t, "uname", "-r"))
	require.NoError(t, os.MkdirAll("/tmp/lib/modules", 0o755))
	require.NoError(t, os.Symlink("/usr/lib/uml/modules/"+release, "/tmp/lib/modules/"+release))
	testkit.Run(t, "modprobe", append([]string{"-d", "/tmp", "-a"}, otherKernelModules...)...)
	for line := range strings.Lines(otherKernelLab) {
		if words := strings.Fields(line); len(words) > 0 {
			testkit.Run(t, words[0], words[1:]...)
		}
	}
	makeOVSDatapath(t, "ovs-test", "port11")
}

func lookup(t *testing.T, d *network.Discovery, netns, name string) network.Interface {
	t.Helper()
	for _, n := range d.Netns {
		if netns == "" && n.Initial || netns != "" && len(n.Paths) > 0 && n.Paths[0] == "/run/netns/"+netns {
			nif := n.NamedNifs[name]
			require.NotNil(t, nif, "%s in %q: there is %s", name, netns, n.NifsString())
			return nif
		}
	}
	t.Fatalf("no namespace %q", netns)
	return nil
}

// checkOtherKernel checks each kind, each relation, and each attribute.
func checkOtherKernel(t *testing.T, d *network.Discovery) {
	t.Helper()
	at := func(netns, name string) network.Interface { t.Helper(); return lookup(t, d, netns, name) }
	here := func(name string) network.Interface { t.Helper(); return lookup(t, d, "", name) }
	lower := func(nif, want network.Interface) {
		t.Helper()
		assert.Same(t, want, nif.Nif().Lower, "lower of %s", nif.Nif().Name)
		assert.Contains(t, want.Nif().Slaves, nif)
		assert.Empty(t, nif.Nif().Unresolved)
	}
	assert.Equal(t, "manykinds", d.Host.Name)
	assert.True(t, strings.HasPrefix(d.Host.Kernel, "6."), d.Host.Kernel)
	require.Len(t, d.Netns, 4)

	bond := here("bond0")
	b := bond.(network.Bond).Bond()
	assert.Equal(t, "bond", b.Kind)
	assert.Equal(t, "active-backup", b.Mode)
	assert.Equal(t, network.Interfaces{here("uplink0"), here("uplink1")}, b.Members)
	assert.Contains(t, b.Members, b.Active)
	assert.Same(t, bond, here("uplink0").Nif().Controller)
	assert.Nil(t, here("uplink0").Nif().Bridge)
	assert.Equal(t, "dummy", here("uplink0").Nif().Kind)
	assert.False(t, here("uplink0").Nif().Physical)

	checkVlans(t, at, here, lower)
	assert.Equal(t, network.Interfaces{here("port2")}, here("team0").(network.Team).Team().Members)
	vrf := here("vrf-red").(network.Vrf).Vrf()
	assert.EqualValues(t, 1001, vrf.Table)
	assert.Equal(t, network.Interfaces{here("port3")}, vrf.Members)

	for _, ipvlan := range []network.Interface{at("web", "ipvl0"), here("ipvt0")} {
		lower(ipvlan, here("port4"))
		i := ipvlan.(network.Ipvlan).Ipvlan()
		assert.Same(t, here("port4"), i.Master)
		assert.Equal(t, "l3", i.Mode)
		assert.Equal(t, "vepa", i.Flag)
	}
	assert.Equal(t, "ipvlan", at("web", "ipvl0").Nif().Kind)
	assert.Equal(t, "ipvtap", here("ipvt0").Nif().Kind)
	lower(here("mvt0"), here("port5"))
	assert.Equal(t, "passthru", here("mvt0").(network.Macvlan).Macvlan().Mode.String())

	geneve := at("db", "gnv0").(network.Geneve).Geneve()
	assert.EqualValues(t, 77, geneve.VNI)
	assert.Equal(t, "192.0.2.77", geneve.Remote.String())
	assert.EqualValues(t, 6081, geneve.DestinationPort)
	assert.Nil(t, geneve.Lower, "its packets travel elsewhere, but it stands on nothing")
	lower(at("db", "vx0"), bond)
	assert.EqualValues(t, 88, at("db", "vx0").(network.Vxlan).Vxlan().VID)

	checkTunnels(t, at, here)

	macsec := here("macsec0").(network.Macsec).Macsec()
	lower(here("macsec0"), here("port6"))
	assert.Same(t, here("port6"), macsec.Master)
	assert.True(t, macsec.Encrypt)
	assert.EqualValues(t, 11, macsec.SCI&0xffff, "the port")
	hsr, prp := here("hsr0").(network.Hsr).Hsr(), here("prp0").(network.Hsr).Hsr()
	assert.Equal(t, "hsr", hsr.Protocol)
	assert.Same(t, here("port7"), hsr.PortA)
	assert.Same(t, here("port8"), hsr.PortB)
	assert.Equal(t, "prp", prp.Protocol)
	assert.Same(t, here("port9"), prp.PortA)

	checkBridge(t, at, here)
	assert.Same(t, at("edge", "can1"), here("can0").(network.Veth).Veth().Peer)
	assert.Same(t, here("can0"), at("edge", "can1").(network.Veth).Veth().Peer)
	assert.Equal(t, "nlmon", here("mon0").Nif().Kind, "an unknown kind keeps the kernel's name")
	assert.IsType(t, &network.NifAttrs{}, here("mon0"))

	ovs := here("ovs-test").(network.Ovs).Ovs()
	assert.Equal(t, "openvswitch", ovs.Kind)
	assert.Contains(t, ovs.Members, here("port11"))
	for _, finding := range d.Findings {
		t.Errorf("finding: %s %s %s", finding.Kind, finding.Subject, finding.Message)
	}
}

func checkVlans(t *testing.T, at func(string, string) network.Interface, here func(string) network.Interface, lower func(nif, want network.Interface)) {
	t.Helper()
	for _, vlan := range []struct {
		nif, master network.Interface
		vid         uint16
		protocol    string
	}{
		{here("bond0.100"), here("bond0"), 100, "802.1q"},
		{here("stag"), here("bond0"), 200, "802.1ad"},
		{here("ctag"), here("stag"), 30, "802.1q"},
		{at("web", "vlan42"), here("bond0"), 42, "802.1q"},
		{here("vlansame"), here("bond0"), 43, "802.1q"},
	} {
		v := vlan.nif.(network.Vlan).Vlan()
		assert.Same(t, vlan.master, v.Master)
		assert.Equal(t, vlan.vid, v.VID)
		assert.Equal(t, vlan.protocol, v.VlanProtocol.String())
		lower(vlan.nif, vlan.master)
	}
}

func checkTunnels(t *testing.T, at func(string, string) network.Interface, here func(string) network.Interface) {
	t.Helper()
	for _, test := range []struct {
		nif           network.Interface
		kind          string
		local, remote string
		inKey, outKey uint32
		ttl, encap    uint8
		carrier       network.Interface
	}{
		{at("edge", "gre1"), "gre", "192.0.2.1", "192.0.2.9", 5, 6, 64, 0, here("bond0")},
		{here("gretap1"), "gretap", "192.0.2.1", "192.0.2.10", 7, 7, 0, 0, nil},
		{here("erspan1"), "erspan", "192.0.2.1", "192.0.2.11", 8, 8, 0, 0, nil},
		{here("ipip1"), "ipip", "192.0.2.1", "192.0.2.12", 0, 0, 32, 0, here("bond0")},
		{here("sit1"), "sit", "192.0.2.1", "192.0.2.13", 0, 0, 0, 0, nil},
		{here("ip6tnl1"), "ip6tnl", "2001:db8::1", "2001:db8::2", 0, 0, 64, 3, here("bond0")},
		{here("ip6gre1"), "ip6gre", "2001:db8::1", "2001:db8::3", 9, 9, 64, 4, nil},
		{here("ip6gretap1"), "ip6gretap", "2001:db8::1", "2001:db8::4", 0, 0, 64, 4, nil},
		{here("vti1"), "vti", "192.0.2.1", "192.0.2.14", 10, 11, 0, 0, nil},
		{here("vti61"), "vti6", "2001:db8::1", "2001:db8::5", 12, 13, 0, 0, nil},
	} {
		tunnel, ok := test.nif.(network.Tunnel)
		if !assert.True(t, ok, test.kind) {
			continue
		}
		a := tunnel.Tunnel()
		assert.Equal(t, test.kind, a.Kind)
		assert.Equal(t, test.local, a.Local.String(), test.kind)
		assert.Equal(t, test.remote, a.Remote.String(), test.kind)
		assert.Equal(t, test.inKey, a.InKey, test.kind)
		assert.Equal(t, test.outKey, a.OutKey, test.kind)
		assert.Equal(t, test.ttl, a.TTL, test.kind)
		assert.Equal(t, test.encap, a.EncapLimit, test.kind)
		if test.carrier == nil {
			assert.Nil(t, a.Carrier, test.kind)
		} else {
			assert.Same(t, test.carrier, a.Carrier, test.kind)
		}
	}
}

func checkBridge(t *testing.T, at func(string, string) network.Interface, here func(string) network.Interface) {
	t.Helper()
	bridge := here("br0").(network.Bridge).Bridge()
	assert.True(t, bridge.VlanFiltering)
	assert.Equal(t, "kernel", bridge.STPState)
	assert.Equal(t, []network.Interface{here("vweb"), here("vdb")}, bridge.Ports)
	require.NotNil(t, here("vweb").Nif().BridgePort)
	assert.NotEmpty(t, here("vweb").Nif().BridgePort.State)
	assert.Equal(t, []network.PortVLAN{
		{VID: 1, Untagged: true}, {VID: 10, PVID: true, Untagged: true},
	}, here("vweb").Nif().BridgePort.VLANs)
	assert.Equal(t, []network.PortVLAN{
		{VID: 1, PVID: true, Untagged: true}, {VID: 20}, {VID: 21}, {VID: 22},
	}, here("vdb").Nif().BridgePort.VLANs)
	assert.Same(t, at("web", "eth0"), here("vweb").(network.Veth).Veth().Peer)
	assert.Same(t, here("vdb"), at("db", "eth0").(network.Veth).Veth().Peer)
}

// checkHandlesInOtherKernel checks what a snapshot does not carry.
func checkHandlesInOtherKernel(t *testing.T, d *network.Discovery) {
	t.Helper()
	for _, n := range d.Netns {
		for _, nif := range n.Nifs {
			require.NotNil(t, nif.Nif().Link)
			assert.Equal(t, nif.Nif().Name, nif.Nif().Link.Attrs().Name)
		}
		assert.NoError(t, n.OpenInNetworkNamespace(func() error { return nil }))
		if err := n.OpenInNetworkNamespace(func() error { return errors.ErrUnsupported }); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("error of the opener came back as %v", err)
		}
	}
}

// TestSnapshotOfTheOtherKernel checks the snapshot that was kept of the other kernel's lab, where
// there is none to boot. Regenerate it with -otherkernel testdata/manykinds.json.
func TestSnapshotOfTheOtherKernel(t *testing.T) {
	captured, err := os.ReadFile("testdata/manykinds.json")
	require.NoError(t, err)
	d, err := snapshot.Decode(bytes.NewReader(captured))
	require.NoError(t, err)
	checkOtherKernel(t, d)
}
