package synthetic

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/hostwire/hostwire/internal/plainns"
	"github.com/hostwire/hostwire/network"
	"github.com/thediveo/lxkns/model"
	"github.com/thediveo/lxkns/species"
)

// Discover makes up the host that the specification describes.
func Discover(spec string) (*network.Discovery, error) {
	r, err := Parse(spec)
	if err != nil {
		return nil, err
	}
	return r.Build(), nil
}

// Build makes up the host. The same recipe gives the same host.
func (r Recipe) Build() *network.Discovery {
	b := &builder{
		recipe: r,
		d: &network.Discovery{
			Host:      network.HostInfo{Name: r.Host, OS: "Debian GNU/Linux 12 (bookworm)", Kernel: "6.18.0"},
			Netns:     make(network.NetworkNamespaces, r.Namespaces()),
			Processes: make(model.ProcessTable, 2*r.Namespaces()),
		},
		next: 3_000,
	}
	b.buildHost()
	b.buildBonds()
	b.buildVlans()
	b.buildBridges()
	b.buildTenants()
	b.buildProjects()
	b.buildPods()
	b.buildVxlans()
	b.buildTaps()
	b.buildMacvlans()
	b.buildRouters()
	b.buildLone()
	b.buildPorts()
	b.d.Networks = b.sortedNetworks()
	return b.d
}

// firstInode is the inode number of the host's network namespace; the others follow.
const firstInode = 4026531840

// builder adds one kind of thing after the other to the host.
type builder struct {
	recipe   Recipe
	d        *network.Discovery
	host     *network.NetworkNamespace
	uplink   *network.NifAttrs // eth0, what VLANs, macvlans and VXLANs stand on.
	uplinks  subnet            // the network that eth0 is in.
	init     *model.Process    // PID 1.
	docker   *model.ContainerEngine
	kube     *model.ContainerEngine
	bridges  []*bridge
	servers  []server      // what ports can be forwarded to, in the order of making.
	networks []*engineNet  // engines' networks, in the order of making.
	next     model.PIDType // next PID; each namespace and process gets its own.
	veths    uint32        // veth pairs with random-looking names so far.
}

// bridge is a bridge with the subnet that its ports share.
type bridge struct {
	nif *network.BridgeAttrs
	net subnet
}

// server is a container that listens to a port.
type server struct {
	netns   *network.NetworkNamespace
	nif     network.Interface
	addr    uint32
	net     subnet
	port    uint16
	process *model.Process
}

type engineNet = network.EngineNetwork

// process adds a process. It is joined to no namespace yet.
func (b *builder) process(pid, ppid model.PIDType, name string, cmdline ...string) *model.Process {
	p := &model.Process{PID: pid, PPID: ppid, Cmdline: cmdline}
	p.Name = name
	p.Starttime = uint64(pid) * 10
	if parent := b.d.Processes[ppid]; parent != nil {
		p.Parent = parent
		parent.Children = append(parent.Children, p)
	}
	b.d.Processes[pid] = p
	return p
}

// newPID returns a PID that no process has yet.
func (b *builder) newPID() model.PIDType {
	b.next++
	return b.next
}

// netns adds a network namespace with its loopback, kept by the processes or by the path.
func (b *builder) netns(path string, loUp bool, leaders ...*model.Process) *network.NetworkNamespace {
	id := species.NamespaceID{Dev: 4, Ino: firstInode + uint64(len(b.d.Netns))}
	plain := &plainns.Namespace{NSID: id, NSType: species.CLONE_NEWNET, Seniors: leaders}
	ns := &network.NetworkNamespace{
		Namespace: plain,
		Nifs:      map[int]network.Interface{},
		NamedNifs: map[string]network.Interface{},
	}
	for _, p := range leaders {
		p.Namespaces[model.NetNS] = plain
		ns.Tenants = append(ns.Tenants, &network.Tenant{
			Process: p,
			DNS:     network.DnsConfiguration{Hostname: b.recipe.Host},
		})
	}
	if path != "" {
		ns.Paths = []string{path}
		plain.Path = model.NamespaceRef{path}
	} else if len(leaders) > 0 {
		plain.Path = model.NamespaceRef{fmt.Sprintf("/proc/%d/ns/net", leaders[0].PID)}
	}
	b.d.Netns[id] = ns
	lo := &network.NifAttrs{Name: "lo", MTU: 65536, Loopback: true, State: network.Down}
	lo.L2Addr = make([]byte, 6)
	b.add(ns, lo)
	if loUp {
		lo.State, lo.AdminUp = network.Unknown, true // the loopback driver tells no more.
		lo.Addrsv4 = network.Addresses{address4(lo, 127<<24+1, 8, scopeHost)}
		if b.recipe.IPv6 {
			lo.Addrsv6 = network.Addresses{address6(lo, loopback6, 128, scopeHost)}
		}
	}
	return ns
}

// add puts an interface into a namespace, under the next index there.
func (b *builder) add(ns *network.NetworkNamespace, nif network.Interface) {
	attrs := nif.Nif()
	attrs.Netns = ns
	attrs.Index = len(ns.Nifs) + 1
	if attrs.L2Addr == nil {
		attrs.L2Addr = hardwareAddr(ns, attrs.Index)
	}
	if attrs.MTU == 0 {
		attrs.MTU = 1500
	}
	ns.Nifs[attrs.Index] = nif
	ns.NamedNifs[attrs.Name] = nif
}

// enslave makes an interface a port of the bridge.
func enslave(port network.Interface, br *network.BridgeAttrs) {
	attrs := port.Nif()
	attrs.Bridge, attrs.Controller = br, br
	attrs.BridgePort = &network.BridgePortAttrs{State: "forwarding"}
	if attrs.State == network.Down || attrs.State == network.LowerLayerDown {
		attrs.BridgePort.State = "disabled"
	}
	br.Ports = append(br.Ports, port)
}

// stack puts an interface on top of a lower one.
func stack(upper network.Interface, lower *network.NifAttrs) {
	upper.Nif().Lower = lower.Interface()
	lower.Slaves = append(lower.Slaves, upper)
}

// vethPair adds a veth in either namespace and wires them. An outer name of "" gets one that looks
// random. When the inner end is down, the outer one has lost its carrier.
func (b *builder) vethPair(outer, inner *network.NetworkNamespace, outerName, innerName string, up bool) (*network.VethAttrs, *network.VethAttrs) {
	if outerName == "" {
		b.veths++
		outerName = fmt.Sprintf("veth%07x", b.veths*0x9e3779b1&0xfffffff) // odd factor: never twice.
	}
	here := &network.VethAttrs{NifAttrs: network.NifAttrs{Kind: "veth", Name: outerName, State: network.Up, AdminUp: true}}
	there := &network.VethAttrs{NifAttrs: network.NifAttrs{Kind: "veth", Name: innerName, State: network.Up, AdminUp: true}}
	if !up {
		here.State = network.LowerLayerDown
		there.State, there.AdminUp = network.Down, false
	}
	here.Peer, there.Peer = there, here
	b.add(outer, here)
	b.add(inner, there)
	return here, there
}

// digest returns hexadecimal digits that look random but follow from the name.
func digest(name string, digits int) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:])[:digits]
}
