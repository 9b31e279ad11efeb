package network

import (
	"os"
	"strconv"
	"strings"

	"github.com/thediveo/lxkns/model"
	"golang.org/x/sys/unix"
)

// pidTranslator finds the processes that engines mean: they tell PIDs as they see them, which for
// an engine in a container is not as we see them.
type pidTranslator struct {
	proc      string
	processes model.ProcessTable
	nested    map[nestedPID][]model.PIDType // made when it is needed; it reads a lot.
}

// nestedPID is a PID at a level of nested PID namespaces, of which ours is 1.
type nestedPID struct {
	level int
	pid   model.PIDType
}

func newPIDTranslator(opts Options, processes model.ProcessTable) *pidTranslator {
	return &pidTranslator{proc: opts.proc(), processes: processes}
}

// process returns the process that the engine behind the socket knows under the PID; nil if there
// is none.
func (t *pidTranslator) process(pid model.PIDType, socket *engineSocket) *model.Process {
	if pid <= 0 {
		return nil
	}
	enginePID := model.PIDType(socket.peer.Pid)
	engine, own := t.pidns(enginePID), t.pidns(model.PIDType(os.Getpid()))
	if engine == nil || own == nil || engine.ID() == own.ID() {
		return t.processes[pid]
	}
	level := len(t.nspid(enginePID))
	if level == 0 {
		return nil
	}
	if t.nested == nil {
		t.nested = map[nestedPID][]model.PIDType{}
		for ours := range t.processes {
			for i, theirs := range t.nspid(ours) {
				id := nestedPID{i + 1, theirs}
				t.nested[id] = append(t.nested[id], ours)
			}
		}
	}
	for _, ours := range t.nested[nestedPID{level, pid}] {
		if above := len(t.nspid(ours)) - level; t.isBelow(ours, above, engine) {
			return t.processes[ours]
		}
	}
	return nil
}

// nspid returns a process's PIDs in nested PID namespaces, ours first: the line NSpid of
// proc_pid_status(5). Nil if the process is gone.
func (t *pidTranslator) nspid(pid model.PIDType) []model.PIDType {
	status, err := os.ReadFile(t.proc + "/" + strconv.Itoa(int(pid)) + "/status")
	if err != nil {
		return nil
	}
	return parseNSpid(string(status))
}

// parseNSpid decodes the line NSpid.
func parseNSpid(status string) (pids []model.PIDType) {
	for line := range strings.Lines(status) {
		list, found := strings.CutPrefix(line, "NSpid:")
		if !found {
			continue
		}
		for _, field := range strings.Fields(list) {
			pid, err := strconv.ParseInt(field, 10, 32)
			if err != nil || pid <= 0 {
				return nil
			}
			pids = append(pids, model.PIDType(pid))
		}
	}
	return pids
}

// isBelow tells whether the process's PID namespace is that many levels below another one; see
// ioctl_ns(2).
func (t *pidTranslator) isBelow(pid model.PIDType, levels int, top model.Namespace) bool {
	const nsGetParent = 0xb702 // NS_GET_PARENT
	fd, err := unix.Open(t.proc+"/"+strconv.Itoa(int(pid))+"/ns/pid", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	for ; err == nil && levels > 0; levels-- {
		child := fd
		fd, err = unix.IoctlRetInt(child, nsGetParent)
		_ = unix.Close(child)
		if err == nil {
			unix.CloseOnExec(fd)
		}
	}
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	return verifyNamespace(fd, top.ID()) == nil
}

// pidns returns a process's PID namespace; nil if not known.
func (t *pidTranslator) pidns(pid model.PIDType) model.Namespace {
	if process := t.processes[pid]; process != nil {
		return process.Namespaces[model.PIDNS]
	}
	return nil
}

// mayOwn tells whether an engine that runs as a user can have the process in a container: root can
// have any, others only those in user namespaces of their own. Anybody can listen at a socket and
// tell tales about other people's processes.
func mayOwn(proc string, pid model.PIDType, uid uint32) bool {
	if uid == 0 {
		return true
	}
	fd, err := unix.Open(proc+"/"+strconv.Itoa(int(pid))+"/ns/user", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	owner, err := namespaceOwner(fd)
	return err == nil && owner == uid
}
