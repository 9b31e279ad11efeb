package labs

import (
	"bytes"
	"os/exec"
	"slices"
	"testing"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/hostwire/hostwire/snapshot"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// engineLab is what a lab with an engine, or an engine's rules, must show.
type engineLab struct {
	tools    [][2]string // programs and their packages.
	spaces   []string    // all cards, with their groups.
	networks []string    // the engine's networks on bridges.
	ports    []string    // some of the host's forwarded ports.
	count    int         // how many ports the host forwards: rows in the picture.
}

var (
	toolGo       = [2]string{"go", "golang"}
	toolIptables = [2]string{"iptables", "iptables"}
	pods         = []string{"api-6b7c9-klmno", "coredns-7c65d", "edge-01", "lan", "local-4xk2p", "sticky-0", "web-5d9f8-abcde", "web-5d9f8-fghij"}
)

var engineLabs = map[string]engineLab{
	"docker-compose": {
		tools:    [][2]string{{"dockerd", "docker.io"}, {"docker", "docker.io"}, toolGo, toolIptables},
		spaces:   []string{"edge-01", "grafana", "lan", "shop-api-1 in shop", "shop-db-1 in shop", "shop-web-1 in shop"},
		networks: []string{"bridge", "shop_data internal", "shop_default"},
		ports: []string{
			"tcp 0.0.0.0:3000 → grafana:3000", "tcp 0.0.0.0:8080 → shop-web-1:80", "tcp 127.0.0.1:8443 → shop-web-1:443",
			"tcp 0.0.0.0:9000-9002 → shop-api-1:9000-9002", "udp 0.0.0.0:5353 → shop-api-1:53",
			"tcp [::]:3000 → grafana:3000", "tcp [::]:8080 → shop-web-1:80",
			"tcp [::]:9000-9002 → shop-api-1:9000-9002", "udp [::]:5353 → shop-api-1:53",
		},
		count: 9,
	},
	"podman-pod": {
		tools:    [][2]string{{"podman", "podman"}, toolGo, toolIptables},
		spaces:   []string{"edge-01", "lan", "metrics", "shop"},
		networks: []string{"shop"},
		ports:    []string{"tcp 0.0.0.0:8080 → shop:80", "tcp 0.0.0.0:9090-9091 → metrics:9090-9091"},
		count:    2,
	},
	"kubernetes-iptables": {
		tools:  [][2]string{toolGo, toolIptables},
		spaces: pods,
		ports: []string{
			"tcp 10.96.0.10:80 → default/web:http ×3", "tcp 0.0.0.0:30090 → local-4xk2p:8080",
			"udp [fd00:10:96::53]:53 → coredns-7c65d:53", "tcp [2001:db8:1::100]:443 → default/api:https ×2",
		},
		count: 22,
	},
	"kubernetes-nftables": {
		tools:  [][2]string{toolGo, {"nft", "nftables"}},
		spaces: pods,
		ports: []string{
			"tcp 10.96.0.10:80 → default/web:http ×3", "tcp 192.0.2.10:30090 → local-4xk2p:8080",
			"udp [fd00:10:96::53]:53 → coredns-7c65d:53", "tcp [2001:db8:1::100]:443 → default/api:https ×2",
		},
		count: 22,
	},
}

// needLab requires what a lab with an engine needs.
func needLab(t *testing.T, name string) {
	t.Helper()
	for _, tool := range engineLabs[name].tools {
		testkit.RequireTool(t, tool[0], tool[1])
	}
}

func TestLabsWithEnginesShowWhoLivesThere(t *testing.T) {
	needTools(t)
	program := hostwire(t)
	for name, want := range engineLabs {
		t.Run(name, func(t *testing.T) {
			needLab(t, name)
			t.Parallel() // they mostly wait for their engines.
			var stderr bytes.Buffer
			cmd := exec.Command("./run", name, "--", program, "capture", "-o", "-")
			cmd.Stderr = &stderr
			out, err := cmd.Output()
			require.NoError(t, err, "%s", stderr.String())
			d, err := snapshot.Decode(bytes.NewReader(out))
			require.NoError(t, err)
			assert.Empty(t, d.Findings)
			g, err := graph.Project(d, graph.Options{})
			require.NoError(t, err)

			var spaces, ports []string
			for _, c := range g.Clusters {
				text := c.Name
				if c.Group != nil {
					text += " in " + c.Group.Name
				}
				spaces = append(spaces, text)
				for _, n := range c.Nodes {
					if n.Class == graph.Port {
						assert.Equal(t, "edge-01", c.Name, n.Name)
						ports = append(ports, n.Name+" "+n.Tag)
					}
				}
			}
			slices.Sort(spaces)
			assert.Equal(t, want.spaces, spaces)
			assert.Subset(t, ports, want.ports)
			assert.Len(t, ports, want.count)

			var networks []string
			for _, n := range d.Networks {
				if n.Nif == nil {
					continue
				}
				text := n.Name
				if n.Internal {
					text += " internal"
				}
				networks = append(networks, text)
			}
			slices.Sort(networks)
			assert.Equal(t, want.networks, networks)
		})
	}
}
