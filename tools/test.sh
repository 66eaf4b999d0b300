#!/usr/bin/env bash
# Runs the tests named, or all: go, web, browser. One that fails does not keep
# the next from running. The last lines are the results.
set -uo pipefail
cd "$(dirname "$0")/.."

results=$(mktemp)
trap 'rm -f "$results"' EXIT
failed=0

run() { # NAME COMMAND...: runs a kind of tests and notes how it went
	local name=$1
	shift
	echo "== $name"
	local started=$SECONDS
	if "$@"; then
		echo "$name: passed in $((SECONDS - started)) s" >>"$results"
	else
		echo "$name: FAILED after $((SECONDS - started)) s" >>"$results"
		failed=1
	fi
}

go_tests() { go test -json -timeout 9m ./... | node tools/gotest.mjs "$results"; }

browser_tests() {
	local chromium
	if ! chromium=$(bash tools/chromium.sh); then
		[ -z "${CI:-}" ] # where nobody reads the line above, it is a failure
		return
	fi
	HOMIE_CHROMIUM=$chromium npm --prefix webui run --silent e2e
}

for kind in "${@:-go web browser}"; do
	for k in $kind; do
		case $k in
		go) run "Go tests" go_tests ;;
		web) run "web tests" npm --prefix webui run --silent test ;;
		browser) run "browser tests" browser_tests ;;
		*) echo "no tests are called $k" >&2 && exit 2 ;;
		esac
	done
done

echo "== results"
cat "$results"
exit $failed
