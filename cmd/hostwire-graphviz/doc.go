// Command hostwire-graphviz is Graphviz for hostwire: it reads a graph in the DOT language on
// standard input, lays it out with the engine named by its only argument, and writes positions as
// Graphviz's JSON (json0) to standard output.
//
// It is a program of its own because Graphviz, compiled to WebAssembly, costs every process that
// links it time at its start and a cache of machine code in the temporary directory. hostwire
// starts it only where one of Graphviz's engines was asked for. It never opens a file named by its
// input, and no other package imports it.
package main
