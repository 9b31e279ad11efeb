#!/bin/sh
# A host with Docker: a compose project on networks of its own, one of them internal, one container
# on Docker's own bridge, one on the host's network; ports are published in IPv4 and IPv6.
#
# The containers run what network/testdata/srv is: it listens, and that is all.
set -eu
. "$(dirname "$0")/lib.sh"

# Where the engine keeps what: in a world of its own as on any host, for this is what pictures show.
dir=/run/hostwire-lab/$LAB$name.engine
exec=/run/docker
socket=/run/docker.sock
cgroup=hostwire-lab-${LAB:-world}
if [ -n "$LAB" ]; then exec=$dir/exec socket=$dir/docker.sock; fi
export DOCKER_HOST="unix://$socket" DOCKER_CONFIG="$dir/config"

image() { # NAME COMMAND ARGUMENT...: makes an image of the server under the name of a command.
    tag=$1 command=$2
    shift 2
    mkdir -p "$dir/image"
    cp "$dir/srv" "$dir/image/$command"
    tar -C "$dir/image" -c "$command" |
        docker import --change "CMD [\"/$command\"$(printf ', "%s"' "$@")]" - "$tag" >/dev/null
    rm "$dir/image/$command"
}

container() { # NAME SERVICE ARGUMENT...: runs a container, of the project unless SERVICE is -.
    container=$1 service=$2
    shift 2
    if [ "$service" != - ]; then
        set -- --label com.docker.compose.project=shop --label "com.docker.compose.service=$service" "$@"
    fi
    docker run -d --name "$container" --cgroup-parent "$cgroup" "$@" >/dev/null
}

lab_up() {
    need docker docker.io
    need dockerd docker.io
    need go golang
    need iptables iptables
    home
    wire "$home" eth0 02:00:00:00:00:02 lan port1 02:00:00:00:00:01
    up "$home" eth0 192.0.2.2/24 2001:db8::2/64
    up lan port1 192.0.2.1/24 2001:db8::1/64
    server "$dir/srv"
    start "$home" dockerd --data-root "$dir/data" --exec-root "$exec" --pidfile "$dir/pid" -H "$DOCKER_HOST" \
        --storage-driver vfs --experimental --ip6tables
    wait_for docker version

    image nginx:1.27 nginx 80 443
    image shop/api:3 shop-api 9000 9001 9002 53/udp
    image postgres:17 postgres 5432
    image grafana/grafana:11.4 grafana 3000
    image prom/node-exporter:v1.8 node_exporter 9100
    docker network create --ipv6 --subnet fd00:db8:1::/64 shop_default >/dev/null
    docker network create --internal shop_data >/dev/null
    container shop-db-1 db --network shop_data postgres:17
    container shop-api-1 api --network shop_default -p 9000-9002:9000-9002 -p 5353:53/udp shop/api:3
    docker network connect shop_data shop-api-1
    container shop-web-1 web --network shop_default -p 8080:80 -p 127.0.0.1:8443:443 nginx:1.27
    container grafana - -p 3000:3000 grafana/grafana:11.4
    container node-exporter - --network host prom/node-exporter:v1.8
}

lab_down() {
    if [ -S "$socket" ]; then
        # shellcheck disable=SC2046 # one word for each container.
        docker rm -f $(docker ps -aq) >/dev/null 2>&1 || true
        docker network rm shop_default shop_data >/dev/null 2>&1 || true
    fi
    leave "$dir"
    rmdir "/sys/fs/cgroup/$cgroup" /sys/fs/cgroup/*/"$cgroup" 2>/dev/null || true
    remove "lan" "docker0 eth0"
}

main "$@"
