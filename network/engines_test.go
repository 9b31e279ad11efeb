package network

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/thediveo/lxkns/model"
	"golang.org/x/sys/unix"
)

// engineLab is an engine of a test's own: in a network namespace of its own, with all its files
// below one directory.
type engineLab struct {
	t     testing.TB
	netns string
	dir   string
	env   []string
	run   []string // what comes before each command: the engine's client with its options.
}

func newEngineLab(t testing.TB) *engineLab {
	t.Helper()
	netns := testkit.Netns(t, "engine")
	testkit.IP(t, netns, "link", "set", "lo", "up")
	dir, err := os.MkdirTemp("", "hwt")
	require.NoError(t, err)
	lab := &engineLab{t: t, netns: netns, dir: dir}
	t.Cleanup(func() {
		mounts, err := os.ReadFile("/proc/self/mounts")
		require.NoError(t, err)
		for line := range strings.Lines(string(mounts)) {
			if at := strings.Fields(line)[1]; strings.HasPrefix(at, dir+"/") {
				_ = unix.Unmount(at, unix.MNT_DETACH)
			}
		}
		require.NoError(t, os.RemoveAll(dir))
	})
	testkit.RequireTool(t, "go", "golang")
	build := exec.Command("go", "build", "-o", dir+"/srv", "./testdata/srv")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return lab
}

// start starts an engine in the lab's network namespace, and stops it with the test.
func (l *engineLab) start(args ...string) {
	l.t.Helper()
	log, err := os.Create(l.dir + "/log")
	require.NoError(l.t, err)
	cmd := exec.Command("nsenter", append([]string{"--net=/run/netns/" + l.netns, "--"}, args...)...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Env = append(os.Environ(), l.env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	require.NoError(l.t, cmd.Start())
	l.t.Cleanup(func() {
		_ = unix.Kill(-cmd.Process.Pid, unix.SIGTERM)
		killer := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait()
		killer.Stop()
		_ = log.Close()
		if l.t.Failed() {
			b, _ := os.ReadFile(l.dir + "/log") // best effort
			l.t.Logf("end of the log of %s:\n%s", args[0], b[max(0, len(b)-2000):])
		}
	})
}

// do runs the engine's client in the lab's network namespace.
func (l *engineLab) do(args ...string) string {
	l.t.Helper()
	out, err := l.try(args...)
	require.NoError(l.t, err, "%v: %s", args, out)
	return strings.TrimSpace(out)
}

func (l *engineLab) try(args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	all := append([]string{"--net=/run/netns/" + l.netns, "--"}, append(l.run, args...)...)
	cmd := exec.CommandContext(ctx, "nsenter", all...)
	cmd.Env = append(os.Environ(), l.env...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, stderr.String())
	}
	return string(out), err
}

// discover discovers this host with its engines.
func (l *engineLab) discover(opts Options) *Discovery {
	l.t.Helper()
	d, err := Discover(context.Background(), opts)
	require.NoError(l.t, err)
	return d
}

// ours returns the containers of the lab's engine by name.
func (l *engineLab) ours(d *Discovery) map[string]*model.Container {
	containers := map[string]*model.Container{}
	for _, c := range d.Containers {
		if strings.Contains(c.Engine.API, l.dir) {
			containers[c.Name] = c
		}
	}
	return containers
}

// networks describes the networks that the engine realises in the lab's namespace.
func (l *engineLab) networks(d *Discovery) (networks []string) {
	home := named(l.t, d.Netns, l.netns)
	for _, n := range d.Networks {
		if n.Nif == nil || n.Nif.Nif().Netns != home {
			continue
		}
		text := n.Engine + " " + n.Name + " " + n.Driver
		if _, internal := n.Nif.Nif().Labels[GostwireInternalBridgeKey]; internal {
			text += " internal"
		}
		networks = append(networks, text)
	}
	return networks
}

// answerOf connects to a forwarded port from the lab's namespace; what answers is a container's
// host name.
func (l *engineLab) answerOf(port ForwardedPort, at string) string {
	network := strings.ToLower(port.Protocol.String())
	kind := map[string]string{"tcp": "TCP", "udp": "UDP"}[network]
	out, err := exec.Command("ip", "netns", "exec", l.netns, "sh", "-c",
		fmt.Sprintf("echo | timeout 3 socat -t 1 - %s:%s,connect-timeout=2", kind, net.JoinHostPort(at, fmt.Sprint(port.PortMin)))).Output()
	if err != nil {
		return "error: " + err.Error()
	}
	return strings.TrimSpace(string(out))
}

// startDocker starts a Docker daemon, with a word before it if it is not to run plainly.
func startDocker(t testing.TB, before ...string) *engineLab {
	t.Helper()
	testkit.RequireTool(t, "socat", "socat")
	daemon, cli := testkit.RequireTool(t, "dockerd", "docker.io"), testkit.RequireTool(t, "docker", "docker.io")
	l := newEngineLab(t)
	socket := "unix://" + l.dir + "/d.sock"
	l.run = []string{cli, "-H", socket}
	l.start(append(before, daemon, "--data-root", l.dir+"/data", "--exec-root", l.dir+"/x", "-H", socket,
		"--pidfile", l.dir+"/pid", "--storage-driver", "vfs")...)
	require.Eventually(t, func() bool { _, err := l.try("version"); return err == nil }, 30*time.Second, 200*time.Millisecond)
	importImage(l, "import", "-", "srv:1")
	t.Cleanup(func() {
		if ids, _ := l.try("ps", "-aq"); strings.TrimSpace(ids) != "" {
			_, _ = l.try(append([]string{"rm", "-f"}, strings.Fields(ids)...)...)
		}
	})
	return l
}

// importImage makes an image of the test server.
func importImage(l *engineLab, args ...string) {
	l.t.Helper()
	command := fmt.Sprintf("tar -C %s -c srv | nsenter --net=/run/netns/%s -- %s", l.dir, l.netns, strings.Join(append(l.run, args...), " "))
	cmd := exec.Command("sh", "-c", command)
	cmd.Env = append(os.Environ(), l.env...)
	out, err := cmd.CombinedOutput()
	require.NoError(l.t, err, "%s", out)
}

func TestDockerContainersNetworksAndPorts(t *testing.T) {
	l := startDocker(t)
	l.do("network", "create", "backend")
	l.do("network", "create", "--internal", "inner")
	l.do("run", "-d", "--name", "web", "--hostname", "web", "-p", "8081:80", "-p", "127.0.0.1:8443:443", "srv:1", "/srv", "80", "443")
	l.do("run", "-d", "--name", "api", "--hostname", "api", "--network", "backend", "--label", "com.docker.compose.project=shop",
		"--label", "com.docker.compose.service=api", "-p", "9000-9001:9000-9001", "-p", "5353:53/udp", "srv:1", "/srv", "9000", "9001", "53/udp")
	l.do("run", "-d", "--name", "db", "--network", "inner", "srv:1", "/srv", "5432")
	l.do("run", "-d", "--name", "side", "--network", "container:web", "srv:1", "/srv", "81")
	l.do("run", "-d", "--name", "hosted", "--network", "host", "srv:1", "/srv", "8090")

	start := time.Now()
	d := l.discover(Options{})
	t.Logf("discovered in %v", time.Since(start))
	containers := l.ours(d)
	require.Len(t, containers, 5)
	home := named(t, d.Netns, l.netns)
	for name, c := range containers {
		assert.Equal(t, "docker.com", c.Type)
		assert.Equal(t, "srv:1", c.Labels[LabelImage])
		assert.Equal(t, "running", c.Labels[LabelStatus])
		assert.Same(t, c, c.Process.Container)
		assert.Equal(t, l.do("inspect", "-f", "{{.State.Pid}}", name), fmt.Sprint(c.PID))
	}
	assert.Same(t, d.Netns.ByContainer(containers["web"]), d.Netns.ByContainer(containers["side"]))
	assert.Same(t, home, d.Netns.ByContainer(containers["hosted"]))
	require.NotNil(t, containers["api"].Group("com.docker.compose.project"))
	assert.Equal(t, "shop", containers["api"].Group("com.docker.compose.project").Name)
	assert.Nil(t, containers["web"].Group("com.docker.compose.project"))
	assert.Equal(t, []string{"docker.com backend bridge", "docker.com bridge bridge", "docker.com inner bridge internal"}, l.networks(d))
	assert.Empty(t, findingsAbout(d, home))

	web, api := l.do("inspect", "-f", "{{.NetworkSettings.IPAddress}}", "web"), l.do("inspect", "-f", "{{.NetworkSettings.Networks.backend.IPAddress}}", "api")
	var texts []string
	for _, ports := range [][]ForwardedPort{home.ForwardedPortsv4, home.ForwardedPortsv6} {
		for _, f := range ports {
			container := "nobody"
			if len(f.Processes) == 1 && f.Processes[0].Container != nil {
				container = f.Processes[0].Container.Name
			}
			texts = append(texts, fmt.Sprintf("%s %s %d -> %s %d %s %s", f.Protocol, f.IP, f.PortMin, f.ForwardIP, f.ForwardPortMin, container, f.Source))
			at := f.IP.String()
			if f.IP.IsUnspecified() {
				at = map[int]string{4: "127.0.0.1", 16: "::1"}[len(f.IP)]
			}
			assert.Equal(t, container, l.answerOf(f, at), "%s", texts[len(texts)-1])
		}
	}
	expected := []string{
		"TCP 0.0.0.0 8081 -> " + web + " 80 web docker",
		"TCP 0.0.0.0 9000 -> " + api + " 9000 api docker",
		"TCP 0.0.0.0 9001 -> " + api + " 9001 api docker",
		"TCP 127.0.0.1 8443 -> " + web + " 443 web docker",
		"UDP 0.0.0.0 5353 -> " + api + " 53 api docker",
		"TCP :: 8081 -> " + web + " 80 web docker-proxy",
		"TCP :: 9000 -> " + api + " 9000 api docker-proxy",
		"TCP :: 9001 -> " + api + " 9001 api docker-proxy",
		"UDP :: 5353 -> " + api + " 53 api docker-proxy",
	}
	assert.Equal(t, expected, texts)

	inside := d.Netns.ByContainer(containers["api"]).ForwardedPortsv4
	require.Len(t, inside, 2, "the engine's DNS on user-defined networks")
	for _, f := range inside {
		assert.Equal(t, "127.0.0.11", f.IP.String())
		assert.EqualValues(t, 53, f.PortMin)
		require.Len(t, f.Processes, 1)
		assert.Equal(t, "dockerd", f.Processes[0].Name)
	}

	without := l.discover(Options{NoEngines: true})
	assert.Empty(t, without.Containers)
	assert.Len(t, named(t, without.Netns, l.netns).ForwardedPortsv4, 5, "rules need no engine")
}

func TestDockerInAPIDNamespaceOfItsOwn(t *testing.T) {
	l := startDocker(t, "unshare", "--pid", "--fork", "--kill-child=SIGTERM", "--mount-proc")
	l.do("run", "-d", "--name", "deep", "srv:1", "/srv", "80")
	inner := l.do("inspect", "-f", "{{.State.Pid}}", "deep")
	c := l.ours(l.discover(Options{}))["deep"]
	require.NotNil(t, c)
	assert.NotEqual(t, inner, fmt.Sprint(c.PID), "as the engine sees it")
	cmdline, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", c.PID))
	require.NoError(t, err)
	assert.Equal(t, "/srv\x0080\x00", string(cmdline))
}

func TestPodmanPodsAndPorts(t *testing.T) {
	podman := testkit.RequireTool(t, "podman", "podman")
	testkit.RequireTool(t, "socat", "socat")
	l := newEngineLab(t)
	conf := l.dir + "/containers.conf"
	require.NoError(t, os.WriteFile(conf, []byte("[containers]\ndefault_ulimits=[\"nofile=1024:1024\",\"nproc=1024:1024\"]\n"), 0o600))
	l.env = []string{"CONTAINERS_CONF=" + conf}
	l.run = []string{podman, "--root", l.dir + "/root", "--runroot", l.dir + "/run", "--storage-driver", "vfs",
		"--cgroup-manager", "cgroupfs", "--network-config-dir", l.dir + "/nets"}
	importImage(l, "import", "-", "srv:1")
	t.Cleanup(func() {
		_, _ = l.try("pod", "rm", "-af", "-t", "0")
		_, _ = l.try("rm", "-af", "-t", "0")
	})
	l.do("network", "create", "back")
	l.do("network", "create", "--internal", "inner")
	l.do("pod", "create", "--name", "shop", "--hostname", "front", "--network", "back", "-p", "8070:80",
		"--infra-image", "srv:1", "--infra-command", "/srv 1")
	l.do("run", "-d", "--pod", "shop", "--name", "front", "srv:1", "/srv", "80")
	l.do("run", "-d", "--name", "solo", "--hostname", "solo", "--network", "back", "-p", "8071-8072:81-82", "srv:1", "/srv", "81", "82")
	l.do("run", "-d", "--name", "hidden", "--network", "inner", "srv:1", "/srv", "83")
	l.start(append(l.run, "system", "service", "-t", "0", "unix://"+l.dir+"/p.sock")...)
	require.Eventually(t, func() bool { _, err := os.Stat(l.dir + "/p.sock"); return err == nil }, 20*time.Second, 100*time.Millisecond)

	var d *Discovery
	require.Eventually(t, func() bool { // the service is slow to its first answers.
		d = l.discover(Options{})
		return len(l.ours(d)) == 4
	}, 30*time.Second, 500*time.Millisecond)
	containers := l.ours(d)
	front := containers["front"]
	require.NotNil(t, front)
	assert.Equal(t, "podman.io", front.Type)
	assert.Equal(t, "localhost/srv:1", front.Labels[LabelImage])
	assert.Equal(t, "shop", front.Labels[LabelPodName])
	sandboxes := 0
	for _, c := range containers {
		if _, ok := c.Labels[LabelPodSandbox]; ok {
			sandboxes++
			assert.Same(t, d.Netns.ByContainer(front), d.Netns.ByContainer(c))
		}
	}
	assert.Equal(t, 1, sandboxes)
	assert.Contains(t, l.networks(d), "podman.io back bridge")
	assert.Contains(t, l.networks(d), "podman.io inner bridge internal")

	home := named(t, d.Netns, l.netns)
	own := strings.Fields(testkit.Run(t, "ip", "-n", l.netns, "-br", "-4", "addr", "show", "dev", bridgeOf(t, d, "back", home)))[2]
	own, _, _ = strings.Cut(own, "/")
	var texts []string
	for _, f := range home.ForwardedPortsv4 {
		require.Len(t, f.Processes, 1)
		container := f.Processes[0].Container.Name
		texts = append(texts, fmt.Sprintf("%s %s %d -> %d %s", f.Protocol, f.IP, f.PortMin, f.ForwardPortMin, container))
		assert.Equal(t, container, l.answerOf(f, own))
	}
	assert.Equal(t, []string{"TCP 0.0.0.0 8070 -> 80 front", "TCP 0.0.0.0 8071 -> 81 solo", "TCP 0.0.0.0 8072 -> 82 solo"}, texts)
}

// bridgeOf returns the name of the bridge of an engine's network.
func bridgeOf(t testing.TB, d *Discovery, network string, home *NetworkNamespace) string {
	t.Helper()
	for _, n := range d.Networks {
		if n.Name == network && n.Nif != nil && n.Nif.Nif().Netns == home {
			return n.Nif.Nif().Name
		}
	}
	t.Fatalf("network %s has no interface", network)
	return ""
}

func TestContainerdContainersWithNerdctlsNames(t *testing.T) {
	daemon, ctr := testkit.RequireTool(t, "containerd", "containerd"), testkit.RequireTool(t, "ctr", "containerd")
	l := newEngineLab(t)
	socket := l.dir + "/containerd.sock"
	config := l.dir + "/config.toml"
	require.NoError(t, os.WriteFile(config, []byte("version = 2\ndisabled_plugins = [\"io.containerd.grpc.v1.cri\"]\n"), 0o600))
	l.run = []string{ctr, "-a", socket}
	l.start(daemon, "--config", config, "--root", l.dir+"/data", "--state", l.dir+"/x", "--address", socket)
	require.Eventually(t, func() bool { _, err := l.try("version"); return err == nil }, 30*time.Second, 200*time.Millisecond)
	rootfs := l.dir + "/rootfs"
	require.NoError(t, os.Mkdir(rootfs, 0o700))
	require.NoError(t, os.Link(l.dir+"/srv", rootfs+"/srv"))
	run := func(namespace, id string, more ...string) {
		l.do(append(append([]string{"-n", namespace, "run", "-d", "--rootfs"}, more...), rootfs, id, "/srv", "80")...)
		t.Cleanup(func() {
			_, _ = l.try("-n", namespace, "task", "rm", "-f", id)
			_, _ = l.try("-n", namespace, "container", "rm", id)
		})
	}
	run("default", "plain")
	run("default", "0123abcd", "--label", "nerdctl/name=web")
	run("lab", "other")
	run("moby", "dockers")
	containers := l.ours(l.discover(Options{}))
	require.Len(t, containers, 3, "Docker's own are Docker's to tell")
	for _, name := range []string{"plain", "web", "lab/other"} {
		require.Contains(t, containers, name)
		assert.Equal(t, "containerd.io", containers[name].Type)
		assert.Equal(t, "srv", containers[name].Process.Name)
	}
}

func TestEnginesThatHangLieOrTalkNonsense(t *testing.T) {
	testkit.RequireRoot(t)
	listen := func(name string) (net.Listener, string) {
		dir, err := os.MkdirTemp("", "hwt")
		require.NoError(t, err)
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
		path := filepath.Join(dir, name)
		l, err := net.Listen("unix", path)
		require.NoError(t, err)
		t.Cleanup(func() { _ = l.Close() })
		return l, path
	}
	serveJSON := func(l net.Listener, answers map[string]string) {
		server := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			for suffix, body := range answers {
				if strings.HasSuffix(r.URL.Path, suffix) {
					_, _ = w.Write([]byte(body))
					return
				}
			}
			http.NotFound(w, r)
		})}
		go func() { _ = server.Serve(l) }()
		t.Cleanup(func() { _ = server.Close() })
	}
	_, hung := listen("hung.sock")
	nonsense, nonsensePath := listen("nonsense.sock")
	serveJSON(nonsense, map[string]string{"/version": "{}", "/containers/json": `[{"Id":"a"}]`, "/containers/a/json": `{}`})
	noise, noisePath := listen("noise.sock")
	serveJSON(noise, map[string]string{"/version": "noise"})
	liar, liarPath := listen("liar.sock")
	serveJSON(liar, map[string]string{"/version": "{}", "/containers/json": `[{"Id":"a"}]`,
		"/containers/a/json": fmt.Sprintf(`{"Id":"a","Name":"/me","State":{"Pid":%d},"Config":{}}`, os.Getpid())})

	start := time.Now()
	d, err := Discover(context.Background(), Options{NoPorts: true, EngineSockets: []EngineSocket{
		{"docker", hung}, {"docker", nonsensePath}, {"podman", noisePath}, {"docker", liarPath},
		{"docker", "/nowhere/docker.sock"}, {"containerd", hung}, {"what", hung},
	}})
	require.NoError(t, err)
	assert.Less(t, time.Since(start), 5*time.Second)
	told := map[string]string{}
	for _, f := range d.Findings {
		if f.Kind == FindingEngine {
			told[f.Subject] = f.Message
		}
	}
	assert.Equal(t, "did not answer within 2s", told["engine docker.com at "+hung])
	assert.Contains(t, told["engine docker.com at "+nonsensePath], "answer is incomplete")
	assert.Contains(t, told["engine podman.io at "+noisePath], "did not answer as such an engine does")
	assert.Contains(t, told["engine docker.com at /nowhere/docker.sock"], "no engine listens")
	assert.Contains(t, told["engine what at "+hung], "is of a type that is not known")
	var names []string
	for _, c := range d.Containers {
		if strings.Contains(c.Engine.API, liarPath) {
			names = append(names, c.Name)
		}
	}
	assert.Equal(t, []string{"me"}, names, "root may tell of any process")
	assert.True(t, mayOwn("/proc", model.PIDType(os.Getpid()), 0))
	assert.False(t, mayOwn("/proc", model.PIDType(os.Getpid()), 12345), "others only of those in their own user namespaces")
}
