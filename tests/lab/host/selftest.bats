#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# underpassctl selftest over kernel VFIO behind an emulated IOMMU, as a physical and as a virtual function. CYCLES is
# how often; `make test-long` takes 100.

bats_require_minimum_version 1.5.0
load common

CYCLES=${CYCLES:-10}

teardown() {
	lab down >&2
}

selftest_cycles() {
	unset LAB_DIR
	host_up "$BATS_TEST_TMPDIR" --iommu "$@"
	local address
	address=$(hca 0)
	host underpassctl bind "$address"
	run --separate-stderr env HOST_TIMEOUT=900 bash -c \
		"source '$BATS_TEST_DIRNAME/common.bash'; host underpassctl selftest --device $address --cycles $CYCLES"
	echo "$output"
	echo "$stderr"
	[ "$status" -eq 0 ]
	model_holds_nothing vm1.0
	run kernel_complaints
	echo "$output"
	[ -z "$output" ]
	run host underpassctl unbind "$address"
	[ "$status" -eq 0 ]
}

@test "physical function: $CYCLES cycles of selftest, then the model holds nothing" {
	selftest_cycles intel
}

@test "virtual function: $CYCLES cycles of selftest, then the model holds nothing" {
	# Only the physical function could switch No-Snoop off: the IOMMU has to see to coherency, as AMD's does.
	selftest_cycles amd --model-arg=--vf
}
