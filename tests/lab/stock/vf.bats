#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# One VM with two HCAs that present SR-IOV virtual functions: the stock driver treats these differently.

bats_require_minimum_version 1.5.0
load common

setup_file() {
	export LAB_DIR=$BATS_FILE_TMPDIR/lab
	lab up stock --vms 1 --hcas 2 --kernel "${STOCK_KERNEL:-stable}" --model-arg=--strict --model-arg=--vf >&2 3>&-
}

teardown_file() {
	lab down >&2
}

@test "two virtual functions bind without a complaint, their ports are active" {
	local device
	for device in mlx5_0 mlx5_1; do
		[ "$(lab exec -n vm1 -- cat /sys/class/infiniband/$device/device/device)" = 0x1014 ]
		lab exec -n --timeout 30 vm1 -- sh -c \
			"until grep -q ACTIVE /sys/class/infiniband/$device/ports/1/state; do sleep 0.2; done"
	done
	run rdma_complaints vm1
	[ -z "$output" ]
}

@test "two HCAs of one VM talk to each other, bytes compared" {
	lab exec -n --timeout 60 vm1 -- ibv_rc_pingpong -d mlx5_0 -c -n 200 > /dev/null 3>&- &
	listens vm1 18515 $!
	lab exec -n --timeout 60 vm1 -- ibv_rc_pingpong -d mlx5_1 -c -n 200 localhost
	wait $!
}

@test "unbound, both leave no page and no object" {
	lab exec -n vm1 -- sh -c 'for d in /sys/bus/pci/drivers/mlx5_core/0*; do echo ${d##*/} > /sys/bus/pci/drivers/mlx5_core/unbind; done'
	lab model status | python3 -c '
import json, sys
hcas = json.load(sys.stdin)["hcas"]
assert len(hcas) == 2
for hca in hcas:
    assert not any(hca["objects"].values()) and hca["pages"] == 0, hca'
}
