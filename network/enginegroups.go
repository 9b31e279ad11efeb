package network

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/thediveo/lxkns/decorator/composer"
	"github.com/thediveo/lxkns/decorator/industrialedge"
	"github.com/thediveo/lxkns/model"
	"golang.org/x/sys/unix"
)

// Labels of containers in pods, as Kubernetes has them. Podman's pods get them as well.
const (
	LabelPodName      = "io.kubernetes.pod.name"
	LabelPodNamespace = "io.kubernetes.pod.namespace"
	LabelPodUID       = "io.kubernetes.pod.uid"
	LabelPodContainer = "io.kubernetes.container.name" // container's name in its pod.
	LabelPodSandbox   = "io.kubernetes.sandbox"        // there for what keeps the namespaces of a pod.
)

// PodGroupType is the type of groups of containers that are pods.
const PodGroupType = "io.kubernetes.pod"

// groupContainers groups containers by their projects and pods, and names Docker's plugins.
func groupContainers(proc string, engines []*model.ContainerEngine) {
	composer.Decorate(engines, nil)
	for _, engine := range engines {
		switch engine.Type {
		case engineCRI.engine():
			groupPods(engine, podOfLabels)
		case engineContainerd.engine():
			namePlugins(proc, engine)
		}
		groupPods(engine, podOfName)
	}
	industrialedge.Decorate(engines, nil)
}

// groupPods groups an engine's containers by pod.
func groupPods(engine *model.ContainerEngine, podOf func(*model.Container) (namespace, name string, ok bool)) {
	pods := map[string]*model.Group{}
	for _, c := range engine.Containers {
		namespace, name, ok := podOf(c)
		if !ok {
			continue
		}
		full := namespace + "/" + name
		if pods[full] == nil {
			pods[full] = &model.Group{Name: full, Type: PodGroupType, Flavor: PodGroupType}
		}
		pods[full].AddContainer(c)
	}
}

// podOfLabels tells a container's pod by its labels.
func podOfLabels(c *model.Container) (namespace, name string, ok bool) {
	namespace, name = c.Labels[LabelPodNamespace], c.Labels[LabelPodName]
	return namespace, name, namespace != "" && name != ""
}

// dnsLabel is what Kubernetes' names are made of.
var dnsLabel = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`) })

// podOfName tells a container's pod by the name that Kubernetes gave it in the days when it used
// Docker: k8s_CONTAINER_POD_NAMESPACE_UID_ATTEMPT, at times with a random number. The container gets
// the labels that others have.
func podOfName(c *model.Container) (namespace, name string, ok bool) {
	const sandbox = "POD"
	rest, ok := strings.CutPrefix(c.Name, "k8s_")
	fields := strings.Split(rest, "_")
	if !ok || len(fields) != 5 && len(fields) != 6 {
		return "", "", false
	}
	container, pod, namespace, uid := fields[0], fields[1], fields[2], fields[3]
	isName := dnsLabel().MatchString
	if container != sandbox && !isName(container) || !isName(pod) || !isName(namespace) ||
		uid == "" || strings.Trim(uid, "-abcdefghijklmnopqrstuvwxyz0123456789") != "" {
		return "", "", false
	}
	c.Labels[LabelPodContainer], c.Labels[LabelPodUID] = container, uid
	if container == sandbox {
		c.Labels[LabelPodSandbox] = ""
	}
	return namespace, pod, true
}

// pluginFlavor is the flavor of containers that are plugins of Docker.
const pluginFlavor = "plugin.docker.com"

// namePlugins names those of containerd's containers that are plugins of Docker. Only Docker knows
// their names; but each has a directory where Docker is, with a socket that is named like it.
func namePlugins(proc string, engine *model.ContainerEngine) {
	for _, c := range engine.Containers {
		id, ok := strings.CutPrefix(c.Name, "plugins.moby/")
		if !ok {
			continue
		}
		c.Flavor = pluginFlavor
		if bundle := c.Labels["com.docker/engine.bundle.path"]; bundle != "" {
			id = path.Base(bundle)
		}
		if name := pluginName(proc, engine.PID, id); name != "" {
			c.Name = name
			c.Labels[pluginFlavor+"/name"] = name
		}
	}
}

// pluginName returns the name of a plugin as the engine's process sees it; empty if there is none.
func pluginName(proc string, pid model.PIDType, id string) string {
	const maxFiles = 64
	if !fs.ValidPath(id) || id == "." {
		return ""
	}
	root, err := openRoot(proc, int(pid))
	if err != nil {
		return ""
	}
	defer root.close()
	fd, err := root.open("/run/docker/plugins/"+id, unix.S_IFDIR)
	if err != nil {
		return ""
	}
	dir := os.NewFile(uintptr(fd), id)
	defer func() { _ = dir.Close() }()
	entries, _ := dir.ReadDir(maxFiles) // what could be read of it
	var names []string
	for _, entry := range entries {
		if name, ok := strings.CutSuffix(entry.Name(), ".sock"); ok && name != "" && entry.Type()&fs.ModeSocket != 0 {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return slices.Min(names)
}
