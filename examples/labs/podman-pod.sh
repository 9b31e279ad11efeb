#!/bin/sh
# A host with Podman: a pod of two containers with a published port, and a single container with two.
#
# The containers run what network/testdata/srv is: it listens, and that is all.
set -eu
. "$(dirname "$0")/lib.sh"

dir=/run/hostwire-lab/$LAB$name.engine
state_of=/run/containers
socket=/run/podman/podman.sock
if [ -n "$LAB" ]; then state_of=$dir/run socket=$dir/podman.sock; fi
export CONTAINERS_CONF="$dir/containers.conf"

engine() { # ARGUMENT...: the engine in the lab's host; not by inside, which hides control groups.
    enter=
    if [ "$home" != - ]; then enter="nsenter --net=/run/netns/$LAB$home"; fi
    $enter podman --root "$dir/data" --runroot "$state_of" --storage-driver vfs \
        --cgroup-manager cgroupfs --network-config-dir "$dir/networks" "$@"
}

image() { # NAME COMMAND ARGUMENT...: makes an image of the server under the name of a command.
    tag=$1 command=$2
    shift 2
    mkdir -p "$dir/image"
    cp "$dir/srv" "$dir/image/$command"
    tar -C "$dir/image" -c "$command" |
        engine import --change "CMD [\"/$command\"$(printf ', "%s"' "$@")]" - "$tag" >/dev/null 2>&1
    rm "$dir/image/$command"
}

lab_up() {
    need podman podman
    need go golang
    need iptables iptables
    home
    wire "$home" eth0 02:00:00:00:00:02 lan port1 02:00:00:00:00:01
    up "$home" eth0 192.0.2.2/24
    up lan port1 192.0.2.1/24
    server "$dir/srv"
    printf '[containers]\ndefault_ulimits=["nofile=1024:1024","nproc=1024:1024"]\n' >"$CONTAINERS_CONF"

    image nginx:1.27 nginx 80
    image shop/api:3 shop-api 9000
    image prom/prometheus:v3 prometheus 9090 9091
    image pause:1 pause 1
    # Where CNI plugins remember which addresses they gave away last.
    if [ -z "$LAB" ]; then
        mkdir -p /var/lib/cni
        mount -t tmpfs lab /var/lib/cni
    fi
    engine network create "${LAB}shop" >/dev/null
    engine pod create --name shop --hostname shop --network "${LAB}shop" -p 8080:80 \
        --infra-image localhost/pause:1 --infra-command /pause >/dev/null
    engine run -d --pod shop --name shop-web localhost/nginx:1.27 >/dev/null
    engine run -d --pod shop --name shop-api localhost/shop/api:3 >/dev/null
    engine run -d --name metrics --network "${LAB}shop" -p 9090-9091:9090-9091 localhost/prom/prometheus:v3 >/dev/null
    mkdir -p "$(dirname "$socket")"
    start "$home" podman --root "$dir/data" --runroot "$state_of" --storage-driver vfs \
        --cgroup-manager cgroupfs --network-config-dir "$dir/networks" system service -t 0 "unix://$socket"
    wait_for podman --url "unix://$socket" ps
}

lab_down() {
    home_is
    if [ -d "$dir/data" ]; then
        engine pod rm -af -t 0 >/dev/null 2>&1 || true
        engine rm -af -t 0 >/dev/null 2>&1 || true
        engine network rm -f "${LAB}shop" >/dev/null 2>&1 || true
        if [ -n "$LAB" ]; then rm -rf "/var/lib/cni/networks/${LAB}shop"; fi
    fi
    leave "$dir"
    remove "lan" "eth0"
}

main "$@"
