#!/bin/sh
# A node of Kubernetes with the rules of a kube-proxy, as it was recorded for some services, and the
# pods that they lead to; some endpoints are on other nodes. kubernetes-nftables.sh has the rules of
# kube-proxy's other mode.
set -eu
. "$(dirname "$0")/lib.sh"
rules=$(cd "$(dirname "$0")/../.." && pwd)/portfwd/testdata/rules
: "${kube_proxy=iptables}"

# The pods, the ends of their addresses, and what they serve.
pods="coredns-7c65d 2 53/udp 53
web-5d9f8-abcde 5 8080
web-5d9f8-fghij 6 8080
api-6b7c9-klmno 11 8443
local-4xk2p 20 8080
sticky-0 31 8080"

rename() { # changes what can't be in a lab: objects that count packets belong to a tool few have.
    sed 's/-m nfacct --nfacct-name *[^ ]*//' "$1"
}

lab_up() {
    need go golang
    home
    wire "$home" eth0 02:00:00:00:00:0a lan port1 02:00:00:00:00:01
    up "$home" eth0 192.0.2.10/24 2001:db8:1::10/64
    up lan port1 192.0.2.1/24 2001:db8:1::1/64
    link "$home" cni0 02:00:0a:f4:00:01 type bridge
    up "$home" cni0 10.244.0.1/24 fd00:10:244::1/64
    inside "$home" ip route add 10.244.1.0/24 via 192.0.2.11
    inside "$home" ip route add fd00:10:244:1::/64 via 2001:db8:1::11
    server "$dir/srv"
    echo "$pods" | while read -r pod end ports; do
        space "$pod"
        hex=$(printf %02x "$end")
        wire "$home" "veth$hex" 02:00:0a:f4:01:"$hex" "$pod" eth0 02:00:0a:f4:00:"$hex"
        port "$home" "veth$hex" cni0
        up "$pod" eth0 "10.244.0.$end/24" "fd00:10:244::$hex/64"
        inside "$pod" ip route add default via 10.244.0.1
        inside "$pod" ip route add default via fd00:10:244::1
        [ -e "$dir/${pod%%-*}" ] || cp "$dir/srv" "$dir/${pod%%-*}"
        # shellcheck disable=SC2086 # one word for each port.
        start "$pod" "$dir/${pod%%-*}" $ports
    done
    if [ "$kube_proxy" = nftables ]; then
        need nft nftables
        inside "$home" nft -f "$rules/kube-proxy-v1.36.3-nftables-dual/nft-list-ruleset.txt"
        return
    fi
    need iptables-nft-restore iptables
    recorded=$rules/kube-proxy-v1.36.3-iptables-dual
    rename "$recorded/iptables-save.txt" | inside "$home" iptables-nft-restore
    rename "$recorded/ip6tables-save.txt" | inside "$home" ip6tables-nft-restore
}

lab_down() {
    leave "$dir"
    remove "lan $(echo "$pods" | cut -d' ' -f1 | tr '\n' ' ')" \
        "$(echo "$pods" | while read -r _ end _; do printf 'veth%02x ' "$end"; done) cni0 eth0"
}

dir=/run/hostwire-lab/$LAB$name.engine
main "$@"
