#!/usr/bin/env bash
# What a machine can say about the source without running it. Does all of it,
# then fails if any part did. LINT is the linter's command, TAGS are those of
# the product's build.
set -uo pipefail
cd "$(dirname "$0")/.."

failed=()
check() { # NAME COMMAND...
	echo "== $1"
	"${@:2}" || failed+=("$1")
}

systems() { # COMMAND...: for each system that homie is built for
	local os ok=0
	for os in linux darwin windows; do
		GOOS=$os CGO_ENABLED=0 "$@" || { echo "on $os: $*" && ok=1; }
	done
	return $ok
}

# Generated files are up to date if generating them changes nothing.
drift() {
	local files=(webui/src/gen docs/protocol.md gateway/openrpc.json gateway/testdata cmd/homie/internal/api)
	local before after
	before=$(find "${files[@]}" -type f -exec cksum {} + | sort -k3)
	go run ./internal/gen || return
	after=$(find "${files[@]}" -type f -exec cksum {} + | sort -k3)
	[ "$before" = "$after" ] && return
	echo "these were not what the source says, and are now; commit them:"
	diff <(echo "$before") <(echo "$after") | awk '/^>/ { print "  " $4 }'
	return 1
}

# shellcheck disable=SC2086 # a command and its arguments
check "golangci-lint" $LINT run
check "go vet" systems go vet ./...
check "go build" systems go build ./...
check "go build with the product's tags" go build -tags "$TAGS" -o /dev/null ./cmd/homie
check "generated files" drift
check "TypeScript" npm --prefix webui run --silent check

if [ ${#failed[@]} -gt 0 ]; then
	printf 'check failed: %s\n' "${failed[@]}"
	exit 1
fi
echo "check passed"
