package proxy

import (
	"net/netip"
	"strconv"
	"strings"
)

// pasta reads the command line of pasta(1), as far as it is about ports that are passed on into a
// namespace: "-t 127.0.0.1/8080-8081:80-81,9000". Lists such as "all" and "auto" name no ports, and
// say nothing here.
func pasta(args []string) []intent {
	var intents []intent
	rest := flags(args, pastaAlone, func(name, value string) {
		switch name {
		case "t", "tcp-ports":
			intents = append(intents, pastaPorts("tcp", value)...)
		case "u", "udp-ports":
			intents = append(intents, pastaPorts("udp", value)...)
		}
	})
	pid := 0
	if len(rest) == 1 {
		pid, _ = strconv.Atoi(rest[0])
	}
	for i := range intents {
		intents[i].into, intents[i].byTap = max(pid, 0), pid <= 0
	}
	return intents
}

// pastaAlone tells the options that have no argument.
func pastaAlone(name string) bool {
	switch name {
	case "d", "debug", "q", "quiet", "f", "foreground", "e", "stderr", "trace", "4", "ipv4-only", "6", "ipv6-only",
		"no-tcp", "no-udp", "no-icmp", "no-dhcp", "no-ndp", "no-dhcpv6", "no-ra", "no-map-gw", "no-netns-quit",
		"config-net", "freebind", "no-copy-routes", "no-copy-addrs", "no-splice", "no-dhcp-dns", "no-dhcp-search",
		"host-lo-to-ns-lo", "splice-only":
		return true
	}
	return strings.HasPrefix(name, "no-")
}

// pastaPorts reads one list of ports.
func pastaPorts(protocol, list string) (intents []intent) {
	addr, ports, has := strings.Cut(list, "/")
	if !has {
		addr, ports = "", list
	}
	i := intent{protocol: protocol}
	if addr, _, _ = strings.Cut(addr, "%"); addr != "" {
		a, err := netip.ParseAddr(strings.Trim(addr, "[]"))
		if err != nil {
			return nil
		}
		i.addr = a.Unmap()
	}
	for _, item := range strings.Split(ports, ",") {
		from, to, mapped := strings.Cut(item, ":")
		lo, hi, ok := portRange(from)
		if !ok {
			continue // a word, or ports that are left out ("~22").
		}
		i.portMin, i.portMax, i.toPort = lo, hi, lo
		if mapped {
			first, _, ok := portRange(to)
			if !ok {
				continue
			}
			i.toPort = first
		}
		intents = append(intents, i)
	}
	return intents
}

// portRange reads "80" or "80-89".
func portRange(s string) (lo, hi uint16, ok bool) {
	first, last, isRange := strings.Cut(s, "-")
	a, err := strconv.ParseUint(first, 10, 16)
	if err != nil {
		return 0, 0, false
	}
	b := a
	if isRange {
		if b, err = strconv.ParseUint(last, 10, 16); err != nil {
			return 0, 0, false
		}
	}
	return uint16(a), uint16(b), a <= b && a > 0
}
