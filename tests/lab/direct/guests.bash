# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# What tests of guests with our driver share, besides what tests of applications do: what an HCA holds, what the daemon
# knows, traffic in the background. It owns no expectations.

# shellcheck source=/dev/null
. "$(dirname "${BASH_SOURCE[0]}")/common.bash"

# What the model counts for an HCA, but for what grows with the memory of a guest: held guest1.0
# held guest1.0 PATTERN SECONDS: waits until it is that, and says what it is if it is not in time.
held() {
	"$TOP/tests/lab/direct/held.py" "$@"
}

# One figure of the daemon: daemon guest1 status memory.registered_bytes
daemon() {
	lab ctl "$1" "$2" --json | python3 -c '
import json, sys
value = next(iter(json.load(sys.stdin).values()))
for word in sys.argv[1].split("."):
    value = value[word]
print(value)' "$3"
}

# within SECONDS COMMAND …: until it succeeds; what was begun in time counts.
within() {
	local end=$((${EPOCHREALTIME/[^0-9]/} + $1 * 1000000))
	shift
	until "$@"; do
		[ "${EPOCHREALTIME/[^0-9]/}" -lt "$end" ] || return 1
		sleep 0.1
	done
}

# The HCA of a guest holds again what it did, within 10 s: back_to guest1.0 "$what" [SECONDS]
back_to() {
	held "$1" "$2" "${3:-10}"
}

port_active() {
	lab exec -n --timeout 20 "$1" -- grep -q ACTIVE "/sys/class/infiniband/$DEV/ports/1/state" 2> /dev/null
}

# Writes between the two guests until they are ended; the programs' process numbers here in $traffic.
traffic_begin() {
	lab exec -n --timeout 120 "$SERVER" -- ib_write_bw -d "$DEV" -F -D 100 > /dev/null 2>&1 3>&- &
	traffic=$!
	listens "$SERVER" 18515 $traffic
	lab exec -n --timeout 120 "$CLIENT" -- ib_write_bw -d "$DEV" -F -D 100 "$SERVER" > "$BATS_TEST_TMPDIR/traffic" 2>&1 3>&- &
	traffic="$traffic $!"
	within 20 moves "$SERVER.0"
}

moves() {
	local before after
	before=$(lab model counters "$1")
	sleep 0.3
	after=$(lab model counters "$1")
	[ "$before" != "$after" ]
}

traffic_end() {
	lab exec -n --timeout 20 "$CLIENT" -- pkill -9 ib_write_bw || true
	lab exec -n --timeout 20 "$SERVER" -- pkill -9 ib_write_bw || true
	# shellcheck disable=SC2086  # process numbers
	wait $traffic || true
}

works() {
	pair 18515 ibv_rc_pingpong -d "$DEV" -n 200 -c -- ibv_rc_pingpong -d "$DEV" -n 200 -c "$SERVER"
}

# What the kernel of a guest says when something went wrong in it.
guest_complaints() {
	lab exec -n "$1" -- dmesg --notime | grep -E '^(BUG|WARNING|Oops|Call Trace|INFO: task)|underpass.*stays pinned'
	true
}
