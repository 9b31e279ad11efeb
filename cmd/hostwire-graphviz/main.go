package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"github.com/goccy/go-graphviz"

	"github.com/hostwire/hostwire/cmd/hostwire-graphviz/guard"
)

// inputMax bounds the graph on standard input, in bytes. 10,000 namespaces need 8 MB.
const inputMax = 64 << 20

// engines that may be asked for; nop keeps the positions of nodes and routes the edges.
var engines = []string{"dot", "neato", "fdp", "sfdp", "circo", "twopi", "osage", "nop"}

func main() {
	err := run(os.Args[1:], os.Stdin, os.Stdout)
	guard.Clean()
	if err != nil {
		fmt.Fprintln(os.Stderr, "hostwire-graphviz:", err)
		os.Exit(1)
	}
}

func run(args []string, in io.Reader, out io.Writer) error {
	if len(args) != 1 || !slices.Contains(engines, args[0]) {
		return fmt.Errorf("usage: hostwire-graphviz ENGINE < GRAPH.dot > LAYOUT.json, with an engine of %v", engines)
	}
	dot, err := io.ReadAll(io.LimitReader(in, inputMax+1))
	if err != nil {
		return fmt.Errorf("read graph: %w", err)
	}
	if len(dot) > inputMax {
		return fmt.Errorf("read graph: more than %d bytes", inputMax)
	}
	answer, err := layOut(args[0], dot)
	if err != nil {
		return fmt.Errorf("lay out with %s: %w", args[0], err)
	}
	if _, err := out.Write(answer); err != nil {
		return fmt.Errorf("write layout: %w", err)
	}
	return nil
}

// noFiles is what Graphviz sees as its file system: a graph may name images and fonts, and must
// not make us open them.
type noFiles struct{}

func (noFiles) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

func layOut(engine string, dot []byte) (answer []byte, err error) {
	// A trap in the WebAssembly comes up as a panic out of the library.
	defer func() {
		if trap := recover(); trap != nil {
			answer, err = nil, fmt.Errorf("graphviz gave up: %v", trap)
		}
	}()
	ctx := context.Background()
	graphviz.SetFileSystem(noFiles{})
	g, err := graphviz.New(ctx)
	if err != nil {
		return nil, err
	}
	graph, err := graphviz.ParseBytes(dot)
	if err != nil {
		return nil, err
	}
	if graph == nil {
		return nil, errors.New("not a graph")
	}
	var buf bytes.Buffer
	if err := g.SetLayout(graphviz.Layout(engine)).Render(ctx, graph, "json0", &buf); err != nil {
		return nil, err
	}
	if buf.Len() == 0 {
		return nil, errors.New("graphviz wrote nothing")
	}
	return buf.Bytes(), nil
}
