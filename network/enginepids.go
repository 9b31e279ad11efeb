package network

import (
	"os"
	"strconv"

	"github.com/thediveo/lxkns/discover"
	"github.com/thediveo/lxkns/model"
	"golang.org/x/sys/unix"
)

// pidTranslator finds the processes that engines mean: they tell PIDs as they see them, which for
// an engine in a container is not as we see them.
type pidTranslator struct {
	proc      string
	processes model.ProcessTable
	mapper    model.PIDMapper // made when it is needed; it reads a lot.
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
	engine, own := t.pidns(model.PIDType(socket.peer.Pid)), t.pidns(model.PIDType(os.Getpid()))
	if engine == nil || own == nil || engine.ID() == own.ID() {
		return t.processes[pid]
	}
	if t.mapper == nil {
		t.mapper = discover.NewPIDMap(&discover.Result{Processes: t.processes})
	}
	return t.processes[t.mapper.Translate(pid, engine, own)]
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
