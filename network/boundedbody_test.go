package network

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/thediveo/lxkns/model"
)

// answering is an engine that answers everything with the same bytes.
type answering string

func (a answering) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, Request: r, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}, "Api-Version": {"1.44"}},
		Body:   io.NopCloser(strings.NewReader(string(a))),
	}, nil
}

func TestResponsesAreBoundedTogether(t *testing.T) {
	var left atomic.Int64
	left.Store(10)
	web := &http.Client{Transport: bounded{answering("123456"), &left}}
	read := func() (string, error) {
		response, err := web.Get("http://engine/")
		require.NoError(t, err)
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		return string(text), err
	}
	text, err := read()
	assert.NoError(t, err)
	assert.Equal(t, "123456", text)
	_, err = read()
	assert.ErrorIs(t, err, errTooMuch, "though it is short itself")
	_, err = read()
	assert.ErrorIs(t, err, errTooMuch)
}

func TestTooMuchOfAnAnswerIsALimit(t *testing.T) {
	findings := (&engineSocket{kind: engineDocker, path: "/x", guessed: true}).failure(errTooMuch)
	require.Len(t, findings, 1)
	assert.Equal(t, FindingLimit, findings[0].Kind)
}

// FuzzEngineAnswers takes apart what whoever listens at an engine's socket answers with.
func FuzzEngineAnswers(f *testing.F) {
	f.Add(`[{"Id":"0123456789abcdef","Names":["/web"],"Image":"nginx","State":"running","Labels":{"a":"b"}}]`)
	f.Add(`[{"Name":"lan","Id":"0123456789abcdef","Driver":"bridge","Options":{"com.docker.network.bridge.name":"br0"},"IPAM":null}]`)
	f.Add(`{"Id":"x","Name":"/x","State":{"Pid":7,"Paused":true,"Health":{"Status":"healthy"}},"Config":{"Image":"i"},"NetworkSettings":{"Ports":{"80/tcp":[{"HostIp":"::","HostPort":"8080"}]}}}`)
	f.Add(`[{"id":"x","name":"podman","driver":"bridge","network_interface":"podman0","internal":true}]`)
	f.Add(`[{"Id":"x","PodName":"pod","IsInfra":true}]`)
	f.Add(`[null]`)
	f.Fuzz(func(t *testing.T, answer string) {
		var left atomic.Int64
		left.Store(maxResponses)
		web := newEngineClient(answering(answer), &left)
		ctx := context.Background()
		podmanPods(ctx, web)
		for _, n := range podmanNetworks(ctx, web) {
			require.NotEmpty(t, n.Engine)
		}
		if list, _, err := getList[dockerNetwork](ctx, web, "/networks", maxContainers); err == nil {
			dockerNetworks(list)
		}
		var version dockerVersion
		if getJSON(ctx, web, "/version", &version) == nil {
			_ = version.kind()
			require.Regexp(t, `^(/v1\.\d+)?$`, version.prefix())
		}
		engine := &model.ContainerEngine{Type: "docker.com"}
		var c dockerContainer
		if getJSON(ctx, web, "/containers/x/json", &c) == nil {
			if told, err := c.told(engine); err == nil {
				require.NotEmpty(t, told.Name)
				require.NotZero(t, told.PID)
				for _, p := range told.published {
					require.NotZero(t, p.Host.Port())
				}
			}
		}
		told, _, err := listDocker(ctx, web, "", engine)
		require.True(t, err == nil || told == nil)
	})
}
