// Package proxy recognises programs that pass traffic on without any packet filter rule:
// docker-proxy, socat, pasta, rootlessport, slirp4netns and rootlesskit. Their command lines tell
// what they mean to do, and their listening sockets whether they do it.
//
// A program is never taken at its word alone: without the socket there is no forward. It registers
// itself when imported.
package proxy
