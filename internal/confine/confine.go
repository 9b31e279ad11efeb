package confine

import (
	"fmt"
	"os"
	"syscall"

	"github.com/landlock-lsm/go-landlock/landlock"
	"golang.org/x/sys/unix"
	"kernel.org/pub/linux/libs/security/libcap/psx"
)

// Plan says what the process still has to do.
type Plan struct {
	Dir      string // directory in which files may be written and renamed; empty for none.
	Programs bool   // programs may be started, such as Graphviz: files may be read and run, and temporary ones written.
}

// Become is who the process becomes for its output.
type Become struct {
	UID, GID int  // -1 to stay who it is.
	Override bool // keep CAP_DAC_OVERRIDE: nobody else may write to the directory.
}

// Choose decides who to become so that a file in dir (at path, if it exists) can be replaced: the
// caller of sudo where that user may write there, else root without capabilities where that does,
// else root that may override file modes, confined to the directory. Only root chooses; others stay
// who they are.
func Choose(dir, path string, sudoUID, sudoGID int) Become {
	stay := Become{UID: -1, GID: -1}
	if os.Geteuid() != 0 {
		return stay
	}
	caller := sudoUID > 0 && sudoGID >= 0
	if dir == "" {
		if caller {
			return Become{UID: sudoUID, GID: sudoGID}
		}
		return stay
	}
	switch {
	case caller && mayReplace(dir, path, sudoUID, sudoGID):
		return Become{UID: sudoUID, GID: sudoGID}
	case mayReplace(dir, path, 0, 0):
		return stay
	}
	stay.Override = true
	return stay
}

// mayReplace tells whether a user without capabilities may rename a file to path in dir. Access
// lists and supplementary groups are left out of account: at worst the answer is no.
func mayReplace(dir, path string, uid, gid int) bool {
	var d unix.Stat_t
	if unix.Stat(dir, &d) != nil {
		return false
	}
	bits := d.Mode
	switch {
	case int(d.Uid) == uid:
		bits >>= 6
	case int(d.Gid) == gid:
		bits >>= 3
	}
	if bits&0o3 != 0o3 {
		return false
	}
	if d.Mode&unix.S_ISVTX == 0 || int(d.Uid) == uid {
		return true
	}
	var f unix.Stat_t
	return unix.Lstat(path, &f) != nil || int(f.Uid) == uid // sticky: only one's own files can be replaced.
}

// Apply confines the process: no new privileges, Landlock where the kernel has it, another user if
// one is given, and no capabilities. What was opened before stays open. After an error the process
// must end: it may be half confined.
func Apply(plan Plan, who Become) error {
	if err := landlocked(plan); err != nil {
		return fmt.Errorf("confine to %s with Landlock: %w", plan.Dir, err)
	}
	// Where there is Landlock, its library has done this for every thread. To ask all threads once
	// more would take longer than to draw a small host.
	if given, err := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0); err != nil || given != 1 {
		if _, _, errno := psx.Syscall6(syscall.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0); errno != 0 {
			return fmt.Errorf("give up gaining privileges: %w", errno)
		}
	}
	if who.UID >= 0 {
		if err := become(uintptr(who.UID), uintptr(who.GID)); err != nil {
			return fmt.Errorf("become user %d: %w", who.UID, err)
		}
	}
	keep := uint64(0)
	if who.Override {
		keep = 1 << unix.CAP_DAC_OVERRIDE
	}
	// The bounding set may stay: with no_new_privs, starting a program grants nothing that was dropped.
	if err := capset(keep); err != nil {
		return fmt.Errorf("drop capabilities: %w", err)
	}
	return nil
}

// landlocked allows what the plan needs and nothing else. A kernel without Landlock, or with an
// older one, does what it can.
func landlocked(plan Plan) error {
	var rules []landlock.Rule
	if plan.Dir != "" {
		rules = append(rules, landlock.RWDirs(plan.Dir))
	}
	if plan.Programs {
		// A TMPDIR that strangers could meddle with is not used, and /tmp is instead.
		rules = append(rules, landlock.RODirs("/"), landlock.RWDirs(os.TempDir(), "/tmp").IgnoreIfMissing(), landlock.RWFiles("/dev/null").IgnoreIfMissing())
	}
	return landlock.V6.BestEffort().Restrict(rules...)
}

func become(uid, gid uintptr) error {
	for _, call := range [][4]uintptr{
		{syscall.SYS_SETGROUPS, 0, 0, 0},
		{syscall.SYS_SETRESGID, gid, gid, gid},
		{syscall.SYS_SETRESUID, uid, uid, uid},
	} {
		if _, _, errno := psx.Syscall3(call[0], call[1], call[2], call[3]); errno != 0 {
			return errno
		}
	}
	return nil
}
