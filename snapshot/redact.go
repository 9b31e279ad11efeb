package snapshot

import (
	"bytes"
	"fmt"
	"maps"
	"net"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/hostwire/hostwire/internal/lazy"
	"github.com/hostwire/hostwire/internal/suggest"
	"github.com/hostwire/hostwire/network"
	"github.com/thediveo/lxkns/model"
)

// Redaction says what is to be replaced before a picture or snapshot is published.
type Redaction struct {
	Addresses bool // IP addresses and networks, by those reserved for documentation.
	MACs      bool // hardware addresses, by those reserved for documentation.
	Names     bool // names of hosts, containers, projects, networks, processes, interfaces and files.
	Images    bool // names of container images.
}

// ParseRedaction reads a list such as "addresses,macs"; "all" stands for everything.
func ParseRedaction(list string) (Redaction, error) {
	var what Redaction
	fields := map[string]*bool{"addresses": &what.Addresses, "macs": &what.MACs, "names": &what.Names, "images": &what.Images}
	known := []string{"addresses", "macs", "names", "images", "all"}
	for word := range strings.SplitSeq(list, ",") {
		switch word = strings.TrimSpace(word); {
		case word == "all":
			return Redaction{true, true, true, true}, nil
		case fields[word] == nil:
			return what, fmt.Errorf("cannot redact %q%s; write some of %s", word, suggest.DidYouMean(word, known), strings.Join(known, ","))
		default:
			*fields[word] = true
		}
	}
	return what, nil
}

// Redact returns a copy of the discovery with stand-ins. The same thing has the same stand-in
// everywhere, so that the wiring stays visible; things get their stand-ins in the order of the
// snapshot, so that the same discovery gives the same copy. PIDs, ports, kinds of interfaces,
// drivers and versions stay. The copy has no netlink handles.
func Redact(d *network.Discovery, what Redaction) (*network.Discovery, error) {
	var text bytes.Buffer
	if err := Encode(&text, d); err != nil {
		return nil, err
	}
	redacted, err := decode(text.Bytes(), 4*maxMemory) // it was in memory before.
	if err != nil {
		return nil, err
	}
	r := &redactor{
		what:      what,
		seen:      map[any]bool{},
		names:     map[string]string{},
		counts:    map[string]int{},
		macs:      map[string]net.HardwareAddr{},
		addresses: newAddressBook(),
	}
	if what.Addresses || what.MACs {
		r.collect(reflect.ValueOf(redacted))
		r.addresses.number()
	}
	r.seen = map[any]bool{}
	r.walk(reflect.ValueOf(redacted), "")
	return redacted, nil
}

// textRule says what becomes of a string.
type textRule string

// Rules for strings; all others are the kind of name, after which its stand-ins are called.
const (
	keep  textRule = "keep"  // says nothing about whose host it is.
	prose textRule = "prose" // may mention names and addresses.
	empty textRule = "empty" // is not needed for a picture.
	image textRule = "image" // an image's name.
)

// textRules are the rules for all strings that can be in a discovery. A test fails when one has
// no rule.
var textRules = map[string]textRule{
	"HostInfo.Name": "host", "HostInfo.OS": keep, "HostInfo.Kernel": keep,
	"EngineNetwork.Engine": keep, "EngineNetwork.ID": "id", "EngineNetwork.Name": "network", "EngineNetwork.Driver": keep,
	"Finding.Kind": keep, "Finding.Subject": prose, "Finding.Message": prose, "Finding.Remedy": prose,
	"NetworkNamespace.Paths": "/run/netns/netns",
	"NifAttrs.Kind":          keep, "NifAttrs.Name": "interface", "NifAttrs.Alias": "alias", "NifAttrs.Unresolved": keep, "NifAttrs.Duplex": keep,
	"NifAttrs.Forwardingv4": keep, "NifAttrs.Forwardingv6": keep,
	"NifDriverInfo.Driver": keep, "NifDriverInfo.Version": keep, "NifDriverInfo.FwVersion": keep,
	"NifDriverInfo.BusInfo": keep, "NifDriverInfo.EromVersion": keep,
	"BridgePortAttrs.State": keep, "BridgeAttrs.STPState": keep, "BondAttrs.Mode": keep, "HsrAttrs.Protocol": keep,
	"IpvlanAttrs.Mode": keep, "IpvlanAttrs.Flag": keep, "NetkitAttrs.Mode": keep,
	"ForwardedPortRange.Protocol": keep, "ForwardedPort.Source": keep, "ForwardedPort.Service": "service",
	"DnsConfiguration.Hostname": "host", "DnsConfiguration.EtcHostname": "host",
	"DnsConfiguration.EtcDomainname": "domain", "DnsConfiguration.Searchlist": "domain",
	"ProTaskCommon.Name": "process", "ProTaskCommon.CpuCgroup": empty, "ProTaskCommon.FridgeCgroup": empty,
	"Process.Cmdline": "process",
	"Container.ID":    "id", "Container.Name": "container", "Container.Type": keep, "Container.Flavor": keep,
	"ContainerEngine.ID": "id", "ContainerEngine.Type": keep, "ContainerEngine.Version": keep, "ContainerEngine.API": "unix:///run/engine",
	"Group.Name": "group", "Group.Type": keep, "Group.Flavor": keep,
	"Namespace.Path": "/run/netns/netns",
	"UDPAddr.Zone":   "interface",
}

// labelRules are the container labels that pictures are made from; others are left out of a copy
// without names.
var labelRules = map[string]textRule{
	"hostwire/image":                  image,
	"com.docker.compose.project":      "group",
	"com.docker.compose.service":      "container",
	"com.docker.compose.network":      "network",
	"io.kubernetes.container.name":    "container",
	"io.kubernetes.pod.name":          "group",
	"io.kubernetes.pod.namespace":     "group",
	"io.kubernetes.sandbox":           keep,
	network.GostwireInternalBridgeKey: keep,
}

// plainNames are names that are the same on every machine.
var plainNames = lazy.Regexp(`^(|localhost|ip6-(localhost|loopback|localnet|mcastprefix|allnodes|allrouters)|/?proc/[0-9]+/(ns/[a-z]+|fd/[0-9]+))$`)

// plainNifs are interfaces whose names the kernel, udev or an engine made without anybody's help.
var plainNifs = lazy.Regexp(`^(lo|(eth|wlan|bond|br|tap|tun|veth|docker|virbr|cni|dummy|wg|ifb|vxlan)[0-9]{1,4}|en([ops][0-9]+)+(f[0-9]+)?(np?[0-9]+)?)(\.[0-9]+)?$`)

// redactor puts stand-ins into a discovery.
type redactor struct {
	what      Redaction
	seen      map[any]bool
	names     map[string]string // stand-ins of names.
	counts    map[string]int    // how many stand-ins of each kind there are.
	macs      map[string]net.HardwareAddr
	addresses *addressBook
}

// walk replaces everything below a value. field is what the value is a part of.
func (r *redactor) walk(v reflect.Value, field string) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return
		}
		if v.Kind() == reflect.Pointer {
			if r.seen[v.Interface()] {
				return
			}
			r.seen[v.Interface()] = true
		}
		r.walk(v.Elem(), field)
	case reflect.String:
		v.SetString(r.text(textRules[field], v.String()))
	case reflect.Slice:
		switch list := v.Interface().(type) {
		case net.IP:
			v.Set(reflect.ValueOf(r.ip(list)))
		case net.HardwareAddr:
			v.Set(reflect.ValueOf(r.mac(list)))
		default:
			for i := range v.Len() {
				r.walk(v.Index(i), field)
			}
		}
	case reflect.Array:
		for i := range v.Len() {
			r.walk(v.Index(i), field)
		}
	case reflect.Map:
		r.walkMap(v)
	case reflect.Struct:
		r.walkStruct(v)
	}
}

func (r *redactor) walkStruct(v reflect.Value) {
	switch s := v.Addr().Interface().(type) {
	case *net.IPNet:
		if r.what.Addresses {
			*s = r.addresses.network(*s)
		} else if ones, bits := s.Mask.Size(); bits != 0 && ones == bits {
			s.IP = r.ip(s.IP)
		}
		return
	case *network.Address:
		if r.what.Addresses {
			s.PrefixLength = r.addresses.bits(s.Address, s.PrefixLength)
		}
	case *network.NifAttrs:
		s.Name = r.nifName(s)
	case *network.MacsecAttrs:
		s.SCI = r.sci(s.SCI)
	case *model.Process:
		if r.what.Names && len(s.Cmdline) > 1 {
			s.Cmdline = s.Cmdline[:1] // arguments can say anything.
		}
	}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name := v.Type().Name() + "." + f.Name
		if f.IsExported() && name != "NifAttrs.Name" {
			r.walk(v.Field(i), name)
		}
	}
	if route, ok := v.Addr().Interface().(*network.Route); ok && r.what.Addresses {
		if ones, bits := route.Destination.Mask.Size(); bits != 0 {
			route.DestinationPrefixLen = ones
		}
	}
}

// walkMap replaces a map's values, and its keys where they are names.
func (r *redactor) walkMap(v reflect.Value) {
	switch m := v.Interface().(type) {
	case network.NetworkNamespaces:
		for _, ns := range sortedNetns(m) {
			r.walk(reflect.ValueOf(ns), "")
		}
	case map[int]network.Interface:
		for _, index := range slices.Sorted(maps.Keys(m)) {
			r.walk(reflect.ValueOf(m[index]), "")
		}
	case map[string]network.Interface: // walked after the one by index.
		named := maps.Clone(m)
		clear(m)
		for _, name := range slices.Sorted(maps.Keys(named)) {
			m[r.nifText(name)] = named[name]
		}
	case model.ProcessTable:
		for _, pid := range slices.Sorted(maps.Keys(m)) {
			r.walk(reflect.ValueOf(m[pid]), "")
		}
	case model.Labels:
		r.labels(m)
	case map[string]string:
		r.labels(m)
	case map[string]net.IP:
		hosts := maps.Clone(m)
		clear(m)
		for _, name := range slices.Sorted(maps.Keys(hosts)) {
			m[r.text("host", name)] = r.ip(hosts[name])
		}
	}
}

// labels replaces labels' values.
func (r *redactor) labels(labels map[string]string) {
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		rule, known := labelRules[key]
		switch {
		case known:
			labels[key] = r.text(rule, labels[key])
		case r.what.Names:
			delete(labels, key)
		default:
			labels[key] = r.text(prose, labels[key])
		}
	}
}

// text returns what becomes of a string.
func (r *redactor) text(rule textRule, s string) string {
	switch rule {
	case keep:
		return s
	case prose:
		return r.prose(s)
	case image:
		if r.what.Images {
			return r.standIn("image", s)
		}
		return s
	case empty:
		if r.what.Names {
			return ""
		}
		return s
	}
	if !r.what.Names || plainNames().MatchString(strings.TrimPrefix(s, "/")) {
		return s
	}
	return r.standIn(string(rule), s)
}

// standIn returns the stand-in of a name: its kind, and a number.
func (r *redactor) standIn(kind, name string) string {
	if name == "" {
		return ""
	}
	if known, ok := r.names[name]; ok {
		return known
	}
	r.counts[kind]++
	s := fmt.Sprintf("%s-%d", kind, r.counts[kind])
	r.names[name] = s
	return s
}

// nifName returns the stand-in of an interface's name.
func (r *redactor) nifName(nif *network.NifAttrs) string {
	if !r.what.Names && !r.what.MACs || plainNifs().MatchString(nif.Name) {
		return nif.Name
	}
	if !r.what.Names && !strings.HasPrefix(nif.Name, "enx") { // udev's names after the hardware address.
		return nif.Name
	}
	kind := nif.Kind
	if kind == "" {
		kind = "interface"
	}
	return r.standIn(kind, nif.Name)
}

// nifText returns the stand-in of an interface's name that stands alone.
func (r *redactor) nifText(name string) string {
	if known, ok := r.names[name]; ok {
		return known
	}
	if !r.what.Names || plainNifs().MatchString(name) {
		return name
	}
	return r.standIn("interface", name)
}

// Addresses as they occur in prose.
var (
	proseIP  = lazy.Regexp(`\b[0-9]{1,3}(\.[0-9]{1,3}){3}\b|\b[0-9a-fA-F]{0,4}(:[0-9a-fA-F]{0,4}){2,7}\b`)
	proseMAC = lazy.Regexp(`\b[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}\b`)
)

// prose returns a text with the names and addresses in it replaced.
func (r *redactor) prose(s string) string {
	if r.what.Names || r.what.Images {
		// The longest first: a name can be a part of another.
		names := slices.SortedFunc(maps.Keys(r.names), func(a, b string) int {
			if len(a) != len(b) {
				return len(b) - len(a)
			}
			return strings.Compare(a, b)
		})
		var pairs []string
		for _, name := range names {
			pairs = append(pairs, name, r.names[name])
		}
		s = strings.NewReplacer(pairs...).Replace(s)
	}
	s = proseMAC().ReplaceAllStringFunc(s, func(found string) string {
		mac, err := net.ParseMAC(found)
		if err != nil {
			return found
		}
		return r.mac(mac).String()
	})
	return proseIP().ReplaceAllStringFunc(s, func(found string) string {
		ip, ok := parseIP(found)
		if !ok {
			return found
		}
		return formatIP(r.ip(ip))
	})
}

// mac returns the stand-in of a hardware address: from 00:00:5e:00:53:00 on (RFC 7042), and locally
// administered when there are no more of these. Tunnels have an IP address for one.
func (r *redactor) mac(mac net.HardwareAddr) net.HardwareAddr {
	if len(mac) == net.IPv4len || len(mac) == net.IPv6len {
		return net.HardwareAddr(r.ip(net.IP(mac)))
	}
	if !r.what.MACs || len(bytes.Trim(mac, "\x00")) == 0 || len(bytes.Trim(mac, "\xff")) == 0 {
		return mac
	}
	if known, ok := r.macs[string(mac)]; ok {
		return known
	}
	n := len(r.macs)
	s := net.HardwareAddr{0, 0, 0x5e, 0, 0x53, byte(n)}
	if n > 255 {
		s = net.HardwareAddr{2, 0, 0x5e, byte(n >> 16), byte(n >> 8), byte(n)}
	}
	r.macs[string(mac)] = s
	return s
}

// sci returns the stand-in of a MACsec secure channel identifier: a hardware address and a port
// (IEEE 802.1AE).
func (r *redactor) sci(sci uint64) uint64 {
	if !r.what.MACs || sci == 0 {
		return sci
	}
	n, _ := strconv.ParseUint(strings.ReplaceAll(r.mac(net.HardwareAddr{
		byte(sci >> 56), byte(sci >> 48), byte(sci >> 40), byte(sci >> 32), byte(sci >> 24), byte(sci >> 16),
	}).String(), ":", ""), 16, 64)
	return n<<16 | sci&0xffff
}

// ip returns the stand-in of an address. Link-local IPv6 addresses are made from hardware
// addresses, and go with them.
func (r *redactor) ip(ip net.IP) net.IP {
	if r.what.Addresses || r.what.MACs && len(ip) == net.IPv6len && ip.IsLinkLocalUnicast() {
		return r.addresses.address(ip)
	}
	return ip
}

// collect finds all addresses and networks below a value.
func (r *redactor) collect(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return
		}
		if v.Kind() == reflect.Pointer {
			if r.seen[v.Interface()] {
				return
			}
			r.seen[v.Interface()] = true
		}
		r.collect(v.Elem())
	case reflect.Slice, reflect.Array:
		switch list := v.Interface().(type) {
		case net.IP:
			r.addresses.note(list)
		case net.HardwareAddr:
			if len(list) == net.IPv4len || len(list) == net.IPv6len {
				r.addresses.note(net.IP(list))
			}
		default:
			for i := range v.Len() {
				r.collect(v.Index(i))
			}
		}
	case reflect.String:
		for _, found := range proseIP().FindAllString(v.String(), -1) {
			if ip, ok := parseIP(found); ok {
				r.addresses.note(ip)
			}
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			r.collect(v.MapIndex(key))
		}
	case reflect.Struct:
		switch s := v.Interface().(type) {
		case net.IPNet:
			r.addresses.noteNetwork(s)
			return
		case network.Address:
			r.addresses.noteNetwork(net.IPNet{IP: s.Address, Mask: net.CIDRMask(int(s.PrefixLength), 8*len(s.Address))})
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				r.collect(v.Field(i))
			}
		}
	}
}
