#!/bin/sh
# A host with a bridge, as Docker makes it, and three tenants; one tenant's wire is down, and one
# more interface waits for a tenant that is gone.
set -eu
. "$(dirname "$0")/lib.sh"

lab_up() {
    link - docker0 02:42:ac:11:00:01 type bridge
    up - docker0 172.17.0.1/16
    i=2
    for tenant in web api db; do
        space $tenant
        wire - "veth-$tenant" 02:42:0a:00:00:0$i $tenant eth0 02:42:ac:11:00:0$i
        port - "veth-$tenant" docker0
        up $tenant eth0 172.17.0.$i/16
        inside $tenant ip route add default via 172.17.0.1
        start $tenant sleep infinity
        i=$((i + 1))
    done
    inside db ip link set eth0 down
    inside web ip link set eth0 alias "shop front"
}

lab_down() {
    remove "web api db" "veth-web veth-api veth-db docker0"
}

main "$@"
