#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# infiniband-diags in a stock VM: management datagrams are answered for both ends, and counters move.

bats_require_minimum_version 1.5.0
load common

setup_file() {
	lab_up "$BATS_FILE_TMPDIR" --model-arg=--strict
}

teardown_file() {
	lab_down
}

lid_of() {
	lab exec -n "$1" -- sh -c 'printf "%d" "$(cat /sys/class/infiniband/mlx5_0/ports/1/lid)"'
}

# The octets a port has sent, in words of four.
xmit_data() {
	lab exec -n "$1" -- perfquery -x | sed -n 's/^PortXmitData:\.*//p'
}

@test "ibstat: Active, LinkUp, rate 100, InfiniBand" {
	run lab exec -n vm1 -- ibstat mlx5_0
	[ "$status" -eq 0 ]
	[[ "$output" == *"State: Active"* ]]
	[[ "$output" == *"Physical state: LinkUp"* ]]
	[[ "$output" == *"Rate: 100"* ]]
	[[ "$output" == *"Link layer: InfiniBand"* ]]
}

@test "smpquery nodeinfo and portinfo answer for this end and for the other" {
	local lid
	for lid in "$(lid_of vm1)" "$(lid_of vm2)"; do
		run lab exec -n vm1 -- smpquery nodeinfo "$lid"
		[ "$status" -eq 0 ]
		[[ "$output" == *"Channel Adapter"* ]]
		run lab exec -n vm1 -- smpquery portinfo "$lid" 1
		[ "$status" -eq 0 ]
		[[ "$output" =~ LinkState:\.+Active ]]
		[[ "$output" =~ Lid:\.+$lid ]]
	done
}

@test "perfquery counters move with traffic" {
	local before
	before=$(xmit_data vm2)
	pair 18515 ib_write_bw -d mlx5_0 -F -s 65536 -n 100 -- ib_write_bw -d mlx5_0 -F -s 65536 -n 100 vm1
	[ $(($(xmit_data vm2) - before)) -ge $((65536 * 100 / 4)) ]
}

@test "sysfs counters and perfquery agree" {
	[ "$(lab exec -n vm2 -- cat /sys/class/infiniband/mlx5_0/ports/1/counters/port_rcv_errors)" = 0 ]
	[ "$(lab exec -n vm2 -- cat /sys/class/infiniband/mlx5_0/ports/1/counters/port_xmit_data)" -gt 0 ]
}
