package network

import "net"

// DnsConfiguration is how a tenant resolves names.
type DnsConfiguration struct {
	Hostname      string            `json:"uts-hostname"` // host name of its UTS namespace.
	EtcHostname   string            `json:"etc-hostname"` // host name in /etc/hostname.
	EtcDomainname string            `json:"domainname"`   // domain name in /etc/domainname.
	Hosts         map[string]net.IP `json:"etc-hosts"`    // names in /etc/hosts.
	Nameservers   []net.IP          `json:"nameservers"`  // name servers in /etc/resolv.conf.
	Searchlist    []string          `json:"searchlist"`   // search list in /etc/resolv.conf.
}
