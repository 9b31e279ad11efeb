package network

import (
	"errors"

	"golang.org/x/sys/unix"
)

// subjectOf names a network namespace as the subject of a finding: by its first bind mount, since
// tenants come and go, or else by its display name.
func subjectOf(n *NetworkNamespace) string {
	if len(n.Paths) > 0 {
		return "namespace " + n.Paths[0]
	}
	return "namespace " + n.DisplayName()
}

// isDenied tells whether an error is one of lacking privilege.
func isDenied(err error) bool {
	return errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES)
}

// rootCause returns an error's innermost cause in words, for messages that say the rest themselves.
func rootCause(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}
