package network

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/containerd/containerd"
	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/client"
	"github.com/hostwire/hostwire/portfwd"
	"github.com/thediveo/lxkns/decorator/kuhbernetes"
	"github.com/thediveo/lxkns/model"
	"github.com/thediveo/whalewatcher"
	"github.com/thediveo/whalewatcher/engineclient"
	containerdclient "github.com/thediveo/whalewatcher/engineclient/containerd"
	"github.com/thediveo/whalewatcher/engineclient/cri"
	"github.com/thediveo/whalewatcher/engineclient/moby"
	runtime "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// ask asks the engine for all that it has. A file descriptor stands in for the socket's path, so
// that the socket of an engine in a container is reached as well, and no other one.
func (s *engineSocket) ask(ctx context.Context) (*engineAnswer, error) {
	if err := s.greet(); err != nil {
		return nil, err
	}
	switch s.kind {
	case engineContainerd:
		return s.askContainerd(ctx)
	case engineCRI:
		return s.askCRI(ctx)
	}
	return s.askDocker(ctx)
}

// newContainer makes a container out of what whalewatcher tells of it.
func newContainer(engine *model.ContainerEngine, c *whalewatcher.Container) toldContainer {
	labels := make(model.Labels, len(c.Labels)+2)
	for key, value := range c.Labels {
		labels[key] = value
	}
	told := toldContainer{Container: &model.Container{
		ID: c.ID, Name: c.Name, Type: engine.Type, Flavor: engine.Type,
		PID: model.PIDType(c.PID), Paused: c.Paused, Labels: labels,
	}}
	status := "running"
	if c.Paused {
		status = "paused"
	}
	labels[LabelStatus] = status
	if details, ok := c.Rucksack.(*dockerDetails); ok {
		told.published = details.published
		labels[LabelImage] = details.image
		if details.status != "" {
			labels[LabelStatus] = details.status
		}
	}
	return told
}

// dockerDetails is what an inspection tells beyond what whalewatcher takes from it.
type dockerDetails struct {
	image     string
	status    string
	published []portfwd.Published
}

// packer keeps details of inspections.
type packer struct{}

// Pack implements whalewatcher's RucksackPacker.
func (packer) Pack(c *whalewatcher.Container, inspection any) {
	switch details := inspection.(type) {
	case types.ContainerJSON:
		c.Rucksack = dockerDetailsOf(details)
	case containerdclient.InspectionDetails:
		if details.Container != nil {
			c.Rucksack = &dockerDetails{image: details.Container.Image}
		}
	}
}

func dockerDetailsOf(details types.ContainerJSON) *dockerDetails {
	d := &dockerDetails{}
	if details.Config != nil {
		d.image = details.Config.Image
	}
	if details.ContainerJSONBase != nil && details.State != nil {
		d.status = details.State.Status
		if health := details.State.Health; health != nil && (health.Status == "healthy" || health.Status == "unhealthy") {
			d.status += " (" + health.Status + ")"
		}
	}
	if details.NetworkSettings == nil {
		return d
	}
	for port, bindings := range details.NetworkSettings.Ports {
		for _, binding := range bindings {
			if host, ok := hostAddress(binding.HostIP, binding.HostPort); ok {
				d.published = append(d.published, portfwd.Published{Protocol: port.Proto(), Host: host, ContainerPort: uint16(port.Int())})
			}
		}
	}
	return d
}

// askDocker asks an engine with Docker's API, which may be Podman.
func (s *engineSocket) askDocker(ctx context.Context) (*engineAnswer, error) {
	transport := &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", s.address())
		},
		DisableCompression: true,
		MaxIdleConns:       inspectors,
	}
	defer transport.CloseIdleConnections()
	web := &http.Client{Transport: bounded{transport, s.left}}
	api, err := client.NewClientWithOpts(
		client.WithHost("unix://"+s.address()),
		client.WithHTTPClient(web),
		client.WithAPIVersionNegotiation(),
	)
	if err != nil {
		return nil, err
	}
	defer func() { _ = api.Close() }()
	version, err := api.ServerVersion(ctx)
	if err != nil {
		return nil, err
	}
	kind := engineDocker
	for _, component := range version.Components {
		if strings.HasPrefix(component.Name, "Podman") {
			kind = enginePodman
		}
	}
	answer := &engineAnswer{engine: &model.ContainerEngine{Type: kind.engine(), API: "unix://" + s.path, Version: version.Version}}
	watcher := moby.NewMobyWatcher(api, moby.WithDemonType(kind.engine()), moby.WithRucksackPacker(packer{}))

	var asking sync.WaitGroup
	var containersErr error
	asking.Go(func() { answer.containers, containersErr = s.listDocker(ctx, api, watcher, answer.engine) })
	if kind != enginePodman { // Podman makes an ID up for every question, and takes its time for it.
		asking.Go(func() { answer.engine.ID = watcher.ID(ctx) })
	}
	asking.Go(func() {
		if kind == enginePodman {
			answer.networks = podmanNetworks(ctx, web)
		} else if networks, err := api.NetworkList(ctx, network.ListOptions{}); err == nil {
			answer.networks = dockerNetworks(networks)
		}
	})
	var pods map[string]podmanPod
	if kind == enginePodman {
		asking.Go(func() { pods = podmanPods(ctx, web) })
	}
	asking.Wait()
	if containersErr != nil {
		return nil, containersErr
	}
	for _, c := range answer.containers {
		if pod, ok := pods[c.ID]; ok {
			// A Podman pod has a name, but no namespace.
			c.Labels[kuhbernetes.PodNameLabel] = pod.PodName
			if pod.IsInfra {
				c.Labels[kuhbernetes.PodSandboxLabel] = ""
			}
		}
		if c.Labels["io.kubernetes.docker.type"] == "podsandbox" {
			c.Labels[kuhbernetes.PodSandboxLabel] = ""
		}
	}
	if len(answer.containers) == maxContainers {
		answer.findings = append(answer.findings, Finding{Kind: FindingLimit, Subject: s.subject(),
			Message: fmt.Sprintf("may have more than the %d containers that are read", maxContainers)})
	}
	return answer, nil
}

// inspectors is how many containers are inspected at the same time.
const inspectors = 8

// listDocker lists the running containers. Docker's API tells their processes only one by one.
func (s *engineSocket) listDocker(ctx context.Context, api *client.Client, watcher *moby.MobyWatcher, engine *model.ContainerEngine) ([]toldContainer, error) {
	list, err := api.ContainerList(ctx, container.ListOptions{Limit: maxContainers})
	if err != nil {
		return nil, err
	}
	inspected := make([]*whalewatcher.Container, len(list))
	failures := make([]error, len(list))
	next := make(chan int)
	var working sync.WaitGroup
	for range min(inspectors, len(list)) {
		working.Go(func() {
			for i := range next {
				inspected[i], failures[i] = sane(func() (*whalewatcher.Container, error) { return watcher.Inspect(ctx, list[i].ID) })
			}
		})
	}
	for i := range list {
		next <- i
	}
	close(next)
	working.Wait()
	var containers []toldContainer
	for i, c := range inspected {
		switch {
		case failures[i] == nil:
			containers = append(containers, newContainer(engine, c))
		case engineclient.IsProcesslessContainer(failures[i]), client.IsErrNotFound(failures[i]): // gone meanwhile
		default:
			return nil, failures[i]
		}
	}
	return containers, nil
}

// bounded bounds what is read of responses: of each, and of all engines' together.
type bounded struct {
	http.RoundTripper
	left *atomic.Int64 // bytes that may still be read, of all.
}

// Bounds of what engines answer, in bytes. What it takes in memory is several times as much.
const (
	maxResponse  = 64 << 20
	maxResponses = 128 << 20 // of all engines together.
)

// errTooMuch tells that an engine answers with more than is read.
var errTooMuch = errors.New("answers with more than is read")

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := b.RoundTripper.RoundTrip(r)
	if err == nil && response.Body != nil {
		response.Body = &boundedBody{ReadCloser: response.Body, left: maxResponse, all: b.left}
	}
	return response, err
}

// boundedBody is the body of a response.
type boundedBody struct {
	io.ReadCloser
	left int64
	all  *atomic.Int64
}

// Read implements io.Reader.
func (b *boundedBody) Read(p []byte) (int, error) {
	if b.left <= 0 || b.all.Load() <= 0 {
		return 0, errTooMuch
	}
	n, err := b.ReadCloser.Read(p)
	b.left -= int64(n)
	b.all.Add(-int64(n))
	return n, err
}

// getJSON asks Podman's own API.
func getJSON(ctx context.Context, web *http.Client, path string, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://engine/v4.0.0/libpod/"+path, nil)
	if err != nil {
		return err
	}
	response, err := web.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return errors.New(response.Status)
	}
	return json.NewDecoder(response.Body).Decode(into)
}

// podmanPod is what Podman's own API tells of a container in a pod.
type podmanPod struct {
	ID      string `json:"Id"`
	PodName string
	IsInfra bool
}

// podmanPods returns the containers that are in pods, by ID.
func podmanPods(ctx context.Context, web *http.Client) map[string]podmanPod {
	var list []podmanPod
	if getJSON(ctx, web, "containers/json?pod=true", &list) != nil {
		return nil // told by the other questions.
	}
	pods := map[string]podmanPod{}
	for _, p := range list {
		if p.PodName != "" {
			pods[p.ID] = p
		}
	}
	return pods
}

// remaining returns the time that is left to ask.
func remaining(ctx context.Context) time.Duration {
	if deadline, ok := ctx.Deadline(); ok {
		return max(time.Until(deadline), time.Millisecond)
	}
	return maxEngineTime
}

// askContainerd asks containerd for the containers that are neither Docker's nor Kubernetes'.
func (s *engineSocket) askContainerd(ctx context.Context) (*engineAnswer, error) {
	api, err := containerd.New(s.address(), containerd.WithTimeout(remaining(ctx)))
	if err != nil {
		return nil, err
	}
	watcher := containerdclient.NewContainerdWatcher(api, containerdclient.WithRucksackPacker(packer{}))
	defer watcher.Close()
	list, err := watcher.List(ctx)
	if err != nil {
		return nil, err
	}
	answer := &engineAnswer{engine: &model.ContainerEngine{
		Type: containerdclient.Type, API: "unix://" + s.path, ID: watcher.ID(ctx), Version: watcher.Version(ctx),
	}}
	for _, c := range list[:min(len(list), maxContainers)] {
		if inspected, err := watcher.Inspect(ctx, c.ID); err == nil {
			c = inspected
		}
		answer.containers = append(answer.containers, newContainer(answer.engine, c))
	}
	answer.networks = cniNetworks(s, answer.engine.Type)
	return answer, ctx.Err()
}

// askCRI asks an engine of Kubernetes.
func (s *engineSocket) askCRI(ctx context.Context) (*engineAnswer, error) {
	api, err := cri.New(s.address(), cri.WithTimeout(remaining(ctx)))
	if err != nil {
		return nil, err
	}
	watcher := cri.NewCRIWatcher(api, cri.WithPID(int(s.peer.Pid)))
	defer watcher.Close()
	list, err := watcher.List(ctx)
	if err != nil {
		return nil, err
	}
	answer := &engineAnswer{engine: &model.ContainerEngine{
		Type: cri.Type, API: "unix://" + s.path, ID: watcher.ID(ctx), Version: watcher.Version(ctx),
	}}
	images := map[string]string{}
	if all, err := api.RuntimeService().ListContainers(ctx, &runtime.ListContainersRequest{}); err == nil {
		for _, c := range all.GetContainers() {
			images[c.GetId()] = c.GetImage().GetImage()
		}
	}
	for _, c := range list[:min(len(list), maxContainers)] {
		told := newContainer(answer.engine, c)
		if image := images[c.ID]; image != "" {
			told.Labels[LabelImage] = image
		}
		answer.containers = append(answer.containers, told)
	}
	if len(answer.containers) > 0 {
		answer.networks = cniNetworks(s, answer.engine.Type)
	}
	return answer, ctx.Err()
}
