// Package soak proves that discovery stands a host that never keeps still: namespaces, interfaces
// and processes come and go as fast as the machine can, while discoveries run one after the other.
//
// It is all tests. How long they take is HOSTWIRE_SOAK, a duration such as 10m. The churn happens in
// network, mount and PID namespaces of its own, which end with it, and never touches the host's.
package soak
