#!/bin/sh
# Each fuzzer for FUZZ_SECONDS, beginning with its corpus. An input that fails is kept beside
# the fuzzer; play it again with: build/fuzz/NAME FILE
set -u
cd "$(dirname "$0")/../.." || exit 1
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

n=0
for source in tests/fuzz/*.c; do
	name=$(basename "$source" .c)
	n=$((n + 1))
	mkdir "$tmp/$name"
	if build/fuzz/"$name" -max_total_time="${FUZZ_SECONDS:-5}" -timeout=10 -rss_limit_mb=1024 \
		-artifact_prefix="build/fuzz/$name-" "$tmp/$name" "tests/fuzz/corpus/$name" \
		>"$tmp/log" 2>&1; then
		echo "ok $n - $name: $(sed -n 's/^Done \([0-9]*\) runs.*/\1 inputs/p' "$tmp/log")"
	else
		echo "not ok $n - $name"
		tail -n 40 "$tmp/log" | sed 's/^/# /'
	fi
done
echo "1..$n"
