#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Stock VMs on a bad fabric: what reliable connections survive, what others lose, and that nothing hangs.

bats_require_minimum_version 1.5.0
load common

setup_file() {
	lab_up "$BATS_FILE_TMPDIR" --model-arg=--strict
}

teardown_file() {
	lab_down
}

teardown() {
	lab model fault vm1.0 clear > /dev/null
	lab model fault vm2.0 clear > /dev/null
	lab model port vm1.0 up > /dev/null
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

# Every RC and XRC opcode under a fault, each byte compared.
bytes_under() {
	FABRIC_FAULT="$1" run "$BATS_TEST_DIRNAME/bytes.t" '^(RC|XRC) '
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(grep -Ec '^ok [0-9]+ - (RC|XRC) ' <<< "$output")" -eq 14 ]
}

@test "1 % of packets lost: every reliable opcode delivers every byte" {
	bytes_under "loss=0.01 seed=21 dir=tx"
}

@test "packets duplicated: every reliable opcode delivers every byte" {
	bytes_under "dup=0.02 seed=22 dir=tx"
}

@test "packets reordered: every reliable opcode delivers every byte" {
	bytes_under "reorder=0.02 seed=23 dir=tx"
}

# faults_py MODE [-l]: both sides must end by themselves, the active one without complaints.
faults_py() {
	local vm
	for vm in vm1 vm2; do
		lab put $vm "$BATS_TEST_DIRNAME"/{faults,bytes,bytes_plan}.py /root/
	done
	pair 18710 /root/faults.py -d "$DEV" -m "$@" -- /root/faults.py -d "$DEV" -m "$@" vm1
}

# What is lost is lost; what arrives is whole; the sender is not told, and nobody waits for ever.
lost_and_whole() {
	lab model fault vm2.0 loss=0.2 seed=14 dir=tx
	faults_py "$1" -l
	[ "$(faults_of vm2.0 lost)" -gt 0 ]
	lab model fault vm2.0 clear
	faults_py "$1"
}

@test "UC: some of the messages are lost, none arrives in part, all sends complete; over a good line all arrive" {
	lost_and_whole UC
}

@test "UD: some of the messages are lost, none arrives in part, all sends complete; over a good line all arrive" {
	lost_and_whole UD
}

@test "RNR retries run out: the send ends with status 13; with endless retries it waits for a late receive" {
	faults_py RNR
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
