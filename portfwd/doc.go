// Package portfwd finds the ports of a network namespace that are forwarded elsewhere: by packet
// filter rules, whatever wrote them, and by programs that pass traffic on.
//
// It is a registry of detectors, each in a package of its own; import portfwd/all for all of them.
// They work on what was read before, and never touch the system. A rule that forwards in a way
// not understood becomes a finding, never a guess.
package portfwd
