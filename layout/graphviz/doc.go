// Package graphviz is the layout engines of Graphviz: dot, neato, fdp, sfdp, circo, twopi, osage.
//
// Graphviz only places boxes of given sizes, and for dot routes the wires; the other engines place
// whole cards, and wires find their way around them here. Names, colours and text never reach it.
// It runs in a process of its own, without privileges and within limits:
// the helper program hostwire-graphviz that is installed beside hostwire, else the system's dot.
// This package never links Graphviz itself and never looks along PATH for it.
package graphviz
