package snapshot

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/hostwire/hostwire/network"
	"github.com/hostwire/hostwire/snapshot/synthetic"
)

// syntheticPrefix is what the description of a made-up host starts with.
const syntheticPrefix = "synthetic:"

// Open gets a discovery from where spec says: the name of a snapshot's file, "-" for a snapshot on
// standard input, or "synthetic:" and the description of a host that is to be made up (see package
// synthetic). Errors are one line that names the spec.
func Open(spec string, stdin io.Reader) (*network.Discovery, error) {
	source, err := OpenSource(spec, stdin)
	if err != nil {
		return nil, err
	}
	return source.Read()
}

// Source is a snapshot that was opened and not yet read, so that privileges which opening needed
// can be given up before strangers' bytes are parsed. Read it once; it closes itself.
type Source struct {
	spec   string
	reader io.Reader // nil for a made-up host.
	file   *os.File  // what to close; nil if nothing.
}

// OpenSource opens what spec means, as for Open, and reads nothing.
func OpenSource(spec string, stdin io.Reader) (*Source, error) {
	switch {
	case spec == "":
		return nil, fmt.Errorf("no snapshot is named: give a file, - for standard input, or synthetic:WORDS")
	case spec == "-":
		return &Source{spec: spec, reader: stdin}, nil
	case strings.HasPrefix(spec, syntheticPrefix):
		return &Source{spec: spec}, nil
	}
	f, err := openFile(spec)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", spec, err)
	}
	return &Source{spec: spec, reader: f, file: f}, nil
}

// Read reads and closes the source.
func (s *Source) Read() (*network.Discovery, error) {
	if s.reader == nil {
		return synthetic.Discover(strings.TrimPrefix(s.spec, syntheticPrefix))
	}
	if s.file != nil {
		defer s.file.Close()
	}
	d, err := Decode(s.reader)
	switch {
	case err == nil:
		return d, nil
	case s.file == nil:
		return nil, fmt.Errorf("standard input: %w", err)
	}
	return nil, fmt.Errorf("%q: %w", s.spec, err)
}

// openFile opens a snapshot's file.
func openFile(name string) (*os.File, error) {
	f, err := os.Open(name)
	if err != nil {
		if pathError, ok := err.(*fs.PathError); ok {
			err = pathError.Err // the name is told already.
		}
		return nil, fmt.Errorf("the snapshot cannot be opened: %w", err)
	}
	if info, err := f.Stat(); err == nil {
		switch {
		case info.IsDir():
			f.Close()
			return nil, fmt.Errorf("this is a directory, not a snapshot")
		case info.Mode().IsRegular() && info.Size() > maxSize:
			f.Close()
			return nil, tooLarge()
		}
	}
	return f, nil
}

func tooLarge() error {
	return fmt.Errorf("the snapshot is larger than %d MiB, which is more than hostwire reads", maxSize>>20)
}
