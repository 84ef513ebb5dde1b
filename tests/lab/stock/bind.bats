#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The stock mlx5 driver and an HCA of the model: binding, what it shows, and that leaving leaves nothing.

bats_require_minimum_version 1.5.0
load common

setup_file() {
	unset LAB_DIR LAB_SHARED # always a fresh lab: other tests leave their own lines in dmesg
	lab_up "$BATS_FILE_TMPDIR" --model-arg=--strict
}

teardown_file() {
	lab_down
}

# The PCI address of the first HCA of a VM.
hca_of() {
	lab exec -n "$1" -- sh -c 'grep -l 0x15b3 /sys/bus/pci/devices/*/vendor | head -1 | cut -d/ -f6'
}

# Pages and objects that the model counts for an HCA: hca_usage vm1.0
hca_usage() {
	lab model hca "$1" | python3 -c '
import json, sys
hca = json.load(sys.stdin)["hca"]
print("pages", hca["pages"], *(f"{k} {v}" for k, v in sorted(hca["objects"].items())))'
}

port_active() {
	lab exec -n "$1" -- sh -c 'grep -q ACTIVE /sys/class/infiniband/mlx5_0/ports/1/state'
}

wait_active() {
	local i
	for ((i = 0; i < 100; i++)); do
		port_active "$1" && return 0
		sleep 0.2
	done
	return 1
}

@test "mlx5_core and mlx5_ib bind in both VMs, without a complaint in dmesg" {
	local vm
	for vm in vm1 vm2; do
		[ "$(lab exec -n $vm -- sh -c 'basename "$(readlink /sys/class/infiniband/mlx5_0/device/driver)"')" = mlx5_core ]
		# udev and rdma-core's units load the rest of the stack while we look
		lab exec -n --timeout 30 $vm -- sh -c \
			'until test -c /dev/infiniband/uverbs0 && test -c /dev/infiniband/umad0; do sleep 0.2; done'
		run rdma_complaints $vm
		[ -z "$output" ]
	done
}

@test "ibv_devinfo -v shows an active port with a LID, 4X EDR" {
	local vm
	for vm in vm1 vm2; do
		wait_active $vm
		run lab exec -n $vm -- ibv_devinfo -v
		[ "$status" -eq 0 ]
		[[ "$output" == *PORT_ACTIVE* ]]
		[[ "$output" =~ port_lid:[[:space:]]+[1-9] ]]
		[[ "$output" =~ active_width:[[:space:]]+4X ]]
		[[ "$output" =~ active_speed:[[:space:]]+25.0\ Gbps ]]
	done
}

@test "unbinding and binding 20 times leaves no page and no object in the model" {
	local address before
	address=$(hca_of vm1)
	lab exec -n vm1 -- sh -c "echo $address > /sys/bus/pci/drivers/mlx5_core/unbind"
	before=$(hca_usage vm1.0)
	lab exec -n --timeout 300 vm1 -- sh -c "
		for i in \$(seq 1 20); do
			echo $address > /sys/bus/pci/drivers/mlx5_core/bind || exit 1
			test -d /sys/class/infiniband/mlx5_0 || sleep 1
			test -d /sys/class/infiniband/mlx5_0 || exit 2
			echo $address > /sys/bus/pci/drivers/mlx5_core/unbind || exit 3
		done"
	[ "$(hca_usage vm1.0)" = "$before" ]
	lab exec -n vm1 -- sh -c "echo $address > /sys/bus/pci/drivers/mlx5_core/bind"
	wait_active vm1
	run rdma_complaints vm1
	[ -z "$output" ]
}

@test "unloading and loading the modules leaves nothing and works again" {
	local before
	lab exec -n vm1 -- modprobe -r mlx5_ib ib_ipoib
	lab exec -n vm1 -- modprobe -r mlx5_core
	before=$(hca_usage vm1.0)
	lab exec -n vm1 -- modprobe mlx5_core
	lab exec -n vm1 -- modprobe mlx5_ib
	wait_active vm1
	lab exec -n vm1 -- sh -c 'modprobe -r mlx5_ib ib_ipoib; modprobe -r mlx5_core'
	[ "$(hca_usage vm1.0)" = "$before" ]
	lab exec -n vm1 -- sh -c 'modprobe mlx5_core; modprobe mlx5_ib'
	wait_active vm1
}

# The driver does not know of a reset by sysfs; its health poll finds that nobody has the interface, and recovers.
@test "FLR under load: nothing of before is left, the peer ends with an error, the driver recovers by itself" {
	local address
	address=$(hca_of vm1)
	lab exec -n --timeout 90 vm1 -- ib_write_bw -d mlx5_0 -F -D 30 > /dev/null 2>&1 3>&- &
	local server=$!
	listens vm1 18515
	lab exec -n --timeout 90 vm2 -- ib_write_bw -d mlx5_0 -F -D 30 vm1 > "$BATS_TEST_TMPDIR/peer" 2>&1 3>&- &
	local peer=$!
	sleep 4
	lab exec -n --timeout 20 vm1 -- sh -c "echo 1 > /sys/bus/pci/devices/$address/reset"
	run hca_usage vm1.0
	[ -n "$output" ]
	[[ ! "$output" =~ [1-9] ]]
	wait $peer || true
	# Remote operation error when the write found the HCA without bus mastering, else retries exceeded.
	grep -qE 'Failed status (11|12)' "$BATS_TEST_TMPDIR/peer"
	lab exec -n --timeout 60 vm1 -- sh -c 'until dmesg | grep -q "health recovery succeeded"; do sleep 1; done'
	wait $server || true
	wait_active vm1
	pair 18515 ibv_rc_pingpong -d mlx5_0 -n 100 -c -- ibv_rc_pingpong -d mlx5_0 -n 100 -c vm1
	lab exec -n vm1 -- sh -c "echo $address > /sys/bus/pci/drivers/mlx5_core/unbind"
	run hca_usage vm1.0
	[[ ! "$output" =~ [1-9] ]]
	lab exec -n vm1 -- sh -c "echo $address > /sys/bus/pci/drivers/mlx5_core/bind"
	wait_active vm1
}

@test "rebooting a VM under load leaves nothing of before, and the other one working" {
	lab exec -n --timeout 90 vm1 -- ib_write_bw -d mlx5_0 -F -D 30 > /dev/null 2>&1 3>&- &
	listens vm1 18515
	lab exec -n --timeout 90 vm2 -- ib_write_bw -d mlx5_0 -F -D 30 vm1 > /dev/null 2>&1 3>&- &
	sleep 3
	lab restart --reset vm1
	wait
	wait_active vm1
	pair 18515 ibv_rc_pingpong -d mlx5_0 -n 100 -c -- ibv_rc_pingpong -d mlx5_0 -n 100 -c vm1
}
