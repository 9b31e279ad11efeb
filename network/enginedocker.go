package network

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/hostwire/hostwire/portfwd"
	"github.com/thediveo/lxkns/model"
)

// labelPrivileged marks Docker's containers that may do everything, as lxkns' users know it.
const labelPrivileged = "github.com/thediveo/whalewatcher/moby/privileged"

// dockerVersion is what an engine tells of itself.
type dockerVersion struct {
	Version       string
	APIVersion    string `json:"ApiVersion"`
	MinAPIVersion string
	Components    []struct{ Name string }
}

// kind tells Podman, which answers as Docker does, from Docker.
func (v *dockerVersion) kind() engineKind {
	for _, component := range v.Components {
		if strings.HasPrefix(component.Name, "Podman") {
			return enginePodman
		}
	}
	return engineDocker
}

// prefix returns what comes before paths to be answered as a version of the API that is known here
// does, if the engine has it; it has the one that it likes best where it does not tell.
func (v *dockerVersion) prefix() string {
	const known = 46 // all that is asked for has been the same since long before.
	newest, ok := apiMinor(v.APIVersion)
	if !ok {
		return ""
	}
	oldest, _ := apiMinor(v.MinAPIVersion) // 0 if not told
	return "/v1." + strconv.Itoa(max(min(known, newest), oldest))
}

// apiMinor returns the second number of a version of Docker's API, whose first has always been 1.
func apiMinor(version string) (int, bool) {
	text, ok := strings.CutPrefix(version, "1.")
	minor, err := strconv.ParseUint(text, 10, 16)
	return int(minor), ok && err == nil
}

// askDocker asks an engine with Docker's API, which may be Podman.
func (s *engineSocket) askDocker(ctx context.Context) (*engineAnswer, error) {
	web, done := s.client(nil)
	defer done()
	var version dockerVersion
	if err := getJSON(ctx, web, "/version", &version); err != nil {
		return nil, err
	}
	kind, prefix := version.kind(), version.prefix()
	answer := &engineAnswer{engine: &model.ContainerEngine{Type: kind.engine(), API: "unix://" + s.path, Version: version.Version}}

	var asking sync.WaitGroup
	var more bool
	var containersErr error
	asking.Go(func() { answer.containers, more, containersErr = listDocker(ctx, web, prefix, answer.engine) })
	if kind != enginePodman { // Podman makes an ID up for every question, and takes its time for it.
		asking.Go(func() {
			var info struct{ ID string }
			if getJSON(ctx, web, prefix+"/info", &info) == nil {
				answer.engine.ID = info.ID
			}
		})
	}
	asking.Go(func() {
		if kind == enginePodman {
			answer.networks = podmanNetworks(ctx, web)
		} else if networks, _, err := getList[dockerNetwork](ctx, web, prefix+"/networks", maxContainers); err == nil {
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
			c.Labels[LabelPodName] = pod.PodName
			if pod.IsInfra {
				c.Labels[LabelPodSandbox] = ""
			}
		}
		if c.Labels["io.kubernetes.docker.type"] == "podsandbox" {
			c.Labels[LabelPodSandbox] = ""
		}
	}
	answer.limit(s, more)
	return answer, nil
}

// listDocker lists the running containers; more tells whether there are more than are read.
// Docker's API tells their processes only one by one.
func listDocker(ctx context.Context, web *http.Client, prefix string, engine *model.ContainerEngine) (containers []toldContainer, more bool, err error) {
	type listed struct {
		ID string `json:"Id"`
	}
	list, more, err := getList[listed](ctx, web, prefix+"/containers/json", maxContainers)
	if err != nil {
		return nil, false, err
	}
	inspected, failures := askEach(list, func(l listed) (toldContainer, error) {
		if l.ID == "" {
			return toldContainer{}, errIncomplete
		}
		var c dockerContainer
		if err := getJSON(ctx, web, prefix+"/containers/"+url.PathEscape(l.ID)+"/json", &c); err != nil {
			return toldContainer{}, err
		}
		return c.told(engine)
	})
	for i, c := range inspected {
		var status *statusError
		switch {
		case failures[i] == nil:
			containers = append(containers, c)
		case errors.Is(failures[i], errNoProcess), errors.As(failures[i], &status) && status.code == http.StatusNotFound: // gone meanwhile
		default:
			return nil, false, failures[i]
		}
	}
	return containers, more, nil
}

// dockerContainer is what Docker tells of a container that it is asked about.
type dockerContainer struct {
	ID    string `json:"Id"`
	Name  string
	State *struct {
		Status string
		Paused bool
		PID    int `json:"Pid"`
		Health *struct{ Status string }
	}
	Config *struct {
		Image  string
		Labels map[string]string
	}
	HostConfig      *struct{ Privileged bool }
	NetworkSettings *struct {
		Ports map[string][]struct {
			HostIP   string `json:"HostIp"`
			HostPort string
		}
	}
}

// told makes a container out of it.
func (d *dockerContainer) told(engine *model.ContainerEngine) (toldContainer, error) {
	if d.State == nil {
		return toldContainer{}, errIncomplete
	}
	if d.State.PID == 0 {
		return toldContainer{}, errNoProcess
	}
	name := strings.TrimPrefix(d.Name, "/")
	if name == "" || d.Config == nil {
		return toldContainer{}, errIncomplete
	}
	told := newContainer(engine, d.ID, name, d.State.PID, d.State.Paused, d.Config.Labels)
	told.Labels[LabelImage] = d.Config.Image
	if d.HostConfig != nil && d.HostConfig.Privileged {
		told.Labels[labelPrivileged] = ""
	}
	if status := d.State.Status; status != "" {
		if health := d.State.Health; health != nil && (health.Status == "healthy" || health.Status == "unhealthy") {
			status += " (" + health.Status + ")"
		}
		told.Labels[LabelStatus] = status
	}
	told.published = d.published()
	return told, nil
}

// published returns the ports of the host that lead to the container's, by the container's.
func (d *dockerContainer) published() (published []portfwd.Published) {
	if d.NetworkSettings == nil {
		return nil
	}
	for _, port := range slices.Sorted(maps.Keys(d.NetworkSettings.Ports)) {
		text, protocol, told := strings.Cut(port, "/")
		if !told {
			protocol = "tcp"
		}
		number, err := strconv.ParseUint(text, 10, 16)
		if err != nil {
			continue
		}
		for _, binding := range d.NetworkSettings.Ports[port] {
			if host, ok := hostAddress(binding.HostIP, binding.HostPort); ok {
				published = append(published, portfwd.Published{Protocol: protocol, Host: host, ContainerPort: uint16(number)})
			}
		}
	}
	return published
}

// podmanPod is what Podman's own API tells of a container in a pod.
type podmanPod struct {
	ID      string `json:"Id"`
	PodName string
	IsInfra bool
}

// podmanPrefix comes before paths of Podman's own API.
const podmanPrefix = "/v4.0.0/libpod"

// podmanPods returns the containers that are in pods, by ID.
func podmanPods(ctx context.Context, web *http.Client) map[string]podmanPod {
	list, _, err := getList[podmanPod](ctx, web, podmanPrefix+"/containers/json?pod=true", maxContainers)
	if err != nil {
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
