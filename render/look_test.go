package render

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/layout"
	_ "github.com/hostwire/hostwire/layout/wiring"
	"github.com/hostwire/hostwire/snapshot/synthetic"
	"github.com/hostwire/hostwire/themes"
)

func TestDraft(t *testing.T) {
	g, l := example()
	for _, th := range themes.Names() {
		theme, _ := themes.Load(th)
		for _, f := range Formats() {
			out, _ := os.Create("/tmp/r/out-" + th + "." + f.Name)
			if err := f.Write(out, Input{Graph: g, Layout: l, Theme: theme}); err != nil {
				t.Fatal(err)
			}
			out.Close()
		}
	}
}

func TestSynth(t *testing.T) {
	spec := os.Getenv("SPEC")
	if spec == "" {
		t.Skip()
	}
	d, err := synthetic.Discover(spec)
	if err != nil {
		t.Fatal(err)
	}
	opts := graph.Options{}
	if os.Getenv("FULL") != "" {
		opts.Detail, _ = graph.ParseDetail("full")
	}
	g, err := graph.Project(d, opts)
	if err != nil {
		t.Fatal(err)
	}
	info, _ := layout.Find("wiring")
	t0 := time.Now()
	l, err := info.New().Layout(context.Background(), g, layout.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Log("layout", time.Since(t0), l.W, l.H, len(g.Clusters), len(g.Edges))
	for _, f := range Formats() {
		if fs := os.Getenv("FMT"); fs != "" && !strings.Contains(fs, f.Name) {
			continue
		}
		th := os.Getenv("THEME")
		if th == "" {
			th = f.DefaultTheme
		}
		theme, err := themes.Load(th)
		if err != nil {
			t.Fatal(err)
		}
		out, _ := os.Create("/tmp/r/syn." + f.Name)
		t0 := time.Now()
		if err := f.Write(out, Input{Graph: g, Layout: l, Theme: theme}); err != nil {
			t.Error(err)
		}
		fi, _ := out.Stat()
		t.Log(f.Name, time.Since(t0), fi.Size())
		out.Close()
	}
}
