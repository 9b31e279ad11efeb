package snapshot

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"reflect"
	"slices"

	"github.com/hostwire/hostwire/internal/plainns"
	"github.com/hostwire/hostwire/network"
	"github.com/thediveo/lxkns/model"
	"github.com/thediveo/lxkns/species"
	"golang.org/x/sys/unix"
)

// Limits of what is read of other programs' files: these go through encoding/json, which does not
// bound what becomes of the text.
const (
	maxForeign        = 32 << 20 // bytes of text.
	maxForeignObjects = 500_000  // objects in it.
)

// foreignFormat is another program's file of a host's network.
type foreignFormat struct {
	name    string   // of the program, for errors.
	members []string // by which the file is recognised: all of them at the top.
	read    func(data []byte, m *importer) error
}

// foreignFormats are the formats that Decode reads besides its own.
var foreignFormats = []foreignFormat{
	{"Ghostwire", []string{"network-namespaces"}, readGhostwire},
	{"plotnetcfg", []string{"format", "version", "namespaces"}, readPlotnetcfg},
}

// decodeForeign reads another program's file. It returns false if the text is none.
func decodeForeign(data []byte) (*network.Discovery, error, bool) {
	var top map[string]json.RawMessage
	objects := bytes.Count(data, []byte("{")) + bytes.Count(data, []byte("null"))
	if len(data) > maxForeign || objects > maxForeignObjects || json.Unmarshal(data, &top) != nil || top["hostwire"] != nil {
		return nil, nil, false
	}
	for _, f := range foreignFormats {
		if slices.ContainsFunc(f.members, func(name string) bool { return top[name] == nil }) {
			continue
		}
		m := newImporter()
		err := f.read(data, m)
		if err == nil {
			err = m.finish()
		}
		if err != nil {
			return nil, fmt.Errorf("this file of %s is damaged: %w", f.name, err), true
		}
		return m.d, nil, true
	}
	return nil, nil, false
}

// importer builds a discovery from what another program tells. Interfaces are known by names that
// are unique in the file; relations to what is not in the file are left out.
type importer struct {
	d    *network.Discovery
	nifs map[string]network.Interface
	next uint64 // inode number for namespaces that come without.
}

func newImporter() *importer {
	return &importer{
		d:    &network.Discovery{Netns: network.NetworkNamespaces{}, Processes: model.ProcessTable{}, Containers: model.Containers{}},
		nifs: map[string]network.Interface{},
		next: 1,
	}
}

// netns adds a network namespace; ino is 0 if not known.
func (m *importer) netns(ino uint64) (*network.NetworkNamespace, error) {
	if ino == 0 {
		ino = m.next
		m.next++
	}
	id := species.NamespaceID{Dev: 4, Ino: ino}
	if m.d.Netns[id] != nil {
		return nil, fmt.Errorf("network namespace %d is there twice", ino)
	}
	ns := &network.NetworkNamespace{
		Namespace: &plainns.Namespace{NSID: id, NSType: species.CLONE_NEWNET},
		Nifs:      map[int]network.Interface{},
	}
	m.d.Netns[id] = ns
	return ns, nil
}

// process adds a process, which leads in the namespace unless that is nil.
func (m *importer) process(pid int64, name string, ns *network.NetworkNamespace) *model.Process {
	if pid < 1 || pid > 1<<22 { // the kernel's PID_MAX_LIMIT.
		return nil
	}
	p := m.d.Processes[model.PIDType(pid)]
	if p == nil {
		p = &model.Process{PID: model.PIDType(pid), Cmdline: []string{name}}
		p.Name = name
		m.d.Processes[p.PID] = p
	}
	if ns != nil && p.Namespaces[model.NetNS] == nil {
		plain := ns.Namespace.(*plainns.Namespace)
		plain.Seniors = append(plain.Seniors, p)
		p.Namespaces[model.NetNS] = plain
		ns.Tenants = append(ns.Tenants, &network.Tenant{Process: p})
	}
	return p
}

// kindTypes are the words of nifTypes for the kinds of interfaces, as the kernel calls them.
var kindTypes = map[string]string{
	"bond": "bond", "bridge": "bridge", "ipvlan": "ipvlan", "ipvtap": "ipvlan", "macvlan": "macvlan", "macvtap": "macvlan",
	"openvswitch": "ovs", "team": "team", "tun": "tuntap", "veth": "veth", "vlan": "vlan", "vrf": "vrf", "vxlan": "vxlan",
}

// nif adds an interface under its unique name. An index of 0 is replaced by the next free one.
func (m *importer) nif(ns *network.NetworkNamespace, id, kind, name string, index int) (network.Interface, error) {
	if index == 0 {
		index = len(ns.Nifs) + 1
	}
	if m.nifs[id] != nil || ns.Nifs[index] != nil || index < 0 {
		return nil, fmt.Errorf("interface %q is there twice", clip([]byte(id)))
	}
	nif := reflect.New(nifTypes[kindTypes[kind]]).Interface().(network.Interface)
	if tun, ok := nif.(*network.TunTapAttrs); ok {
		tun.Owner, tun.Group = -1, -1
	}
	attrs := nif.Nif()
	attrs.Netns, attrs.Kind, attrs.Name, attrs.Index = ns, kind, name, index
	attrs.Loopback = kind == "" && name == "lo"
	ns.Nifs[index] = nif
	m.nifs[id] = nif
	return nif, nil
}

// address adds an address to an interface.
func address(nif *network.NifAttrs, p netip.Prefix) {
	a := network.Address{
		Address: p.Addr().AsSlice(), PrefixLength: uint(max(0, p.Bits())),
		PreferredLifetime: ^uint32(0), ValidLifetime: ^uint32(0), Index: nif.Index,
	}
	if p.Addr().Is4() {
		a.Family = unix.AF_INET
		nif.Addrsv4 = append(nif.Addrsv4, a)
	} else {
		a.Family = unix.AF_INET6
		nif.Addrsv6 = append(nif.Addrsv6, a)
	}
}

// peers wires two veths, if each is the other's peer.
func (m *importer) peers(peers map[string]string) {
	for a, b := range peers {
		here, ok1 := m.nifs[a].(*network.VethAttrs)
		there, ok2 := m.nifs[b].(*network.VethAttrs)
		if ok1 && ok2 && peers[b] == a && a != b {
			here.Peer = there
		}
	}
}

// lower puts an interface on top of another.
func (m *importer) lower(upper, lower string) {
	u, l := m.nifs[upper], m.nifs[lower]
	if u == nil || l == nil || u == l || u.Nif().Lower != nil {
		return
	}
	u.Nif().Lower = l
	l.Nif().Slaves = append(l.Nif().Slaves, u)
	switch n := u.(type) {
	case *network.MacvlanAttrs:
		n.Master = l
	case *network.IpvlanAttrs:
		n.Master = l
	case *network.VlanAttrs:
		n.Master = l
	case *network.VxlanAttrs:
		n.Master = l
	}
}

// member makes an interface a port or member of another in the same namespace.
func (m *importer) member(member, controller string) {
	a, c := m.nifs[member], m.nifs[controller]
	if a == nil || c == nil || a == c || a.Nif().Controller != nil || a.Nif().Netns != c.Nif().Netns {
		return
	}
	switch n := c.(type) {
	case *network.BridgeAttrs:
		a.Nif().Bridge = c
		n.Ports = append(n.Ports, a)
	case *network.BondAttrs:
		n.Members = append(n.Members, a)
	case *network.TeamAttrs:
		n.Members = append(n.Members, a)
	case *network.VrfAttrs:
		n.Members = append(n.Members, a)
	case *network.OvsAttrs:
		n.Members = append(n.Members, a)
	default:
		return
	}
	a.Nif().Controller = c
}

// finish completes what follows from the rest, and refuses interfaces that stand on themselves.
func (m *importer) finish() error {
	for _, ns := range m.d.Netns {
		ns.NamedNifs = namedNifs(ns.Nifs)
		for _, nif := range ns.Nifs {
			attrs := nif.Nif()
			attrs.Slaves.Sort()
			attrs.Addrsv4.Sort()
			attrs.Addrsv6.Sort()
			byIndex := func(a, b network.Interface) int { return a.Nif().Index - b.Nif().Index }
			switch n := nif.(type) {
			case *network.BridgeAttrs:
				slices.SortFunc(n.Ports, byIndex)
			case *network.BondAttrs:
				slices.SortFunc(n.Members, byIndex)
			case *network.TeamAttrs:
				slices.SortFunc(n.Members, byIndex)
			case *network.VrfAttrs:
				slices.SortFunc(n.Members, byIndex)
			case *network.OvsAttrs:
				slices.SortFunc(n.Members, byIndex)
			}
		}
		plain := ns.Namespace.(*plainns.Namespace)
		slices.SortFunc(plain.Seniors, func(a, b *model.Process) int { return int(a.PID) - int(b.PID) })
		ns.Tenants.Sort()
	}
	return checkNifs(sortedNetns(m.d.Netns))
}

// told notes that the program does not tell as much as hostwire would have found.
func (m *importer) told(by, lacks string) {
	m.d.Findings = append(m.d.Findings, network.Finding{
		Kind:    network.FindingSystem,
		Subject: "this snapshot",
		Message: fmt.Sprintf("was made by %s, which does not tell %s", by, lacks),
		Remedy:  "hostwire capture on that host tells more",
	})
}

// parseMACOrNil reads a hardware address; nil if it is none.
func parseMACOrNil(s string) net.HardwareAddr {
	if mac, ok := parseMAC(s); ok && len(mac) > 0 {
		return mac
	}
	return nil
}
