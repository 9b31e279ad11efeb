// Package docker recognises the port forwards that the Docker daemon has set up in a network
// namespace: with iptables or nftables, of published ports, Swarm's ingress network, and of the DNS
// inside containers on user-defined networks.
//
// It only tells whose rules they are; what they do is found out by package follow. It registers
// itself when imported.
package docker
