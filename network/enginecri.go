package network

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"sync"

	"github.com/thediveo/lxkns/model"
)

// Procedures of Kubernetes' Container Runtime Interface.
const (
	criRuntime         = "runtime.v1.RuntimeService/"
	criVersion         = criRuntime + "Version"
	criContainers      = criRuntime + "ListContainers"
	criContainerStatus = criRuntime + "ContainerStatus"
	criSandboxes       = criRuntime + "ListPodSandbox"
	criSandboxStatus   = criRuntime + "PodSandboxStatus"
)

// labelAnnotation comes before the name of an annotation, which becomes a label.
const labelAnnotation = "io.kubernetes.annotation/"

// criContainer is a container of a pod.
type criContainer struct {
	id, sandbox, name, image string
	state                    uint64
	labels, annotations      map[string]string
}

// States of containers and of sandboxes.
const (
	criContainerRunning = 1
	criSandboxReady     = 0
)

// parseCRIContainer decodes runtime.v1.Container.
func parseCRIContainer(message []byte) (c criContainer, err error) {
	var texts []string
	for f, err := range protoFields(message) {
		if err == nil {
			switch f.number {
			case 1:
				c.id = f.text()
			case 2:
				c.sandbox = f.text()
			case 3:
				if texts, err = protoTexts(f.bytes, 1); err == nil {
					c.name = texts[0]
				}
			case 4:
				if texts, err = protoTexts(f.bytes, 1); err == nil {
					c.image = texts[0]
				}
			case 6:
				c.state = f.value
			case 8:
				err = protoEntry(f.bytes, &c.labels)
			case 9:
				err = protoEntry(f.bytes, &c.annotations)
			}
		}
		if err != nil {
			return c, err
		}
	}
	return c, nil
}

// criSandbox is a pod's sandbox: the container that keeps what the pod's other containers share.
type criSandbox struct {
	id, pod, uid, namespace string
	state                   uint64
	labels, annotations     map[string]string
}

// parseCRISandbox decodes runtime.v1.PodSandbox.
func parseCRISandbox(message []byte) (s criSandbox, err error) {
	for f, err := range protoFields(message) {
		if err == nil {
			switch f.number {
			case 1:
				s.id = f.text()
			case 2:
				var texts []string
				if texts, err = protoTexts(f.bytes, 1, 2, 3); err == nil {
					s.pod, s.uid, s.namespace = texts[0], texts[1], texts[2]
				}
			case 3:
				s.state = f.value
			case 5:
				err = protoEntry(f.bytes, &s.labels)
			case 6:
				err = protoEntry(f.bytes, &s.annotations)
			}
		}
		if err != nil {
			return s, err
		}
	}
	return s, nil
}

// parseCRIPID decodes the process ID out of a verbose status of a container or sandbox. The
// interface has none; the engines put it into a text, which is JSON.
func parseCRIPID(message []byte) (int, error) {
	var info map[string]string
	for f, err := range protoFields(message) {
		if err == nil && f.number == 2 {
			err = protoEntry(f.bytes, &info)
		}
		if err != nil {
			return 0, err
		}
	}
	var inner struct {
		PID int `json:"pid"`
	}
	if err := json.Unmarshal([]byte(info["info"]), &inner); err != nil {
		return 0, err
	}
	return inner.PID, nil
}

// criTold makes a container of a pod out of what is known of it.
func criTold(engine *model.ContainerEngine, id, name string, pid int, labels, annotations map[string]string, pod criSandbox) toldContainer {
	told := newContainer(engine, id, name, pid, false, labels) // Kubernetes pauses none.
	for key, value := range annotations {
		told.Labels[labelAnnotation+key] = value
	}
	maps.Copy(told.Labels, map[string]string{
		LabelPodUID: pod.uid, LabelPodName: pod.pod, LabelPodNamespace: pod.namespace, LabelPodContainer: name,
	})
	if id == pod.id {
		told.Labels[LabelPodSandbox] = ""
	}
	return told
}

// askCRI asks an engine of Kubernetes.
func (s *engineSocket) askCRI(ctx context.Context) (*engineAnswer, error) {
	client, done := s.rpc()
	defer done()
	running := protoMessage(nil).bytes(1, protoMessage(nil).bytes(2, protoMessage(nil).number(1, criContainerRunning)))
	containers, moreContainers, err := listCRI(ctx, client, criContainers, running, parseCRIContainer)
	if err != nil {
		return nil, err
	}
	sandboxes, moreSandboxes, err := listCRI(ctx, client, criSandboxes, nil, parseCRISandbox)
	if err != nil {
		return nil, err
	}
	answer := &engineAnswer{engine: &model.ContainerEngine{Type: s.kind.engine(), API: "unix://" + s.path}}
	var asking sync.WaitGroup
	asking.Go(func() {
		if texts := client.texts(ctx, criVersion, protoMessage(nil).text(1, "0.1.0"), 2, 3, 4); texts != nil {
			answer.engine.Version = fmt.Sprintf("%s %s [API %s]", texts[0], texts[1], texts[2])
		}
	})
	asking.Go(func() { // the interface has no IDs of engines.
		pid := model.PIDType(s.peer.Pid)
		hostnames, _ := utsHostnames("/proc", []model.PIDType{pid})
		answer.engine.ID = hostnames[pid]
	})
	answer.containers = criContainersOf(containers, sandboxes, answer.engine, func(procedure, id string) (int, error) {
		message, err := client.call(ctx, procedure, protoMessage(nil).text(1, id).number(2, 1))
		if err != nil {
			return 0, err
		}
		return parseCRIPID(message)
	})
	asking.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	answer.limit(s, moreContainers || moreSandboxes)
	if len(answer.containers) > 0 {
		answer.networks = cniNetworks(s, answer.engine.Type)
	}
	return answer, nil
}

// listCRI lists containers or sandboxes; more tells whether there are more than are read.
func listCRI[T any](ctx context.Context, client rpcClient, procedure string, question protoMessage, parse func([]byte) (T, error)) (list []T, more bool, err error) {
	message, err := client.call(ctx, procedure, question)
	if err != nil {
		return nil, false, err
	}
	return protoList(message, 1, maxContainers, parse)
}

// criContainersOf makes containers out of those that run in known pods, and of the sandboxes of
// pods. It asks for their process IDs, and leaves out those that are gone meanwhile.
func criContainersOf(containers []criContainer, sandboxes []criSandbox, engine *model.ContainerEngine, pidOf func(procedure, id string) (int, error)) (all []toldContainer) {
	pods := make(map[string]criSandbox, len(sandboxes))
	for _, s := range sandboxes {
		pods[s.id] = s
	}
	asked, failures := askEach(containers, func(c criContainer) (told toldContainer, err error) {
		pod, ok := pods[c.sandbox]
		if !ok || c.state != criContainerRunning {
			return told, errNoProcess
		}
		pid, err := pidOf(criContainerStatus, c.id)
		if err != nil {
			return told, err
		}
		told = criTold(engine, c.id, c.name, pid, c.labels, c.annotations, pod)
		if c.image != "" {
			told.Labels[LabelImage] = c.image
		}
		return told, nil
	})
	keep := func(asked []toldContainer, failures []error) {
		for i, told := range asked {
			if failures[i] == nil {
				all = append(all, told)
			}
		}
	}
	keep(asked, failures)
	asked, failures = askEach(sandboxes, func(s criSandbox) (told toldContainer, err error) {
		if s.state != criSandboxReady {
			return told, errNoProcess
		}
		pid, err := pidOf(criSandboxStatus, s.id)
		if err != nil {
			return told, err
		}
		return criTold(engine, s.id, s.id, pid, s.labels, s.annotations, s), nil
	})
	keep(asked, failures)
	return all
}
