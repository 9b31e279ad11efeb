// Command hostwire draws the network that a Linux host really has.
//
// This package turns flags into calls and errors into one line and an exit status, nothing else:
// what is true of a host is found out by package network, what a picture shows is decided by
// package graph, and so on along the pipeline.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"
)

// Exit statuses, as the manual promises them.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitDiffers     = 3
	exitInterrupted = 130
)

// streams are the standard files, as a value so that tests see what a user would.
type streams struct {
	in       io.Reader
	out, err io.Writer
	terminal bool // out is a terminal.
	progress bool // err is a terminal.
	confine  bool // privileges are given up when they are no longer needed: for the rest of the process.
}

func main() {
	if os.Getenv("GOGC") == "" {
		// hostwire ends before collecting garbage often would pay.
		debug.SetGCPercent(400)
	}
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	done := make(chan int, 1)
	go func() {
		done <- run(ctx, os.Args, streams{
			in: os.Stdin, out: os.Stdout, err: os.Stderr,
			terminal: isTerminal(os.Stdout), progress: isTerminal(os.Stderr), confine: true,
		})
	}()
	select {
	case code := <-done:
		os.Exit(code)
	case <-signals:
		cancel()
		select { // let what listens to the context end in peace, but do not wait for what does not.
		case <-done:
		case <-time.After(300 * time.Millisecond):
		}
		removeUnfinished()
		if isTerminal(os.Stderr) {
			fmt.Fprint(os.Stderr, wipeLine) // where there can be a progress line.
		}
		fmt.Fprintln(os.Stderr, "hostwire: interrupted")
		os.Exit(exitInterrupted)
	}
}

// usageError is a mistake in the words of the call, as opposed to something that went wrong.
type usageError struct{ text string }

func (e usageError) Error() string { return e.text }

func usagef(format string, args ...any) error { return usageError{fmt.Sprintf(format, args...)} }

// errDiffers ends `diff --exit-code` where there are differences; it prints nothing.
var errDiffers = errors.New("the snapshots differ")

// run is the whole program; it returns the exit status.
func run(ctx context.Context, args []string, s streams) int {
	app := newApp(s)
	err := app.RunContext(ctx, permute(app, args))
	var usage usageError
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errDiffers):
		return exitDiffers
	case errors.Is(err, errStops):
		return exitFailed
	case errors.As(err, &usage):
		fmt.Fprintf(s.err, "hostwire: %s (see hostwire --help)\n", oneLine(err.Error()))
		return exitUsage
	}
	fmt.Fprintf(s.err, "hostwire: %s\n", oneLine(err.Error()))
	return exitFailed
}
