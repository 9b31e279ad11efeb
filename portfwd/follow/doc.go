// Package follow finds out where packets are sent on to. It follows a packet of which nothing is
// known yet through all nat chains, from the hooks on, notes what each rule demands of it and what
// earlier rules take away from it, and tells where destinations are rewritten.
//
// What it can't understand on the way to a rewrite becomes a Problem, never a Path. It reads
// nothing from the system and knows no engine's names; those belong to the detectors.
package follow
