package snapshot

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hostwire/hostwire/network"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// readFixture reads a file of another program.
func readFixture(t *testing.T, name string) *network.Discovery {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	require.NoError(t, err)
	d, err := Decode(bytes.NewReader(text))
	require.NoError(t, err)
	validate(t, compiled(t), encoded(t, d))
	return d
}

// relations lists what is wired to what, in words.
func relations(d *network.Discovery) []string {
	where := func(nif network.Interface) string {
		ns, name := nif.Nif().Netns, nif.Nif().Name
		switch {
		case ns.Initial:
			return name
		case len(ns.Paths) > 0:
			return filepath.Base(ns.Paths[0]) + "/" + name
		default:
			return ns.Ealdorman().Name + "/" + name
		}
	}
	var all []string
	for _, ns := range d.Netns {
		for _, nif := range ns.Nifs {
			if veth, ok := nif.(network.Veth); ok && veth.Veth().Peer != nil && where(nif) < where(veth.Veth().Peer) {
				all = append(all, where(nif)+" = "+where(veth.Veth().Peer))
			}
			if c := nif.Nif().Controller; c != nil {
				all = append(all, where(nif)+" of "+where(c))
			}
			if l := nif.Nif().Lower; l != nil {
				all = append(all, where(nif)+" over "+where(l))
			}
		}
	}
	slices.Sort(all)
	return all
}

func TestPlotnetcfgIsRead(t *testing.T) {
	assert.Equal(t, []string{
		"db-1/eth0 = host-a/to-db-1", "db-2/eth0 = host-b/to-db-2", "host-a/eth0 = port1",
		"host-a/to-db-1 of host-a/br0", "host-a/to-web-1 = web-1/eth0", "host-a/to-web-1 of host-a/br0", "host-a/vx42 of host-a/br0",
		"host-b/eth0 = port2", "host-b/to-db-2 of host-b/br0", "host-b/to-web-2 = web-2/eth0", "host-b/to-web-2 of host-b/br0",
		"host-b/vx42 of host-b/br0", "port1 of switch", "port2 of switch",
	}, relations(readFixture(t, "plotnetcfg-overlay.json")))
}

// TestWhatPlotnetcfgGetsWrongIsLeftOut is about a VXLAN that was moved, which plotnetcfg wires to the
// interface that happens to have the index, and parents that are none.
func TestWhatPlotnetcfgGetsWrongIsLeftOut(t *testing.T) {
	assert.Equal(t, []string{
		`a"<b>&c/<i>"&amp; = right/x|{y}`, "far/mv0 over left/twin-l", "left/loop-a = left/loop-b",
		"left/twin-l = right/twin-r", "right/mv1 over left/twin-l",
	}, relations(readFixture(t, "plotnetcfg-oddities.json")))
}

func TestGhostwireIsRead(t *testing.T) {
	d := readFixture(t, "ghostwire.json")
	assert.Equal(t, []string{
		"api/eth0 = veth2", "eth0.10 over eth0", "lab/mv0 over eth0", "nginx/eth0 = veth1", "veth1 of docker0",
		"vx42 of docker0", "vx42 over eth0",
	}, relations(d))
	assert.Equal(t, "edge-02", d.Host.Name)
	host := sortedNetns(d.Netns)[0]
	require.True(t, host.Initial)
	assert.Equal(t, []string{"api k8s.io/cri-api", "shop-web-1 docker.com", "sidecar k8s.io/cri-api"}, containerNames(d))
	assert.Equal(t, "default/api", d.Containers[1].Groups[0].Name)
	assert.Equal(t, network.TunTapModeTap, host.NamedNifs["tap0"].(*network.TunTapAttrs).Mode)
	assert.Equal(t, "qemu", host.NamedNifs["tap0"].(*network.TunTapAttrs).Processors[0].Name)
	assert.Equal(t, network.Down, host.NamedNifs["tap0"].Nif().State)
	assert.Equal(t, uint32(42), host.NamedNifs["vx42"].(*network.VxlanAttrs).VID)
	assert.Equal(t, uint16(10), host.NamedNifs["eth0.10"].(*network.VlanAttrs).VID)
	port := host.ForwardedPortsv4[0]
	assert.Equal(t, "shop-web-1", port.DestinationNetns.Tenants[0].Process.Container.Name)
	assert.Equal(t, port.DestinationNetns.NamedNifs["eth0"], port.Nifs[0])
	assert.Equal(t, network.Listening, port.DestinationNetns.Portsv4[0].SimplifiedState)
	assert.Equal(t, "0.0.0.0/0", host.Routesv4[0].Destination.String())
	assert.Equal(t, "eth0", host.Routesv4[0].Nif.Nif().Name)
	assert.Contains(t, d.Findings[0].Message, "Ghostwire 2.4.0")
}

func containerNames(d *network.Discovery) []string {
	var names []string
	for _, c := range d.Containers {
		names = append(names, fmt.Sprintf("%s %s", c.Name, c.Engine.Type))
	}
	slices.Sort(names)
	return names
}

func TestDamagedForeignFilesAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		`{"network-namespaces":{}}`:                                                                   "this file of Ghostwire is damaged: json:",
		`{"network-namespaces":[{"netnsid":5},{"netnsid":5}]}`:                                        "network namespace 5 is there twice",
		`{"network-namespaces":[{"network-interfaces":[{"id":"a","index":1},{"id":"a","index":2}]}]}`: `interface "a" is there twice`,
		`{"network-namespaces":[{"network-interfaces":[{"id":"a","index":-1}]}]}`:                     "has the index -1",
		`{"format":2,"version":"v9","namespaces":[]}`:                                                 "this file of plotnetcfg is damaged: it has format 2",
		`{"format":1,"version":"v","namespaces":[{"name":"","interfaces":[{"id":"a"},{"id":"a"}]}]}`:  `interface "a" is there twice`,
		`{"format":1,"version":"v","namespaces":[{"interfaces":[{"id":"a","driver":"macvlan","children":[{"target":"b"}]},{"id":"b","driver":"macvlan","children":[{"target":"a"}]}]}]}`: "stands on itself",
		`{"network-namespaces":[` + strings.Repeat("null,", maxForeignObjects) + `null]}`:                                                                                                "this is no hostwire snapshot",
	} {
		_, err := Decode(strings.NewReader(text))
		require.Error(t, err)
		assert.Contains(t, err.Error(), want)
		assert.NotContains(t, err.Error(), "\n")
	}
}

func FuzzForeign(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.json")
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err, ok := decodeForeign(text)
		if !ok || err != nil {
			return
		}
		first := encoded(t, d)
		back, err := Decode(bytes.NewReader(first))
		if err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		if second := encoded(t, back); !bytes.Equal(first, second) {
			t.Errorf("not the same when written again:\n%s\n%s", first, second)
		}
	})
}
