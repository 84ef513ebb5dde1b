#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Stock VMs on a bad fabric: what reliable connections survive, what others lose, and that nothing hangs.

bats_require_minimum_version 1.5.0
load common

setup_file() {
	stock_lab_up "$BATS_FILE_TMPDIR" --model-arg=--strict
}

teardown_file() {
	stock_lab_down
}

teardown() {
	lab model fault vm1.0 clear > /dev/null
	lab model fault vm2.0 clear > /dev/null
	lab model port vm1.0 up > /dev/null
}

# One number of the faults a port has seen: faults_of vm1.0 lost
faults_of() {
	lab model status | python3 -c '
import json, sys
hca = next(h for h in json.load(sys.stdin)["hcas"] if h["name"] == sys.argv[1])
print(sum(hca["faults"][way][sys.argv[2]] for way in ("tx", "rx")))' "$1" "$2"
}

port_state() {
	lab exec -n vm1 -- cat /sys/class/infiniband/mlx5_0/ports/1/state
}

wait_state() {
	local i
	for ((i = 0; i < 100; i++)); do
		[[ "$(port_state)" != *"$1" ]] || return 0
		sleep 0.2
	done
	return 1
}

rc_tests() {
	pair 18515 ibv_rc_pingpong -d mlx5_0 -c -s 65536 -n 200 -- ibv_rc_pingpong -d mlx5_0 -c -s 65536 -n 200 vm1
	local program
	for program in ib_send_bw ib_write_bw ib_read_bw; do
		pair 18515 $program -d mlx5_0 -F -s 65536 -n 200 -- $program -d mlx5_0 -F -s 65536 -n 200 vm1
	done
	pair 18515 ib_atomic_bw -d mlx5_0 -F -n 200 -- ib_atomic_bw -d mlx5_0 -F -n 200 vm1
}

@test "1 % of packets lost: every reliable test still passes" {
	lab model fault vm2.0 loss=0.01 seed=11
	rc_tests
	[ "$(faults_of vm2.0 lost)" -gt 0 ]
}

@test "packets duplicated: every reliable test still passes" {
	lab model fault vm2.0 dup=0.02 seed=12
	rc_tests
	[ "$(faults_of vm2.0 duplicated)" -gt 0 ]
}

@test "packets reordered: every reliable test still passes" {
	lab model fault vm2.0 reorder=0.02 seed=13
	rc_tests
	[ "$(faults_of vm2.0 reordered)" -gt 0 ]
}

@test "a datagram that is lost is lost, and the client gives up by its own time limit" {
	lab model fault vm2.0 loss=1 seed=14 dir=tx
	run lab exec -n --timeout 10 vm2 -- timeout 5 ibv_ud_pingpong -d mlx5_0
	[ "$status" -eq 124 ]
	lab exec -n vm2 -- ibv_devinfo
}

@test "link down and up: the port says so, an event reaches the VM, traffic works again" {
	lab exec -n --timeout 60 vm1 -- timeout 30 ibv_asyncwatch -d mlx5_0 > "$BATS_TEST_TMPDIR/events" 2>&1 3>&- &
	sleep 2
	lab model port vm1.0 down
	wait_state DOWN
	lab model port vm1.0 up
	wait_state ACTIVE
	lab exec -n vm1 -- pkill ibv_asyncwatch || true
	wait
	grep -qi 'port error\|PORT_ERR' "$BATS_TEST_TMPDIR/events"
	grep -qi 'port active\|PORT_ACTIVE' "$BATS_TEST_TMPDIR/events"
	pair 18515 ibv_rc_pingpong -d mlx5_0 -c -n 100 -- ibv_rc_pingpong -d mlx5_0 -c -n 100 vm1
}

@test "the link goes down for good: a reliable sender ends with retry exceeded, and does not hang" {
	lab exec -n --timeout 60 vm1 -- ib_write_bw -d mlx5_0 -F -D 20 > /dev/null 2>&1 3>&- &
	listens vm1 18515
	lab exec -n --timeout 60 vm2 -- ib_write_bw -d mlx5_0 -F -D 20 vm1 > "$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
	local client=$!
	sleep 3
	lab model fault vm2.0 loss=1 seed=15
	wait $client || true
	lab exec -n vm1 -- pkill ib_write_bw || true
	wait
	grep -q 'status 12' "$BATS_TEST_TMPDIR/out"
}
