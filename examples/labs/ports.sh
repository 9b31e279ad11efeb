#!/bin/sh
# Ports of the host that nftables forwards to servers in two namespaces, as container engines do.
set -eu
. "$(dirname "$0")/lib.sh"

lab_up() {
    need nft nftables
    need socat socat
    space lan web api
    wire - eth0 02:00:00:00:00:02 lan port1 02:00:00:00:00:01
    up - eth0 192.0.2.2/24
    up lan port1 192.0.2.1/24
    link - br0 02:00:00:00:01:00 type bridge
    up - br0 172.20.0.1/24
    i=2
    for server in web api; do
        wire - "veth-$server" 02:00:00:00:02:0$i $server eth0 02:00:00:00:03:0$i
        port - "veth-$server" br0
        up $server eth0 172.20.0.$i/24
        inside $server ip route add default via 172.20.0.1
        i=$((i + 1))
    done
    # As engines do; but for the lab's interfaces only, whatever else the machine does.
    for nif in eth0 br0; do sysctl -qw "net.ipv4.conf.$LAB$nif.forwarding=1"; done
    start web socat TCP4-LISTEN:80,fork,reuseaddr PIPE
    start api socat TCP4-LISTEN:8080,fork,reuseaddr PIPE
    nft -f - <<RULES
table ip ${LAB}ports {
    chain prerouting {
        type nat hook prerouting priority dstnat; policy accept;
        iifname "${LAB}eth0" tcp dport 8081 dnat to 172.20.0.2:80
        iifname "${LAB}eth0" ip daddr 192.0.2.2 tcp dport 9000 dnat to 172.20.0.3:8080
    }
}
RULES
}

lab_down() {
    nft delete table ip "${LAB}ports" 2>/dev/null || true
    remove "lan web api" "veth-web veth-api br0 eth0"
}

main "$@"
