package network

import (
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/thediveo/lxkns/model"
)

func grouped(kind engineKind, names ...string) []*model.Container {
	engine := &model.ContainerEngine{Type: kind.engine(), PID: 1}
	for _, name := range names {
		engine.AddContainer(&model.Container{Name: name, Labels: model.Labels{}})
	}
	groupContainers("/nowhere", []*model.ContainerEngine{engine})
	return engine.Containers
}

func TestPodsOfTheDaysOfDocker(t *testing.T) {
	tests := []struct{ name, pod, container string }{
		{"k8s_web_front_shop_12-ab_0", "shop/front", "web"},
		{"k8s_POD_front_shop_12-ab_0", "shop/front", "POD"},
		{"k8s_web_front_shop_12-ab_0_4711", "shop/front", "web"},
		{"k8s_web_front_shop_12-ab", "", ""},
		{"k8s_web_front_shop_12-ab_0_1_2", "", ""},
		{"k8s_Web_front_shop_12-ab_0", "", ""},
		{"k8s_web_front-_shop_12-ab_0", "", ""},
		{"k8s_web_front__12-ab_0", "", ""},
		{"k8s_web_front_shop__0", "", ""},
		{"k8s_web_front_shop_AB_0", "", ""},
		{"web_front_shop_12-ab_0", "", ""},
	}
	for _, test := range tests {
		c := grouped(engineDocker, test.name)[0]
		if test.pod == "" {
			assert.Empty(t, c.Groups, test.name)
			assert.Empty(t, c.Labels, test.name)
			continue
		}
		require.NotNil(t, c.Group(PodGroupType), test.name)
		assert.Equal(t, test.pod, c.Group(PodGroupType).Name)
		assert.Equal(t, test.container, c.Labels[LabelPodContainer])
		_, sandbox := c.Labels[LabelPodSandbox]
		assert.Equal(t, test.container == "POD", sandbox)
	}
	both := grouped(engineDocker, tests[0].name, tests[1].name)
	assert.Same(t, both[0].Group(PodGroupType), both[1].Group(PodGroupType))
}

func TestPluginsOfDockerAreNamedLikeTheirSockets(t *testing.T) {
	proc := t.TempDir()
	dir := filepath.Join(proc, "7", "root", "run", "docker", "plugins", "abc")
	require.NoError(t, os.MkdirAll(dir, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "file.sock"), nil, 0o600))
	listener, err := net.Listen("unix", filepath.Join(dir, "loki.sock"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	assert.Equal(t, "loki", pluginName(proc, 7, "abc"))
	for _, id := range []string{"", ".", "..", "../plugins/abc", "/abc", "none"} {
		assert.Empty(t, pluginName(proc, 7, id), id)
	}
	engine := &model.ContainerEngine{Type: engineContainerd.engine(), PID: 7}
	for _, c := range []*model.Container{
		{Name: "plugins.moby/abc", Labels: model.Labels{}},
		{Name: "plugins.moby/x", Labels: model.Labels{"com.docker/engine.bundle.path": "/var/run/docker/plugins/abc"}},
		{Name: "web", Labels: model.Labels{}},
	} {
		engine.AddContainer(c)
	}
	groupContainers(proc, []*model.ContainerEngine{engine})
	for _, c := range engine.Containers[:2] {
		assert.Equal(t, "loki", c.Name)
		assert.Equal(t, pluginFlavor, c.Flavor)
	}
	assert.Equal(t, "web", engine.Containers[2].Name)
}
