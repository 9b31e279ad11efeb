#!/bin/sh
# A host of virtual machines: TAPs on a bridge, with a process behind each as a hypervisor would be,
# one machine switched off, and a VPN's TUN beside them.
set -eu
. "$(dirname "$0")/lib.sh"

tap() { # NUMBER: a TAP that a process keeps open.
    ip tuntap add dev "${LAB}tap$1" mode tap user 0
    ip link set "${LAB}tap$1" address 02:00:00:00:01:0"$1"
    port - "tap$1" virbr0
    up - "tap$1"
}

serve() { # INTERFACE tap|tun: starts a process that takes what the interface sends.
    start - socat -u "TUN,tun-name=$LAB$1,tun-type=$2,iff-no-pi" OPEN:/dev/null,wronly
}

lab_up() {
    need socat socat
    [ -c /dev/net/tun ] || die "needs /dev/net/tun: modprobe tun"
    space lan
    wire - eth0 02:00:00:00:00:02 lan port1 02:00:00:00:00:01
    up - eth0 192.0.2.2/24
    up lan port1 192.0.2.1/24
    link - virbr0 02:00:00:00:01:00 type bridge
    up - virbr0 192.168.122.1/24
    tap 1
    tap 2
    tap 3
    serve tap1 tap
    serve tap2 tap
    ip tuntap add dev "${LAB}vpn0" mode tun
    ip link set "${LAB}vpn0" addrgenmode none # the kernel would make up an address.
    up - vpn0 10.8.0.1/24
    serve vpn0 tun
}

lab_down() {
    remove "lan" "tap1 tap2 tap3 vpn0 virbr0 eth0"
}

main "$@"
