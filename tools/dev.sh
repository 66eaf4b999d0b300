#!/usr/bin/env bash
# Starts the tailnet in a box, and Vite before the owner's door. Both end with
# this script.
set -euo pipefail
cd "$(dirname "$0")/.."

port=${HOMIE_BOX_PORT:-7101}
bin/homie-box &
box=$!
trap 'kill -INT $box 2>/dev/null; wait $box 2>/dev/null' EXIT
HOMIE_DEV_TARGET=${HOMIE_DEV_TARGET:-http://127.0.0.1:$port} npm --prefix webui run --silent dev
