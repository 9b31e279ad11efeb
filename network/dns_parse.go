package network

import (
	"net"
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds on what is kept of a tenant's name resolution.
const (
	maxHosts       = 4096 // names in /etc/hosts.
	maxNameservers = 64
	maxSearchlist  = 256
	maxNameLength  = 255 // bytes, as in the DNS (RFC 1035).
)

// parseResolvConf decodes resolv.conf(5): the name servers in their order, and the search list. As
// resolvers do, it takes keywords at the beginning of a line only, and the last search list given.
func parseResolvConf(text string) (nameservers []net.IP, searchlist []string) {
	for line := range strings.Lines(text) {
		keyword, rest := line, ""
		if i := strings.IndexFunc(line, unicode.IsSpace); i >= 0 {
			keyword, rest = line[:i], line[i:]
		}
		fields := strings.Fields(rest)
		if len(fields) == 0 {
			continue
		}
		switch keyword {
		case "nameserver":
			if ip := parseHostAddress(fields[0]); ip != nil && len(nameservers) < maxNameservers {
				nameservers = append(nameservers, ip)
			}
		case "domain":
			fields = fields[:1]
			fallthrough
		case "search":
			searchlist = nil
			for _, name := range fields {
				if isSaneName(name) && len(searchlist) < maxSearchlist {
					searchlist = append(searchlist, name)
				}
			}
		}
	}
	return nameservers, searchlist
}

// parseHosts decodes hosts(5) into a map from names to addresses; nil if there are none. Of several
// addresses for a name, the first counts, as it does for resolvers. truncated tells that there are
// more names than are kept.
func parseHosts(text string) (hosts map[string]net.IP, truncated bool) {
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		ip := parseHostAddress(fields[0])
		if ip == nil {
			continue
		}
		for _, name := range fields[1:] {
			if _, known := hosts[name]; known || !isSaneName(name) {
				continue
			}
			if len(hosts) >= maxHosts {
				return hosts, true
			}
			if hosts == nil {
				hosts = map[string]net.IP{}
			}
			hosts[name] = ip
		}
	}
	return hosts, false
}

// parseNameFile decodes files of a single name, such as /etc/hostname: the first line that is not
// empty and no comment. Empty if there is none that could be a name.
func parseNameFile(text string) string {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if !isSaneName(line) {
			return ""
		}
		return line
	}
	return ""
}

// parseHostAddress decodes an address, whose zone ("fe80::1%eth0") does not matter here. IPv4
// addresses have four bytes. Nil if it is none.
func parseHostAddress(s string) net.IP {
	if len(s) > maxNameLength {
		return nil
	}
	addr, err := netip.ParseAddr(s)
	if err != nil {
		return nil
	}
	return ipOf(addr.WithZone("").Unmap())
}

// isSaneName reports whether a name is text of a sane length, without control characters.
func isSaneName(name string) bool {
	return name != "" && len(name) <= maxNameLength && utf8.ValidString(name) &&
		strings.IndexFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}
