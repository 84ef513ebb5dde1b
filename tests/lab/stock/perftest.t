#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# TAP: one test for each row of perftest.rows, the server in vm1 and the client in vm2. A row passes when both
# programs end well and the client printed at least one line of results. An argument is a pattern for rows;
# FABRIC_FAULT is a bad line to send over, see common.bash.
set -u
# shellcheck source=/dev/null
. "$(dirname "$0")/common.bash"

rows=$(sed 's/#.*//; /^ *$/d' "$(dirname "$0")/perftest.rows" | grep -E -- "${1:-.}")
scratch=$(mktemp -d)
trap 'stock_lab_down; rm -rf "$scratch"' EXIT
stock_lab_up "$scratch" --model-arg=--strict || { echo "Bail out! the lab did not come up"; exit 1; }

fabric_fault || { echo "Bail out! no such fault: $FABRIC_FAULT"; exit 1; }

echo "1..$(echo "$rows" | wc -l)"
number=0
failed=0
while read -r program connection options; do
	number=$((number + 1))
	# Atomics and reads know only RC and XRC and take no other default; the others are told.
	words=(-d "$DEV" -F -p 18600 -c "$connection")
	# shellcheck disable=SC2206  # options are words
	words+=($options ${PERFTEST_OPTIONS:-})
	if pair 18600 "$program" "${words[@]}" -- "$program" "${words[@]}" vm1 > "$scratch/out" < /dev/null &&
		sed '/^--- server/,$d' "$scratch/out" | grep -Eq '^ *[0-9]+ +[0-9]+ +[0-9.]+'; then
		echo "ok $number - $program $connection $options"
	else
		echo "not ok $number - $program $connection $options"
		sed 's/^/# /' "$scratch/out"
		failed=$((failed + 1))
	fi
done <<< "$rows"
fabric_clear || failed=$((failed + 1))
[ $failed -eq 0 ]
