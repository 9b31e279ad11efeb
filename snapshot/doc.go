// Package snapshot writes what was discovered of a host as JSON, and reads it back: on any machine,
// without privileges, as often as needed.
//
// What is read back equals what was written, netlink handles aside; so a picture drawn from a
// snapshot is the one that would have been drawn on the host. The format has a version and a
// published schema. Reading bounds what it takes and trusts nothing: a snapshot may come from a
// stranger. The package never looks at the machine it runs on.
package snapshot
