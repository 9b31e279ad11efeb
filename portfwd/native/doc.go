// Package native takes all rules that forward ports and that no other detector knows: written by
// hand or by a firewall's manager such as firewalld, with iptables or nftables. It also reports the
// rules that are not understood, whoever wrote them.
//
// What rules do is found out by package follow. It registers itself when imported.
package native
