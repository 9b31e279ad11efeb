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
	u, err := Open(nameOrFile)
	if err != nil {
		return nil, err
	}
	return u.Read()
}

// Unread is a theme that was opened and not yet read, so that privileges which opening needed can
// be given up before strangers' bytes are parsed. Read it once; it closes itself.
type Unread struct {
	name string
	file *os.File // nil for a built-in theme.
}

// Open opens what [Load] would load, and reads nothing of it.
func Open(nameOrFile string) (*Unread, error) {
	if isBuiltin(nameOrFile) {
		return &Unread{name: nameOrFile}, nil
	}
	f, err := openFile(nameOrFile)
	if errors.Is(err, fs.ErrNotExist) && !strings.ContainsAny(nameOrFile, "/.") {
		return nil, unknown(nameOrFile)
	}
	if err != nil {
		return nil, err
	}
	return &Unread{name: nameOrFile, file: f}, nil
}

// Read reads, parses and closes the theme.
func (u *Unread) Read() (*Theme, error) {
	if u.file == nil {
		return loadBuiltin(u.name)
	}
	defer u.file.Close()
	text, err := io.ReadAll(io.LimitReader(u.file, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read theme: %w", err)
	}
	if len(text) > maxFile {
		return nil, fmt.Errorf("read theme %s: expected at most %d KiB, this is larger", visible.String(u.name), maxFile>>10)
	}
	return Parse(u.name, text)
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

// openFile opens a regular file. Anything else could block or never end.
func openFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("read theme: %w", err)
	}
	info, err := f.Stat()
	switch {
	case err != nil:
		err = fmt.Errorf("read theme: %w", err)
	case !info.Mode().IsRegular():
		err = fmt.Errorf("read theme %s: expected a file, this is none", visible.String(path))
	default:
		return f, nil
	}
	_ = f.Close()
	return nil, err
}
