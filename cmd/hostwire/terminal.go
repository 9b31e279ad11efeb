package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
	"unicode"

	"golang.org/x/sys/unix"
)

// isTerminal tells whether a person sees what is written to f.
func isTerminal(f *os.File) bool {
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}

// oneLine makes text that may quote names from anywhere fit for one line on a terminal: whatever
// does not print is written as an escape.
func oneLine(text string) string {
	const limit = 2000
	var b strings.Builder
	for _, r := range text {
		if b.Len() > limit {
			b.WriteString("…")
			break
		}
		if unicode.IsPrint(r) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, "\\x%02x", r)
		}
	}
	return b.String()
}

// wipeLine goes to the start of a terminal's line and clears it.
const wipeLine = "\r\x1b[K"

// progress is a line on standard error that tells what takes so long. It appears after a second,
// on terminals only, and is wiped before anything else is printed.
type progress struct {
	mu    sync.Mutex
	w     io.Writer
	stage string
	shown bool
	stop  chan struct{}
	ended sync.WaitGroup
}

// startProgress starts a progress line; with on false it does nothing.
func startProgress(w io.Writer, on bool) *progress {
	p := &progress{w: w, stage: "starting", stop: make(chan struct{})}
	if !on {
		return p
	}
	p.ended.Add(1)
	go func() {
		defer p.ended.Done()
		began := time.Now()
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-p.stop:
				return
			case <-tick.C:
				if since := time.Since(began); since >= time.Second {
					p.mu.Lock()
					fmt.Fprintf(p.w, wipeLine+"%s … %.1f s", oneLine(p.stage), since.Seconds())
					p.shown = true
					p.mu.Unlock()
				}
			}
		}
	}()
	return p
}

// say names what is being done now.
func (p *progress) say(stage string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stage = stage
}

// end wipes the line.
func (p *progress) end() {
	close(p.stop)
	p.ended.Wait()
	if p.shown {
		fmt.Fprint(p.w, wipeLine)
	}
}
