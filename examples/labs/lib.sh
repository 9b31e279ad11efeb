# What the labs share; each sources this file.
#
# A lab's namespaces, and its interfaces in the outer namespace, have names that start with $LAB
# ("lab-" unless set), so that nothing else on the machine is ever touched. The outer namespace,
# which plays the host, is called - below. Hardware addresses are given, so that a lab is the same
# each time it is built.

: "${LAB=lab-}"
name=$(basename "$0" .sh)
state=/run/hostwire-lab/$LAB$name # processes in the outer namespace: PID and start time.

die() {
    echo "$name: $*" >&2
    exit 1
}

need() { # TOOL PACKAGE
    command -v "$1" >/dev/null || die "needs $1: install the package $2"
}

space() { # NAME...: makes namespaces.
    for s; do
        ip netns add "$LAB$s"
        ip -n "$LAB$s" link set lo up
    done
}

inside() { # NAME COMMAND...: runs a command in a namespace.
    where=$1
    shift
    if [ "$where" = - ]; then "$@"; else ip netns exec "$LAB$where" "$@"; fi
}

outer() { # NAME INTERFACE: what the interface is really called.
    if [ "$1" = - ]; then echo "$LAB$2"; else echo "$2"; fi
}

at() { # NAME: arguments for ip(8) that put a new interface into a namespace.
    [ "$1" = - ] || echo "netns $LAB$1"
}

up() { # NAME INTERFACE ADDRESS...: gives an interface addresses and brings it up.
    in=$1 nif=$(outer "$1" "$2")
    shift 2
    for a; do inside "$in" ip address add "$a" dev "$nif"; done
    inside "$in" ip link set "$nif" up
}

link() { # NAME INTERFACE MAC KIND ARGUMENTS...: adds an interface, still down.
    in=$1 nif=$(outer "$1" "$2") mac=$3
    shift 3
    inside "$in" ip link add name "$nif" address "$mac" "$@"
}

wire() { # NAME INTERFACE MAC NAME INTERFACE MAC: adds a veth pair and brings both ends up.
    # shellcheck disable=SC2046 # at gives two words or none.
    ip link add name "$(outer "$1" "$2")" address "$3" $(at "$1") \
        type veth peer name "$(outer "$4" "$5")" address "$6" $(at "$4")
    up "$1" "$2"
    up "$4" "$5"
}

port() { # NAME INTERFACE BRIDGE: makes an interface a port of a bridge in the same namespace.
    inside "$1" ip link set "$(outer "$1" "$2")" master "$(outer "$1" "$3")"
}

started=1000

start() { # NAME COMMAND...: starts a process in a namespace.
    in=$1
    shift
    if [ -z "$LAB" ]; then # in a world of its own the PIDs are the same each time.
        started=$((started + 1))
        echo $((started - 1)) 2>/dev/null >/proc/sys/kernel/ns_last_pid || true
    fi
    if [ "$in" = - ]; then
        "$@" </dev/null >/dev/null 2>&1 &
        mkdir -p "$state"
        cut -d' ' -f22 "/proc/$!/stat" >"$state/$!"
        return
    fi
    nsenter --net="/run/netns/$LAB$in" "$@" </dev/null >/dev/null 2>&1 &
    pid=$!
    # nsenter takes a moment to get there.
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        [ "$(ip netns identify "$pid")" = "$LAB$in" ] && return
        sleep 0.1
    done
    die "$1 did not start in $in"
}

settle() { # waits until the kernel has told everybody about new carriers, which takes up to a second.
    sleep 2
}

home() { # says where the host's own things are: in the open, engines and their rules get a space.
    home_is
    if [ "$home" = host ]; then space host; fi
    space lan
}

home_is() {
    home=-
    if [ -n "$LAB" ]; then home=host; fi
}

server() { # FILE: builds the server that stands for all services.
    mkdir -p "$(dirname "$1")"
    (cd "$(dirname "$0")/../.." && CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o "$1" ./network/testdata/srv) ||
        die "the server for the containers was not built"
}

wait_for() { # COMMAND...: waits until it succeeds.
    for _ in $(seq 150); do
        if "$@" >/dev/null 2>&1; then return; fi
        sleep 0.2
    done
    die "gave up waiting for $*"
}

leave() { # DIRECTORY: ends an engine that keeps its files there, and removes them and its space.
    home_is
    for file in "$state"/*; do
        pid=$(basename "$file")
        [ -e "$file" ] && [ "$(cut -d' ' -f22 "/proc/$pid/stat" 2>/dev/null)" = "$(cat "$file")" ] || continue
        kill "$pid"
        gone "$pid"
    done
    if [ "$home" = host ]; then
        for pid in $(ip netns pids "$LAB$home" 2>/dev/null); do kill "$pid" 2>/dev/null || true; done
        for pid in $(ip netns pids "$LAB$home" 2>/dev/null); do gone "$pid"; done
        ip netns delete "$LAB$home" 2>/dev/null || true
    fi
    for m in $(cut -d' ' -f2 /proc/self/mounts | grep "^$1/" | sort -r); do umount -l "$m"; done
    rm -rf "$1"
}

gone() { # PID: waits until a process has ended, and ends it itself if it takes too long.
    for _ in $(seq 100); do
        # What has ended and waits for its parent still has a directory.
        grep -q '^State:.[^ZX]' "/proc/$1/status" 2>/dev/null || return 0
        sleep 0.1
    done
    kill -9 "$1" 2>/dev/null || true
}

remove() { # SPACES INTERFACES: ends what start started, and removes namespaces and outer interfaces.
    for file in "$state"/*; do
        pid=$(basename "$file")
        [ -e "$file" ] && [ "$(cut -d' ' -f22 "/proc/$pid/stat" 2>/dev/null)" = "$(cat "$file")" ] && kill "$pid"
    done
    rm -rf "$state"
    rmdir /run/hostwire-lab 2>/dev/null || true
    for s in $1; do
        for pid in $(ip netns pids "$LAB$s" 2>/dev/null); do kill "$pid" 2>/dev/null || true; done
    done
    for i in $2; do ip link delete "$LAB$i" 2>/dev/null || true; done
    for s in $1; do ip netns delete "$LAB$s" 2>/dev/null || true; done
}

main() { # up|down: calls what the lab defines.
    [ "$(id -u)" = 0 ] || die "namespaces are made by root only: use sudo"
    need ip iproute2
    need nsenter util-linux
    case ${1-} in
    up)
        trap 'lab_down' EXIT # nothing stays half built.
        lab_up
        settle
        trap - EXIT
        ;;
    down) lab_down ;;
    *)
        echo "usage: $0 up|down" >&2
        exit 2
        ;;
    esac
}
