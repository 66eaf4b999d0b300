#!/usr/bin/env bash
# Starts the tailnet in a box, and Vite before the owner's door. Both end with
# this script, however it ends.
set -euo pipefail
cd "$(dirname "$0")/.."

export HOMIE_DEV_TARGET=${HOMIE_DEV_TARGET:-http://127.0.0.1:${HOMIE_BOX_PORT:-7101}}
bin/homie-box &
box=$!
(cd webui && exec node_modules/.bin/vite) & # npm would not pass a signal on
vite=$!
trap 'set +e; kill -INT $box 2>/dev/null; kill $vite 2>/dev/null; wait' EXIT
trap 'exit 0' INT TERM
wait $box
