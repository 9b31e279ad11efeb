package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// contender is one thing to measure.
type contender struct {
	name string
	run  func() (peak int64, err error) // peak memory in bytes, 0 if not measured.
	max  int                            // largest size it is run at; 0 for any.
}

// result is what one contender needed at one size.
type result struct {
	median time.Duration
	peak   int64
}

func measureAll(hostwire string, sizes []int, dotMax, runs int) error {
	w, err := newWorld()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("/run", "bench-")
	if err != nil {
		return err
	}
	contenders := contendersIn(hostwire, dir, dotMax)
	results := make([]map[int]result, len(contenders))
	for i := range results {
		results[i] = map[int]result{}
	}
	for _, size := range sizes {
		if err := w.grow(size); err != nil {
			return err
		}
		for i, c := range contenders {
			if c.max != 0 && size > c.max {
				continue
			}
			if results[i][size], err = measure(c, runs); err != nil {
				return fmt.Errorf("%s with %d namespaces: %w", c.name, size, err)
			}
			fmt.Fprintf(os.Stderr, "%5d  %-22s %s\n", size, c.name, results[i][size].median.Round(100*time.Microsecond))
		}
	}
	printTable(contenders, results, sizes, runs)
	return nil
}

func contendersIn(hostwire, dir string, dotMax int) []contender {
	file := func(name string) string { return filepath.Join(dir, name) }
	list := []contender{
		{name: "raw dumps (the floor)", run: func() (int64, error) { return 0, floor() }},
		{name: "hostwire capture", run: command(hostwire, "capture", "--no-engines", "-o", file("x.json"))},
		{name: "hostwire draw SVG", run: command(hostwire, "draw", "--no-engines", "-o", file("x.svg"))},
		{name: "hostwire draw SVG, unfolded", run: command(hostwire, "draw", "--no-engines", "--fold", "0", "-o", file("u.svg"))},
		{name: "hostwire draw PNG", run: command(hostwire, "draw", "--no-engines", "-o", file("x.png"))},
		{name: "hostwire draw DOT", run: command(hostwire, "draw", "--no-engines", "--fold", "0", "-o", file("x.dot"))},
	}
	if path := find("plotnetcfg"); path != "" {
		list = append(list, contender{name: "plotnetcfg", run: command(path)})
		if dot := find("dot"); dot != "" {
			list = append(list, contender{name: "plotnetcfg | dot -Tsvg", max: dotMax,
				run: command("/bin/sh", "-c", path+" | "+dot+" -Tsvg -o "+file("p.svg"))})
		}
	}
	return list
}

// find looks a program up where Debian puts it, whatever PATH says.
func find(name string) string {
	for _, dir := range []string{"/usr/sbin", "/usr/bin", "/usr/local/bin"} {
		if path := filepath.Join(dir, name); exec.Command("test", "-x", path).Run() == nil {
			return path
		}
	}
	return ""
}

// command measures a whole process, its output thrown away.
func command(name string, args ...string) func() (int64, error) {
	return func() (int64, error) {
		cmd := exec.Command(name, args...)
		var complaint strings.Builder
		cmd.Stderr = &complaint
		if err := cmd.Run(); err != nil {
			return 0, fmt.Errorf("%w: %s", err, strings.TrimSpace(complaint.String()))
		}
		usage, _ := cmd.ProcessState.SysUsage().(*syscall.Rusage)
		return usage.Maxrss << 10, nil
	}
}

// measure runs a contender once to warm up and then as often as asked, but no longer than a minute.
func measure(c contender, runs int) (result, error) {
	if _, err := c.run(); err != nil {
		return result{}, err
	}
	var times []time.Duration
	var r result
	for began := time.Now(); len(times) < runs && (len(times) == 0 || time.Since(began) < time.Minute); {
		start := time.Now()
		peak, err := c.run()
		if err != nil {
			return r, err
		}
		times = append(times, time.Since(start))
		r.peak = max(r.peak, peak)
	}
	slices.Sort(times)
	r.median = times[len(times)/2]
	return r, nil
}

// printTable prints medians; how many times faster or slower than plotnetcfg | dot and the floor;
// peak memory; and growth from size to size.
func printTable(contenders []contender, results []map[int]result, sizes []int, runs int) {
	fmt.Printf("%s, Linux %s, %d cores, medians of %d runs\n\n", time.Now().Format("2006-01-02"), kernel(), runtime.NumCPU(), runs)
	fmt.Print("| namespaces |")
	for _, c := range contenders {
		fmt.Printf(" %s |", c.name)
	}
	fmt.Print("\n|---:|" + strings.Repeat("---:|", len(contenders)) + "\n")
	for at, size := range sizes {
		fmt.Printf("| %d |", size)
		for i := range contenders {
			r, ok := results[i][size]
			if !ok {
				fmt.Print(" – |")
				continue
			}
			cell := fmt.Sprintf("%.1f ms", float64(r.median.Microseconds())/1000)
			if r.peak > 0 {
				cell += fmt.Sprintf(", %d MiB", r.peak>>20)
			}
			if at > 0 {
				if before, ok := results[i][sizes[at-1]]; ok && before.median > 0 {
					cell += fmt.Sprintf(", ×%.1f", float64(r.median)/float64(before.median))
				}
			}
			fmt.Printf(" %s |", cell)
		}
		fmt.Println()
	}
	fmt.Println("\n×: growth from the size above.")
	ratio := func(name string, a, b int, size int) {
		if a < 0 || b < 0 {
			return
		}
		ra, okA := results[a][size]
		rb, okB := results[b][size]
		if okA && okB && rb.median > 0 {
			fmt.Printf("- %d namespaces: %s = %.2f\n", size, name, float64(ra.median)/float64(rb.median))
		}
	}
	index := func(name string) int {
		return slices.IndexFunc(contenders, func(c contender) bool { return c.name == name })
	}
	fmt.Println()
	for _, size := range sizes {
		ratio("capture / raw dumps", index("hostwire capture"), index("raw dumps (the floor)"), size)
		ratio("(plotnetcfg | dot) / draw SVG", index("plotnetcfg | dot -Tsvg"), index("hostwire draw SVG"), size)
		ratio("(plotnetcfg | dot) / draw SVG, unfolded", index("plotnetcfg | dot -Tsvg"), index("hostwire draw SVG, unfolded"), size)
		ratio("plotnetcfg / draw DOT", index("plotnetcfg"), index("hostwire draw DOT"), size)
	}
}

func kernel() string {
	var u syscall.Utsname
	if syscall.Uname(&u) != nil {
		return "(unknown)"
	}
	var b strings.Builder
	for _, c := range u.Release {
		if c == 0 {
			break
		}
		b.WriteByte(byte(c))
	}
	return b.String()
}
