// Package nftget gets at what nftables hold: it reads the packet filter rules of a network
// namespace from the kernel, bounded, and takes the expressions in them apart, native ones and the
// xtables-compatible ones that iptables-nft writes.
//
// It interprets nothing: what a rule does to a packet is for package follow. It never writes rules.
package nftget
