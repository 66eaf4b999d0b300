#!/usr/bin/env bash
# What a machine can say about the source without running it. Does all of it,
# then fails if any part did. LINT is the linter's command, TAGS are those of
# the product's build.
set -uo pipefail
cd "$(dirname "$0")/.."

failed=()
took=()
check() { # NAME COMMAND...
	local started=$SECONDS
	echo "== $1"
	"${@:2}" || failed+=("$1")
	took+=("$((SECONDS - started)) s $1")
}

# The linter vets for the system that it runs on, and the tests are built there.
elsewhere() { # COMMAND...: for each other system that homie is built for
	local os ok=0
	for os in linux darwin windows; do
		[ "$os" != "$(go env GOHOSTOS)" ] || continue
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
check "golangci-lint" $LINT run --allow-parallel-runners
check "go vet for other systems" elsewhere go vet ./...
check "go build for other systems" elsewhere go build -o /dev/null ./cmd/...
check "go build as the product" go build -trimpath -tags "$TAGS" -o /dev/null ./cmd/homie
check "generated files" drift
check "TypeScript" npm --prefix webui run --silent check

printf '%s\n' "${took[@]}"
if [ ${#failed[@]} -gt 0 ]; then
	printf 'check failed: %s\n' "${failed[@]}"
	exit 1
fi
echo "check passed"
