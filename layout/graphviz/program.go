package graphviz

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// helperName is the file name of the helper program, which is installed beside hostwire.
const helperName = "hostwire-graphviz"

// systemDots are where the system's Graphviz is looked for. PATH is not: it is the caller's, and
// we may be root.
var systemDots = []string{"/usr/bin/dot", "/usr/local/bin/dot"}

// program is a Graphviz that can be started.
type program struct {
	path   string
	helper bool // the helper program, not the system's dot.
}

// arguments for laying a graph on standard input out.
func (p program) arguments(engine string) []string {
	if p.helper {
		return []string{engine}
	}
	return []string{"-K" + engine, "-Tjson0"}
}

// findProgram looks for the helper beside the running executable, then for the system's dot. What
// others than root, the user, and the owner of the executable could have put there is passed over.
func findProgram() (program, error) {
	var refused error
	if exe, err := os.Executable(); err == nil {
		p, err := helperBeside(exe)
		if err == nil {
			return p, nil
		}
		if !errors.Is(err, os.ErrNotExist) {
			refused = err
		}
	}
	for _, path := range systemDots {
		real, err := filepath.EvalSymlinks(path)
		if err == nil {
			err = trusted(real, nil)
		}
		if err == nil {
			return program{path: real}, nil
		}
		if refused == nil && !errors.Is(err, os.ErrNotExist) {
			refused = err
		}
	}
	if refused != nil {
		return program{}, fmt.Errorf("%w; reinstall it, or choose another layout", refused)
	}
	return program{}, errors.New("needs Graphviz: install the helper with `go install github.com/hostwire/hostwire/cmd/...@latest`, or `apt-get install graphviz`")
}

// helperBeside finds the helper in the directory of an executable. Whoever owns the executable
// already has its user run what he likes, and is trusted with the helper too.
func helperBeside(exe string) (program, error) {
	exe, err := filepath.EvalSymlinks(exe)
	if err != nil {
		return program{}, err
	}
	info, err := os.Stat(exe)
	if err != nil {
		return program{}, err
	}
	var owners []uint32
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		owners = append(owners, stat.Uid)
	}
	path, err := filepath.EvalSymlinks(filepath.Join(filepath.Dir(exe), helperName))
	if err != nil {
		return program{}, err
	}
	if err := trusted(path, owners); err != nil {
		return program{}, err
	}
	return program{path: path, helper: true}, nil
}

// trusted tells whether a program is safe to start: it and every directory above it belong to
// root, to the user, or to one of the given owners, and nobody else may write there. A directory
// that others may write to must have the sticky bit, so that they can't replace what is not theirs.
// The path must have no symbolic links in it.
func trusted(path string, owners []uint32) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() || info.Mode().Perm()&0o111 == 0 {
		return fmt.Errorf("%s is not a program", path)
	}
	if err := trustedPath(path, owners); err != nil {
		return fmt.Errorf("%s is not started: %w", path, err)
	}
	return nil
}

// trustedPath tells whether nobody but root, the user and the given owners can change what a path
// leads to.
func trustedPath(path string, owners []uint32) error {
	owners = append([]uint32{0, uint32(os.Geteuid())}, owners...)
	for at := path; ; at = filepath.Dir(at) {
		info, err := os.Lstat(at)
		if err != nil {
			return err
		}
		stat, ok := info.Sys().(*syscall.Stat_t)
		if !ok {
			return fmt.Errorf("%s has no owner", at)
		}
		if why := distrust(info.Mode(), stat.Uid, stat.Gid, owners); why != "" {
			return fmt.Errorf("%s %s", at, why)
		}
		if at == filepath.Dir(at) {
			return nil
		}
	}
}

// distrust says why a file or directory can't be relied on; it is empty if it can.
func distrust(mode os.FileMode, uid, gid uint32, owners []uint32) string {
	known := false
	for _, owner := range owners {
		known = known || uid == owner
	}
	switch perm := mode.Perm(); {
	case mode&os.ModeSymlink != 0:
		return "is a symbolic link"
	case !known:
		return fmt.Sprintf("belongs to user %d", uid)
	case mode.IsDir() && mode&os.ModeSticky != 0:
		return ""
	case perm&0o002 != 0:
		return "can be written by everyone"
	case perm&0o020 != 0 && gid != 0 && gid != uid: // a user's own group, as many systems set up, is the user.
		return fmt.Sprintf("can be written by group %d", gid)
	}
	return ""
}
