// Package quality measures layouts: what overlaps, what is cut off, which wires run through boxes
// that are not theirs, how often wires cross and bend, how much room the whole takes, and how far
// parts move when the graph changes a little.
//
// It judges geometry only, in the measures that render draws with, so that engines can be compared
// and tests can insist. It never changes a layout and places nothing itself.
package quality
