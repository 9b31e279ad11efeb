package cni

import (
	"slices"
	"strings"

	"github.com/hostwire/hostwire/portfwd"
	"github.com/hostwire/hostwire/portfwd/follow"
)

// Source is the source of the forwards.
const Source = "cni"

func init() {
	portfwd.Register(Source, portfwd.RankEngine, portfwd.FromRules(isPortmap, func(*follow.Path) portfwd.Claim {
		return portfwd.Claim{Source: Source}
	}))
}

// isPortmap tells whether the way leads through the plugin's chains in iptables' table nat, or its
// own nftables table.
func isPortmap(p *follow.Path) bool {
	return slices.ContainsFunc(p.Steps, func(s follow.Step) bool {
		if s.Table.Name == "cni_hostport" {
			return true
		}
		return s.Table.Name == "nat" && (s.Chain.Name == "CNI-HOSTPORT-DNAT" || strings.HasPrefix(s.Chain.Name, "CNI-DN-"))
	})
}
