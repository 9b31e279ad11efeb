package network

import (
	"slices"
	"strconv"

	"github.com/hostwire/hostwire/internal/plainns"
	"github.com/thediveo/lxkns/model"
	"github.com/thediveo/lxkns/species"
)

// joinedNamespaces are processes and the namespaces that they are in: network, mount and PID
// namespaces.
//
// The process table is lxkns'. Its discovery of namespaces is not used: the package brings the
// clients of all container engines along, which take longer to start than this whole program.
type joinedNamespaces struct {
	processes model.ProcessTable // only those whose namespaces may be seen.
	netns     model.NamespaceMap
	mntns     model.NamespaceMap
}

// joinedTypes are the types of namespaces that processes are asked for.
var joinedTypes = []struct {
	index model.NamespaceTypeIndex
	typ   species.NamespaceType
	file  string
}{
	{model.NetNS, species.CLONE_NEWNET, "/ns/net"},
	{model.MountNS, species.CLONE_NEWNS, "/ns/mnt"},
	{model.PIDNS, species.CLONE_NEWPID, "/ns/pid"},
}

// findJoined reads the processes and their namespaces.
func findJoined(proc string) *joinedNamespaces {
	processes := model.NewProcessTableFromProcfs(false, false, proc)
	if processes == nil {
		processes = model.ProcessTable{}
	}
	ids := make(map[model.PIDType][]species.NamespaceID, len(processes))
	kernel := isKernelThreadDaemon(proc, 2)
	for pid, process := range processes {
		if kernel && threadOfKernel(process) {
			continue // it is where the daemon is, has no files, and goes nowhere.
		}
		base := proc + "/" + strconv.Itoa(int(pid))
		found := make([]species.NamespaceID, 0, len(joinedTypes))
		for _, t := range joinedTypes {
			if id, ok := statNamespace(base + t.file); ok {
				found = append(found, id)
			}
		}
		if len(found) == len(joinedTypes) {
			ids[pid] = found
		}
	}
	joined := joinNamespaces(proc, processes, ids)
	if kernel {
		joined.passOver(2)
	}
	return joined
}

// passOver takes a process from those that lead namespaces, but from where no other one does. The daemon of
// the kernel's threads leads nobody: it is in the initial namespaces as they once were made for all.
func (j *joinedNamespaces) passOver(pid model.PIDType) {
	for _, namespaces := range []model.NamespaceMap{j.netns, j.mntns} {
		for _, namespace := range namespaces {
			n := namespace.(*plainns.Namespace)
			others := slices.DeleteFunc(slices.Clone(n.Seniors), func(p *model.Process) bool { return p.PID == pid })
			if len(others) > 0 {
				n.Seniors = others
			}
		}
	}
}

// joinNamespaces relates processes to the namespaces that they are in, which are in the order of
// joinedTypes. Processes without are left out, but stay the parents of their children.
func joinNamespaces(proc string, processes model.ProcessTable, ids map[model.PIDType][]species.NamespaceID) *joinedNamespaces {
	pids := make([]model.PIDType, 0, len(processes))
	for pid := range processes {
		if len(ids[pid]) != len(joinedTypes) {
			delete(processes, pid)
			continue
		}
		pids = append(pids, pid)
	}
	slices.Sort(pids)
	var all model.AllNamespaces
	for at, t := range joinedTypes {
		namespaces := model.NamespaceMap{}
		all[t.index] = namespaces
		for _, pid := range pids {
			id := ids[pid][at]
			if namespaces[id] == nil {
				namespaces[id] = &plainns.Namespace{NSID: id, NSType: t.typ}
			}
			processes[pid].Namespaces[t.index] = namespaces[id]
		}
		for _, pid := range pids { // the topmost processes in a namespace lead it.
			process := processes[pid]
			namespace := process.Namespaces[t.index].(*plainns.Namespace)
			if process.Parent == nil || process.Parent.Namespaces[t.index] != process.Namespaces[t.index] {
				namespace.Seniors = append(namespace.Seniors, process)
			}
		}
		for _, namespace := range namespaces { // who came first is likely to stay longest.
			if senior := namespace.Ealdorman(); senior != nil {
				namespace.(*plainns.Namespace).Path = model.NamespaceRef{proc + "/" + strconv.Itoa(int(senior.PID)) + t.file}
			}
		}
	}
	return &joinedNamespaces{processes: processes, netns: all[model.NetNS], mntns: all[model.MountNS]}
}
