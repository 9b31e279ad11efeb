#!/bin/sh
# Draws the pictures that the pages beside this script show, from a committed snapshot:
#
#     generate.sh network.json PICTURES
#
# network.svg follows what its reader's browser prefers. The other two are for sites with a switch of
# their own between light and dark. --stable makes the files change only when the network does, and
# --like leaves everything where readers know it from the last time.
set -eu
snapshot=$1 pictures=$2
mkdir -p "$pictures"
hostwire draw -i "$snapshot" --stable -o "$pictures/network.svg" --like "$pictures/network.svg"
hostwire draw -i "$snapshot" --stable --theme light -o "$pictures/network-light.svg" --like "$pictures/network.svg"
hostwire draw -i "$snapshot" --stable --theme dark -o "$pictures/network-dark.svg" --like "$pictures/network.svg"
