// Command bench measures hostwire against plotnetcfg, against plotnetcfg with Graphviz's dot behind
// it, and against the floor: the kernel's raw dumps of every namespace. All in one run, on real
// namespaces (each with lo and a veth to one bridge), in a little world of its own that is gone
// afterwards. It needs root; plotnetcfg and dot are left out where they are missing.
//
//	go run ./internal/bench [-sizes 5,10,100,300,1000] [-dot 300] [-runs 5]
//
// It prints medians, ratios and peak memory as a Markdown table.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
)

func main() {
	sizes := flag.String("sizes", "5,10,100,300,1000", "how many namespaces, in rising order; 4000 works too")
	dotMax := flag.Int("dot", 300, "largest size that plotnetcfg | dot is run at; it takes minutes at 1,000")
	runs := flag.Int("runs", 5, "runs of each command; the median counts")
	inside := flag.String("inside", "", "used by bench itself: run in the world, with this hostwire")
	flag.Parse()
	var err error
	if *inside == "" {
		err = outside()
	} else {
		var list []int
		for _, word := range strings.Split(*sizes, ",") {
			n, convErr := strconv.Atoi(word)
			if convErr != nil || n < 1 || n > 10000 {
				fmt.Fprintf(os.Stderr, "bench: -sizes takes numbers from 1 to 10000, not %q\n", word)
				os.Exit(2)
			}
			list = append(list, n)
		}
		err = measureAll(*inside, list, *dotMax, max(1, *runs))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// outside builds hostwire and starts bench again in namespaces of its own.
func outside() error {
	if os.Geteuid() != 0 {
		return fmt.Errorf("namespaces are made by root only: use sudo")
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
	runtime.LockOSThread() // Pdeathsig is about the thread that started the process.
	return cmd.Run()
}
