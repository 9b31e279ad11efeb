package snapshot

import (
	"encoding/hex"
	"net"
	"net/netip"
	"reflect"
	"strconv"
	"strings"

	"github.com/hostwire/hostwire/network"
	"github.com/thediveo/lxkns/species"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// textForm is the codec of a type whose values are written as short texts. format gets a value and
// returns its text; parse gets the text and returns the value, or false if it is none.
func textForm[T any](pattern string, format func(T) string, parse func(string) (T, bool)) *codec {
	typ := reflect.TypeFor[T]()
	return &codec{
		write: func(e *encoder, v reflect.Value) {
			if k := typ.Kind(); (k == reflect.Slice || k == reflect.Pointer) && v.IsNil() {
				e.raw("null")
				return
			}
			e.string(format(v.Interface().(T)))
		},
		read: func(d *decoder, v reflect.Value) error {
			if d.null() {
				return nil
			}
			at := d.pos
			text, err := d.string()
			if err != nil {
				return err
			}
			value, ok := parse(text)
			if !ok {
				return d.failAt(at, "%q is no %s", clip([]byte(text)), typeNames[typ])
			}
			v.Set(reflect.ValueOf(value))
			return nil
		},
		schema: func(*schemaMaker) object { return object{"type": "string", "pattern": pattern} },
	}
}

// typeNames are what the texts of textForm are called in errors.
var typeNames = map[reflect.Type]string{
	reflect.TypeFor[net.IP]():           "IP address",
	reflect.TypeFor[network.IP]():       "IP address",
	reflect.TypeFor[net.HardwareAddr](): "hardware address",
	reflect.TypeFor[net.IPNet]():        "IP network",
	reflect.TypeFor[net.UDPAddr]():      "IP address with port",
	reflect.TypeFor[[]byte]():           "row of hexadecimal digits",
}

// Forms of addresses. An IPv4 address in 16 bytes is not the same as one in 4, and is written as
// the IPv6 address that it is: "::ffff:192.0.2.1". What is no address at all is written as bytes:
// "0x0102".
const (
	patternIP   = `^([0-9a-f:.]+|0x([0-9a-f]{2})*)$`
	patternMask = `^([0-9a-f:.]*|0x([0-9a-f]{2})*)/([0-9]*|0x([0-9a-f]{2})*)$`
)

func formatIP(ip net.IP) string {
	if addr, ok := netip.AddrFromSlice(ip); ok {
		return addr.String()
	}
	return "0x" + hex.EncodeToString(ip)
}

func parseIP(s string) (net.IP, bool) {
	if digits, ok := strings.CutPrefix(s, "0x"); ok {
		b, err := hex.DecodeString(digits)
		return b, err == nil && len(b) != net.IPv4len && len(b) != net.IPv6len
	}
	addr, err := netip.ParseAddr(s)
	if err != nil || addr.Zone() != "" {
		return nil, false
	}
	return addr.AsSlice(), true
}

// formatIPNet writes a network as "192.0.2.0/24", and one whose mask does not fit as
// "192.0.2.0/0xff00ff00". A nil address or mask is empty.
func formatIPNet(n net.IPNet) string {
	ip, mask := "", ""
	if n.IP != nil {
		ip = formatIP(n.IP)
	}
	if ones, bits := n.Mask.Size(); bits != 0 && bits == 8*len(n.IP) {
		mask = strconv.Itoa(ones)
	} else if n.Mask != nil {
		mask = "0x" + hex.EncodeToString(n.Mask)
	}
	return ip + "/" + mask
}

func parseIPNet(s string) (net.IPNet, bool) {
	ip, mask, ok := strings.Cut(s, "/")
	n := net.IPNet{}
	if ip != "" && ok {
		n.IP, ok = parseIP(ip)
	}
	if digits, isHex := strings.CutPrefix(mask, "0x"); isHex && ok {
		b, err := hex.DecodeString(digits)
		n.Mask, ok = b, err == nil
	} else if mask != "" && ok {
		ones, err := strconv.ParseUint(mask, 10, 8)
		n.Mask = net.CIDRMask(int(ones), 8*len(n.IP))
		ok = err == nil && n.Mask != nil
	}
	return n, ok
}

// formatUDPAddr writes an end point as "192.0.2.1:51820" or "[fe80::1%eth0]:51820".
func formatUDPAddr(a net.UDPAddr) string {
	host := ""
	if a.IP != nil {
		host = formatIP(a.IP)
	}
	if a.Zone != "" {
		host += "%" + a.Zone
	}
	return net.JoinHostPort(host, strconv.Itoa(a.Port))
}

// parseUDPAddr reads an end point. Unlike net.SplitHostPort it takes a zone of any letters.
func parseUDPAddr(s string) (net.UDPAddr, bool) {
	colon := strings.LastIndexByte(s, ':')
	if colon < 0 {
		return net.UDPAddr{}, false
	}
	host := s[:colon]
	port, err := strconv.ParseInt(s[colon+1:], 10, 32)
	if err != nil {
		return net.UDPAddr{}, false
	}
	if inner, ok := strings.CutPrefix(host, "["); ok {
		if host, ok = strings.CutSuffix(inner, "]"); !ok {
			return net.UDPAddr{}, false
		}
	}
	addr, zone, _ := strings.Cut(host, "%")
	a, ok := net.UDPAddr{Port: int(port), Zone: zone}, true
	if addr != "" {
		a.IP, ok = parseIP(addr)
	}
	return a, ok
}

func formatMAC(a net.HardwareAddr) string { return a.String() }

func parseMAC(s string) (net.HardwareAddr, bool) {
	if s == "" {
		return net.HardwareAddr{}, true
	}
	b, err := hex.DecodeString(strings.ReplaceAll(s, ":", ""))
	return b, err == nil && len(s) == 3*len(b)-1 && net.HardwareAddr(b).String() == strings.ToLower(s)
}

func formatBytes(b []byte) string { return hex.EncodeToString(b) }

func parseBytes(s string) ([]byte, bool) {
	b, err := hex.DecodeString(s)
	return b, err == nil
}

// words are the numbers that have a name in a snapshot, for people and for other programs. Other
// numbers stay numbers: a newer kernel may know more.
type words struct {
	names map[int64]string
	list  []string // in the order of the numbers.
}

func newWords(pairs ...any) *words {
	w := &words{names: map[int64]string{}}
	for i := 0; i < len(pairs); i += 2 {
		name := pairs[i+1].(string)
		w.names[reflect.ValueOf(pairs[i]).Convert(reflect.TypeFor[int64]()).Int()] = name
		w.list = append(w.list, name)
	}
	return w
}

// codec returns the codec of a type of integers with names.
func (w *words) codec(t reflect.Type) *codec {
	numbers := make(map[string]int64, len(w.names))
	for n, name := range w.names {
		numbers[name] = n
	}
	signed := reflect.Zero(t).CanInt()
	bits := t.Bits()
	return &codec{
		write: func(e *encoder, v reflect.Value) {
			n := v.Convert(reflect.TypeFor[int64]()).Int()
			if name, ok := w.names[n]; ok {
				e.string(name)
			} else {
				e.int(n)
			}
		},
		read: func(d *decoder, v reflect.Value) error {
			at := d.pos
			var n int64
			if d.next() == '"' {
				name, err := d.stringBytes()
				if err != nil {
					return err
				}
				var ok bool
				if n, ok = numbers[string(name)]; !ok {
					return d.failAt(at, "unknown word %q; known are %s", clip(name), strings.Join(w.list, ", "))
				}
			} else if signed {
				var err error
				if n, err = d.int(bits); err != nil {
					return err
				}
			} else {
				u, err := d.uint(bits)
				if err != nil {
					return err
				}
				n = int64(u)
			}
			v.Set(reflect.ValueOf(n).Convert(t))
			return nil
		},
		schema: func(*schemaMaker) object {
			return object{"anyOf": []any{object{"enum": w.list}, object{"type": "integer"}}}
		},
	}
}

// number returns the number of a name; 0 if there is no such name.
func (w *words) number(name string) int64 {
	for n, known := range w.names {
		if known == name {
			return n
		}
	}
	return 0
}

var routeWords = newWords(
	unix.RTN_UNSPEC, "unspecified", unix.RTN_UNICAST, "unicast", unix.RTN_LOCAL, "local", unix.RTN_BROADCAST, "broadcast",
	unix.RTN_ANYCAST, "anycast", unix.RTN_MULTICAST, "multicast", unix.RTN_BLACKHOLE, "blackhole",
	unix.RTN_UNREACHABLE, "unreachable", unix.RTN_PROHIBIT, "prohibit", unix.RTN_THROW, "throw", unix.RTN_NAT, "nat")

var familyWords = newWords(unix.AF_INET, "ipv4", unix.AF_INET6, "ipv6")

// fieldForms are fields that do not stand as their type would make them.
var fieldForms = map[string]*codec{
	"Address.Family":     familyWords.codec(reflect.TypeFor[int]()),
	"Address.Scope":      newWords(0, "global", 200, "site", 253, "link", 254, "host", 255, "nowhere").codec(reflect.TypeFor[int]()),
	"ProcessSocket.Nifs": sharedNifs,
	"ForwardedPort.Nifs": sharedNifs,
}

// scalarForms returns the codecs of the types that are written as texts and words.
func scalarForms() map[reflect.Type]*codec {
	forms := map[reflect.Type]*codec{
		reflect.TypeFor[net.IP](): textForm(patternIP, formatIP, parseIP),
		reflect.TypeFor[network.IP](): textForm(patternIP,
			func(ip network.IP) string { return formatIP(net.IP(ip)) },
			func(s string) (network.IP, bool) { ip, ok := parseIP(s); return network.IP(ip), ok }),
		reflect.TypeFor[net.IPNet]():        textForm(patternMask, formatIPNet, parseIPNet),
		reflect.TypeFor[net.UDPAddr]():      textForm(`:-?[0-9]+$`, formatUDPAddr, parseUDPAddr),
		reflect.TypeFor[net.HardwareAddr](): textForm(`^([0-9a-f]{2}(:[0-9a-f]{2})*)?$`, formatMAC, parseMAC),
		reflect.TypeFor[[]byte]():           textForm(`^([0-9a-f]{2})*$`, formatBytes, parseBytes),
	}
	add := func(t reflect.Type, w *words) { forms[t] = w.codec(t) }
	add(reflect.TypeFor[network.AddressFamily](), familyWords)
	add(reflect.TypeFor[network.Protocol](), newWords(unix.IPPROTO_TCP, "tcp", unix.IPPROTO_UDP, "udp", unix.IPPROTO_SCTP, "sctp"))
	add(reflect.TypeFor[network.OperState](), newWords(
		network.Unknown, "unknown", network.NotPresent, "not-present", network.Down, "down",
		network.LowerLayerDown, "lower-layer-down", network.Testing, "testing", network.Dormant, "dormant", network.Up, "up"))
	add(reflect.TypeFor[network.SRIOVRole](), newWords(network.PCI_NIC, "nic", network.PCI_SRIOV_PF, "pf", network.PCI_SRIOV_VF, "vf"))
	add(reflect.TypeFor[network.TunTapMode](), newWords(network.TunTapModeTun, "tun", network.TunTapModeTap, "tap"))
	add(reflect.TypeFor[network.MacvlanMode](), newWords(
		netlink.MACVLAN_MODE_DEFAULT, "default", netlink.MACVLAN_MODE_PRIVATE, "private", netlink.MACVLAN_MODE_VEPA, "vepa",
		netlink.MACVLAN_MODE_BRIDGE, "bridge", netlink.MACVLAN_MODE_PASSTHRU, "passthru", netlink.MACVLAN_MODE_SOURCE, "source"))
	add(reflect.TypeFor[netlink.VlanProtocol](), newWords(netlink.VLAN_PROTOCOL_8021Q, "802.1q", netlink.VLAN_PROTOCOL_8021AD, "802.1ad"))
	add(reflect.TypeFor[network.RouteType](), routeWords)
	add(reflect.TypeFor[network.SocketState](), newWords(
		network.TCP_ESTABLISHED, "established", network.TCP_SYN_SENT, "syn-sent", network.TCP_SYN_RECV, "syn-received",
		network.TCP_FIN_WAIT1, "fin-wait-1", network.TCP_FIN_WAIT2, "fin-wait-2", network.TCP_TIME_WAIT, "time-wait",
		network.TCP_CLOSE, "close", network.TCP_CLOSE_WAIT, "close-wait", network.TCP_LAST_ACK, "last-ack",
		network.TCP_LISTEN, "listen", network.TCP_CLOSING, "closing", network.TCP_NEW_SYN_RECV, "new-syn-received"))
	add(reflect.TypeFor[network.SocketSimplifiedState](), newWords(
		network.Unconnected, "unconnected", network.Connected, "connected", network.Listening, "listening"))
	add(reflect.TypeFor[species.NamespaceType](), newWords(
		species.CLONE_NEWNET, "net", species.CLONE_NEWUSER, "user", species.CLONE_NEWPID, "pid", species.CLONE_NEWNS, "mnt",
		species.CLONE_NEWUTS, "uts", species.CLONE_NEWIPC, "ipc", species.CLONE_NEWCGROUP, "cgroup", species.CLONE_NEWTIME, "time"))
	return forms
}
