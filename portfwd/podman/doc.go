// Package podman recognises the port forwards that Podman's netavark has set up, with its iptables
// and nftables drivers.
//
// It only tells whose rules they are; what they do is found out by package follow. It registers
// itself when imported.
package podman
