#!/bin/sh
# Takes a snapshot of every node that the DaemonSet has a pod on, and draws all of them:
#
#     kubectl apply -f daemonset.yaml
#     gather.sh SNAPSHOTS fleet.svg
#     kubectl delete -f daemonset.yaml
set -eu
here=$(cd "$(dirname "$0")" && pwd)
snapshots=$1 picture=$2
mkdir -p "$snapshots"
kubectl -n hostwire rollout status daemonset/hostwire --timeout=120s
kubectl -n hostwire get pods -l app=hostwire \
    -o 'jsonpath={range .items[*]}{.metadata.name} {.spec.nodeName}{"\n"}{end}' |
    while read -r pod node; do
        kubectl -n hostwire exec "$pod" -- hostwire capture -o - </dev/null >"$snapshots/$node.json"
    done
sh "$here/../draw-fleet.sh" "$snapshots" "$picture"
