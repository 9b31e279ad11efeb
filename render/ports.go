package render

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/hostwire/hostwire/graph"
)

// WritePortsText writes a line for each port under a line of headings, in aligned columns. An empty
// column is a dash, so that every line has as many words for tools that split at spaces; spaces
// inside names become underscores for the same reason.
func WritePortsText(w io.Writer, ports []graph.ListedPort) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if _, err := fmt.Fprintln(tw, "PROTO\tADDRESS\tPORT\tIN\tTHROUGH\tTO\tNAMESPACE\tCONTAINER\tPROCESS"); err != nil {
		return err
	}
	for _, p := range ports {
		to := p.To
		if p.Share > 0 {
			to = fmt.Sprintf("%s(%.0f%%)", to, 100*p.Share)
		}
		through := p.Through
		if p.Service != "" {
			through += "(" + p.Service + ")"
		}
		cells := []string{p.Protocol, p.Address, p.Port, p.In, through, to, p.Namespace,
			strings.Join(p.Containers, ","), strings.Join(p.Processes, ",")}
		for i, cell := range cells {
			cells[i] = portCell(cell)
		}
		if _, err := fmt.Fprintln(tw, strings.Join(cells, "\t")); err != nil {
			return err
		}
	}
	return tw.Flush()
}

// portCell makes text one word that a terminal shows as it is.
func portCell(text string) string {
	if text == "" {
		return "-"
	}
	return strings.Join(strings.Fields(termEscape(shorten(text, maxValue))), "_")
}

// WritePortsJSON writes the ports as a JSON array of objects, one a line.
func WritePortsJSON(w io.Writer, ports []graph.ListedPort) error {
	var b strings.Builder
	b.WriteString("[")
	for i, p := range ports {
		if i > 0 {
			b.WriteString(",")
		}
		line, err := json.Marshal(p)
		if err != nil {
			return err
		}
		b.WriteString("\n ")
		b.Write(line)
	}
	b.WriteString("\n]\n")
	_, err := io.WriteString(w, b.String())
	return err
}
