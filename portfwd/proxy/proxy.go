package proxy

import (
	"fmt"
	"net"
	"net/netip"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/hostwire/hostwire/portfwd"
)

func init() {
	portfwd.Register("proxy", portfwd.RankProxy, portfwd.DetectorFunc(detect))
}

// intent is what a program's command line says that it passes on.
type intent struct {
	protocol string
	addr     netip.Addr // where it listens; not valid if that is not told.
	portMin  uint16
	portMax  uint16
	to       netip.Addr // not valid if the destination is in another namespace, or this host itself.
	toPort   uint16     // what portMin becomes.
	into     int
	byTap    bool
}

// programs are the forwarders whose command lines tell all, by the base name of the program.
var programs = map[string]func(args []string) []intent{
	"docker-proxy": dockerProxy,
	"socat":        socat,
	"socat1":       socat, // Debian's name of the program itself.
	"pasta":        pasta,
	"pasta.avx2":   pasta,
}

// taciturn are the forwarders whose command lines don't tell where they pass traffic on to.
var taciturn = []string{"rootlessport", "containers-rootlessport", "slirp4netns", "rootlesskit"}

func detect(s *portfwd.System) (forwards []portfwd.Forward, findings []portfwd.Finding) {
	for _, p := range s.Processes {
		if len(p.Args) == 0 {
			continue
		}
		name := path.Base(p.Args[0])
		if parse := programs[name]; parse != nil {
			for _, i := range parse(p.Args[1:]) {
				forwards = append(forwards, i.forwards(s, p.PID, strings.TrimSuffix(strings.TrimSuffix(name, "1"), ".avx2"))...)
			}
		}
		if slices.Contains(taciturn, name) {
			fw, fi := asPublished(s, p.PID, strings.TrimPrefix(name, "containers-"))
			forwards = append(forwards, fw...)
			findings = append(findings, fi...)
		}
	}
	return forwards, findings
}

// forwards returns what the process really listens for of what it intends to.
func (i intent) forwards(s *portfwd.System, pid int, source string) (forwards []portfwd.Forward) {
	for _, l := range s.Listeners {
		port := l.Addr.Port()
		if l.Protocol != i.protocol || port < i.portMin || port > i.portMax || !slices.Contains(l.PIDs, pid) {
			continue
		}
		if i.addr.IsValid() && !i.addr.IsUnspecified() && i.addr != l.Addr.Addr() {
			continue
		}
		toPort := int(i.toPort) + int(port-i.portMin)
		if toPort > 0xffff {
			continue
		}
		f := portfwd.Forward{
			ForwardedPortRange: portfwd.ForwardedPortRange{
				Protocol: i.protocol,
				IP:       net.IP(l.Addr.Addr().AsSlice()),
				PortMin:  port, PortMax: port,
				ForwardPortMin: uint16(toPort),
			},
			Source: source, Share: 1, PID: pid, Into: i.into, ByTap: i.byTap,
		}
		if i.to.IsValid() {
			f.ForwardIP = net.IP(i.to.AsSlice())
		}
		forwards = append(forwards, f)
	}
	return forwards
}

// asPublished asks what the engines say about the ports that the process listens at.
func asPublished(s *portfwd.System, pid int, source string) (forwards []portfwd.Forward, findings []portfwd.Finding) {
	for _, l := range s.Listeners {
		if !slices.Contains(l.PIDs, pid) {
			continue
		}
		at := slices.IndexFunc(s.Published, func(p portfwd.Published) bool {
			return p.Protocol == l.Protocol && p.Host.Port() == l.Addr.Port() &&
				(!p.Host.Addr().IsValid() || p.Host.Addr().IsUnspecified() || p.Host.Addr() == l.Addr.Addr())
		})
		if at < 0 {
			findings = append(findings, portfwd.Finding{
				Text: fmt.Sprintf("%s accepts %s port %d and does not tell where it passes that on to", source, l.Protocol, l.Addr.Port()),
			})
			continue
		}
		forwards = append(forwards, portfwd.Forward{
			ForwardedPortRange: portfwd.ForwardedPortRange{
				Protocol: l.Protocol,
				IP:       net.IP(l.Addr.Addr().AsSlice()),
				PortMin:  l.Addr.Port(), PortMax: l.Addr.Port(),
				ForwardPortMin: s.Published[at].ContainerPort,
			},
			Source: source, Share: 1, PID: pid, Into: s.Published[at].PID,
		})
	}
	return forwards, findings
}

// flags reads a command line of flags with values, "-name value", "--name value" or "-name=value",
// and calls fn for each. Flags named in alone have no value.
func flags(args []string, alone func(name string) bool, fn func(name, value string)) (rest []string) {
	for i := 0; i < len(args); i++ {
		name := args[i]
		if name == "--" {
			return append(rest, args[i+1:]...)
		}
		if !strings.HasPrefix(name, "-") || name == "-" {
			rest = append(rest, name)
			continue
		}
		name, value, has := strings.Cut(strings.TrimLeft(name, "-"), "=")
		if !has && !alone(name) && i+1 < len(args) {
			i++
			value = args[i]
		}
		fn(name, value)
	}
	return rest
}

// dockerProxy reads the command line of docker-proxy: one for each published port, address and
// protocol.
func dockerProxy(args []string) []intent {
	var (
		i  intent
		ok = true
	)
	port := func(value string) uint16 {
		n, err := strconv.ParseUint(value, 10, 16)
		ok = ok && err == nil && n > 0
		return uint16(n)
	}
	addr := func(value string) netip.Addr {
		a, err := netip.ParseAddr(value)
		ok = ok && err == nil
		return a.Unmap()
	}
	flags(args, func(name string) bool { return name == "use-listen-fd" }, func(name, value string) {
		switch name {
		case "proto":
			i.protocol = value
		case "host-ip":
			i.addr = addr(value)
		case "host-port":
			i.portMin = port(value)
			i.portMax = i.portMin
		case "container-ip":
			i.to = addr(value)
		case "container-port":
			i.toPort = port(value)
		}
	})
	if !ok || i.protocol == "" || i.portMin == 0 || i.toPort == 0 || !i.to.IsValid() {
		return nil
	}
	return []intent{i}
}
