package network

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/thediveo/lxkns/model"
	"golang.org/x/sys/unix"
)

// engineKind is how an engine is asked.
type engineKind int

// The kinds of engines. Where containers are known to several, the first one tells most of them.
const (
	engineDocker engineKind = iota
	enginePodman
	engineCRI
	engineContainerd
)

// engine returns the engine's type as containers carry it.
func (k engineKind) engine() string {
	return [...]string{"docker.com", "podman.io", "k8s.io/cri-api", "containerd.io"}[k]
}

// engineKindNamed returns the kind of a type of engine as people may write it.
func engineKindNamed(name string) (engineKind, bool) {
	switch strings.ToLower(name) {
	case "docker", "docker.com", "moby":
		return engineDocker, true
	case "podman", "podman.io":
		return enginePodman, true
	case "containerd", "containerd.io", "nerdctl":
		return engineContainerd, true
	case "cri", "cri-o", "crio", "cri-o.io", "k8s.io/cri-api":
		return engineCRI, true
	}
	return 0, false
}

// engineSocket is a socket that an engine may answer at.
type engineSocket struct {
	kind    engineKind
	path    string // for people: as seen from where it was found.
	root    int    // process in whose root the path is; 0 for this host's.
	named   bool   // the user named it.
	guessed bool   // it may as well be something else.
	fd      int    // file descriptor of the socket file, -1 if not open.
	peer    unix.Ucred
	left    *atomic.Int64 // bytes that may still be read of all engines' answers.
}

// wellKnownSockets are where engines listen unless they are told otherwise. Each is relative to the
// root of the host, or of the container that the engine is in. Patterns are for users' own engines.
var wellKnownSockets = []struct {
	kind    engineKind
	path    string
	guessed bool
}{
	{enginePodman, "/run/podman/podman.sock", false},
	{engineDocker, "/run/docker.sock", false},
	{engineDocker, "/run/balena-engine.sock", false},
	{engineCRI, "/run/crio/crio.sock", false},
	{engineContainerd, "/run/containerd/containerd.sock", false},
	{engineContainerd, "/run/docker/containerd/containerd.sock", false},
	{engineContainerd, "/run/k3s/containerd/containerd.sock", false},
	{enginePodman, "/run/user/*/podman/podman.sock", false},
	{engineDocker, "/run/user/*/docker.sock", false},
}

// engineProcesses are the programs that are engines, by name.
var engineProcesses = map[string]engineKind{
	"dockerd":              engineDocker,
	"balenad":              engineDocker,
	"balena-engine-daemon": engineDocker,
	"podman":               enginePodman,
	"containerd":           engineContainerd,
	"crio":                 engineCRI,
}

// engineSocketNames are the base names of sockets that an engine's API is at.
var engineSocketNames = []string{"docker.sock", "balena-engine.sock", "podman.sock", "containerd.sock", "crio.sock"}

// findEngineSockets finds the sockets of engines: those the user named, well-known ones, and those
// that the processes of engines listen at, in their own root. Each is open, and there only once. A
// containerd is asked twice: for its containers, and as a CRI engine for Kubernetes'.
func findEngineSockets(opts Options, processes model.ProcessTable) (sockets []*engineSocket, findings []Finding) {
	var candidates []*engineSocket
	for _, s := range opts.EngineSockets {
		kind, ok := engineKindNamed(s.Type)
		if !ok {
			findings = append(findings, Finding{Kind: FindingEngine, Subject: "engine " + s.Type + " at " + s.Path,
				Message: "is of a type that is not known", Remedy: "use docker, podman, containerd or cri"})
			continue
		}
		candidates = append(candidates, &engineSocket{kind: kind, path: s.Path, named: true})
	}
	for _, known := range wellKnownSockets {
		candidates = append(candidates, expandSockets(known.kind, known.path)...)
	}
	pids := make([]model.PIDType, 0, 8)
	for pid, process := range processes {
		if _, ok := engineProcesses[process.Name]; ok {
			pids = append(pids, pid)
		}
	}
	slices.Sort(pids)
	for _, pid := range pids {
		process := processes[pid]
		kind := engineProcesses[process.Name]
		for _, listening := range listeningPaths(opts.proc(), pid) {
			named := slices.ContainsFunc(process.Cmdline, func(arg string) bool { return strings.Contains(arg, listening) })
			if named && !slices.Contains(notAPIs, path.Base(listening)) || slices.Contains(engineSocketNames, path.Base(listening)) {
				candidates = append(candidates, &engineSocket{kind: kind, path: listening, root: int(pid)})
			}
		}
	}
	seen := map[[2]uint64]bool{}
	own, err := openRoot(opts.proc(), 0)
	if err != nil {
		return nil, append(findings, Finding{Kind: FindingEngine, Subject: "engines", Message: "could not be looked for: " + err.Error()})
	}
	defer own.close()
	for _, s := range candidates {
		var id [2]uint64
		if s.root == 0 {
			id, err = s.openIn(own)
		} else {
			id, err = s.open(opts.proc())
		}
		if err != nil {
			findings = append(findings, s.failure(err)...)
			continue
		}
		if seen[id] || len(sockets) >= maxEngines {
			s.close()
			continue
		}
		seen[id] = true
		sockets = append(sockets, s)
		if s.kind == engineContainerd {
			cri := *s
			cri.kind, cri.guessed = engineCRI, true
			if cri.fd, err = unix.FcntlInt(uintptr(s.fd), unix.F_DUPFD_CLOEXEC, 3); err == nil {
				sockets = append(sockets, &cri)
			}
		}
	}
	slices.SortStableFunc(sockets, func(a, b *engineSocket) int { return int(a.kind) - int(b.kind) })
	return sockets, findings
}

// notAPIs are sockets named on command lines of engines that are not their API.
var notAPIs = []string{"metrics.sock", "debug.sock", "containerd.sock.ttrpc"}

// usersDirs are where users have sockets of their own.
const usersDirs = "/run/user"

// expandSockets returns the well-known socket, or one for each user if it is a pattern. What is in
// users' directories is not looked at yet: it might be a mount that does not answer.
func expandSockets(kind engineKind, pattern string) (sockets []*engineSocket) {
	rest, ok := strings.CutPrefix(pattern, usersDirs+"/*/")
	if !ok {
		return []*engineSocket{{kind: kind, path: pattern}}
	}
	users, _ := os.ReadDir(usersDirs) // there is none without users.
	for _, user := range users[:min(len(users), maxEngines)] {
		sockets = append(sockets, &engineSocket{kind: kind, path: path.Join(usersDirs, user.Name(), rest)})
	}
	return sockets
}

// open opens the socket's file, without connecting, and returns what identifies it.
func (s *engineSocket) open(proc string) (id [2]uint64, err error) {
	s.fd = -1
	root, err := openRoot(proc, s.root)
	if err != nil {
		return id, fmt.Errorf("open root: %w", noEngineOr(err))
	}
	defer root.close()
	return s.openIn(root)
}

// openIn is open below the socket's root.
func (s *engineSocket) openIn(root *rootDir) (id [2]uint64, err error) {
	s.fd = -1
	fd, err := root.handle(s.path)
	if errors.Is(err, unix.ENOSYS) && s.root == 0 { // before Linux 5.6
		fd, err = unix.Open(s.path, unix.O_PATH|unix.O_CLOEXEC, 0)
	}
	if err != nil {
		return id, fmt.Errorf("open socket: %w", noEngineOr(err))
	}
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil || stat.Mode&unix.S_IFMT != unix.S_IFSOCK {
		unix.Close(fd)
		return id, fmt.Errorf("open socket: %w", errNoEngine)
	}
	s.fd = fd
	return [2]uint64{stat.Dev, stat.Ino}, nil
}

// noEngineOr tells errors that come of no engine being there from others.
func noEngineOr(err error) error {
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR) || errors.Is(err, unix.ESRCH) {
		return errNoEngine
	}
	return err
}

// address returns a path that leads to the socket for as long as it is open, wherever it is.
func (s *engineSocket) address() string { return "/proc/self/fd/" + strconv.Itoa(s.fd) }

func (s *engineSocket) close() {
	if s.fd >= 0 {
		_ = unix.Close(s.fd)
	}
	s.fd = -1
}

// greet connects once to find out who listens.
func (s *engineSocket) greet() error {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := unix.Connect(fd, &unix.SockaddrUnix{Name: s.address()}); err != nil {
		if errors.Is(err, unix.EAGAIN) { // it lets clients wait in line.
			return os.ErrDeadlineExceeded
		}
		if errors.Is(err, unix.ECONNREFUSED) {
			return errNoEngine
		}
		return err
	}
	peer, err := unix.GetsockoptUcred(fd, unix.SOL_SOCKET, unix.SO_PEERCRED)
	if err != nil {
		return err
	}
	s.peer = *peer
	return nil
}

// listeningPaths returns the paths of the Unix sockets that a process listens at.
func listeningPaths(proc string, pid model.PIDType) []string {
	const maxTable = 16 << 20
	base := proc + "/" + strconv.Itoa(int(pid))
	f, err := os.Open(base + "/net/unix")
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }()
	listening := parseListeningUnix(io.LimitReader(f, maxTable))
	if len(listening) == 0 {
		return nil
	}
	var paths []string
	entries, _ := os.ReadDir(base + "/fd") // what could be read of it
	for _, entry := range entries[:min(len(entries), 1<<16)] {
		target, err := os.Readlink(base + "/fd/" + entry.Name())
		if err != nil {
			continue
		}
		inode, ok := strings.CutPrefix(target, "socket:[")
		if !ok {
			continue
		}
		if p := listening[strings.TrimSuffix(inode, "]")]; p != "" && !slices.Contains(paths, p) {
			paths = append(paths, p)
		}
	}
	slices.Sort(paths)
	return paths
}

// parseListeningUnix decodes the format of /proc/net/unix (proc_net_unix in proc(5)) and returns
// the paths of listening stream sockets by inode.
func parseListeningUnix(r io.Reader) map[string]string {
	const accepting = "00010000" // __SO_ACCEPTCON
	listening := map[string]string{}
	for lines := bufio.NewScanner(r); lines.Scan(); {
		// Num RefCount Protocol Flags Type St Inode Path
		fields := strings.SplitN(strings.Join(strings.Fields(lines.Text()), " "), " ", 8)
		if len(fields) == 8 && fields[3] == accepting && strings.HasPrefix(fields[7], "/") {
			listening[fields[6]] = fields[7]
		}
	}
	return listening
}
