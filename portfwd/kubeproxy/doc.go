// Package kubeproxy recognises the port forwards that Kubernetes' kube-proxy has set up for
// services, in its iptables and nftables modes: cluster IPs, node ports, external and load balancer
// IPs, each leading to one or several endpoints.
//
// It tells whose rules they are and for which service; what they do is found out by package
// follow. It registers itself when imported.
package kubeproxy
