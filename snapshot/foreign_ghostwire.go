package snapshot

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"path"
	"slices"
	"strings"

	"github.com/hostwire/hostwire/network"
	"github.com/hostwire/hostwire/portfwd"
	"github.com/thediveo/lxkns/model"
	"github.com/thediveo/lxkns/species"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// The discovery of Ghostwire's REST API, version 1, as its OpenAPI document describes it.
type (
	ghostwireFile struct {
		Metadata struct {
			Hostname string `json:"hostname"`
			Node     string `json:"kubernetes_node"`
			OS       string `json:"osrel-name"`
			Kernel   string `json:"kernel-version"`
			Creator  string `json:"creator-version"`
		} `json:"metadata"`
		Netns []ghostwireNetns `json:"network-namespaces"`
	}
	ghostwireNetns struct {
		Ino        uint64               `json:"netnsid"`
		Containers []ghostwireContainer `json:"containers"`
		Groups     []struct {
			ID   string `json:"id"`
			Name string `json:"name"`
			Type string `json:"type"`
		} `json:"container-groups"`
		Nifs      []ghostwireNif                  `json:"network-interfaces"`
		Routes    ghostwirePair[ghostwireRoute]   `json:"routes"`
		Ports     ghostwirePair[ghostwirePort]    `json:"transport-ports"`
		Forwarded ghostwirePair[ghostwireForward] `json:"forwarded-ports"`
	}
	ghostwirePair[T any] struct {
		V4 []T `json:"ipv4"`
		V6 []T `json:"ipv6"`
	}
	ghostwireContainer struct {
		Cmdline string            `json:"cmdline"`
		Group   string            `json:"group"`
		Name    string            `json:"name"`
		Labels  map[string]string `json:"labels"`
		API     string            `json:"api-path"`
		PID     int64             `json:"pid"`
		Caps    string            `json:"capbnd"`
		Status  string            `json:"status"`
		Type    string            `json:"type"`
		DNS     struct {
			network.DnsConfiguration
			Hosts []struct {
				Name    string `json:"name"`
				Address net.IP `json:"address"`
			} `json:"etc-hosts"`
		} `json:"dns"`
	}
	ghostwireRef struct {
		ID string `json:"idref"`
	}
	ghostwireOwner struct {
		PID     int64  `json:"pid"`
		Cmdline string `json:"cmdline"`
	}
	ghostwireNif struct {
		ID          string                `json:"id"`
		Kind        string                `json:"kind"`
		Name        string                `json:"name"`
		Alias       string                `json:"alias"`
		Index       int                   `json:"index"`
		State       string                `json:"operstate"`
		Physical    bool                  `json:"physical"`
		Driver      network.NifDriverInfo `json:"driverinfo"`
		Promiscuous bool                  `json:"promisc"`
		Labels      model.Labels          `json:"labels"`
		Addresses   struct {
			MAC string             `json:"mac"`
			V4  []ghostwireAddress `json:"ipv4"`
			V6  []ghostwireAddress `json:"ipv6"`
		} `json:"addresses"`
		Master  *ghostwireRef  `json:"master"`
		Macvlan *ghostwireRef  `json:"macvlan"`
		Slaves  []ghostwireRef `json:"slaves"`
		Peer    *struct {
			ID string `json:"peer-idref"`
		} `json:"peer"`
		TunTap *struct {
			Mode       string           `json:"mode"`
			Processors []ghostwireOwner `json:"processors"`
		} `json:"tuntap"`
		Vxlan *struct {
			Lower  string `json:"idref"`
			VID    uint32 `json:"vid"`
			Proxy  bool   `json:"arp-proxy"`
			Source struct {
				V4 net.IP `json:"source_ipv4"`
				V6 net.IP `json:"source_ipv6"`
			} `json:"source"`
			Ports struct {
				Low  uint16 `json:"low"`
				High uint16 `json:"high"`
			} `json:"source-portrange"`
			Remote struct {
				V4 net.IP `json:"remote_ipv4"`
				V6 net.IP `json:"remote_ipv6"`
			} `json:"remote"`
			Port uint16 `json:"remote-port"`
		} `json:"vxlan"`
		Vlan *struct {
			VID      uint16 `json:"vid"`
			Protocol int    `json:"vlan-protocol"`
		} `json:"vlan"`
		Role network.SRIOVRole `json:"sr-iov-role"`
		PF   *ghostwireRef     `json:"pf"`
	}
	ghostwireAddress struct {
		Address   net.IP  `json:"address"`
		Bits      uint    `json:"prefixlen"`
		Preferred *uint32 `json:"preferred-lifetime"`
		Valid     *uint32 `json:"valid-lifetime"`
		Scope     int     `json:"scope"`
	}
	ghostwireRoute struct {
		Type        string `json:"type"`
		Destination net.IP `json:"destination"`
		Bits        int    `json:"destination-prefixlen"`
		Index       int    `json:"index"`
		Nif         string `json:"network-interface-idref"`
		NextHop     net.IP `json:"next-hop"`
		Preference  string `json:"preference"`
		Priority    int    `json:"priority"`
		Table       int    `json:"table"`
	}
	ghostwirePort struct {
		Protocol   string           `json:"protocol"`
		Local      net.IP           `json:"local-address"`
		LocalPort  uint16           `json:"local-port"`
		Remote     net.IP           `json:"remote-address"`
		RemotePort uint16           `json:"remote-port"`
		Macrostate string           `json:"macrostate"`
		Owners     []ghostwireOwner `json:"owners"`
		Nifs       []string         `json:"network-interface-idrefs"`
	}
	ghostwireForward struct {
		Protocol    string           `json:"protocol"`
		IP          net.IP           `json:"ip"`
		Port        uint16           `json:"port"`
		ForwardIP   net.IP           `json:"forward-ip"`
		ForwardPort uint16           `json:"forward-port"`
		Netns       uint64           `json:"netnsid"`
		Owners      []ghostwireOwner `json:"owners"`
		Nifs        []string         `json:"network-interface-refs"`
	}
)

// ghostwireEngines are the engines that Ghostwire calls otherwise than hostwire does.
var ghostwireEngines = map[string]string{
	"docker": "docker.com", "containerd": "containerd.io", "podman": "podman.io", "CRI": "k8s.io/cri-api",
}

var ghostwireStates = map[string]network.OperState{
	"UP": network.Up, "DOWN": network.Down, "LOWERLAYERDOWN": network.LowerLayerDown,
	"NOTPRESENT": network.NotPresent, "DORMANT": network.Dormant, "TESTING": network.Testing,
}

// readGhostwire reads a discovery of Ghostwire.
func readGhostwire(data []byte, m *importer) error {
	var file ghostwireFile
	if err := json.Unmarshal(data, &file); err != nil {
		return err
	}
	m.d.Host = network.HostInfo{Name: file.Metadata.Hostname, OS: file.Metadata.OS, Kernel: file.Metadata.Kernel}
	if m.d.Host.Name == "" {
		m.d.Host.Name = file.Metadata.Node
	}
	engines := map[[2]string]*model.ContainerEngine{}
	spaces := make([]*network.NetworkNamespace, len(file.Netns))
	for i := range file.Netns {
		told := &file.Netns[i]
		ns, err := m.netns(told.Ino)
		if err != nil {
			return err
		}
		spaces[i] = ns
		m.ghostwireTenants(ns, told, engines)
		for j := range told.Nifs {
			if err := m.ghostwireNif(ns, &told.Nifs[j]); err != nil {
				return err
			}
		}
	}
	m.ghostwireRelations(file.Netns)
	for i, ns := range spaces {
		told := &file.Netns[i]
		ns.Routesv4, ns.Routesv6 = m.ghostwireRoutes(told.Routes.V4), m.ghostwireRoutes(told.Routes.V6)
		ns.Portsv4, ns.Portsv6 = m.ghostwirePorts(told.Ports.V4), m.ghostwirePorts(told.Ports.V6)
		ns.ForwardedPortsv4, ns.ForwardedPortsv6 = m.ghostwireForwards(told.Forwarded.V4), m.ghostwireForwards(told.Forwarded.V6)
	}
	m.told(strings.TrimSpace("Ghostwire "+file.Metadata.Creator), "MTUs, modes of macvlans and who is up administratively")
	return nil
}

// ghostwireTenants adds the processes and containers of a namespace.
func (m *importer) ghostwireTenants(ns *network.NetworkNamespace, told *ghostwireNetns, engines map[[2]string]*model.ContainerEngine) {
	groups := map[string]*model.Group{}
	for _, g := range told.Groups {
		kind := g.Type
		if kind == "pod" {
			kind = "io.kubernetes.pod"
		}
		groups[g.ID] = &model.Group{Name: g.Name, Type: kind, Flavor: kind}
	}
	for _, c := range told.Containers {
		if c.Type == "bindmount" {
			ns.Paths = append(ns.Paths, c.Name)
			continue
		}
		known := m.d.Processes[model.PIDType(c.PID)] != nil
		p := m.ghostwireProcess(c.PID, c.Cmdline, ns)
		if p == nil || known {
			continue
		}
		ns.Initial = ns.Initial || p.PID == 1
		tenant := ns.Tenants[len(ns.Tenants)-1]
		tenant.DNS = c.DNS.DnsConfiguration
		for _, host := range c.DNS.Hosts {
			if tenant.DNS.Hosts == nil {
				tenant.DNS.Hosts = map[string]net.IP{}
			}
			tenant.DNS.Hosts[host.Name] = shortest(host.Address)
		}
		if caps, err := hex.DecodeString(strings.TrimPrefix(c.Caps, "0x")); err == nil && len(caps) > 0 {
			tenant.BoundingCaps = caps
		}
		if c.Type == "proc" {
			continue
		}
		kind := c.Type
		if known, ok := ghostwireEngines[kind]; ok {
			kind = known
		}
		engine := engines[[2]string{kind, c.API}]
		if engine == nil {
			engine = &model.ContainerEngine{Type: kind, API: c.API}
			engines[[2]string{kind, c.API}] = engine
		}
		cont := &model.Container{
			ID: c.Name, Name: c.Name, Type: kind, Flavor: kind, PID: p.PID, Process: p,
			Paused: c.Status == "paused", Labels: c.Labels,
		}
		p.Container = cont
		engine.AddContainer(cont)
		if g := groups[c.Group]; g != nil {
			g.AddContainer(cont)
		}
		m.d.Containers = append(m.d.Containers, cont)
	}
	slices.Sort(ns.Paths)
}

// ghostwireProcess adds a process by its command line.
func (m *importer) ghostwireProcess(pid int64, cmdline string, ns *network.NetworkNamespace) *model.Process {
	words := strings.Fields(cmdline)
	name := ""
	if len(words) > 0 {
		name = path.Base(words[0])
	}
	p := m.process(pid, name, ns)
	if p != nil && len(words) > 0 && len(p.Cmdline) == 1 {
		p.Cmdline = words
	}
	return p
}

// ghostwireNif adds an interface without its relations.
func (m *importer) ghostwireNif(ns *network.NetworkNamespace, told *ghostwireNif) error {
	if told.Index < 1 {
		return fmt.Errorf("interface %q has the index %d", clip([]byte(told.ID)), told.Index)
	}
	kind := told.Kind
	if told.TunTap != nil {
		kind = "tun"
	}
	nif, err := m.nif(ns, told.ID, kind, told.Name, told.Index)
	if err != nil {
		return err
	}
	attrs := nif.Nif()
	attrs.Alias, attrs.Physical, attrs.DriverInfo = told.Alias, told.Physical, told.Driver
	attrs.Promiscuous, attrs.Labels, attrs.SRIOVRole = told.Promiscuous, told.Labels, told.Role
	attrs.State = ghostwireStates[strings.ToUpper(told.State)]
	attrs.AdminUp = attrs.State != network.Down
	attrs.L2Addr = parseMACOrNil(told.Addresses.MAC)
	for _, a := range slices.Concat(told.Addresses.V4, told.Addresses.V6) {
		ip, ok := netip.AddrFromSlice(shortest(a.Address))
		if !ok {
			continue
		}
		address(attrs, netip.PrefixFrom(ip, int(min(a.Bits, uint(ip.BitLen())))))
		list := attrs.Addrsv6
		if ip.Is4() {
			list = attrs.Addrsv4
		}
		last := &list[len(list)-1]
		last.Scope = a.Scope
		if a.Preferred != nil && a.Valid != nil {
			last.PreferredLifetime, last.ValidLifetime = *a.Preferred, *a.Valid
		}
	}
	switch n := nif.(type) {
	case *network.TunTapAttrs:
		if told.TunTap == nil {
			break
		}
		n.Mode = network.TunTapModeTap
		if told.TunTap.Mode == "tun" {
			n.Mode = network.TunTapModeTun
		}
		for _, o := range told.TunTap.Processors {
			if p := m.ghostwireProcess(o.PID, o.Cmdline, nil); p != nil {
				n.Processors = append(n.Processors, p)
			}
		}
	case *network.VlanAttrs:
		if told.Vlan != nil {
			n.VID, n.VlanProtocol = told.Vlan.VID, netlink.VlanProtocol(told.Vlan.Protocol)
		}
	case *network.VxlanAttrs:
		if v := told.Vxlan; v != nil {
			n.VID, n.ArpProxy, n.DestinationPort = v.VID, v.Proxy, v.Port
			n.Sourcev4, n.Sourcev6 = shortest(v.Source.V4), v.Source.V6
			n.Groupv4, n.Groupv6 = shortest(v.Remote.V4), v.Remote.V6
			n.SourcePortLow, n.SourcePortHigh = v.Ports.Low, v.Ports.High
		}
	}
	return nil
}

// ghostwireRelations wires the interfaces.
func (m *importer) ghostwireRelations(all []ghostwireNetns) {
	peers := map[string]string{}
	for _, ns := range all {
		for _, told := range ns.Nifs {
			if told.Peer != nil {
				peers[told.ID] = told.Peer.ID
			}
			if told.Macvlan != nil {
				m.lower(told.ID, told.Macvlan.ID)
			}
			if told.Vxlan != nil {
				m.lower(told.ID, told.Vxlan.Lower)
			}
			if told.Master != nil {
				if told.Kind == "vlan" { // its "master" is what it stands on.
					m.lower(told.ID, told.Master.ID)
				} else {
					m.member(told.ID, told.Master.ID)
				}
			}
			if told.PF != nil && m.nifs[told.PF.ID] != nil && told.PF.ID != told.ID {
				m.nifs[told.ID].Nif().PF = m.nifs[told.PF.ID]
			}
			switch told.Kind {
			case "bond", "team", "vrf", "openvswitch":
				for _, slave := range told.Slaves {
					if s := m.nifs[slave.ID]; s != nil && s.Nif().Lower == nil {
						m.member(slave.ID, told.ID)
					}
				}
			}
		}
	}
	m.peers(peers)
}

func (m *importer) ghostwireRoutes(all []ghostwireRoute) []network.Route {
	var routes []network.Route
	for _, told := range all {
		dest := shortest(told.Destination)
		route := network.Route{
			Family: family(dest), Type: network.RouteType(routeWords.number(told.Type)),
			Destination:          net.IPNet{IP: dest, Mask: net.CIDRMask(told.Bits, 8*len(dest))},
			DestinationPrefixLen: told.Bits, NextHop: shortest(told.NextHop),
			Index: told.Index, Nif: m.nifs[told.Nif], Table: told.Table, Priority: told.Priority,
		}
		if len(told.Preference) == 2 {
			route.Preference = (told.Preference[0]-'0')&1<<1 | (told.Preference[1]-'0')&1
		}
		routes = append(routes, route)
	}
	return routes
}

func (m *importer) ghostwirePorts(all []ghostwirePort) []network.ProcessSocket {
	var sockets []network.ProcessSocket
	for _, told := range all {
		s := network.ProcessSocket{
			Family: family(shortest(told.Local)), Protocol: protocol(told.Protocol),
			LocalIP: shortest(told.Local), LocalPort: told.LocalPort,
			RemoteIP: shortest(told.Remote), RemotePort: told.RemotePort, Nifs: m.ghostwireNifs(told.Nifs),
		}
		switch {
		case strings.Contains(strings.ToLower(told.Macrostate), "listen"):
			s.State, s.SimplifiedState = network.TCP_LISTEN, network.Listening
		case strings.EqualFold(told.Macrostate, "connected"):
			s.State, s.SimplifiedState = network.TCP_ESTABLISHED, network.Connected
		}
		s.PIDs, s.Processes = m.ghostwireOwners(told.Owners)
		sockets = append(sockets, s)
	}
	return sockets
}

func (m *importer) ghostwireForwards(all []ghostwireForward) []network.ForwardedPort {
	var ports []network.ForwardedPort
	for _, told := range all {
		p := network.ForwardedPort{
			ForwardedPortRange: portfwd.ForwardedPortRange{
				Protocol: told.Protocol, IP: shortest(told.IP), PortMin: told.Port, PortMax: told.Port,
				ForwardIP: shortest(told.ForwardIP), ForwardPortMin: told.ForwardPort,
			},
			Protocol:         protocol(told.Protocol),
			DestinationNetns: m.d.Netns[species.NamespaceID{Dev: 4, Ino: told.Netns}],
			Nifs:             m.ghostwireNifs(told.Nifs), Share: 1,
		}
		p.PIDs, p.Processes = m.ghostwireOwners(told.Owners)
		ports = append(ports, p)
	}
	return ports
}

func (m *importer) ghostwireNifs(ids []string) network.Interfaces {
	var nifs network.Interfaces
	for _, id := range ids {
		if nif := m.nifs[id]; nif != nil {
			nifs = append(nifs, nif)
		}
	}
	return nifs
}

func (m *importer) ghostwireOwners(owners []ghostwireOwner) (pids []model.PIDType, processes []*model.Process) {
	for _, o := range owners {
		if p := m.ghostwireProcess(o.PID, o.Cmdline, nil); p != nil {
			pids = append(pids, p.PID)
			processes = append(processes, p)
		}
	}
	return pids, processes
}

// shortest returns an IPv4 address in four bytes, and others as they are.
func shortest(ip net.IP) net.IP {
	if v4 := ip.To4(); v4 != nil {
		return v4
	}
	return ip
}

func family(ip net.IP) network.AddressFamily {
	if len(ip) == net.IPv4len {
		return unix.AF_INET
	}
	return unix.AF_INET6
}

func protocol(name string) network.Protocol {
	return map[string]network.Protocol{"tcp": unix.IPPROTO_TCP, "udp": unix.IPPROTO_UDP, "sctp": unix.IPPROTO_SCTP}[strings.ToLower(name)]
}
