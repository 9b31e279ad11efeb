package network

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"

	"github.com/thediveo/lxkns/model"
	"golang.org/x/sys/unix"
)

// DnsConfiguration is how a tenant resolves names, as its own files and its UTS namespace tell.
// Files that are missing, or could not be read for what they are, leave their fields empty.
type DnsConfiguration struct {
	Hostname      string            `json:"uts-hostname"` // host name of its UTS namespace, as uname(2) tells it to the tenant.
	EtcHostname   string            `json:"etc-hostname"` // host name in /etc/hostname.
	EtcDomainname string            `json:"domainname"`   // domain name in /etc/domainname.
	Hosts         map[string]net.IP `json:"etc-hosts"`    // names in /etc/hosts with the first address of each; nil if none.
	Nameservers   []net.IP          `json:"nameservers"`  // name servers in /etc/resolv.conf, in the file's order.
	Searchlist    []string          `json:"searchlist"`   // domains to look names up in, from /etc/resolv.conf.
}

// dnsFiles are read from a tenant's root, with a generous bound each.
var dnsFiles = []fileLimit{
	{"etc/resolv.conf", 64 << 10},
	{"etc/hosts", 1 << 20},
	{"etc/hostname", 4 << 10},
	{"etc/domainname", 4 << 10},
}

// dnsResult is the configuration that a root directory's files tell, and what was wrong with them.
type dnsResult struct {
	dns      DnsConfiguration
	problems []dnsProblem
}

// dnsProblem is what was wrong with a file.
type dnsProblem struct {
	kind    FindingKind
	message string
}

// dnsReader reads the DNS configurations of many processes, and those of one root only once.
type dnsReader struct {
	files rootFileReader
	mutex sync.Mutex
	known map[rootID]dnsResult
}

// newDNSReader returns a reader that finds processes in proc.
func newDNSReader(proc string) *dnsReader {
	return &dnsReader{
		files: rootFileReader{proc: proc, timeout: fileTimeout},
		known: map[rootID]dnsResult{},
	}
}

// read returns the configuration that the files of a process tell; all but its UTS host name.
func (r *dnsReader) read(ctx context.Context, pid model.PIDType) dnsResult {
	id, contents, err := r.files.read(ctx, pid, dnsFiles, func(id rootID) bool {
		_, known := r.lookup(id)
		return known
	})
	if err != nil {
		return dnsResult{problems: problemsOf("root directory", err)}
	}
	if contents == nil {
		result, _ := r.lookup(id)
		return result
	}
	result := decodeDNS(contents)
	if id != (rootID{}) {
		r.mutex.Lock()
		r.known[id] = result
		r.mutex.Unlock()
	}
	return result
}

// lookup returns what is known of a root directory already.
func (r *dnsReader) lookup(id rootID) (dnsResult, bool) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	result, known := r.known[id]
	return result, known
}

// decodeDNS decodes the contents of dnsFiles.
func decodeDNS(contents []rootFile) dnsResult {
	var result dnsResult
	for i, content := range contents {
		path := "/" + dnsFiles[i].path
		result.problems = append(result.problems, problemsOf(path, content.err)...)
		truncated := content.truncated
		switch i {
		case 0:
			result.dns.Nameservers, result.dns.Searchlist = parseResolvConf(content.text)
		case 1:
			var more bool
			result.dns.Hosts, more = parseHosts(content.text)
			truncated = truncated || more
		case 2:
			result.dns.EtcHostname = parseNameFile(content.text)
		case 3:
			result.dns.EtcDomainname = parseNameFile(content.text)
		}
		if truncated {
			result.problems = append(result.problems, dnsProblem{FindingLimit, path + " is larger than is read of it"})
		}
	}
	return result
}

// problemsOf tells what an error of reading a file means. Missing files and processes that ended
// meanwhile are normal.
func problemsOf(path string, err error) []dnsProblem {
	switch {
	case err == nil, errors.Is(err, unix.ENOENT), errors.Is(err, unix.ENOTDIR), errors.Is(err, unix.ESRCH):
		return nil
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM):
		return []dnsProblem{{FindingPrivilege, fmt.Sprintf("%s could not be read: %v", path, err)}}
	case errors.Is(err, unix.ENOSYS):
		return []dnsProblem{{FindingSystem, fmt.Sprintf("%s could not be read: the kernel has no openat2(2)", path)}}
	}
	return []dnsProblem{{FindingNetns, fmt.Sprintf("%s could not be read: %v", path, err)}}
}
