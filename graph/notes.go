package graph

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hostwire/hostwire/internal/lazy"
)

// notesShown bounds the notes in a picture; what is beyond is counted.
const notesShown = 8

// numbers match what is different each time in the text of findings: PIDs and inode numbers.
var numbers = lazy.Regexp(`(/proc/|\b(?:pid|PID|process) |:\[|\w\()[0-9]+`)

// note records an oddity met in the model.
func (p *projection) note(text string) { p.notes = append(p.notes, Note{text}) }

// addNotes makes notes of what discovery could not see and of what is odd in the model.
func (p *projection) addNotes() {
	var notes []Note
	for _, f := range p.d.Findings {
		text := f.Message
		if f.Subject != "" {
			text = f.Subject + ": " + f.Message
		}
		if f.Remedy != "" {
			text += " (" + f.Remedy + ")"
		}
		if p.opts.Stable {
			text = numbers().ReplaceAllString(text, "${1}…")
		}
		notes = append(notes, Note{strings.TrimSpace(text)})
	}
	notes = append(notes, p.notes...)
	var unique []Note
	seen := map[Note]bool{}
	for _, n := range notes {
		if n.Text != "" && !seen[n] {
			seen[n] = true
			unique = append(unique, n)
		}
	}
	if more := len(unique) - notesShown; more > 1 {
		unique = append(slices.Clip(unique[:notesShown]), Note{fmt.Sprintf("and %d more remarks", more)})
	}
	p.g.Notes = unique
}
