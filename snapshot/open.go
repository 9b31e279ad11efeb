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
	switch {
	case spec == "":
		return nil, fmt.Errorf("no snapshot is named: give a file, - for standard input, or synthetic:WORDS")
	case spec == "-":
		d, err := Decode(stdin)
		if err != nil {
			return nil, fmt.Errorf("standard input: %w", err)
		}
		return d, nil
	case strings.HasPrefix(spec, syntheticPrefix):
		return synthetic.Discover(strings.TrimPrefix(spec, syntheticPrefix))
	}
	d, err := readFile(spec)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", spec, err)
	}
	return d, nil
}

// readFile reads a snapshot's file.
func readFile(name string) (*network.Discovery, error) {
	f, err := os.Open(name)
	if err != nil {
		if pathError, ok := err.(*fs.PathError); ok {
			err = pathError.Err // the name is told already.
		}
		return nil, fmt.Errorf("the snapshot cannot be opened: %w", err)
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil {
		switch {
		case info.IsDir():
			return nil, fmt.Errorf("this is a directory, not a snapshot")
		case info.Mode().IsRegular() && info.Size() > maxSize:
			return nil, tooLarge()
		}
	}
	return Decode(f)
}

func tooLarge() error {
	return fmt.Errorf("the snapshot is larger than %d MiB, which is more than hostwire reads", maxSize>>20)
}
