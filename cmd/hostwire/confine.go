package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/hostwire/hostwire/internal/confine"
	"github.com/hostwire/hostwire/internal/unanswered"
	"github.com/hostwire/hostwire/snapshot"
	"github.com/hostwire/hostwire/themes"
)

// openSnapshot and openTheme open what the caller named, and what the caller may open: a hostwire
// with capabilities of its own does not read other users' files for whoever runs it.

func openSnapshot(spec string, stdin io.Reader) (source *snapshot.Source, err error) {
	err = confine.AsCaller(func() error {
		source, err = snapshot.OpenSource(spec, stdin)
		return err
	})
	return source, err
}

func openTheme(name string) (theme *themes.Unread, err error) {
	err = confine.AsCaller(func() error {
		theme, err = themes.Open(name)
		return err
	})
	return theme, err
}

// graceOfThreads is how long threads may still be at work that was given up already.
const graceOfThreads = 200 * time.Millisecond

// allAnswer tells whether no thread hangs. All of them must take part in giving up privileges.
func allAnswer(grace time.Duration) bool {
	for deadline := time.Now().Add(grace); unanswered.Threads() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			return false
		}
	}
	return true
}

// giveUp drops all privileges for the rest of the run: from here on nothing needs more than the
// output. programs says that others' programs are still to be started.
func giveUp(s streams, o *output, programs bool) error {
	if !s.confine {
		return nil
	}
	if !allAnswer(graceOfThreads) {
		return errors.New("give up privileges: a file system in a container does not answer and holds hostwire up; find it in /proc/*/mountinfo, and unmount it or end its program")
	}
	uid, gid, _ := sudoCaller()
	who := confine.Choose(o.dir(), o.target, uid, gid)
	if err := confine.Apply(confine.Plan{Dir: o.dir(), Programs: programs}, who); err != nil {
		return fmt.Errorf("give up privileges: %w", err)
	}
	return nil
}
