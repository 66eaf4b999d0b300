#!/usr/bin/env bash
# Runs the tests named, or all: go, web, browser. One that fails does not keep
# the next from running. The last lines are the results.
set -uo pipefail
cd "$(dirname "$0")/.."

results=$(mktemp)
log=$(mktemp)
trap 'rm -f "$results" "$log"' EXIT
failed=0
left_out=77 # the status of tests that could not be run here

run() { # NAME COMMAND...: runs a kind of tests and notes how it went
	local name=$1
	shift
	echo "== $name"
	local started=$SECONDS
	"$@"
	case $? in
	0) echo "$name: passed in $((SECONDS - started)) s" >>"$results" ;;
	"$left_out") echo "$name: LEFT OUT, see above" >>"$results" ;;
	*) echo "$name: FAILED after $((SECONDS - started)) s" >>"$results" && failed=1 ;;
	esac
}

go_tests() { go test -json -timeout 9m ./... | node tools/gotest.mjs "$results"; }

counted() { # COMMAND...: runs it, and notes the counts that its runner prints
	NO_COLOR=1 "$@" 2>&1 | tee "$log"
	local status=${PIPESTATUS[0]}
	sed -nE 's/^ *Tests  +/Web: /p; s/^(#|ℹ) (pass|fail|skipped) ([0-9]+)$/Browser: \2 \3/p' "$log" >>"$results"
	return "$status"
}

web_tests() { counted npm --prefix webui run --silent test; }

browser_tests() {
	local chromium
	if ! chromium=$(bash tools/chromium.sh); then
		[ -n "${CI:-}" ] || return "$left_out" # where nobody reads that line, it is a failure
		return 1
	fi
	counted env HOMIE_CHROMIUM="$chromium" npm --prefix webui run --silent e2e
}

for kind in "${@:-go web browser}"; do
	for k in $kind; do
		case $k in
		go) run "Go tests" go_tests ;;
		web) run "web tests" web_tests ;;
		browser) run "browser tests" browser_tests ;;
		*) echo "no tests are called $k" >&2 && exit 2 ;;
		esac
	done
done

echo "== results"
cat "$results"
exit $failed
