#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Whatever ends, under load: after it no pin, no mapping and no object of it is left, and a new one can begin.
# CYCLES is how often each (1); `make test-ends` takes 50 here and 5 in nested.

bats_require_minimum_version 1.5.0
load guests

CYCLES=${CYCLES:-1} # loops count in `cycle`, not in i, which bats' run takes for itself

setup_file() {
	unset LAB_DIR LAB_SHARED # labs are not to be broken for others
	lab_up "$BATS_FILE_TMPDIR" --model-arg=--strict
	IDLE=$(held "$SERVER.0")
	lab exec -n "$SERVER" -- rmmod underpass
	EMPTY=$(held "$SERVER.0")
	lab exec -n "$SERVER" -- modprobe underpass
	export IDLE EMPTY
}

teardown_file() {
	lab_down
}

# A test that failed must not take the others with it.
setup() {
	lab exec -n --timeout 10 "$SERVER" -- test -e "/sys/class/infiniband/$DEV" || {
		daemon_again
		lab restart "$SERVER"
	}
}

# What the lab's parts said when a test failed, before the next one changes it.
teardown() {
	[ -n "${BATS_TEST_COMPLETED:-}" ] || { lab status; lab logs --lines 15; } || true
}

# A service or QEMU of the topology: kill_hard qemu|underpassd, of guest1.
kill_hard() {
	if [ "$TOPOLOGY" = direct ]; then
		local part=$SERVER
		[ "$1" = qemu ] || part=underpassd-$SERVER
		kill -KILL "$(lab status --json | python3 -c '
import json, sys
print(json.load(sys.stdin)["parts"][sys.argv[1]]["pid"])' "$part")"
	elif [ "$1" = qemu ]; then
		lab exec -n host1 -- sh -c "kill -KILL \$(cat /run/libvirt/qemu/$SERVER.pid)"
	else
		lab exec -n host1 -- systemctl kill --signal=KILL "underpassd@$SERVER"
	fi
}

# As after a reset, and it reaches no memory.
AT_REST='pages 0 ranges 0( [a-z_]+ 0)+'

# Over kernel VFIO the HCA is free only when the guest has ended, too, for QEMU holds its doorbells.
daemon_again() {
	if [ "$TOPOLOGY" = direct ]; then
		lab restart "underpassd-$SERVER"
	else
		lab exec -n host1 -- virsh -q destroy "$SERVER" || true
		lab exec -n host1 -- systemctl start "underpassd@$SERVER"
	fi
}

@test "what the daemon alone holds are its own few objects" {
	echo "$EMPTY"
	[[ "$EMPTY" == *"qp 0 "* && "$EMPTY" == *"mcg 0 "* ]]
	[ "$(daemon "$SERVER" status memory.registered_bytes)" -gt 0 ]
	[ "$EMPTY" != "$IDLE" ]
	back_to "$SERVER.0" "$IDLE"
	works
}

@test "the application is killed in the middle of a transfer" {
	local cycle
	for ((cycle = 0; cycle < CYCLES; cycle++)); do
		traffic_begin
		[ "$(held "$SERVER.0")" != "$IDLE" ]
		lab exec -n "$SERVER" -- pkill -9 ib_write_bw
		back_to "$SERVER.0" "$IDLE"
		traffic_end
	done
	works
}

@test "the driver is unloaded and loaded" {
	local cycle
	for ((cycle = 0; cycle < CYCLES; cycle++)); do
		lab exec -n "$SERVER" -- rmmod underpass
		back_to "$SERVER.0" "$EMPTY" 1
		[ "$(daemon "$SERVER" status memory.mapped_bytes)" -eq 0 ]
		lab exec -n "$SERVER" -- modprobe underpass
		back_to "$SERVER.0" "$IDLE"
	done
	within 10 port_active "$SERVER"
	works
}

@test "the guest is reset under load" {
	local cycle
	for ((cycle = 0; cycle < CYCLES; cycle++)); do
		traffic_begin
		lab restart --reset "$SERVER"
		traffic_end
		within 20 port_active "$SERVER"
		back_to "$SERVER.0" "$IDLE"
	done
	works
}

@test "the guest's kernel crashes under load" {
	local cycle
	for ((cycle = 0; cycle < CYCLES; cycle++)); do
		traffic_begin
		lab exec -n --timeout 5 "$SERVER" -- sh -c 'echo 1 > /proc/sys/kernel/sysrq; echo c > /proc/sysrq-trigger' > /dev/null 2>&1 || true
		lab restart "$SERVER"
		traffic_end
		within 20 port_active "$SERVER"
		back_to "$SERVER.0" "$IDLE"
	done
	works
}

@test "QEMU is killed under load: all is revoked within a second" {
	local cycle
	for ((cycle = 0; cycle < CYCLES; cycle++)); do
		traffic_begin
		kill_hard qemu
		back_to "$SERVER.0" "$EMPTY" 1
		[ "$(daemon "$SERVER" status memory.mapped_bytes)" -eq 0 ]
		lab restart "$SERVER"
		traffic_end
		within 20 port_active "$SERVER"
		back_to "$SERVER.0" "$IDLE"
	done
	works
}

@test "underpassd is killed under load, and started with a new guest" {
	local cycle
	for ((cycle = 0; cycle < CYCLES; cycle++)); do
		traffic_begin
		kill_hard underpassd
		held "$SERVER.0" "$AT_REST" 3
		traffic_end
		daemon_again
		back_to "$SERVER.0" "$EMPTY"
		lab restart "$SERVER"
		within 20 port_active "$SERVER"
		back_to "$SERVER.0" "$IDLE"
	done
	works
}

@test "the HCA fails under load: the application hears of it, the device comes back by itself" {
	local cycle
	for ((cycle = 0; cycle < CYCLES; cycle++)); do
		traffic_begin
		lab model fatal "$SERVER.0"
		# shellcheck disable=SC2086  # process numbers
		wait ${traffic% *} || true
		traffic_end
		within 60 port_active "$SERVER"
		back_to "$SERVER.0" "$IDLE" 30
	done
	works
}

# The watcher saw the port go and come so often.
all_told() {
	[ "$(grep -ciE 'port[ _]err' "$BATS_TEST_TMPDIR/events")" -ge "$1" ] &&
		[ "$(grep -ciE 'port[ _]active' "$BATS_TEST_TMPDIR/events")" -ge "$1" ]
}

@test "the link goes down and comes up: events, and it works again" {
	local cycle
	lab exec -n --timeout $((60 + 10 * CYCLES)) "$SERVER" -- timeout $((40 + 10 * CYCLES)) ibv_asyncwatch -d "$DEV" > "$BATS_TEST_TMPDIR/events" 2>&1 3>&- &
	local watch=$!
	within 20 grep -q 'async event' "$BATS_TEST_TMPDIR/events"
	for ((cycle = 0; cycle < CYCLES; cycle++)); do
		lab model port "$SERVER.0" down
		run ! within 3 port_active "$SERVER"
		lab model port "$SERVER.0" up
		within 10 port_active "$SERVER"
	done
	within 10 all_told "$CYCLES" || { cat "$BATS_TEST_TMPDIR/events"; return 1; }
	lab exec -n "$SERVER" -- pkill ibv_asyncwatch || true
	wait $watch || true
	works
}

@test "no kernel had anything to complain of" {
	run guest_complaints "$SERVER"
	echo "$output"
	[ -z "$output" ]
	run guest_complaints "$CLIENT"
	echo "$output"
	[ -z "$output" ]
}

@test "the host's kernel panics: who waits for its guest hears of it at once" {
	[ "$TOPOLOGY" = nested ] || skip "no host here"
	lab restart "$CLIENT" > "$BATS_TEST_TMPDIR/restart" 2>&1 3>&- &
	local restart=$!
	sleep 3
	lab exec -n --timeout 5 host1 -- sh -c 'echo 1 > /proc/sys/kernel/sysrq; echo c > /proc/sysrq-trigger' > /dev/null 2>&1 || true
	within 20 gone $restart
	run ! wait $restart
	cat "$BATS_TEST_TMPDIR/restart"
	grep -q 'host1: Kernel panic' "$BATS_TEST_TMPDIR/restart"
	run -125 lab exec -n --timeout 20 host1 -- true
	[[ "$output" == *panicked* ]]
}

gone() {
	! kill -0 "$1" 2> /dev/null
}
