package graph

import (
	"cmp"
	"errors"
	"net"
	"slices"

	"github.com/hostwire/hostwire/network"
	"github.com/thediveo/lxkns/model"
)

// ListedPort is one listening or forwarded port of a host, in words. Names are raw text as read from
// the system: writers escape it.
type ListedPort struct {
	Protocol   string   `json:"protocol"`            // "tcp", "udp", "sctp".
	Address    string   `json:"address"`             // where packets are accepted: "0.0.0.0", "::".
	Port       string   `json:"port"`                // "80", or a range "8000-8010".
	In         string   `json:"in"`                  // namespace that accepts, as pictures name it.
	Through    string   `json:"through"`             // "listening", or what forwards: "docker".
	Service    string   `json:"service,omitempty"`   // service's name as the rules tell it.
	To         string   `json:"to,omitempty"`        // address and port that it leads to; empty if listening.
	Share      float64  `json:"share,omitempty"`     // share of the connections that go there, if not all.
	Namespace  string   `json:"namespace,omitempty"` // namespace that serves; empty if nobody does.
	Containers []string `json:"containers,omitempty"`
	Processes  []string `json:"processes,omitempty"` // "nginx(123)".

	ip   net.IP
	port uint16
}

// ListPorts lists the listening and forwarded ports of all namespaces: by protocol, port and
// address, what forwards before what listens.
func ListPorts(d *network.Discovery) ([]ListedPort, error) {
	if d == nil {
		return nil, errors.New("nothing was discovered")
	}
	p := &projection{d: d, g: &Graph{}, ids: ids{}, byNetns: map[*network.NetworkNamespace]*space{}}
	p.findSpaces()
	var list []ListedPort
	for _, s := range p.spaces {
		for _, sockets := range [][]network.ProcessSocket{s.netns.Portsv4, s.netns.Portsv6} {
			for i := range sockets {
				if sockets[i].SimplifiedState == network.Listening {
					list = append(list, p.listedSocket(s, &sockets[i]))
				}
			}
		}
		for _, f := range forwards(s.netns) {
			list = append(list, p.listedForward(s, f))
		}
	}
	slices.SortStableFunc(list, compareListed)
	return slices.CompactFunc(list, func(a, b ListedPort) bool {
		return compareListed(a, b) == 0 && slices.Equal(a.Containers, b.Containers)
	}), nil
}

func (p *projection) listedSocket(s *space, sock *network.ProcessSocket) ListedPort {
	l := ListedPort{
		Protocol: transport(sock.Protocol), Address: sock.LocalIP.String(), Port: itoa(int(sock.LocalPort)),
		In: s.name, Through: "listening", Namespace: s.name, ip: sock.LocalIP, port: sock.LocalPort,
	}
	l.Processes, l.Containers = p.whoServes(sock.Processes)
	return l
}

func (p *projection) listedForward(s *space, f *network.ForwardedPort) ListedPort {
	ip := f.IP
	if len(ip) == 0 {
		ip = net.IPv4zero
	}
	l := ListedPort{
		Protocol: protocolName(f), Address: ip.String(), Port: portRange(f.PortMin, f.PortMax-f.PortMin),
		In: s.name, Through: cmp.Or(f.Source, "forwarded"), Service: f.Service, To: target(f), ip: ip, port: f.PortMin,
	}
	if f.Share < 1 {
		l.Share = f.Share
	}
	if to := p.byNetns[f.DestinationNetns]; to != nil {
		l.Namespace = to.name
	}
	l.Processes, l.Containers = p.whoServes(f.Processes)
	return l
}

// whoServes names processes, and the containers they belong to.
func (p *projection) whoServes(processes []*model.Process) (names, containers []string) {
	for _, proc := range processes {
		if proc == nil {
			continue
		}
		names = append(names, p.processRef(proc))
		for up, hops := proc, 0; up != nil && hops < 64; up, hops = up.Parent, hops+1 {
			if up.Container != nil {
				containers = append(containers, p.containerName(up.Container))
				break
			}
		}
	}
	sortNatural(names)
	sortNatural(containers)
	return slices.Compact(names), slices.Compact(containers)
}

func compareListed(a, b ListedPort) int {
	return cmp.Or(
		cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(a.port, b.port), compareIP(a.ip, b.ip),
		cmp.Compare(rank(a.Through == "listening"), rank(b.Through == "listening")),
		compareNatural(a.In, b.In), cmp.Compare(a.Through, b.Through), compareNatural(a.To, b.To), compareNatural(a.Port, b.Port),
		compareNatural(a.Namespace, b.Namespace), slices.Compare(a.Processes, b.Processes),
	)
}
