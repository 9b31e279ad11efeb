// Package network is the information model of a host's network, and its discovery: the network
// namespaces, the interfaces in them and the relations between these, addresses, routes, open
// ports, forwarded ports, and the processes and containers living in each namespace.
//
// The discovery only reads: it never changes an interface, a route, a rule or a namespace, and it
// never keeps a key. It does not log; what it could not see is a [Finding] of the [Discovery].
package network
