#!/usr/bin/env bash
# Says in one line which prerequisite is missing, and how to get it.
set -uo pipefail

# older VERSION MINIMUM: is the dotted VERSION below MINIMUM?
older() {
	awk -v a="$1" -v b="$2" 'BEGIN {
		split(a, x, "."); split(b, y, ".")
		for (i = 1; i <= 3; i++) if (x[i] + 0 != y[i] + 0) exit !(x[i] + 0 < y[i] + 0)
		exit 1
	}'
}

# want NAME MINIMUM FOUND HOW
want() {
	if [ -z "$3" ]; then
		echo "homie needs $1 $2 or newer, and finds none: $4" >&2
		exit 1
	fi
	if older "$3" "$2"; then
		echo "homie needs $1 $2 or newer, and finds $3: $4" >&2
		exit 1
	fi
}

# An older go fetches the version that go.mod names, if it is allowed to.
go=$(go env GOVERSION 2>/dev/null || (cd / && go env GOVERSION) 2>/dev/null)
want Go 1.26 "${go#go}" "install it from https://go.dev/dl (macOS: brew install go)"
node=$(node --version 2>/dev/null)
want Node 20.19 "${node#v}" "install it from https://nodejs.org/en/download (macOS: brew install node)"
command -v npm >/dev/null || want npm 10 "" "it comes with Node; on Debian: apt install npm"
