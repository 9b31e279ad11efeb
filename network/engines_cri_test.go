package network

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// imageArchive makes an image of one file, as "docker save" writes it.
func imageArchive(t testing.TB, name, file string) []byte {
	t.Helper()
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	pack := func(files map[string][]byte, order ...string) []byte {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		for _, name := range order {
			require.NoError(t, w.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: int64(len(files[name]))}))
			_, err := w.Write(files[name])
			require.NoError(t, err)
		}
		require.NoError(t, w.Close())
		return b.Bytes()
	}
	layer := pack(map[string][]byte{"srv": content}, "srv")
	config, err := json.Marshal(map[string]any{
		"architecture": "amd64", "os": "linux",
		"config": map[string]any{"Entrypoint": []string{"/srv", "1"}},
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{fmt.Sprintf("sha256:%x", sha256.Sum256(layer))}},
	})
	require.NoError(t, err)
	manifest, err := json.Marshal([]map[string]any{{"Config": "config.json", "RepoTags": []string{name}, "Layers": []string{"layer.tar"}}})
	require.NoError(t, err)
	return pack(map[string][]byte{"manifest.json": manifest, "config.json": config, "layer.tar": layer}, "manifest.json", "config.json", "layer.tar")
}

func TestPodsOfACRIEngine(t *testing.T) {
	daemon, ctr := testkit.RequireTool(t, "containerd", "containerd"), testkit.RequireTool(t, "ctr", "containerd")
	if _, err := os.Stat("/usr/lib/cni/bridge"); err != nil {
		testkit.Missing(t, "CNI plugin bridge", "install Debian package containernetworking-plugins")
	}
	l := newEngineLab(t)
	const image = "docker.io/library/srv:1"
	socket, config := l.dir+"/containerd.sock", l.dir+"/config.toml"
	require.NoError(t, os.Mkdir(l.dir+"/net.d", 0o700))
	require.NoError(t, os.WriteFile(l.dir+"/net.d/10-pods.conflist", []byte(`{"cniVersion":"0.4.0","name":"pods","plugins":[
		{"type":"bridge","bridge":"cni0","isGateway":true,"ipam":{"type":"host-local","subnet":"10.78.0.0/24","dataDir":"`+l.dir+`/ipam"}},
		{"type":"portmap","capabilities":{"portMappings":true}}]}`), 0o600))
	require.NoError(t, os.WriteFile(config, []byte(fmt.Sprintf(`version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = %q
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "native"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = %q
`, image, l.dir+"/net.d")), 0o600))
	l.run = []string{ctr, "-a", socket}
	l.start(daemon, "--config", config, "--root", l.dir+"/data", "--state", l.dir+"/x", "--address", socket)
	require.Eventually(t, func() bool { _, err := l.try("version"); return err == nil }, 30*time.Second, 200*time.Millisecond)
	archive := l.dir + "/image.tar"
	require.NoError(t, os.WriteFile(archive, imageArchive(t, image, l.dir+"/srv"), 0o600))
	l.do("-n", "k8s.io", "images", "import", "--snapshotter", "native", archive)

	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	client := func() rpcClient {
		s := &engineSocket{kind: engineCRI, path: socket}
		_, err := s.open("/proc")
		require.NoError(t, err)
		t.Cleanup(s.close)
		s.left = new(atomic.Int64)
		s.left.Store(maxResponses)
		client, done := s.rpc()
		t.Cleanup(done)
		return client
	}()
	var none protoMessage
	metadata := none.text(1, "front").text(2, "u1").text(3, "shop")
	port := none.number(1, 0).number(2, 80).number(3, 8060)
	pod := none.bytes(1, metadata).text(2, "front").text(3, l.dir).bytes(5, port).bytes(8, none)
	call := func(ctx context.Context, procedure string, question protoMessage) string {
		message, err := client.call(ctx, criRuntime+procedure, question)
		require.NoError(t, err, procedure)
		texts, err := protoTexts(message, 1)
		require.NoError(t, err)
		return texts[0]
	}
	sandbox := call(ctx, "RunPodSandbox", none.bytes(1, pod))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		call(ctx, "StopPodSandbox", none.text(1, sandbox))
		call(ctx, "RemovePodSandbox", none.text(1, sandbox))
	})
	for _, name := range []string{"web", "side"} {
		port := map[string]string{"web": "80", "side": "81"}[name]
		config := none.bytes(1, none.text(1, name)).bytes(2, none.text(1, image)).text(3, "/srv").text(3, port).bytes(15, none)
		created := call(ctx, "CreateContainer", none.text(1, sandbox).bytes(2, config).bytes(3, pod))
		call(ctx, "StartContainer", none.text(1, created))
	}

	d := l.discover(Options{})
	containers := l.ours(d)
	require.Len(t, containers, 3)
	web, side := containers["web"], containers["side"]
	require.NotNil(t, web)
	require.NotNil(t, side)
	assert.Equal(t, "k8s.io/cri-api", web.Type)
	assert.Equal(t, image, web.Labels[LabelImage])
	assert.Equal(t, "front", web.Labels[LabelPodName])
	assert.Equal(t, "shop", web.Labels[LabelPodNamespace])
	assert.Same(t, d.Netns.ByContainer(web), d.Netns.ByContainer(side))
	require.NotNil(t, web.Group(PodGroupType))
	assert.Equal(t, "shop/front", web.Group(PodGroupType).Name)
	assert.Len(t, web.Group(PodGroupType).Containers, 3)
	assert.Contains(t, containers[sandbox].Labels, LabelPodSandbox)

	ports := named(t, d.Netns, l.netns).ForwardedPortsv4
	require.Len(t, ports, 1)
	assert.Equal(t, "cni", ports[0].Source)
	require.Len(t, ports[0].Processes, 1)
	assert.Same(t, web, ports[0].Processes[0].Container)
	assert.Equal(t, "front", l.answerOf(ports[0], "10.78.0.1"))
}
