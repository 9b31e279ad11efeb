// Package labs tests the labs: that each is what it says, and leaves nothing behind.
package labs

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/hostwire/hostwire/network"
	"github.com/hostwire/hostwire/snapshot"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// labs are the labs with the wires that a look at them must find: all of them and no others.
var labs = map[string][]string{
	"docker-bridge": {
		"veth-api port of docker0", "veth-db port of docker0", "veth-web port of docker0",
		"veth-api = api:eth0", "veth-db = db:eth0", "veth-web = web:eth0",
	},
	"overlay": {
		"port1 port of switch", "port2 port of switch", "port1 = host-a:eth0", "port2 = host-b:eth0",
		"host-a:vx42 over host-a:eth0", "host-b:vx42 over host-b:eth0",
		"host-a:vx42 port of host-a:br0", "host-b:vx42 port of host-b:br0",
		"host-a:to-web-1 port of host-a:br0", "host-a:to-db-1 port of host-a:br0",
		"host-b:to-web-2 port of host-b:br0", "host-b:to-db-2 port of host-b:br0",
		"host-a:to-web-1 = web-1:eth0", "host-a:to-db-1 = db-1:eth0",
		"host-b:to-web-2 = web-2:eth0", "host-b:to-db-2 = db-2:eth0",
	},
	"macvlan": {
		"eth0 = lan:port1", "vm1 over eth0", "camera:eth0 over eth0", "printer:eth0 over eth0", "phone:eth0 over eth0",
	},
	"routers": {
		"office-a:eth0 = r1:lan", "r1:east = r2:west", "r2:east = r3:west", "office-b:eth0 = r3:lan",
	},
	"machines": {
		"eth0 = lan:port1", "tap1 port of virbr0", "tap2 port of virbr0", "tap3 port of virbr0",
	},
	"ports": {
		"eth0 = lan:port1", "veth-web port of br0", "veth-api port of br0", "veth-web = web:eth0", "api:eth0 = veth-api",
	},
	"oddities": {
		"left:twin-l = right:twin-r", "far:mv0 over left:twin-l", "right:mv1 over left:twin-l", "far:vx7 over left:twin-l",
		"left:loop-a = left:loop-b", `a"<b>&c:<i>"&amp; = right:x|{y}`, "?:eth0 = left:to-hidden",
	},
}

// vlans are the wires that the routers have where the kernel has VLANs.
var vlans = []string{
	"r2:east.10 over r2:east", "r2:east.20 over r2:east", "r3:west.10 over r3:west", "r3:west.20 over r3:west",
}

func TestEveryLabIsTestedAndExplained(t *testing.T) {
	files, err := filepath.Glob("*.sh")
	require.NoError(t, err)
	readme, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	for _, file := range files {
		name := strings.TrimSuffix(file, ".sh")
		if name == "lib" {
			continue
		}
		assert.Contains(t, string(readme), "| `"+name+"` |")
		if _, engine := engineLabs[name]; !engine && name != "kinds" { // whose wires depend on the kernel.
			assert.Contains(t, labs, name)
		}
	}
}

// hostwire builds the program, for this test alone.
func hostwire(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "hostwire")
	out, err := exec.Command("go", "build", "-o", program, "../../cmd/hostwire").CombinedOutput()
	require.NoError(t, err, "%s", out)
	return program
}

func needTools(t *testing.T) {
	testkit.RequireRoot(t)
	testkit.RequireTool(t, "ip", "iproute2")
	testkit.RequireTool(t, "unshare", "util-linux")
	testkit.RequireTool(t, "socat", "socat")
	testkit.RequireTool(t, "nft", "nftables")
}

func TestLabsHaveTheirWiresAndNoOthers(t *testing.T) {
	needTools(t)
	program := hostwire(t)
	for name, want := range labs {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // they mostly wait for the kernel.
			var stderr bytes.Buffer
			cmd := exec.Command("./run", name, "--", program, "capture", "-o", "-")
			cmd.Stderr = &stderr
			out, err := cmd.Output()
			require.NoError(t, err, "%s", stderr.String())
			d, err := snapshot.Decode(bytes.NewReader(out))
			require.NoError(t, err)
			if name == "routers" && !strings.Contains(stderr.String(), "no VLANs") {
				want = append(slices.Clone(want), vlans...)
			}
			assert.Equal(t, sorted(want), sorted(wires(d)))
			assert.Equal(t, "edge-01", d.Host.Name)
			if name == "ports" {
				assert.Equal(t, []string{"8081 -> web:80", "9000 -> api:8080"}, ports(d))
			}
			if name == "machines" {
				assert.Equal(t, []string{"tap1 socat", "tap2 socat", "tap3 ", "vpn0 socat"}, taps(d))
			}
		})
	}
}

func TestLabsAreTheSameEachTime(t *testing.T) {
	needTools(t)
	program := hostwire(t)
	for _, name := range []string{"ports", "oddities"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			draw := func() string {
				return testkit.Run(t, "./run", name, "--", program, "draw", "-f", "text", "--detail", "full")
			}
			assert.Equal(t, draw(), draw())
		})
	}
}

// TestLabsLeaveNothingBehind builds the labs in the open, under prefixes of this test's own.
func TestLabsLeaveNothingBehind(t *testing.T) {
	needTools(t)
	files, err := filepath.Glob("*.sh")
	require.NoError(t, err)
	for i, file := range files {
		if file == "lib.sh" {
			continue
		}
		t.Run(strings.TrimSuffix(file, ".sh"), func(t *testing.T) {
			needLab(t, strings.TrimSuffix(file, ".sh"))
			t.Parallel()
			// Interface names have 15 letters, so there are few for the prefix.
			prefix := "t" + strconv.FormatInt(int64(os.Getpid()%46656), 36) + string(rune('a'+i)) + "-"
			lab := func(what string) { testkit.Run(t, "env", "LAB="+prefix, "sh", "./"+file, what) }
			t.Cleanup(func() { lab("down") })
			lab("up")
			assert.NotEmpty(t, withPrefix(t, prefix))
			lab("down")
			assert.Empty(t, withPrefix(t, prefix))
		})
	}
}

// withPrefix lists all that a lab could have made under a prefix.
func withPrefix(t *testing.T, prefix string) []string {
	var found []string
	for _, line := range strings.Split(testkit.Run(t, "ip", "-o", "link")+testkit.Run(t, "nft", "list", "tables"), "\n") {
		if strings.Contains(line, " "+prefix) {
			found = append(found, line)
		}
	}
	names, _ := filepath.Glob("/run/netns/" + prefix + "*")
	state, _ := filepath.Glob("/run/hostwire-lab/" + prefix + "*")
	return slices.Concat(found, names, state)
}

func TestRunTeachesItsUse(t *testing.T) {
	for _, args := range [][]string{nil, {"nonesuch"}, {"lib"}, {"ports", "ls"}, {"ports", "--"}} {
		out, err := exec.Command("./run", args...).CombinedOutput()
		var exit *exec.ExitError
		require.ErrorAs(t, err, &exit, args)
		assert.Equal(t, 2, exit.ExitCode())
		assert.Contains(t, string(out), "usage: ./run LAB")
		assert.Contains(t, string(out), "docker-bridge")
	}
}

// where names an interface: by the path of its namespace, the host's going without.
func where(nif network.Interface) string {
	ns := nif.Nif().Netns
	switch {
	case ns.Initial:
		return nif.Nif().Name
	case len(ns.Paths) == 0:
		return "?:" + nif.Nif().Name
	}
	return filepath.Base(ns.Paths[0]) + ":" + nif.Nif().Name
}

// wires lists what is wired to what.
func wires(d *network.Discovery) []string {
	found := map[string]bool{}
	for _, ns := range d.Netns {
		for _, nif := range ns.Nifs {
			if veth, ok := nif.(network.Veth); ok && veth.Veth().Peer != nil {
				found[ordered(where(nif)+" = "+where(veth.Veth().Peer))] = true
			}
			if bridge := nif.Nif().Bridge; bridge != nil {
				found[where(nif)+" port of "+where(bridge)] = true
			}
			if lower := nif.Nif().Lower; lower != nil {
				found[where(nif)+" over "+where(lower)] = true
			}
		}
	}
	var all []string
	for wire := range found {
		all = append(all, wire)
	}
	return all
}

// ordered puts the ends of a symmetrical wire into order.
func ordered(wire string) string {
	if a, b, ok := strings.Cut(wire, " = "); ok && b < a {
		return b + " = " + a
	}
	return wire
}

func sorted(wires []string) []string {
	all := make([]string, len(wires))
	for i, wire := range wires {
		all[i] = ordered(wire)
	}
	slices.Sort(all)
	return all
}

// ports lists the host's forwarded ports.
func ports(d *network.Discovery) []string {
	var all []string
	for _, ns := range d.Netns {
		for _, p := range ns.ForwardedPortsv4 {
			to := "?"
			if p.DestinationNetns != nil {
				to = filepath.Base(p.DestinationNetns.Paths[0])
			}
			all = append(all, fmt.Sprintf("%d -> %s:%d", p.PortMin, to, p.ForwardPortMin))
		}
	}
	slices.SortFunc(all, cmp.Compare[string])
	return all
}

// taps lists the TUN/TAP interfaces with the processes behind them.
func taps(d *network.Discovery) []string {
	var all []string
	for _, ns := range d.Netns {
		for _, nif := range ns.Nifs {
			if tap, ok := nif.(network.TunTap); ok {
				var names []string
				for _, p := range tap.TunTap().Processors {
					names = append(names, p.Name)
				}
				all = append(all, nif.Nif().Name+" "+strings.Join(names, ","))
			}
		}
	}
	slices.Sort(all)
	return all
}
