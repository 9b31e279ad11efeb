package main

import (
	"fmt"

	"github.com/hostwire/hostwire/internal/confine"
)

// giveUp drops all privileges for the rest of the run: from here on nothing needs more than the
// output. programs says that others' programs are still to be started.
func giveUp(s streams, o *output, programs bool) error {
	if !s.confine {
		return nil
	}
	uid, gid, _ := sudoCaller()
	who := confine.Choose(o.dir(), o.target, uid, gid)
	if err := confine.Apply(confine.Plan{Dir: o.dir(), Programs: programs}, who); err != nil {
		return fmt.Errorf("give up privileges: %w", err)
	}
	return nil
}
