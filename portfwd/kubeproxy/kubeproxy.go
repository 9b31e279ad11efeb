package kubeproxy

import (
	"slices"
	"strings"

	"github.com/hostwire/hostwire/portfwd"
	"github.com/hostwire/hostwire/portfwd/follow"
)

// Source is the source of the forwards.
const Source = "kube-proxy"

func init() {
	portfwd.Register(Source, portfwd.RankEngine, portfwd.FromRules(isKubeProxy, func(p *follow.Path) portfwd.Claim {
		return portfwd.Claim{Source: Source, Service: service(p), Hidden: shortcut(p)}
	}))
}

// isKubeProxy tells whether the way leads through kube-proxy's chains or table.
func isKubeProxy(p *follow.Path) bool {
	return slices.ContainsFunc(p.Steps, func(s follow.Step) bool {
		return s.Table.Name == "kube-proxy" || s.Table.Name == "nat" && strings.HasPrefix(s.Chain.Name, "KUBE-")
	})
}

// shortcut tells whether this is a way for pods and the node itself past the external traffic
// policy Local of a service: they get to all endpoints, as through the cluster IP. It is not how
// the outside gets there.
func shortcut(p *follow.Path) bool {
	return slices.ContainsFunc(p.Steps, func(s follow.Step) bool {
		if !s.BySource {
			return false
		}
		for _, prefix := range []string{"KUBE-EXT-", "KUBE-XLB-", "external-"} {
			if strings.HasPrefix(s.Chain.Name, prefix) {
				return true
			}
		}
		return false
	})
}

// service returns the service that the rules on the way name, as namespace/name or
// namespace/name:port; empty if none does.
func service(p *follow.Path) string {
	for _, s := range slices.Backward(p.Steps) {
		if name := fromChain(s.Chain.Name); s.Table.Name == "kube-proxy" && name != "" {
			return name
		}
		for _, c := range s.Comments {
			if name := fromComment(c); name != "" {
				return name
			}
		}
	}
	return ""
}

// fromComment finds the service in an iptables comment: it is the first word, as in
// "default/web:http cluster IP" and "default/web:http -> 10.244.0.5:8080".
func fromComment(comment string) string {
	word, _, _ := strings.Cut(comment, " ")
	namespace, name, ok := strings.Cut(word, "/")
	if !ok || namespace == "" || name == "" || strings.Contains(name, "/") {
		return ""
	}
	return word
}

// fromChain finds the service in the name of an nftables chain, as in
// "service-SUSTUHLJ-default/web/tcp/http" and
// "endpoint-RFJC5IMH-default/sticky/tcp/http__10.244.1.32/8080". Names too long for the kernel are
// cut, and then tell nothing.
func fromChain(chain string) string {
	kind, rest, _ := strings.Cut(chain, "-")
	switch kind {
	case "service", "external", "local", "endpoint":
	default:
		return ""
	}
	_, rest, _ = strings.Cut(rest, "-") // the hash
	rest, _, _ = strings.Cut(rest, "__")
	parts := strings.Split(rest, "/")
	if len(parts) != 4 || parts[0] == "" || parts[1] == "" || strings.HasSuffix(rest, "...") {
		return ""
	}
	name := parts[0] + "/" + parts[1]
	if parts[3] != "" {
		name += ":" + parts[3]
	}
	return name
}
