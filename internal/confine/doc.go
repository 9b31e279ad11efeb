// Package confine gives privileges up for good: after it, the process has no capability, may become
// nobody else, and writes only where its output goes.
//
// hostwire looks at a host as root, but lays out, draws and parses what strangers wrote without any
// power. The package never gains a privilege and never undoes what it did.
package confine
