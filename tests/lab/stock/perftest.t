#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# TAP: one test for each row of perftest.rows, the server in one machine and the client in another. A row passes when both
# programs end well and the client printed at least one line of results. A program that found the machine too busy to
# measure the clock that it takes times with is tried again: that says nothing of the device. An argument is a pattern for rows;
# FABRIC_FAULT is a bad line to send over, see common.bash.
set -u
# shellcheck source=/dev/null
. "$(dirname "$0")/common.bash"

rows=$(sed 's/#.*//; /^ *$/d' "$(dirname "$0")/perftest.rows" | grep -E -- "${1:-.}")
scratch=$(mktemp -d)
trap 'lab_down; rm -rf "$scratch"' EXIT
lab_up "$scratch" --model-arg=--strict || { echo "Bail out! the lab did not come up"; exit 1; }

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
	for _ in 1 2 3; do
		status=0
		pair 18600 "$program" "${words[@]}" -- "$program" "${words[@]}" "$SERVER" > "$scratch/out" < /dev/null || status=1
		sed '/^--- server/,$d' "$scratch/out" | grep -Eq '^ *[0-9]+ +[0-9]+ +[0-9.]+' || status=1
		if [ $status = 0 ] || ! grep '^Correlation coefficient' "$scratch/out" > "$scratch/busy"; then
			break
		fi
		sed 's/^/# once more: /' "$scratch/busy"
	done
	if [ "$status" = 0 ]; then
		echo "ok $number - $program $connection $options"
	else
		echo "not ok $number - $program $connection $options"
		sed 's/^/# /' "$scratch/out"
		failed=$((failed + 1))
		if ! reachable "$SERVER" || ! reachable "$CLIENT"; then
			echo "Bail out! a machine is gone"
			exit 1
		fi
	fi
done <<< "$rows"
fabric_clear || failed=$((failed + 1))
[ $failed -eq 0 ]
