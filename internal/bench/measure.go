package main

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"syscall"
	"time"
)

// results are the medians of each contender, by size.
type results map[string]map[int]cost

func measureAll(hostwire string, p plan) error {
	w, err := newWorld()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("/run", "bench-")
	if err != nil {
		return err
	}
	all := contendersIn(hostwire, dir, p.dotMax)
	r := results{}
	for _, size := range p.sizes {
		if err := w.grow(size); err != nil {
			return err
		}
		if err := measure(r, all, size, p.runs); err != nil {
			return fmt.Errorf("with %d namespaces: %w", size, err)
		}
	}
	info, err := os.Stat(hostwire)
	if err != nil {
		return err
	}
	fmt.Printf("%s, Linux %s, medians of %d runs, hostwire's program file is %.1f MiB\n\n",
		time.Now().Format(time.DateOnly), machine(), p.runs, float64(info.Size())/(1<<20))
	names := namesOf(all)
	writeTables(os.Stdout, names, p.sizes, r)
	writeRatios(os.Stdout, names, p.sizes, r)
	list, err := measureStages(max(5, p.runs))
	if err != nil {
		return err
	}
	fmt.Print("\nThe stages after discovery, on made-up hosts, the fastest of several runs:\n\n")
	if err := writeStages(os.Stdout, list); err != nil {
		return err
	}
	if p.madeUp == 0 {
		return nil
	}
	count, drawing, err := madeUpHost(hostwire, dir, p.madeUp)
	if err != nil {
		return fmt.Errorf("made-up host: %w", err)
	}
	r = results{}
	if err := measure(r, drawing, count, p.runs); err != nil {
		return fmt.Errorf("made-up host: %w", err)
	}
	fmt.Printf("\nFrom a snapshot of a made-up host with %d interfaces:\n\n", count)
	for _, c := range drawing {
		m := r[c.name][count]
		fmt.Printf("- %s: %s, CPU %s, %s\n", c.name, milliseconds(m.wall), milliseconds(m.cpu), mebibytes(m.peak))
	}
	return nil
}

func namesOf(all []contender) (names []string) {
	for _, c := range all {
		names = append(names, c.name)
	}
	return names
}

// measure lets contenders take turns, as often as asked after one turn to warm up. Who needs longer
// than patience in all drops out, with what was measured so far.
func measure(r results, all []contender, size, runs int) error {
	const patience = time.Minute
	costs := make([][]cost, len(all))
	spent := make([]time.Duration, len(all))
	for turn := range runs + 1 {
		for i, c := range all {
			if c.max != 0 && size > c.max || spent[i] > patience {
				continue
			}
			m, err := c.run()
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			spent[i] += m.wall
			if turn > 0 || spent[i] > patience {
				costs[i] = append(costs[i], m)
			}
		}
	}
	for i, c := range all {
		if len(costs[i]) == 0 {
			continue
		}
		if r[c.name] == nil {
			r[c.name] = map[int]cost{}
		}
		m := median(costs[i])
		r[c.name][size] = m
		fmt.Fprintf(os.Stderr, "%5d  %-28s %9s  CPU %9s\n", size, c.name, milliseconds(m.wall), milliseconds(m.cpu))
	}
	return nil
}

// median takes the medians of times, and the highest peak of memory.
func median(costs []cost) (m cost) {
	var wall, cpu []time.Duration
	for _, c := range costs {
		wall, cpu = append(wall, c.wall), append(cpu, c.cpu)
		m.peak = max(m.peak, c.peak)
	}
	slices.Sort(wall)
	slices.Sort(cpu)
	m.wall, m.cpu = wall[len(wall)/2], cpu[len(cpu)/2]
	return m
}

// machine names the kernel and the number of cores.
func machine() string {
	var u syscall.Utsname
	if syscall.Uname(&u) != nil {
		return "(unknown)"
	}
	var release []byte
	for _, c := range u.Release {
		if c == 0 {
			break
		}
		release = append(release, byte(c))
	}
	return fmt.Sprintf("%s, %d cores", release, runtime.NumCPU())
}
