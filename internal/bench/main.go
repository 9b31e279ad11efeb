// Command bench measures hostwire against plotnetcfg, against plotnetcfg with Graphviz's dot behind
// it, and against the floor: the kernel's raw dumps of every namespace. All in one run, on real
// namespaces (each with lo and a veth to one bridge), in a little world of its own that is gone
// afterwards. It needs root; plotnetcfg and dot are left out where they are missing.
//
//	go run ./internal/bench [-sizes 5,10,100,300,1000] [-dot 300] [-runs 5]
//	go run ./internal/bench -short     for a quick look, such as in CI
//	go run ./internal/bench -stages    only what each stage after discovery takes, on made-up hosts
//
// All contenders take turns, so that what else the machine does concerns all of them. It prints
// Markdown tables of medians, and ratios.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// plan is what to measure.
type plan struct {
	sizes  []int // numbers of namespaces, rising.
	dotMax int   // largest size that plotnetcfg with dot is run at.
	runs   int   // of each contender at each size.
	madeUp int   // interfaces of the made-up host; 0 for none.
}

func init() {
	// The main thread stands for the process in /proc: it must not be one that goes elsewhere.
	runtime.LockOSThread()
}

func main() {
	sizes := flag.String("sizes", "5,10,100,300,1000", "how many namespaces, in rising order; 4000 works too")
	dotMax := flag.Int("dot", 300, "largest size that plotnetcfg with dot is run at; it takes minutes at 1,000")
	runs := flag.Int("runs", 5, "runs of each command; the median counts")
	madeUp := flag.Int("synthetic", 10_000, "draw a made-up host with this many interfaces, too; 0 for none")
	short := flag.Bool("short", false, "few namespaces and one run: does it work at all?")
	stages := flag.Bool("stages", false, "measure the stages after discovery on made-up hosts, and fail if one grows too much; needs no root")
	inside := flag.String("inside", "", "used by bench itself: run in the world, with this hostwire")
	flag.Parse()
	p := plan{dotMax: *dotMax, runs: max(1, *runs), madeUp: *madeUp}
	var err error
	if p.sizes, err = parseSizes(*sizes); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	}
	if *short {
		p.sizes, p.runs, p.madeUp = []int{2, 5}, 1, min(p.madeUp, 100)
	}
	switch {
	case *stages:
		var list []growth
		if list, err = measureStages(max(5, p.runs)); err == nil {
			err = writeStages(os.Stdout, list)
		}
	case *inside == "":
		err = outside()
	default:
		err = measureAll(*inside, p)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// parseSizes reads numbers of namespaces.
func parseSizes(list string) (sizes []int, err error) {
	for word := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(word)
		if err != nil || n < 1 || n > 10_000 {
			return nil, fmt.Errorf("-sizes takes numbers from 1 to 10000, not %q", word)
		}
		sizes = append(sizes, n)
	}
	if !slices.IsSorted(sizes) {
		return nil, errors.New("-sizes takes numbers in rising order: namespaces are only added")
	}
	return sizes, nil
}

// outside builds hostwire and starts bench again in namespaces of its own.
func outside() error {
	if os.Geteuid() != 0 {
		return errors.New("namespaces are made by root only: use sudo")
	}
	dir, err := os.MkdirTemp("", "hostwire-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, "hostwire")
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", program, "github.com/hostwire/hostwire/cmd/hostwire")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("build hostwire: %w", err)
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	args := append([]string{"-inside", program}, os.Args[1:]...)
	cmd := exec.Command(self, args...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWUTS | syscall.CLONE_NEWIPC,
		Pdeathsig:  syscall.SIGKILL,
	}
	return cmd.Run() // from the main thread: Pdeathsig is about the thread that started the process.
}
