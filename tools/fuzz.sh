#!/usr/bin/env bash
# Runs each fuzz test for the time given, one after the other. Making a large
# input smaller is not what the time is for.
set -euo pipefail
cd "$(dirname "$0")/.."

time=${1:-30s}
grep -rnoE '^func Fuzz[A-Za-z0-9_]*' --include='*_test.go' . | grep -v /testdata/ | sort |
	while IFS=: read -r file _ func; do
		name=${func#func }
		echo "== $(dirname "$file") $name"
		go test -run '^$' -fuzz "^$name\$" -fuzztime "$time" -fuzzminimizetime 10x "$(dirname "$file")" </dev/null
	done
