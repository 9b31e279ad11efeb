#!/bin/sh
# One interface of each kind that the kernel can make, in a namespace of its own; what it cannot make
# is named and left out.
set -eu
. "$(dirname "$0")/lib.sh"

try() { # NUMBER INTERFACE ARGUMENTS...: adds an interface if the kernel knows how.
    mac=02:00:00:00:01:$1 nif=$2
    shift 2
    if inside kinds ip link add name "$nif" address $mac "$@" 2>/dev/null ||
        inside kinds ip link add name "$nif" "$@" 2>/dev/null; then # tunnels have no such address.
        inside kinds ip link set "$nif" up 2>/dev/null || true
    else
        left_out="$left_out $nif"
    fi
}

join() { # INTERFACE CONTROLLER: makes an interface a member, which some kinds take only when down.
    inside kinds ip link set "$1" down
    inside kinds ip link set "$1" master "$2" 2>/dev/null || true
    inside kinds ip link set "$1" up
}

lab_up() {
    left_out=
    space kinds outside
    for i in 1 2 3 4 5 6; do
        wire kinds eth$i 02:00:00:00:00:0$i outside port$i 02:00:00:00:02:0$i
    done
    up kinds eth1 192.0.2.1/24 2001:db8::1/64
    try 01 dummy0 type dummy
    try 02 ifb0 type ifb
    try 03 bond0 type bond mode active-backup
    try 04 team0 type team
    try 05 vrf0 type vrf table 100
    try 06 bridge0 type bridge
    inside kinds ip link set bridge0 type bridge vlan_filtering 1 2>/dev/null || true
    join eth2 bond0
    join eth3 bond0
    join eth4 team0
    join eth5 vrf0
    join eth6 bridge0
    try 07 vlan10 link eth1 type vlan id 10
    try 08 qinq20 link eth1 type vlan id 20 protocol 802.1ad
    try 09 macvlan0 link eth1 type macvlan mode bridge
    try 0a macvtap0 link eth1 type macvtap mode vepa
    try 0b ipvlan0 link eth5 type ipvlan mode l3
    try 0c ipvtap0 link eth5 type ipvtap mode l3
    try 0d vxlan42 type vxlan id 42 dstport 4789 dev eth1 group 239.1.1.42
    try 0e vxlan43 type vxlan id 43 dstport 4789 local 192.0.2.1 remote 192.0.2.43
    try 0f geneve7 type geneve id 7 remote 192.0.2.7
    try 10 gre1 type gre local 192.0.2.1 remote 192.0.2.2 key 1
    try 11 gretap1 type gretap local 192.0.2.1 remote 192.0.2.3
    try 12 ip6gre1 type ip6gre local 2001:db8::1 remote 2001:db8::2
    try 13 erspan1 type erspan local 192.0.2.1 remote 192.0.2.4 seq key 5 erspan_ver 1 erspan 9
    try 14 ipip1 type ipip local 192.0.2.1 remote 192.0.2.5
    try 15 sit1 type sit local 192.0.2.1 remote 192.0.2.6
    try 16 ip6tnl1 type ip6tnl local 2001:db8::1 remote 2001:db8::3
    try 17 vti1 type vti local 192.0.2.1 remote 192.0.2.8 key 8
    try 18 xfrm1 type xfrm dev eth1 if_id 9
    try 19 wg0 type wireguard
    try 1a netkit0 type netkit peer name netkit1
    try 1b hsr0 type hsr slave1 eth3 slave2 eth4
    try 1c macsec0 link eth1 type macsec encrypt on
    try 1d nlmon0 type nlmon
    try 1e vcan0 type vcan
    inside kinds ip tuntap add dev tap0 mode tap
    inside kinds ip link set tap0 address 02:00:00:00:01:1f
    inside kinds ip tuntap add dev tun0 mode tun
    [ -z "$left_out" ] || echo "$name: this kernel cannot make$left_out" >&2
}

lab_down() {
    remove "kinds outside" ""
}

main "$@"
