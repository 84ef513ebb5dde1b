#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# underpassctl selftest on a virtual function over kernel VFIO. Only the physical function could switch No-Snoop off
# there: the IOMMU has to see to coherency. AMD's does; Intel's, as QEMU emulates it, does not.
# CYCLES is how often; `make test-long` takes 100.

bats_require_minimum_version 1.5.0
load common

teardown() {
	host_down
}

@test "virtual function behind an AMD IOMMU: selftest passes, and the model holds nothing then" {
	unset LAB_DIR
	host_up "$BATS_TEST_TMPDIR" --iommu amd --model-arg=--vf
	local address
	address=$(hca 0)
	host underpassctl bind "$address"
	HOST_TIMEOUT=900 host underpassctl selftest --device "$address" --cycles "${CYCLES:-10}"
	model_holds_nothing vm1.0
	run kernel_complaints
	echo "$output"
	[ -z "$output" ]
}
