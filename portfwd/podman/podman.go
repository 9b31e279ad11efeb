package podman

import (
	"slices"
	"strings"

	"github.com/hostwire/hostwire/portfwd"
	"github.com/hostwire/hostwire/portfwd/follow"
)

// Source is the source of the forwards.
const Source = "podman"

func init() {
	portfwd.Register(Source, portfwd.RankEngine, portfwd.FromRules(isNetavark, func(*follow.Path) portfwd.Claim {
		return portfwd.Claim{Source: Source}
	}))
}

// isNetavark tells whether the way leads through netavark's chains in iptables' table nat, or its
// own nftables table.
func isNetavark(p *follow.Path) bool {
	return slices.ContainsFunc(p.Steps, func(s follow.Step) bool {
		return s.Table.Name == "netavark" || s.Table.Name == "nat" && strings.HasPrefix(s.Chain.Name, "NETAVARK-")
	})
}
