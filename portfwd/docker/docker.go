package docker

import (
	"slices"
	"strings"

	"github.com/hostwire/hostwire/portfwd"
	"github.com/hostwire/hostwire/portfwd/follow"
)

// Source is the source of the forwards.
const Source = "docker"

func init() {
	portfwd.Register(Source, portfwd.RankEngine, portfwd.FromRules(isDocker, func(*follow.Path) portfwd.Claim {
		return portfwd.Claim{Source: Source}
	}))
}

// chains are the daemon's chains in iptables' table nat: for published ports, for the ports of
// Swarm services, and for the DNS inside containers.
var chains = []string{"DOCKER", "DOCKER-INGRESS", "DOCKER_OUTPUT"}

// isDocker tells whether the way leads through a chain of iptables, or a table of nftables, that
// is the daemon's.
func isDocker(p *follow.Path) bool {
	return slices.ContainsFunc(p.Steps, func(s follow.Step) bool {
		return strings.HasPrefix(s.Table.Name, "docker-") || s.Table.Name == "nat" && slices.Contains(chains, s.Chain.Name)
	})
}
