package network

import (
	"context"
	"maps"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/hostwire/hostwire/internal/plainns"
	"github.com/thediveo/lxkns/model"
	"github.com/thediveo/lxkns/species"
	"golang.org/x/sys/unix"
)

// foundNamespaces is where a discovery starts from.
type foundNamespaces struct {
	netns     model.NamespaceMap                           // network namespaces.
	refs      map[species.NamespaceID][]model.NamespaceRef // further ways to them.
	paths     map[species.NamespaceID][]string             // bind mounts, as of readMountPaths; nil if not read yet.
	processes model.ProcessTable
	owners    socketOwners
	tuns      []tunFile                    // open files of TUN/TAP devices.
	sockets   map[species.NamespaceID]bool // those that processes have sockets in; nil if not known.
}

// findNamespaces finds the network namespaces: those that processes are in, and one pass over all
// processes finds those that only a thread is in, that only an open file, a socket or a bind mount
// holds, together with who has which socket.
//
// Files count by what they are and not by what the link of an open file says: for a namespace that
// was opened by the path of a bind mount, as ip-netns(8) and container engines do, that is this path
// and not "net:[…]".
func findNamespaces(ctx context.Context, opts Options) *foundNamespaces {
	f := newFinder(opts.proc(), findJoined(opts.proc()))
	f.many = opts.many
	f.count()
	f.run(ctx)
	f.visitHiddenMounts(ctx)
	return f.result()
}

// finder is the pass over all processes.
type finder struct {
	proc    string
	nsfs    uint64 // device that all namespaces' files are on.
	ownMnt  species.NamespaceID
	initial model.PIDType // of readMountPaths; 0 if there is none.
	known   *joinedNamespaces
	pids    []model.PIDType
	mounts  []*model.Process // one process of each mount namespace.

	many func() // of Options; nil once it was called.

	mu      sync.Mutex
	refs    map[species.NamespaceID][]model.NamespaceRef
	threads map[species.NamespaceID][]*model.Task
	paths   map[species.NamespaceID][]string // as the initial process sees them; nil if it was not looked at.
	owners  socketOwners
	tuns    []tunFile
	sockets map[species.NamespaceID]bool
	hidden  []hiddenMounts // mount namespaces without any process.
}

// maxRefs bounds how many ways to one namespace are remembered.
const maxRefs = 4

func newFinder(proc string, known *joinedNamespaces) *finder {
	f := &finder{
		proc: proc, known: known,
		refs:    map[species.NamespaceID][]model.NamespaceRef{},
		threads: map[species.NamespaceID][]*model.Task{},
		owners:  socketOwners{},
		sockets: map[species.NamespaceID]bool{},
	}
	if own, ok := statNamespace(proc + "/self/ns/net"); ok {
		f.nsfs = own.Dev
	}
	f.initial = initialProcess(proc)
	f.ownMnt, _ = statNamespace(proc + "/self/ns/mnt")
	for pid := range known.processes {
		f.pids = append(f.pids, pid)
	}
	slices.Sort(f.pids)
	for _, mntns := range known.mntns {
		if proc := mntns.Ealdorman(); proc != nil {
			f.mounts = append(f.mounts, proc)
		}
	}
	slices.SortFunc(f.mounts, func(a, b *model.Process) int { return int(a.PID) - int(b.PID) })
	return f
}

// run looks at all processes, several at a time.
func (f *finder) run(ctx context.Context) {
	type task struct {
		pid    model.PIDType
		mounts *model.Process
	}
	tasks := make(chan task, 64)
	var working sync.WaitGroup
	for range max(2, runtime.GOMAXPROCS(0)) {
		working.Go(func() {
			w := finderWorker{finder: f, owners: socketOwners{}, sockets: map[species.NamespaceID]bool{}}
			for task := range tasks {
				if task.mounts != nil {
					w.lookAtMounts(task.mounts)
				} else {
					w.lookAtProcess(task.pid)
				}
			}
			w.deliver()
		})
	}
	for _, proc := range f.mounts {
		tasks <- task{mounts: proc}
	}
	for _, pid := range f.pids {
		if ctx.Err() != nil {
			break
		}
		tasks <- task{pid: pid}
	}
	close(tasks)
	working.Wait()
}

// add remembers a way to a network namespace.
func (f *finder) add(id species.NamespaceID, ref model.NamespaceRef) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(ref) > 0 && len(f.refs[id]) < maxRefs {
		f.refs[id] = append(f.refs[id], ref)
		f.count()
	}
}

// count tells whoever wants to know it when there are many namespaces.
func (f *finder) count() {
	// Some are counted twice, which does no harm.
	if f.many != nil && len(f.known.netns)+len(f.refs) > manyNamespaces {
		f.many()
		f.many = nil
	}
}

// result puts together what processes are in and what the pass found.
func (f *finder) result() *foundNamespaces {
	found := &foundNamespaces{
		netns:     f.known.netns,
		refs:      f.refs,
		paths:     f.paths,
		processes: f.known.processes,
		owners:    f.owners,
		sockets:   f.sockets,
		tuns:      f.tuns,
	}
	sortTunFiles(found.tuns)
	for id, refs := range f.refs {
		// Which worker came first must not show.
		slices.SortFunc(refs, func(a, b model.NamespaceRef) int { return compareRefs(a, b) })
		if _, ok := found.netns[id]; !ok {
			found.netns[id] = &plainns.Namespace{
				NSID: id, NSType: species.CLONE_NEWNET, Path: refs[0], Threads: f.threads[id],
			}
		}
	}
	return found
}

// compareRefs orders plain paths before those by way of another mount namespace, then by length and
// text, so that low process IDs come first.
func compareRefs(a, b model.NamespaceRef) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	for i := range a {
		if len(a[i]) != len(b[i]) {
			return len(a[i]) - len(b[i])
		}
		if c := strings.Compare(a[i], b[i]); c != 0 {
			return c
		}
	}
	return 0
}

// finderWorker looks at processes one after the other.
type finderWorker struct {
	*finder
	owners  socketOwners
	sockets map[species.NamespaceID]bool
	tuns    []tunFile
	link    [4096]byte
}

// deliver adds the sockets' owners to those of the other workers.
func (w *finderWorker) deliver() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for inode, pids := range w.owners {
		w.finder.owners[inode] = append(w.finder.owners[inode], pids...)
	}
	maps.Copy(w.finder.sockets, w.sockets)
	w.finder.tuns = append(w.finder.tuns, w.tuns...)
}

// lookAtMounts looks for namespaces among the mounts that a process sees.
func (w *finderWorker) lookAtMounts(proc *model.Process) {
	pid := strconv.Itoa(int(proc.PID))
	file, err := os.Open(w.proc + "/" + pid + "/mountinfo")
	if err != nil {
		return
	}
	defer file.Close()
	mounts, hidden, err := parseNamespaceMounts(file)
	if err != nil {
		return
	}
	if proc.PID == w.initial {
		w.mu.Lock()
		w.paths = mounts
		w.mu.Unlock()
	}
	here := proc.Namespaces[model.MountNS].ID() == w.ownMnt
	refTo := func(path string) model.NamespaceRef {
		if here {
			return model.NamespaceRef{path}
		}
		return model.NamespaceRef{w.proc + "/" + pid + "/ns/mnt", path}
	}
	for id, paths := range mounts {
		for _, path := range paths {
			w.add(id, refTo(path))
		}
	}
	for id, path := range hidden {
		w.noteMountNamespace(id, refTo(path), func() (int, error) { return openInRootOf(int(proc.PID), path, id) })
	}
}

// lookAtProcess looks at a process's open files and threads.
func (w *finderWorker) lookAtProcess(pid model.PIDType) {
	base := w.proc + "/" + strconv.Itoa(int(pid))
	w.lookAtFiles(pid, base+"/fd")
	w.lookAtThreads(pid, base+"/task")
}

func (w *finderWorker) lookAtFiles(pid model.PIDType, path string) {
	dir, err := openProcDir(path)
	if err != nil {
		return
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1)
	pidfd := -1
	defer func() {
		if pidfd >= 0 {
			_ = unix.Close(pidfd)
		}
	}()
	for _, name := range names {
		n, err := unix.Readlinkat(int(dir.Fd()), name, w.link[:])
		if err != nil {
			continue
		}
		target := w.link[:n]
		switch {
		case target[0] == '/' || strings.HasPrefix(string(target), "net:[") || strings.HasPrefix(string(target), "mnt:["):
			w.lookAtFile(pid, int(dir.Fd()), name, path)
		case strings.HasPrefix(string(target), "socket:["):
			inode, err := strconv.ParseUint(string(target[len("socket:["):n-1]), 10, 64)
			if err != nil {
				continue
			}
			first := len(w.owners[inode]) == 0
			w.owners[inode] = append(w.owners[inode], pid)
			if !first {
				continue
			}
			if pidfd < 0 {
				if pidfd, err = unix.PidfdOpen(int(pid), 0); err != nil {
					pidfd = -1
					continue
				}
			}
			id, ok := namespaceOfSocket(pidfd, name)
			if !ok {
				continue
			}
			w.sockets[id] = true
			if w.isNew(id) {
				w.add(id, model.NamespaceRef{path + "/" + name})
			}
		}
	}
}

// openProcDir opens a directory of procfs. os.Open would try, for each, to have it watched for
// readiness, which takes five more system calls and is refused.
func openProcDir(path string) (*os.File, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), path), nil
}

// isNew tells whether no process is known to be in a network namespace; for others there is no need
// of further ways to it.
func (w *finderWorker) isNew(id species.NamespaceID) bool {
	_, ok := w.known.netns[id]
	return !ok
}

// lookAtFile looks whether an open file is a namespace, or a TUN/TAP device. The file is only really opened when it is
// known to be on nsfs; the look before that does not ask a file system's server.
func (w *finderWorker) lookAtFile(pid model.PIDType, dir int, name, path string) {
	var stat unix.Statx_t
	if unix.Statx(dir, name, unix.AT_STATX_DONT_SYNC, unix.STATX_TYPE|unix.STATX_INO, &stat) != nil {
		return
	}
	if isTunDevice(&stat) {
		if fd, err := strconv.Atoi(name); err == nil {
			w.tuns = append(w.tuns, tunFile{pid, fd})
		}
		return
	}
	if unix.Mkdev(stat.Dev_major, stat.Dev_minor) != w.nsfs {
		return
	}
	id := species.NamespaceID{Dev: w.nsfs, Ino: stat.Ino}
	fd, err := unix.Openat(dir, name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	defer unix.Close(fd)
	typ, err := unix.IoctlRetInt(fd, unix.NS_GET_NSTYPE)
	switch {
	case err != nil:
	case typ == unix.CLONE_NEWNET && w.isNew(id):
		w.add(id, model.NamespaceRef{path + "/" + name})
	case typ == unix.CLONE_NEWNS:
		w.noteMountNamespace(id, model.NamespaceRef{path + "/" + name}, func() (int, error) { return unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 3) })
	}
}

// namespaceOfSocket tells the network namespace of another process's socket.
func namespaceOfSocket(pidfd int, name string) (id species.NamespaceID, ok bool) {
	number, err := strconv.Atoi(name)
	if err != nil {
		return id, false
	}
	socket, err := unix.PidfdGetfd(pidfd, number, 0)
	if err != nil {
		return id, false
	}
	defer unix.Close(socket)
	netns, err := unix.IoctlRetInt(socket, unix.SIOCGSKNS)
	if err != nil {
		return id, false
	}
	defer unix.Close(netns)
	var stat unix.Stat_t
	if unix.Fstat(netns, &stat) != nil {
		return id, false
	}
	return species.NamespaceID{Dev: stat.Dev, Ino: stat.Ino}, true
}

// lookAtThreads looks for threads in another network namespace than their process.
func (w *finderWorker) lookAtThreads(pid model.PIDType, path string) {
	proc := w.known.processes[pid]
	if proc.Namespaces[model.NetNS] == nil {
		return
	}
	home := proc.Namespaces[model.NetNS].ID()
	dir, err := openProcDir(path)
	if err != nil {
		return
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1)
	if len(names) < 2 {
		return
	}
	for _, name := range names {
		tid, err := strconv.ParseInt(name, 10, 32)
		if err != nil || model.PIDType(tid) == pid {
			continue
		}
		var stat unix.Stat_t
		if unix.Fstatat(int(dir.Fd()), name+"/ns/net", &stat, 0) != nil {
			continue
		}
		id := species.NamespaceID{Dev: stat.Dev, Ino: stat.Ino}
		if id == home || !w.isNew(id) {
			continue
		}
		// Our own threads visit namespaces, but do not live there.
		if int(pid) == os.Getpid() {
			continue
		}
		w.add(id, model.NamespaceRef{path + "/" + name + "/ns/net"})
		w.mu.Lock()
		w.threads[id] = append(w.threads[id], &model.Task{
			ProTaskCommon: model.ProTaskCommon{Name: proc.Name, Starttime: proc.Starttime},
			TID:           model.PIDType(tid), Process: proc,
		})
		w.mu.Unlock()
	}
}
