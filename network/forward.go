package network

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hostwire/hostwire/portfwd"
	_ "github.com/hostwire/hostwire/portfwd/all" // registers all detectors
	"github.com/hostwire/hostwire/portfwd/nftget"
	"github.com/thediveo/lxkns/model"
	"golang.org/x/sys/unix"
)

// Bounds of the look for forwarded ports.
const (
	maxRulesTime    = 5 * time.Second // for reading rules, in all namespaces together.
	maxRuleFindings = 16              // findings of one namespace that are told one by one.
)

// discoverForwardedPorts finds the ports that namespaces forward, after everything else is known.
func discoverForwardedPorts(ctx context.Context, opts Options, d *Discovery) (findings []Finding) {
	reading, cancel := context.WithTimeout(ctx, maxRulesTime)
	defer cancel()
	all := d.Netns.Sorted()
	results := make([]forwardsResult, len(all))
	next := make(chan int)
	var working sync.WaitGroup
	for range workers(len(all)) {
		working.Go(func() {
			for i := range next {
				results[i] = all[i].findForwards(reading, d.published)
			}
		})
	}
	for i := range all {
		next <- i
	}
	close(next)
	working.Wait()

	paths, privileged := newPathfinder(), ownPrivilege(opts.proc()).full()
	for i, n := range all {
		n.ForwardedPortsv4, n.ForwardedPortsv6 = nil, nil
		for _, f := range results[i].forwards {
			port := n.forwardedPort(d, f, paths)
			if len(port.IP) == 4 {
				n.ForwardedPortsv4 = append(n.ForwardedPortsv4, port)
			} else {
				n.ForwardedPortsv6 = append(n.ForwardedPortsv6, port)
			}
		}
		findings = append(findings, n.ruleFindings(&results[i], privileged)...)
	}
	return findings
}

// forwardsResult is what is forwarded in a namespace.
type forwardsResult struct {
	forwards []portfwd.Forward
	findings []portfwd.Finding
	excess   []string // what was too large.
	legacy   []string // families with rules of the kernel's older packet filter.
	err      error    // why rules could not be read.
}

// findForwards reads the rules of the namespace and asks the detectors.
func (n *NetworkNamespace) findForwards(ctx context.Context, published []portfwd.Published) (result forwardsResult) {
	system := &portfwd.System{Published: published}
	system.Rules, result.legacy, result.err = n.readRules(ctx)
	if system.Rules != nil {
		result.excess = system.Rules.Excess
	}
	for _, nif := range n.Nifs {
		for _, addrs := range []Addresses{nif.Nif().Addrsv4, nif.Nif().Addrsv6} {
			for _, a := range addrs {
				if addr, ok := netip.AddrFromSlice(a.Address); ok {
					system.Addrs = append(system.Addrs, addr.Unmap())
				}
			}
		}
	}
	system.Processes, system.Listeners = n.listeners()
	result.forwards, result.findings = portfwd.Detect(system)
	return result
}

// rulesRead are the packet filter rules of a namespace, as read while it was visited.
type rulesRead struct {
	rules  *nftget.Ruleset
	legacy []string
	err    error
}

// readRules reads the namespace's packet filter rules, and tells for which families there are
// rules of the older kind, which are not read. Rules that were read already are handed over once.
func (n *NetworkNamespace) readRules(ctx context.Context) (rules *nftget.Ruleset, legacy []string, err error) {
	if read := n.rules; read != nil {
		n.rules = nil
		return read.rules, read.legacy, read.err
	}
	var conn *nftget.Conn
	err = n.OpenInNetworkNamespace(func() (err error) {
		net := openThreadNet()
		defer unix.Close(net)
		legacy = n.legacyRules(net)
		conn, err = nftget.Open()
		return err
	})
	return rulesOf(ctx, conn, legacy, err)
}

// readOwnRules is readRules for the namespace of the calling thread, with its directory of
// openThreadNet.
func (n *NetworkNamespace) readOwnRules(ctx context.Context, net int) *rulesRead {
	var read rulesRead
	legacy := n.legacyRules(net)
	conn, err := nftget.Open()
	read.rules, read.legacy, read.err = rulesOf(ctx, conn, legacy, err)
	return &read
}

// rulesOf reads through a connection that was opened, or not.
func rulesOf(ctx context.Context, conn *nftget.Conn, legacy []string, err error) (*nftget.Ruleset, []string, error) {
	if nftget.Unsupported(err) {
		return &nftget.Ruleset{}, legacy, nil
	}
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = conn.Close() }()
	rules, err := conn.Read(ctx)
	return rules, legacy, err
}

// listeners returns the namespace's sockets that wait for traffic, and the processes having them.
func (n *NetworkNamespace) listeners() (processes []portfwd.Process, listeners []portfwd.Listener) {
	seen := map[model.PIDType]bool{}
	for _, sockets := range [][]ProcessSocket{n.Portsv4, n.Portsv6} {
		for i := range sockets {
			s := &sockets[i]
			addr, ok := netip.AddrFromSlice(s.LocalIP)
			if s.SimplifiedState != Listening || !ok {
				continue
			}
			l := portfwd.Listener{Protocol: strings.ToLower(s.Protocol.String()), Addr: netip.AddrPortFrom(addr.Unmap(), s.LocalPort)}
			for _, process := range s.Processes {
				l.PIDs = append(l.PIDs, int(process.PID))
				if !seen[process.PID] {
					seen[process.PID] = true
					processes = append(processes, portfwd.Process{PID: int(process.PID), Args: process.Cmdline})
				}
			}
			listeners = append(listeners, l)
		}
	}
	return processes, listeners
}

// forwardedPort turns what a detector found into a forwarded port, with its destination resolved.
func (n *NetworkNamespace) forwardedPort(d *Discovery, f portfwd.Forward, paths *pathfinder) ForwardedPort {
	port := ForwardedPort{
		ForwardedPortRange: f.ForwardedPortRange,
		Protocol:           protocolNumber(f.ForwardedPortRange.Protocol),
		Source:             f.Source,
		Service:            f.Service,
		Share:              f.Share,
	}
	switch {
	case f.Into != 0:
		port.DestinationNetns = netnsOfProcess(d, model.PIDType(f.Into))
	case f.ByTap:
		port.DestinationNetns, port.Nifs = netnsOfTap(d, model.PIDType(f.PID))
	}
	if f.Into != 0 || f.ByTap {
		if port.DestinationNetns != nil {
			port.enter()
			port.resolveServers(port.ForwardIP)
		}
		return port
	}
	port.resolve(n, paths)
	return port
}

// enter fills in the address in the destination's namespace at which a program arrives that passes
// traffic on into it by other means than routing: that of the TAP interface, or else of the first
// interface having one.
func (p *ForwardedPort) enter() {
	nifs := p.Nifs
	if len(nifs) == 0 {
		nifs = p.DestinationNetns.NifList()
		nifs.Sort()
	}
	for _, nif := range nifs {
		addrs := nif.Nif().Addrsv4
		if len(shortIP(p.IP)) == 16 {
			addrs = append(slices.Clone(nif.Nif().Addrsv6), addrs...)
		}
		for _, a := range addrs {
			if !a.Address.IsLoopback() && !a.Address.IsLinkLocalUnicast() {
				p.ForwardIP, p.Nifs = a.Address, Interfaces{nif}
				return
			}
		}
	}
}

// netnsOfProcess returns the network namespace that the process is in; nil if not known.
func netnsOfProcess(d *Discovery, pid model.PIDType) *NetworkNamespace {
	for _, n := range d.Netns {
		for _, tenant := range n.Tenants {
			if tenant.pid() == pid {
				return n
			}
		}
	}
	return nil
}

// netnsOfTap returns the network namespace, and the interface in it, of the TAP interface that the
// process serves; nil if there is none, or not just one.
func netnsOfTap(d *Discovery, pid model.PIDType) (netns *NetworkNamespace, nifs Interfaces) {
	for _, n := range d.Netns {
		for _, nif := range n.Nifs {
			tap, ok := nif.(TunTap)
			if !ok || !slices.ContainsFunc(tap.TunTap().Processors, func(p *model.Process) bool { return p.PID == pid }) {
				continue
			}
			if netns != nil {
				return nil, nil
			}
			netns, nifs = n, Interfaces{nif}
		}
	}
	return netns, nifs
}

// ruleFindings puts into words what could not be read or understood of the namespace's rules.
// privileged tells whether nothing in the way of reading rules is told already.
func (n *NetworkNamespace) ruleFindings(result *forwardsResult, privileged bool) (findings []Finding) {
	find := func(message, remedy string) {
		findings = append(findings, Finding{Kind: FindingRules, Subject: subjectOf(n), Message: message, Remedy: remedy, Netns: n})
	}
	switch {
	case result.err == nil, errors.Is(result.err, errNamespaceGone):
	case isDenied(result.err) && (!privileged || len(n.Nifs) == 0): // told for all of the host or the namespace.
	case errors.Is(result.err, context.DeadlineExceeded):
		find("packet filter rules could not be read in time: forwarded ports may be missing", "")
	default:
		find("packet filter rules could not be read, forwarded ports may be missing: "+rootCause(result.err), "")
	}
	for _, excess := range result.excess {
		find("packet filter has "+excess+": forwarded ports may be missing", "")
	}
	for _, family := range result.legacy {
		find("has "+family+" NAT rules of the kernel's older packet filter, which are not read: forwarded ports may be missing",
			`look at them with "iptables-legacy -t nat -S", and set them with nftables or iptables-nft`)
	}
	for i, f := range result.findings {
		if i == maxRuleFindings {
			find(fmt.Sprintf("has %d more rules that are not understood", len(result.findings)-i), "")
			break
		}
		find(ruleMessage(f), "")
	}
	return findings
}

// ruleMessage names a rule, and says what is not understood about it.
func ruleMessage(f portfwd.Finding) string {
	if f.Table == "" {
		return f.Text
	}
	where := fmt.Sprintf("chain %q of %s table %q", f.Chain, f.Family, f.Table)
	if f.Handle != 0 {
		where = fmt.Sprintf("rule with handle %d in %s", f.Handle, where)
	}
	return "forwarded ports may be missing: " + where + ": " + f.Text
}

// protocolNumber returns the number of a protocol by its name.
func protocolNumber(name string) Protocol {
	switch name {
	case "tcp":
		return unix.IPPROTO_TCP
	case "udp":
		return unix.IPPROTO_UDP
	case "sctp":
		return unix.IPPROTO_SCTP
	}
	return 0
}

// ResolveForwardedPort fills in what is missing of a forwarded port of the namespace: the namespace
// of the destination address as it is reached from there, the interface having it, and the processes
// serving the destination port. What is not found stays nil: that is a forward to nobody.
func ResolveForwardedPort(forwardedPort *ForwardedPort, netns *NetworkNamespace) {
	if forwardedPort == nil || netns == nil {
		return
	}
	forwardedPort.resolve(netns, newPathfinder())
}

// resolve is [ResolveForwardedPort] for one of many ports.
func (p *ForwardedPort) resolve(netns *NetworkNamespace, paths *pathfinder) {
	destination := p.ForwardIP
	if p.Protocol == 0 {
		p.Protocol = protocolNumber(p.ForwardedPortRange.Protocol)
	}
	if p.DestinationNetns == nil {
		switch {
		case destination == nil: // redirected to the namespace itself.
			p.DestinationNetns = netns
			if nif := netns.NifWithAddress(p.IP); nif != nil {
				p.Nifs = Interfaces{nif}
			}
		default:
			found, nif := paths.whereIs(netns, destination)
			p.DestinationNetns = found
			if nif != nil {
				p.Nifs = Interfaces{nif}
			}
		}
	}
	if p.DestinationNetns != nil {
		p.resolveServers(destination)
	}
}

// resolveServers finds the processes that serve the destination port at an address of the
// destination's namespace, or at any if it is nil.
func (p *ForwardedPort) resolveServers(destination []byte) {
	sockets := p.DestinationNetns.Portsv4
	if destination == nil && len(shortIP(p.IP)) == 16 || len(shortIP(destination)) == 16 {
		sockets = p.DestinationNetns.Portsv6
	}
	last := int(p.ForwardPortMin)
	if !p.ToOne {
		last += int(p.PortMax) - int(p.PortMin)
	}
	servers := map[model.PIDType]*model.Process{}
	for i := range sockets {
		s := &sockets[i]
		if s.Protocol != p.Protocol || s.SimplifiedState != Listening ||
			s.LocalPort < p.ForwardPortMin || int(s.LocalPort) > last {
			continue
		}
		if destination != nil && !s.LocalIP.IsUnspecified() && !bytes.Equal(shortIP(s.LocalIP), shortIP(destination)) {
			continue
		}
		for _, process := range s.Processes {
			servers[process.PID] = process
		}
	}
	p.PIDs, p.Processes = nil, nil
	for _, process := range servers {
		p.Processes = append(p.Processes, process)
	}
	slices.SortFunc(p.Processes, func(a, b *model.Process) int { return cmp.Compare(a.PID, b.PID) })
	for _, process := range p.Processes {
		p.PIDs = append(p.PIDs, process.PID)
	}
}

// shortIP returns an address in 4 bytes if it is one of IPv4.
func shortIP(ip []byte) []byte {
	if addr, ok := netip.AddrFromSlice(ip); ok {
		return addr.Unmap().AsSlice()
	}
	return nil
}
