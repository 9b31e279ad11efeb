// Package guard makes the process safe for go-graphviz before that package is initialised.
//
// go-graphviz loads machine code from $TMPDIR/go-graphviz while the program starts, before main.
// In a shared temporary directory that is code which any local user may have put there. Importing
// guard gives the process a temporary directory of its own first, and limits to what it may use.
//
// The order of initialisation is what makes this work: Go initialises packages sorted by import
// path as soon as all that they import is ready. guard imports nothing but os and syscall, and its
// path sorts before github.com/tetratelabs/wazero, which go-graphviz needs. A test holds this.
package guard

import (
	"os"
	"syscall"
)

// Limits for the process. Graphviz in WebAssembly needs 150 MiB for 1,000 namespaces; the address
// space is much larger than that because the runtime reserves it generously.
const (
	cpuSeconds   = 300
	addressSpace = 8 << 30
	fileSize     = 64 << 20
	openFiles    = 64
)

// made is the temporary directory that init made, empty if it was given a safe one.
var made string

func init() {
	limit(syscall.RLIMIT_CORE, 0)
	limit(syscall.RLIMIT_CPU, cpuSeconds)
	limit(syscall.RLIMIT_AS, addressSpace)
	limit(syscall.RLIMIT_FSIZE, fileSize)
	limit(syscall.RLIMIT_NOFILE, openFiles)
	if private(os.Getenv("TMPDIR")) {
		return
	}
	dir, err := os.MkdirTemp("", "hostwire-graphviz-")
	if err == nil {
		made = dir
		err = os.Setenv("TMPDIR", dir)
	}
	if err != nil {
		_, _ = os.Stderr.WriteString("hostwire-graphviz: cannot make a private temporary directory: " + err.Error() + "\n")
		os.Exit(1)
	}
}

// limit lowers a resource limit; where that is refused, the limit is lower already.
func limit(resource int, to uint64) {
	_ = syscall.Setrlimit(resource, &syscall.Rlimit{Cur: to, Max: to})
}

// private tells whether dir is a directory, not a link to one, that is this user's alone, and that
// holds no cache of anyone else.
func private(dir string) bool {
	return dir != "" && owned(dir) && (!exists(dir+"/go-graphviz") || owned(dir+"/go-graphviz"))
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return !os.IsNotExist(err)
}

func owned(dir string) bool {
	info, err := os.Lstat(dir)
	if err != nil || !info.IsDir() {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || int(stat.Uid) != os.Geteuid() {
		return false
	}
	return info.Mode().Perm()&0o022 == 0
}

// Clean removes the temporary directory if it was made here.
func Clean() {
	if made != "" {
		_ = os.RemoveAll(made)
	}
}
