package render

import (
	"strings"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/themes"
)

// dotWidths are the widths of outlines of what differs.
var dotWidths = map[graph.Change]string{graph.Added: "3", graph.Removed: "1.5", graph.Changed: "1.5"}

// changeClass is the class of what differs, after a space; empty for the rest.
func changeClass(c graph.Change) string {
	if word := changeWord(c); word != "" {
		return " change-" + word
	}
	return ""
}

// sign is the mark before the name of what differs, as HTML-like text.
func (d *dotWriter) sign(c graph.Change) string {
	if changeWord(c) == "" {
		return ""
	}
	return htmlFont(dotSans, 13, d.hex(changeRoles[c]), "<b>"+strings.TrimSpace(changeSigns[c])+"</b>") + "&#160;"
}

// ink is the colour of a name.
func (d *dotWriter) ink(c graph.Change) string {
	if c == graph.Removed {
		return d.hex(themes.Mute)
	}
	return d.hex(themes.Ink)
}

// struck draws a line through the name of what went; text is HTML-like.
func struck(c graph.Change, text string) string {
	if c == graph.Removed && text != "" {
		return "<s>" + text + "</s>"
	}
	return text
}
