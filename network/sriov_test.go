package network

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/thediveo/lxkns/species"
)

// pciTree builds a sysfs in a directory of the test, as the kernel lays it out: the functions are
// directories below their bus's root, and /sys/bus/pci/devices has links to them.
type pciTree struct {
	t    *testing.T
	root string
}

func newPCITree(t *testing.T) *pciTree {
	tree := &pciTree{t, t.TempDir()}
	require.NoError(t, os.MkdirAll(tree.root+pciDevices, 0o755))
	return tree
}

// device adds a PCI function below a port of the bus, and returns its directory.
func (p *pciTree) device(address string, files map[string]string) string {
	port := filepath.Join("devices", "pci"+address[:7], address[:5]+"00:01.0")
	dir := filepath.Join(p.root, port, address)
	require.NoError(p.t, os.MkdirAll(dir, 0o755))
	require.NoError(p.t, os.Symlink(filepath.Join("../../..", port, address), p.root+pciDevices+address))
	for name, content := range files {
		require.NoError(p.t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644))
	}
	return dir
}

// functions adds a physical function that can have total virtual functions, and has those given.
func (p *pciTree) functions(physical string, total int, virtual ...string) {
	dir := p.device(physical, map[string]string{
		"sriov_totalvfs":          fmt.Sprintf("%d\n", total),
		"sriov_numvfs":            fmt.Sprintf("%d\n", len(virtual)),
		"sriov_drivers_autoprobe": "1\n",
	})
	for i, vf := range virtual {
		vfdir := p.device(vf, nil)
		require.NoError(p.t, os.Symlink("../"+vf, filepath.Join(dir, fmt.Sprintf("virtfn%d", i))))
		require.NoError(p.t, os.Symlink("../"+physical, filepath.Join(vfdir, "physfn")))
	}
}

func TestReadSRIOV(t *testing.T) {
	tree := newPCITree(t)
	tree.functions("0000:3b:00.0", 64, "0000:3b:02.0", "0000:3b:02.1") // Intel: VFs from 02.0.
	tree.functions("0000:3b:00.1", 64)                                 // its second port, no VFs enabled.
	tree.functions("0000:5e:00.0", 8, "0000:5e:00.2")                  // Mellanox: VFs follow the ports.
	tree.device("0000:00:1f.6", nil)                                   // not capable.
	tree.device("10000:01:00.0", nil)                                  // behind Intel VMD.
	for address, want := range map[string]struct {
		role     SRIOVRole
		physical string
	}{
		"0000:3b:00.0":      {role: PCI_SRIOV_PF},
		"0000:3b:00.1":      {role: PCI_NIC},
		"0000:3b:02.1":      {role: PCI_SRIOV_VF, physical: "0000:3b:00.0"},
		"0000:5e:00.2":      {role: PCI_SRIOV_VF, physical: "0000:5e:00.0"},
		"0000:00:1f.6":      {role: PCI_NIC},
		"10000:01:00.0":     {role: PCI_NIC},
		"0000:ff:00.0":      {role: PCI_NIC}, // no such device.
		"../../etc":         {role: PCI_NIC},
		"0000:3b:02.1/../x": {role: PCI_NIC},
		"":                  {role: PCI_NIC},
		"usb-0000:00:14":    {role: PCI_NIC},
	} {
		role, physical := readSRIOV(tree.root, address)
		require.Equal(t, want.role, role, address)
		require.Equal(t, want.physical, physical, address)
	}
}

func TestSysfsBusPath(t *testing.T) {
	for address, want := range map[string]string{
		"0000:3b:02.1": "/sys/bus/pci/devices/0000:3b:02.1",
		"1-1:1.0":      "", // USB.
		"virtio0":      "",
		"N/A":          "",
		"":             "",
	} {
		nif := NifAttrs{DriverInfo: NifDriverInfo{BusInfo: address}}
		require.Equal(t, want, nif.SysfsBusPath())
	}
}

// card is an interface in the tests of SR-IOV relations.
type card struct {
	netns      uint64
	name       string
	driver     string
	bus        string
	port       string // IFLA_PHYS_PORT_NAME
	role       SRIOVRole
	physical   string // name of the PF's interface.
	unresolved bool   // there is a finding.
}

func TestResolveSRIOV(t *testing.T) {
	for name, test := range map[string]struct {
		tree  func(*pciTree)
		cards []card
	}{
		"Intel E810 (ice, iavf) with virtual functions in containers": {
			tree: func(tree *pciTree) {
				tree.functions("0000:3b:00.0", 128, "0000:3b:01.0", "0000:3b:01.1", "0000:3b:01.2")
				tree.functions("0000:3b:00.1", 128)
			},
			cards: []card{
				{netns: 1, name: "ens1f0", driver: "ice", bus: "0000:3b:00.0", role: PCI_SRIOV_PF},
				{netns: 1, name: "ens1f1", driver: "ice", bus: "0000:3b:00.1", role: PCI_NIC},
				{netns: 1, name: "ens1f0v0", driver: "iavf", bus: "0000:3b:01.0", role: PCI_SRIOV_VF, physical: "ens1f0"},
				{netns: 2, name: "eth0", driver: "iavf", bus: "0000:3b:01.1", role: PCI_SRIOV_VF, physical: "ens1f0"},
				{netns: 3, name: "net1", driver: "iavf", bus: "0000:3b:01.2", role: PCI_SRIOV_VF, physical: "ens1f0"},
				{netns: 3, name: "eth0", driver: "", bus: "", role: PCI_NIC},
			},
		},
		"Intel XL710 (i40e) whose physical function is in another namespace": {
			tree: func(tree *pciTree) { tree.functions("0000:18:00.1", 64, "0000:18:0a.0") },
			cards: []card{
				{netns: 1, name: "eth0", driver: "iavf", bus: "0000:18:0a.0", role: PCI_SRIOV_VF, physical: "ens2f1"},
				{netns: 2, name: "ens2f1", driver: "i40e", bus: "0000:18:00.1", role: PCI_SRIOV_PF},
			},
		},
		"NVIDIA ConnectX-5 (mlx5_core), two ports, legacy mode": {
			tree: func(tree *pciTree) {
				tree.functions("0000:5e:00.0", 8, "0000:5e:00.2", "0000:5e:00.3")
				tree.functions("0000:5e:00.1", 8, "0000:5e:01.2")
			},
			cards: []card{
				{netns: 1, name: "enp94s0f0np0", driver: "mlx5_core", bus: "0000:5e:00.0", port: "p0", role: PCI_SRIOV_PF},
				{netns: 1, name: "enp94s0f1np1", driver: "mlx5_core", bus: "0000:5e:00.1", port: "p1", role: PCI_SRIOV_PF},
				{netns: 1, name: "enp94s0f0v0", driver: "mlx5_core", bus: "0000:5e:00.2", role: PCI_SRIOV_VF, physical: "enp94s0f0np0"},
				{netns: 2, name: "net1", driver: "mlx5_core", bus: "0000:5e:00.3", role: PCI_SRIOV_VF, physical: "enp94s0f0np0"},
				{netns: 2, name: "net2", driver: "mlx5_core", bus: "0000:5e:01.2", role: PCI_SRIOV_VF, physical: "enp94s0f1np1"},
			},
		},
		"NVIDIA ConnectX-6 (mlx5_core) in switchdev mode, with representors at the physical function's address": {
			tree: func(tree *pciTree) { tree.functions("0000:5e:00.0", 8, "0000:5e:00.2", "0000:5e:00.3") },
			cards: []card{
				{netns: 1, name: "enp94s0f0np0", driver: "mlx5_core", bus: "0000:5e:00.0", port: "p0", role: PCI_SRIOV_PF},
				{netns: 1, name: "enp94s0f0npf0vf0", driver: "mlx5e_rep", bus: "0000:5e:00.0", port: "pf0vf0", role: PCI_NIC},
				{netns: 1, name: "enp94s0f0npf0vf1", driver: "mlx5e_rep", bus: "0000:5e:00.0", port: "c1pf0vf1", role: PCI_NIC},
				{netns: 1, name: "en3f0pf0sf88", driver: "mlx5e_rep", bus: "0000:5e:00.0", port: "pf0sf88", role: PCI_NIC},
				{netns: 2, name: "net1", driver: "mlx5_core", bus: "0000:5e:00.2", role: PCI_SRIOV_VF, physical: "enp94s0f0np0"},
				{netns: 3, name: "net1", driver: "mlx5_core", bus: "0000:5e:00.3", role: PCI_SRIOV_VF, physical: "enp94s0f0np0"},
			},
		},
		"Mellanox ConnectX-3 (mlx4_en), two ports on one function": {
			tree: func(tree *pciTree) { tree.functions("0000:04:00.0", 8, "0000:04:00.1") },
			cards: []card{
				{netns: 1, name: "enp4s0", driver: "mlx4_en", bus: "0000:04:00.0", role: PCI_SRIOV_PF},
				{netns: 1, name: "enp4s0d1", driver: "mlx4_en", bus: "0000:04:00.0", role: PCI_SRIOV_PF},
				{netns: 2, name: "eth0", driver: "mlx4_en", bus: "0000:04:00.1", role: PCI_SRIOV_VF, unresolved: true},
			},
		},
		"a virtual function whose physical function has no driver": {
			tree:  func(tree *pciTree) { tree.functions("0000:3b:00.0", 8, "0000:3b:02.0") },
			cards: []card{{netns: 1, name: "eth0", driver: "iavf", bus: "0000:3b:02.0", role: PCI_SRIOV_VF, unresolved: true}},
		},
		"a virtual function passed into a virtual machine, which sees no physical function": {
			tree:  func(tree *pciTree) { tree.device("0000:00:05.0", nil) },
			cards: []card{{netns: 1, name: "ens5", driver: "ena", bus: "0000:00:05.0", role: PCI_NIC}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			tree := newPCITree(t)
			test.tree(tree)
			netnses := NetworkNamespaces{}
			nifs, ports := map[string]Interface{}, map[*NifAttrs]string{}
			key := func(netns uint64, name string) string { return fmt.Sprint(netns, " ", name) }
			for i, card := range test.cards {
				id := species.NamespaceID{Dev: 4, Ino: card.netns}
				if netnses[id] == nil {
					netnses[id] = &NetworkNamespace{Nifs: map[int]Interface{}}
				}
				nif := &NifAttrs{Netns: netnses[id], Index: i + 2, Name: card.name, DriverInfo: NifDriverInfo{Driver: card.driver, BusInfo: card.bus}}
				netnses[id].Nifs[nif.Index] = nif
				nifs[key(card.netns, card.name)], ports[nif] = nif, card.port
			}
			findings := resolveSRIOV(tree.root, netnses, func(nif *NifAttrs) string { return ports[nif] })
			var unresolved []string
			for _, finding := range findings {
				require.Equal(t, FindingRelation, finding.Kind)
				unresolved = append(unresolved, finding.Nif.Nif().Name)
			}
			var wantUnresolved []string
			slaves := map[string]Interfaces{}
			for _, card := range test.cards {
				nif := nifs[key(card.netns, card.name)].Nif()
				require.Equal(t, card.role, nif.SRIOVRole, card.name)
				if card.unresolved {
					wantUnresolved = append(wantUnresolved, card.name)
				}
				if card.physical == "" {
					require.Nil(t, nif.PF, card.name)
					continue
				}
				require.NotNil(t, nif.PF, card.name)
				require.Equal(t, card.physical, nif.PF.Nif().Name)
				slaves[card.physical] = append(slaves[card.physical], nif)
			}
			require.Equal(t, wantUnresolved, unresolved)
			for _, card := range test.cards {
				nif := nifs[key(card.netns, card.name)].Nif()
				require.ElementsMatch(t, slaves[card.name], nif.Slaves, card.name)
			}
		})
	}
}

func FuzzIsPCIAddress(f *testing.F) {
	f.Add("0000:3b:02.1")
	f.Fuzz(func(t *testing.T, address string) {
		if isPCIAddress(address) && filepath.Clean(pciDevices+address) != pciDevices+address {
			t.Errorf("%q leads elsewhere", address)
		}
	})
}
