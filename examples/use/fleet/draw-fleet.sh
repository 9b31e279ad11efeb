#!/bin/sh
# Draws all snapshots of a directory as one picture, joined where their tunnels and networks meet, with
# everything where it is in the picture before, if there is one:
#
#     draw-fleet.sh SNAPSHOTS fleet.svg
set -eu
directory=$1 picture=$2
set --
for snapshot in "$directory"/*.json; do
    [ -e "$snapshot" ] || {
        echo "$0: there is no snapshot in $directory" >&2
        exit 1
    }
    set -- "$@" -i "$snapshot"
done
hostwire draw "$@" -o "$picture" --like "$picture"
