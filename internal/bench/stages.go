package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"runtime"
	"strings"
	"time"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/layout"
	_ "github.com/hostwire/hostwire/layout/wiring" // makes its engine known.
	"github.com/hostwire/hostwire/network"
	"github.com/hostwire/hostwire/render"
	"github.com/hostwire/hostwire/snapshot"
	"github.com/hostwire/hostwire/themes"
)

// Sizes of the made-up hosts that stages are compared on, in namespaces, and by how much no stage
// shall grow from one to the other. Three and a third is linear, eleven is quadratic. A larger host
// suffers more from whatever else makes use of the same caches, for which there is a tolerance on
// machines that do other things too.
const (
	stagesFew, stagesMany = 300, 1000
	maxGrowth             = 4.0
	tolerance             = 1.25
)

// stage is one step from a discovered host to a file, on a host of one size. What it works on is
// there already.
type stage struct {
	name string
	run  func() error
}

// stagesOn lists the stages after discovery on a made-up host with that many namespaces.
func stagesOn(namespaces int) (list []stage, err error) {
	host, err := snapshot.Open(fmt.Sprintf("synthetic:host bridge:4 tenant:%d", namespaces), nil)
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	if err := snapshot.Encode(&text, host); err != nil {
		return nil, err
	}
	list = append(list,
		stage{"encode", func() error { return snapshot.Encode(io.Discard, host) }},
		stage{"decode", func() error { _, err := snapshot.Decode(bytes.NewReader(text.Bytes())); return err }},
	)
	for _, drawn := range []struct {
		name string
		fold int
	}{{"folded", graph.FoldAuto}, {"unfolded", 0}} {
		more, err := drawingStages(host, drawn.name, graph.Options{Fold: drawn.fold})
		if err != nil {
			return nil, err
		}
		list = append(list, more...)
	}
	return list, nil
}

// drawingStages lists the stages from a host to its picture.
func drawingStages(host *network.Discovery, name string, opts graph.Options) (list []stage, err error) {
	g, err := graph.Project(host, opts)
	if err != nil {
		return nil, err
	}
	engine, ok := layout.Find("wiring")
	if !ok {
		return nil, fmt.Errorf("there is no layout engine wiring")
	}
	placed, err := engine.New().Layout(context.Background(), g, layout.Options{})
	if err != nil {
		return nil, err
	}
	list = append(list,
		stage{"project, " + name, func() error { _, err := graph.Project(host, opts); return err }},
		stage{"layout, " + name, func() error {
			_, err := engine.New().Layout(context.Background(), g, layout.Options{})
			return err
		}},
	)
	for _, written := range []struct{ format, theme string }{{"dot", "light"}, {"svg", "auto"}, {"pdf", "light"}} {
		f, ok := render.Find(written.format)
		if !ok {
			return nil, fmt.Errorf("there is no format %s", written.format)
		}
		colours, err := themes.Load(written.theme)
		if err != nil {
			return nil, err
		}
		in := render.Input{Graph: g, Theme: colours, Layout: placed, Options: render.Options{Scale: 1, Fonts: "embed"}}
		list = append(list, stage{"render " + f.Name + ", " + name, func() error { return f.Write(io.Discard, in) }})
	}
	return list, nil
}

// growth is the CPU time that a stage takes on hosts of two sizes.
type growth struct {
	name      string
	few, many time.Duration
}

func (g growth) factor() float64 { return quotient(g.many, g.few) }

// noise is less than what can be compared on a machine that does other things, too.
const noise = time.Millisecond

// tooMuch tells whether a stage grows more than it may, and takes long enough to tell.
func (g growth) tooMuch() bool { return g.factor() > maxGrowth*tolerance && g.many > noise }

// measureStages measures every stage on both hosts, in turns. Of several runs the fastest counts, and
// of that the CPU time with that of the collector of garbage: how long it has to wait for a busy
// machine says nothing of the stage. Stages that seem to grow too much run a few times more.
func measureStages(runs int) (list []growth, err error) {
	few, err := stagesOn(stagesFew)
	if err != nil {
		return nil, err
	}
	many, err := stagesOn(stagesMany)
	if err != nil {
		return nil, err
	}
	for i := range few {
		g := growth{name: few[i].name}
		for run := 0; run < runs || run < 4*runs && g.tooMuch(); run++ {
			if err := fastest(&g.few, few[i]); err != nil {
				return nil, err
			}
			if err := fastest(&g.many, many[i]); err != nil {
				return nil, err
			}
		}
		list = append(list, g)
	}
	return list, nil
}

// stageTime is how much CPU time a run takes at least: a stage is repeated, so that each run has its
// share of the garbage that it leaves, and finds the caches as it leaves them.
const stageTime = 80 * time.Millisecond

// fastest runs a stage and keeps the time it took if that is less than before.
func fastest(best *time.Duration, s stage) error {
	runtime.GC()
	start, times := ownCPU(), time.Duration(0)
	for times == 0 || ownCPU()-start < stageTime {
		if err := s.run(); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		times++
	}
	if took := (ownCPU() - start) / times; *best == 0 || took < *best {
		*best = took
	}
	return nil
}

// writeStages writes a Markdown table, and returns an error that names the stages that grow too much.
func writeStages(w io.Writer, list []growth) error {
	fmt.Fprintf(w, "| CPU time of a stage, by number of namespaces | %d | %d | growth |\n|:---|---:|---:|---:|\n", stagesFew, stagesMany)
	var over []string
	for _, g := range list {
		fmt.Fprintf(w, "| %s | %.2f ms | %.2f ms | ×%.1f |\n", g.name, g.few.Seconds()*1000, g.many.Seconds()*1000, g.factor())
		if g.tooMuch() {
			over = append(over, fmt.Sprintf("%s (×%.1f)", g.name, g.factor()))
		}
	}
	fmt.Fprintln(w)
	if len(over) > 0 {
		return fmt.Errorf("from %d to %d namespaces, no stage may take more than %.0f times the CPU time; too much: %s",
			stagesFew, stagesMany, maxGrowth*tolerance, strings.Join(over, ", "))
	}
	return nil
}
