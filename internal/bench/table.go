package main

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// writeTables writes one Markdown table for each thing that is measured.
func writeTables(w io.Writer, names []string, sizes []int, r results) {
	for _, table := range []struct {
		title string
		cell  func(cost) string
	}{
		{"Time", func(c cost) string { return milliseconds(c.wall) }},
		{"CPU time", func(c cost) string { return milliseconds(c.cpu) }},
		{"Peak memory", func(c cost) string { return mebibytes(c.peak) }},
	} {
		fmt.Fprintf(w, "| %s, by number of namespaces |", table.title)
		for _, size := range sizes {
			fmt.Fprintf(w, " %d |", size)
		}
		fmt.Fprint(w, "\n|:---|", strings.Repeat("---:|", len(sizes)), "\n")
		for _, name := range names {
			fmt.Fprintf(w, "| %s |", name)
			for _, size := range sizes {
				cell := "–"
				if m, ok := r[name][size]; ok {
					cell = table.cell(m)
				}
				fmt.Fprintf(w, " %s |", cell)
			}
			fmt.Fprintln(w)
		}
		fmt.Fprintln(w)
	}
}

// writeRatios writes the growth from size to size, and how contenders compare.
func writeRatios(w io.Writer, names []string, sizes []int, r results) {
	for i := 1; i < len(sizes); i++ {
		var list []string
		for _, name := range names {
			before, after := r[name][sizes[i-1]], r[name][sizes[i]]
			if before.cpu > 0 && after.cpu > 0 {
				list = append(list, fmt.Sprintf("%s ×%.1f (CPU ×%.1f)", name, quotient(after.wall, before.wall), quotient(after.cpu, before.cpu)))
			}
		}
		fmt.Fprintf(w, "- growth from %d to %d: %s\n", sizes[i-1], sizes[i], strings.Join(list, "; "))
	}
	for _, size := range sizes {
		for _, pair := range []struct{ slow, fast string }{
			{theCapture, theFloor}, {thePicture, theSVG}, {thePicture, theFullSVG}, {theRival, theDOT},
		} {
			slow, fast := r[pair.slow][size], r[pair.fast][size]
			if slow.wall > 0 && fast.wall > 0 {
				fmt.Fprintf(w, "- %d namespaces: (%s) / (%s) = %.1f (CPU %.1f)\n",
					size, pair.slow, pair.fast, quotient(slow.wall, fast.wall), quotient(slow.cpu, fast.cpu))
			}
		}
	}
}

func quotient(a, b time.Duration) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

func milliseconds(d time.Duration) string {
	if d >= 10*time.Second {
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return fmt.Sprintf("%.0f ms", float64(d.Microseconds())/1000)
}

func mebibytes(n int64) string {
	if n == 0 {
		return "–"
	}
	return fmt.Sprintf("%d MiB", n>>20)
}
