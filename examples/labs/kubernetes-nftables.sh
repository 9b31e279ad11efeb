#!/bin/sh
# A node of Kubernetes as in kubernetes-iptables.sh, with kube-proxy in its nftables mode.
set -eu
kube_proxy=nftables
. "$(dirname "$0")/kubernetes-iptables.sh"
