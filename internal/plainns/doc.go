// Package plainns has namespaces of other machines: read back from a snapshot, or made up.
//
// They carry what a discovery told about a namespace and satisfy lxkns' model of it, so that the
// rest of the program does not know the difference. They never touch this machine's namespaces.
package plainns
