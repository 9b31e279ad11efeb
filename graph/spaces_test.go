package graph

import (
	"testing"

	"github.com/hostwire/hostwire/internal/plainns"
	"github.com/hostwire/hostwire/network"
	"github.com/stretchr/testify/assert"
	"github.com/thediveo/lxkns/model"
)

func TestNamespacesAreNamedForPeople(t *testing.T) {
	const (
		hexID = "4f2b1c0d9e8a4f2b1c0d9e8a4f2b1c0d9e8a4f2b1c0d9e8a4f2b1c0d9e8a1234"
		uuid  = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
	)
	for _, tt := range []struct {
		name                      string
		build                     func(m *maker)
		want, stable, id, details string // details at stable are not compared.
		kind                      ClusterKind
	}{
		{"a container", func(m *maker) {
			m.container(m.netns(), "podman.io", "cache", network.LabelImage, "docker.io/library/redis:7")
		},
			"cache", "cache", "podman-cache", "podman · redis:7 · pid 1001", Container},
		{"a container that has only a random ID", func(m *maker) { m.container(m.netns(), "containerd.io", hexID, network.LabelImage, "quay.io/x/y:1") },
			"4f2b1c0d9e8a", "x/y:1", "containerd-app", "containerd · x/y:1 · pid 1001", Container},
		{"containers that share a namespace are all named", func(m *maker) {
			n := m.netns("/run/docker/netns/4f2b1c0d9e8a")
			m.container(n, "docker.com", "web")
			m.container(n, "docker.com", "logger")
		}, "logger + web", "logger + web", "docker-logger", "docker", Container},
		{"many containers that share a namespace are counted", func(m *maker) {
			n := m.netns()
			for _, name := range []string{"e", "d", "c", "b", "a"} {
				m.container(n, "docker.com", name)
			}
		}, "a + b + c +2 more", "a + b + c +2 more", "docker-a", "docker", Container},
		{"a Kubernetes pod, without its sandbox", func(m *maker) {
			n := m.netns("/run/netns/cni-" + uuid)
			pod := []string{labelPod, "web-0", labelPodNs, "prod"}
			m.container(n, "containerd.io", hexID, append(pod, labelSandbox, "")...)
			m.process(n, "pause")
			m.container(n, "containerd.io", "nginx", append(pod, "io.kubernetes.container.name", "nginx")...)
			m.container(n, "containerd.io", "envoy", append(pod, "io.kubernetes.container.name", "envoy")...)
		}, "prod/web-0", "prod/web-0", "pod-prod-web-0", "pod · containerd · envoy, nginx", Pod},
		{"a pod of a deployment has a made-up name", func(m *maker) {
			m.container(m.netns(), "containerd.io", hexID, labelPod, "web-5d8f9c7b6-x7k2p", labelPodNs, "prod", "io.kubernetes.container.name", "nginx")
		}, "prod/web-5d8f9c7b6-x7k2p", "prod/web-*", "pod-prod-web-5d8f9c7b6-x7k2p", "pod · containerd · nginx", Pod},
		{"a pod that a group tells of", func(m *maker) {
			c := m.container(m.netns(), "podman.io", "web")
			c.Groups = []*model.Group{{Name: "mypod", Type: "io.podman.pod"}}
		}, "mypod", "mypod", "pod-mypod", "pod · podman · web", Pod},
		{"a bind-mounted namespace", func(m *maker) { m.netns("/var/lib/x/blue", "/run/netns/blue") },
			"blue", "blue", "run-netns-blue", "/run/netns/blue · no processes", Bound},
		{"a bind-mounted namespace with a made-up name", func(m *maker) { m.netns("/run/docker/netns/4f2b1c0d9e8a") },
			"4f2b1c0d9e8a", "unnamed", "run-docker-netns-4f2b1c0d9e8a", "/run/docker/netns/4f2b1c0d9e8a · no processes", Bound},
		{"a path seen through a process has no PID in its ID", func(m *maker) { m.netns("/proc/4711/root/run/netns/inner") },
			"inner", "inner", "run-netns-inner", "/run/netns/inner · no processes", Bound},
		{"a bind-mounted namespace with a process keeps its path", func(m *maker) { m.process(m.netns("/run/netns/red"), "dnsmasq") },
			"red", "red", "run-netns-red", "/run/netns/red · dnsmasq(1001)", Process},
		{"a process's namespace", func(m *maker) { m.process(m.netns(), "nginx") },
			"nginx", "nginx", "proc-nginx", "process · pid 1001", Process},
		{"several processes in a namespace", func(m *maker) {
			n := m.netns("/run/docker/netns/4f2b1c0d9e8a")
			m.process(n, "zsh")
			m.process(n, "nginx")
			m.process(n, "cron")
		}, "cron", "cron", "proc-cron", "process · pid 1003 · +2 more", Process},
		{"a thread's namespace", func(m *maker) {
			task := &model.Task{TID: 77}
			task.Name = "worker"
			m.netns().Namespace.(*plainns.Namespace).Threads = []*model.Task{task}
		}, "worker", "worker", "proc-worker", "process · thread", Process},
		{"a namespace that a descriptor holds", func(m *maker) {
			proc := m.process(nil, "containerd-shim")
			m.netns().Namespace.(*plainns.Namespace).Path = model.NamespaceRef{"/proc/" + itoa(int(proc.PID)) + "/fd/9"}
		}, "held by containerd-shim", "held by containerd-shim", "held-containerd-shim", "kept by a file descriptor of containerd-shim(1001)", Held},
		{"a namespace that nobody knows the holder of", func(m *maker) { m.netns() },
			"unnamed", "unnamed", "held", "kept by a file descriptor or socket", Held},
		{"the host without a name", func(m *maker) {
			m.d.Host = network.HostInfo{}
			m.netns().Initial = true
		}, "host", "host", "host", "host", Host},
		{"the host", func(m *maker) { m.host() },
			"edge-01", "edge-01", "host", "host · systemd(1) · Debian 12", Host},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := newMaker()
			tt.build(m)
			c := projected(t, m, Options{}).Clusters[0]
			assert.Equal(t, tt.want, c.Name)
			assert.Equal(t, tt.id, c.ID)
			assert.Equal(t, tt.details, c.Detail)
			assert.Equal(t, tt.kind, c.Kind)
			assert.Equal(t, 1, c.Count)
			stable := projected(t, m, Options{Stable: true}).Clusters[0]
			assert.Equal(t, tt.stable, stable.Name)
			assert.NotRegexp(t, `\b(1001|1003|4f2b|uuid|47111)`, draft(projected(t, m, Options{Stable: true, Detail: Full})))
		})
	}
}

func TestContainersOnTheHostsNetworkAreListedOnItsCard(t *testing.T) {
	m := newMaker()
	host := m.host()
	m.container(host, "docker.com", "node-exporter", network.LabelImage, "prom/node-exporter:v1", network.LabelStatus, "running")
	m.container(host, "docker.com", "sick", network.LabelStatus, "running (unhealthy)")
	g := projected(t, m, Options{})
	assert.Equal(t, []Section{{"containers on this network", []string{
		"node-exporter · docker · prom/node-exporter:v1 · pid 1002",
		"sick · docker · pid 1003 · running (unhealthy)",
	}}}, g.Clusters[0].Sections)
	assert.Equal(t, Host, g.Clusters[0].Kind)
	assert.Empty(t, projected(t, m, Options{Detail: Minimal}).Clusters[0].Sections)
}

func TestNamesOfEnginesImagesAndSystemsAreShortened(t *testing.T) {
	for in, want := range map[string]string{
		"docker.com": "docker", "containerd.io": "containerd", "k8s.io/cri-api": "cri", "": "container", "example.org/engine": "example",
	} {
		assert.Equal(t, want, engineWord(in))
	}
	digest := "sha256:" + "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	for in, want := range map[string]string{
		"docker.io/library/nginx:1.27": "nginx:1.27", "docker.io/grafana/loki": "grafana/loki", "quay.io/a/b@" + digest: "a/b", "localhost:5000/x:1": "x:1", "shop/api:3": "shop/api:3",
		digest: "0123456789ab", "": "",
	} {
		assert.Equal(t, want, shortImage(in))
	}
	for in, want := range map[string]string{
		"Debian GNU/Linux 12 (bookworm)": "Debian 12", "Ubuntu 24.04.1 LTS": "Ubuntu 24.04.1 LTS", "Fedora Linux 41 (Server Edition)": "Fedora Linux 41", "": "",
	} {
		assert.Equal(t, want, shortOS(in))
	}
}
