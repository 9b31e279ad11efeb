package network

import (
	"encoding/json"
	"net/netip"
	"strings"
	"testing"

	"github.com/hostwire/hostwire/portfwd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/thediveo/lxkns/model"
)

func TestVersionOfTheAPIIsOneThatBothSidesKnow(t *testing.T) {
	tests := []struct{ oldest, newest, expected string }{
		{"1.24", "1.41", "/v1.41"},
		{"1.24", "1.52", "/v1.46"},
		{"1.48", "1.60", "/v1.48"},
		{"", "1.40", "/v1.40"},
		{"", "", ""},
		{"", "2.0", ""},
		{"1.24", "1.x/../..", ""},
	}
	for _, test := range tests {
		v := dockerVersion{APIVersion: test.newest, MinAPIVersion: test.oldest}
		assert.Equal(t, test.expected, v.prefix(), "%+v", test)
	}
	podman := dockerVersion{Components: []struct{ Name string }{{"Conmon"}, {"Podman Engine"}}}
	assert.Equal(t, enginePodman, podman.kind())
}

func TestContainersThatDockerTellsOf(t *testing.T) {
	const inspected = `{"Id":"a1","Name":"/web","State":{"Status":"running","Pid":7,"Health":{"Status":"healthy"}},
		"Config":{"Image":"nginx:1","Labels":{"a":"b"}},"HostConfig":{"Privileged":true},
		"NetworkSettings":{"Ports":{"80/tcp":[{"HostIp":"0.0.0.0","HostPort":"8080"}],"53/udp":[{"HostIp":"","HostPort":"53"}],
		"443/tcp":null,"x/tcp":[{"HostPort":"1"}],"99999/tcp":[{"HostPort":"1"}],"7":[{"HostIp":"::1","HostPort":"7"}]}}}`
	var c dockerContainer
	require.NoError(t, json.Unmarshal([]byte(inspected), &c))
	told, err := c.told(&model.ContainerEngine{Type: "docker.com"})
	require.NoError(t, err)
	assert.Equal(t, &model.Container{ID: "a1", Name: "web", Type: "docker.com", Flavor: "docker.com", PID: 7, Labels: model.Labels{
		"a": "b", LabelImage: "nginx:1", LabelStatus: "running (healthy)", labelPrivileged: ""}}, told.Container)
	assert.Equal(t, []portfwd.Published{
		{Protocol: "udp", Host: netip.AddrPortFrom(netip.Addr{}, 53), ContainerPort: 53},
		{Protocol: "tcp", Host: netip.MustParseAddrPort("[::1]:7"), ContainerPort: 7},
		{Protocol: "tcp", Host: netip.MustParseAddrPort("0.0.0.0:8080"), ContainerPort: 80},
	}, told.published)
	for text, failure := range map[string]error{
		`{}`: errIncomplete, `{"Name":"/x","State":{"Pid":7}}`: errIncomplete, `{"Name":"/","State":{"Pid":7},"Config":{}}`: errIncomplete,
		`{"Name":"/x","State":{"Pid":0},"Config":{}}`: errNoProcess,
	} {
		c = dockerContainer{}
		require.NoError(t, json.Unmarshal([]byte(text), &c))
		_, err := c.told(&model.ContainerEngine{})
		assert.ErrorIs(t, err, failure, text)
	}
}

func TestListsAreReadElementByElement(t *testing.T) {
	list, more, err := decodeList[int](strings.NewReader(`[1,2,3] rest`), 3)
	require.NoError(t, err)
	assert.Equal(t, []int{1, 2, 3}, list)
	assert.False(t, more)
	list, more, err = decodeList[int](strings.NewReader(`[1,2,3,nonsense`), 3)
	require.NoError(t, err)
	assert.Equal(t, []int{1, 2, 3}, list)
	assert.True(t, more)
	list, _, err = decodeList[int](strings.NewReader(`null`), 3)
	require.NoError(t, err)
	assert.Empty(t, list)
	for _, text := range []string{"", "{}", "7", "[1", `["x"]`, "[1}"} {
		_, _, err := decodeList[int](strings.NewReader(text), 3)
		assert.Error(t, err, text)
	}
}
