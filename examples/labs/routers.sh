#!/bin/sh
# A chain of three routers between two offices. Where the kernel has VLANs, the middle router keeps
# two of them apart on the wire to the last one.
set -eu
. "$(dirname "$0")/lib.sh"

lab_up() {
    space office-a r1 r2 r3 office-b
    wire office-a eth0 02:00:00:00:00:0a r1 lan 02:00:00:00:01:01
    wire r1 east 02:00:00:00:01:02 r2 west 02:00:00:00:02:01
    wire r2 east 02:00:00:00:02:02 r3 west 02:00:00:00:03:01
    wire r3 lan 02:00:00:00:03:02 office-b eth0 02:00:00:00:00:0b
    up office-a eth0 10.1.0.10/24
    up r1 lan 10.1.0.1/24
    up r1 east 10.0.12.1/30
    up r2 west 10.0.12.2/30
    up r3 lan 10.3.0.1/24
    up office-b eth0 10.3.0.10/24
    between=east other=west
    if inside r2 ip link add link east name east.10 type vlan id 10 2>/dev/null; then
        between=east.10 other=west.10
        inside r3 ip link add link west name west.10 type vlan id 10
        vlan r2 east 20 192.168.20.1/24
        vlan r3 west 20 192.168.20.2/24
    else
        echo "$name: this kernel has no VLANs (8021q): the routers do without" >&2
    fi
    up r2 $between 10.0.23.1/30
    up r3 $other 10.0.23.2/30
    for r in r1 r2 r3; do inside $r sysctl -qw net.ipv4.ip_forward=1; done
    inside office-a ip route add default via 10.1.0.1
    inside r1 ip route add 10.3.0.0/24 via 10.0.12.2
    inside r2 ip route add 10.1.0.0/24 via 10.0.12.1
    inside r2 ip route add 10.3.0.0/24 via 10.0.23.2
    inside r3 ip route add 10.1.0.0/24 via 10.0.23.1
    inside office-b ip route add default via 10.3.0.1
    start office-a sleep infinity
    start office-b sleep infinity
}

vlan() { # NAME LOWER ID ADDRESS
    inside "$1" ip link add link "$2" name "$2.$3" type vlan id "$3"
    up "$1" "$2.$3" "$4"
}

lab_down() {
    remove "office-a r1 r2 r3 office-b" ""
}

main "$@"
