package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/internal/confine"
	"github.com/hostwire/hostwire/layout"
	"github.com/hostwire/hostwire/render"
	"github.com/urfave/cli/v2"
)

// earlier is an earlier picture that was opened, and is not parsed before privileges are given up.
type earlier struct {
	path string
	file *os.File
}

// chooseLike opens the picture that --like names; nil if it names none, or the output, which is not there
// yet.
func chooseLike(c *cli.Context, ch choice) (*earlier, error) {
	path := c.String("like")
	switch {
	case !c.IsSet("like"):
		return nil, nil
	case path == "":
		return nil, usagef("--like takes a file with an earlier picture")
	case !ch.format.NeedsLayout:
		return nil, usagef("--like is for formats in which things have a place, and %s has none", ch.format.Name)
	case !ch.engine.Recalls:
		return nil, usagef("--like works with --layout %s, not with %s", defaultLayout, ch.engine.Name)
	}
	var file *os.File
	err := confine.AsCaller(func() (err error) {
		file, err = os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0) // waits for no writer.
		return err
	})
	if errors.Is(err, fs.ErrNotExist) && filepath.Clean(path) == filepath.Clean(ch.path) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("--like: %w", err)
	}
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		file.Close()
		return nil, fmt.Errorf("--like %q: an earlier picture is a file, and this is none", path)
	}
	return &earlier{path, file}, nil
}

// read tells where the cards of a graph are in the picture, and closes it.
func (e *earlier) read(g *graph.Graph) (map[string]layout.Rect, error) {
	defer e.file.Close()
	picture, err := render.ReadEarlier(e.file)
	if err != nil {
		return nil, fmt.Errorf("--like %q: %w", e.path, err)
	}
	return picture.Boxes(g), nil
}
