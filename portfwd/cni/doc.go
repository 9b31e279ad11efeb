// Package cni recognises the port forwards that the CNI plugin "portmap" has set up, with its
// iptables and nftables backends: for nerdctl, for older Podman versions, and for the host ports of
// Kubernetes pods.
//
// It only tells whose rules they are; what they do is found out by package follow. It registers
// itself when imported.
package cni
