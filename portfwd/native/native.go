package native

import (
	"github.com/google/nftables"
	"github.com/hostwire/hostwire/portfwd"
	"github.com/hostwire/hostwire/portfwd/follow"
)

// The sources of the forwards.
const (
	SourceNftables  = "nftables"
	SourceIptables  = "iptables"
	SourceFirewalld = "firewalld"
	SourceLibvirt   = "libvirt"
)

func init() {
	portfwd.Register("native", portfwd.RankGeneric, portfwd.DetectorFunc(detect))
}

func detect(s *portfwd.System) ([]portfwd.Forward, []portfwd.Finding) {
	all := func(*follow.Path) bool { return true }
	forwards, findings := portfwd.FromRules(all, func(p *follow.Path) portfwd.Claim {
		return portfwd.Claim{Source: source(p)}
	}).Detect(s)
	return forwards, append(findings, portfwd.Findings(s.Problems())...)
}

// source tells which program the first rule on the way belongs to, as its table tells.
func source(p *follow.Path) string {
	first := p.Steps[0]
	switch {
	case first.Table.Name == "firewalld":
		return SourceFirewalld
	case first.Table.Name == "libvirt_network":
		return SourceLibvirt
	case first.Table.Family != nftables.TableFamilyINet && first.Table.Name == "nat" &&
		(first.Chain.Name == "PREROUTING" || first.Chain.Name == "OUTPUT"):
		return SourceIptables // names that are fixed there, and used by few others.
	}
	return SourceNftables
}
