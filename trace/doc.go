// Package trace tells which way a packet takes through the namespaces of a host, and why it stops.
//
// It reads the information model and computes: route by route, wire by wire. It sends nothing and
// never looks at the system. What the model does not carry (packet filters, policy rules, whether a
// namespace forwards) is no guess but a doubt of the answer.
package trace
