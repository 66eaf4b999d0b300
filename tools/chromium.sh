#!/usr/bin/env bash
# Prints the path of a Chromium for the browser's tests. Installs one with apt
# where that needs no questions; otherwise says how to get it, and fails.
set -uo pipefail

find_chromium() {
	local name
	for name in "${HOMIE_CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable \
		"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" \
		"/Applications/Chromium.app/Contents/MacOS/Chromium"; do
		[ -n "$name" ] && command -v "$name" && return 0
	done
	return 1
}

find_chromium && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	echo "installing chromium with apt" >&2
	export DEBIAN_FRONTEND=noninteractive
	apt-get install -qq -y --no-install-recommends chromium fonts-liberation >&2 </dev/null ||
		{ apt-get update -qq >&2 && apt-get install -qq -y --no-install-recommends chromium fonts-liberation >&2 </dev/null; }
	find_chromium && exit 0
fi
echo "left out: the browser's tests, for want of Chromium; install it (apt install chromium, or Google Chrome) or name one in HOMIE_CHROMIUM" >&2
exit 1
