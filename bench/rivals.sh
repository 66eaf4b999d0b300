#!/usr/bin/env bash
# Measures Homie beside the rivals that are installed, in one run: the rows of
# `make bench` that they have a counterpart of. What is absent is said. Arguments go
# to the bench, such as -rounds 3.
#
# gotty is built from its Go module where it is not installed, in a folder that is
# removed at the end; BUILD=no leaves that out.
set -euo pipefail
cd "$(dirname "$0")/.."

gotty=v1.6.0

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
if [ "${BUILD:-}" != no ] && ! command -v gotty >/dev/null; then
	echo "gotty is not installed: building $gotty" >&2
	printf 'module scratch\n\ngo 1.25\n\nrequire github.com/sorenisanerd/gotty %s\n' "$gotty" >"$scratch/go.mod"
	(cd "$scratch" && GOFLAGS=-mod=mod go build -o gotty github.com/sorenisanerd/gotty) ||
		echo "gotty could not be built, and is left out" >&2
fi
[ -x bin/homie ] || { echo "there is no bin/homie; build it with: make build" >&2 && exit 1; }
PATH="$PATH:$scratch" go run ./bench -only ctrlc,holder,stall,rivals "$@"
