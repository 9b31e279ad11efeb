package network

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/thediveo/lxkns/model"
)

// Procedures of containerd, and the header that says in which of its namespaces. Those have nothing
// to do with the kernel's.
const (
	containerdNamespaces = "containerd.services.namespaces.v1.Namespaces/List"
	containerdTasks      = "containerd.services.tasks.v1.Tasks/List"
	containerdContainer  = "containerd.services.containers.v1.Containers/Get"
	containerdServer     = "containerd.services.introspection.v1.Introspection/Server"
	containerdVersion    = "containerd.services.version.v1.Version/Version"
	containerdIn         = "containerd-namespace"
)

// othersNamespaces are what others use containerd for: they tell more of their containers.
var othersNamespaces = []string{"moby", "k8s.io"}

// containerdTask is a running container.
type containerdTask struct {
	namespace string
	id        string
	pid       int
	status    uint64
}

// Status of a task, as in containerd.v1.types.Status.
const (
	taskRunning = 2
	taskPaused  = 4
	taskPausing = 5
)

// parseTask decodes containerd.v1.types.Process.
func parseTask(message []byte) (task containerdTask, err error) {
	for f, err := range protoFields(message) {
		if err != nil {
			return task, err
		}
		switch f.number {
		case 2:
			task.id = f.text()
		case 3:
			task.pid = protoPID(f.value)
		case 4:
			task.status = f.value
		}
	}
	return task, nil
}

// protoPID returns a process ID; 0 for what can be none.
func protoPID(value uint64) int {
	if value > 1<<31-1 {
		return 0
	}
	return int(value)
}

// containerdDetails is what containerd tells of a container that it is asked about.
type containerdDetails struct {
	image  string
	labels map[string]string
}

// parseContainerdDetails decodes containerd.services.containers.v1.Container.
func parseContainerdDetails(message []byte) (*containerdDetails, error) {
	details := &containerdDetails{}
	for f, err := range protoFields(message) {
		if err == nil {
			switch f.number {
			case 2:
				err = protoEntry(f.bytes, &details.labels)
			case 3:
				details.image = f.text()
			}
		}
		if err != nil {
			return nil, err
		}
	}
	return details, nil
}

// told makes a container out of a task and what is known besides, which may be nothing. nerdctl
// keeps names in a label; names in other namespaces than the usual one come with the namespace.
func (t containerdTask) told(engine *model.ContainerEngine, details *containerdDetails) toldContainer {
	within := func(name string) string {
		if t.namespace == "default" {
			return name
		}
		return t.namespace + "/" + name
	}
	id, name := within(t.id), within(t.id)
	var labels map[string]string
	if details != nil {
		labels = details.labels
		if given, ok := labels["nerdctl/name"]; ok {
			name = within(given)
		}
	}
	told := newContainer(engine, id, name, t.pid, t.status != taskRunning, labels)
	if details != nil {
		told.Labels[LabelImage] = details.image
	}
	return told
}

// askContainerd asks containerd for the containers that are neither Docker's nor Kubernetes'.
func (s *engineSocket) askContainerd(ctx context.Context) (*engineAnswer, error) {
	client, done := s.rpc()
	defer done()
	answer := &engineAnswer{engine: &model.ContainerEngine{Type: s.kind.engine(), API: "unix://" + s.path}}
	tasks, more, err := listContainerd(ctx, client)
	if err != nil {
		return nil, err
	}
	var asking sync.WaitGroup
	asking.Go(func() {
		if texts := client.texts(ctx, containerdServer, nil, 1); texts != nil { // since 1.3
			answer.engine.ID = texts[0]
		}
	})
	asking.Go(func() {
		if texts := client.texts(ctx, containerdVersion, nil, 1, 2); texts != nil {
			answer.engine.Version = strings.Join(texts, " ")
		}
	})
	details, _ := askEach(tasks, func(t containerdTask) (*containerdDetails, error) { // a task is there anyway
		message, err := client.call(ctx, containerdContainer, protoMessage(nil).text(1, t.id), containerdIn, t.namespace)
		if err != nil {
			return nil, err
		}
		list, _, err := protoList(message, 1, 1, parseContainerdDetails)
		if err != nil || len(list) == 0 {
			return nil, err
		}
		return list[0], nil
	})
	asking.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for i, t := range tasks {
		answer.containers = append(answer.containers, t.told(answer.engine, details[i]))
	}
	answer.limit(s, more)
	answer.networks = cniNetworks(s, answer.engine.Type)
	return answer, nil
}

// listContainerd lists the tasks of all namespaces but those of others.
func listContainerd(ctx context.Context, client rpcClient) (tasks []containerdTask, more bool, err error) {
	const maxNamespaces = 256
	message, err := client.call(ctx, containerdNamespaces, nil)
	if err != nil {
		return nil, false, err
	}
	namespaces, more, err := protoList(message, 1, maxNamespaces, func(namespace []byte) (string, error) {
		texts, err := protoTexts(namespace, 1)
		if err != nil {
			return "", err
		}
		return texts[0], nil
	})
	if err != nil {
		return nil, false, err
	}
	for _, namespace := range namespaces {
		if slices.Contains(othersNamespaces, namespace) {
			continue
		}
		message, err := client.call(ctx, containerdTasks, nil, containerdIn, namespace)
		if err != nil {
			continue // it may be gone meanwhile.
		}
		list, moreTasks, err := protoList(message, 1, maxContainers, parseTask)
		if err != nil {
			return nil, false, err
		}
		for _, t := range list {
			if t.status != taskRunning && t.status != taskPaused && t.status != taskPausing {
				continue
			}
			if len(tasks) == maxContainers {
				return tasks, true, nil
			}
			t.namespace = namespace
			tasks = append(tasks, t)
		}
		more = more || moreTasks
	}
	return tasks, more, ctx.Err()
}

// texts calls a procedure and returns texts of its answer; nil if there is none.
func (c rpcClient) texts(ctx context.Context, procedure string, question protoMessage, numbers ...uint64) []string {
	message, err := c.call(ctx, procedure, question)
	if err != nil {
		return nil
	}
	texts, err := protoTexts(message, numbers...)
	if err != nil {
		return nil
	}
	return texts
}
