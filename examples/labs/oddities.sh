#!/bin/sh
# What makes other tools draw wrong wires: equal indices at both ends of a veth and of a macvlan, a
# VXLAN and a macvlan that were moved away from what they stand on, names and aliases full of
# markup, a namespace that only an open file keeps.
set -eu
. "$(dirname "$0")/lib.sh"

lab_up() {
    space left right far 'a"<b>&c'
    # The same index at both ends: the kernel leaves IFLA_LINK out.
    ip link add name twin-l index 77 address 02:00:00:00:00:01 netns "${LAB}left" \
        type veth peer name twin-r index 77 address 02:00:00:00:00:02 netns "${LAB}right"
    up left twin-l 10.0.0.1/24
    up right twin-r 10.0.0.2/24
    # A macvlan whose index is that of the interface that it stands on, in another namespace.
    ip -n "${LAB}left" link add link twin-l name mv0 index 77 address 02:00:00:00:00:03 netns "${LAB}far" type macvlan mode bridge
    up far mv0 10.0.0.3/24
    # A macvlan and a VXLAN that moved.
    inside left ip link add link twin-l name mv1 address 02:00:00:00:00:04 type macvlan mode private
    inside left ip link set mv1 netns "${LAB}right"
    up right mv1
    inside left ip link add name vx7 address 02:00:00:00:00:05 type vxlan id 7 dstport 4789 dev twin-l group 239.0.0.7
    inside left ip link set vx7 netns "${LAB}far"
    up far vx7
    # Both ends in one namespace.
    wire left loop-a 02:00:00:00:01:01 left loop-b 02:00:00:00:01:02
    # Names for which writers must be careful.
    wire right 'x|{y}' 02:00:00:00:02:01 'a"<b>&c' '<i>"&amp;' 02:00:00:00:02:02
    inside right ip link set 'x|{y}' alias '</text><script>alert(1)</script>'
    inside 'a"<b>&c' ip link set '<i>"&amp;' alias "$(printf 'red \033[31m bell \007 bidi \342\200\256')"
    # A namespace without a name and without processes of its own, kept by an open file.
    space hidden
    wire left to-hidden 02:00:00:00:03:01 hidden eth0 02:00:00:00:03:02
    start left sh -c "exec 9<'/run/netns/${LAB}hidden'; exec sleep infinity"
    sleep 0.3
    ip netns delete "${LAB}hidden"
}

lab_down() {
    remove 'left right far a"<b>&c hidden' ""
}

main "$@"
