#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# TAP: bytes.py between two machines, one passive, one active, one test for each transport and opcode; what it prints is
# the report. An argument is a pattern for lines, e.g. '^(RC|XRC) '. BYTES_OPTIONS go to both sides, e.g.
# "-d rxe0 -g 1" or "-s 2" for other data; FABRIC_FAULT is a bad line to send over, see common.bash.
set -u
# shellcheck source=/dev/null
. "$(dirname "$0")/common.bash"

here=$(dirname "$0")
scratch=$(mktemp -d)
trap 'lab_down; rm -rf "$scratch"' EXIT
lab_up "$scratch" --model-arg=--strict || { echo "Bail out! the lab did not come up"; exit 1; }
for vm in $SERVER $CLIENT; do
	lab put "$vm" "$here/bytes.py" "$here/bytes_plan.py" /root/ >&2 || { echo "Bail out! no way into $vm"; exit 1; }
done

# shellcheck disable=SC2206  # options are words
words=(/root/bytes.py -d "$DEV" ${BYTES_OPTIONS:-})
words+=(-l "${1:-}")
fabric_fault || { echo "Bail out! no such fault: $FABRIC_FAULT"; exit 1; }
pair 18700 "${words[@]}" -- "${words[@]}" "$SERVER" > "$scratch/out" < /dev/null
status=$?
fabric_clear || status=1
# The report of the active side, then that of the passive one as a comment.
sed '/^--- server/,$d' "$scratch/out"
sed -n '/^--- server/,$s/^/# /p' "$scratch/out"
planned=$(sed -n 's/^1\.\.//p' "$scratch/out")
[ $status -eq 0 ] && [ "$(grep -c '^ok ' "$scratch/out")" = "${planned:-none}" ]
