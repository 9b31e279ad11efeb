// Package graph decides what a picture of a host's network shows: clusters for namespaces, nodes
// for interfaces and ports, typed edges for the wires between them, groups and notes.
//
// It is a pure function of package network's model and knows nothing of layouts, colours or
// formats. It never invents an edge: where the model says that something is out of sight, the
// graph has a remark and no wire. Everything in it is ordered and identified by stable names, so
// that the same network gives the same graph.
package graph
