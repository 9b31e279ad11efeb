package render

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/hostwire/hostwire/graph"
)

// WriteWayText writes a way hop by hop: a line for each thing that happens, below the namespace in
// which it does.
func WriteWayText(w io.Writer, way *graph.Way) error {
	var b strings.Builder
	from := way.From
	if way.Source != "" {
		from += " (" + way.Source + ")"
	}
	to := way.To
	if way.Arrived != "" && way.Arrived != way.From {
		to += " (" + way.Arrived + ")"
	}
	fmt.Fprintf(&b, "%s → %s\n", words(from), words(to))
	width := 0
	for _, s := range way.Steps {
		width = max(width, min(widest, cells(words(s.In))))
	}
	last := ""
	for _, s := range way.Steps {
		in := words(s.In)
		if in == last {
			in = ""
		} else {
			last = in
		}
		fmt.Fprintf(&b, "  %s  %s\n", fill(in, width), words(s.What))
	}
	if way.Outcome != "arrives" {
		fmt.Fprintf(&b, "%s: %s\n", words(way.Outcome), words(way.Reason))
	}
	if way.Answer != "" {
		fmt.Fprintf(&b, "%s\n", words(way.Answer))
	}
	for _, d := range way.Doubts {
		fmt.Fprintf(&b, "  ? %s\n", words(d))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// words makes foreign text fit for a line of a terminal.
func words(s string) string { return termEscape(plain(s)) }

// WriteWayJSON writes a way as one JSON object.
func WriteWayJSON(w io.Writer, way *graph.Way) error { return writeIndented(w, way) }

func writeIndented(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	return e.Encode(v)
}

// WriteShownText writes all that is known of a thing, a fact a line.
func WriteShownText(w io.Writer, s *graph.Shown) error {
	var b strings.Builder
	b.WriteString(words(s.Name))
	if s.Detail != "" {
		b.WriteString("  —  " + words(s.Detail))
	}
	b.WriteString("\n")
	width := 0
	for _, f := range s.Facts {
		width = max(width, min(40, cells(words(f.Name))))
	}
	last := ""
	for _, f := range s.Facts {
		name := words(f.Name)
		if name == last {
			name = ""
		} else {
			last = name
		}
		fmt.Fprintf(&b, "  %s  %s\n", fill(name, width), words(f.Value))
	}
	for _, section := range s.Sections {
		fmt.Fprintf(&b, "\n%s\n", words(section.Title))
		for _, line := range section.Lines {
			fmt.Fprintf(&b, "  %s\n", words(line))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// WriteShownJSON writes all that is known of a thing as one JSON object.
func WriteShownJSON(w io.Writer, s *graph.Shown) error { return writeIndented(w, s) }

// WriteSpacesText writes the list of all namespaces under a line of headings, in aligned columns.
func WriteSpacesText(w io.Writer, rows []graph.ShownRow) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if _, err := fmt.Fprintln(tw, "NAME\tKIND\tINTERFACES\tADDRESSES\tWHAT"); err != nil {
		return err
	}
	for _, r := range rows {
		nifs := itoa(r.Interfaces)
		if r.Down > 0 {
			nifs += "(" + itoa(r.Down) + "_down)"
		}
		addrs := r.Addresses
		if more := len(addrs) - 3; more > 0 {
			addrs = append(addrs[:3:3], "+"+itoa(more))
		}
		row := []string{portCell(r.Name), portCell(r.Kind), nifs, portCell(strings.Join(addrs, ",")), words(r.Detail)}
		if _, err := fmt.Fprintln(tw, strings.Join(row, "\t")); err != nil {
			return err
		}
	}
	return tw.Flush()
}

// WriteSpacesJSON writes the list of all namespaces as a JSON array.
func WriteSpacesJSON(w io.Writer, rows []graph.ShownRow) error {
	if rows == nil {
		rows = []graph.ShownRow{}
	}
	return writeIndented(w, rows)
}
