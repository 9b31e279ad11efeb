// Package visible makes text that strangers may have written fit to be shown on one line: whatever
// does not show, or would change how its neighbours show, is replaced by a stand-in that does.
//
// It is pure, and the same for every output format; escaping for a format comes after it.
package visible
