package themes

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"github.com/hostwire/hostwire/internal/suggest"
	"github.com/hostwire/hostwire/internal/visible"
)

//go:embed builtin/*.yaml
var builtin embed.FS

// names are the built-in themes, in the order for people.
var names = []string{"auto", "light", "dark", "mono", "colorblind"}

// maxFile is the largest theme file that is read; the longest built-in one has a tenth of it.
const maxFile = 64 << 10

// Names lists the built-in themes.
func Names() []string { return append([]string(nil), names...) }

// About is one line on a built-in theme, no full stop; empty if there is no such theme.
func About(name string) string {
	t, err := loadBuiltin(name)
	if err != nil {
		return ""
	}
	return t.About
}

// Source is the YAML text of a built-in theme, to start one's own from.
func Source(name string) ([]byte, error) {
	if !isBuiltin(name) {
		return nil, unknown(name)
	}
	return builtin.ReadFile("builtin/" + name + ".yaml")
}

// Load returns the built-in theme of that name or else the one in the file of that path. Errors
// name the file and the line, and say what was expected there.
func Load(nameOrFile string) (*Theme, error) {
	if isBuiltin(nameOrFile) {
		return loadBuiltin(nameOrFile)
	}
	text, err := readFile(nameOrFile)
	if errors.Is(err, fs.ErrNotExist) && !strings.ContainsAny(nameOrFile, "/.") {
		return nil, unknown(nameOrFile)
	}
	if err != nil {
		return nil, err
	}
	return Parse(nameOrFile, text)
}

// Parse reads the text of a theme file; name is what errors call it.
func Parse(name string, text []byte) (*Theme, error) { return parse(name, text, true) }

func isBuiltin(name string) bool {
	for _, n := range names {
		if n == name {
			return true
		}
	}
	return false
}

func loadBuiltin(name string) (*Theme, error) {
	text, err := Source(name)
	if err != nil {
		return nil, err
	}
	t, err := parse(name, text, false)
	if err != nil {
		return nil, err
	}
	t.Name = name
	return t, nil
}

func unknown(name string) error {
	shown := visible.String(name)
	return fmt.Errorf("unknown theme %q%s (the themes are %s; the path of a theme file does too)",
		shown, suggest.DidYouMean(name, names), strings.Join(names, ", "))
}

// readFile reads a regular file of sane size. Anything else could block or never end.
func readFile(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("read theme: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("read theme: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("read theme %s: expected a file, this is none", visible.String(path))
	}
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read theme: %w", err)
	}
	if len(text) > maxFile {
		return nil, fmt.Errorf("read theme %s: expected at most %d KiB, this is larger", visible.String(path), maxFile>>10)
	}
	return text, nil
}
