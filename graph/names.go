package graph

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/hostwire/hostwire/internal/lazy"
	"github.com/hostwire/hostwire/network"
	"github.com/thediveo/lxkns/model"
)

// engineWords are the words for people for the types of container engines.
var engineWords = map[string]string{
	"docker.com":        "docker",
	"containerd.io":     "containerd",
	"podman.io":         "podman",
	"cri-o.io":          "cri-o",
	"k8s.io/cri-api":    "cri",
	"runtime.k8s.io":    "cri",
	"plugin.docker.com": "docker plugin",
}

// engineWord is the word for people for a type of container engine, and "container" if it has none.
func engineWord(engineType string) string {
	if w, ok := engineWords[engineType]; ok {
		return w
	}
	w, _, _ := strings.Cut(engineType, "/")
	for _, end := range []string{".com", ".io", ".org"} {
		w = strings.TrimSuffix(w, end)
	}
	if w == "" {
		return "container"
	}
	return w
}

// containerName is a container's name: in a pod the one that the pod has for it, since engines make
// up others. A name that is but a long random ID is shortened as engines' own tools do it.
func containerName(c *model.Container) string {
	if name := c.Labels[network.LabelPodContainer]; name != "" {
		return name
	}
	name := c.Name
	if name == "" {
		name = c.ID
	}
	if len(name) > 12 && isHexID(name) {
		return name[:12]
	}
	return name
}

// containerName is a container's name. In stable graphs, a random ID is replaced by what the
// container runs.
func (p *projection) containerName(c *model.Container) string {
	name := containerName(c)
	if !p.opts.Stable || name != "" && !isRandom(name) {
		return name
	}
	if image := shortImage(imageOf(c)); image != "" && !isRandom(image) {
		return image
	}
	return processName(c.Process)
}

var (
	podOfReplicaSet = lazy.Regexp(`^(.+-)([0-9a-z]{8,10}-[0-9a-z]{5})$`)
	podOfDaemonSet  = lazy.Regexp(`^(.+-)([0-9a-z]{5})$`)
)

// podName is a pod's name. In stable graphs, a star stands for what Kubernetes made up of it.
func (p *projection) podName(name string) string {
	if !p.opts.Stable {
		return name
	}
	for _, made := range []func() *regexp.Regexp{podOfReplicaSet, podOfDaemonSet} {
		if m := made().FindStringSubmatch(name); m != nil && strings.ContainsAny(m[2], decimalDigits) {
			return m[1] + "*"
		}
	}
	return name
}

// podWord is word for a pod's name, in which a star may stand for what was made up.
func podWord(name string) string { return word(strings.TrimSuffix(name, "-*")) }

// imageOf returns the image that a container runs, or "" if its engine did not tell.
func imageOf(c *model.Container) string { return c.Labels[network.LabelImage] }

var digest = lazy.Regexp(`@sha256:[0-9a-f]{64}$`)

// shortImage is an image's name as people say it: without registry, and without a digest where
// there is more.
func shortImage(image string) string {
	if id, ok := strings.CutPrefix(image, "sha256:"); ok {
		return id[:min(12, len(id))]
	}
	if host, path, ok := strings.Cut(image, "/"); ok && (strings.ContainsAny(host, ".:") || host == "localhost") {
		image = path
	}
	return digest().ReplaceAllString(strings.TrimPrefix(image, "library/"), "")
}

// processName is the name of a process as the kernel knows it, or "process" if it has none.
func processName(proc *model.Process) string {
	switch {
	case proc == nil:
		return "process"
	case proc.Name != "":
		return proc.Name
	case len(proc.Cmdline) > 0 && proc.Basename() != "":
		return proc.Basename()
	}
	return "process"
}

// processRef is name and PID of a process, "nginx(123)"; just the name in stable graphs.
func (p *projection) processRef(proc *model.Process) string {
	if p.opts.Stable || proc == nil {
		return processName(proc)
	}
	return fmt.Sprintf("%s(%d)", processName(proc), proc.PID)
}

var codename = lazy.Regexp(` *\([^()]*\)$`)

// shortOS is an operating system's pretty name without codename and the words that all have:
// "Debian GNU/Linux 12 (bookworm)" becomes "Debian 12".
func shortOS(pretty string) string {
	return strings.Replace(codename().ReplaceAllString(pretty, ""), " GNU/Linux", "", 1)
}

var kernelVersion = lazy.Regexp(`^[0-9]+\.[0-9]+`)

// shortKernel is major and minor version of a kernel release.
func shortKernel(release string) string {
	if v := kernelVersion().FindString(release); v != "" {
		return v
	}
	return release
}

var uuidEnd = lazy.Regexp(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// isHexID tells IDs of lower-case hexadecimal digits, at least twelve.
func isHexID(name string) bool {
	return len(name) >= 12 && strings.Trim(name, "0123456789abcdef") == ""
}

// isRandom tells names that programs made up, such as container IDs and UUIDs, from names that say
// something.
func isRandom(name string) bool { return isHexID(name) || uuidEnd().MatchString(name) }

var processRoot = lazy.Regexp(`^/proc/[0-9]+/(root|cwd)(/|$)`)

// bestPath returns the bind mount that names a namespace best, or "" if there is none: a name given
// by people before a random one, /run/netns before other places, short before long. What is seen
// through a process's root is called as that process would.
func bestPath(n *network.NetworkNamespace) string {
	paths := n.Paths
	if len(paths) == 0 && n.Namespace != nil {
		if ref := n.Ref(); len(ref) > 1 {
			paths = ref[len(ref)-1:]
		}
	}
	best, bestRank := "", 0
	for _, path := range paths {
		path = processRoot().ReplaceAllString(path, "/")
		if path == "" || strings.HasPrefix(path, "/proc/") {
			continue
		}
		rank := len(path)
		if !strings.HasPrefix(path, "/run/netns/") && !strings.HasPrefix(path, "/var/run/netns/") {
			rank += 1 << 16
		}
		if isRandom(path) || isRandom(path[strings.LastIndexByte(path, '/')+1:]) {
			rank += 1 << 17
		}
		if best == "" || rank < bestRank || rank == bestRank && path < best {
			best, bestRank = path, rank
		}
	}
	return best
}

// enumerate joins up to limit words, and counts the rest.
func enumerate(words []string, limit int, sep string) string {
	if len(words) <= limit {
		return strings.Join(words, sep)
	}
	return fmt.Sprintf("%s +%d more", strings.Join(words[:limit], sep), len(words)-limit)
}

func nonEmpty(words []string) []string {
	var out []string
	for _, w := range words {
		if w != "" {
			out = append(out, w)
		}
	}
	return out
}

// plural is a count and the thing counted: "1 namespace", "2 namespaces".
func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	if stem, ok := strings.CutSuffix(thing, "y"); ok {
		return fmt.Sprintf("%d %sies", n, stem)
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

func sortNatural(words []string) { slices.SortFunc(words, compareNatural) }

func itoa(n int) string { return strconv.Itoa(n) }
