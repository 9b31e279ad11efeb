#!/bin/sh
# Compares this host's network with the one that is wanted, and keeps pictures of both:
#
#     check-network.sh WANTED.json DIRECTORY
#
# The exit status is 0 if nothing differs, 3 if something does, and 1 if it could not be found out.
# To accept what there is now, commit DIRECTORY/network.json as WANTED.json.
set -eu
wanted=$1 kept=$2
mkdir -p "$kept"
hostwire capture -o "$kept/network.json"
hostwire draw -i "$kept/network.json" --stable -o "$kept/network.svg"
hostwire diff "$wanted" "$kept/network.json" -o "$kept/changes.svg"
hostwire diff "$wanted" "$kept/network.json" --exit-code >"$kept/changes.txt" || status=$?
cat "$kept/changes.txt"
exit "${status-0}"
