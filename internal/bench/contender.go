package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/hostwire/hostwire/snapshot"
)

// Names of contenders that ratios are about.
const (
	theFloor   = "raw dumps (the floor)"
	theCapture = "hostwire capture"
	theSVG     = "hostwire draw, SVG"
	theFullSVG = "hostwire draw --fold 0, SVG"
	theDOT     = "hostwire draw --fold 0, DOT"
	theRival   = "plotnetcfg"
	thePicture = "plotnetcfg and dot, SVG"
)

// contender is one thing to measure.
type contender struct {
	name string
	run  func() (cost, error)
	max  int // largest size it is run at; 0 for any.
}

// cost is what one run took.
type cost struct {
	wall, cpu time.Duration // cpu is of all cores, in user and kernel mode.
	peak      int64         // memory in bytes; 0 if not measured.
}

func contendersIn(hostwire, dir string, dotMax int) []contender {
	file := func(name string) string { return filepath.Join(dir, name) }
	list := []contender{
		{name: theFloor, run: ownCost(floor)},
		{name: "hostwire --version", run: command(hostwire, "--version")},
		{name: theCapture, run: command(hostwire, "capture", "-o", file("x.json"))},
		{name: theSVG, run: command(hostwire, "draw", "-o", file("x.svg"))},
		{name: theFullSVG, run: command(hostwire, "draw", "--fold", "0", "-o", file("u.svg"))},
		{name: "hostwire draw, PNG", run: command(hostwire, "draw", "-o", file("x.png"))},
		{name: theDOT, run: command(hostwire, "draw", "--fold", "0", "-o", file("x.dot"))},
	}
	if path := find("plotnetcfg"); path != "" {
		list = append(list, contender{name: theRival, run: command(path)})
		if dot := find("dot"); dot != "" {
			list = append(list, contender{
				name: thePicture, max: dotMax,
				run: command("/bin/sh", "-c", path+" | "+dot+" -Tsvg -o "+file("p.svg")),
			})
		}
	}
	return list
}

// find looks a program up where Debian puts it, whatever PATH says.
func find(name string) string {
	for _, dir := range []string{"/usr/sbin", "/usr/bin", "/usr/local/bin"} {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return path
		}
	}
	return ""
}

// command measures a whole process with its children, its output thrown away.
func command(name string, args ...string) func() (cost, error) {
	return func() (cost, error) {
		cmd := exec.Command(name, args...)
		var complaint strings.Builder
		cmd.Stderr = &complaint
		start := time.Now()
		if err := cmd.Run(); err != nil {
			return cost{}, fmt.Errorf("%w: %s", err, strings.TrimSpace(complaint.String()))
		}
		c := cost{wall: time.Since(start), cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}
		// A process starts its life sharing our memory, which counts: less than that cannot be told.
		if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok && usage.Maxrss > ownPeak() {
			c.peak = usage.Maxrss << 10
		}
		return c, nil
	}
}

// ownCost measures work of this process.
func ownCost(work func() error) func() (cost, error) {
	return func() (cost, error) {
		before, start := ownCPU(), time.Now()
		err := work()
		return cost{wall: time.Since(start), cpu: ownCPU() - before}, err
	}
}

// ownPeak is the most memory that this process had so far, in KiB.
func ownPeak() int64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return u.Maxrss
}

func ownCPU() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// madeUpHost writes a snapshot of a made-up host with about that many interfaces, and returns how
// many it has, and who draws it.
func madeUpHost(hostwire, dir string, interfaces int) (count int, drawing []contender, err error) {
	// Each tenant comes with three: its lo, its end of a veth, and the host's.
	spec := fmt.Sprintf("synthetic:host bridge:8 tenant:%d", max(1, interfaces/3-3))
	d, err := snapshot.Open(spec, nil)
	if err != nil {
		return 0, nil, err
	}
	for _, netns := range d.Netns {
		count += len(netns.Nifs)
	}
	path := filepath.Join(dir, "made-up.json")
	f, err := os.Create(path)
	if err != nil {
		return 0, nil, err
	}
	defer f.Close()
	if err := snapshot.Encode(f, d); err != nil {
		return 0, nil, err
	}
	draw := func(args ...string) func() (cost, error) {
		return command(hostwire, append([]string{"draw", "-i", path}, args...)...)
	}
	return count, []contender{
		{name: "SVG", run: draw("-o", filepath.Join(dir, "m.svg"))},
		{name: "--fold 0, SVG", run: draw("--fold", "0", "-o", filepath.Join(dir, "m.svg"))},
		{name: "--fold 0, DOT", run: draw("--fold", "0", "-o", filepath.Join(dir, "m.dot"))},
	}, nil
}
