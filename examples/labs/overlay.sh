#!/bin/sh
# Two hosts on one network, each with two tenants on a bridge; a VXLAN joins the bridges. The outer
# namespace is the switch between the hosts.
set -eu
. "$(dirname "$0")/lib.sh"

host() { # NAME NUMBER TENANT TENANT
    h=$1 n=$2
    space "$h"
    wire - "port$n" 02:00:00:00:01:0"$n" "$h" eth0 02:00:00:00:02:0"$n"
    port - "port$n" switch
    up "$h" eth0 "192.0.2.1$n/24"
    link "$h" br0 02:00:00:00:03:0"$n" type bridge
    link "$h" vx42 02:00:00:00:04:0"$n" type vxlan id 42 dstport 4789 dev eth0 local "192.0.2.1$n" group 239.1.1.42 ttl 8
    port "$h" vx42 br0
    up "$h" br0 "10.42.0.$n/24"
    up "$h" vx42
    shift 2
    i=1
    for tenant; do
        space "$tenant"
        wire "$h" "to-$tenant" 02:00:00:00:05:"$n$i" "$tenant" eth0 02:00:00:00:06:"$n$i"
        port "$h" "to-$tenant" br0
        up "$tenant" eth0 "10.42.0.$n$i/24"
        start "$tenant" sleep infinity
        i=$((i + 1))
    done
}

lab_up() {
    link - switch 02:00:00:00:00:01 type bridge
    up - switch
    host host-a 1 web-1 db-1
    host host-b 2 web-2 db-2
}

lab_down() {
    remove "web-1 db-1 web-2 db-2 host-a host-b" "port1 port2 switch"
}

main "$@"
