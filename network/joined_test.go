package network

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/thediveo/lxkns/model"
	"github.com/thediveo/lxkns/species"
)

func TestProcessesAreRelatedToTheirNamespaces(t *testing.T) {
	process := func(pid model.PIDType, start uint64, parent *model.Process) *model.Process {
		return &model.Process{PID: pid, Parent: parent, ProTaskCommon: model.ProTaskCommon{Starttime: start}}
	}
	inode := func(ino uint64) species.NamespaceID { return species.NamespaceID{Dev: 4, Ino: ino} }
	in := func(net uint64) []species.NamespaceID { return []species.NamespaceID{inode(net), inode(20), inode(30)} }
	first := process(1, 1, nil)
	gone := process(2, 2, first)
	shell := process(3, 3, first)
	late, early := process(5, 9, shell), process(7, 4, gone)
	child := process(8, 10, early)
	processes := model.ProcessTable{}
	for _, p := range []*model.Process{first, gone, shell, late, early, child} {
		processes[p.PID] = p
	}
	joined := joinNamespaces("/p", processes, map[model.PIDType][]species.NamespaceID{
		1: in(10), 2: {inode(10)}, 3: in(10), 5: in(11), 7: in(11), 8: in(11),
	})
	assert.NotContains(t, joined.processes, model.PIDType(2), "its namespaces may not all be seen")
	require.Len(t, joined.netns, 2)
	assert.Equal(t, []model.PIDType{1}, joined.netns[inode(10)].LeaderPIDs())
	assert.Equal(t, model.NamespaceRef{"/p/1/ns/net"}, joined.netns[inode(10)].Ref())
	assert.Equal(t, []model.PIDType{5, 7}, joined.netns[inode(11)].LeaderPIDs(), "the topmost ones of either tree")
	assert.Equal(t, model.NamespaceRef{"/p/7/ns/net"}, joined.netns[inode(11)].Ref(), "it was there first")
	assert.Same(t, joined.netns[inode(11)], child.Namespaces[model.NetNS])
	require.Len(t, joined.mntns, 1)
	assert.Equal(t, []model.PIDType{1, 7}, joined.mntns[inode(20)].LeaderPIDs())
	assert.Equal(t, inode(30), late.Namespaces[model.PIDNS].ID())
	assert.Equal(t, species.CLONE_NEWPID, late.Namespaces[model.PIDNS].Type())
}

func TestTheDaemonOfTheKernelsThreadsLeadsNobody(t *testing.T) {
	id := species.NamespaceID{Dev: 4, Ino: 10}
	alone := species.NamespaceID{Dev: 4, Ino: 11}
	processes := model.ProcessTable{}
	for _, pid := range []model.PIDType{1, 2, 9} {
		processes[pid] = &model.Process{PID: pid}
	}
	joined := joinNamespaces("/p", processes, map[model.PIDType][]species.NamespaceID{1: {id, id, id}, 2: {id, alone, id}, 9: {id, id, id}})
	joined.passOver(2)
	assert.Equal(t, []model.PIDType{1, 9}, joined.netns[id].LeaderPIDs())
	assert.Equal(t, []model.PIDType{2}, joined.mntns[alone].LeaderPIDs(), "where nobody else is")

	if !isKernelThreadDaemon("/proc", 2) {
		return // a PID namespace of its own.
	}
	for _, netns := range findJoined("/proc").netns {
		if leaders := netns.LeaderPIDs(); len(leaders) > 1 {
			assert.NotContains(t, leaders, model.PIDType(2))
		}
	}
}

func TestOwnProcessIsJoined(t *testing.T) {
	joined := findJoined("/proc")
	self := joined.processes[model.PIDType(os.Getpid())]
	require.NotNil(t, self)
	own, ok := statNamespace("/proc/self/ns/net")
	require.True(t, ok)
	assert.Equal(t, own, self.Namespaces[model.NetNS].ID())
	assert.NotEmpty(t, joined.netns[own].LeaderPIDs())
	assert.NotEmpty(t, self.Name)
	assert.Empty(t, findJoined("/nowhere").processes)
}

func TestThreadsOfTheKernel(t *testing.T) {
	process := func(pid, parent model.PIDType, args ...string) *model.Process {
		return &model.Process{PID: pid, PPID: parent, Cmdline: args}
	}
	for _, test := range []struct {
		what   string
		p      *model.Process
		kernel bool
	}{
		{"the daemon", process(2, 0, ""), false},
		{"its threads", process(3, 2, ""), true},
		{"a program that the kernel starts", process(99, 2, "/sbin/modprobe", "dummy"), false},
		{"the first process", process(1, 0, "/sbin/init"), false},
		{"a process that hides its arguments", process(100, 1, ""), false},
	} {
		assert.Equal(t, test.kernel, threadOfKernel(test.p), test.what)
	}
}
