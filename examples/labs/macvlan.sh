#!/bin/sh
# Three namespaces share the host's uplink through macvlans in different modes, and a virtual machine
# through a macvtap. The network behind the uplink is a namespace too: lan.
set -eu
. "$(dirname "$0")/lib.sh"

lab_up() {
    space lan camera printer phone
    wire - eth0 02:00:00:00:00:02 lan port1 02:00:00:00:00:01
    up - eth0 192.0.2.2/24
    up lan port1 192.0.2.1/24
    i=1
    for s in camera printer phone; do
        case $s in
        camera) mode=bridge ;;
        printer) mode=vepa ;;
        phone) mode=private ;;
        esac
        # shellcheck disable=SC2046 # at gives two words or none.
        ip link add link "${LAB}eth0" name eth0 address 02:00:00:00:01:0$i $(at $s) type macvlan mode $mode
        up $s eth0 192.0.2.1$i/24
        inside $s ip route add default via 192.0.2.1
        i=$((i + 1))
    done
    start camera sleep infinity
    ip link add link "${LAB}eth0" name "${LAB}vm1" address 02:00:00:00:02:01 type macvtap mode bridge
    up - vm1
}

lab_down() {
    remove "lan camera printer phone" "vm1 eth0"
}

main "$@"
